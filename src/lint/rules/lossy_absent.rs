//! Absence of what has lost its labels.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit, without_parens};

rule! {
    /// `absent` is asked of a sum, as in `absent(sum(x{job="web"}))`: it is there exactly when that of the series is, and the alert comes
    /// without the labels that `absent(x{job="web"})` would take from the matchers.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoMetrics
    ///         expr: absent(sum(rate(requests_total{job="web"}[5m])))
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "no metrics" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoMetrics
    ///         expr: absent(requests_total{job="web"})
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "no metrics" }
    /// ```
    LossyAbsent, "lossy-absent", Warning
}

impl Rule for LossyAbsent {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let (Some(expr), Some(_)) = (&query.expr, query.rule().filter(|rule| rule.is_alert())) else { return };
        if !query.node.as_str().is_some_and(|text| text.contains("absent")) {
            return;
        }
        visit(expr, &mut |node| {
            let ExprKind::Call { function, arguments } = &node.kind else { return };
            let Some(ExprKind::Aggregate(aggregate)) = arguments.first().map(|argument| &without_parens(argument).kind) else { return };
            let plain =
                matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min | AggregateOp::Count);
            let mut compared = false;
            visit(&aggregate.expr, &mut |inner| compared |= matches!(inner.kind, ExprKind::Binary(_)));
            let found_inside = selectors(&aggregate.expr);
            let [only] = found_inside.as_slice() else { return };
            let named = only.selector.matchers.iter().any(|m| m.op == MatchOp::Equal && !m.value.is_empty() && m.label.text != "__name__");
            if function.text == "absent" && plain && !compared && named {
                let message = "an aggregation is absent when its series are, and the alert loses the labels that they are asked for by";
                found.push(
                    META.finding(query.span(&node.range), message)
                        .path(query.path())
                        .help("ask for the absence of the series: `absent(x{…})`"),
                );
            }
        });
    }
}

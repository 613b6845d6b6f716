//! Absence of what has lost its labels.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{is_placeholder, matches, named_values};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit, without_parens};

rule! {
    /// `absent` is asked of a sum, as in `absent(sum(x{job="web"}))`: it is there exactly when that of the series is, and the alert comes
    /// without the labels that `absent(x{job="web"})` would take from the matchers. Or it is asked of the targets of several jobs at once, of which all have to be gone.
    /// `absent(x or vector(0))` is never there.
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
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.alerting_rule().is_none() {
            return;
        }
        for (node, _, arguments) in query.calls().filter(|(_, name, _)| *name == "absent") {
            found.extend(of_several(query, arguments, context));
            if let Some(ExprKind::Binary(binary)) = arguments.first().map(|argument| &without_parens(argument).kind)
                && binary.op == BinaryOp::Or
                && is_always(&binary.right)
            {
                let message = "what stands behind `or` is always there, so this is never absent";
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("leave it out"));
            }
            let Some(ExprKind::Aggregate(aggregate)) = arguments.first().map(|argument| &without_parens(argument).kind) else { continue };
            let plain =
                matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min | AggregateOp::Count);
            let mut compared = false;
            visit(&aggregate.expr, &mut |inner| compared |= matches!(inner.kind, ExprKind::Binary(_)));
            let found_inside = selectors(&aggregate.expr);
            let [only] = found_inside.as_slice() else { continue };
            let named = only.selector.matchers.iter().any(|m| m.op == MatchOp::Equal && !m.value.is_empty() && m.label.text != "__name__");
            if plain && !compared && named {
                let message = "an aggregation is absent when its series are, and the alert loses the labels that they are asked for by";
                found.push(
                    META.finding(query.span(&node.range), message)
                        .path(query.path())
                        .help("ask for the absence of the series: `absent(x{…})`"),
                );
            }
        }
    }
}

/// Whether an expression returns something whatever there is.
fn is_always(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "vector")
}

/// The absence of the targets of several jobs, each of which there is: while one is left, nobody hears of the others.
fn of_several(query: &Expression<'_, '_>, arguments: &[Expr], context: &Context<'_>) -> Option<Diagnostic> {
    let ExprKind::Selector(selector) = &without_parens(arguments.first()?).kind else { return None };
    let matcher = selector.matchers.iter().find(|m| m.label.text == "job" && m.op == MatchOp::Regex)?;
    let named = named_values(matcher);
    let all_are_known = || named.len() > 1 && named.iter().all(|job| context.world.is_configured(job));
    // One and those that are called after it.
    let others =
        || context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| matches(matcher, job.name()) == Some(true));
    let is_wide =
        || named.is_empty() && !is_placeholder(&matcher.value) && !query.is_variable(&matcher.value_range) && others().count() > 1;
    if selector.metric_name() != Some("up") || !all_are_known() && !is_wide() {
        return None;
    }
    let message = if named.is_empty() {
        let names: Vec<String> = others().take(3).map(|job| format!("`{}`", job.name())).collect();
        format!("this waits until all jobs are gone that it matches, as {}, and says nothing while one is left", names.join(", "))
    } else {
        "this waits until all of these jobs are gone, and says nothing while one is left".to_owned()
    };
    Some(META.finding(query.span(&matcher.range), message).path(query.path()).help("ask for each by itself, joined by `or`"))
}

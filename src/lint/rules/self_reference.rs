//! Recording rules that read only themselves.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::ExprKind;
use crate::promql::walk;

rule! {
    /// A recording rule reads nothing but the series that it records, and no other rule records it: there is never a first value.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (job:requests:rate5m)
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    SelfReference, "self-reference", Error
}

impl Rule for SelfReference {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| !view.rule.is_alert()) else { return };
        let Some(expr) = &query.expr else { return };
        let name = view.rule.name();
        let selectors = walk::selectors(expr);
        let only_itself = !selectors.is_empty() && selectors.iter().all(|found| found.selector.metric_name() == Some(name));
        let offset = selectors.iter().any(|found| found.selector.offset.is_some());
        // A literal, a clock or `vector` may begin it.
        let mut begins = offset;
        walk::visit(expr, &mut |node| {
            if let ExprKind::Call { function, .. } = &node.kind {
                begins |= matches!(function.text.as_str(), "vector" | "time" | "absent" | "absent_over_time");
            }
        });
        if only_itself && !begins && context.world.recorded(name).len() == 1 {
            let place = selectors.first().map_or_else(|| query.node.span, |found| query.span(found.place));
            found.push(
                META.finding(place, format!("`{name}` is recorded from itself alone, so there is never a value"))
                    .path(view.path("expr"))
                    .help("read the series that it sums up"),
            );
        }
    }
}

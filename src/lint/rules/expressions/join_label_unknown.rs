//! Joins for a label that the other side does not have.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};

rule! {
    /// `group_left (x)` copies the label `x` from the other side, which has none: the join brings nothing, and takes away
    /// an `x` that was there.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(errors_total[5m]) * on (pod) group_left (version) max by (pod) (app_info) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(errors_total[5m]) * on (pod) group_left (version) max by (pod, version) (app_info) > 1
    ///         labels: { severity: warning }
    /// ```
    JoinLabelUnknown, "join-label-unknown", Warning
}

impl Rule for JoinLabelUnknown {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries() {
            let Some(group) = binary.matching.as_ref().and_then(|matching| matching.group.as_ref()) else { continue };
            if group.labels.is_empty() {
                continue;
            }
            let one = if group.left { &binary.right } else { &binary.left };
            let labels = shape(one, context.world);
            for label in group.labels.iter().filter(|label| !labels.possible(&label.text) && !query.is_variable(&label.range)) {
                let message = format!("the other side has no label `{}`, so there is nothing to copy", label.text);
                found.push(
                    META.finding(query.span(&label.range), message)
                        .related(query.span(&one.range), "this side")
                        .help(format!("keep `{}` on that side, or leave it out here", label.text)),
                );
            }
        }
    }
}

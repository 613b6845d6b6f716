//! Rules that look at one moment for ever.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{At, ExprKind, Selector};

rule! {
    /// A rule reads its series at a fixed moment, with `@` and a time: it says the same at every evaluation, until the samples of that
    /// moment are deleted and it says nothing. `@ start()` and `@ end()` are the moment of the evaluation, where a
    /// rule is evaluated: they change nothing.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up @ 1609746000 == 0
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up offset 5m == 0
    /// ```
    FixedMoment, "fixed-moment", Warning
}

impl Rule for FixedMoment {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for node in query.nodes.iter().filter(|_| query.rule().is_some()) {
            let (ExprKind::Selector(Selector { at, .. })
            | ExprKind::Range { selector: Selector { at, .. }, .. }
            | ExprKind::Subquery { at, .. }) = &node.kind
            else {
                continue;
            };
            let (message, help) = match at {
                Some(At::Time(_)) => ("this is the same moment at every evaluation", "take `@` away, or look back with `offset`"),
                Some(At::Start | At::End) => ("a rule is evaluated at one moment, which this is anyway", "take it away"),
                None => continue,
            };
            found.push(META.finding(query.span(&node.range), message).help(help));
        }
    }
}

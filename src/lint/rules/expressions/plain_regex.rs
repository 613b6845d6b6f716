//! Regular expressions that need not be any.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::is_placeholder;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::MatchOp;

rule! {
    /// A regular expression is a plain text, has anchors that Prometheus adds anyway, or matches everything. It works, and
    /// says less plainly what is meant.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job=~"^web$"} == 0
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job=~"web.*"} == 0
    ///         labels: { severity: critical }
    /// ```
    PlainRegex, "plain-regex", Info
}

impl Rule for PlainRegex {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.panel().is_some() {
            return;
        }
        for matcher in query.selectors.iter().flat_map(|s| &s.selector.matchers) {
            if !matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex) || is_placeholder(&matcher.value) {
                continue;
            }
            let text = matcher.value.as_str();
            let plain = !text.is_empty() && !text.contains(|c| r"\.+*?()|[]{}^$".contains(c));
            let negated = matcher.op == MatchOp::NotRegex;
            let (message, help) = if plain {
                ("this is a plain text, not a regular expression", if negated { "write `!=`" } else { "write `=`" })
            } else if text.starts_with('^') || (text.ends_with('$') && !text.ends_with("\\$")) {
                ("Prometheus anchors every regular expression, so these anchors do nothing", "leave `^` and `$` out")
            } else if text == ".*" && !negated {
                ("this matches every value, and series without the label", "leave the matcher out")
            } else {
                continue;
            };
            found.push(META.finding(query.span(&matcher.value_range), message).help(help));
        }
    }
}

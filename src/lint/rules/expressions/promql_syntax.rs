//! Expressions that Prometheus cannot read.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::{ErrorKind, ValueType, value_type};

rule! {
    /// An expression is not PromQL, so Prometheus refuses the whole file (or the panel shows an error); or what a rule returns is no value
    /// of each series, but a range of them or a text, so that it fails whenever it is evaluated.
    ///
    /// Syntax, types, numbers of arguments and regular expressions are checked as Prometheus 3.14 does, with every
    /// experimental feature allowed. In a dashboard, Grafana's variables stand for something fitting.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Broken
    ///         expr: rate(http_requests_total[5m] > 1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Sound
    ///         expr: rate(http_requests_total[5m]) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "matchers", "type": "custom", "query": "job=\"a\",job=\"b\"" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "rate(x_total{$matchers}[5m])" } ] } ] }
    /// ```
    PromqlSyntax, "promql-syntax", Error
}

impl Rule for PromqlSyntax {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(expr) = query.expr.as_ref().filter(|_| query.rule().is_some() && !query.is_written()) {
            let what = match value_type(expr) {
                ValueType::Matrix => "a range of samples",
                ValueType::String => "a text",
                ValueType::Vector | ValueType::Scalar => "",
            };
            if !what.is_empty() {
                let message = format!("a rule needs one value of each series, and this is {what}");
                found.push(META.finding(query.span(&expr.range), message).help("apply a function such as `rate(…)` or `avg_over_time(…)`"));
            }
        }
        for error in &query.errors {
            let level = match error.kind {
                // Unusual, but Prometheus may read it.
                ErrorKind::Limit | ErrorKind::NeedsFeature(_) => crate::diagnostic::Level::Warning,
                _ => META.level,
            };
            found.push(META.finding_at(level, query.span(&error.range), error.message.clone()));
        }
    }
}

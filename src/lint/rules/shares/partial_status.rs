//! Error rates that count one status alone.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{MatchOp, Matcher};

rule! {
    /// Something called an error rate counts the status 500 alone. A crashed upstream answers 502, an overloaded one 503,
    /// a slow one 504: the outage is not counted.
    ///
    /// Silent where the name or title says 500 itself. A status has three digits: `status!~"2"` leaves nothing out.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: sum(rate(http_requests_total{status="500"}[5m])) / sum(rate(http_requests_total[5m])) > 0.05
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NotOk
    ///         expr: sum(rate(http_requests_total{status!~"2"}[5m])) / sum(rate(http_requests_total[5m])) > 0.1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05
    /// ```
    PartialStatus, "partial-status", Warning
}

/// Labels that hold an HTTP status.
const STATUS_LABELS: &[&str] =
    &["status", "code", "status_code", "http_status", "http_code", "http_status_code", "http_response_status_code", "response_code"];

impl Rule for PartialStatus {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let statuses = || {
            query
                .selectors
                .iter()
                .filter(|s| s.selector.metric_name().is_some_and(counts_requests))
                .flat_map(|s| &s.selector.matchers)
                .filter(|m| STATUS_LABELS.contains(&m.label.text.as_str()))
        };
        if let Some(matcher) = statuses().find(|m| is_digit(m)) {
            let message = format!("a status has three digits, and `{}` is none", matcher.value);
            let finding = META.finding(query.span(&matcher.range), message).path(query.path());
            let sign = if matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) { "=~" } else { "!~" };
            found.push(finding.help(format!("write `{}{sign}\"{}..\"`", matcher.label.text, matcher.value)));
            return;
        }
        // Few ask for it, and to look at names and texts is work.
        let Some(matcher) = statuses().find(|m| m.op == MatchOp::Equal && m.value == "500") else { return };
        if statuses().any(|m| m.op == MatchOp::Equal && m.value.starts_with('5') && m.value != "500") {
            return;
        }
        let name = query.name().to_lowercase();
        let says = |text: &str| text.contains("error") || text.contains("5xx") || text.contains("fail");
        let texts: Vec<String> = query
            .alerting_rule()
            .into_iter()
            .flat_map(|rule| rule.annotations().filter_map(|(_, _, text)| text.as_str()).collect::<Vec<_>>())
            .map(str::to_lowercase)
            .collect();
        let in_texts = || texts.iter().any(|text| text.contains("error rate") || text.contains("5xx"));
        // Who names the one status means it.
        let is_meant =
            name.contains("500") || texts.iter().any(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "500"));
        if is_meant || (!says(&name) && !in_texts()) {
            return;
        }
        let label = &matcher.label.text;
        found.push(
            META.finding(query.span(&matcher.range), format!("`{}` counts the status 500 alone, not 502, 503 or 504", query.name()))
                .help(format!("use `{label}=~\"5..\"`")),
        );
    }
}

/// Whether a matcher asks for the first digit of a class of statuses alone. What counts by class has a label of that name.
fn is_digit(matcher: &Matcher) -> bool {
    matches!(matcher.value.as_str(), "1" | "2" | "3" | "4" | "5") && matcher.label.text != "code"
        || matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex) && matches!(matcher.value.as_str(), "2" | "3" | "4" | "5")
}

/// Whether a metric counts HTTP requests; other things with a status have other statuses.
fn counts_requests(name: &str) -> bool {
    name.contains("http") || name.ends_with("requests_total") || name.ends_with("responses_total")
}

//! Label values that a declared label cannot have.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::Context;
use crate::lint::query::{Expression, Query, full_match, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::{Catalogue, Label};
use crate::promql::ast::{MatchOp, Matcher};

rule! {
    /// A matcher asks for a value that the label's declaration rules out, so the selector finds nothing.
    ///
    /// A page of metrics (`--metrics`) shows the values of one moment. A value that it does not have is an info, and a warning where
    /// it differs from one that is there by a letter or by case, or is no status of HTTP among such.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="get"}[5m]) > 1
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="GET"}[5m]) > 1
    /// ```
    ImpossibleValue, "impossible-value", Error
}

impl Rule for ImpossibleValue {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        for selector in &query.selectors {
            let Some((catalogue, metric, _)) = context.world.metric_of(selector.selector) else {
                continue;
            };
            for matcher in &selector.selector.matchers {
                let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
                if query.is_variable(&matcher.value_range) {
                    continue;
                }
                if is_impossible(matcher, label) {
                    found.push(report(query, matcher, label, catalogue));
                } else if catalogue.is_page() {
                    found.extend(unseen(query, matcher, label));
                }
            }
        }
    }
}

fn is_impossible(matcher: &Matcher, label: &Label) -> bool {
    let may_be_empty = || label.optional && matches(matcher, "") != Some(false);
    if matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) || matcher.value.is_empty() || may_be_empty() {
        return false;
    }
    match (&label.values, &label.pattern) {
        (Some(values), _) => values.iter().all(|value| matches(matcher, value) == Some(false)),
        (None, Some(pattern)) => matcher.op == MatchOp::Equal && full_match(pattern, &matcher.value) == Some(false),
        (None, None) => false,
    }
}

/// A value that a page does not show. It may come yet, unless one that is there was meant.
fn unseen(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let value = matcher.value.as_str();
    if matcher.op != MatchOp::Equal || value.is_empty() || label.seen.is_empty() || label.values.is_some() {
        return None;
    }
    if label.seen.iter().any(|seen| seen == value) {
        return None;
    }
    let is_slip = |seen: &&String| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        seen.eq_ignore_ascii_case(value)
            || (seen.len() >= 4 && strsim::damerau_levenshtein(seen, value) == 1 && digits(seen) == digits(value))
    };
    let meant = label.seen.iter().find(is_slip);
    let level = if meant.is_some() { Level::Warning } else { Level::Info };
    let message = format!("no series of the page has the {} `{value}`", label.name.value);
    let finding =
        META.finding_at(level, query.span(&matcher.value_range), message).related(label.name.span, "the label is exposed on this page");
    Some(match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("correct it, unless it comes only with a certain event"),
    })
}

fn report(query: &Query<'_>, matcher: &Matcher, label: &Label, catalogue: &Catalogue) -> Diagnostic {
    let message = format!("`{}` is never `{}`", label.name.value, matcher.value);
    // A status that no answer of HTTP has, on a page: the label may mean something else.
    let level = if catalogue.is_page() { Level::Warning } else { META.level };
    let diagnostic = META.finding_at(level, query.span(&matcher.value_range), message);
    let diagnostic = diagnostic.related(label.name.span, format!("the label is {}", catalogue.says()));
    let values = label.values.as_deref().unwrap_or_default();
    let lower = values.iter().find(|value| value.eq_ignore_ascii_case(&matcher.value)).map(String::as_str);
    match lower.or_else(|| did_you_mean(&matcher.value, values.iter().map(String::as_str))) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None if values.is_empty() || values.len() > 20 => diagnostic.help("correct the value, or the declaration"),
        None => diagnostic.help(format!("it is one of {}", values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", "))),
    }
}

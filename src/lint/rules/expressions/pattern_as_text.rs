//! Patterns that are compared as texts.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::is_placeholder;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{MatchOp, Matcher, Selector};

rule! {
    /// `=` and `!=` compare with a text as it stands: `fstype!="tmpfs|overlay"` leaves nothing out, for no file system is called so, and
    /// `path="/api/.*"` finds nothing. Patterns are compared by `=~` and `!~`.
    ///
    /// Where a manifest or a page says which values a label has, another rule says so.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: 'node_filesystem_avail_bytes{fstype!="tmpfs|overlay"} / node_filesystem_size_bytes{fstype!="tmpfs|overlay"} < 0.1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay"} < 0.1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    PatternAsText, "pattern-as-text", Warning
}

impl Rule for PatternAsText {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in query.selectors.iter().map(|used| used.selector) {
            let is_pattern = |matcher: &&Matcher| {
                matches!(matcher.op, MatchOp::Equal | MatchOp::NotEqual)
                    && !query.is_variable(&matcher.value_range)
                    && looks_like_pattern(&matcher.value)
            };
            let is_glob = |matcher: &&Matcher| {
                matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex)
                    && !query.is_variable(&matcher.value_range)
                    && looks_like_glob(&matcher.value)
            };
            for matcher in selector.matchers.iter().filter(is_glob) {
                let stem = matcher.value.trim_end_matches('*');
                let message = format!("`*` repeats the letter before it, so this is `{stem}` with more of its end or less");
                let finding = META.finding(query.span(&matcher.value_range), message).path(query.path());
                found.push(finding.help(format!("write `{stem}.*` for what begins with `{stem}`")));
            }
            let is_end = |matcher: &&Matcher| {
                matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex) && matcher.value.len() > 2 && matcher.value.starts_with("\\.")
            };
            for matcher in selector.matchers.iter().filter(is_end) {
                let message = "a pattern has to match all of a value, and this one only what begins with a dot";
                let finding = META.finding(query.span(&matcher.value_range), message).path(query.path());
                found.push(finding.help(format!("write `.+{}` for what ends so", matcher.value)));
            }
            for matcher in selector.matchers.iter().filter(is_pattern).filter(|matcher| !is_known(selector, matcher, context)) {
                let sign = if matcher.op == MatchOp::Equal { "=~" } else { "!~" };
                let message = format!("`{}` compares with the very text `{}`", matcher.op.symbol(), matcher.value);
                let finding = META.finding(query.span(&matcher.range), message).path(query.path());
                found.push(finding.help(format!("write `{}{sign}\"{}\"` for a pattern", matcher.label.text, matcher.value)));
            }
        }
    }
}

/// Whether a pattern is written as names of files are looked for: `5*`, `web-*`.
fn looks_like_glob(value: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte);
    value.strip_suffix('*').is_some_and(|stem| !stem.is_empty() && stem.bytes().all(is_letter))
}

/// Whether a text is several words with `|` between them, or has what stands for any text in a pattern.
fn looks_like_pattern(value: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:".contains(&byte));
    let is_list = value.contains('|') && value.split('|').all(is_word);
    // `5..` for a class of statuses.
    let is_class = value.len() == 3 && value.starts_with(|c: char| c.is_ascii_digit()) && value.ends_with("..");
    !is_placeholder(value) && (is_list || is_class || value.contains(".*") || value.contains(".+"))
}

/// Whether a manifest or a page tells the values of the label: then what is wrong with one of them is said of that.
fn is_known(selector: &Selector, matcher: &Matcher, context: &Context<'_>) -> bool {
    let Some((_, metric, _)) = context.world.metric_of(selector) else {
        return matcher.label.text == "job" && matcher.op == MatchOp::Equal;
    };
    metric.labels.iter().any(|label| label.name.value == matcher.label.text && (label.values.is_some() || !label.seen.is_empty()))
}

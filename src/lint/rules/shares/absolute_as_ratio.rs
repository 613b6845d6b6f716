//! Requests per second taken for a share of requests.

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::is_one_of_each;
use crate::lint::inference::labels::shape;
use crate::lint::inference::source::origin;
use crate::lint::inference::value::interval;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::Interval;
use crate::lint::query::unit::counts_events;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk;

rule! {
    /// An alert named after an error rate, or that shows its value as a percentage, compares requests per second with a
    /// threshold below 1, as if it were a share; or what it compares is no share for another reason: shares are added up, or things are
    /// divided by another number than there can be of them.
    ///
    /// Without a denominator, `> 0.05` means one failed request in twenty seconds, per series: a busy service always
    /// exceeds it and a quiet one never does.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: rate(http_requests_total{status=~"5.."}[5m]) > 0.05
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05
    /// ```
    AbsoluteAsRatio, "absolute-as-ratio", Warning
}

impl Rule for AbsoluteAsRatio {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(rule) = query.alerting_rule() else { return };
        let Some(expr) = &query.expr else { return };
        let ExprKind::Binary(comparison) = &walk::without_parens(expr).kind else { return };
        let threshold = constant(&comparison.right);
        let is_below = matches!(comparison.op, BinaryOp::Less | BinaryOp::LessEqual);
        if let Some(finding) = threshold.filter(|_| is_below).and_then(|limit| summed_shares(query, &comparison.left, limit, context)) {
            found.push(finding);
            return;
        }
        let (true, Some(threshold)) = (matches!(comparison.op, BinaryOp::Greater | BinaryOp::GreaterEqual), threshold) else { return };
        let misread = passed_by_the_first(query, &comparison.left, threshold, context)
            .or_else(|| other_whole(query, &comparison.left, threshold, context))
            .or_else(|| summed_shares(query, &comparison.left, threshold, context));
        if let Some(finding) = misread {
            found.push(finding);
            return;
        }
        let percent = format!("{threshold}%");
        let says = |rule: &RuleOfFile<'_>| rule.annotations().filter_map(|(_, _, text)| text.as_str()).any(|text| text.contains(&percent));
        if threshold >= 1.0 && is_plain_rate(&comparison.left) && says(rule) {
            let message = format!("this is no ratio: `{threshold}` is compared with requests per second, and the text says `{percent}`");
            let finding = META.finding(query.span(&comparison.left.range), message);
            found.push(finding.help("divide by the rate of all requests: `100 * sum(rate(…{errors}[5m])) / sum(rate(…[5m]))`"));
            return;
        }
        if threshold <= 0.0 || threshold >= 1.0 || !is_plain_rate(&comparison.left) {
            return;
        }
        if !says_error_share(rule.name()) && !shows_share(rule) {
            return;
        }
        let seconds = 1.0 / threshold;
        let message = format!("this is no ratio: `{threshold}` is compared with requests per second, one in {} seconds", round(seconds));
        found.push(
            META.finding(query.span(&comparison.left.range), message)
                .label("per second and per series")
                .help("divide by the rate of all requests: `sum(rate(…{errors}[5m])) / sum(rate(…[5m]))`"),
        );
    }
}

/// A number of things of which so many can be, compared with a share of them.
fn passed_by_the_first(query: &Expression<'_, '_>, side: &Expr, threshold: f64, context: &Context<'_>) -> Option<Diagnostic> {
    let counted = match &walk::without_parens(side).kind {
        ExprKind::Aggregate(aggregate) => walk::without_parens(&aggregate.expr),
        _ => walk::without_parens(side),
    };
    let ExprKind::Selector(selector) = &counted.kind else { return None };
    let (_, metric, _) = context.world.metric_of(selector).filter(|_| threshold > 0.0 && threshold < 1.0)?;
    let most = metric.max.filter(|most| *most > 1.0 && most.fract().abs() < f64::EPSILON)?;
    let message = format!("`{}` goes up to `{most}`, so the first of them passes `{threshold}`", metric.name.value);
    let finding = META.finding(query.span(&side.range), message).related(metric.name.span, "declared here");
    Some(finding.help(format!("divide by `{most}`, or compare with a number of them")))
}

/// A number of things divided by another number than there can be of them.
fn other_whole(query: &Expression<'_, '_>, side: &Expr, threshold: f64, context: &Context<'_>) -> Option<Diagnostic> {
    let ExprKind::Binary(division) = &walk::without_parens(side).kind else { return None };
    let whole = constant(&division.right).filter(|whole| division.op == BinaryOp::Div && *whole > 1.0)?;
    let mut counted = walk::without_parens(&division.left);
    while let ExprKind::Aggregate(aggregate) = &counted.kind {
        // All there are together have another maximum.
        if !matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) {
            return None;
        }
        counted = walk::without_parens(&aggregate.expr);
    }
    let ExprKind::Selector(selector) = &counted.kind else { return None };
    let (_, metric, _) = context.world.metric_of(selector).filter(|_| threshold > 0.0 && threshold <= 1.0)?;
    let most = metric.max.filter(|most| *most > 1.0 && (*most - whole).abs() > f64::EPSILON)?;
    let message = format!("`{}` goes up to `{most}`, so divided by `{whole}` it is no share", metric.name.value);
    let finding = META.finding(query.span(&division.right.range), message).related(metric.name.span, "declared here");
    Some(finding.help(format!("divide by `{most}`")))
}

/// Shares that are added up: two halves are not a whole.
fn summed_shares(query: &Expression<'_, '_>, side: &Expr, threshold: f64, context: &Context<'_>) -> Option<Diagnostic> {
    let ExprKind::Aggregate(sum) = &walk::without_parens(side).kind else { return None };
    if sum.op != AggregateOp::Sum || !(threshold > 0.0 && threshold < 1.0) || is_one_of_each(sum, context.world) {
        return None;
    }
    // A group may be one series, where nobody knows the labels.
    if sum.grouping.is_some() && !shape(&sum.expr, context.world).closed {
        return None;
    }
    let inner = walk::without_parens(&sum.expr);
    let is_share = match &inner.kind {
        ExprKind::Selector(selector) => {
            let is_rest = || matches!(&origin(inner, context.world).kind, ExprKind::Binary(rest) if rest.op == BinaryOp::Sub && constant(&rest.left) == Some(1.0));
            let is_called = selector.metric_name().is_some_and(|name| name.contains("ratio"));
            is_called && (interval(inner, context.world) == Interval::SHARE || is_rest())
        }
        ExprKind::Binary(division) => division.op == BinaryOp::Div && interval(inner, context.world) == Interval::SHARE,
        _ => false,
    };
    is_share.then(|| {
        let finding = META.finding(query.span(&sum.expr.range), "these are shares, and their sum is none");
        finding.help("take `avg` or `max` of them, or divide the sums")
    })
}

/// Whether the value is shown to people as a share.
fn shows_share(rule: &RuleOfFile<'_>) -> bool {
    let texts = rule.labels().chain(rule.annotations()).filter_map(|(_, _, text)| text.as_str());
    texts.into_iter().any(|text| text.contains("$value | humanizePercentage"))
}

/// Whether a name promises a share of failures.
fn says_error_share(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let fails = has(&["error", "errors", "failure", "failures", "failed", "5xx"]);
    fails && has(&["rate", "ratio", "percent", "percentage"]) && !has(&["second", "rps", "qps"])
}

/// The words of a name in camel case, snake case or plain text, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether an expression is a rate, perhaps summed, and nothing is divided on the way.
fn is_plain_rate(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => is_plain_rate(inner),
        ExprKind::Aggregate(aggregate) => is_plain_rate(&aggregate.expr),
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "rate" | "irate") => {
            let name = arguments.first().and_then(|a| walk::selectors(a).first().and_then(|s| s.selector.metric_name().map(str::to_owned)));
            name.is_some_and(|name| counts_events(&name))
        }
        _ => false,
    }
}

fn round(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

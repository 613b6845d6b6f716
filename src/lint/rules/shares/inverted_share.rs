//! Alerts that fire while there is much of what is good.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::{interval, principal};
use crate::lint::query::constant;
use crate::lint::query::outcome::{is_bad, is_failed_share};
use crate::lint::query::share::is_share;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::shares::success_as_error::{STATUS, takes_no_error};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp};
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

rule! {
    /// An alert asks for much of what is good: for more than a share of free memory or disk, of idle time, of requests within a bound, or of
    /// requests that did not fail under a name that speaks of errors. It fires while all is well, and is silent when it is not.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: node_filesystem_avail_bytes / node_filesystem_size_bytes > 0.9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.mountpoint }} is nearly full" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: '1 - sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "too many errors" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: 1 - node_filesystem_avail_bytes / node_filesystem_size_bytes > 0.9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.mountpoint }} is nearly full" }
    /// ```
    InvertedShare, "inverted-share", Warning
}

/// Words of expressions that speak of what is left, of a bucket or of errors.
static TELLING: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(["idle", "avail", "Avail", "free", "Free", "_bucket", "5..", "2..", "200", "error", "fail"]).ok());

impl Rule for InvertedShare {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        let ExprKind::Binary(condition) = &principal(expr).kind else { return };
        let above = matches!(condition.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
        let calm = view.rule.label("severity").and_then(Node::as_str).is_some_and(|severity| matches!(severity, "info" | "none"));
        if above
            && !calm
            && let Some(whole) = free_of_all(&condition.left, &condition.right, view.rule.name())
        {
            let message = format!("this fires while much of `{whole}` is free");
            let finding = META.finding(query.span(&condition.op_range), message).path(view.path("expr"));
            found.push(finding.help("turn the comparison round"));
            return;
        }
        if !above || calm || constant(&condition.right).is_none_or(|number| number <= 0.0) {
            return;
        }
        // Few speak of what is left, or of a bucket; to take expressions apart is work.
        let text = query.node.as_str().unwrap_or("");
        if !TELLING.as_ref().is_some_and(|words| words.is_match(text)) {
            return;
        }
        let name = view.rule.name();
        let message = if let Some(what) = good_share(&condition.left, name) {
            what
        } else if let Some(what) = not_failed(&condition.left, name) {
            what
        } else {
            return;
        };
        // What never holds is `never-holds`.
        let limit = constant(&condition.right).unwrap_or(0.0);
        if interval(&condition.left, context.world).compared(condition.op, limit) == Some(false) {
            return;
        }
        let finding = META.finding(query.span(&condition.op_range), message).path(view.path("expr"));
        found.push(finding.help("turn the comparison round, or take the share from 1"));
    }
}

/// Words of names that ask for what is left over.
const SPARE: &[&str] = &["under", "idle", "unused", "waste", "over", "spare", "recover", "free", "avail", "healthy", "success"];

const FREE: &[&str] = &["_avail_bytes", "_available_bytes", "_free_bytes", "_MemAvailable_bytes", "_MemFree_bytes", "_files_free"];

/// The whole of which what is free is compared with a part: `free > 0.1 * size`.
fn free_of_all<'e>(side: &'e Expr, limit: &'e Expr, name: &str) -> Option<&'e str> {
    let ExprKind::Binary(product) = &without_parens(limit).kind else { return None };
    let part = constant(&product.left).or_else(|| constant(&product.right)).filter(|part| product.op == BinaryOp::Mul && *part < 1.0);
    if part.is_none() || asks_for_spare(name) {
        return None;
    }
    let (left, right) = (selectors(side), selectors(limit));
    let ([free], [all]) = (left.as_slice(), right.as_slice()) else { return None };
    let (free, all) = (free.selector.metric_name()?, all.selector.metric_name()?);
    let is_free = |name: &str| FREE.iter().any(|end| name.ends_with(end));
    (is_free(free) && !is_free(all)).then_some(all)
}

/// A share of what is free, idle or fast enough.
fn good_share(side: &Expr, name: &str) -> Option<String> {
    share(side).filter(|_| !asks_for_spare(name))
}

/// Whether a name asks for what is left over.
fn asks_for_spare(name: &str) -> bool {
    let name = name.to_lowercase();
    SPARE.iter().any(|word| name.contains(word))
}

fn share(side: &Expr) -> Option<String> {
    let inner = scaled(side);
    let ExprKind::Binary(division) = &inner.kind else {
        let found = selectors(inner);
        let [only] = found.as_slice() else { return None };
        let idle = only.selector.matchers.iter().any(|m| m.label.text == "mode" && m.op == MatchOp::Equal && m.value == "idle");
        let rated = matches!(&without_aggregation(inner).kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "rate" | "irate"));
        return (idle && rated).then(|| "this fires while processors are idle".to_owned());
    };
    if division.op != BinaryOp::Div {
        return None;
    }
    let (above, below) = (selectors(&division.left), selectors(&division.right));
    let ([above], [below]) = (above.as_slice(), below.as_slice()) else { return None };
    let (upper, lower) = (above.selector.metric_name()?, below.selector.metric_name()?);
    let left = FREE;
    if upper != lower && left.iter().any(|end| upper.ends_with(end)) && !left.iter().any(|end| lower.ends_with(end)) {
        return Some(format!("this fires while much of `{lower}` is free"));
    }
    let succeeds = above.selector.matchers.iter().any(|m| STATUS.contains(&m.label.text.as_str()) && takes_no_error(m));
    if succeeds && is_share(&division.left, &division.right) {
        return Some("this fires while requests succeed".to_owned());
    }
    let bounded = above.selector.matchers.iter().any(|m| m.label.text == "le" && m.value != "+Inf");
    let base = upper.strip_suffix("_bucket").filter(|_| bounded)?;
    let counted = lower.strip_suffix("_count") == Some(base) || lower == upper;
    counted.then(|| "this fires while requests are fast enough".to_owned())
}

/// What did not fail, under a name that speaks of errors.
fn not_failed(side: &Expr, name: &str) -> Option<String> {
    let speaks = name.to_lowercase();
    if !["error", "fail", "5xx"].iter().any(|word| speaks.contains(word)) {
        return None;
    }
    let ExprKind::Binary(rest) = &without_parens(scaled(side)).kind else { return None };
    let whole = constant(&rest.left).filter(|_| rest.op == BinaryOp::Sub)?;
    let is_whole = (whole - 1.0).abs() < f64::EPSILON || (whole - 100.0).abs() < f64::EPSILON;
    let message = || format!("`{name}` fires on the share of what does not fail");
    let rest = without_parens(&rest.right);
    if let ExprKind::Selector(recorded) = &rest.kind {
        return recorded.metric_name().filter(|name| is_whole && is_failed_share(name)).map(|_| message());
    }
    let ExprKind::Binary(division) = &rest.kind else { return None };
    let found = selectors(&division.left);
    let [part] = found.as_slice() else { return None };
    (is_whole && is_bad(part.selector) && division.op == BinaryOp::Div && is_share(&division.left, &division.right)).then(message)
}

/// What is multiplied by a number, as by 100.
fn scaled(side: &Expr) -> &Expr {
    let side = without_parens(side);
    match &side.kind {
        ExprKind::Binary(by) if by.op == BinaryOp::Mul && constant(&by.right).is_some() => scaled(&by.left),
        ExprKind::Binary(by) if by.op == BinaryOp::Mul && constant(&by.left).is_some() => scaled(&by.right),
        ExprKind::Aggregate(of) if !selectors(&of.expr).is_empty() && matches!(without_parens(&of.expr).kind, ExprKind::Binary(_)) => {
            scaled(&of.expr)
        }
        _ => side,
    }
}

fn without_aggregation(expr: &Expr) -> &Expr {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(of) => without_aggregation(&of.expr),
        _ => without_parens(expr),
    }
}

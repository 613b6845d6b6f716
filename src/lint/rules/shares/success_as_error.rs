//! Alerts on errors that count successes.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp, Matcher};
use crate::promql::walk::{self, without_parens};
use crate::source::Node;

rule! {
    /// The name of an alert speaks of errors, and the part that it counts takes statuses that are none: it fires while all is well
    /// and is silent when everything fails.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: 'sum(rate(http_requests_total{status!~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AvailabilityLow
    ///         expr: 1 - job:http_requests_errors:ratio_rate1h > 14.4 * 0.001
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: '1 - sum(rate(http_requests_total{status!~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    SuccessAsError, "success-as-error", Warning
}

/// Labels that hold the code of a gRPC call.
const CODES: &[&str] = &["grpc_code", "rpc_grpc_status_code"];

/// Labels that hold an HTTP status.
pub(super) const STATUS: &[&str] =
    &["status", "code", "status_code", "http_status", "http_status_code", "http_response_status_code", "response_code"];

impl Rule for SuccessAsError {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            for list in ["alerts", "objectives"] {
                for (name, _, body) in root.entries_of(list) {
                    for (label, _, value) in body.entries_of("bad") {
                        let statuses: Vec<&Node> = value.as_sequence().unwrap_or(std::slice::from_ref(value)).iter().collect();
                        let good = |node: &Node| {
                            let matched = |status: &str| node.as_str().and_then(|text| full_match(text, status)).unwrap_or(true);
                            ["500", "503", "404", "400", "429", "499"].iter().all(|status| !matched(status))
                                && ["200", "201", "204", "301"].iter().any(|status| matched(status))
                        };
                        if STATUS.contains(&label) && statuses.iter().all(|node| good(node)) {
                            let message = format!("{} is no failure, and `{name}` counts it as bad", value.describe());
                            let finding = META.finding(value.span, message).path(format!("{list}.{name}.bad.{label}"));
                            found.push(finding.help("name the statuses that fail, as `\"5..\"`"));
                        }
                    }
                }
            }
        }
    }

    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for compared in query.comparisons.iter().filter(|_| query.is_alert()) {
            if let Some(name) = rest_of_errors(compared) {
                let message =
                    format!("`1 - {name}` is the share that does not fail, which is above {} at nearly any time", compared.number);
                let finding = META.finding(query.span(&compared.side.range), message).path(query.path());
                found.push(finding.help("leave `1 -` out, or ask for less than a share near 1"));
            }
        }
        // Few ask for a status, and to look at names and texts is work.
        let of_status = |matcher: &Matcher| STATUS.contains(&matcher.label.text.as_str()) || CODES.contains(&matcher.label.text.as_str());
        if !query.selectors.iter().any(|used| used.selector.matchers.iter().any(of_status)) {
            return;
        }
        let name = query.name().to_lowercase();
        let recorded = query.rule().is_some_and(|rule| !rule.is_alert());
        if let (true, Some(expr), true) = (recorded, &query.expr, speaks_of_success(&name)) {
            failures(expr, query, found);
            return;
        }
        let summary = query.rule().and_then(|rule| rule.annotations().find(|(key, ..)| *key == "summary")?.2.as_str());
        let says = |text: &str| ["error", "fail", "5xx"].iter().any(|word| text.contains(word));
        let speaks = says(&name) || summary.is_some_and(|text| says(&text.to_lowercase()));
        let (true, Some(expr)) = (speaks, &query.expr) else { return };
        if (query.panel().is_some() || recorded)
            && let ExprKind::Binary(binary) = &without_parens(expr).kind
            && binary.op == BinaryOp::Div
        {
            counted(&binary.left, query, found);
        }
        for &Comparison { side, op, .. } in &query.comparisons {
            let part = match &without_parens(side).kind {
                ExprKind::Binary(binary) if binary.op == BinaryOp::Div => &binary.left,
                ExprKind::Binary(_) => continue,
                _ => side,
            };
            if matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual) {
                counted(part, query, found);
            }
        }
    }
}

/// The recorded share of what fails, where a condition asks whether what it leaves is above a small number.
fn rest_of_errors<'e>(compared: &Comparison<'e>) -> Option<&'e str> {
    let ExprKind::Binary(rest) = &without_parens(compared.side).kind else { return None };
    let is_one = rest.op == BinaryOp::Sub && constant(&rest.left).is_some_and(|one| (one - 1.0).abs() < f64::EPSILON);
    let is_small = matches!(compared.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && (0.0..0.5).contains(&compared.number);
    let ExprKind::Selector(selector) = &without_parens(&rest.right).kind else { return None };
    let name = selector.metric_name().filter(|_| is_one && is_small)?;
    let has = |words: &[&str]| name.split([':', '_']).any(|word| words.contains(&word));
    (has(&["error", "errors", "failed", "failures"]) && has(&["ratio", "share"])).then_some(name)
}

/// Whether a name speaks of what goes well, and not of what that is short of, as `availability_errors` does.
fn speaks_of_success(name: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has(&["success", "availab"]) && !has(&["error", "fail", "unavail", "burn"])
}

/// Reports what is recorded as a share of successes and counts failures.
fn failures(expr: &Expr, query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return };
    if binary.op != BinaryOp::Div {
        return;
    }
    for selector in walk::selectors(&binary.left) {
        let statuses = selector.selector.matchers.iter().filter(|m| STATUS.contains(&m.label.text.as_str()));
        let fails =
            |m: &&Matcher| matches(m, "500") == Some(true) && ["200", "201", "204"].iter().all(|status| matches(m, status) == Some(false));
        if let Some(matcher) = statuses.into_iter().find(fails) {
            let message = format!("`{}` speaks of what succeeds, and this counts what fails", query.name());
            found.push(META.finding(query.span(&matcher.range), message).help("take it from 1, or turn the matcher round"));
        }
    }
}

/// Reports what is counted as a failure and is none.
fn counted(part: &Expr, query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    for selector in walk::selectors(part) {
        let statuses = selector.selector.matchers.iter().filter(|m| STATUS.contains(&m.label.text.as_str()));
        if let Some(matcher) = statuses.into_iter().find(|matcher| takes_no_error(matcher)) {
            found.push(
                META.finding(query.span(&matcher.range), format!("`{}` counts what has not failed here", query.name()))
                    .help(format!("write `{}=~\"5..\"`", matcher.label.text)),
            );
        }
        let statuses = selector.selector.matchers.iter().filter(|m| STATUS.contains(&m.label.text.as_str()));
        if let Some(matcher) = statuses.into_iter().find(|m| m.op == MatchOp::NotEqual && matches!(m.value.as_str(), "200" | "200.0")) {
            let message = format!("`{}` counts every answer but 200, `201`, `204` and `304` among them", query.name());
            let finding = META.finding(query.span(&matcher.range), message);
            found.push(finding.help(format!("write `{}=~\"5..\"`, or `{0}!~\"[123]..\"`", matcher.label.text)));
        }
        let of_calls = selector.selector.matchers.iter().filter(|m| CODES.contains(&m.label.text.as_str()));
        if let Some(matcher) = of_calls.into_iter().find(|matcher| takes_good_calls(matcher) && !query.is_variable(&matcher.value_range)) {
            let message = format!("`{}` counts calls that went well, too", query.name());
            found.push(META.finding(query.span(&matcher.range), message).help("leave `OK` out"));
        }
    }
}

/// Whether a matcher of gRPC's codes lets calls through that went well, and not all calls.
fn takes_good_calls(matcher: &Matcher) -> bool {
    let takes = |code: &str| matches(matcher, code);
    takes("OK") == Some(true) && ["Internal", "Unavailable", "Unknown", "DeadlineExceeded"].iter().any(|code| takes(code) == Some(false))
}

/// Whether a matcher of statuses lets none through that tells of an error.
pub(super) fn takes_no_error(matcher: &Matcher) -> bool {
    let takes = |status: &str| matches(matcher, status);
    let errors = ["500", "502", "503", "504", "5xx"].iter().all(|status| takes(status) == Some(false));
    let good = ["200", "201", "204", "2xx"].iter().any(|status| takes(status) == Some(true));
    errors && good
}

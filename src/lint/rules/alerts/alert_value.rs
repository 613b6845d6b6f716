//! Values of alerts that are not what their texts show.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::when::{is_moment, name, plain};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::shown::{Shown, shown};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;
use crate::source::text_map;

rule! {
    /// The value of an alert is the left side of its condition, and the text shows something else: how long ago a moment was, where the
    /// moment itself is compared with `time() - 900`, which is half a century as a length of time; or a share, where `> bool` has made
    /// a 1 of it.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ImportLate
    ///         expr: max by (job) (import_last_success_timestamp_seconds) < time() - 3600
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "nothing was imported for {{ $value | humanizeDuration }}" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: job:errors:ratio_rate5m > bool 0.05 == 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} of the requests fail" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ImportLate
    ///         expr: time() - max by (job) (import_last_success_timestamp_seconds) > 3600
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "nothing was imported for {{ $value | humanizeDuration }}" }
    /// ```
    AlertValue, "alert-value", Warning
}

impl Rule for AlertValue {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((_, expr)) = view.alert() else { return };
        let mut texts = view.annotations().filter(|text| text.text.contains("humanize")).peekable();
        if texts.peek().is_none() {
            return;
        }
        let side = compared(expr);
        let (message, help, functions) = if let Some(moment) = side.and_then(moment) {
            let message = format!("the value is `{moment}`, and so a moment, and not how long ago it was");
            (message, "compare how long ago it was: `time() - … > 900`", &["humanizeDuration"][..])
        } else if side.is_some_and(is_yes_or_no) {
            let message = "a comparison with `bool` is 0 or 1, so the value is always the same".to_owned();
            (
                message,
                "leave `bool` out, so that the value is what is compared",
                &["humanize", "humanize1024", "humanizeDuration", "humanizePercentage"][..],
            )
        } else {
            return;
        };
        for text in texts {
            for range in places(text, functions) {
                let span = text_map::Map::new(view.text, text.node).span(range);
                found.push(META.finding(span, message.clone()).path(view.text_path(text)).help(help));
            }
        }
    }
}

/// Where a text shows the value through one of these functions.
fn places(text: &AlertText<'_>, functions: &[&str]) -> Vec<std::ops::Range<usize>> {
    let actions = text.template().into_iter().flat_map(|template| &template.actions);
    let through = actions.filter(|action| matches!(shown(action, text.text), Some(Shown::Through(name)) if functions.contains(&name)));
    through.map(|action| action.range.clone()).collect()
}

/// What a condition compares: the value of the alert, where it stands on the left or its other side is a number.
fn compared(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => compared(&binary.left),
        op if op.is_comparison() && !binary.return_bool => {
            let is_scalar = |side: &Expr| crate::promql::value_type(side) == crate::promql::ValueType::Scalar;
            Some(if is_scalar(&binary.left) { &binary.right } else { &binary.left })
        }
        _ => None,
    }
}

/// The metric that a side is, where that is a moment.
fn moment(side: &Expr) -> Option<&str> {
    name(plain(side)).filter(|_| is_moment(plain(side)))
}

/// Whether a side is a comparison that gives 0 or 1.
fn is_yes_or_no(side: &Expr) -> bool {
    matches!(&without_parens(side).kind, ExprKind::Binary(binary) if binary.op.is_comparison() && binary.return_bool
        && (constant(&binary.left).is_some() || constant(&binary.right).is_some()))
}

//! Alerts that wait for the absence of another series than the one they judge.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::{constant, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk::{alternatives, selectors, without_parens};

rule! {
    /// An alert asks whether something is down, or gone: `x == 0 or absent(y)`, where `y` is a series of another job. If `x` goes away
    /// nobody is told.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: CacheDown
    ///         expr: 'redis_up{job="redis"} == 0 or absent(pg_up{job="postgres"})'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the cache is down" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: CacheDown
    ///         expr: 'redis_up{job="redis"} == 0 or absent(redis_up{job="redis"})'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the cache is down" }
    /// ```
    OtherAbsent, "other-absent", Warning
}

impl Rule for OtherAbsent {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        if !query.calls_any(&["absent", "absent_over_time"]) {
            return;
        }
        let parts = alternatives(expr);
        if parts.len() < 2 {
            return;
        }
        let judged: Vec<&Selector> = parts.iter().filter_map(|part| down(part)).collect();
        for part in &parts {
            let Some(waited) = absent(part) else { continue };
            let Some(job) = named_job(waited) else { continue };
            if !judged.is_empty() && judged.iter().all(|own| named_job(own).is_some_and(|own| own != job)) {
                let message = format!("this waits for the absence of a series of `{job}`, and the rest of the alert reads another job");
                let finding = META.finding(query.span(&part.range), message).path(view.path("expr"));
                found.push(finding.help("ask for the absence of what is judged"));
            }
        }
    }
}

/// What is compared with 0.
fn down(expr: &Expr) -> Option<&Selector> {
    let ExprKind::Binary(binary) = &expr.kind else { return None };
    let found = selectors(&binary.left);
    let [only] = found.as_slice() else { return None };
    (binary.op == BinaryOp::Equal && constant(&binary.right) == Some(0.0)).then_some(only.selector)
}

fn absent(expr: &Expr) -> Option<&Selector> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return None };
    match &without_parens(arguments.first()?).kind {
        ExprKind::Selector(selector) if function.text == "absent" => Some(selector),
        _ => None,
    }
}

//! Alerts that fire whenever there is data.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::condition::unconditional;
use crate::lint::inference::labels::shape;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::Interval;
use crate::lint::query::named::is_yes_or_no;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{selectors, without_parens};

rule! {
    /// The expression of an alert compares nothing, so the alert fires as soon as its series exist, whatever their value:
    /// to an alert 0 is a result like any other. A comparison with `bool` returns 0 or 1, and both fire.
    ///
    /// A comparison that only chooses by what is divided, as in `used / (max > 0)`, compares nothing of the result.
    /// `(sum by (route) (…) or vector(0)) == 0` holds at any time: what `vector` gives has no labels, and is there beside all that has.
    ///
    /// What is there only while something is wrong needs no comparison: a build by its version, a reason for which a container waits.
    /// `absent(…)` needs no comparison, nor does an alert that is meant to fire always (named as a watchdog or with severity
    /// `none`).
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(http_errors_total[5m]) > bool 5
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(http_errors_total[5m]) > 5
    /// ```
    AlertWithoutCondition, "alert-without-condition", Warning
}

impl Rule for AlertWithoutCondition {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(rule) = query.alerting_rule() else { return };
        let Some(expr) = &query.expr else { return };
        let meant = rule.label("severity").is_some_and(|severity| severity.as_str() == Some("none"));
        let name = rule.name().to_lowercase();
        if meant || ["watchdog", "deadman", "dead_man", "heartbeat", "alwaysfiring"].iter().any(|word| name.contains(word)) {
            return;
        }
        if let Some(guard) = guard_alone(expr, context) {
            let message = "this only chooses what is reckoned with, and nothing compares the result";
            found.push(META.finding(query.span(&guard.range), message).help("compare the result, as in `… / (… > 0) > 0.9`"));
            return;
        }
        if let Some(filled) = always_filled(query, context) {
            let message = "`vector` has no labels, so it is there beside all that has some, and the condition always holds";
            found.push(
                META.finding(query.span(&filled.range), message)
                    .help("leave it out, or fill in for what has no labels: `sum(…) or vector(0)`"),
            );
            return;
        }
        let Some(open) = unconditional(expr, context, 0) else { return };
        let (what, help) = match &open.kind {
            ExprKind::Binary(binary) if binary.return_bool => {
                ("with `bool` this returns 0 or 1, and the alert fires on both", "take `bool` away: the comparison alone filters")
            }
            ExprKind::Number(_) | ExprKind::Call { .. } if is_fixed(open) => {
                ("this is always there, so the alert always fires", "compare something")
            }
            _ => ("nothing is compared here, so the alert fires whenever there is data", "compare with a threshold, as in `… > 0`"),
        };
        // Info where the series may exist only when something is wrong, as event-like series do.
        let level = if matches!(&open.kind, ExprKind::Selector(_)) && !known(open, context) { Level::Info } else { META.level };
        found.push(META.finding_at(level, query.span(&open.range), what).help(help));
    }
}

/// A number that fills in for what has labels, and that meets the condition itself.
fn always_filled<'e>(query: &'e Expression<'_, '_>, context: &Context<'e>) -> Option<&'e Expr> {
    let expr = query.expr.as_ref()?;
    let Comparison { node, side, op, number, .. } = Comparison::of(without_parens(expr))?;
    let ExprKind::Binary(either) = &without_parens(side).kind else { return None };
    let ExprKind::Call { function, arguments } = &without_parens(&either.right).kind else { return None };
    let filled = arguments
        .first()
        .and_then(constant)
        .filter(|_| function.text == "vector" && either.op == BinaryOp::Or && either.matching.is_none())?;
    let is_bool = matches!(&node.kind, ExprKind::Binary(compared) if compared.return_bool);
    let holds = !is_bool && Interval::one(filled).compared(op, number) == Some(true);
    let left = shape(&either.left, context.world);
    (holds && left.certain.iter().any(|label| *label != "__name__")).then_some(&*either.right)
}

/// The one comparison of an expression, where it only chooses what something is divided or multiplied by: a limit, what informs by its
/// labels, or what is not zero.
fn guard_alone<'e>(expr: &'e Expr, context: &Context<'_>) -> Option<&'e Expr> {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let reckons = matches!(binary.op, BinaryOp::Div | BinaryOp::Mul);
    unconditional(&binary.left, context, 0).filter(|_| reckons && selectors(&binary.left).len() == 1)?;
    let guard = without_parens(&binary.right);
    let ExprKind::Binary(compared) = &guard.kind else { return None };
    let number = constant(&compared.right).filter(|_| compared.op.is_comparison() && !compared.return_bool)?;
    let found = selectors(&compared.left);
    let [only] = found.as_slice() else { return None };
    let name = only.selector.metric_name()?;
    let is_limit = name.split('_').any(|word| matches!(word, "max" | "limit" | "capacity" | "maximum" | "info"));
    let is_none =
        number.abs() < f64::EPSILON && matches!(compared.op, BinaryOp::Greater | BinaryOp::NotEqual) && binary.op == BinaryOp::Div;
    (is_limit || is_none).then_some(guard)
}

/// Whether what exists is known: then a bare selector returns something when all is well.
fn known(expr: &Expr, context: &Context<'_>) -> bool {
    let ExprKind::Selector(selector) = &expr.kind else { return false };
    selector.metric_name().is_some_and(|name| is_yes_or_no(name) || context.world.metric_of(selector).is_some())
}

fn is_fixed(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "vector" | "time"))
}

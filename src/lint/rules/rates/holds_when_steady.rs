//! Comparisons with the past that hold as long as nothing changes.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::is_uptime;
use crate::lint::query::unit::multiplied;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk::{only_selector, operations, selectors, without_aggregates};

rule! {
    /// An alert compares something with a part of what it was, the wrong way round: `x > 0.5 * x offset 1h` holds as long as nothing
    /// changes, and is silent of what it was written for, that half of `x` is gone.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: orders
    ///     rules:
    ///       - alert: OrdersDropped
    ///         expr: sum(rate(orders_total[10m])) > 0.5 * sum(rate(orders_total[10m] offset 1w))
    ///         for: 10m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: orders
    ///     rules:
    ///       - alert: OrdersDropped
    ///         expr: sum(rate(orders_total[10m])) < 0.5 * sum(rate(orders_total[10m] offset 1w))
    ///         for: 10m
    ///         labels: { severity: warning }
    /// ```
    HoldsWhenSteady, "holds-when-steady", Warning
}

impl Rule for HoldsWhenSteady {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        found.extend(changes_anyway(query, context));
        let node = principal(expr);
        let ExprKind::Binary(binary) = &node.kind else { return };
        let ((left, less), (right, more)) = (multiplied(&binary.left), multiplied(&binary.right));
        if less <= 0.0 || more <= 0.0 || !is_same_but_for_offset(left, right) {
            return;
        }
        let holds = match binary.op {
            BinaryOp::Greater | BinaryOp::GreaterEqual => less > more,
            BinaryOp::Less | BinaryOp::LessEqual => less < more,
            _ => return,
        };
        if holds {
            let message = "this holds as long as nothing changes";
            let finding = META.finding(query.span(&binary.op_range), message).path(view.path("expr"));
            found.push(finding.help("turn the comparison round, or ask for more than it was"));
        }
    }
}

/// Changes of what says how long something has been running, which is another number at each scrape.
fn changes_anyway(query: &Expression<'_, '_>, context: &Context<'_>) -> Option<Diagnostic> {
    query.comparisons.iter().find_map(|compared| {
        let ExprKind::Call { function, arguments } = &without_aggregates(compared.side).kind else { return None };
        let name = only_selector(arguments.first()?)?.metric_name()?;
        let is_more = matches!(compared.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && compared.number < 5.0;
        if function.text != "changes" || !is_more || !is_uptime(name) || !context.world.recorded(name).is_empty() {
            return None;
        }
        let message = format!("`{name}` is another number at each scrape, so this holds all the time");
        let finding = META.finding(query.span(&compared.side.range), message).path(query.path());
        Some(finding.help("take `resets`, which counts how often it began anew"))
    })
}

/// Whether two sides are the same now and some time ago.
fn is_same_but_for_offset(left: &Expr, right: &Expr) -> bool {
    let (own, other) = (selectors(left), selectors(right));
    let is_moved = |selector: &Selector| selector.offset.is_some() && selector.at.is_none();
    let is_now = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    let alike =
        |now: &Selector, then: &Selector| is_now(now) && is_moved(then) && now.metric == then.metric && now.matchers == then.matchers;
    let pairs = || own.iter().zip(&other);
    let all = !own.is_empty() && own.len() == other.len() && pairs().all(|(one, other)| one.range == other.range);
    let moves =
        pairs().all(|(one, other)| alike(one.selector, other.selector)) || pairs().all(|(one, other)| alike(other.selector, one.selector));
    all && moves && operations(left) == operations(right)
}

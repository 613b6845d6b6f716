//! Series that have to be there and gone at once.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{self, without_parens};

rule! {
    /// A condition joins a series and its own absence with `and`: where the series is, `absent` is empty, and where it is not, the
    /// series is. Both together are never there; `or` was meant.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'up{job="web"} == 0 and absent(up{job="web"})'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'up{job="web"} == 0 or absent(up{job="web"})'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    PresentAndAbsent, "present-and-absent", Error
}

impl Rule for PresentAndAbsent {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = &query.expr else { return };
        walk::visit(expr, &mut |node| {
            let ExprKind::Binary(binary) = &node.kind else { return };
            if binary.op != BinaryOp::And {
                return;
            }
            for (gone, there) in [(&binary.left, &binary.right), (&binary.right, &binary.left)] {
                let Some(absent) = absent(gone) else { continue };
                if needed(there).is_some_and(|present| is_among(present, absent)) {
                    found.push(
                        META.finding(query.span(&gone.range), "this is empty whenever the other side is not, so both never hold together")
                            .related(query.span(&there.range), "the other side")
                            .help("join them with `or`"),
                    );
                    return;
                }
            }
        });
    }
}

/// The selector that has to have no series now.
fn absent(expr: &Expr) -> Option<&Selector> {
    let ExprKind::Call { function, arguments } = &without_parens(expr).kind else { return None };
    match (function.text.as_str(), &without_parens(arguments.first()?).kind) {
        ("absent", ExprKind::Selector(selector)) => Some(selector),
        _ => None,
    }
}

/// The selector that has to have series now: an instant one, compared or aggregated.
fn needed(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Aggregate(aggregate) => needed(&aggregate.expr),
        ExprKind::Binary(binary) if binary.op.is_comparison() && crate::lint::query::constant(&binary.right).is_some() => {
            needed(&binary.left)
        }
        _ => None,
    }
}

/// Whether all series of one selector are series of the other, at the same time.
fn is_among(one: &Selector, other: &Selector) -> bool {
    one.metric_name().is_some()
        && one.metric_name() == other.metric_name()
        && [one, other].iter().all(|selector| selector.offset.is_none() && selector.at.is_none())
        && other.matchers.iter().all(|matcher| one.matchers.contains(matcher))
}

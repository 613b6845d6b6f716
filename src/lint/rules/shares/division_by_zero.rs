//! Quotients whose lower side is nothing.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::moment::{Targets, Value, evaluate};
use crate::lint::inference::value::interval;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// The lower side of a division is always zero: it is written so, or it is filtered by `== 0`. The quotient is infinite, or no
    /// number at all.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) == 0) > 0.05
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) > 0) > 0.05
    /// ```
    DivisionByZero, "division-by-zero", Error
}

/// Limits of well-known exporters that are 0 where nothing is limited.
const UNLIMITED: &[&str] = &["redis_memory_max_bytes", "redis_config_maxmemory", "container_spec_memory_limit_bytes"];

/// Whether pages show that there is a limit everywhere.
fn is_limited(expr: &Expr, context: &Context<'_>) -> bool {
    match evaluate(expr, context.world, Targets::One) {
        Some((Value::Vector(points), _)) => !points.is_empty() && points.iter().all(|point| point.value > 0.0),
        _ => false,
    }
}

/// The limit that an alert divides by as it stands, and asks whether the result is above something.
fn unlimited<'q>(query: &Expression<'q, '_>, division: &'q Binary) -> Option<&'q str> {
    let mut side = without_parens(&division.right);
    while let ExprKind::Aggregate(aggregate) = &side.kind {
        side = without_parens(&aggregate.expr);
    }
    let ExprKind::Selector(selector) = &side.kind else { return None };
    let name = selector.metric_name().filter(|name| UNLIMITED.contains(name))?;
    let is_above = query.comparisons.iter().any(|of| matches!(of.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && of.number > 0.0);
    // Asked for being there elsewhere it is filtered there.
    let times = query.selectors.iter().filter(|used| used.selector.metric_name() == Some(name)).count();
    (query.is_alert() && is_above && times == 1).then_some(name)
}

impl Rule for DivisionByZero {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, division) in query.divisions() {
            let below = interval(&division.right, context.world);
            if let Some(name) = unlimited(query, division).filter(|_| !is_limited(&division.right, context)) {
                let message =
                    format!("`{name}` is 0 where there is no limit, and this is infinite there, above whatever it is compared with");
                let help = format!("divide by what is not zero: `({name} > 0)`");
                found.push(META.finding_at(Level::Warning, query.span(&division.right.range), message).help(help));
                continue;
            }
            if below.low.abs() + below.high.abs() > 0.0 {
                continue;
            }
            let message = "this divides by what is always zero";
            let help = "divide by what is not zero, as `… > 0` leaves it";
            found.push(META.finding(query.span(&division.right.range), message).help(help));
        }
    }
}

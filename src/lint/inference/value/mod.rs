//! Which values the result of an expression can take.
//!
//! An interval is a promise: every value lies in it, or is NaN, which compares with nothing. Bounds come from what
//! functions and operators do to any input, from the types that a manifest declares, and from the few series whose
//! values everybody knows (`up`).

mod aggregate;
mod binary;
mod call;
mod series;

use std::cell::{Cell, RefCell};

use foldhash::HashMap;

use crate::lint::query::interval::Interval;
use crate::lint::world::World;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

/// Recording rules that build on others are followed this far.
const DEPTH: usize = 16;
/// A moment before any that rules are evaluated at, in seconds since 1970.
pub const LONG_AGO: f64 = 1e9;

/// The values that an expression can take.
pub fn interval(expr: &Expr, world: &World<'_>) -> Interval {
    Valuer { world, recorded: None }.expr(expr)
}

#[derive(Clone, Copy)]
struct Valuer<'x, 'e> {
    world: &'x World<'e>,
    /// Where the values of recorded series are being found; else all of them are known.
    recorded: Option<&'x Recordings<'x, 'e>>,
}

/// The values of recorded series while they are found, each once: thousands of rules may fill one series.
struct Recordings<'x, 'e> {
    world: &'x World<'e>,
    /// `None` for those that are being found: what depends on itself can be anything.
    found: RefCell<HashMap<&'e str, Option<Interval>>>,
    depth: Cell<usize>,
}

impl<'x, 'e> Recordings<'x, 'e> {
    fn all(world: &'x World<'e>) -> HashMap<String, Interval> {
        let mut names: Vec<&'e str> = world.recorded_names().collect();
        // In one order, so that series that depend on each other come out the same in every run.
        names.sort_unstable();
        let all = Self { world, found: RefCell::default(), depth: Cell::new(0) };
        names.into_iter().map(|name| (name.to_owned(), all.of(name))).collect()
    }

    fn of(&self, name: &str) -> Interval {
        if let Some(known) = self.found.borrow().get(name) {
            return known.unwrap_or(Interval::ALL);
        }
        let Some(name) = self.world.recorded_name(name).filter(|_| self.depth.get() < DEPTH) else { return Interval::ALL };
        self.found.borrow_mut().insert(name, None);
        self.depth.set(self.depth.get() + 1);
        let inner = Valuer { world: self.world, recorded: Some(self) };
        let each = self.world.recorded(name).iter();
        let each = each.map(|recorded| recorded.query.expr.as_ref().map_or(Interval::ALL, |expr| inner.expr(expr)));
        let values = each.reduce(Interval::either).unwrap_or(Interval::ALL);
        self.depth.set(self.depth.get() - 1);
        self.found.borrow_mut().insert(name, Some(values));
        values
    }
}

impl Valuer<'_, '_> {
    fn expr(self, expr: &Expr) -> Interval {
        match &expr.kind {
            ExprKind::Number(number) => Interval::one(number.value),
            ExprKind::String(_) => Interval::ALL,
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => self.selector(selector),
            ExprKind::Subquery { expr, .. } | ExprKind::Paren(expr) | ExprKind::Unary { negative: false, expr } => self.expr(expr),
            ExprKind::Unary { expr, .. } => {
                let inner = self.expr(expr);
                Interval::new(-inner.high, -inner.low)
            }
            ExprKind::Call { function, arguments } => self.call(&function.text, arguments),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Binary(binary) => self.binary(binary),
        }
    }
}

/// The sum of at least one value.
fn sum(of: Interval) -> Interval {
    let low = if of.low >= 0.0 { of.low } else { f64::NEG_INFINITY };
    let high = if of.high <= 0.0 { of.high } else { f64::INFINITY };
    Interval::new(low, high)
}

/// The part of a condition that its value comes from: what `and` and `unless` join to it only decides when it counts.
pub fn principal(expr: &Expr) -> &Expr {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) => principal(&binary.left),
        _ => expr,
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, interval};
    use crate::lint::world::World;
    use crate::promql::ast::BinaryOp;
    use crate::promql::{Options, parse};

    fn of(text: &str) -> Interval {
        interval(&parse(text, &Options::all()).expect("an expression"), &World::new(&[], &[], &[]))
    }

    #[test]
    fn bounds_follow_functions_and_operators() {
        let cases = [
            ("up", 0.0, 1.0),
            ("count(up == 0)", 1.0, f64::INFINITY),
            ("absent(x)", 1.0, 1.0),
            ("sum(up) + 2", 2.0, f64::INFINITY),
            ("1 - avg(up)", 0.0, 1.0),
            ("-up * 100", -100.0, 0.0),
            ("hour() > bool 3", 0.0, 1.0),
            ("x > 5", 5.0, f64::INFINITY),
            ("3 > x", f64::NEG_INFINITY, 3.0),
            ("clamp(x, 1, 7)", 1.0, 7.0),
            ("sum(rate(x{a=\"b\"}[5m])) / sum(rate(x[5m]))", 0.0, 1.0),
            ("sum(rate(x{a=\"b\"}[5m])) / (sum(rate(x[5m])) > 0)", 0.0, 1.0),
            ("sum(rate(x[5m])) / sum(rate(x{a=\"b\"}[5m]))", 1.0, f64::INFINITY),
            ("x", f64::NEG_INFINITY, f64::INFINITY),
            ("rate(x[5m])", f64::NEG_INFINITY, f64::INFINITY),
            ("up / 2", 0.0, 0.5),
            ("abs(up - 3)", 2.0, 3.0),
            ("sum(up) / count(up)", 0.0, 1.0),
            ("count(x > 5) / count(x)", 0.0, 1.0),
            ("a_total / (a_total + b_total)", 0.0, 1.0),
            ("a / (a + b)", f64::NEG_INFINITY, f64::INFINITY),
            ("timestamp(x) - time()", f64::NEG_INFINITY, 0.0),
            ("time() - max(timestamp(x))", 0.0, f64::INFINITY),
            ("max(x) - min(x)", 0.0, f64::INFINITY),
            ("time() % 86400", 0.0, 86400.0),
            ("sum_over_time(up[10m:1m])", 0.0, 11.0),
            ("log2(1 + up)", 0.0, 1.0),
            ("cos(x)", -1.0, 1.0),
            ("year()", 2001.0, f64::INFINITY),
        ];
        for (text, low, high) in cases {
            assert_eq!(of(text), Interval::new(low, high), "{text}");
        }
    }

    #[test]
    fn a_comparison_holds_always_never_or_it_depends() {
        assert_eq!(of("up").compared(BinaryOp::Greater, 1.0), Some(false));
        assert_eq!(of("up").compared(BinaryOp::GreaterEqual, 0.0), Some(true));
        assert_eq!(of("up").compared(BinaryOp::Equal, 0.0), None);
        assert_eq!(of("count(x)").compared(BinaryOp::Equal, 0.0), Some(false));
        assert_eq!(of("count(x)").compared(BinaryOp::NotEqual, 0.0), Some(true));
        assert_eq!(of("x > 5").compared(BinaryOp::Less, 3.0), Some(false));
    }
}

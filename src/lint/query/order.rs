//! Which of two expressions is never above the other, whatever the samples are.

use crate::lint::query::constant;
use crate::lint::query::share::{grouped, is_share};
use crate::promql::ast::{Aggregate, AggregateOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// Whether one side is never above the other, wherever both have a value: a part and the whole, the least and the mean of the same
/// series, two quantiles of them, a sample and the greatest of its window.
pub fn is_at_most(low: &Expr, high: &Expr) -> bool {
    let (low, high) = (without_parens(low), without_parens(high));
    if is_share(low, high) || is_limited(low, high) {
        return true;
    }
    match (&low.kind, &high.kind) {
        (ExprKind::Aggregate(low), ExprKind::Aggregate(high)) => {
            let alike = grouped(low) == grouped(high) && low.expr == high.expr;
            alike && place_of(low).zip(place_of(high)).is_some_and(|(low, high)| low.is_at_most(high))
        }
        (ExprKind::Call { function: f, arguments: of_low }, ExprKind::Call { function: g, arguments: of_high }) => {
            let lower = place_in_window(&f.text, of_low).zip(place_in_window(&g.text, of_high));
            lower.is_some_and(|((low, of_low), (high, of_high))| of_low == of_high && low.is_at_most(high))
                || rounded_down(low).is_some_and(|inner| rounded_up(high).is_some_and(|other| inner == other))
        }
        // The newest sample is one of its window.
        (ExprKind::Selector(_), ExprKind::Call { function, arguments }) => {
            function.text == "max_over_time" && is_window_of(arguments, low) || rounded_up(high).is_some_and(|inner| inner == low)
        }
        (ExprKind::Call { function, arguments }, ExprKind::Selector(_)) => {
            function.text == "min_over_time" && is_window_of(arguments, high) || rounded_down(low).is_some_and(|inner| inner == high)
        }
        _ => false,
    }
}

/// What never exceeds a limit that is told beside it.
const LIMITED: &[(&str, &str)] = &[
    ("kube_horizontalpodautoscaler_status_current_replicas", "kube_horizontalpodautoscaler_spec_max_replicas"),
    ("kube_horizontalpodautoscaler_status_desired_replicas", "kube_horizontalpodautoscaler_spec_max_replicas"),
    ("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
    ("node_filesystem_free_bytes", "node_filesystem_size_bytes"),
    ("node_filesystem_files_free", "node_filesystem_files"),
    ("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_MemFree_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_SwapFree_bytes", "node_memory_SwapTotal_bytes"),
];

/// Whether one side is a gauge of which the other is the limit, of the same series.
fn is_limited(low: &Expr, high: &Expr) -> bool {
    let (ExprKind::Selector(low), ExprKind::Selector(high)) = (&low.kind, &high.kind) else { return false };
    let still = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    let names = low.metric_name().zip(high.metric_name());
    let own = |selector: &Selector| selector.matchers.iter().filter(|m| m.label.text != "__name__").cloned().collect::<Vec<_>>();
    names.is_some_and(|pair| LIMITED.contains(&pair)) && still(low) && still(high) && own(low) == own(high)
}

/// Where between the least and the greatest of several values one of them stands.
#[derive(Clone, Copy)]
enum Place {
    Least,
    /// Somewhere between the two, nobody knows where.
    Between,
    Quantile(f64),
    Greatest,
}

impl Place {
    fn is_at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Quantile(low), Self::Quantile(high)) => low < high,
            // Each beside itself is one expression twice, which has a rule of its own.
            (Self::Least, Self::Least) | (Self::Greatest, Self::Greatest) => false,
            (Self::Least, _) | (_, Self::Greatest) => true,
            _ => false,
        }
    }
}

/// The quantile that a parameter names, where it is one.
fn quantile(parameter: Option<&Expr>) -> Option<Place> {
    parameter.and_then(constant).filter(|share| (0.0..=1.0).contains(share)).map(Place::Quantile)
}

fn place_of(aggregate: &Aggregate) -> Option<Place> {
    match aggregate.op {
        AggregateOp::Min => Some(Place::Least),
        AggregateOp::Avg => Some(Place::Between),
        AggregateOp::Max => Some(Place::Greatest),
        AggregateOp::Quantile => quantile(aggregate.parameter.as_deref()),
        _ => None,
    }
}

/// Where a function over a window stands, and the window.
fn place_in_window<'e>(function: &str, arguments: &'e [Expr]) -> Option<(Place, &'e Expr)> {
    match function {
        "min_over_time" => Some((Place::Least, arguments.first()?)),
        "avg_over_time" | "last_over_time" | "first_over_time" => Some((Place::Between, arguments.first()?)),
        "max_over_time" => Some((Place::Greatest, arguments.first()?)),
        "quantile_over_time" | "histogram_quantile" => Some((quantile(arguments.first())?, arguments.get(1)?)),
        _ => None,
    }
}

/// Whether the argument of a function is a window of a selector that ends when the selector is read.
fn is_window_of(arguments: &[Expr], read: &Expr) -> bool {
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else { return false };
    matches!(&read.kind, ExprKind::Selector(now) if now == selector)
}

fn rounded_down(expr: &Expr) -> Option<&Expr> {
    rounded(expr, "floor")
}

fn rounded_up(expr: &Expr) -> Option<&Expr> {
    rounded(expr, "ceil")
}

fn rounded<'e>(expr: &'e Expr, how: &str) -> Option<&'e Expr> {
    match &expr.kind {
        ExprKind::Call { function, arguments } if function.text == how => arguments.first().map(without_parens),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_at_most;
    use crate::promql::ast::ExprKind;
    use crate::promql::{Options, parse};

    /// Whether the left of a comparison is never above its right.
    fn holds(text: &str) -> bool {
        let expr = parse(text, &Options::all()).expect("an expression");
        let ExprKind::Binary(binary) = &expr.kind else { panic!("{text} compares nothing") };
        is_at_most(&binary.left, &binary.right)
    }

    #[test]
    fn what_is_never_above_another_is_known() {
        let never = [
            "min(x) > max(x)",
            "min by (job) (x) > avg by (job) (x)",
            "quantile(0.5, x) > quantile(0.9, x)",
            "quantile(0.5, x) > max(x)",
            "min_over_time(x[5m]) > avg_over_time(x[5m])",
            "histogram_quantile(0.5, rate(x_bucket[5m])) > histogram_quantile(0.99, rate(x_bucket[5m]))",
            "x > max_over_time(x[1h])",
            "min_over_time(x[1h]) > x",
            "floor(x) > x",
            "sum(rate(x{a=\"b\"}[5m])) > sum(rate(x[5m]))",
        ];
        for text in never {
            assert!(holds(text), "{text}");
        }
        let perhaps = [
            "max(x) > min(x)",
            "min by (job) (x) > max by (instance) (x)",
            "min(x) > max(y)",
            "avg(x) > quantile(0.9, x)",
            "quantile(0.99, x) > quantile(0.9, x)",
            "x > max_over_time(x[1h] offset 1h)",
            "x > avg_over_time(x[1h])",
            "max_over_time(x[1h]) > x",
            "min_over_time(x[5m]) > avg_over_time(x[1h])",
        ];
        for text in perhaps {
            assert!(!holds(text), "{text}");
        }
    }
}

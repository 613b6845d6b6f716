//! Means that are upside down, or of a lifetime.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::source::origin;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk;

rule! {
    /// The mean of a histogram or summary is the rate of its `_sum` by the rate of its `_count`. The other way round it is the
    /// inverse; without `rate` it is the mean since the process began, which hardly moves when things get slow; and far above the
    /// highest bucket it never is.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'rate(request_seconds_count[5m]) / rate(request_seconds_sum[5m]) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: request_seconds_sum / request_seconds_count > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'rate(request_seconds_sum[5m]) / rate(request_seconds_count[5m]) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    MeanOfHistogram, "mean-of-histogram", Warning
}

impl Rule for MeanOfHistogram {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = &query.expr else { return };
        found.extend(sum_alone(query, expr));
        for (node, binary) in query.divisions() {
            let (above, below) = (walk::selectors(&binary.left), walk::selectors(&binary.right));
            let ([above], [below]) = (above.as_slice(), below.as_slice()) else { continue };
            let (Some(upper), Some(lower)) = (above.selector.metric_name(), below.selector.metric_name()) else { continue };
            let recorded = |name: &str| !context.world.recorded(name).is_empty();
            if recorded(upper) || recorded(lower) {
                continue;
            }
            let base = |name: &str, suffix: &str| name.strip_suffix(suffix).map(str::to_owned);
            if base(upper, "_count").is_some() && base(upper, "_count") == base(lower, "_sum") {
                let message = format!("`{upper}` by `{lower}` is the inverse of the mean");
                found.push(META.finding(query.span(&node.range), message).help("divide `_sum` by `_count`"));
            } else if is_of_another(&binary.left, &binary.right, context) {
                let message = format!("`{upper}` is of one histogram and `{lower}` of another, so this is no mean");
                found.push(META.finding(query.span(&node.range), message).help("divide `_sum` and `_count` of the same one"));
            } else if base(upper, "_sum").is_some() && base(upper, "_sum") == base(lower, "_count") {
                let since_start = above.range.is_none() && below.range.is_none() && !within_subquery(expr, &node.range);
                if since_start {
                    let message = "this is the mean since the process began, which a slow minute hardly moves";
                    found.push(
                        META.finding(query.span(&node.range), message).help("divide the rates: `rate(…_sum[5m]) / rate(…_count[5m])`"),
                    );
                }
            }
        }
        found.extend(beyond_buckets(query, context));
    }
}

/// Whether the sum of what one histogram observed is divided by how often another one did, of the same job.
fn is_of_another(above: &Expr, below: &Expr, context: &Context<'_>) -> bool {
    let (Some(above), Some(below)) = (walk::only_selector(above), walk::only_selector(below)) else { return false };
    let (Some((one, upper, Series::Sum)), Some((other, lower, Series::Count))) =
        (context.world.metric_of(above), context.world.metric_of(below))
    else {
        return false;
    };
    let stem = |name: &'_ str| name.split('_').next().unwrap_or("").to_owned();
    let (upper, lower) = (upper.name.value.as_str(), lower.name.value.as_str());
    std::ptr::eq(one, other) && upper != lower && stem(upper) == stem(lower)
}

/// The seconds that all requests take together, each second, under a text that speaks of how long one takes.
fn sum_alone(query: &Expression<'_, '_>, expr: &Expr) -> Option<Diagnostic> {
    const OF_ONE: &[&str] = &["latency", "slow", "response time", "take longer", "takes longer", "takes more than", "take more than"];
    let rule = query.alerting_rule()?;
    let ExprKind::Binary(comparison) = &walk::without_parens(expr).kind else { return None };
    let mut side = walk::without_parens(&comparison.left);
    if let ExprKind::Aggregate(aggregate) = &side.kind {
        side = walk::without_parens(&aggregate.expr);
    }
    let ExprKind::Call { function, arguments } = &side.kind else { return None };
    let ExprKind::Range { selector, .. } = &arguments.first()?.kind else { return None };
    let name = selector.metric_name().filter(|name| name.ends_with("_seconds_sum"))?;
    let mut texts = rule.texts().map(str::to_lowercase);
    if !comparison.op.is_comparison() || function.text != "rate" || !texts.any(|text| OF_ONE.iter().any(|word| text.contains(word))) {
        return None;
    }
    let message = format!("the rate of `{name}` is what all take together, and grows with their number");
    Some(META.finding(query.span(&side.range), message).help("divide it by the rate of `_count`, or take a quantile"))
}

/// So many times the highest bound of its buckets no mean is, but where seconds are compared with milliseconds.
const BEYOND: f64 = 50.0;

/// A mean that is compared with far more than its histogram has buckets for.
fn beyond_buckets(query: &Expression<'_, '_>, context: &Context<'_>) -> Option<Diagnostic> {
    query.comparisons.iter().find_map(|&Comparison { side, op, number, place, .. }| {
        if !matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual) {
            return None;
        }
        let ExprKind::Binary(mean) = &origin(side, context.world).kind else { return None };
        let name = |side| walk::only_selector(side).and_then(Selector::metric_name);
        let (sum, count) = (name(&mean.left)?, name(&mean.right).filter(|_| mean.op == BinaryOp::Div)?);
        if sum.strip_suffix("_sum")? != count.strip_suffix("_count")? {
            return None;
        }
        let (_, metric, _) = context.world.metric(sum)?;
        let bounds = metric.buckets.as_ref()?;
        let top = bounds.value.iter().copied().filter(|bound| bound.is_finite()).reduce(f64::max)?;
        (number >= top * BEYOND).then(|| {
            let message = format!("the buckets of `{}` end at `{top}`, and no mean of it is `{number}`", metric.name.value);
            let finding = META.finding(query.span(&place.range), message).related(bounds.span, "the buckets");
            finding.help("compare in the metric's unit: seconds, and not milliseconds")
        })
    })
}

/// Whether a subquery looks back over a part of an expression.
fn within_subquery(expr: &Expr, part: &std::ops::Range<usize>) -> bool {
    let mut within = false;
    walk::visit(expr, &mut |node| {
        within |= matches!(node.kind, ExprKind::Subquery { .. }) && node.range.start <= part.start && part.end <= node.range.end;
    });
    within
}

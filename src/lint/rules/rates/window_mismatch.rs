//! Ratios whose sides look back differently far.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A ratio of two rates of one metric looks back over different windows on its two sides. When traffic changes, the
    /// sides speak of different times, and the ratio is no share: it can be above 1 or far too small.
    ///
    /// A difference of what came and what went is wrong in the same way where each is counted over a time of its own.
    /// So are a sum of two rates over different windows, and a quotient of an `increase` by a `rate`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ErrorRatio
    ///         expr: sum(rate(http_requests_total{code=~"5.."}[1m])) / sum(rate(http_requests_total[5m])) > 0.05
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ErrorRatio
    ///         expr: sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05
    /// ```
    WindowMismatch, "window-mismatch", Warning
}

impl Rule for WindowMismatch {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries() {
            let both = |is: fn(&Expr) -> bool| is(&binary.left) && is(&binary.right);
            let apart = binary.op == BinaryOp::Sub && both(grows);
            let added = binary.op == BinaryOp::Add && (both(grows) || both(is_rate));
            if binary.op != BinaryOp::Div && !apart && !added {
                continue;
            }
            if binary.op == BinaryOp::Div
                && (grows(&binary.left) && is_rate(&binary.right) || is_rate(&binary.left) && grows(&binary.right))
            {
                let message = "one side is counted over its window, and the other per second";
                let finding = META.finding(query.span(&binary.op_range), message).path(query.path());
                found.push(finding.help("take the `rate` of both"));
                continue;
            }
            let inside =
                |range: &std::ops::Range<usize>| query.selectors.iter().filter(move |s| contains(range, &s.range)).collect::<Vec<_>>();
            let (above, below) = (inside(&binary.left.range), inside(&binary.right.range));
            // Where one side itself compares windows, as in a rate against its own past, it is meant.
            let (Some((one, window)), Some((other, base))) = (only_window(&above), only_window(&below)) else { continue };
            let plain = |side: &[&Use<'_>]| side.iter().all(|s| s.selector.offset.is_none() && s.selector.at.is_none());
            let same_matchers =
                one.selector.matchers == other.selector.matchers && one.selector.metric_name() == other.selector.metric_name();
            let family = family(one).zip(family(other)).is_some_and(|(one, other)| one == other || is_part(one, other))
                || is_rate(&binary.left) && is_rate(&binary.right) && is_kin(one, other);
            let Some((_, place)) = &one.window else { continue };
            let Some((_, other_place)) = &other.window else { continue };
            // One side follows the panel, and the other does not.
            let follows = |place| query.is_variable(place);
            let differ = if follows(place) == follows(other_place) { window != base && !query.is_variable(&node.range) } else { true };
            // What came and what went, each counted over a time of its own.
            let family = family || apart && one.selector.metric_name() != other.selector.metric_name();
            if !differ || !family || !plain(&above) || !plain(&below) || same_matchers {
                continue;
            }
            found.push(
                META.finding(
                    query.span(place),
                    format!(
                        "the two sides of this {} look back over different windows",
                        if apart {
                            "difference"
                        } else if added {
                            "sum"
                        } else {
                            "ratio"
                        }
                    ),
                )
                .related(query.span(other_place), "the other window")
                .help("use one window on both sides"),
            );
        }
    }
}

/// Whether a side is how much a counter grew, perhaps summed.
fn grows(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::Sum && grows(&aggregate.expr),
        ExprKind::Call { function, .. } => function.text == "increase",
        _ => false,
    }
}

/// Whether a side is how fast a counter grows, perhaps summed.
fn is_rate(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::Sum && is_rate(&aggregate.expr),
        ExprKind::Call { function, .. } => function.text == "rate",
        _ => false,
    }
}

/// Whether two metrics are of one program, by the word that both names begin with.
fn is_kin(one: &Use<'_>, other: &Use<'_>) -> bool {
    let program = |used: &Use<'_>| Some(used.selector.metric_name()?.split_once('_')?.0.to_owned());
    program(one).is_some() && program(one) == program(other)
}

fn contains(outer: &std::ops::Range<usize>, inner: &std::ops::Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The window of a side whose range selectors all have the same one.
fn only_window<'s, 'e>(side: &[&'s Use<'e>]) -> Option<(&'s Use<'e>, i64)> {
    let mut windows = side.iter().filter_map(|s| Some((*s, s.window.as_ref()?.0)));
    let first = windows.next()?;
    windows.all(|(_, window)| window == first.1).then_some(first)
}

/// Whether one counter counts a part of what another counts: `x_errors_total` of `x_packets_total`.
fn is_part(one: &str, other: &str) -> bool {
    const PARTS: &[&str] = &["errors", "errs", "failures", "failed", "drop", "dropped", "hits", "misses", "rejected", "timeouts"];
    let stem = |name: &str| {
        name.strip_suffix("_total").and_then(|name| name.rsplit_once('_')).map(|(stem, word)| (stem.to_owned(), word.to_owned()))
    };
    let (Some((one, part)), Some((other, _))) = (stem(one), stem(other)) else { return false };
    one == other && one.contains('_') && PARTS.contains(&part.as_str())
}

/// A metric without the suffix that tells its series apart.
fn family<'s>(found: &'s Use<'_>) -> Option<&'s str> {
    let name = found.selector.metric_name()?;
    Some(["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name))
}

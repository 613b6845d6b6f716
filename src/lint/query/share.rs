//! Parts divided by the whole: what a division says of its two sides.

use crate::lint::query::interval::same;
use crate::lint::query::{constant, is_placeholder, matches, named_values};
use crate::promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::without_parens;

/// Whether one side counts some of the events of which the other counts all: `sum(rate(x{…}[5m]))` beside
/// `sum(rate(x[5m]))`, with the same function, window and grouping.
pub fn is_share(part: &Expr, all: &Expr) -> bool {
    if let ExprKind::Binary(binary) = &without_parens(part).kind {
        let (left, right) = (&*binary.left, &*binary.right);
        return binary.matching.is_none()
            && match binary.op {
                // All but a part.
                BinaryOp::Sub => is_share(left, all) && is_share(right, left),
                // None where there is nothing to count.
                BinaryOp::Or => is_share(left, all) && is_nothing(right),
                _ => false,
            };
    }
    match (summed(part), summed(all)) {
        (Some(part), Some(all)) => part.around == all.around && is_part(part.selector, all.selector),
        _ => false,
    }
}

/// Whether it is 0 wherever it is anything: `0 * …`.
fn is_nothing(expr: &Expr) -> bool {
    let zero = |expr: &Expr| constant(expr).is_some_and(|number| number.abs() < f64::EPSILON);
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) => binary.op == BinaryOp::Mul && (zero(&binary.left) || zero(&binary.right)),
        ExprKind::Call { function, arguments } => function.text == "vector" && arguments.first().is_some_and(zero),
        _ => false,
    }
}

/// A sum of rates: what is done to which series.
struct Summed<'e> {
    around: Around<'e>,
    selector: &'e Selector,
}

/// What is done: the function, its window in milliseconds, and how series are put together.
#[derive(PartialEq)]
struct Around<'e> {
    function: &'e str,
    window: i64,
    grouping: Grouped<'e>,
}

/// How an aggregation puts series together: whether by all labels but these, and the labels in their order.
pub(in crate::lint) type Grouped<'e> = (bool, Vec<&'e str>);

/// How an aggregation puts series together.
pub(in crate::lint) fn grouped(aggregate: &Aggregate) -> Grouped<'_> {
    let mut labels: Vec<&str> = aggregate.grouping.iter().flat_map(|g| &g.labels).map(|label| label.text.as_str()).collect();
    labels.sort_unstable();
    (aggregate.grouping.as_ref().is_some_and(|grouping| grouping.without), labels)
}

fn summed(expr: &Expr) -> Option<Summed<'_>> {
    let ExprKind::Aggregate(sum) = &without_parens(unguarded(expr)).kind else { return None };
    // `sum by (job) (job:http_requests:rate5m)`: what is recorded under such a name is a rate already.
    if let ExprKind::Selector(selector) = &without_parens(&sum.expr).kind {
        let is_rate = selector.metric_name().and_then(|name| name.rsplit_once(':')).is_some_and(|(_, operations)| {
            let window = operations.strip_prefix("rate").or_else(|| operations.strip_prefix("increase"));
            window.is_some_and(|window| window.starts_with(|c: char| c.is_ascii_digit()))
        });
        let plain = is_rate && sum.op == AggregateOp::Sum && selector.offset.is_none() && selector.at.is_none();
        return plain.then(|| Summed { around: Around { function: "", window: 0, grouping: grouped(sum) }, selector });
    }
    let ExprKind::Call { function, arguments } = &without_parens(&sum.expr).kind else { return None };
    let ExprKind::Range { selector, range, .. } = &without_parens(arguments.first()?).kind else { return None };
    let plain = sum.op == AggregateOp::Sum
        && matches!(function.text.as_str(), "rate" | "increase")
        && selector.offset.is_none()
        && selector.at.is_none();
    if !plain {
        return None;
    }
    Some(Summed { around: Around { function: &function.text, window: range.millis()?, grouping: grouped(sum) }, selector })
}

/// An expression without a guard such as `… > 0`, which keeps values as they are.
fn unguarded(expr: &Expr) -> &Expr {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool && constant(&binary.right).is_some() => {
            unguarded(&binary.left)
        }
        _ => expr,
    }
}

fn is_part(part: &Selector, all: &Selector) -> bool {
    let (Some(part_name), Some(all_name)) = (part.metric_name(), all.metric_name()) else { return false };
    // Observations up to one bound, of all observations.
    let base = all_name.strip_suffix("_count").filter(|base| part_name.strip_suffix("_bucket") == Some(base));
    if let Some((low, high)) = bound(part).zip(bound(all)) {
        let others = |selector: &Selector| selector.matchers.iter().filter(|m| m.label.text != "le").cloned().collect::<Vec<_>>();
        return part_name == all_name && part_name.ends_with("_bucket") && low < high && others(part) == others(all);
    }
    let one_bound = || part.matchers.iter().any(|matcher| matcher.label.text == "le" && is_one_number(matcher));
    (part_name == all_name || base.is_some() && one_bound())
        && all.matchers.iter().all(|matcher| part.matchers.contains(matcher) || is_narrower(part, matcher))
}

/// The one bound of buckets that a selector asks for: observations up to it are among those up to a greater one.
fn bound(selector: &Selector) -> Option<f64> {
    let matcher = selector.matchers.iter().find(|matcher| matcher.label.text == "le" && matcher.op == MatchOp::Equal)?;
    matcher.value.parse().ok()
}

/// Whether a selector asks for one of the values that a matcher lets through: `result="hit"` of `result=~"hit|miss"`.
fn is_narrower(part: &Selector, all: &Matcher) -> bool {
    let own = part.matchers.iter().find(|matcher| matcher.label == all.label && matcher.op == MatchOp::Equal);
    own.is_some_and(|own| !is_placeholder(&all.value) && !is_placeholder(&own.value) && matches(all, &own.value) == Some(true))
}

/// Whether a matcher names one number, in whatever spelling.
fn is_one_number(matcher: &Matcher) -> bool {
    let numbers: Option<Vec<f64>> = named_values(matcher).iter().map(|text| text.parse().ok()).collect();
    numbers.is_some_and(|all| all.first().is_some_and(|first| all.iter().all(|other| same(*first, *other))))
}

/// Whether the whole is a sum of parts, one of which stands above: `hits / (hits + misses)`, where none of them is negative.
pub(in crate::lint) fn is_share_of_parts(part: &Expr, all: &Expr, is_negative: &dyn Fn(&Expr) -> bool) -> bool {
    let mut parts = Vec::new();
    terms(all, &mut parts);
    let part = without_parens(part);
    parts.len() > 1 && parts.contains(&part) && !parts.iter().any(|part| is_negative(part))
}

/// What `+` joins, without matching of its own.
fn terms<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let expr = without_parens(unguarded(expr));
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Add && binary.matching.is_none() => {
            terms(&binary.left, found);
            terms(&binary.right, found);
        }
        _ => found.push(expr),
    }
}

/// What `sum(x) / count(x)` is the mean of.
pub(in crate::lint) fn mean(binary: &Binary) -> Option<&Expr> {
    let (above, below) = grouped_alike(binary)?;
    (above.0 == AggregateOp::Sum && below.0 == AggregateOp::Count && above.1 == below.1).then_some(above.1)
}

/// Whether some are counted of all that are counted below: `count(up == 0) / count(up)`.
pub(in crate::lint) fn is_some_of_all(binary: &Binary) -> bool {
    grouped_alike(binary).is_some_and(|(above, below)| {
        above.0 == AggregateOp::Count && below.0 == AggregateOp::Count && without_parens(unguarded(above.1)) == below.1
    })
}

/// An aggregation, and what is aggregated.
type Aggregated<'e> = (AggregateOp, &'e Expr);

/// Whether two sides that are grouped alike are matched by all that they are grouped by, be it said or not.
pub(in crate::lint) fn matches_groups(binary: &Binary, side: &Aggregate) -> bool {
    let Some(matching) = &binary.matching else { return true };
    let (without, labels) = grouped(side);
    let mut listed: Vec<&str> = matching.labels.iter().map(|label| label.text.as_str()).collect();
    listed.sort_unstable();
    let plain = matching.group.is_none() && matching.fill_left.is_none() && matching.fill_right.is_none();
    plain && if matching.on { !without && listed == labels } else { listed.is_empty() }
}

/// The aggregations of two sides that keep the same labels, and what they aggregate.
fn grouped_alike(binary: &Binary) -> Option<(Aggregated<'_>, Aggregated<'_>)> {
    let side = |expr| match &without_parens(unguarded(expr)).kind {
        ExprKind::Aggregate(aggregate) => Some(aggregate),
        _ => None,
    };
    let (above, below) = (side(&binary.left)?, side(&binary.right)?);
    let alike = binary.op == BinaryOp::Div && matches_groups(binary, above) && grouped(above) == grouped(below);
    alike.then(|| ((above.op, without_parens(&above.expr)), (below.op, without_parens(&below.expr))))
}

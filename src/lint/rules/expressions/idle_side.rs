//! Operators one of whose sides changes nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{constant, named_job};
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, DurationExpr, ExprKind, Selector};
use crate::promql::duration::format_duration;
use crate::promql::walk::{self, only_selector, selectors, without_parens};

rule! {
    /// One side of an operator changes nothing: both sides are the same, so that `or` adds nothing, a quotient is one and a difference
    /// nothing; or `unless absent(…)` asks whether what stands before it is there. Or an alert that a job is down is extended by the
    /// absence of another. In all of these another name was meant on one side. Or the first of two comparisons with a number says nothing
    /// beside the second: `hour() >= 8 > 18`.
    ///
    /// A series that is compared with itself of less than a scrape interval ago is compared with the same samples.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0 or absent(up{job="database"})
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: absent(up{job="web"}) or absent(up{job="web"})
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0 or absent(up{job="web"})
    ///         labels: { severity: critical }
    /// ```
    IdleSide, "idle-side", Warning
}

/// A comparison with a number that another one behind it takes along: the first of `x >= 8 > 18`.
fn taken_along(outer: &Binary) -> Option<String> {
    let ExprKind::Binary(inner) = &without_parens(&outer.left).kind else { return None };
    let (first, second) = (constant(&inner.right)?, constant(&outer.right)?);
    let above = |op: BinaryOp| matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let below = |op: BinaryOp| matches!(op, BinaryOp::Less | BinaryOp::LessEqual);
    let is_taken = above(inner.op) && above(outer.op) && first < second || below(inner.op) && below(outer.op) && first > second;
    (is_taken && !inner.return_bool).then(|| format!("{} {first}", inner.op.symbol()))
}

impl Rule for IdleSide {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries() {
            let (left, right) = (without_parens(&binary.left), without_parens(&binary.right));
            // What has a number on one side is the most frequent by far.
            let is_number = |side: &Expr| matches!(side.kind, ExprKind::Number(_));
            if let Some(taken) = taken_along(binary) {
                let message = format!("what the second comparison leaves the first does too, so `{taken}` says nothing");
                found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("turn one of the two signs round"));
            }
            if is_number(left) || is_number(right) {
                continue;
            }
            if let Some(side) = unmoved(query, left, right) {
                let message = "`offset 0s` moves nothing, so both sides are of the same moment".to_owned();
                found.push(META.finding(query.span(&side.range), message).path(query.path()).help("say how long ago, as in `offset 1d`"));
                continue;
            }
            if let Some((side, by, interval)) = hardly_moved(query, left, right, context) {
                let (by, interval) = (format_duration(by), format_duration(interval));
                let message = format!("`offset {by}` is less than a scrape interval, `{interval}`: both sides read the same samples");
                let finding = META.finding(query.span(&side.range), message).path(query.path());
                found.push(finding.help("look back further than from one scrape to the next"));
                continue;
            }
            // What is not equal to itself is no number, which is asked for so.
            let is_comparable = !matches!(binary.op, BinaryOp::Mul | BinaryOp::Add | BinaryOp::NotEqual);
            let message = if is_comparable && read_the_same(left, right) && left.to_string() == right.to_string() {
                format!("both sides of `{}` are the same", binary.op.symbol())
            } else if binary.op == BinaryOp::Unless && absent_of(right).is_some_and(|gone| reads_same(left, gone)) {
                "where the left side has a result, this is never absent".to_owned()
            } else if binary.op == BinaryOp::Or
                && let Some((left, right)) = other_job(left, right)
            {
                format!("this is the absence of the job `{right}`, and the left side judges `{left}`")
            } else if binary.op == BinaryOp::Or
                && let Some((name, left, right)) = other_exporter(left, right)
            {
                format!("`{name}` is asked of the job `{left}`, and whether its exporter is up of `{right}`")
            } else {
                continue;
            };
            found.push(
                META.finding(query.span(&binary.right.range), message)
                    .related(query.span(&binary.left.range), "the left side")
                    .help("name what was meant on one of the sides, or leave it out"),
            );
        }
    }
}

/// A selector that is moved by nothing, while the other side reads the same one as it stands.
fn unmoved<'e>(query: &Expression<'_, '_>, left: &'e Expr, right: &'e Expr) -> Option<&'e Expr> {
    let is_zero = |selector: &Selector| selector.offset.as_ref().is_some_and(|offset| offset.millis() == Some(0));
    if !query.selectors.iter().any(|used| is_zero(used.selector)) {
        return None;
    }
    let still = |found: &walk::Found| is_zero(found.selector);
    let (of_left, of_right) = (selectors(left), selectors(right));
    let alike = |one: &walk::Found, other: &walk::Found| {
        other.selector.offset.is_none()
            && one.selector.metric_name() == other.selector.metric_name()
            && one.selector.matchers == other.selector.matchers
    };
    let moved =
        |side: &[walk::Found], others: &[walk::Found]| side.iter().any(|one| still(one) && others.iter().any(|other| alike(one, other)));
    if moved(&of_left, &of_right) { Some(left) } else { moved(&of_right, &of_left).then_some(right) }
}

/// A selector that is moved by less than from one scrape to the next, while the other side reads the same one as it stands: by how much,
/// and how long that is.
fn hardly_moved<'e>(query: &Expression<'_, '_>, left: &'e Expr, right: &'e Expr, context: &Context<'_>) -> Option<(&'e Expr, i64, i64)> {
    let (of_left, of_right) = (selectors(left), selectors(right));
    let ([one], [other]) = (of_left.as_slice(), of_right.as_slice()) else { return None };
    let by = |found: &walk::Found<'_>| found.selector.offset.as_ref().and_then(DurationExpr::millis).filter(|by| *by > 0);
    let (side, by, moved) = match (by(one), by(other)) {
        (Some(by), None) => (left, by, one),
        (None, Some(by)) => (right, by, other),
        _ => return None,
    };
    let alike = one.selector.metric_name() == other.selector.metric_name() && one.selector.matchers == other.selector.matchers;
    // What is recorded comes as often as its rules are evaluated.
    let scraped = moved.selector.metric_name().is_some_and(|name| !name.contains(':') && context.world.recorded(name).is_empty());
    let interval = context.world.interval(moved.selector).map(|(interval, _)| interval).filter(|_| alike && scraped)?;
    (by < interval && !query.is_variable(&side.range)).then_some((side, by, interval))
}

/// Whether two sides read series, and the same ones in the same order.
fn read_the_same(left: &Expr, right: &Expr) -> bool {
    let (left, right) = (selectors(left), selectors(right));
    let same = |(one, other): (&walk::Found, &walk::Found)| {
        one.selector.metric_name() == other.selector.metric_name() && one.selector.matchers.len() == other.selector.matchers.len()
    };
    !left.is_empty() && left.len() == right.len() && left.iter().zip(&right).all(same)
}

/// What is asked to be absent.
fn absent_of(expr: &Expr) -> Option<&Selector> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return None };
    match (function.text.as_str(), arguments.first().map(|argument| &without_parens(argument).kind)) {
        ("absent" | "absent_over_time", Some(ExprKind::Selector(selector) | ExprKind::Range { selector, .. })) => Some(selector),
        _ => None,
    }
}

fn reads_same(expr: &Expr, other: &Selector) -> bool {
    let found = selectors(expr);
    !found.is_empty()
        && found.iter().all(|used| used.selector.metric_name() == other.metric_name() && used.selector.matchers == other.matchers)
}

/// What an exporter says of the program it looks at, beside whether the exporter itself is up: its metric, and the jobs of both.
fn other_exporter<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e str, &'e str, &'e str)> {
    let (program, exporter) = (only_selector(left)?, only_selector(right)?);
    let name = program.metric_name().filter(|name| name.ends_with("_up"))?;
    let (one, other) = (named_job(program)?, named_job(exporter)?);
    (exporter.metric_name() == Some("up") && one != other).then_some((name, one, other))
}

/// The jobs of a condition and of the absence that extends it, where both read one metric and name one job each.
fn other_job<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e str, &'e str)> {
    let gone = absent_of(right)?;
    let found = selectors(left);
    let [used] = found.as_slice() else { return None };
    let is_absence = absent_of(left).is_some();
    let (one, other) = (named_job(used.selector)?, named_job(gone)?);
    (!is_absence && one != other && used.selector.metric_name() == gone.metric_name()).then_some((one, other))
}

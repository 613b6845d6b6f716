//! Sums and comparisons of what is measured in different units.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::{gauge, resource};
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::moment_scale;
use crate::lint::query::unit::{Quantity, counts_events, multiplied, quantity, unscaled};
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{only_selector, selectors, visit, without_parens};

rule! {
    /// Two sides are added, subtracted or compared that measure different things: bytes and seconds, seconds and milliseconds, a share
    /// of 1 and one of 100. The result means nothing, or is wrong by a factor.
    ///
    /// What is measured is told by the names of metrics and by what is done to them.
    ///
    /// Memory is no part of a limit of processors, as the label `resource` says, and what informs by its labels, as `app_info`, is
    /// multiplied and not added.
    /// Hundredths of a currency are not the currency. The variance of a series is no deviation from it.
    /// Bytes times 8 are bits, and no part of bytes; bytes times bytes are nothing; and limits of every resource at once are processors and bytes together.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: max by (job) (request_duration_milliseconds) > max by (job) (request_limit_seconds)
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - alert: BooksDiffer
    ///         expr: sum(settled_amount_euros) < 0.9 * sum(increase(revenue_euro_cents_total[1d]))
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: max by (job) (request_duration_milliseconds) / 1000 > max by (job) (request_limit_seconds)
    ///         labels: { severity: warning }
    /// ```
    UnlikeUnits, "unlike-units", Warning
}

impl Rule for UnlikeUnits {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        share_of_another(query, found);
        of_all_resources(query, found);
        squared(query, found);
        for (node, binary) in query.binaries() {
            if let Some((message, help)) = unlike_resources(binary)
                .or_else(|| adds_information(binary, context))
                .or_else(|| bits(binary))
                .or_else(|| variance(binary))
                .or_else(|| currency(binary))
                .or_else(|| bits_beside_bytes(binary, query))
            {
                found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help(help));
                continue;
            }
            if let Some(name) = added_moment(binary) {
                let message = format!("`{name}` is a moment, and its sum with another is none");
                found.push(
                    META.finding(query.span(&binary.op_range), message).path(query.path()).help("write `-` for what is between them"),
                );
                continue;
            }
            let alike = binary.op.is_comparison() || matches!(binary.op, BinaryOp::Add | BinaryOp::Sub);
            if !alike || constant(&binary.left).is_some() || constant(&binary.right).is_some() || query.is_built_of_variables(node) {
                continue;
            }
            let Some((left, right)) = quantity(&binary.left, query).zip(quantity(&binary.right, query)) else { continue };
            // Events are things, too.
            let both_count = [left, right].iter().all(|side| matches!(side, Quantity::Events | Quantity::Number));
            if left != right && !both_count {
                let message = format!("the left side is {}, and the right side {}", said(left), said(right));
                found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("bring both to one unit"));
            }
        }
    }
}

/// The moment that is added to what the time is now.
fn added_moment(binary: &Binary) -> Option<&str> {
    let is_time = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time");
    let moment = |expr| only_selector(expr)?.metric_name().filter(|name| moment_scale(name).is_some());
    match binary.op {
        BinaryOp::Add if is_time(&binary.right) => moment(&binary.left),
        BinaryOp::Add if is_time(&binary.left) => moment(&binary.right),
        _ => None,
    }
}

/// Bytes times bytes, which nothing is counted in, where no whole is divided by.
fn squared(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    let bytes = |expr: &Expr| {
        let name = only_selector(unscaled(expr).0)?.metric_name().map(str::to_owned)?;
        (quantity(unscaled(expr).0, query) == Some(Quantity::Bytes)).then_some(name)
    };
    for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Mul) {
        let Some((left, right)) = bytes(&binary.left).zip(bytes(&binary.right)).filter(|(left, right)| left != right) else { continue };
        let holds = |expr: &Expr| {
            let mut found = false;
            visit(expr, &mut |inner| found |= std::ptr::eq(inner, node));
            found
        };
        if query.binaries().any(|(_, of)| of.op == BinaryOp::Div && constant(&of.right).is_none() && holds(&of.left)) {
            continue;
        }
        let message = format!("`{left}` and `{right}` are both counted in bytes, and their product is no number of anything");
        found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("divide the one by the other"));
    }
}

/// Limits of every resource at once: processors, bytes and pods.
fn of_all_resources(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    const NAMES: &[&str] = &[
        "kube_pod_container_resource_limits",
        "kube_pod_container_resource_requests",
        "kube_node_status_allocatable",
        "kube_node_status_capacity",
    ];
    for used in query.selectors.iter().filter(|_| query.rule().is_some()) {
        let Some(name) = used.selector.metric_name().filter(|name| NAMES.contains(name)) else { continue };
        if !used.selector.matchers.iter().any(|matcher| matches!(matcher.label.text.as_str(), "resource" | "unit")) {
            let message = format!("`{name}` has a series for each resource: processors and bytes are taken together");
            found.push(META.finding(query.span(&used.range), message).path(query.path()).help("write `resource=\"memory\"`, or `\"cpu\"`"));
        }
    }
}

/// Memory by processors, or the other way round, where a label says which resource a limit is of.
fn unlike_resources(binary: &Binary) -> Option<(String, &'static str)> {
    let limit = |expr: &Expr| gauge(expr).and_then(resource).map(str::to_owned);
    let (resource, other) = match (limit(&binary.left), limit(&binary.right)) {
        (None, Some(resource)) => (resource, &binary.left),
        (Some(resource), None) => (resource, &binary.right),
        _ => return None,
    };
    let name = only_selector(other)?.metric_name()?;
    let is_memory = name.contains("memory") && name.ends_with("_bytes");
    let is_processor = name.contains("cpu_seconds") || name.contains("cpu_usage_seconds");
    let unlike = resource == "cpu" && is_memory || resource == "memory" && is_processor;
    let is_same = matches!(binary.op, BinaryOp::Div | BinaryOp::Sub) || binary.op.is_comparison();
    (unlike && is_same).then(|| {
        let message = format!("`{name}` is {}, and the limit is of `{resource}`", if is_memory { "memory" } else { "time of processors" });
        (message, "ask for the limit of the same resource")
    })
}

/// Bytes times eight, beside what is counted in bytes.
fn bits(binary: &Binary) -> Option<(String, &'static str)> {
    let times_eight = |expr: &'_ Expr| match &without_parens(expr).kind {
        ExprKind::Binary(of) if of.op == BinaryOp::Mul => {
            let is_eight = |side: &Expr| constant(side) == Some(8.0);
            let inner = if is_eight(&of.right) { Some(&of.left) } else { Some(&of.right).filter(|_| is_eight(&of.left)) };
            inner.and_then(|inner| only_selector(inner)).and_then(Selector::metric_name).map(str::to_owned)
        }
        _ => None,
    };
    let plain = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Binary(_) => None,
        _ => only_selector(expr).and_then(Selector::metric_name).map(str::to_owned),
    };
    let in_bytes = |name: &String| name.split([':', '_']).any(|word| word == "bytes");
    let (scaled, other) = match (times_eight(&binary.left), times_eight(&binary.right)) {
        (Some(scaled), None) => (scaled, plain(&binary.right)?),
        (None, Some(scaled)) => (scaled, plain(&binary.left)?),
        _ => return None,
    };
    let compares = binary.op.is_comparison() || matches!(binary.op, BinaryOp::Div | BinaryOp::Add | BinaryOp::Sub);
    (compares && in_bytes(&scaled) && in_bytes(&other))
        .then(|| (format!("`{scaled}` times 8 are bits, and `{other}` is counted in bytes"), "leave `* 8` out, or multiply both"))
}

/// The variance of a series beside the series: it is measured in squares, and their root in what the series is.
fn variance(binary: &Binary) -> Option<(String, &'static str)> {
    let squares = |expr| match &without_parens(multiplied(expr).0).kind {
        ExprKind::Call { function, .. } if function.text == "stdvar_over_time" => Some("stddev_over_time"),
        ExprKind::Aggregate(of) if of.op == AggregateOp::Stdvar => Some("stddev"),
        _ => None,
    };
    let is_difference = |expr| matches!(&without_parens(expr).kind, ExprKind::Binary(of) if of.op == BinaryOp::Sub);
    let root = match binary.op {
        BinaryOp::Add | BinaryOp::Sub => match (squares(&binary.left), squares(&binary.right)) {
            (Some(root), None) | (None, Some(root)) => root,
            _ => return None,
        },
        BinaryOp::Div if is_difference(&binary.left) => squares(&binary.right)?,
        _ => return None,
    };
    let name = |expr| Some(selectors(expr).first()?.selector.metric_name()?.to_owned());
    let of = name(&binary.left).filter(|left| name(&binary.right).as_ref() == Some(left))?;
    let help = if root == "stddev" { "write `stddev`" } else { "write `stddev_over_time`" };
    Some((format!("the variance of `{of}` is measured in squares of what is beside it"), help))
}

/// Whether a side is multiplied or divided by a number, perhaps by others as well, so that it may be brought to the unit of the other.
fn are_brought(binary: &Binary, number: f64) -> bool {
    let is_it = |by: f64| [number, 1.0 / number].iter().any(|number| (by / number - 1.0).abs() < 1e-6);
    let mut brought = false;
    for side in [&binary.left, &binary.right] {
        let mut inner = side;
        while let ExprKind::Binary(by) = &without_parens(inner).kind {
            let (factor, rest) = match (by.op, constant(&by.left), constant(&by.right)) {
                (BinaryOp::Mul, Some(factor), None) => (factor, &by.right),
                (BinaryOp::Mul | BinaryOp::Div, None, Some(factor)) => (factor, &by.left),
                _ => break,
            };
            brought |= is_it(factor);
            inner = rest;
        }
    }
    brought
}

/// Bytes beside what its name says is counted in bits, where nothing multiplies by 8.
fn bits_beside_bytes(binary: &Binary, query: &Expression<'_, '_>) -> Option<(String, &'static str)> {
    let alike = binary.op.is_comparison() || matches!(binary.op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Div);
    let in_bytes = |expr: &Expr| matches!(quantity(multiplied(expr).0, query), Some(Quantity::Bytes | Quantity::BytesPerSecond));
    let in_bits = |expr: &Expr| {
        let name = only_selector(multiplied(expr).0)?.metric_name()?;
        name.split(['_', ':']).any(|word| word == "bits").then(|| name.to_owned())
    };
    let name = match (in_bytes(&binary.left), in_bytes(&binary.right)) {
        (true, false) => in_bits(&binary.right),
        (false, true) => in_bits(&binary.left),
        _ => None,
    };
    let name = name.filter(|_| alike && !are_brought(binary, 8.0))?;
    Some((format!("`{name}` is counted in bits, and the other side in bytes"), "multiply the bytes by 8"))
}

/// Hundredths of a currency beside the currency itself.
fn currency(binary: &Binary) -> Option<(String, &'static str)> {
    const WHOLE: &[&str] = &["euros", "eur", "dollars", "usd", "pounds", "gbp", "chf"];
    let last = |expr: &Expr| {
        let (inner, _) = multiplied(expr);
        let name = only_selector(inner)?.metric_name()?;
        let word = name.split(['_', ':']).rfind(|word| WHOLE.contains(word) || matches!(*word, "cents" | "pence"))?;
        Some((name.to_owned(), word == "cents" || word == "pence"))
    };
    let alike = binary.op.is_comparison() || matches!(binary.op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Div);
    let ((left, of_left), (right, of_right)) = last(&binary.left).zip(last(&binary.right)).filter(|_| alike)?;
    (of_left != of_right && !are_brought(binary, 100.0)).then(|| {
        let (cents, whole) = if of_left { (left, right) } else { (right, left) };
        (format!("`{cents}` counts hundredths of what `{whole}` is in"), "divide the one by 100")
    })
}

/// What informs by its labels, added for them: it is 1, and changes the value.
fn adds_information(binary: &Binary, context: &Context<'_>) -> Option<(String, &'static str)> {
    let informs = |expr: &Expr| {
        let name = gauge(expr)?.metric_name()?;
        context.world.informs(name).then(|| name.to_owned())
    };
    let joins = binary.matching.as_ref().is_some_and(|matching| matching.group.is_some());
    if !joins || !matches!(binary.op, BinaryOp::Add | BinaryOp::Sub) {
        return None;
    }
    let name = informs(&binary.right).or_else(|| informs(&binary.left))?;
    Some((
        format!("`{name}` is always 1, and `{}` changes the value by it", binary.op.symbol()),
        "multiply to take over its labels: `* on (…) group_left (…)`",
    ))
}

/// A number of things by seconds or bytes, where the result is told as a share.
fn share_of_another(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    let Some(rule) = query.rule() else { return };
    let is_percentage = || rule.annotations().any(|(.., text)| text.as_str().is_some_and(|text| text.contains("humanizePercentage")));
    let is_ratio = || rule.name().rsplit(':').next().is_some_and(|name| name.starts_with("ratio"));
    for (node, binary) in query.divisions() {
        let name = |expr| only_selector(expr).and_then(Selector::metric_name);
        let (Some(above), Some(below)) = (name(&binary.left), name(&binary.right)) else { continue };
        let is_in =
            |unit: &&str| ["", "_sum", "_total"].iter().any(|end| below.strip_suffix(end).is_some_and(|stem| stem.ends_with(*unit)));
        let counts = above.ends_with("_count") || above.ends_with("_connections") || counts_events(above);
        let unit = ["_seconds", "_bytes"].into_iter().find(is_in).filter(|unit| counts && !above.contains(unit));
        if let Some(unit) = unit.filter(|_| if rule.is_alert() { is_percentage() } else { is_ratio() }) {
            let message = format!("`{above}` is a number and `{below}` is in {}, so this is no share", &unit[1..]);
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help("divide by what is of the same kind"));
        }
    }
}

fn said(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Seconds => "in seconds",
        Quantity::Millis => "in milliseconds",
        Quantity::Bytes => "in bytes",
        Quantity::BytesPerSecond => "in bytes per second",
        Quantity::EventsPerSecond => "in events per second",
        Quantity::Events => "a number of events",
        Quantity::Number => "a number of things",
        Quantity::Share => "a share from 0 to 1",
        Quantity::Percent => "a percentage from 0 to 100",
    }
}

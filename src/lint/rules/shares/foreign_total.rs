//! Ratios whose whole is counted by another metric than their part.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, is_placeholder};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::{Evidence, MetricType};
use crate::lint::world::exporters;
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// A division takes some events of one counter, such as those with a status of 5xx, and divides by all events of another. The share
    /// of something in something else is no share: it may be above one, and it does not grow with what it is to watch.
    ///
    /// Said where a manifest declares both counters, where the buckets of one histogram are divided by the count of another, or where
    /// both are named after different protocols.
    ///
    /// And where two series of one histogram are asked of different things: `_bucket{method="a"}` by `_count{method="b"}`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(grpc_server_handled_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: cache
    ///     rules:
    ///       - record: instance:redis_keyspace_hits:ratio_rate5m
    ///         expr: rate(redis_keyspace_hits_total[5m]) / (rate(redis_keyspace_hits_total[5m]) + rate(redis_evicted_keys_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ForeignTotal, "foreign-total", Warning
}

/// Labels that tell how an event ended, as they are usually called.
const ENDINGS: &[&str] =
    &["status", "code", "status_code", "http_status", "http_status_code", "http_response_status_code", "grpc_code", "outcome", "result"];

/// Protocols that metrics are named after.
const PROTOCOLS: &[&str] = &["http", "grpc", "rpc", "sql", "db", "redis", "kafka", "amqp", "dns", "smtp"];

impl Rule for ForeignTotal {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.divisions() {
            if let Some((place, message)) = of_hits(binary, context) {
                found.push(
                    META.finding(query.span(&place.range), message).path(query.path()).help("add what missed: `hits / (hits + misses)`"),
                );
                continue;
            }
            let (Some(part), Some(whole)) = (only(&binary.left, query), only(&binary.right, query)) else { continue };
            let (Some((part_family, part_is_bucket)), Some((whole_family, _))) = (family(part), family(whole)) else { continue };
            if let Some((above, below)) = apart(part, whole) {
                let message = format!("this is of `{}=\"{}\"`, and what is above of `\"{}\"`", below.label.text, below.value, above.value);
                let finding = META.finding(query.span(&below.range), message).related(query.span(&above.range), "the part");
                found.push(finding.help("ask for the same on both sides"));
                continue;
            }
            if let Some(matcher) = narrower(part, whole, context) {
                let message = format!("this counts some by `{}` alone, and the time above is that of all", matcher.label.text);
                let finding = META.finding(query.span(&matcher.range), message).related(query.span(&binary.left.range), "of all");
                found.push(finding.help("ask for the same on both sides"));
                continue;
            }
            if is_swap_by_memory(part, whole) {
                let message = "swap is no part of the memory".to_owned();
                let finding = META.finding(query.span(&binary.right.range), message).related(query.span(&binary.left.range), "the part");
                found.push(finding.help("divide by all of the same"));
                continue;
            }
            if part_family == whole_family || !is_part(part, whole, context) {
                continue;
            }
            let declared = |selector| context.world.metric_of(selector).filter(|(owner, ..)| owner.evidence == Evidence::Manifest);
            let word = |family: &'static str, name: &str| name.split('_').next() == Some(family);
            let protocol = |name: &str| PROTOCOLS.iter().copied().find(|protocol| word(protocol, name));
            let is_bound = part_is_bucket && part.matchers.iter().any(|m| m.label.text == "le" && m.op == MatchOp::Equal);
            let both_declared = declared(part).zip(declared(whole)).is_some_and(|((one, ..), (other, ..))| std::ptr::eq(one, other));
            // What there is at most of something is a gauge of its own.
            let counts = |selector| declared(selector).is_some_and(|(_, metric, _)| metric.kind != MetricType::Gauge);
            let both_declared = both_declared && counts(part) && counts(whole);
            let shown = |selector| context.world.metric_of(selector).filter(|(owner, ..)| owner.is_page());
            let is_ending = |m: &Matcher| ENDINGS.contains(&m.label.text.as_str());
            let both_shown = shown(part).zip(shown(whole)).is_some_and(|((one, part, _), (other, whole, _))| {
                std::ptr::eq(one, other) && part.kind == MetricType::Counter && whole.kind == MetricType::Counter
            });
            // Of an outcome all outcomes are the whole; errors may be counted apart from requests.
            let both_declared = both_declared || both_shown && part.matchers.iter().any(is_ending) && has_ending(whole, context);
            let unlike = protocol(part_family).zip(protocol(whole_family)).is_some_and(|(one, other)| one != other);
            if both_declared || unlike || is_bound && whole_family != part_family {
                found.push(
                    META.finding(
                        query.span(&binary.right.range),
                        format!("this is the whole of `{whole_family}`, and the part above is one of `{part_family}`"),
                    )
                    .related(query.span(&binary.left.range), "the part")
                    .help(format!("divide by all of `{part_family}`")),
                );
            }
        }
    }
}

/// Whether a counter is told apart by how its events ended as well, so that it has parts of its own.
fn has_ending(selector: &Selector, context: &Context<'_>) -> bool {
    context.world.metric_of(selector).is_some_and(|(_, metric, _)| metric.labels.iter().any(|l| ENDINGS.contains(&l.name.value.as_str())))
}

/// A share of hits among hits and something else than what missed, where there is a metric of that.
fn of_hits<'e>(division: &'e Binary, context: &Context<'_>) -> Option<(&'e Expr, String)> {
    let hits = only_selector(&division.left)?.metric_name().filter(|name| name.split('_').any(|word| word == "hits"))?;
    let ExprKind::Binary(sum) = &without_parens(&division.right).kind else { return None };
    let (one, other) = (only_selector(&sum.left)?.metric_name()?, only_selector(&sum.right)?.metric_name()?);
    let (place, added) = if one == hits { (&sum.right, other) } else { (&sum.left, one) };
    let misses = hits.replace("hits", "misses");
    let is_one_of_hits = sum.op == BinaryOp::Add && (one == hits) != (other == hits) && !added.contains("miss");
    let is_there = context.world.metric(&misses).is_some() || exporters::is_known(&misses);
    (is_one_of_hits && is_there).then(|| (&**place, format!("`{added}` is not what missed: that is `{misses}`")))
}

/// The matchers by which two series of one histogram are of different things: the one above a quotient, and the one below.
fn apart<'e>(part: &'e Selector, whole: &'e Selector) -> Option<(&'e Matcher, &'e Matcher)> {
    let histogram = |selector: &'e Selector| ["_bucket", "_sum", "_count"].iter().find_map(|end| selector.metric_name()?.strip_suffix(end));
    histogram(part).filter(|name| part.metric_name() != whole.metric_name() && histogram(whole) == Some(*name))?;
    let is_fixed = |m: &Matcher| m.op == MatchOp::Equal && !m.value.is_empty() && !is_placeholder(&m.value) && m.label.text != "le";
    let differs = |above: &&Matcher, below: &&Matcher| above.label == below.label && above.value != below.value;
    part.matchers.iter().filter(|m| is_fixed(m)).find_map(|above| {
        let below = whole.matchers.iter().filter(|m| is_fixed(m)).find(|below| differs(&above, below))?;
        Some((above, below))
    })
}

/// The matcher by which events are narrowed that the time of all of them is divided by.
fn narrower<'e>(part: &Selector, whole: &'e Selector, context: &Context<'_>) -> Option<&'e Matcher> {
    part.metric_name().filter(|name| name.ends_with("_sum"))?;
    whole.metric_name().filter(|name| name.ends_with("_total") || name.ends_with("_count"))?;
    let declared = context.world.metric_of(whole);
    let is_own = |m: &&Matcher| match declared {
        Some((_, metric, _)) => metric.labels.iter().any(|known| known.name.value == m.label.text),
        None => ENDINGS.contains(&m.label.text.as_str()),
    };
    let is_fixed = |m: &&Matcher| matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !m.value.is_empty() && !is_placeholder(&m.value);
    let is_alone = |m: &&Matcher| !part.matchers.iter().any(|other| other.label == m.label);
    whole.matchers.iter().filter(is_fixed).filter(is_own).find(is_alone)
}

/// Whether gauges of the swap of a machine are divided by its memory, or the other way round.
fn is_swap_by_memory(part: &Selector, whole: &Selector) -> bool {
    let of = |selector: &Selector, start: &str| selector.metric_name().is_some_and(|name| name.starts_with(start));
    let (swap, memory) = ("node_memory_Swap", "node_memory_Mem");
    of(part, swap) && of(whole, memory) || of(part, memory) && of(whole, swap)
}

/// The one selector of a side.
fn only<'e>(expr: &'e Expr, query: &Query<'_>) -> Option<&'e Selector> {
    only_selector(expr).filter(|selector| !query.is_variable_metric(selector))
}

/// What a counter is called without what its kind adds, and whether it is buckets.
fn family(selector: &Selector) -> Option<(&str, bool)> {
    let name = selector.metric_name().filter(|name| !name.contains(':'))?;
    let suffixed = ["_total", "_bucket", "_count"].iter().find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix == "_bucket")));
    Some(suffixed.unwrap_or((name, false)))
}

/// Whether a side takes only some events, by a label that says how they ended, and the other takes all.
fn is_part(part: &Selector, whole: &Selector, context: &Context<'_>) -> bool {
    let declared = context.world.metric_of(part);
    part.matchers.iter().filter(|m| matches!(m.op, MatchOp::Equal | MatchOp::Regex)).any(|matcher| {
        let label = matcher.label.text.as_str();
        let is_own = match declared {
            Some((_, metric, _)) => label == "le" || metric.labels.iter().any(|known| known.name.value == label),
            None => label == "le" || ENDINGS.contains(&label),
        };
        is_own && !whole.matchers.iter().any(|other| other.label.text == label)
    })
}

//! Windows that titles and legends name.

use super::{META, calls, metrics, words_of};
use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::query::likeness::window_of;
use crate::lint::query::{Origin, Query, constant};
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk::{selectors, visit, without_parens};
use crate::source::Node;

/// A window such as `(30d)` or `over 30 days` in a title, where the queries look back over others.
pub(super) fn window(panel: &Panel<'_>, exprs: &[&Expr]) -> Option<String> {
    let (word, said) = in_parentheses(panel.title).or_else(|| behind_comma(panel.title)).or_else(|| spelt_out(panel))?;
    let mut windows = Vec::new();
    let mut unknown = false;
    for expr in exprs {
        visit(expr, &mut |node| match &node.kind {
            ExprKind::Range { range, .. } | ExprKind::Subquery { range, .. } => match range.millis() {
                Some(range) => windows.push(range),
                None => unknown = true,
            },
            _ => {}
        });
        for found in selectors(expr).into_iter().filter(|found| found.range.is_none()) {
            match found.selector.metric_name().map(|name| (name.contains(':'), window_of(name))) {
                Some((true, Some(window))) => windows.push(window),
                Some((false, _)) => {}
                _ => unknown = true,
            }
        }
    }
    let other = windows.first().filter(|_| !unknown && !windows.contains(&said))?;
    Some(format!("the title says `{word}`, and the query looks back over `{}`", format_duration(*other)))
}

fn in_parentheses(title: &str) -> Option<(&str, i64)> {
    let inside = title.rsplit_once('(')?.1.strip_suffix(')')?;
    let word = inside.split_whitespace().last()?;
    let said = parse_duration(word).ok().filter(|_| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some((word, said))
}

/// `Failed requests, 5 minutes`
fn behind_comma(title: &str) -> Option<(&str, i64)> {
    let (_, words) = title.rsplit_once(", ")?;
    let words = words.trim_start_matches("last ").trim();
    words.starts_with(|c: char| c.is_ascii_digit()).then(|| span(words).map(|said| (words, said)))?
}

/// The range that is looked at, in the title of a panel that shows one number for each series, where the queries look back over what
/// is drawn as one point.
pub(super) fn selected(panel: &Panel<'_>, own: &[&Query<'_>]) -> Option<String> {
    let lower = panel.title.to_lowercase();
    let is_said =
        ["selected range", "selected time range", "in the time range", "over the time range"].iter().any(|words| lower.contains(words));
    let shows_one = matches!(panel.kind, "stat" | "gauge" | "bargauge" | "piechart" | "table" | "barchart");
    let of_point = |query: &&Query<'_>| query.node.as_str().is_some_and(|text| text.contains("interval") && !text.contains("$__range"));
    (is_said && shows_one && own.iter().all(of_point))
        .then(|| "the title says the range that is selected, and the query looks back over one point of it".to_owned())
}

/// How many there were in the range that is looked at, by the title or the description of a panel that shows whole numbers, where each
/// query returns how many there are in a second.
pub(super) fn counted(panel: &Panel<'_>, exprs: &[&Expr]) -> Option<String> {
    const OF_RANGE: &[&str] = &[
        "range shown",
        "shown range",
        "selected range",
        "selected time range",
        "selected period",
        "in the time range",
        "over the time range",
    ];
    const OF_RATES: &[&str] = &["rate", "per second", "a second", "/s", "per minute", "average", "mean", "speed", "throughput"];
    let description = panel.node.get("description").and_then(Node::as_str).unwrap_or("");
    let text = format!("{}\n{description}", panel.title).to_lowercase();
    let is_said = OF_RANGE.iter().any(|words| text.contains(words)) && !OF_RATES.iter().any(|words| text.contains(words));
    let defaults = panel.node.at(["fieldConfig", "defaults"])?;
    let is_whole = defaults.get("decimals").and_then(Node::as_i64) == Some(0);
    let is_count = matches!(defaults.get("unit").and_then(Node::as_str), None | Some("" | "none" | "short" | "locale"));
    let shows_one = matches!(panel.kind, "stat" | "gauge" | "bargauge" | "table" | "barchart");
    let (names, calculated) = calls(exprs);
    let per_second = names.iter().any(|name| matches!(name.as_str(), "rate" | "irate"))
        && names.iter().all(|name| matches!(name.as_str(), "rate" | "irate" | "sort" | "sort_desc" | "round"));
    let each = exprs.iter().all(|expr| calls(&[expr]).0.iter().any(|name| matches!(name.as_str(), "rate" | "irate")));
    (is_said && is_whole && is_count && shows_one && per_second && each && !calculated)
        .then(|| "the panel says how many there were in the range shown, and the query counts per second".to_owned())
}

/// `over 30 days` in the title of a panel that shows one number for each series, which may not be calculated of others.
fn spelt_out<'a>(panel: &Panel<'a>) -> Option<(&'a str, i64)> {
    let calculations = panel.node.at(["options", "reduceOptions", "calcs"]).into_iter().flat_map(Node::items);
    let is_last = calculations.filter_map(Node::as_str).all(|calculation| matches!(calculation, "last" | "lastNotNull"));
    if !matches!(panel.kind, "stat" | "gauge" | "bargauge") || !is_last || panel.node.get("timeFrom").is_some() {
        return None;
    }
    let at = ["over the last ", "over the past ", "over ", "in the last ", "last ", "past "]
        .iter()
        .find_map(|start| panel.title.find(start).map(|at| at + start.len()))?;
    let rest = panel.title.get(at..)?;
    let mut ends = rest.match_indices(' ').map(|(at, _)| at).chain([rest.len()]);
    let (first, second) = (ends.next()?, ends.next());
    let words = &rest[..second.unwrap_or(first)];
    span(words).map(|said| (words, said))
}

/// The span of time that is said by a number and a unit: `30 days`, `a week`, `24h`.
fn span(words: &str) -> Option<i64> {
    const UNITS: &[(&str, i64)] =
        &[("minute", 60_000), ("hour", 3_600_000), ("day", 86_400_000), ("week", 604_800_000), ("year", 31_536_000_000)];
    if words.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(span) = parse_duration(words)
    {
        return Some(span);
    }
    let (number, unit) = words.split_once(' ')?;
    let number = if matches!(number, "a" | "an" | "one") { 1 } else { number.parse().ok()? };
    UNITS.iter().find(|(name, _)| unit.strip_suffix('s').unwrap_or(unit) == *name).map(|(_, span)| number * span)
}

/// A legend that is a window, as `1h`, of a query that looks back over another one.
pub(super) fn legend(query: &Query<'_>) -> Option<Diagnostic> {
    let Origin::Target { target, .. } = query.origin else { return None };
    let (node, text) = target.node.get_str("legendFormat")?;
    let said = parse_duration(text).ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let expr = query.expr.as_ref()?;
    let mut windows = Vec::new();
    for found in selectors(expr) {
        match found.range {
            Some(range) => windows.push(range.millis()?),
            // `job:http_errors:ratio_rate1h`
            None => windows.push(window_of(found.selector.metric_name().filter(|name| name.contains(':'))?)?),
        }
    }
    let other = windows.first().filter(|_| !windows.contains(&said))?;
    let message = format!("the legend says `{text}`, and the query looks back over `{}`", format_duration(*other));
    let finding = META.finding(node.span, message).path(query.path()).related(query.node.span, "the query");
    Some(finding.help("correct the legend, or the query"))
}

/// A legend that says how long ago something was, of a query that looks back by another span.
pub(super) fn ago(query: &Query<'_>) -> Option<Diagnostic> {
    let Origin::Target { target, .. } = query.origin else { return None };
    let (node, text) = target.node.get_str("legendFormat")?;
    let lower = text.to_lowercase();
    let (word, said) = if words_of(&lower, "yesterday") {
        ("yesterday", 86_400_000)
    } else if words_of(&lower, "last week") {
        ("last week", 604_800_000)
    } else {
        let before = lower.strip_suffix(" ago").or_else(|| lower.strip_suffix(" ago)"))?;
        let words = before.rsplit(['(', ',', ':']).next()?.trim();
        let start = words.rmatch_indices(' ').map(|(at, _)| at + 1).nth(1).unwrap_or(0);
        let alone = words.rsplit(' ').next().unwrap_or(words);
        let (words, said) = [&words[start..], alone].into_iter().find_map(|words| Some((words, span(words)?)))?;
        (words, said)
    };
    let expr = query.expr.as_ref()?;
    let mut offsets = Vec::new();
    for found in selectors(expr) {
        offsets.push(found.selector.offset.as_ref()?.millis()?);
    }
    let other = offsets.first().filter(|_| !offsets.contains(&said))?;
    let message = format!("the legend says `{word}`, and the query looks back by `{}`", format_duration(*other));
    let finding = META.finding(node.span, message).path(query.path()).related(query.node.span, "the query");
    Some(finding.help("correct the legend, or the query"))
}

/// Whether an expression is multiplied by a number.
fn multiplies(expr: &Expr, by: f64) -> bool {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return false };
    let is = |side: &Expr| constant(side).is_some_and(|number| (number - by).abs() < f64::EPSILON);
    binary.op == BinaryOp::Mul && (is(&binary.left) || is(&binary.right))
}

/// What a title says its values are counted by, where the queries count by something else.
pub(super) fn per(title: &str, exprs: &[&Expr]) -> Option<String> {
    let lower = title.to_lowercase();
    // Where another query of the panel makes minutes of seconds, all are meant to.
    let (by_minute, others): (Vec<&Expr>, Vec<&Expr>) = exprs.iter().copied().partition(|expr| multiplies(expr, 60.0));
    if !by_minute.is_empty()
        && !others.is_empty()
        && let Some(message) = per(title, &others)
    {
        return Some(message);
    }
    let said = |unit: &str| ["per ", "a ", "each "].iter().any(|start| words_of(&lower, &format!("{start}{unit}")));
    let (names, calculated) = calls(exprs);
    let only = |wanted: &[&str]| {
        let over_time = ["rate", "irate", "increase", "delta", "idelta", "deriv"];
        let mut used = names.iter().filter(|name| over_time.contains(&name.as_str())).peekable();
        used.peek().is_some() && used.all(|name| wanted.contains(&name.as_str()))
    };
    if calculated || metrics(exprs).is_none() {
        return None;
    }
    if (said("second") || lower.ends_with("/s")) && only(&["increase", "delta"]) {
        return Some("the title says per second, and the query counts over its whole window".to_owned());
    }
    let longer = ["minute", "hour", "day"].into_iter().find(|unit| said(unit))?;
    if only(&["rate", "irate"]) {
        return Some(format!("the title says per {longer}, and the query counts per second"));
    }
    let said = span(&format!("1 {longer}"))?;
    let windows: Option<Vec<i64>> = exprs.iter().flat_map(|expr| selectors(expr)).map(|found| found.range?.millis()).collect();
    let other = windows?.into_iter().find(|window| *window != said).filter(|_| only(&["increase"]))?;
    Some(format!("the title says per {longer}, and the query counts over `{}`", format_duration(other)))
}

/// What a title or an axis says that values are counted by, where a rate is made so by the factor of another unit.
pub(super) fn factor(panel: &Panel<'_>, exprs: &[&Expr]) -> Option<String> {
    const UNITS: &[(&str, f64)] = &[("minute", 60.0), ("hour", 3600.0), ("day", 86_400.0)];
    let axis = panel.node.at(["fieldConfig", "defaults", "custom", "axisLabel"]).and_then(Node::as_str).unwrap_or("");
    let said = |text: &str, unit: &str| {
        let text = text.to_lowercase();
        ["per ", "a ", "an ", "each "].iter().any(|start| words_of(&text, &format!("{start}{unit}")))
    };
    let (what, (unit, wanted)) = [("title", panel.title), ("axis", axis)]
        .into_iter()
        .find_map(|(what, text)| Some((what, UNITS.iter().find(|(unit, _)| said(text, unit))?)))?;
    let is_rate = |expr: &Expr| {
        let (names, _) = calls(&[expr]);
        names.iter().any(|name| name == "rate") && names.iter().all(|name| name != "increase")
    };
    let other = |expr: &&Expr| UNITS.iter().find(|(name, by)| name != unit && multiplies(expr, *by)).filter(|_| is_rate(expr));
    let (other, by) = exprs.iter().find_map(other)?;
    let all = exprs.iter().all(|expr| !multiplies(expr, *wanted));
    all.then(|| format!("the {what} says per {unit}, and `* {by}` makes it per {other}"))
}

//! Titles of panels that speak of something else than their queries.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::query::outcome::{Outcome, outcome};
use crate::lint::query::{Origin, Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp, Selector};
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk::{selectors, visit, without_parens};
use crate::source::Node;

rule! {
    /// The title of a panel says `by method`, and its query groups by `route`; or it says `(30d)` or `over 30 days`, and the query looks
    /// back over seven. Or it names a percentile where only a mean or another one is drawn, a rate per second where an increase is, memory
    /// where the metric is of processors, availability where the query returns the share of what fails, or where the series of another
    /// objective is asked for, alerts that fire where pending ones are counted. Or a legend says `a week ago`, and the query looks back by a
    /// day. One of the two was changed, or both were copied from another panel.
    ///
    /// ```yaml fires
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "Requests by method",
    ///   "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" },
    ///   "targets": [ { "refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "Requests by route",
    ///   "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" },
    ///   "targets": [ { "refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))" } ] } ] }
    /// ```
    PanelTitleDrift, "panel-title-drift", Warning
}

impl Rule for PanelTitleDrift {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let named = named(view, context);
        for panel in &view.dashboard.panels {
            let own: Vec<&Query<'_>> = view.queries.iter().filter(|query| query.is_of(panel)).collect();
            let exprs: Vec<&Expr> = own.iter().filter_map(|query| query.expr.as_ref()).collect();
            let Some(node) = panel.node.get("title").filter(|_| !exprs.is_empty() && exprs.len() == own.len()) else { continue };
            let of_title = grouping(panel.title, &exprs)
                .or_else(|| window(panel, &exprs))
                .or_else(|| well(panel.title, &exprs))
                .or_else(|| counted_up(panel.title, &exprs));
            let of_series = || firing(panel.title, &exprs).or_else(|| other_value(panel.title, &exprs, &named));
            let of_kind =
                || quantile(panel.title, &own, &exprs).or_else(|| per(panel.title, &exprs)).or_else(|| quantity(panel.title, &exprs));
            if let Some(message) = of_title.or_else(of_kind).or_else(of_series) {
                let finding = META.finding(node.span, message).path(format!("{}.title", panel.path));
                found.push(finding.related(own[0].node.span, "the query").help("correct the title, or the query"));
            }
            for query in &own {
                found.extend(legend(query));
                found.extend(ago(query));
            }
        }
    }
}

/// `by x` at the end of a title, where every query groups by other labels, none of which is called alike.
fn grouping(title: &str, exprs: &[&Expr]) -> Option<String> {
    let (_, said) = title.rsplit_once(" by ")?;
    let said = said.trim().to_lowercase();
    if said.is_empty() || said.contains([' ', '$', ',', '/']) {
        return None;
    }
    let mut labels: Vec<&str> = Vec::new();
    let mut open = false;
    for expr in exprs {
        let mut grouped = false;
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                match &aggregate.grouping {
                    Some(grouping) if !grouping.without && !grouping.labels.is_empty() => {
                        grouped = true;
                        labels.extend(grouping.labels.iter().map(|label| label.text.as_str()));
                    }
                    Some(grouping) => open |= grouping.without,
                    None => {}
                }
            }
        });
        open |= !grouped;
    }
    labels.retain(|label| !matches!(*label, "le" | "job"));
    // `status` for `code`, `endpoint` for `route`: only a name that another label of the queries has is surely another's.
    let known = ["method", "route", "path", "instance", "queue", "pod", "namespace", "node", "service", "topic", "pool", "region", "zone"];
    let wrong = !open && labels.len() == 1 && known.contains(&said.as_str()) && known.contains(&labels[0]) && said != labels[0];
    let alike = |one: &str, other: &str| ["route", "path"].contains(&one) && ["route", "path"].contains(&other);
    (wrong && !alike(&said, labels[0])).then(|| format!("the title says `by {said}`, and the query groups by `{}`", labels[0]))
}

/// A window such as `(30d)` or `over 30 days` in a title, where the queries look back over others.
fn window(panel: &Panel<'_>, exprs: &[&Expr]) -> Option<String> {
    let (word, said) = in_parentheses(panel.title).or_else(|| spelt_out(panel))?;
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
        let is_recorded = |name: &str| name.contains(':');
        unknown |= selectors(expr).iter().any(|found| found.range.is_none() && found.selector.metric_name().is_none_or(is_recorded));
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

/// A legend that says how long ago something was, of a query that looks back by another span.
fn ago(query: &Query<'_>) -> Option<Diagnostic> {
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

/// Availability in a title, where each query returns the share of what fails.
fn well(title: &str, exprs: &[&Expr]) -> Option<String> {
    const OTHERS: &[&str] = &["error", "fail", "budget", "burn", "loss", "bad", "unavailab", "missing", "lack"];
    let lower = title.to_lowercase();
    let word = ["availability", "success rate", "success ratio", "uptime"].into_iter().find(|word| lower.contains(word))?;
    let is_plain = !OTHERS.iter().any(|other| lower.contains(other));
    (is_plain && exprs.iter().all(|expr| outcome(expr) == Some(Outcome::Failed)))
        .then(|| format!("the title says {word}, and the query returns the share of what fails"))
}

/// A title that says how many are up, and a query that counts those that are down as well.
fn counted_up(title: &str, exprs: &[&Expr]) -> Option<String> {
    let lower = title.to_lowercase();
    let says_up = lower.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "up" | "healthy" | "alive"));
    let counts = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Aggregate(count) if count.op == AggregateOp::Count => {
            matches!(&without_parens(&count.expr).kind, ExprKind::Selector(selector) if matches!(selector.metric_name(), Some("up" | "probe_success")))
        }
        _ => false,
    };
    let [only] = exprs else { return None };
    (says_up && counts(only)).then(|| "the title says how many are up, and the query counts those that are down as well".to_owned())
}

/// A legend that is a window, as `1h`, of a query that looks back over another one.
fn legend(query: &Query<'_>) -> Option<Diagnostic> {
    let Origin::Target { target, .. } = query.origin else { return None };
    let (node, text) = target.node.get_str("legendFormat")?;
    let said = parse_duration(text).ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let expr = query.expr.as_ref()?;
    let mut windows = Vec::new();
    for found in selectors(expr) {
        match found.range {
            Some(range) => windows.push(range.millis()?),
            // `job:http_errors:ratio_rate1h`
            None => windows.push(recorded_window(found.selector.metric_name()?)?),
        }
    }
    let other = windows.first().filter(|_| !windows.contains(&said))?;
    let message = format!("the legend says `{text}`, and the query looks back over `{}`", format_duration(*other));
    let finding = META.finding(node.span, message).path(query.path()).related(query.node.span, "the query");
    Some(finding.help("correct the legend, or the query"))
}

/// The window at the end of the name of a recorded series, in milliseconds.
fn recorded_window(name: &str) -> Option<i64> {
    let (_, operations) = name.rsplit_once(':')?;
    let digits = operations.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let start = digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    parse_duration(&operations[start..]).ok()
}

/// Alerts that a title calls firing, where pending ones are counted as well.
fn firing(title: &str, exprs: &[&Expr]) -> Option<String> {
    let says = |word: &str| words(title).iter().any(|said| said == word);
    if !says("firing") || says("pending") {
        return None;
    }
    let mut found = exprs.iter().flat_map(|expr| selectors(expr)).peekable();
    let grouped = exprs.iter().any(|expr| {
        let mut by_state = false;
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                by_state |= aggregate.grouping.iter().flat_map(|by| &by.labels).any(|label| label.text == "alertstate");
            }
        });
        by_state
    });
    found.peek()?;
    let any_state = |selector: &Selector| {
        selector.metric_name() == Some("ALERTS") && !selector.matchers.iter().any(|matcher| matcher.label.text == "alertstate")
    };
    (!grouped && found.all(|found| any_state(found.selector)))
        .then(|| "the title says firing, and the query counts alerts that are pending, too".to_owned())
}

/// Labels and the values that queries of a dashboard compare them with, where there are several.
fn named<'a>(view: &'a DashboardView<'_>, context: &Context<'a>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let exprs = view.queries.iter().filter_map(|query| query.expr.as_ref());
    for matcher in exprs.flat_map(selectors).flat_map(|found| &found.selector.matchers) {
        // Jobs are often called by what they are of: `web`, `web-probe`.
        let of_targets = matches!(matcher.label.text.as_str(), "job" | "instance" | "alertstate" | "__name__");
        if matcher.op == MatchOp::Equal && !of_targets && !matcher.value.contains('$') && matcher.value.len() > 3 {
            named.entry(&matcher.label.text).or_default().insert(&matcher.value);
        }
    }
    for objective in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.objectives) {
        if let Some(values) = named.get_mut("slo") {
            values.insert(&objective.name.value);
        }
    }
    named.retain(|_, values| values.len() > 1);
    named
}

/// A value of a label in a title, where every query asks for another one of the values that the dashboard knows.
fn other_value(title: &str, exprs: &[&Expr], named: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let said = words(title);
    let says =
        |value: &str| value.split(|c: char| !c.is_ascii_alphanumeric()).all(|word| said.iter().any(|said| said == &word.to_lowercase()));
    named.iter().find_map(|(label, values)| {
        let mut asked = exprs.iter().flat_map(|expr| selectors(expr)).map(|found| {
            let own = found.selector.matchers.iter().find(|matcher| matcher.label.text == *label && matcher.op == MatchOp::Equal);
            own.map(|matcher| matcher.value.as_str())
        });
        let one = asked.next()??;
        let title_names = values.iter().find(|value| says(value))?;
        (asked.all(|other| other == Some(one))
            && !says(one)
            && values.contains(one)
            && !one.contains(title_names)
            && !title_names.contains(one))
        .then(|| format!("the title says `{title_names}`, and the query asks for `{label}` `{one}`"))
    })
}

/// The names of all metrics of some expressions; `None` where one of them is not written, or recorded by a rule.
fn metrics<'e>(exprs: &[&'e Expr]) -> Option<Vec<&'e str>> {
    let all = exprs.iter().flat_map(|expr| selectors(expr));
    let names: Option<Vec<&str>> = all.map(|found| found.selector.metric_name().filter(|name| !name.contains([':', '$']))).collect();
    names.filter(|names| !names.is_empty())
}

/// The functions that some expressions call, and whether there is any number in them that is calculated with.
fn calls(exprs: &[&Expr]) -> (Vec<String>, bool) {
    let (mut names, mut numbers) = (Vec::new(), false);
    for expr in exprs {
        visit(expr, &mut |node| match &node.kind {
            ExprKind::Call { function, .. } => names.push(function.text.clone()),
            ExprKind::Binary { .. } => numbers = true,
            _ => {}
        });
    }
    (names, numbers)
}

fn words(title: &str) -> Vec<String> {
    let letters = |c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '$';
    title.to_lowercase().split(letters).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A percentile in a title, where the queries draw a mean, a rate or a total, or another one.
fn quantile(title: &str, own: &[&Query<'_>], exprs: &[&Expr]) -> Option<String> {
    let said = words(title).into_iter().find(|word| {
        let number = word.strip_prefix('p').or_else(|| word.strip_suffix("th"));
        number.is_some_and(|number| (2..4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let takes_quantile = calls(exprs).0.iter().any(|name| name.contains("quantile"));
    if takes_quantile {
        let is_chosen = |query: &&Query<'_>| query.node.as_str().is_some_and(|text| text.contains("quantile($"));
        if own.iter().any(is_chosen) {
            return None;
        }
        let in_percent = || title.rsplit_once('(')?.1.strip_suffix("%)");
        let (said, wanted) = match said {
            Some(word) => {
                let digits: String = word.chars().filter(char::is_ascii_digit).collect();
                // `p999` has a point in it that nobody writes.
                let wanted: f64 = digits.parse().ok()?;
                (word, if digits.len() <= 2 || digits == "100" { wanted / 100.0 } else { format!("0.{digits}").parse().ok()? })
            }
            None => in_percent().and_then(|number| Some((format!("{number}%"), number.parse::<f64>().ok()? / 100.0)))?,
        };
        let taken = taken(exprs)?;
        let other = taken.first().filter(|_| taken.iter().all(|taken| (taken - wanted).abs() > 1e-9))?;
        return Some(format!("the title says `{said}`, and the query takes the quantile `{other}`"));
    }
    let said = said?;
    let parts = ["_sum", "_count", "_total"];
    let plain = metrics(exprs)?.iter().all(|name| parts.iter().any(|part| name.ends_with(part)));
    let mut aggregated = false;
    for expr in exprs {
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                aggregated |= aggregate.op == AggregateOp::Quantile;
            }
        });
    }
    (plain && !aggregated).then(|| format!("the title says `{said}`, and no query takes a quantile"))
}

/// The quantiles that some expressions take of histograms; `None` where one is not written as a number.
fn taken(exprs: &[&Expr]) -> Option<Vec<f64>> {
    let mut all = Some(Vec::new());
    for expr in exprs {
        visit(expr, &mut |node| {
            if let ExprKind::Call { function, arguments } = &node.kind
                && function.text.contains("quantile")
            {
                let number = arguments.first().and_then(constant).filter(|_| function.text == "histogram_quantile");
                all = all.take().zip(number).map(|(all, number)| [all, vec![number]].concat());
            }
        });
    }
    all
}

/// What a title says its values are counted by, where the queries count by something else.
fn per(title: &str, exprs: &[&Expr]) -> Option<String> {
    let lower = title.to_lowercase();
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
    only(&["rate", "irate"]).then(|| format!("the title says per {longer}, and the query counts per second"))
}

/// Whether a text has some words as they stand.
fn words_of(text: &str, wanted: &str) -> bool {
    text.match_indices(wanted).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + wanted.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !behind.is_some_and(char::is_alphanumeric)
    })
}

/// A resource that a title names, where every metric is of another one.
fn quantity(title: &str, exprs: &[&Expr]) -> Option<String> {
    let said = words(title);
    let says = |all: &[&str]| said.iter().any(|word| all.contains(&word.as_str()));
    let names = metrics(exprs)?;
    let of = |all: &[&str]| names.iter().all(|name| name.split('_').any(|part| all.contains(&part)));
    let (memory, processor) = (["memory", "ram", "heap", "rss"], ["cpu", "processor", "processors", "cpus"]);
    let (of_memory, of_processor) = (of(&["memory", "heap", "memstats", "rss"]), of(&["cpu"]));
    let (other, name) = match (says(&memory), says(&processor)) {
        (true, false) if of_processor && !of_memory => ("memory", names[0]),
        (false, true) if of_memory && !of_processor => ("processors", names[0]),
        _ => return None,
    };
    Some(format!("the title is about {other}, and the query reads `{name}`"))
}

//! Titles of panels that speak of something else than their queries.

mod quantile;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use self::quantile::quantile;
use self::window::{ago, counted, factor, legend, per, selected, window};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::outcome::{Outcome, outcome};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, MatchOp, Selector};
use crate::promql::walk::{only_selector, operations, selectors, visit, without_parens};

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
                .or_else(|| selected(panel, &own))
                .or_else(|| counted(panel, &exprs))
                .or_else(|| well(panel.title, &exprs))
                .or_else(|| counted_up(panel.title, &exprs))
                .or_else(|| counted_off(panel.title, &exprs));
            let of_series = || firing(panel.title, &exprs).or_else(|| other_value(panel.title, &exprs, &named));
            let of_kind = || {
                quantile(panel.title, &own, &exprs)
                    .or_else(|| per(panel.title, &exprs))
                    .or_else(|| factor(panel, &exprs))
                    .or_else(|| quantity(panel.title, &exprs))
            };
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

/// Availability in a title, where each query returns the share of what fails.
fn well(title: &str, exprs: &[&Expr]) -> Option<String> {
    const OTHERS: &[&str] = &["error", "fail", "budget", "burn", "loss", "bad", "unavailab", "missing", "lack"];
    let lower = title.to_lowercase();
    let word = ["availability", "success rate", "success ratio", "uptime"].into_iter().find(|word| lower.contains(word))?;
    let is_plain = !OTHERS.iter().any(|other| lower.contains(other));
    (is_plain && exprs.iter().all(|expr| outcome(expr) == Some(Outcome::Failed)))
        .then(|| format!("the title says {word}, and the query returns the share of what fails"))
}

/// A title that says how many are up, and a query that counts those that are down, as well or alone.
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
    let counts_down = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Aggregate(count) if count.op == AggregateOp::Count => {
            Comparison::of(without_parens(&count.expr)).is_some_and(|compared| {
                let name = only_selector(compared.side).and_then(Selector::metric_name);
                matches!(name, Some("up" | "probe_success")) && compared.op == BinaryOp::Equal && compared.number == 0.0
            })
        }
        _ => false,
    };
    if says_up && !lower.contains("down") && counts_down(only) {
        return Some("the title says how many are up, and the query counts those that are down".to_owned());
    }
    (says_up && counts(only)).then(|| "the title says how many are up, and the query counts those that are down as well".to_owned())
}

/// A title that says how many are off, and a query that counts those of which a flag says that they are on.
fn counted_off(title: &str, exprs: &[&Expr]) -> Option<String> {
    let said = words(title);
    let off = said.iter().find(|word| matches!(word.as_str(), "offline" | "down" | "disconnected" | "unreachable"))?;
    if said.iter().any(|word| matches!(word.as_str(), "online" | "up" | "connected" | "reachable" | "not" | "no" | "none" | "slow")) {
        return None;
    }
    let [only] = exprs else { return None };
    let on = selectors(only).first()?.selector.metric_name().filter(|name| {
        let last = name.rsplit(['_', ':']).next().unwrap_or(name);
        matches!(*name, "up" | "probe_success") || matches!(last, "up" | "online" | "connected" | "reachable")
    })?;
    let mut counts = false;
    visit(only, &mut |node| {
        let ExprKind::Aggregate(count) = &node.kind else { return };
        let compared = Comparison::of(without_parens(&count.expr)).filter(|_| count.op == AggregateOp::Count);
        counts |= compared.is_some_and(|by| by.op == BinaryOp::Equal && (by.number - 1.0).abs() < f64::EPSILON);
    });
    let is_less = operations(only).contains(&"-");
    (counts && !is_less).then(|| format!("the title says how many are {off}, and the query counts where `{on}` is 1"))
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

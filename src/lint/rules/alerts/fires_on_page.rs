//! Alerts that fire on the pages that are given.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::moment::{Asked, Point, Targets, Value, counts, evaluate, life};
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::walk::{alternatives, selectors};
use crate::source::{Node, SourceId};

rule! {
    /// A page of metrics is given to judge by (`--metrics JOB=FILE`), and on it the condition of an alert holds already: as long as nothing changes, it
    /// fires. Either the condition is wrong, as one that counts the series of a state instead of those that are in it, or the page
    /// was taken of a service that is not well.
    ///
    /// What a moment tells is evaluated: gauges, their aggregates, comparisons and joins, and what is recorded of these. Of counters the
    /// page says what was counted since the process began: shares, means and quantiles of it are what is usual, and a condition that
    /// they meet twice over fires in ordinary times.
    ///
    /// ```yaml fires
    /// # file: app.job.prom
    /// # HELP queue_workers Workers by state.
    /// # TYPE queue_workers gauge
    /// queue_workers{state="busy"} 3
    /// queue_workers{state="idle"} 5
    /// # file: alerts.yml
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: NobodyIdle
    ///         expr: queue_workers{job="app",state="idle"} / ignoring (state) queue_workers{job="app",state="busy"} > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "all workers of {{ $labels.instance }} are busy" }
    /// ```
    /// ```yaml silent
    /// # file: app.job.prom
    /// # HELP queue_workers Workers by state.
    /// # TYPE queue_workers gauge
    /// queue_workers{state="busy"} 3
    /// queue_workers{state="idle"} 5
    /// # file: alerts.yml
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: NobodyIdle
    ///         expr: queue_workers{job="app",state="idle"} < 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "all workers of {{ $labels.instance }} are busy" }
    /// ```
    FiresOnPage, "fires-on-page", Warning
}

impl Rule for FiresOnPage {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !context.world.has_pages {
            return;
        }
        let Some((query, expr)) = view.alert().filter(|_| !is_watchdog(view.rule)) else { return };
        for condition in alternatives(expr).into_iter().filter(|condition| !counts(condition, context.world)) {
            if let (Outcome::Fires(point), _) = judged(condition, context) {
                found.push(finding(&point, condition, query, context));
            }
        }
    }

    /// What rests on counters is judged for all alerts: pages whose counters meet many of their conditions do not show what is usual.
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !context.world.has_pages {
            return;
        }
        let (mut firing, mut silent, mut left) = (Vec::new(), 0, SERIES);
        let alerts = context.queries.iter().filter_map(|query| match query.origin {
            Origin::Rule { rule, .. } if rule.is_alert() && !is_watchdog(rule) => Some((*query, query.expr.as_ref()?)),
            _ => None,
        });
        let conditions = alerts.flat_map(|(query, expr)| alternatives(expr).into_iter().map(move |condition| (query, condition)));
        for (query, condition) in conditions.filter(|(_, condition)| counts(condition, context.world)) {
            let (outcome, asked) = judged(condition, context);
            match outcome {
                Outcome::Fires(point) => firing.push((point, asked.pages, condition, query)),
                Outcome::Silent => silent += 1,
                Outcome::Unknown => {}
            }
            left = left.saturating_sub(asked.series);
            if left == 0 {
                break;
            }
        }
        if silent < 2 || silent < 2 * firing.len() {
            firing.retain(|(point, ..)| !point.life.lived);
        }
        let pages = context.world.catalogues.iter().filter(|page| page.snapshot.as_ref().is_some_and(|snapshot| life::tells(snapshot)));
        let telling: BTreeSet<SourceId> = pages.filter(|_| !firing.is_empty()).map(|page| page.service.span.source).collect();
        for (point, pages, condition, query) in firing {
            if !point.life.lived || pages.is_subset(&telling) {
                found.push(finding(&point, condition, query, context));
            }
        }
    }
}

/// So many series are looked at for what counters say: of very many alerts on very large pages the first have to do.
const SERIES: usize = 300_000;

/// What is to fire all the time says so.
fn is_watchdog(rule: &RuleOfFile<'_>) -> bool {
    rule.label("severity").and_then(Node::as_str) == Some("none")
}

/// What a condition gives on the pages.
enum Outcome {
    /// Pages do not tell.
    Unknown,
    /// It holds for nothing.
    Silent,
    /// It holds for a series.
    Fires(Point),
}

/// What a condition gives, where pages stand for one target and for all alike; and what it took to say so.
fn judged(condition: &Expr, context: &Context<'_>) -> (Outcome, Asked) {
    // Without a series to read it fires whatever pages show.
    if selectors(condition).is_empty() {
        return (Outcome::Unknown, Asked::default());
    }
    let outcome = |targets| match evaluate(condition, context.world, targets) {
        (Some(Value::Vector(points)), asked) => (points.into_iter().next().map_or(Outcome::Silent, Outcome::Fires), asked),
        (_, asked) => (Outcome::Unknown, asked),
    };
    let (one, asked) = outcome(Targets::One);
    if !matches!(one, Outcome::Fires(_)) {
        return (one, asked);
    }
    let (all, more) = outcome(Targets::All);
    let outcome = if matches!(all, Outcome::Fires(_)) { one } else { all };
    (outcome, Asked { series: asked.series + more.series, ..asked })
}

fn finding(point: &Point, condition: &Expr, query: &Query<'_>, context: &Context<'_>) -> Diagnostic {
    let message = if point.life.lived {
        let usual = (point.value * 1e4).round() / 1e4;
        format!("by what the page shows this fires in ordinary times{}: the value is usually about {usual}", shown(point))
    } else {
        format!("on the page that is given this fires already{}: the value is {}", shown(point), point.value)
    };
    let finding = META.finding(query.span(&condition.range), message).path(query.path());
    let first = selectors(condition).first().and_then(|found| context.world.metric_of(found.selector));
    let finding = match first.filter(|(catalogue, ..)| catalogue.is_page()) {
        Some((_, metric, _)) => finding.related(metric.name.span, "shown here"),
        None => finding,
    };
    finding.help("correct the condition, or judge by a page of when all is well")
}

/// The labels that tell a series apart within its job.
fn shown(point: &Point) -> String {
    let told = |name: &str, value: &str| !matches!(name, "__name__" | "job" | "instance") && !value.contains('\0');
    let labels: Vec<String> =
        point.labels.iter().filter(|(name, value)| told(name, value)).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    if labels.is_empty() { String::new() } else { format!(" for `{}`", labels.join(",")) }
}

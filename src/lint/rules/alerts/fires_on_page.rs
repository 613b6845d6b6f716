//! Alerts that fire on the pages that are given.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::moment::{Point, Targets, Value, counts, evaluate, life};
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
            if let Some((Some(point), _)) = judged(condition, context) {
                found.push(finding(&point, condition, query, context));
            }
        }
    }

    /// What rests on counters is judged for all alerts: pages whose counters meet many of their conditions do not show what is usual.
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !context.world.has_pages {
            return;
        }
        let mut firing = Vec::new();
        let mut silent = 0;
        for query in context.queries {
            let (Origin::Rule { rule, .. }, Some(expr)) = (query.origin, &query.expr) else { continue };
            if !rule.is_alert() || is_watchdog(rule) {
                continue;
            }
            for condition in alternatives(expr).into_iter().filter(|condition| counts(condition, context.world)) {
                let Some((point, pages)) = judged(condition, context) else { continue };
                match point {
                    Some(point) => firing.push((point, pages, condition, *query)),
                    None => silent += 1,
                }
            }
        }
        let most_are_silent = silent >= 2 && silent >= 2 * firing.len();
        let tells = |page: &SourceId| {
            let shown = context.world.catalogues.iter().find(|known| known.service.span.source == *page);
            most_are_silent && shown.and_then(|page| page.snapshot.as_ref()).is_some_and(|snapshot| life::tells(snapshot))
        };
        for (point, pages, condition, query) in firing {
            if !point.life.lived || pages.iter().all(tells) {
                found.push(finding(&point, condition, query, context));
            }
        }
    }
}

/// What is to fire all the time says so.
fn is_watchdog(rule: &RuleOfFile<'_>) -> bool {
    rule.label("severity").and_then(Node::as_str) == Some("none")
}

/// What a condition holds for on the pages, whether they stand for one target or for all, and the pages whose counters that rests on.
fn judged(condition: &Expr, context: &Context<'_>) -> Option<(Option<Point>, BTreeSet<SourceId>)> {
    // Without a series to read it fires whatever pages show.
    selectors(condition).first()?;
    let first = |targets| match evaluate(condition, context.world, targets)? {
        (Value::Vector(points), pages) => Some((points.into_iter().next(), pages)),
        (Value::Scalar(_), _) => None,
    };
    let (one, pages) = first(Targets::One)?;
    let (all, _) = first(Targets::All)?;
    Some((one.filter(|_| all.is_some()), pages))
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

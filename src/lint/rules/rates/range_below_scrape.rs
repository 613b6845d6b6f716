//! Windows that hold fewer than two scrapes.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Recorded;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk;
use crate::source::{Node, Span};

rule! {
    /// A window is too short for the job's scrape interval: `rate` and its kin need two samples inside it, and what they
    /// do not have they do not guess. Below one interval the result is always empty; below two it comes and goes.
    ///
    /// The interval is that of the jobs the selector can read, by the `prometheus.yml` or the manifest among the inputs.
    /// Four intervals leave room for one failed scrape. `changes` and `resets` see nothing in one sample, and what is taken
    /// `…_over_time` of a window below one interval comes and goes.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[30s]) > 100
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[4m]) > 100
    /// ```
    RangeBelowScrape, "range-below-scrape", Error
}

/// Functions that need two samples of the window.
const NEED_TWO: &[&str] =
    &["rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "holt_winters", "double_exponential_smoothing"];

/// Functions that say of one sample no more than it does.
const AVERAGE: &[&str] = &["avg_over_time", "quantile_over_time", "stddev_over_time", "stdvar_over_time"];

/// Functions that say 0 of one sample.
const COMPARE: &[&str] = &["changes", "resets"];

/// What a window that is too short does to a function.
fn effect(function: &str, window: i64, interval: i64) -> Option<(Level, &'static str)> {
    let (none, few) = (window < interval, window < 2 * interval);
    if NEED_TWO.contains(&function) {
        let always = none.then_some((Level::Error, "holds fewer than two scrapes, so this is always empty"));
        let lost = (window < 3 * interval).then_some((Level::Warning, "holds two scrapes, so this is empty whenever one is lost"));
        return always.or(few.then_some((Level::Warning, "may hold fewer than two scrapes, so this comes and goes"))).or(lost);
    }
    if COMPARE.contains(&function) {
        let always = none.then_some((Level::Error, "holds fewer than two scrapes, so this is never above 0"));
        return always.or(few.then_some((Level::Warning, "may hold fewer than two scrapes, so this misses changes")));
    }
    if AVERAGE.contains(&function) && window == interval {
        return Some((Level::Warning, "holds one scrape, of which there is nothing to average"));
    }
    (function.ends_with("_over_time") && none).then_some((Level::Warning, "holds no scrape at times, so this comes and goes"))
}

impl Rule for RangeBelowScrape {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(long_step(query));
        for selector in &query.selectors {
            let (Some((window, place)), Some(function)) = (&selector.window, selector.function()) else { continue };
            let name = selector.selector.metric_name().unwrap_or(":");
            if query.is_variable(place) {
                found.extend(chosen(query, selector, function, place, context));
                continue;
            }
            if !context.world.recorded(name).is_empty() {
                found.extend(of_recorded(query, name, function, (*window, place), context));
                continue;
            }
            if name.contains(':') {
                continue;
            }
            let Some((interval, job)) = context.world.interval(selector.selector) else { continue };
            let Some((level, effect)) = effect(function, *window, interval) else { continue };
            let message = format!("a window of `{}` {effect}", format_duration(*window));
            found.push(
                META.finding_at(level, query.span(place), message)
                    .related(job, format!("this job is scraped every `{}`", format_duration(interval)))
                    .help(format!("use at least `{}`", format_duration(4 * interval))),
            );
        }
    }
}

/// A window that the reader of a dashboard chooses, where every choice is too short.
fn chosen(query: &Expression<'_, '_>, used: &Use<'_>, function: &str, place: &Range<usize>, context: &Context<'_>) -> Option<Diagnostic> {
    let Origin::Target { dashboard, .. } = query.origin else { return None };
    let named = query.variables.iter().find(|variable| variable.range == *place)?;
    let variable =
        dashboard.variables.iter().find(|variable| variable.kind == "interval" && variable.name.as_str() == Some(named.name.as_str()))?;
    let auto = variable.node.get("auto").and_then(Node::as_bool) == Some(true);
    let choices = variable.query().filter(|_| !auto)?.as_str()?.split(',').map(|text| parse_duration(text.trim()).ok());
    let longest = choices.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let (interval, job) = context.world.interval(used.selector)?;
    let (level, effect) = effect(function, longest, interval)?;
    let message = format!("`${}` is `{}` at most, and such a window {effect}", named.name, format_duration(longest));
    let finding = META.finding_at(level, query.span(place), message);
    let finding = finding.related(job, format!("this job is scraped every `{}`", format_duration(interval)));
    Some(finding.help(format!("offer at least `{}`", format_duration(4 * interval))))
}

/// A window over a recorded series, which has a sample each time its group is evaluated.
fn of_recorded(
    query: &Expression<'_, '_>,
    name: &str,
    function: &str,
    (window, place): (i64, &Range<usize>),
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let own = |recorded: &Recorded<'_>| match recorded.query.origin {
        Origin::Rule { file, rule } => {
            file.groups.get(rule.place.0).and_then(|group| Some((group.interval?, group.node.get("interval")?.span)))
        }
        _ => None,
    };
    // The shortest, where all say how often.
    let all: Vec<(i64, Span)> = context.world.recorded(name).iter().map(own).collect::<Option<_>>()?;
    let (interval, said) = all.into_iter().min_by_key(|(interval, _)| *interval).filter(|(interval, _)| *interval > 0)?;
    // Evaluations are seldom lost.
    let (level, effect) = effect(function, window, interval).filter(|_| window < 2 * interval)?;
    let message = format!("a window of `{}` {}", format_duration(window), effect.replace("scrape", "evaluation"));
    Some(
        META.finding_at(level, query.span(place), message)
            .related(said, format!("`{name}` is recorded every `{}`", format_duration(interval)))
            .help(format!("use at least `{}`", format_duration(4 * interval))),
    )
}

/// A subquery that looks once at most in its range, and at times not at all.
fn long_step(query: &Expression<'_, '_>) -> Option<Diagnostic> {
    let mut found = None;
    // What a function takes that needs two values.
    let mut within: Vec<*const Expr> = Vec::new();
    for &node in &query.nodes {
        if let ExprKind::Call { function, arguments } = &node.kind
            && NEED_TWO.contains(&function.text.as_str())
        {
            within.extend(arguments.iter().map(|argument| std::ptr::from_ref(walk::without_parens(argument))));
        }
        let ExprKind::Subquery { range, step: Some(step), .. } = &node.kind else { continue };
        if let (Some(window), Some(every)) = (range.millis(), step.millis())
            && every <= window
            && window < 2 * every
            && within.contains(&std::ptr::from_ref(node))
            && !query.is_variable(&node.range)
        {
            let message = format!(
                "a step of `{}` may take only one value of the last `{}`, so this is empty at times",
                format_duration(every),
                format_duration(window)
            );
            found = Some(META.finding_at(Level::Warning, query.span(&node.range), message).help("write a shorter step"));
        }
        if let (Some(range), Some(step)) = (range.millis(), step.millis())
            && step > range
            && !query.is_variable(&node.range)
        {
            let message = format!(
                "a step of `{}` is longer than the range `{}`, so this is empty at times",
                format_duration(step),
                format_duration(range)
            );
            found = Some(
                META.finding_at(Level::Warning, query.span(&node.range), message).help("write `[range:step]`, the longer of the two first"),
            );
        }
    }
    found
}

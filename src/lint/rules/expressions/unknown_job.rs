//! Selectors of a job that nobody scrapes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, matches, named_job, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::exporters;
use crate::lint::world::jobs::hands_on;
use crate::lint::world::{Jobs, World, programs};
use crate::promql::ast::{MatchOp, Matcher, Selector};

use crate::lint::words::slip::is_slip_of_value;

rule! {
    /// A selector asks for a `job` that no scrape configuration has, so it never returns anything and the alert never fires.
    ///
    /// Known jobs are those of the `prometheus.yml` and of the manifests among the inputs; without any, nothing is said,
    /// and with manifests alone only of a name that is nearly one of theirs. It is an error where the list of jobs is complete, and a warning where discovery by file or HTTP, `honor_labels`
    /// or relabelling may bring others. A page of metrics that is given for a job with `honor_labels` shows some of those; otherwise such a
    /// job may bring any but those that are nearly known, and what a program that is scraped under another name tells of itself.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: DatabaseDown
    ///         expr: up{job="database"} == 0
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AppDown
    ///         expr: up{job="myapp"} == 0
    /// ```
    UnknownJob, "unknown-job", Error
}

impl Rule for UnknownJob {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.jobs_known != Jobs::Open && has_gateway(context.world) {
            spelt_in_two_ways(context, found);
        }
    }

    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        if context.world.jobs_known == Jobs::Open {
            return;
        }
        let names: Vec<&str> = context.world.jobs.iter().map(|(name, _)| name.as_str()).collect();
        let mut said: Vec<String> = Vec::new();
        for query in context.queries {
            for selector in query.selectors() {
                let matchers = selector.selector.matchers.iter().filter(|m| m.label.text == "job" && !query.is_variable(&m.value_range));
                for matcher in
                    matchers.filter(|_| selector.selector.metric_name().is_none_or(|name| context.world.recorded(name).is_empty()))
                {
                    for name in named_values(matcher).into_iter().filter(|name| !context.world.has_job(name)) {
                        // That the job is another's name is said where it is asked for; what may have been lost or renamed, here too.
                        // `node` and `node-exporter`.
                        let is_longer = |known: &str| {
                            let (long, short) = if known.len() > name.len() { (known, name.as_str()) } else { (name.as_str(), known) };
                            let rest = long.strip_prefix(short).or_else(|| long.strip_suffix(short));
                            short.len() > 2 && rest.is_some_and(|rest| rest.starts_with(['-', '_']) || rest.ends_with(['-', '_']))
                        };
                        let near = did_you_mean(&name, names.iter().copied())
                            .or_else(|| names.iter().copied().find(|known| is_longer(known)))
                            .or_else(|| scraped_as(selector.selector, context.world));
                        if said.contains(&name)
                            || may_be_pushed(selector.selector, &name, context)
                            || (near.is_none() && matcher.op == MatchOp::Equal)
                        {
                            continue;
                        }
                        let place = config.jobs.iter().find(|job| near == Some(job.name())).and_then(|job| job.name);
                        let Some(place) = place.or_else(|| view.view.root.entry("scrape_configs").map(|(key, _)| key)) else { continue };
                        found.push(
                            META.finding_at(
                                Level::Warning,
                                place.span,
                                format!("`{}` asks for a job `{name}`, which is not here", query.name()),
                            )
                            .path("scrape_configs")
                            .related(query.span(&matcher.range), "asked for here")
                            .help(format!("add a scrape job `{name}`, or correct the rule")),
                        );
                        said.push(name);
                    }
                }
            }
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        if world.jobs_known == Jobs::Open {
            return;
        }
        for selector in &query.selectors {
            for matcher in &selector.selector.matchers {
                if matcher.label.text == "job" && asks_for_one(matcher) && !query.is_variable(&matcher.value_range) {
                    let recorded = selector.selector.metric_name().is_some_and(|name| !world.recorded(name).is_empty());
                    let of_target = || selector.selector.metric_name().is_some_and(|name| name == "up" || name.starts_with("scrape_"));
                    if matcher.op == MatchOp::Equal && world.is_pushed_alone(&matcher.value) && of_target() {
                        let message =
                            format!("`{}` is pushed to a gateway and scraped by nobody, so it has no series of a target", matcher.value);
                        let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
                        found.push(finding.help("ask the gateway's own job, or how long ago was pushed: `push_time_seconds`"));
                    } else if !recorded
                        && !names_a_job(matcher, world)
                        && world.jobs.iter().all(|(job, _)| matches(matcher, job) == Some(false))
                    {
                        // A manifest knows its own jobs and nothing of others: then only a slip is worth a word.
                        let meant = || did_you_mean(&matcher.value, world.jobs.iter().map(|(name, _)| name.as_str()));
                        let pushed = || may_be_pushed(selector.selector, &matcher.value, context);
                        if (!world.prometheus.is_empty() && !pushed()) || meant().is_some() {
                            found.push(report(query, matcher, context));
                        }
                    } else if !recorded && matcher.op == MatchOp::Regex && !world.prometheus.is_empty() {
                        found.extend(missing_alternative(query, matcher, context));
                    }
                }
            }
        }
    }
}

/// Whether series may come under a job that nobody scrapes: what is pushed to a gateway calls itself as it likes. What Prometheus
/// says of its targets and what a manifest declares does not come that way, and a slip is one all the same.
fn may_be_pushed(selector: &Selector, job: &str, context: &Context<'_>) -> bool {
    let world = context.world;
    let name = selector.metric_name().unwrap_or("");
    if name == "up" || name.starts_with("scrape_") || exporters::is_of_others(name) || world.metric(name).is_some() {
        return false;
    }
    let asked = |query: &&Query<'_>| {
        query.selectors().iter().any(|used| named_job(used.selector).is_some_and(|other| is_slip_of_value(job, other)))
    };
    // What a program tells of itself comes by the job that scrapes it.
    if scraped_as(selector, world).is_some()
        || did_you_mean(job, world.jobs.iter().map(|(known, _)| known.as_str())).is_some_and(|known| is_slip_of_value(job, known))
    {
        return false;
    }
    // While expressions are judged one by one, the others are not there: what is nearly another's job is found with all of them.
    has_gateway(world) && !context.queries.iter().any(asked)
}

/// The job of the program that a series comes of, by the port of its targets.
fn scraped_as<'a>(selector: &Selector, world: &World<'a>) -> Option<&'a str> {
    let program = programs::of_series(selector.metric_name()?)?;
    let jobs = world.prometheus.iter().flat_map(|config| &config.jobs);
    jobs.filter(|job| !job.honor_labels).find(|job| program.is_of(job)).map(Job::name)
}

/// Whether a job brings series that name their own job, and is no federation.
fn has_gateway(world: &World<'_>) -> bool {
    world.prometheus.iter().flat_map(|config| &config.jobs).any(|job| hands_on(job) && job.metrics_path() != "/federate")
}

/// Jobs that only what is pushed can have, and that two expressions spell in two ways.
fn spelt_in_two_ways(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut uses: BTreeMap<&str, Vec<(&Query<'_>, &Range<usize>)>> = BTreeMap::new();
    let all: Vec<_> = context.queries.iter().map(|query| (*query, query.selectors())).collect();
    for (query, used) in all.iter().flat_map(|(query, all)| all.iter().map(move |used| (*query, used))) {
        for matcher in used.selector.matchers.iter().filter(|m| m.label.text == "job" && m.op == MatchOp::Equal) {
            if !matcher.value.is_empty() && !context.world.has_job(&matcher.value) && !query.is_variable(&matcher.value_range) {
                uses.entry(&matcher.value).or_default().push((query, &matcher.range));
            }
        }
    }
    for (name, places) in &uses {
        let Some(other) =
            uses.iter().find(|(other, asked)| is_slip_of_value(name, other) && asked.len() >= places.len()).map(|(other, _)| *other)
        else {
            continue;
        };
        for (query, range) in places {
            let message = format!("this asks for a job `{name}`, and others for `{other}`");
            let finding = META.finding_at(Level::Warning, query.span(range), message).path(query.path());
            found.push(finding.help(format!("did you mean `job=\"{other}\"`?")));
        }
    }
}

/// Whether a matcher names a job that there is. Most do, and of thousands none is then compared.
fn names_a_job(matcher: &Matcher, world: &World<'_>) -> bool {
    named_values(matcher).iter().any(|name| world.has_job(name))
}

/// A name among those that a matcher lists, which no job has.
fn missing_alternative(query: &Query<'_>, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let world = context.world;
    let name = named_values(matcher).into_iter().find(|name| !world.has_job(name))?;
    let meant = did_you_mean(&name, world.jobs.iter().map(|(name, _)| name.as_str()));
    let help = meant.map_or_else(|| "leave it out, or add such a job".to_owned(), |meant| format!("did you mean `{meant}`?"));
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), format!("no scrape job is named `{name}`"));
    Some(finding.help(help))
}

/// Whether a matcher lets only series with a certain job through.
fn asks_for_one(matcher: &Matcher) -> bool {
    match matcher.op {
        MatchOp::Equal => !matcher.value.is_empty(),
        MatchOp::Regex => !crate::promql::regex::matches_empty(&matcher.value),
        _ => false,
    }
}

fn report(query: &Query<'_>, matcher: &Matcher, context: &Context<'_>) -> Diagnostic {
    let world = context.world;
    let level = if world.jobs_known == Jobs::Closed { Level::Error } else { Level::Warning };
    let names: Vec<&str> = world.jobs.iter().map(|(name, _)| name.as_str()).collect();
    let message = if matcher.op == MatchOp::Equal {
        format!("no scrape job is named `{}`", matcher.value)
    } else {
        format!("no scrape job matches `{}`", matcher.value)
    };
    let mut diagnostic = META.finding_at(level, query.span(&matcher.range), message).label("selects nothing");
    if let [(name, span)] = world.jobs.as_slice() {
        diagnostic = diagnostic.related(*span, format!("the only job here is `{name}`"));
    } else if let Some((name, span)) = world.jobs.first() {
        diagnostic = diagnostic.related(*span, format!("jobs here are `{name}` and {} more", names.len() - 1));
    }
    diagnostic.help(match (did_you_mean(&matcher.value, names.iter().copied()), names.as_slice()) {
        (Some(meant), _) => format!("did you mean `job=\"{meant}\"`?"),
        (None, []) => format!("add a scrape job `{}`", matcher.value),
        (None, [only]) => format!("add a scrape job `{}`, or use `job=\"{only}\"`", matcher.value),
        (None, _) => format!("add a scrape job `{}`, or use one of {}", matcher.value, listed(&names)),
    })
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    if names.len() > 8 { format!("{} …", shown.join(", ")) } else { shown.join(", ") }
}

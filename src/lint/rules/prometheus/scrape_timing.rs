//! Intervals and timeouts of Prometheus that leave gaps or no time.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, LOOKBACK};
use crate::lint::context::Context;
use crate::lint::query::{Origin, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::promql::duration::{format_duration, parse_duration};
use crate::source::Node;

rule! {
    /// Scrapes or evaluations are so far apart that series go stale in between (Prometheus looks back five minutes, and one lost
    /// scrape must not make a gap), a timeout is too short for any answer or longer than anybody waits, or rules are evaluated far
    /// more often than there is new data. Or a job is scraped too seldom for the windows and the waiting times of its rules.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 5m }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 30s }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    ScrapeTiming, "scrape-timing", Warning
}

const MINUTE: i64 = 60_000;

impl Rule for ScrapeTiming {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let mut report = |node: &Node, path: String, message: String, help: &str| {
            found.push(META.finding(node.span, message).path(path).help(help));
        };
        let global = config.root.get("global");
        if let Some(global) = global {
            scrape(global, "global", &mut report);
        }
        for job in &config.jobs {
            scrape(job.node, &format!("scrape_configs[{}]", job.index), &mut report);
            relabelled(job, &mut report);
        }
        too_slow(&config.jobs, global, context, &mut report);
        if let Some((node, millis)) = global.and_then(|global| read(global, "evaluation_interval")) {
            let path = || "global.evaluation_interval".to_owned();
            let shortest = config.jobs.iter().map(|job| job.interval).min().unwrap_or(millis);
            let inherits = config.jobs.iter().any(|job| job.node.get("scrape_interval").is_none());
            let unset = global.is_some_and(|global| global.get("scrape_interval").is_none());
            if unset && inherits && millis > 0 && millis < MINUTE {
                let message = format!(
                    "rules are evaluated every `{}`, and without `scrape_interval` new data comes every `1m`",
                    format_duration(millis)
                );
                report(node, path(), message, "set `scrape_interval` as well");
            } else if millis == 0 {
                report(node, path(), "zero is the default, one minute".to_owned(), "write `1m`, or what is meant");
            } else if millis > 2 * MINUTE {
                let message =
                    format!("rules are evaluated every `{}`: what they record and alert on is old by then", format_duration(millis));
                report(node, path(), message, "evaluate as often as is scraped, at least every minute or two");
            } else if millis * 4 < shortest {
                let message = format!(
                    "rules are evaluated every `{}`, and new data comes every `{}`",
                    format_duration(millis),
                    format_duration(shortest)
                );
                report(node, path(), message, "evaluate as often as is scraped");
            } else if let Some((alert, hold)) = shorter_hold(millis, context) {
                let message = format!("rules are evaluated every `{}`, and `{alert}` is to wait only `{hold}`", format_duration(millis));
                report(node, path(), message, "evaluate as often as is scraped");
            }
        }
        for (index, one) in config.alertmanagers.iter().enumerate() {
            wait(one.node, "timeout", (1000, 2 * MINUTE), &format!("alerting.alertmanagers[{index}]"), &mut report);
        }
        for key in ["remote_write", "remote_read"] {
            for (index, node) in config.root.items_of(key).enumerate() {
                wait(node, "remote_timeout", (1000, 10 * MINUTE), &format!("{key}[{index}]"), &mut report);
            }
        }
    }
}

type Report<'r> = dyn FnMut(&Node, String, String, &str) + 'r;

fn read<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, i64)> {
    let value = node.get(key).filter(|value| !value.is_null())?;
    Some((value, parse_duration(value.as_str()?).ok()?))
}

fn scrape(node: &Node, at: &str, report: &mut Report<'_>) {
    if let Some((value, millis)) = read(node, "scrape_interval") {
        let path = format!("{at}.scrape_interval");
        if millis == 0 {
            report(value, path, "zero is no interval: the default counts".to_owned(), "write what is meant, as `15s`");
        } else if millis > LOOKBACK {
            let message = format!("Prometheus looks back 5m: scraped every {}, series are gone between two scrapes", value.describe());
            report(value, path, message, "scrape every two minutes at least");
        } else if millis > 2 * MINUTE {
            let message = format!("Prometheus looks back 5m: scraped every {}, one lost scrape is a gap", value.describe());
            report(value, path, message, "scrape every two minutes at least");
        }
    }
    if let Some((value, millis)) = read(node, "scrape_timeout").filter(|(_, millis)| *millis < 500) {
        let message = match millis {
            0 => "zero is no timeout: the default counts".to_owned(),
            _ => format!("hardly any page comes within {}", value.describe()),
        };
        report(value, format!("{at}.scrape_timeout"), message, "write seconds, as `10s`");
    }
}

/// An interval that relabelling gives.
fn relabelled(job: &Job<'_>, report: &mut Report<'_>) {
    for labels in &job.targets.labels {
        let read = |key: &str| labels.get(key).and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
        let interval = read("__scrape_interval__").map_or(job.interval, |(_, millis)| millis);
        if let Some((node, _)) = read("__scrape_timeout__").filter(|(_, millis)| *millis > interval) {
            let message = "a timeout above the interval is refused, and none of these targets is scraped".to_owned();
            report(node, format!("scrape_configs[{}].static_configs", job.index), message, "lower it, or leave it out");
        }
    }
    for (index, step) in job.relabel.iter().enumerate().filter(|(_, s)| s.target.and_then(Node::as_str) == Some("__scrape_interval__")) {
        let millis = step.replacement.and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
        let timed = job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some("__scrape_timeout__"));
        if let Some((node, millis)) = millis.filter(|(_, millis)| *millis < job.timeout && !timed) {
            let timeout = format_duration(job.timeout);
            let message =
                format!("an interval of `{}` is below the timeout of `{timeout}`, and such a target is refused", format_duration(millis));
            report(node, format!("scrape_configs[{}].relabel_configs[{index}]", job.index), message, "lower `scrape_timeout` as well");
        }
        if let Some((node, _)) = millis.filter(|(_, millis)| *millis > 2 * MINUTE) {
            let message = format!("Prometheus looks back 5m: scraped every {}, one lost scrape is a gap", node.describe());
            let path = format!("scrape_configs[{}].relabel_configs[{index}]", job.index);
            report(node, path, message, "scrape every two minutes at least");
        }
    }
}

/// Jobs that are scraped too seldom for what their rules look back over, or wait for.
fn too_slow(jobs: &[Job<'_>], global: Option<&Node>, context: &Context<'_>, report: &mut Report<'_>) {
    // A fleet has thousands of both: each job is found by its name, and named once.
    let mut unsaid: HashMap<&str, &Job<'_>> = jobs.iter().map(|job| (job.name(), job)).collect();
    for query in context.queries {
        let Some(rule) = query.rule() else { continue };
        for used in query.selectors() {
            let Some(job) = named_job(used.selector).and_then(|name| unsaid.get(name).copied()) else { continue };
            let (least, asks) = (2 * job.interval, |why: String| format!("`{}` {why}", rule.name()));
            let hold = rule.hold.filter(|hold| rule.is_alert() && used.inside("absent") && (1..least).contains(hold));
            let counts = matches!(used.function(), Some("rate" | "irate" | "increase" | "delta" | "idelta" | "deriv"));
            let window = used.window.as_ref().map(|(window, _)| *window).filter(|window| counts && *window < least);
            let why = match (hold, window) {
                (Some(hold), _) => asks(format!("waits `{}`, so one late scrape fires it", format_duration(hold))),
                (_, Some(window)) => asks(format!("looks back `{}`, which may hold fewer than two scrapes", format_duration(window))),
                _ => continue,
            };
            unsaid.remove(job.name());
            let own = job.node.get("scrape_interval").map(|node| (node, format!("scrape_configs[{}].scrape_interval", job.index)));
            let of_all = || Some((global?.get("scrape_interval")?, "global.scrape_interval".to_owned()));
            if let Some((node, path)) = own.or_else(of_all) {
                let message = format!("`{}` is scraped every `{}`, and {why}", job.name(), format_duration(job.interval));
                report(node, path, message, "scrape more often, or give the rule more time");
            }
        }
    }
}

fn wait(node: &Node, key: &str, (least, most): (i64, i64), at: &str, report: &mut Report<'_>) {
    let Some((value, millis)) = read(node, key).filter(|(_, millis)| *millis > 0 && (*millis < least || *millis > most)) else { return };
    let message = if millis < least {
        format!("hardly any answer comes within {}", value.describe())
    } else {
        format!("whoever does not answer holds everything up for {}", value.describe())
    };
    report(value, format!("{at}.{key}"), message, "write seconds, as `30s`");
}

/// An alert that waits for less than this, in a group without an interval of its own.
fn shorter_hold(evaluation: i64, context: &Context<'_>) -> Option<(String, String)> {
    let rules = context.queries.iter().filter_map(|query| match query.origin {
        Origin::Rule { file, rule } => {
            let own = file.groups.get(rule.place.0).and_then(|group| group.interval);
            Some(rule).filter(|rule| rule.is_alert() && own.is_none())
        }
        Origin::Target { .. } | Origin::Written(_) => None,
    });
    rules
        .filter_map(|rule| Some((rule, read(rule.node, "for")?)))
        .find(|(_, (_, hold))| *hold > 0 && *hold < evaluation)
        .map(|(rule, (node, _))| (rule.name().to_owned(), node.as_str().unwrap_or("").to_owned()))
}

//! Relabelling that leaves nothing.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::is_placeholder;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::relabel;
use crate::source::Node;

rule! {
    /// A relabelling step drops every target of a job, or every sample of it: `drop` with a pattern that matches anything
    /// (which is the default), or `keep` by a label of a service discovery that the job does not use, or of another value than any of
    /// its targets has. The same is said of the Alertmanagers that alerts are sent to, and of what is sent to a remote storage.
    /// Of several values that a step keeps, one is that of no target, and targets with another one are dropped.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ source_labels: [env], action: drop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ source_labels: [env], regex: test, action: drop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// ```
    DropAll, "drop-all", Error
}

impl Rule for DropAll {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            for (list, steps, what) in
                [("relabel_configs", &job.relabel, "target"), ("metric_relabel_configs", &job.metric_relabel, "sample")]
            {
                for (index, step) in steps.iter().enumerate() {
                    if let Some(why) = drops_all(job, step) {
                        let place = step.node.get("action").unwrap_or(step.node);
                        found.push(
                            META.finding(place.span, format!("this drops every {what} of the job `{}`: {why}", job.name()))
                                .path(format!("scrape_configs[{}].{list}[{index}]", job.index))
                                .help("give a `regex` that matches only what should go"),
                        );
                    }
                }
            }
            of_names(job, found);
            dead_alternatives(job, found);
            let outcomes = relabel::targets(job).filter(|_| !last_dropped(job));
            let path = format!("scrape_configs[{}]", job.index);
            of_targets(outcomes, &job.relabel, &path, &format!("target of the job `{}`", job.name()), found);
            of_shards(job, ("relabel_configs", &job.relabel, "target"), found);
            of_shards(job, ("metric_relabel_configs", &job.metric_relabel, "sample"), found);
        }
        for (index, one) in view.config.alertmanagers.iter().enumerate() {
            let path = format!("alerting.alertmanagers[{index}]");
            of_targets(relabel::alertmanagers(one), &one.relabel, &path, "Alertmanager", found);
        }
        for (entry, (_, steps)) in view.config.remote_write.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                if let Some(place) = keeps_no_job(step, &view.config.jobs) {
                    let meant = place.as_str().and_then(|job| did_you_mean(job, view.config.jobs.iter().map(Job::name)));
                    let message = format!("this sends nothing: no job here matches {}", place.describe());
                    let finding =
                        META.finding(place.span, message).path(format!("remote_write[{entry}].write_relabel_configs[{index}].regex"));
                    found.push(
                        finding.help(
                            meant.map_or_else(|| "name jobs that are scraped".to_owned(), |meant| format!("did you mean `{meant}`?")),
                        ),
                    );
                }
            }
            for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action == "drop") {
                if let Some(why) = matches_anything(step) {
                    found.push(
                        META.finding(step.node.get("action").unwrap_or(step.node).span, format!("this sends nothing: {why}"))
                            .path(format!("remote_write[{entry}].write_relabel_configs[{index}]"))
                            .help("give a `regex` that matches only what should go"),
                    );
                }
            }
        }
    }
}

/// The pattern of a step that keeps samples by their job, where no job is called so: none may be called otherwise by relabelling, nor be
/// scraped from where others bring their own.
fn keeps_no_job<'a>(step: &Relabel<'a>, jobs: &[Job<'_>]) -> Option<&'a Node> {
    let place = step.regex.filter(|_| step.action == "keep" && step.sources == ["job"])?;
    let pattern = relabel::pattern(step)?;
    let renames = |step: &Relabel<'_>| {
        step.action == "labelmap" || step.target.and_then(Node::as_str).is_some_and(|target| target == "job" || target.contains('$'))
    };
    let labelled =
        |job: &Job<'_>| job.targets.groups.iter().any(|group| group.get("labels").is_some_and(|labels| labels.get("job").is_some()));
    let as_called = |job: &Job<'_>| {
        !job.name().is_empty() && !job.honor_labels && !labelled(job) && !job.relabel.iter().chain(&job.metric_relabel).any(renames)
    };
    let kept = |job: &Job<'_>| !as_called(job) || pattern.is_match(job.name());
    (!jobs.is_empty() && !pattern.is_match("") && !jobs.iter().any(kept)).then_some(place)
}

/// Whether a step of a job drops whatever comes, which is said of it already.
fn last_dropped(job: &Job<'_>) -> bool {
    job.relabel.iter().any(|step| drops_all(job, step).is_some())
}

/// Steps that drop each of the targets that are written down.
fn of_targets(outcomes: Option<Vec<relabel::Outcome<'_>>>, steps: &[Relabel<'_>], path: &str, whose: &str, found: &mut Vec<Diagnostic>) {
    let Some(outcomes) = outcomes.filter(|outcomes| !outcomes.is_empty()) else { return };
    let last = outcomes.iter().map(|outcome| outcome.dropped).max().flatten();
    let Some((index, step)) = last.and_then(|last| Some((last, steps.get(last)?))) else { return };
    if outcomes.iter().any(|outcome| outcome.dropped.is_none()) {
        return;
    }
    let place = step.regex.or(step.node.get("action")).unwrap_or(step.node);
    let what = if step.action == "drop" { "matches all of them" } else { "matches none of them" };
    found.push(
        META.finding(place.span, format!("this drops every {whose}: it {what}"))
            .path(format!("{path}.relabel_configs[{index}]"))
            .help("give a `regex` that matches only what should go"),
    );
}

/// Shards that are kept and that no target is in: `hashmod` counts from 0 to one below its modulus.
fn of_shards(job: &Job<'_>, (list, steps, what): (&str, &[Relabel<'_>], &str), found: &mut Vec<Diagnostic>) {
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action == "keep") {
        let [source] = step.sources.as_slice() else { continue };
        let writes = |hash: &&Relabel<'_>| hash.action == "hashmod" && hash.target.and_then(Node::as_str) == Some(*source);
        let hash = steps[..index].iter().rev().find(writes);
        let modulus = hash.and_then(|hash| hash.node.get("modulus")?.as_i64());
        let shard = step.regex.and_then(|regex| Some((regex, regex.as_str()?.parse::<i64>().ok()?)));
        if let (Some(modulus), Some((regex, shard))) = (modulus, shard)
            && shard >= modulus
        {
            let message = format!("this drops every {what} of the job `{}`: of {modulus} shards the last is {}", job.name(), modulus - 1);
            let finding = META.finding(regex.span, message).path(format!("scrape_configs[{}].{list}[{index}]", job.index));
            found.push(finding.help("shards are counted from 0"));
        }
    }
}

fn matches_anything(step: &Relabel<'_>) -> Option<&'static str> {
    match step.regex.and_then(Node::as_str) {
        None => Some("without a `regex` it matches anything"),
        Some("(.*)" | ".*" | "^.*$" | "^(.*)$" | ".+" | "(.+)") => Some("its `regex` matches anything"),
        Some(_) => None,
    }
}

/// Service discoveries whose labels are called as they are.
const KINDS: &[&str] = &["kubernetes", "consul", "ec2", "gce", "azure", "docker", "dockerswarm", "dns"];

fn drops_all(job: &Job<'_>, step: &Relabel<'_>) -> Option<&'static str> {
    let regex = step.regex.and_then(Node::as_str);
    match step.action.as_str() {
        "drop" if !matches!(regex, Some(".+" | "(.+)")) && matches_anything(step).is_some() => matches_anything(step),
        "keep" => {
            let uses = |kind: &str| job.targets.discovery.iter().any(|key| key.as_str().is_some_and(|key| key.starts_with(kind)));
            // Files and HTTP endpoints may set any label.
            let any = uses("file_sd") || uses("http_sd");
            let discovered = |label: &str| {
                let kind = label.strip_prefix("__meta_").and_then(|rest| rest.split('_').next());
                !any && kind.is_some_and(|kind| KINDS.contains(&kind) && !uses(&format!("{kind}_sd")))
            };
            let never_empty = regex.is_some_and(|regex| !crate::promql::regex::matches_empty(regex));
            (never_empty && step.sources.len() == 1 && step.sources.iter().all(|label| discovered(label)))
                .then_some("this job uses no discovery that sets the label")
        }
        _ => None,
    }
}

/// Steps that keep none of the names that a job asks the DNS for, or drop each of them.
fn of_names(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    const LABEL: &str = "__meta_dns_name";
    let is_dns = |key: &&Node| key.as_str() == Some("dns_sd_configs");
    if job.targets.discovery.is_empty() || !job.targets.discovery.iter().all(is_dns) || !job.targets.addresses.is_empty() {
        return;
    }
    let lists = || job.node.items_of("dns_sd_configs").flat_map(|list| list.items_of("names"));
    let names: Option<Vec<&str>> = lists().map(|node| node.as_str().filter(|name| !is_placeholder(name))).collect();
    let Some(names) = names.filter(|names| !names.is_empty()) else { return };
    for (index, step) in job.relabel.iter().enumerate() {
        let writes =
            step.action == "labelmap" || step.target.and_then(Node::as_str).is_some_and(|label| label == LABEL || label.contains('$'));
        if writes && step.action != "keep" && step.action != "drop" {
            return;
        }
        let keeps = match step.action.as_str() {
            "keep" => true,
            // Said of it already.
            "drop" if matches_anything(step).is_none() => false,
            _ => continue,
        };
        let Some((place, pattern)) = step.regex.zip(relabel::pattern(step)).filter(|_| step.sources == [LABEL]) else { continue };
        if names.iter().all(|name| pattern.is_match(name) != keeps) {
            let what = if keeps { "none" } else { "each" };
            let message = format!("this drops every target of the job `{}`: {what} of the names that it asks for matches", job.name());
            let finding = META.finding(place.span, message).path(format!("scrape_configs[{}].relabel_configs[{index}]", job.index));
            let finding = lists().take(1).fold(finding, |finding, node| finding.related(node.span, "a name, which is matched as a whole"));
            found.push(finding.help("write a pattern of whole names"));
        }
    }
}

/// Targets that a step drops, while some of the values it is to keep are those of no target.
fn dead_alternatives(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    let Some(outcomes) = relabel::targets(job) else { return };
    for (index, step) in job.relabel.iter().enumerate().filter(|(_, step)| step.action == "keep") {
        let [label] = step.sources.as_slice() else { continue };
        let Some((place, text)) = step.regex.and_then(Node::with_str) else { continue };
        let wanted: Vec<&str> = text.trim_matches(['(', ')', '^', '$']).split('|').collect();
        let is_plain =
            |value: &&str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if wanted.len() < 2 || label.starts_with("__") || !wanted.iter().all(is_plain) {
            continue;
        }
        let values = || outcomes.iter().filter_map(|outcome| outcome.labels.get(*label));
        let lost = outcomes.iter().filter(|outcome| outcome.dropped == Some(index)).find_map(|outcome| outcome.labels.get(*label));
        let dead = wanted.iter().find(|wanted| !values().any(|value| value == *wanted));
        if let (Some(lost), Some(dead)) = (lost, dead) {
            let message = format!("no target of `{}` has `{label}` as `{dead}`, and those with `{lost}` are left out", job.name());
            let finding = META.finding(place.span, message).path(format!("scrape_configs[{}].relabel_configs[{index}]", job.index));
            found.push(finding.help("name the values that targets have"));
        }
    }
}

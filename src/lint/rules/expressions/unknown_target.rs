//! Targets and labels of targets that a job does not have.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::{Job, Prometheus};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, matches, may_read, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::exporters::labels_of;
use crate::lint::world::jobs::{fixed, labels_of_targets, writes};
use crate::lint::world::relabel::{self, Labels, value};
use crate::promql::ast::{MatchOp, Matcher};
use crate::source::Node;

rule! {
    /// A selector names a job whose targets are all known and asks for an `instance` that is none of them; or it asks `up` for a
    /// label that these targets do not have, or for a value that none of them has there; or any known metric for a value of a label that
    /// only targets have; or for two labels that no one target has both. It finds nothing.
    ///
    /// Judged only where the job is scraped from `static_configs` and its relabelling can be followed. Of targets that are discovered it is
    /// known which labels relabelling gives them, and the values that it gives to all.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'up{job="web",instance="web:8081"} == 0'
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: postgres, static_configs: [{ targets: ["postgres-exporter:9187"], labels: { role: primary } }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'pg_up{job="postgres",role="standby"} == 0'
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: web
    ///     kubernetes_sd_configs: [{ role: pod }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_pod_name], target_label: pod }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'up{job="web",namespace="shop"} == 0'
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"], labels: { env: production } }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: 'up{job="web",instance="web:8080",env="production"} == 0'
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    UnknownTarget, "unknown-target", Warning
}

impl Rule for UnknownTarget {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        for used in &query.selectors {
            let nameless =
                used.selector.matchers.iter().find(|m| m.label.text == "instance" && m.op == MatchOp::Equal && m.value.is_empty());
            if let Some(matcher) = nameless.filter(|_| {
                of_target(used, "instance")
                    && named_job(used.selector)
                        .is_some_and(|job| config.jobs.iter().any(|known| known.name() == job && !known.honor_labels))
            }) {
                let message = "every target has an `instance`, so this finds nothing";
                found.push(META.finding(query.span(&matcher.range), message).help("leave the matcher away"));
            }
            found.extend(leaves_all(query, config, used, context));
            let asked: Vec<&Matcher> = used
                .selector
                .matchers
                .iter()
                .filter(|matcher| of_target(used, &matcher.label.text) || only_of_target(used, &matcher.label.text, context))
                .filter(|matcher| !query.is_variable(&matcher.value_range))
                .filter(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && matches(matcher, "") == Some(false))
                .collect();
            if asked.is_empty() {
                continue;
            }
            let labels: Vec<&str> = asked.iter().map(|matcher| matcher.label.text.as_str()).collect();
            let Some((jobs, targets)) = read(config, used, &labels, context) else {
                discovered(query, config, used, &asked, found);
                continue;
            };
            let of = match jobs.as_slice() {
                [only] => format!("of `{}`", only.name()),
                _ => "that this may read".to_owned(),
            };
            found.extend(no_one(query, &asked, &targets, (&of, jobs[0])));
            for matcher in asked {
                let label = matcher.label.text.as_str();
                let values: Vec<&str> = targets.iter().filter_map(|labels| value(labels, label)).collect();
                // Where one cannot be told, none is; that nothing has a label is said by `unknown-label` of what is known.
                if values.is_empty() && !of_target(used, label) {
                    continue;
                }
                if values.iter().any(|value| matches(matcher, value) != Some(false)) {
                    continue;
                }
                let place = jobs[0].node.get("static_configs").unwrap_or(jobs[0].node);
                let (message, help) = if values.is_empty() {
                    let known = targets.iter().flat_map(|labels| labels.keys()).map(String::as_str).filter(|name| !name.starts_with("__"));
                    let meant = did_you_mean(label, known);
                    (format!("no target {of} has a label `{label}`"), meant)
                } else {
                    (format!("no target {of} has `{label}` {}", shown(matcher)), did_you_mean(&matcher.value, values.iter().copied()))
                };
                found.push(META.finding(query.span(&matcher.range), message).related(place.span, "its targets").help(
                    help.map_or_else(|| "correct the matcher, or leave it out".to_owned(), |meant| format!("did you mean `{meant}`?")),
                ));
            }
        }
    }
}

/// Targets that are to be left out and are not, for a host alone is compared with a host and its port.
fn leaves_all(query: &Query<'_>, config: &Prometheus<'_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let is_negative = |m: &&Matcher| m.label.text == "instance" && matches!(m.op, MatchOp::NotEqual | MatchOp::NotRegex);
    let matcher = used.selector.matchers.iter().find(is_negative).filter(|m| !m.value.is_empty() && !query.is_variable(&m.value_range))?;
    let (jobs, targets) = read(config, used, &["instance"], context)?;
    let values: Vec<&str> = targets.iter().filter_map(|labels| value(labels, "instance")).collect();
    let is_host = |value: &&&str| value.split(['.', ':']).next() == Some(matcher.value.as_str());
    let meant = values.iter().find(is_host).filter(|_| values.iter().all(|value| matches(matcher, value) == Some(true)))?;
    let place = jobs[0].node.get("static_configs").unwrap_or(jobs[0].node);
    let message = format!("no target of `{}` is called `{}`, so this leaves none out", jobs[0].name(), matcher.value);
    let finding = META.finding(query.span(&matcher.range), message).related(place.span, "its targets");
    Some(finding.help(format!("did you mean `{meant}`? The whole value is compared")))
}

/// Labels each of which some target has, and that no target has all.
fn no_one(query: &Query<'_>, asked: &[&Matcher], targets: &[Labels], (of, job): (&str, &Job<'_>)) -> Option<Diagnostic> {
    let has = |labels: &Labels, matcher: &Matcher| {
        // What a series may have of its own is another's to say.
        value(labels, &matcher.label.text).is_some_and(|value| matches(matcher, value) != Some(false))
    };
    let each = asked.iter().all(|matcher| targets.iter().any(|labels| has(labels, matcher)));
    if asked.len() < 2 || !each || targets.iter().any(|labels| asked.iter().all(|matcher| has(labels, matcher))) {
        return None;
    }
    let shown = asked.iter().map(|m| format!("`{}` {}", m.label.text, shown(m))).collect::<Vec<_>>().join(" and ");
    let place = job.node.get("static_configs").unwrap_or(job.node);
    let finding = META.finding(query.span(&asked.last()?.range), format!("no one target {of} has {shown}"));
    Some(finding.related(place.span, "its targets").help("leave one of the matchers out, or correct it"))
}

/// More jobs than these are not gone through for one selector.
const MANY: usize = 64;

/// The jobs that a selector may read of, and the targets of all of them; `None` where there may be others.
fn read<'c, 'a>(
    config: &'c Prometheus<'a>,
    used: &Use<'_>,
    asked: &[&str],
    context: &Context<'_>,
) -> Option<(Vec<&'c Job<'a>>, Vec<Labels>)> {
    // Where pages show all there is, one job may be the only one that has the metric.
    if let Some(name) = context.world.job_read(used.selector) {
        let job = config.jobs.iter().find(|known| known.name() == name)?;
        return Some((vec![job], targets(job, used, asked)?));
    }
    let is_whole = config.is_whole() && config.jobs.len() <= MANY;
    let takes = |job: &&Job<'_>| may_read(used.selector, job.name());
    // A server that hands on the series of others has targets of its own.
    let hands_on = |job: &Job<'_>| job.honor_labels && job.metrics_path().contains("federate");
    if !is_whole || config.jobs.iter().any(hands_on) {
        return None;
    }
    let jobs: Vec<&Job<'_>> = config.jobs.iter().filter(takes).collect();
    let all = jobs.iter().map(|job| targets(job, used, asked)).collect::<Option<Vec<_>>>()?.concat();
    (!jobs.is_empty()).then_some((jobs, all))
}

/// Labels that relabelling gives to none of the targets of a job that are discovered, and values that it gives to all of them.
fn discovered(query: &Expression<'_, '_>, config: &Prometheus<'_>, used: &Use<'_>, asked: &[&Matcher], found: &mut Vec<Diagnostic>) {
    let job = named_job(used.selector).and_then(|name| config.jobs.iter().find(|job| job.name() == name));
    let Some(job) = job.filter(|job| !job.targets.discovery.is_empty() && !job.relabel.iter().any(|step| writes(step, "job"))) else {
        return;
    };
    let Some(known) = labels_of_targets(job) else { return };
    for matcher in asked
        .iter()
        .filter(|matcher| of_target(used, &matcher.label.text) && matcher.label.text != "instance" && !matcher.label.text.starts_with("__"))
    {
        let label = matcher.label.text.as_str();
        let (place, message, meant) = if !known.contains(&label) {
            let message = format!("no target of `{}` gets a label `{label}`", job.name());
            (job.node, message, did_you_mean(label, known.iter().copied()))
        } else if let Some(given) =
            written_once(job, label).filter(|given| matches(matcher, given.as_str().unwrap_or_default()) == Some(false))
        {
            let message = format!("every target of `{}` has `{label}` {}", job.name(), given.describe());
            (given, message, given.as_str())
        } else {
            continue;
        };
        let finding = META.finding(query.span(&matcher.range), message).related(place.span, "the job");
        found.push(finding.help(
            meant.map_or_else(
                || "correct the matcher, or give the targets this label".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            ),
        ));
    }
}

/// The value that one step gives to a label of every target of a job, where no other gives it any.
fn written_once<'a>(job: &Job<'a>, label: &str) -> Option<&'a Node> {
    let mut writing = job.relabel.iter().filter(|step| writes(step, label));
    let step = writing.next().filter(|_| writing.next().is_none() && !job.metric_relabel.iter().any(|step| writes(step, label)))?;
    fixed(step, label).map(|(value, _)| value)
}

fn shown(matcher: &Matcher) -> String {
    if matcher.op == MatchOp::Equal { format!("`{}`", matcher.value) } else { format!("that matches `{}`", matcher.value) }
}

/// Whether a probe brings a series without labels of its own.
fn of_probe(name: &str) -> bool {
    matches!(name, "probe_success" | "probe_duration_seconds" | "probe_http_status_code" | "probe_ssl_earliest_cert_expiry")
}

/// Whether a label of a selector can only come from the target: of `up` and its kin all do, of others `instance`.
fn of_target(used: &Use<'_>, label: &str) -> bool {
    let name = used.selector.metric_name().unwrap_or("");
    let made_by_prometheus = name == "up" || name.starts_with("scrape_") || of_probe(name);
    label != "job"
        && label != "__name__"
        && (made_by_prometheus && !name.contains(':') || label == "instance" && !name.is_empty() && !name.contains(':'))
}

/// Whether a label of a metric can only come from the target: the metric is known, and has no such label itself.
fn only_of_target(used: &Use<'_>, label: &str, context: &Context<'_>) -> bool {
    if matches!(label, "job" | "__name__" | "le" | "quantile") || label.starts_with("__") || used.selector.matchers.len() > 8 {
        return false;
    }
    let Some(name) = used.selector.metric_name().filter(|name| !name.contains(':') && context.world.recorded(name).is_empty()) else {
        return false;
    };
    match context.world.metric_of(used.selector) {
        Some((_, metric, _)) => !metric.open && !metric.labels.iter().any(|own| own.name.value == label),
        None => labels_of(name).is_some_and(|own| !own.contains(&label)),
    }
}

/// The labels of all targets of a job behind relabelling; `None` where there may be others.
fn targets(job: &Job<'_>, used: &Use<'_>, asked: &[&str]) -> Option<Vec<Labels>> {
    let own = matches!(used.selector.metric_name(), Some(name) if name == "up" || name.starts_with("scrape_") || of_probe(name));
    // A series may bring such a label of its own, or be given one.
    let writes = |step: &crate::formats::prometheus::Relabel<'_>| {
        step.action == "labelmap"
            || step.target.and_then(Node::as_str).is_some_and(|target| asked.contains(&target) || target.contains('$'))
    };
    if !own && (job.honor_labels || job.metric_relabel.iter().any(writes)) {
        return None;
    }
    let outcomes = relabel::targets(job)?;
    let kept: Vec<Labels> = outcomes.into_iter().filter(|outcome| outcome.dropped.is_none()).map(|outcome| outcome.labels).collect();
    (!kept.is_empty() && kept.iter().all(|labels| labels.get("job").is_none_or(|name| name == job.name()))).then_some(kept)
}

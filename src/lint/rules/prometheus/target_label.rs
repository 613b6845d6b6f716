//! Labels of targets that hide others.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::jobs::writes;
use crate::lint::world::relabel;
use crate::promql::ast::MatchOp;
use crate::source::Node;

rule! {
    /// A label that a target is given hides another: one that the job's metrics carry themselves (which then are called
    /// `exported_…`), an external label of another value, the job's own name that rules ask for, or `instance`, by which several
    /// targets are told apart. Or what an annotation says of the path, the scheme or the port is written into a label of that name, and not into
    /// the inner one.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, external_labels: { cluster: a } }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"], labels: { cluster: b } }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, external_labels: { cluster: a } }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"], labels: { env: b } }] }]
    /// ```
    TargetLabel, "target-label", Warning
}

impl Rule for TargetLabel {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let external = view.config.external_labels;
        for job in &view.config.jobs {
            let mut report = |node: &Node, message: String, help: &str| {
                let path = format!("scrape_configs[{}]", job.index);
                found.push(META.finding_at(Level::Warning, node.span, message).path(path).help(help));
            };
            for (name, node, value) in given(job) {
                if matches!(name, "severity" | "alertname") && value.is_some() {
                    let message = format!("`{name}` is a label of alerts, and every series of these targets carries it");
                    report(node, message, "give it to the alerts");
                }
                if matches!(name, "le" | "quantile") && !job.honor_labels {
                    let message = format!("by `{name}` the series of a metric are told apart, and here it becomes `exported_{name}`");
                    report(node, message, "give the target's label another name");
                }
                let own = context.world.catalogues.iter().filter(|catalogue| catalogue.is_of(job.name()));
                let metric = own.flat_map(|c| &c.metrics).find(|metric| metric.labels.iter().any(|label| label.name.value == name));
                if let Some(metric) = metric.filter(|_| !job.honor_labels) {
                    let message = format!("`{}` has a label `{name}` of its own, which becomes `exported_{name}`", metric.name.value);
                    report(node, message, "give the target's label another name");
                }
                let other = external.and_then(|labels| labels.get(name)).and_then(Node::as_str);
                if let Some(other) = other.filter(|other| value.is_some_and(|value| value != *other)) {
                    report(
                        node,
                        format!("the external label `{name}` is `{other}`, and is not added where a series has it"),
                        "keep one of the two",
                    );
                }
                if name == "instance" && value.is_some() && several(job, node) {
                    report(
                        node,
                        "several targets are called the same, and their series fall together".to_owned(),
                        "remove it, or take the value from the target",
                    );
                }
            }
            renamed(job, context, &mut report);
            inner(job, &mut report);
        }
    }
}

/// What an annotation says of where to ask, written into a label that is not the inner one, which nothing else in the job writes.
fn inner(job: &Job<'_>, report: &mut impl FnMut(&Node, String, &str)) {
    const INNER: &[(&str, &str, &str)] = &[
        ("metrics_path", "__metrics_path__", "_annotation_prometheus_io_path"),
        ("scheme", "__scheme__", "_annotation_prometheus_io_scheme"),
        ("address", "__address__", "_annotation_prometheus_io_port"),
    ];
    for step in job.relabel.iter().filter(|step| step.action == "replace") {
        let Some((node, name)) = step.target.and_then(Node::with_str) else { continue };
        let bare = name.trim_matches('_');
        let Some((_, meant, end)) = INNER.iter().find(|(known, ..)| *known == bare) else { continue };
        let is_written = job.relabel.iter().any(|other| other.action != "labelmap" && writes(other, meant));
        if name != *meant && step.sources.iter().any(|source| source.ends_with(end)) && !is_written {
            let message = format!("`{name}` is a label like any other, and the target is asked as if it had none");
            report(node, message, &format!("write `{meant}`"));
        }
    }
}

/// Labels that targets of a job are given, with their values where these are fixed.
fn given<'a>(job: &Job<'a>) -> Vec<(&'a str, &'a Node, Option<&'a str>)> {
    let mut all = Vec::new();
    for labels in &job.targets.labels {
        all.extend(labels.as_mapping().unwrap_or_default().iter().filter_map(|(key, value)| Some((key.as_str()?, value, value.as_str()))));
    }
    for step in job.relabel.iter().filter(|step| step.action == "replace") {
        let Some((name, node)) = step.target.and_then(|node| Some((node.as_str()?, node))) else { continue };
        let fixed = step.replacement.and_then(Node::as_str).filter(|text| !text.contains('$'));
        all.push((name, node, fixed));
    }
    all
}

/// Whether more than one target gets this label.
fn several(job: &Job<'_>, node: &Node) -> bool {
    let groups = &job.targets.groups;
    let own = groups
        .iter()
        .copied()
        .find(|group| group.get("labels").is_some_and(|labels| labels.entries().any(|(_, _, value)| std::ptr::eq(value, node))));
    let count = |group: &Node| group.items_of("targets").count();
    let targets = own.map_or_else(|| groups.iter().copied().map(count).sum(), count);
    targets > 1 || (own.is_none() && !job.targets.discovery.is_empty())
}

/// A value of `job` that none of the rules asks for, while some ask for the job's name.
fn renamed(job: &Job<'_>, context: &Context<'_>, report: &mut impl FnMut(&Node, String, &str)) {
    let Some(outcomes) = relabel::targets(job) else { return };
    let Some(name) = outcomes
        .iter()
        .filter(|outcome| outcome.dropped.is_none())
        .find_map(|outcome| outcome.labels.get("job").filter(|name| *name != job.name()))
    else {
        return of_samples(job, context, report);
    };
    let labelled = job.targets.labels.iter().find_map(|labels| labels.get("job"));
    let step = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("job"));
    let Some(place) = step.map(|step| step.replacement.unwrap_or(step.node)).or(labelled) else { return };
    if asked_for(job.name(), context) && !asked_for(name, context) {
        report(
            place,
            format!("series of this job are called `{name}`, and rules or panels ask for `{}`", job.name()),
            "leave `job` as it is",
        );
    }
}

fn of_samples(job: &Job<'_>, context: &Context<'_>, report: &mut impl FnMut(&Node, String, &str)) {
    let fixed = |step: &&crate::formats::prometheus::Relabel<'_>| {
        step.action == "replace" && step.sources.is_empty() && step.target.and_then(Node::as_str) == Some("job")
    };
    let Some(place) = job.metric_relabel.iter().find(fixed).and_then(|step| step.replacement) else { return };
    let Some(name) = place.as_str().filter(|name| !name.contains('$') && *name != job.name()) else { return };
    if asked_for(job.name(), context) && !asked_for(name, context) {
        report(
            place,
            format!("series of this job are called `{name}`, and rules or panels ask for `{}`", job.name()),
            "leave `job` as it is",
        );
    }
}

/// Whether a selector names this job.
fn asked_for(name: &str, context: &Context<'_>) -> bool {
    context.queries.iter().any(|query| {
        query.selectors().iter().flat_map(|found| &found.selector.matchers).any(|matcher| {
            let pins = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matches!(matcher.value.as_str(), ".*" | ".+");
            matcher.label.text == "job" && pins && matches(matcher, name) == Some(true)
        })
    })
}

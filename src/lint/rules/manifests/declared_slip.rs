//! Metrics and labels of a manifest that nobody reads, while rules read nearly the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, matches, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::{Catalogue, Evidence, MetricType};
use crate::lint::world::exporters;
use crate::lint::world::jobs::writes;
use crate::promql::ast::{ExprKind, MatchOp};
use crate::promql::walk::selectors;
use crate::source::SourceId;

rule! {
    /// The manifest declares a metric, or a label of one, that no rule and no panel reads, while some read a name that differs by a
    /// letter and that it does not declare; or they read the sum of what it calls a gauge. The slip is most likely in the manifest, for the others agree.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { queue_depht: { type: gauge, help: Messages that wait } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Backlog, expr: 'queue_depth{job="web"} > 100', labels: { severity: warning } }] }]
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { pause_seconds: { type: gauge, unit: seconds, help: Pauses } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Slow, expr: 'rate(pause_seconds_sum{job="web"}[5m]) > 0.1', labels: { severity: warning } }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { queue_depth: { type: gauge, help: Messages that wait } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Backlog, expr: 'queue_depth{job="web"} > 100', labels: { severity: warning } }] }]
    /// ```
    DeclaredSlip, "declared-slip", Warning
}

impl Rule for DeclaredSlip {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [catalogue] = context.world.catalogues else { return };
        if catalogue.evidence != Evidence::Manifest {
            return;
        }
        let jobs: Vec<&str> = catalogue.jobs.iter().map(|job| job.name.value.as_str()).collect();
        let mut read = BTreeSet::new();
        let mut labels = BTreeSet::new();
        for query in context.queries {
            for used in query.selectors() {
                let Some(name) = used.selector.metric_name().filter(|name| !name.contains(':')) else { continue };
                let own = used.selector.matchers.iter().any(|m| {
                    m.label.text == "job"
                        && (m.op == MatchOp::Equal && jobs.contains(&m.value.as_str()) || query.is_variable(&m.value_range))
                });
                read.insert((name.to_owned(), own));
                labels.extend(used.selector.matchers.iter().map(|m| (name.to_owned(), m.label.text.clone())));
            }
        }
        let is_read = |name: &str| {
            let of = |read: &str| read.strip_prefix(name).is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"));
            read.iter().any(|(read, _)| of(read))
        };
        for metric in catalogue.metrics.iter().filter(|metric| !is_read(&metric.name.value)) {
            let unknown = read.iter().filter(|(name, own)| {
                let known = context.world.metric(name).is_some() || !context.world.recorded(name).is_empty();
                *own && !known && !exporters::is_known(name) && !exporters::comes_unasked(name)
            });
            let stem =
                |name: &str| ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name).to_owned();
            let stems: Vec<String> = unknown.flat_map(|(name, _)| [name.clone(), stem(name)]).collect();
            if let Some(meant) = did_you_mean(&metric.name.value, stems.iter().map(String::as_str)) {
                found.push(
                    META.finding(metric.name.span, format!("nothing reads `{}`, and rules or panels read `{meant}`", metric.name.value))
                        .path(format!("metrics.{}", metric.name.value))
                        .help(format!("did you mean `{meant}`?")),
                );
            }
        }
        for metric in catalogue.metrics.iter().filter(|metric| matches!(metric.kind, MetricType::Gauge)) {
            let is_own = |name: &str| ["_sum", "_count", "_bucket"].iter().any(|end| name.strip_suffix(end) == Some(&metric.name.value));
            let is_other = |name: &str| context.world.metric(name).is_some() || !context.world.recorded(name).is_empty();
            if let Some((name, _)) = read.iter().find(|(name, own)| *own && is_own(name) && !is_other(name)) {
                let message = format!("`{}` is a gauge here, which has no `{name}`, and rules or panels read that", metric.name.value);
                let path = format!("metrics.{}.type", metric.name.value);
                found.push(META.finding(metric.name.span, message).path(path).help("declare it as a summary or a histogram"));
            }
        }
        for metric in &catalogue.metrics {
            let asked: Vec<&str> =
                labels.iter().filter(|(name, _)| name.starts_with(&metric.name.value)).map(|(_, label)| label.as_str()).collect();
            let declared = |label: &str| metric.labels.iter().any(|known| known.name.value == label);
            for label in metric.labels.iter().filter(|label| !asked.contains(&label.name.value.as_str())) {
                let unknown =
                    asked.iter().copied().filter(|asked| !declared(asked) && !matches!(*asked, "job" | "instance" | "le" | "__name__"));
                if let Some(meant) = did_you_mean(&label.name.value, unknown) {
                    let message = format!(
                        "nothing asks `{}` for `{}`, and rules or panels ask it for `{meant}`",
                        metric.name.value, label.name.value
                    );
                    let path = format!("metrics.{}.labels.{}", metric.name.value, label.name.value);
                    found.push(META.finding(label.name.span, message).path(path).help(format!("did you mean `{meant}`?")));
                }
            }
        }
        replaced(catalogue, context, found);
        values(catalogue, context, found);
        undeclared(catalogue, context, found);
    }
}

/// Values that rules and panels of several files ask a label for, and that are not declared: the declaration may be what is wrong.
fn values(catalogue: &Catalogue, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<(&str, &str, String), BTreeSet<SourceId>> = BTreeMap::new();
    for query in context.queries {
        for used in query.selectors() {
            let Some((_, metric, _)) = context.world.metric_of(used.selector) else { continue };
            for matcher in used.selector.matchers.iter().filter(|matcher| !query.is_variable(&matcher.value_range)) {
                let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
                let Some(known) = label.values.as_ref().filter(|known| known.len() <= 20) else { continue };
                if matcher.op == MatchOp::Equal && known.contains(&matcher.value) {
                    continue;
                }
                let of_none = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
                    && !matcher.value.is_empty()
                    && known.iter().all(|value| matches(matcher, value) == Some(false));
                let pattern = of_none.then(|| matcher.value.clone());
                let named = named_values(matcher).into_iter().filter(|value| !known.contains(value));
                for value in named.chain(pattern).collect::<BTreeSet<_>>() {
                    let place = (metric.name.value.as_str(), label.name.value.as_str(), value);
                    asked.entry(place).or_default().insert(query.node.span.source);
                }
            }
        }
    }
    for ((metric, label, value), files) in asked.iter().filter(|(_, files)| files.len() > 1) {
        let declared = catalogue.metrics.iter().find(|known| known.name.value == *metric);
        let Some(place) = declared.and_then(|known| known.labels.iter().find(|known| known.name.value == *label)) else { continue };
        let message = format!("{} files ask `{metric}` for the `{label}` `{value}`, which is not among its values here", files.len());
        let path = format!("metrics.{metric}.labels.{label}.values");
        found.push(META.finding(place.name.span, message).path(path).help("declare it, or correct the rules and panels"));
    }
}

/// Whether a job gives its targets or its series a label, by a name that is written or by any.
fn is_written_by_scrape(label: &str, context: &Context<'_>) -> bool {
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs);
    jobs.into_iter().any(|job| job.relabel.iter().chain(&job.metric_relabel).any(|step| writes(step, label)))
}

/// The only label of a metric that nothing reads, while all that read another ask for one that is not declared; and the same of
/// the only value of a label.
fn replaced(catalogue: &Catalogue, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut values: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for query in context.queries {
        for used in &query.selectors() {
            let Some((_, metric, _)) = context.world.metric_of(used.selector) else { continue };
            asked.entry(metric.name.value.as_str()).or_default().extend(labels_of(query, used));
            for matcher in used.selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && !query.is_variable(&m.value_range)) {
                if let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) {
                    values.entry((metric.name.value.as_str(), label.name.value.as_str())).or_default().insert(matcher.value.clone());
                }
            }
        }
    }
    for metric in &catalogue.metrics {
        let Some(asked) = asked.get(metric.name.value.as_str()) else { continue };
        let unread: Vec<_> = metric.labels.iter().filter(|label| !asked.contains(&label.name.value)).collect();
        let is_plain = |label: &str| matches!(label, "job" | "instance" | "le" | "__name__" | "quantile");
        let unknown: Vec<&String> =
            asked.iter().filter(|label| !is_plain(label) && !metric.labels.iter().any(|known| known.name.value == **label)).collect();
        if let ([label], [other]) = (unread.as_slice(), unknown.as_slice())
            && did_you_mean(other, metric.labels.iter().map(|known| known.name.value.as_str())).is_none()
            && !is_written_by_scrape(other, context)
        {
            let message =
                format!("nothing reads the label `{}` of `{}`, and rules or panels ask for `{other}`", label.name.value, metric.name.value);
            let path = format!("metrics.{}.labels.{}", metric.name.value, label.name.value);
            found.push(META.finding(label.name.span, message).path(path).help("declare that, or correct the rules and panels"));
        }
        for label in &metric.labels {
            let known = label.values.as_ref().filter(|known| known.len() == 1);
            let asked = values.get(&(metric.name.value.as_str(), label.name.value.as_str()));
            if let (Some(known), Some(asked)) = (known, asked)
                && asked.len() == 1
                && asked.iter().all(|value| !known.contains(value))
            {
                let message = format!(
                    "`{}` is only ever `{}`, and rules or panels ask for `{}`",
                    label.name.value,
                    known[0],
                    asked.first().map_or("", String::as_str)
                );
                let path = format!("metrics.{}.labels.{}.values", metric.name.value, label.name.value);
                found.push(META.finding(label.name.span, message).path(path).help("declare that, or correct the rules and panels"));
            }
        }
    }
}

/// Labels that rules and panels of several files ask a metric for or group it by, and that are not declared.
fn undeclared(catalogue: &Catalogue, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<(&str, String), BTreeSet<SourceId>> = BTreeMap::new();
    for query in context.queries {
        for used in &query.selectors() {
            let Some((_, metric, _)) = context.world.metric_of(used.selector) else { continue };
            let is_plain = |label: &String| {
                matches!(label.as_str(), "job" | "instance" | "le") || metric.labels.iter().any(|known| known.name.value == *label)
            };
            let asks = labels_of(query, used);
            if asks.iter().all(is_plain) {
                continue;
            }
            let shape = selector_shape(used.selector, context.world);
            for label in asks.into_iter().filter(|label| shape.closed && !shape.possible(label)) {
                asked.entry((metric.name.value.as_str(), label)).or_default().insert(query.node.span.source);
            }
        }
    }
    for ((metric, label), files) in asked.iter().filter(|(_, files)| files.len() > 1) {
        let Some(declared) = catalogue.metrics.iter().find(|known| known.name.value == *metric) else { continue };
        let message = format!("{} files ask `{metric}` for the label `{label}`, which is not declared here", files.len());
        let finding = META.finding(declared.name.span, message).path(format!("metrics.{metric}.labels"));
        found.push(finding.help("declare it, or correct the rules and panels"));
    }
}

/// The labels that an expression compares of a selector, and groups it alone by.
fn labels_of(query: &Query<'_>, used: &Use<'_>) -> Vec<String> {
    let plain = used.selector.matchers.iter().filter(|matcher| !query.is_variable(&matcher.label.range));
    let mut labels: Vec<String> = plain.map(|matcher| matcher.label.text.clone()).collect();
    for around in &used.ancestors {
        if let ExprKind::Aggregate(aggregate) = &around.kind
            && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)
            && selectors(&aggregate.expr).len() == 1
        {
            let plain = grouping.labels.iter().filter(|label| label.text != "le" && !query.is_variable(&label.range));
            labels.extend(plain.map(|label| label.text.clone()));
        }
    }
    labels
}

//! Metrics and labels of a manifest that nobody reads, while rules read nearly the same.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::Context;
use crate::lint::declared::Evidence;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::MatchOp;

rule! {
    /// The manifest declares a metric, or a label of one, that no rule and no panel reads, while some read a name that differs by a
    /// letter and that it does not declare. The slip is most likely in the manifest, for the others agree.
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
            let unknown =
                read.iter().filter(|(name, own)| *own && context.world.metric(name).is_none() && context.world.recorded(name).is_empty());
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
    }
}

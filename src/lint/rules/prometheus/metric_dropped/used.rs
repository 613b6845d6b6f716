//! What is read of a job.

use std::collections::{BTreeMap, BTreeSet};

use super::readers::Readers;
use crate::formats::prometheus::{Job, Prometheus};
use crate::lint::context::Context;
use crate::lint::query::{Query, matches};
use crate::lint::words::anchored::full_match;
use crate::lint::world::World;
use crate::promql::ast::{ExprKind, MatchOp};
use crate::promql::walk::visit;

/// What is read of a job.
pub(super) struct Used<'a> {
    /// Metrics, with who reads them.
    pub(super) metrics: BTreeMap<String, Vec<&'a Query<'a>>>,
    pub(super) labels: BTreeSet<String>,
    /// Labels that its series are known to have.
    pub(super) own: BTreeSet<String>,
    /// Labels that are compared with a value, how that is written, and the values that it means, as far as they are known.
    pub(super) values: BTreeMap<(String, String), BTreeSet<String>>,
}

impl<'a> Used<'a> {
    /// What is needed of the copies that a remote storage is sent: that they stay apart.
    pub(super) fn of_copies() -> Self {
        Self { metrics: BTreeMap::new(), labels: BTreeSet::new(), own: BTreeSet::new(), values: BTreeMap::new() }
    }

    /// What rules and panels read of a job, or of any; and what the manifest of the job declares.
    pub(super) fn of(job: Option<&Job<'_>>, config: &Prometheus<'_>, readers: &Readers<'a>, context: &Context<'a>) -> Self {
        let own = BTreeSet::from(["job", "instance", "__name__", "le"].map(str::to_owned));
        let mut used = Self { metrics: BTreeMap::new(), labels: BTreeSet::new(), own, values: BTreeMap::new() };
        match job.filter(|_| config.jobs.len() > 1) {
            Some(job) => readers.of_job(job.name()).for_each(|query| used.add(query, Some(job), config, context.world)),
            None => context.queries.iter().for_each(|query| used.add(query, job, config, context.world)),
        }
        let declared: Vec<_> = context.world.catalogues.iter().filter(|c| job.is_none_or(|job| c.is_of(job.name()))).collect();
        for ((label, written), values) in &mut used.values {
            let labels = declared.iter().flat_map(|c| &c.metrics).flat_map(|metric| &metric.labels);
            let known = labels.filter(|known| known.name.value == *label).filter_map(|known| known.values.as_ref());
            values.extend(known.flatten().filter(|value| full_match(written, value) == Some(true)).cloned());
        }
        for catalogue in context.world.catalogues {
            if job.is_some_and(|job| catalogue.is_of(job.name())) {
                let declared = catalogue.metrics.iter().flat_map(|metric| &metric.labels).map(|label| label.name.value.clone());
                used.own.extend(declared.clone());
                used.labels.extend(declared);
            }
        }
        used
    }

    pub(super) fn add(&mut self, query: &'a Query<'a>, job: Option<&Job<'_>>, config: &Prometheus<'_>, world: &World<'_>) {
        let mut read = false;
        for found in query.selectors() {
            let Some(name) = found.selector.metric_name().filter(|_| !query.is_variable_metric(found.selector)) else { continue };
            let pins: Vec<_> =
                found.selector.matchers.iter().filter(|m| m.label.text == "job" && !query.is_variable(&m.value_range)).collect();
            let of_job = match job {
                None => true,
                // A fixed set of jobs, of which this is one; or the only job there is, or whose page has it.
                Some(job) => {
                    let pinned = pins.iter().any(|m| {
                        matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !m.value.is_empty() && m.value != ".*" && m.value != ".+"
                    });
                    let is_alone = || world.job_read(found.selector) == Some(job.name());
                    (pinned || config.jobs.len() == 1 || pins.is_empty() && is_alone())
                        && pins.iter().all(|matcher| matches(matcher, job.name()) == Some(true))
                }
            };
            // Prometheus makes these itself, behind relabelling.
            if !of_job || name.contains(':') || name == "up" || name.starts_with("scrape_") || name.starts_with("ALERTS") {
                continue;
            }
            read = true;
            self.metrics.entry(name.to_owned()).or_default().push(query);
            let labels = found.selector.matchers.iter().map(|matcher| matcher.label.text.as_str());
            self.labels.extend(labels.filter(|label| !matches!(*label, "__name__")).map(str::to_owned));
            let asked = found.selector.matchers.iter().filter(|m| !matches!(m.label.text.as_str(), "job" | "instance" | "__name__"));
            for matcher in asked.filter(|m| matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !query.is_variable(&m.value_range)) {
                let plain = matcher.value.replace('\\', "");
                let known = if matcher.label.text == "le" { plain.split('|').map(str::to_owned).collect() } else { BTreeSet::new() };
                let exactly = BTreeSet::from([matcher.value.clone()]);
                let values = if matcher.op == MatchOp::Equal { exactly } else { known };
                self.values.entry((matcher.label.text.clone(), matcher.value.clone())).or_default().extend(values);
            }
        }
        let Some(expr) = query.expr.as_ref().filter(|_| read) else { return };
        visit(expr, &mut |expr| {
            if let ExprKind::Aggregate(aggregate) = &expr.kind
                && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)
            {
                self.labels.extend(grouping.labels.iter().map(|label| label.text.clone()));
            }
        });
    }
}

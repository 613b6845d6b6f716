//! What a manifest could say of a live page: a draft for people to go on with.
//!
//! Declared is what the page shows and nothing that it does not: a metric whose declaration would have to be made up is
//! left out, with the reason. What is promised of it is a proposal, with thresholds that its buckets can tell.

mod buckets;
mod labels;
mod metric;
mod saturation;
mod service_level;

use std::collections::BTreeMap;

use serde::Serialize;

use super::contract::{Seen, syntax_of};
use crate::formats::exposition::{self, Family, Fault, Page, noise};
use metric::Metric;

/// So many names of each reason are kept.
const NAMED: usize = 8;

/// What a manifest could say of a page.
#[derive(Debug, Default, Serialize)]
pub struct Draft {
    /// The catalogue, in the order of the page.
    metrics: Vec<Metric>,
    /// Proposed alerts, by name.
    alerts: Vec<Alert>,
    /// Proposed objectives, by name.
    objectives: Vec<Objective>,
    /// What is not declared, and why.
    left_out: Vec<LeftOut>,
}

/// A proposed alert.
#[derive(Debug, PartialEq, Serialize)]
struct Alert {
    name: String,
    severity: &'static str,
    #[serde(flatten)]
    kind: AlertKind,
}

impl Alert {
    /// One that somebody is woken for.
    fn critical(name: String, kind: AlertKind) -> Self {
        Self { name, severity: "critical", kind }
    }

    /// One that can wait for the morning.
    fn warning(name: String, kind: AlertKind) -> Self {
        Self { name, severity: "warning", kind }
    }
}

/// What it is about.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum AlertKind {
    /// Too large a share of events is bad.
    Ratio(Events),
    /// The slowest take too long.
    Quantile { of: String, above: Bound },
    /// Something is nearly full.
    Saturation { of: String },
}

/// A proposed objective.
#[derive(Debug, PartialEq, Serialize)]
struct Objective {
    name: String,
    #[serde(flatten)]
    kind: ObjectiveKind,
}

/// What is promised.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ObjectiveKind {
    /// Events that are not bad.
    Ratio(Events),
    /// Events that are fast enough.
    Latency { of: String, within: Bound },
}

/// A counter, and the label by which some of its events are bad.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Events {
    of: String,
    label: String,
    /// Values of it, or an expression.
    bad: Bad,
}

/// What a label of bad events holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Bad {
    Expression(&'static str),
    Values(Vec<String>),
}

/// A bound of a histogram, as a manifest writes it: `500ms`, `1000`.
type Bound = String;

/// Metrics that are not declared for the same reason.
#[derive(Debug, PartialEq, Serialize)]
struct LeftOut {
    why: &'static str,
    count: usize,
    /// Some of their names.
    names: Vec<String>,
    /// Whether these are not all.
    more: bool,
}

impl Draft {
    /// Makes a draft of a page; with the first fault over which a scrape would be lost.
    pub fn of(seen: &Seen) -> (Self, Option<String>) {
        let page = exposition::read(&seen.body, syntax_of(seen));
        let fault = page.faults().iter().find(|fault| fault.stops.at(exposition::Generation::Three));
        (Self::of_page(&page), fault.map(|fault| said(&page, seen, fault)))
    }

    fn of_page(page: &Page) -> Self {
        let families: BTreeMap<String, Family> = page.families().map(|family| (family.full_name().into_owned(), family)).collect();
        let mut metrics = Vec::new();
        let mut left_out: Vec<LeftOut> = Vec::new();
        for family in page.families() {
            let name = family.full_name().into_owned();
            if is_moment_of(&families, &name) {
                continue;
            }
            if let Some(prefix) = noise(&name) {
                leave_out(&mut left_out, "they say something of the client library, not of the service", format!("{prefix}*"));
                continue;
            }
            match metric::declare(&name, family) {
                Ok(metric) => metrics.push(metric),
                Err(why) => leave_out(&mut left_out, why, name),
            }
        }
        let (mut alerts, objectives) = service_level::propose(&metrics);
        alerts.extend(saturation::propose(&mut metrics));
        Self { metrics, alerts, objectives, left_out }
    }

    /// How many metrics are declared.
    pub fn declared(&self) -> usize {
        self.metrics.len()
    }

    /// How many metrics of the page are left out.
    pub fn left_out(&self) -> usize {
        self.left_out.iter().map(|reason| reason.count).sum()
    }

    /// How many alerts and objectives are proposed.
    pub fn proposed(&self) -> (usize, usize) {
        (self.alerts.len(), self.objectives.len())
    }

    /// Notes that a rule does not apply to a metric: a page is as it is. Says whether that is new.
    pub fn allow(&mut self, name: &str, rule: &str) -> bool {
        let metric = self.metrics.iter_mut().find(|metric| metric.name == name);
        metric.is_some_and(|metric| metric.allow(rule))
    }
}

/// Whether a metric only says when another one was created, as some clients do in text.
fn is_moment_of(families: &BTreeMap<String, Family>, name: &str) -> bool {
    let Some(base) = name.strip_suffix("_created") else { return false };
    families.contains_key(base) || families.contains_key(&format!("{base}_total"))
}

fn leave_out(all: &mut Vec<LeftOut>, why: &'static str, name: String) {
    let index = all.iter().position(|known| known.why == why).unwrap_or_else(|| {
        all.push(LeftOut { why, count: 0, names: Vec::new(), more: false });
        all.len() - 1
    });
    let reason = &mut all[index];
    reason.count += 1;
    if reason.names.contains(&name) {
        return;
    }
    if reason.names.len() < NAMED {
        reason.names.push(name);
    } else {
        reason.more = true;
    }
}

fn said(page: &Page, seen: &Seen, fault: &Fault) -> String {
    let at = page.position(fault.range.start);
    format!("{}:{}:{}: {}", super::excerpt::without_credentials(&seen.from), at.line, at.column, fault.message)
}

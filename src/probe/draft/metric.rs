//! One metric of a page as a manifest declares it.

use serde::Serialize;
use serde_json::Number;

use super::buckets::{self, Spread};
use super::labels::{self, Label};
use crate::formats::exposition::{Family, FamilyKind};
use crate::manifest::metrics::MetricType;
use crate::manifest::scalars::{MetricName, Text};
use crate::probe::contract::problems;

/// The names of series that Prometheus makes itself.
const RESERVED: &[&str] = &["up", "ALERTS", "ALERTS_FOR_STATE", "probe_success"];

/// A metric as it is declared.
#[derive(Debug, Serialize)]
pub(super) struct Metric {
    pub(super) name: String,
    #[serde(serialize_with = "kind_name")]
    pub(super) kind: MetricType,
    pub(super) help: Option<String>,
    pub(super) labels: Vec<Label>,
    pub(super) buckets: Vec<Number>,
    native: bool,
    /// The metric that says where it is full.
    pub(super) max: Option<String>,
    /// Whether it is there only once something happened.
    pub(super) on_first_use: bool,
    /// Rules that do not apply to it.
    allow: Vec<String>,
    /// Where its observations are.
    #[serde(skip)]
    pub(super) spread: Option<Spread>,
    /// How many series it has.
    #[serde(skip)]
    pub(super) series: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn kind_name<S: serde::Serializer>(kind: &MetricType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

impl Metric {
    /// Notes that a rule does not apply to it; says whether that is new.
    pub(super) fn allow(&mut self, rule: &str) -> bool {
        let new = !self.allow.iter().any(|known| known == rule);
        if new {
            self.allow.push(rule.to_owned());
        }
        new
    }
}

/// Declares a metric, or says why that would have to be made up.
pub(super) fn declare(name: &str, family: Family) -> Result<Metric, &'static str> {
    if MetricName::parse(name).is_err() {
        return Err("their names cannot be declared");
    }
    if RESERVED.contains(&name) {
        return Err("Prometheus makes series of this name itself");
    }
    if family.sample_count() == 0 {
        return Err("nothing was counted in them yet: their labels are not known");
    }
    let kind = kind(name, family)?;
    let spread = if kind == MetricType::Histogram { Some(buckets::spread(family)?) } else { None };
    let labels = labels::of(family)?;
    let counts_events = kind != MetricType::Gauge;
    let help = family.help().filter(|help| !help.trim().is_empty() && Text::parse(help).is_ok());
    let mut metric = Metric {
        name: name.to_owned(),
        kind,
        help: help.map(std::borrow::Cow::into_owned),
        // What counts events by a label has no series before the first one.
        on_first_use: counts_events && !labels.is_empty(),
        labels,
        buckets: spread.as_ref().map(Spread::numbers).unwrap_or_default(),
        native: spread.as_ref().is_some_and(Spread::is_native),
        max: None,
        allow: Vec::new(),
        spread,
        series: family.sample_count(),
    };
    if family.kind() == FamilyKind::Unknown {
        metric.allow("untyped");
    }
    if !problems(name, family).is_empty() {
        metric.allow("metric-naming");
    }
    Ok(metric)
}

/// Its type; where the page does not say it, as its name suggests.
fn kind(name: &str, family: Family) -> Result<MetricType, &'static str> {
    match family.kind() {
        FamilyKind::Counter => Ok(MetricType::Counter),
        FamilyKind::Histogram => Ok(MetricType::Histogram),
        FamilyKind::Summary => Ok(MetricType::Summary),
        FamilyKind::GaugeHistogram => Err("a manifest has no such type"),
        FamilyKind::Unknown if name.ends_with("_total") => Ok(MetricType::Counter),
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet | FamilyKind::Unknown => Ok(MetricType::Gauge),
    }
}

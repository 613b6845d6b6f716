//! What is declared: what manifests say and pages of metrics show, as far as lint asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;

use crate::lint::world::values::Values;
use crate::promql::Expr;
use crate::source::{Span, Spanned};

/// What a catalogue rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// A manifest: what it leaves out does not exist.
    #[default]
    Manifest,
    /// A page of metrics, which shows what there was at one moment: more values may come, and metrics with their first event.
    Page {
        /// The job that it is of, where that is said.
        job: Option<String>,
        /// Whether the page is among what is judged, rather than given to judge by.
        judged: bool,
        /// Whether Prometheus takes it, so that it shows all there is.
        whole: bool,
        /// How many samples it has.
        samples: usize,
    },
}

/// What a manifest declares or a page shows, as far as lint asks for it.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// What it rests on.
    pub evidence: Evidence,
    /// The service's name; the path of a page.
    pub service: Spanned<String>,
    /// Its scrape jobs.
    pub jobs: Vec<CatalogueJob>,
    /// Its metrics.
    pub metrics: Vec<Metric>,
    /// The series of a page with their values, by name; `None` where there are too many to be kept.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Its alerts.
    pub alerts: Vec<DeclaredAlert>,
    /// Its objectives.
    pub objectives: Vec<Objective>,
    /// The rules that are rendered from it.
    pub rendered: Vec<RenderedRule>,
    /// Labels that targets carry beside `job` and `instance`; `None` where discovery may add any.
    pub target_labels: Option<Vec<String>>,
    /// How long samples are kept, in milliseconds.
    pub retention: Option<Spanned<i64>>,
    /// The oldest Prometheus that must accept what is rendered: major and minor.
    pub prometheus_version: Option<(u32, u32)>,
    /// The oldest Alertmanager that must load what is rendered.
    pub alertmanager_version: Option<(u32, u32)>,
    /// The oldest blackbox_exporter that must load what is rendered.
    pub blackbox_version: Option<(u32, u32)>,
    /// Where traces go: protocol and endpoint.
    pub tracing: Option<(Spanned<String>, Spanned<String>)>,
    /// What lines of logs carry.
    pub logging: Option<DeclaredLogging>,
}

/// Series by name: the labels of each, and its value.
pub type Snapshot = HashMap<String, Vec<(BTreeMap<String, String>, f64)>>;

/// What a manifest says of lines of logs.
#[derive(Clone, Debug, Default)]
pub struct DeclaredLogging {
    /// Whether a line is text without fields.
    pub plain: bool,
    /// Fields that lines carry.
    pub fields: Vec<Spanned<String>>,
    /// Fields whose values must not be kept.
    pub redacted: Vec<Spanned<String>>,
}

impl Catalogue {
    /// Whether it is of a page of metrics.
    pub fn is_page(&self) -> bool {
        self.evidence != Evidence::Manifest
    }

    /// Whether its metrics are those of a job.
    pub fn is_of(&self, job: &str) -> bool {
        self.job() == Some(job)
    }

    /// Whether what it says of names and buckets is judged, too.
    pub fn is_judged(&self) -> bool {
        !matches!(self.evidence, Evidence::Page { judged: false, .. })
    }

    /// The job whose metrics these are, where it is known.
    pub fn job(&self) -> Option<&str> {
        match &self.evidence {
            Evidence::Manifest => self.jobs.first().map(|own| own.name.value.as_str()),
            Evidence::Page { job, .. } => job.as_deref(),
        }
    }

    /// How a place in it explains a finding.
    pub fn says(&self) -> &'static str {
        if self.is_page() { "exposed on this page" } else { "declared here" }
    }
}

/// A job that a manifest brings.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct CatalogueJob {
    /// Its name.
    pub name: Spanned<String>,
    /// How often it is scraped, in milliseconds.
    pub interval: Option<i64>,
    /// The path it is scraped at.
    pub path: Option<String>,
    /// Its static targets.
    pub targets: Vec<String>,
    /// The scheme it is scraped over.
    pub scheme: Option<String>,
}

/// The types of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// `counter`
    Counter,
    /// `gauge`
    Gauge,
    /// `histogram`
    Histogram,
    /// `summary`
    Summary,
    /// A page that does not say what it is.
    Untyped,
}

/// A declared metric.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct Metric {
    /// Its name without suffixes.
    pub name: Spanned<String>,
    /// Its type.
    pub kind: MetricType,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Whether it may have others: nothing of it was seen yet.
    pub open: bool,
    /// The upper bounds of a classic histogram, as written, without `+Inf`.
    pub buckets: Option<Spanned<Vec<f64>>>,
    /// Series that a page shows, the first of many, each with its own labels but for `le` and `quantile`.
    pub series: Vec<Vec<(String, String)>>,
    /// Those bounds as a page writes them.
    pub spelt: Vec<String>,
    /// The quantiles of a summary that a page shows; none where nobody says which there are.
    pub quantiles: Vec<f64>,
    /// Whether it is (also) a native histogram.
    pub native: bool,
    /// The value at which a gauge is full, where it is a number.
    pub max: Option<f64>,
    /// What is known of the values of a gauge.
    pub values: Values,
    /// Its unit, where it is declared.
    pub unit: Option<String>,
    /// Rules that its manifest switches off for it.
    pub allow: Vec<String>,
}

/// A declared label.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its name.
    pub name: Spanned<String>,
    /// All of its values, where they are declared; an HTTP status has 100 to 599.
    pub values: Option<Vec<String>>,
    /// A regular expression that every value matches.
    pub pattern: Option<String>,
    /// Values that a page shows; there may be others.
    pub seen: Vec<String>,
    /// Whether a series may lack it.
    pub optional: bool,
}

/// An alert that a manifest declares, as far as a rule of the same name can differ from it.
#[derive(Clone, Debug)]
pub struct DeclaredAlert {
    /// Its name.
    pub name: Spanned<String>,
    /// `for`, in milliseconds.
    pub hold: Option<Spanned<i64>>,
    /// Its severity, where it is the same for all of its rules.
    pub severity: Option<Spanned<String>>,
    /// The quantile that it takes.
    pub quantile: Option<Spanned<f64>>,
    /// What it fires above, in each unit that an expression may count in.
    pub above: Option<Spanned<Vec<f64>>>,
    /// What makes an event bad: labels and patterns.
    pub bad: Vec<(String, Spanned<String>)>,
    /// The gauge whose share of its maximum is asked for.
    pub saturates: Option<String>,
    /// The job of the dependency that has to be up.
    pub down: Option<Spanned<String>>,
}

/// A rule that is rendered from a manifest.
#[derive(Clone, Debug)]
pub struct RenderedRule {
    /// Whether it raises an alert; else it records a series.
    pub is_alert: bool,
    /// Its name.
    pub name: String,
    /// What it asks.
    pub expr: Expr,
    /// `for`, in milliseconds.
    pub hold: i64,
    /// The labels that it sets.
    pub labels: BTreeMap<String, String>,
    /// What brings it.
    pub span: Span,
}

/// A declared objective.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct Objective {
    /// Its name.
    pub name: Spanned<String>,
    /// The good share, 0 to 1.
    pub target: Spanned<f64>,
    /// The metric whose events it counts.
    pub metric: Option<String>,
    /// For latency: the histogram and the bound in its unit.
    pub within: Option<(String, Spanned<f64>)>,
}

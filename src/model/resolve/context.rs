//! What the sections of a service need of each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use super::places::Places;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::Manifest;
use crate::model::Dependency;
use crate::model::catalogue::Metric;
use crate::model::stack::Stack;
use crate::model::synthetic::Labels;
use crate::promql::{self, ErrorKind};
use crate::source::{SourceMap, Span};

/// A service as far as it is understood.
pub(super) struct Context<'a> {
    /// Where its manifest stands.
    pub(super) document: Span,
    pub(super) manifest: &'a Manifest,
    pub(super) sources: &'a SourceMap,
    pub(super) places: Places<'a>,
    pub(super) stack: &'a Stack,
    pub(super) name: String,
    pub(super) job: String,
    pub(super) probe_job: String,
    pub(super) metrics: Arc<BTreeMap<String, Arc<Metric>>>,
    pub(super) dependencies: Vec<Dependency>,
    /// Labels that every alert of the service carries.
    pub(super) labels: Arc<Labels>,
}

impl Context<'_> {
    /// Reads an expression that stands at a place and a path of the manifest; what is wrong is found at its characters.
    pub(super) fn parse(&self, text: &str, place: Span, path: &str, findings: &mut Findings) -> Option<promql::Expr> {
        let error = match promql::parse(text, &promql::Options::stock()) {
            Ok(expr) => return Some(expr),
            Err(error) => error,
        };
        let span = self.places.within(place, error.range.clone());
        let mut finding = Diagnostic::error("promql-syntax", span, error.message.clone()).path(path);
        if let ErrorKind::NeedsFeature(feature) = error.kind {
            finding = finding.help(format!("Prometheus needs `--enable-feature={}` for this", feature.name()));
        }
        findings.add(finding);
        None
    }

    /// The metric of this name, or a finding that says what it may have been meant to be.
    pub(super) fn metric(&self, name: &str, span: Span, path: &str, findings: &mut Findings) -> Option<Arc<Metric>> {
        if let Some(metric) = self.metrics.get(name) {
            return Some(metric.clone());
        }
        // A metric that is declared and could not be read has its own finding.
        if !self.manifest.metrics.contains_key(name) {
            let finding = Diagnostic::error("unknown-metric", span, format!("the manifest declares no metric `{name}`")).path(path);
            findings.add(match did_you_mean(name, self.metrics.keys().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help(format!("declare it: `metrics: {{ {name}: {{ type: … }} }}`")),
            });
        }
        None
    }
}

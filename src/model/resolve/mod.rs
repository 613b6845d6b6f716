//! From what was written to what it means: every name is looked up, every default filled in, every promise turned
//! into a signal. Whatever does not fit is a finding at its place, and all of them come in one run.

mod addresses;
mod alerts;
mod bodies;
mod catalogue;
mod context;
mod dashboard;
mod feeding;
mod findings;
mod fleet;
mod generated;
mod health;
mod log_alerts;
mod objectives;
mod places;
mod receivers;
pub mod rules;
mod safety;
mod scrape;
mod service;
mod stack;
mod telemetry;

use crate::diagnostic::{Diagnostic, Level};
use crate::manifest::Located;
use crate::model::Model;
use crate::parallel;
use crate::source::SourceMap;
use findings::Findings;

/// What became of resolving.
#[derive(Debug)]
pub struct Resolved {
    /// The model; `None` where an error stands in the way.
    pub model: Option<Model>,
    /// Everything that was found, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Makes a model of the manifests of a run, each of which is let go as soon as its service is understood.
pub fn resolve(manifests: Vec<Located>, sources: &SourceMap) -> Resolved {
    let mut findings = Findings::default();
    let stack = stack::resolve(&manifests, &mut findings);
    let resolved = parallel::consume(manifests, |located| {
        let mut findings = Findings::default();
        (service::resolve(&located, &stack, sources, &mut findings), fleet::Said::by(&located), findings)
    });
    let mut services = Vec::new();
    let mut said = Vec::with_capacity(resolved.len());
    for (service, by_it, found) in resolved {
        services.extend(service);
        said.push(by_it);
        findings.0.extend(found.0);
    }
    let model = fleet::assemble(services, stack, &said, &mut findings);
    let mut diagnostics = findings.0;
    diagnostics.sort_by(|a, b| (a.span, &a.rule, &a.message).cmp(&(b.span, &b.rule, &b.message)));
    let broken = diagnostics.iter().any(|d| d.level == Level::Error);
    Resolved { model: model.filter(|_| !broken), diagnostics }
}

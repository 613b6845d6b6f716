//! From meaning to text: one file per kind of artifact, each a template and the values that it places.
//!
//! Nothing is written here but by [`plan`], and nothing reaches it that [`readback`] has not read again.

mod address;
pub mod alertmanager;
pub mod alerts;
pub mod alike;
pub mod blackbox;
pub mod code;
pub mod collector;
pub mod compose;
pub mod dashboard;
mod engine;
pub mod engines;
pub mod grafana;
pub mod kubernetes;
pub mod logs;
pub mod loki_rules;
mod markdown;
pub mod particulars;
pub mod plan;
pub mod prometheus;
pub mod readback;
mod ready;
pub mod recording;
mod remote_write;
pub mod rule_tests;
pub mod runbooks;
pub mod scrape_config;
pub mod starter;
mod subject;
mod yaml;

use std::borrow::Cow;

use serde::Serialize;

use crate::manifest::stack::Version;
use crate::model::{Common, Model, Service};
use crate::parallel;

pub use engine::{Engine, TemplateError};
pub use subject::Subject;

/// A kind of artifact.
pub trait Artifact: Sync {
    /// Its name, as `--only` and `render:` know it.
    fn kind(&self) -> &'static str;

    /// Whether it is rendered without being asked for.
    fn by_default(&self) -> bool {
        true
    }

    /// Its files that belong to one service.
    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let _ = (subject, engine);
        Ok(Vec::new())
    }

    /// Its files that belong to all services together.
    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let _ = (model, engine);
        Ok(Vec::new())
    }
}

/// Every kind, in the order of the documentation.
pub const ALL: &[&dyn Artifact] = &[
    &prometheus::PrometheusConfig,
    &recording::RecordingRules,
    &alerts::AlertRules,
    &rule_tests::RuleTests,
    &alertmanager::AlertmanagerConfig,
    &blackbox::BlackboxConfig,
    &dashboard::Dashboards,
    &dashboard::resource::Resources,
    &grafana::Provisioning,
    &collector::CollectorConfig,
    &logs::Logs,
    &loki_rules::LokiRules,
    &code::Code,
    &runbooks::Runbooks,
    &compose::Compose,
    &scrape_config::ScrapeConfig,
    &kubernetes::Objects,
    &engines::MIMIR,
    &engines::THANOS,
    &engines::VICTORIA_METRICS,
];

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    /// Its path below the output folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What is rendered: the default kinds and those asked for, or only those named.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Kinds of `--only`; empty for all.
    pub only: Vec<String>,
    /// Kinds beyond the default ones.
    pub more: Vec<String>,
}

impl Selection {
    /// The kinds that are rendered.
    pub fn kinds(&self, common: &Common) -> Vec<&'static str> {
        ALL.iter().filter(|artifact| self.includes(**artifact, common)).map(|artifact| artifact.kind()).collect()
    }

    /// Whether a kind is rendered.
    pub fn includes(&self, artifact: &dyn Artifact, common: &Common) -> bool {
        let kind = artifact.kind();
        if self.only.is_empty() {
            return artifact.by_default() || self.more.iter().any(|k| k == kind) || common.render.iter().any(|k| k == kind);
        }
        self.only.iter().any(|k| k == kind)
    }
}

/// A part of what is rendered that is rendered and judged by itself, so that the cost of a fleet grows with the number of
/// its services and no more than a few of its files are held at a time.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    /// The services whose own files are in it.
    services: &'a [Service],
    /// Whether it has the files that belong to all services.
    has_common: bool,
}

impl<'a> Share<'a> {
    /// The share of one service's own files.
    pub fn of(service: &'a Service) -> Self {
        Self { services: std::slice::from_ref(service), has_common: false }
    }

    /// The service whose own files it has and no other's, where there is one.
    pub fn service(&self) -> Option<&'a Service> {
        match self.services {
            [service] if !self.has_common => Some(service),
            _ => None,
        }
    }
}

/// The shares of a model: everything where there is one service; else what is common to all, and then each service's own.
pub fn shares(model: &Model) -> Vec<Share<'_>> {
    if !model.common.is_fleet {
        return vec![Share { services: &model.services, has_common: true }];
    }
    let own = model.services.iter().map(Share::of);
    [Share { services: &[], has_common: true }].into_iter().chain(own).collect()
}

/// Renders every selected file of a share, in the order of their paths.
pub fn render(share: Share, model: &Model, engine: &Engine, selection: &Selection) -> Result<Vec<File>, TemplateError> {
    let subjects: Vec<Subject> = share.services.iter().map(|service| Subject::new(service, &model.common)).collect();
    let mut files = Vec::new();
    let selected: Vec<_> = ALL.iter().filter(|artifact| selection.includes(**artifact, &model.common)).collect();
    if share.has_common {
        for rendered in parallel::map(&selected, |artifact| artifact.of_all(model, engine)) {
            files.extend(rendered?);
        }
    }
    for (artifact, subject) in selected.iter().flat_map(|artifact| subjects.iter().map(move |subject| (artifact, subject))) {
        files.extend(artifact.of_service(subject, engine)?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What belongs to all services of a fleet and to none of them; no service can be called this.
pub(crate) const SHARED: &str = "_shared";

/// `alerts.yml`, or `alerts/<service>.yml` in a fleet.
pub(crate) fn rule_path(common: &Common, kind: &str, service: &str) -> String {
    if common.is_fleet { format!("{kind}/{service}.yml") } else { format!("{kind}.yml") }
}

/// A key and a value that a template places.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Pair<T> {
    key: Cow<'static, str>,
    value: T,
}

impl<T> Pair<T> {
    pub(crate) fn new(key: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self { key: key.into(), value }
    }
}

/// The first Prometheus that knows `keep_firing_for`.
pub(crate) const KEEP_FIRING: Version = Version::new(2, 42);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::model::OPTIONAL_KINDS;

    #[test]
    fn a_manifest_can_ask_for_every_kind_that_is_not_rendered_anyway() {
        let optional: BTreeSet<&str> =
            super::ALL.iter().filter(|artifact| !artifact.by_default()).map(|artifact| artifact.kind()).collect();
        assert_eq!(optional, OPTIONAL_KINDS.iter().copied().collect());
    }
}

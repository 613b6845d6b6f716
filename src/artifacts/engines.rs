//! `mimir/…`, `thanos/…`, `victoriametrics/…`: the same rules for engines that go on where one Prometheus ends.
//!
//! Each took over Prometheus's format and added keys of its own. Rules are the very ones of `recording.yml` and `alerts.yml`, in one
//! file for each service: what is recorded comes first, and in groups of its own, for none of these engines promises
//! that a rule sees what the rule before it has just recorded.

use serde::Serialize;

use super::alerts::{self, RuleGroup};
use super::recording::{self, RecordingGroup};
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError};
use crate::model::{Common, Model};

/// An engine that takes Prometheus's rules.
pub struct Rules {
    kind: &'static str,
    /// What its groups say besides: a key and its value, words of ours.
    group: Option<(&'static str, &'static str)>,
    /// Whether a file says which namespace its groups are kept in.
    has_namespace: bool,
    /// How the file is given to it.
    command: &'static str,
}

/// Grafana Mimir's ruler, fed by mimirtool.
pub const MIMIR: Rules = Rules { kind: "mimir", group: None, has_namespace: true, command: "mimirtool rules sync" };

/// Thanos Ruler. Where a store does not answer, a rule fails and says so, rather than reckon with half of the data.
pub const THANOS: Rules = Rules {
    kind: "thanos",
    group: Some(("partial_response_strategy", "abort")),
    has_namespace: false,
    command: "thanos rule --rule-file=",
};

/// vmalert. Its expressions are said to be Prometheus's, not Graphite's or of logs.
pub const VICTORIA_METRICS: Rules =
    Rules { kind: "victoriametrics", group: Some(("type", "prometheus")), has_namespace: false, command: "vmalert -rule=" };

#[derive(Serialize)]
struct Values<'a> {
    command: &'static str,
    namespace: Option<String>,
    extra: Option<Extra>,
    recording: &'a [RecordingGroup],
    alerts: &'a [RuleGroup],
}

#[derive(Clone, Copy, Serialize)]
struct Extra {
    key: &'static str,
    value: &'static str,
}

impl Artifact for Rules {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let mut alerts = alerts::groups(subject);
        if !common.is_fleet {
            alerts.extend(alerts::shared(common));
        }
        let recording = recording::groups(service);
        if alerts.is_empty() && recording.is_empty() {
            return Ok(Vec::new());
        }
        let own = common.stack.mimir_namespace.as_ref().map(|namespace| {
            // A namespace is written by one file.
            if common.is_fleet { format!("{namespace}-{}", service.name) } else { namespace.clone() }
        });
        Ok(vec![self.file(common, engine, &service.name, own.unwrap_or_else(|| service.name.clone()), &recording, &alerts)?])
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let common = &model.common;
        let shared = alerts::shared(common).filter(|_| common.is_fleet);
        shared.map(|group| self.file(common, engine, SHARED, "monitoring".to_owned(), &[], &[group])).into_iter().collect()
    }
}

impl Rules {
    fn file(
        &self,
        common: &Common,
        engine: &Engine,
        name: &str,
        namespace: String,
        recording: &[RecordingGroup],
        alerts: &[RuleGroup],
    ) -> Result<File, TemplateError> {
        let values = Values {
            command: self.command,
            namespace: self.has_namespace.then_some(namespace),
            extra: self.group.map(|(key, value)| Extra { key, value }),
            recording,
            alerts,
        };
        let name = if common.is_fleet { name } else { "rules" };
        Ok(File { path: format!("{}/{name}.yml", self.kind), text: engine.render("engine-rules.yml.j2", values)? })
    }
}

//! What an alert carries: its labels and its words.

use std::sync::Arc;

use super::written::Written;
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::{Duration, LabelName, Text};
use crate::model::alert::{Alert, Group, Words, segment};
use crate::model::resolve::context::Context;
use crate::model::resolve::dashboard;
use crate::model::resolve::findings::{Findings, INVALID, owned};
use crate::model::signals::Signal;
use crate::model::synthetic::Labels;
use crate::model::text::Sentence;

/// What an alert carries.
pub(in crate::model::resolve) struct Dress {
    /// Its own labels.
    pub(in crate::model::resolve) labels: Labels,
    /// What the manifest has it say.
    pub(in crate::model::resolve) words: Arc<Words>,
}

/// Puts an alert together that carries this.
pub(in crate::model::resolve) fn finish(
    context: &Context,
    written: &Written,
    group: Group,
    signal: Box<dyn Signal>,
    hold: Duration,
    severity: &str,
    dress: Dress,
) -> Alert {
    Alert {
        name: written.name.to_owned(),
        group,
        signal,
        hold,
        keep_firing: written.alert.keep_firing_for.value().copied(),
        severity: severity.to_owned(),
        shared_labels: context.labels.clone(),
        own_labels: dress.labels,
        words: dress.words,
        span: written.span,
    }
}

/// An alert's own labels and its words.
pub(in crate::model::resolve) fn dress(context: &Context, written: &Written, findings: &mut Findings) -> Dress {
    let alert = written.alert;
    let mut labels = Labels::new();
    for (label, value) in alert.labels.valid() {
        match LabelName::parse(label) {
            Ok(_) if ["service", "severity", "alertname", "job", "slo", "burn"].contains(&label.value.as_str()) => {
                findings.add(
                    Diagnostic::error(INVALID, label.span, format!("the label `{}` is set by obsgen or by Prometheus", label.value))
                        .path(&*written.path),
                );
            }
            Ok(_) => drop(labels.insert(label.value.clone(), owned(value))),
            Err(why) => findings.add(Diagnostic::error(INVALID, label.span, why).path(&*written.path)),
        }
    }
    let own = |text: &crate::source::Lenient<Text>| text.value().map(|text| Sentence::new(text.0.clone()));
    let runbook = runbook(context, written).map(|url| ("runbook_url".to_owned(), Sentence::new(url)));
    let dashboard = dashboard_url(context).map(|url| ("dashboard_url".to_owned(), Sentence::new(url)));
    let mut more: Vec<_> = runbook.into_iter().chain(dashboard).collect();
    for (name, text) in alert.annotations.valid() {
        match LabelName::parse(name) {
            Ok(_) if ["summary", "description"].contains(&name.value.as_str()) || more.iter().any(|(known, _)| *known == name.value) => {
                findings.add(
                    Diagnostic::error(INVALID, name.span, format!("the annotation `{}` is written by obsgen", name.value))
                        .help("`summary`, `description` and `runbook` are keys of the alert")
                        .path(&*written.path),
                );
            }
            Ok(_) => more.push((name.value.clone(), Sentence::new(owned(text)))),
            Err(why) => findings.add(Diagnostic::error(INVALID, name.span, why).path(&*written.path)),
        }
    }
    Dress { labels, words: Arc::new(Words { summary: own(&alert.summary), description: own(&alert.description), more }) }
}

fn runbook(context: &Context, written: &Written) -> Option<String> {
    if let Some(url) = written.alert.runbook.valid() {
        return Some(owned(url));
    }
    let base = context.manifest.service.value()?.runbooks.valid().map(owned)?;
    Some(format!("{}/{}", base.trim_end_matches('/'), segment(written.name)))
}

/// The dashboard as people reach it: the manifest's link, or the uid below Grafana's URL.
fn dashboard_url(context: &Context) -> Option<String> {
    let links = context.manifest.service.value().and_then(|s| s.links.value());
    if let Some(url) = links.and_then(|l| l.dashboard.valid()) {
        return Some(owned(url));
    }
    let grafana = context.stack.grafana_url.as_ref()?;
    Some(format!("{}/d/{}", grafana.trim_end_matches('/'), dashboard::uid(context)))
}

//! Targets that are labelled as those of another service.

use super::Report;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::views::{PrometheusView, ViewKind};
use crate::source::Node;

/// Targets of a job that are labelled as the service of another one, which is called so, while targets elsewhere are labelled as this.
pub(super) fn crossed(job: &Job<'_>, view: &PrometheusView<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    const SERVICE: &[&str] = &["app", "application", "service"];
    let all = || {
        context.views.iter().flat_map(|view| match &view.kind {
            ViewKind::Prometheus(config) => config.jobs.iter().flat_map(|job| &job.targets.labels).copied().collect(),
            ViewKind::Targets(groups) => groups.labels.clone(),
            _ => Vec::new(),
        })
    };
    for (labels, name) in job.targets.labels.iter().flat_map(|labels| SERVICE.iter().map(move |name| (labels, *name))) {
        let Some((node, value)) = labels.get_str(name).filter(|(_, value)| *value != job.name()) else { continue };
        let is_job = |wanted: &str| view.config.jobs.iter().any(|other| other.name() == wanted);
        let is_given = |wanted: &str| all().any(|labels| labels.get(name).and_then(Node::as_str) == Some(wanted));
        if is_job(value) && is_given(job.name()) {
            let message = format!("the targets of `{}` are labelled as those of `{value}`", job.name());
            report(node, message, format!("did you mean `{}`?", job.name()));
        }
    }
}

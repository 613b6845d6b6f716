//! Files of targets, seen as the jobs see them that read them.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, Prometheus, TargetGroups};
use crate::lint::context::Context;
use crate::lint::rule::Rule;
use crate::lint::views::loading::Patterns;
use crate::lint::views::{PrometheusView, View, ViewKind};
use crate::source::Node;

/// A file of targets, and the jobs of a configuration that read it.
pub(in crate::lint) struct Listed<'a> {
    view: &'a View<'a>,
    /// Those jobs, with the targets of the file for their own.
    config: Prometheus<'a>,
}

/// The files of targets among the inputs that jobs among the inputs read.
pub(in crate::lint) fn of<'a>(views: &'a [View<'a>]) -> Vec<Listed<'a>> {
    let mut all = Vec::new();
    for view in views {
        let ViewKind::Targets(groups) = &view.kind else { continue };
        for reader in views {
            let ViewKind::Prometheus(config) = &reader.kind else { continue };
            let jobs: Vec<Job<'_>> =
                config.jobs.iter().filter(|job| reads(job, reader, view.file)).map(|job| with_targets(job, groups)).collect();
            if !jobs.is_empty() {
                let config = Prometheus {
                    root: config.root,
                    jobs,
                    rule_files: &[],
                    alertmanagers: Vec::new(),
                    remote_write: Vec::new(),
                    alert_relabel: Vec::new(),
                    external_labels: config.external_labels,
                    evaluation_interval: config.evaluation_interval,
                    fragment: true,
                };
                all.push(Listed { view, config });
            }
        }
    }
    all
}

fn reads(job: &Job<'_>, config: &View<'_>, file: &str) -> bool {
    let lists = job.node.items_of("file_sd_configs").filter_map(|one| one.get("files")?.as_sequence());
    lists.into_iter().any(|files| Patterns::new(config, files).load(file))
}

fn with_targets<'a>(job: &Job<'a>, groups: &TargetGroups<'a>) -> Job<'a> {
    let targets = TargetGroups {
        groups: groups.groups.clone(),
        addresses: groups.addresses.clone(),
        labels: groups.labels.clone(),
        discovery: Vec::new(),
    };
    Job { targets, relabel: job.relabel.clone(), metric_relabel: job.metric_relabel.clone(), ..*job }
}

impl Listed<'_> {
    /// What a rule finds in the file. What it finds in the job itself, it has found there already.
    pub(in crate::lint) fn judge(&self, rule: &dyn Rule, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut own = Vec::new();
        rule.jobs(&PrometheusView { config: &self.config, view: self.view }, context, &mut own);
        for mut diagnostic in own.into_iter().filter(|diagnostic| diagnostic.span.source == self.view.source) {
            if found.iter().all(|other| other.span != diagnostic.span || other.message != diagnostic.message) {
                diagnostic.path = self.path(&diagnostic);
                found.push(diagnostic);
            }
        }
    }

    /// The group that a finding is in.
    fn path(&self, diagnostic: &Diagnostic) -> Option<String> {
        let holds = |group: &Node| group.span.start <= diagnostic.span.start && diagnostic.span.end <= group.span.end;
        self.view.root.items().position(holds).map(|index| format!("[{index}]"))
    }
}

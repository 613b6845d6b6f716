//! Files of targets, seen as the jobs see them that read them, and jobs, seen with the targets of all their files.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::{Job, Prometheus, TargetGroups};
use crate::lint::context::Context;
use crate::lint::rule::Rule;
use crate::lint::views::loading::Patterns;
use crate::lint::views::{PrometheusView, View, ViewKind};
use crate::source::Node;

/// Jobs that read files of targets, with those targets for their own, and the document that is looked at for their sake.
pub(in crate::lint) struct Listed<'a> {
    /// A file of targets, or the configuration itself.
    view: &'a View<'a>,
    config: Prometheus<'a>,
}

/// The files of targets among the inputs that jobs among the inputs read.
pub(in crate::lint) fn of<'a>(views: &'a [View<'a>]) -> Vec<Listed<'a>> {
    let mut all = Vec::new();
    for view in views {
        let Some(groups) = groups(view) else { continue };
        for reader in views {
            let ViewKind::Prometheus(config) = &reader.kind else { continue };
            let jobs: Vec<Job<'_>> =
                config.jobs.iter().filter(|job| reads(job, reader, view.file)).map(|job| with_targets(job, groups)).collect();
            if !jobs.is_empty() {
                all.push(Listed { view, config: with_jobs(config, jobs) });
            }
        }
    }
    for view in views {
        let ViewKind::Prometheus(config) = &view.kind else { continue };
        let jobs: Vec<Job<'_>> = config.jobs.iter().filter_map(|job| whole(job, view, views)).collect();
        if !jobs.is_empty() {
            all.push(Listed { view, config: with_jobs(config, jobs) });
        }
    }
    all
}

fn with_jobs<'a>(config: &Prometheus<'a>, jobs: Vec<Job<'a>>) -> Prometheus<'a> {
    Prometheus {
        root: config.root,
        jobs,
        rule_files: &[],
        alertmanagers: Vec::new(),
        remote_write: Vec::new(),
        alert_relabel: Vec::new(),
        external_labels: config.external_labels,
        evaluation_interval: config.evaluation_interval,
        fragment: true,
    }
}

/// Tells every job which labels the targets of its files have, where each of these is among the inputs.
pub(in crate::lint) fn tell(views: &mut [View<'_>]) {
    let mut told = Vec::new();
    for (at, view) in views.iter().enumerate() {
        let ViewKind::Prometheus(config) = &view.kind else { continue };
        for (index, job) in config.jobs.iter().enumerate().filter(|(_, job)| is_whole(job, view, views)) {
            let lists = views.iter().filter(|other| reads(job, view, other.file)).filter_map(groups);
            let labels = lists.flat_map(|groups| &groups.labels).flat_map(|labels| labels.entries()).map(|(name, ..)| name);
            told.push((at, index, labels.collect::<Vec<_>>()));
        }
    }
    for (at, index, labels) in told {
        if let ViewKind::Prometheus(config) = &mut views[at].kind {
            config.jobs[index].targets.listed = Some(labels);
        }
    }
}

fn groups<'v, 'a>(view: &'v View<'a>) -> Option<&'v TargetGroups<'a>> {
    if let ViewKind::Targets(groups) = &view.kind { Some(groups) } else { None }
}

/// Whether all targets of a job that are not its own are of files of which each is among the inputs.
fn is_whole(job: &Job<'_>, config: &View<'_>, views: &[View<'_>]) -> bool {
    let only_files = !job.targets.discovery.is_empty() && job.targets.discovery.iter().all(|key| key.as_str() == Some("file_sd_configs"));
    let mut patterns = job.node.items_of("file_sd_configs").filter_map(|one| one.get("files")?.as_sequence()).flatten();
    let is_there = |pattern: &Node| {
        let patterns = Patterns::new(config, std::slice::from_ref(pattern));
        views.iter().any(|view| groups(view).is_some() && patterns.load(view.file))
    };
    only_files && patterns.all(is_there)
}

/// A job all of whose targets are written down: those of its own, and those of files of which each is among the inputs.
fn whole<'a>(job: &Job<'a>, config: &View<'_>, views: &'a [View<'a>]) -> Option<Job<'a>> {
    if !is_whole(job, config, views) {
        return None;
    }
    let mut targets = without_discovery(&job.targets);
    for groups in views.iter().filter(|view| reads(job, config, view.file)).filter_map(groups) {
        targets.groups.extend(&groups.groups);
        targets.addresses.extend(&groups.addresses);
        targets.labels.extend(&groups.labels);
    }
    Some(Job { targets, relabel: job.relabel.clone(), metric_relabel: job.metric_relabel.clone(), ..*job })
}

fn reads(job: &Job<'_>, config: &View<'_>, file: &str) -> bool {
    let lists = job.node.items_of("file_sd_configs").filter_map(|one| one.get("files")?.as_sequence());
    lists.into_iter().any(|files| Patterns::new(config, files).load(file))
}

fn with_targets<'a>(job: &Job<'a>, groups: &TargetGroups<'a>) -> Job<'a> {
    let targets = without_discovery(groups);
    Job { targets, relabel: job.relabel.clone(), metric_relabel: job.metric_relabel.clone(), ..*job }
}

fn without_discovery<'a>(groups: &TargetGroups<'a>) -> TargetGroups<'a> {
    TargetGroups {
        groups: groups.groups.clone(),
        addresses: groups.addresses.clone(),
        labels: groups.labels.clone(),
        ..TargetGroups::default()
    }
}

impl Listed<'_> {
    /// What a rule finds in the file, or in the jobs because of what the files hold. Files may be written anew at any time, so that
    /// nothing of a job is proved by them.
    pub(in crate::lint) fn judge(&self, rule: &dyn Rule, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut own = Vec::new();
        rule.jobs(&PrometheusView { config: &self.config, view: self.view }, context, &mut own);
        for mut diagnostic in own.into_iter().filter(|diagnostic| diagnostic.span.source == self.view.source) {
            if found.iter().all(|other| other.span != diagnostic.span || other.message != diagnostic.message) {
                if matches!(self.view.kind, ViewKind::Targets(_)) {
                    diagnostic.path = self.path(&diagnostic);
                } else if diagnostic.level == Level::Error {
                    diagnostic.level = Level::Warning;
                }
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

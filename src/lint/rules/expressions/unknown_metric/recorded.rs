//! Recorded series that no rule fills.

use super::META;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::query::expression::Expression;
use crate::lint::views::ViewKind;
use crate::lint::views::loading::Files;
use crate::lint::world::jobs::hands_on;
use crate::lint::world::programs;
use crate::promql::ast::Selector;

/// A recorded series that no rule here fills, while one fills a series of nearly this name.
pub(super) fn unrecorded(query: &Expression<'_, '_>, selector: &Selector, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let world = context.world;
    if !name.contains(':') || !world.recorded(name).is_empty() || world.metric(name).is_some() {
        return None;
    }
    // What a manifest records is not always rendered among the inputs.
    let rendered = || world.catalogues.iter().flat_map(|catalogue| &catalogue.rendered);
    if matches!(query.origin, Origin::Written(_)) && rendered().any(|rule| rule.name == name) {
        return None;
    }
    let place = query.span(&selector.metric.as_ref()?.range);
    let finding = META.finding_at(Level::Warning, place, format!("no rule here records `{name}`"));
    let Some(meant) = did_you_mean(name, world.recorded_names().filter(|known| known.contains(':'))) else {
        let sibling = world.recorded_names().find(|known| is_of_family(name, known));
        if let Some(rule) = sibling.and_then(|known| world.recorded(known).first()?.query.rule()) {
            let help = format!("record it, or read another one of what is recorded, as {}", rule.name.describe());
            return Some(finding.related(rule.name.span, "others of its family are recorded").help(help));
        }
        return all_rules_are_here(context).then(|| finding.help("record it, or read a series that is recorded"));
    };
    let rule = world.recorded(meant).first().and_then(|recorded| recorded.query.rule());
    let finding = rule.into_iter().fold(finding, |finding, rule| finding.related(rule.name.span, "this one is recorded"));
    Some(finding.help(format!("did you mean `{meant}`?")))
}

/// Whether two recorded names have the same level and metric, and so differ in the operations alone, or differ in the level alone.
fn is_of_family(name: &str, other: &str) -> bool {
    let parts = |name: &str| name.split(':').map(str::to_owned).collect::<Vec<_>>();
    match (parts(name).as_slice(), parts(other).as_slice()) {
        ([level, metric, operations], [other_level, other_metric, other_operations]) => {
            metric == other_metric && (level == other_level || operations == other_operations)
        }
        _ => false,
    }
}

/// Whether the one Prometheus of the inputs evaluates no other rules than those among them, and has no series of another server.
fn all_rules_are_here(context: &Context<'_>) -> bool {
    let files = Files::new(context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_))));
    let mut configs = context.views.iter().filter_map(|view| Some((view, view.prometheus()?)));
    let (Some((view, config)), None) = (configs.next(), configs.next()) else { return false };
    let alone = config.root.get("remote_read").is_none() && !config.jobs.iter().any(|job| may_bring_recorded(job, context));
    view.complete
        && alone
        && config.is_whole()
        && !config.jobs.is_empty()
        && !config.rule_files.is_empty()
        && config.rule_files.iter().all(|glob| files.loaded(view, glob).is_some())
}

/// Whether a job may bring what another server records: it hands on the series of others, and no page shows that none of them is
/// recorded.
fn may_bring_recorded(job: &Job<'_>, context: &Context<'_>) -> bool {
    let pages = || context.world.catalogues.iter().filter(|catalogue| catalogue.is_page() && catalogue.is_of(job.name()));
    let recorded = || pages().flat_map(|page| &page.metrics).any(|metric| metric.name.value.contains(':'));
    let is_of_applications = || programs::is_pushgateway(job) || programs::is_of_collector(job);
    job.metrics_path().contains("federate")
        || job.honor_labels && (recorded() || hands_on(job) && pages().next().is_none() && !is_of_applications())
}

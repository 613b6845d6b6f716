//! Metrics of a service that one asks of another job, and everybody else of its own.

use std::collections::BTreeMap;

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, named_job};
use crate::source::Span;

/// Who reads a metric of a job.
struct Readers<'a> {
    /// The job that the metric is declared for.
    own: &'a str,
    /// Where it is declared.
    declared: Span,
    all: Vec<(&'a Query<'a>, Use<'a>)>,
}

/// A metric that is called after its service, asked once of another job that there is, where others ask its own.
pub(super) fn elsewhere(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let world = context.world;
    // A fleet has thousands of services, of which one may hand on what another counts.
    if world.catalogues.is_empty() || world.catalogues.len() > 200 {
        return;
    }
    // By the metric and the job that it is asked of.
    let mut readers: BTreeMap<(&str, &str), Readers<'_>> = BTreeMap::new();
    for query in context.queries {
        for used in query.selectors() {
            let (Some(name), Some(job)) = (used.selector.metric_name(), named_job(used.selector)) else { continue };
            let Some((catalogue, metric, _)) = world.metric(name).filter(|(catalogue, ..)| !catalogue.is_page()) else { continue };
            let Some(own) = catalogue.job().filter(|own| is_called_after(name, own)) else { continue };
            let of = readers.entry((name, job)).or_insert_with(|| Readers { own, declared: metric.name.span, all: Vec::new() });
            of.all.push((query, used));
        }
    }
    for ((name, job), Readers { own, declared, all }) in &readers {
        let [(query, used)] = all.as_slice() else { continue };
        let shown =
            || world.catalogues.iter().any(|catalogue| catalogue.is_of(job) && catalogue.metrics.iter().any(|one| one.name.value == *name));
        if job == own || world.jobs_named(job).is_empty() || !readers.contains_key(&(*name, *own)) || shown() {
            continue;
        }
        let Some(matcher) = used.selector.matchers.iter().find(|matcher| matcher.label.text == "job") else { continue };
        let message = format!("only the job `{own}` is declared to expose `{name}`, and this leaves it out");
        let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message).path(query.path());
        found.push(finding.related(*declared, "declared here").help(format!("write `job=\"{own}\"`")));
    }
}

/// Whether a metric begins with a word of its job's name.
fn is_called_after(name: &str, job: &str) -> bool {
    let start = name.split('_').next().unwrap_or(name);
    start.len() > 2 && job.split(['-', '_', '.']).any(|word| word == start)
}

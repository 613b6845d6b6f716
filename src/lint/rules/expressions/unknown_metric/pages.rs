//! Metrics that pages would have to show, and do not.

use super::{META, digits};
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::matches;
use crate::lint::world::declared::{Catalogue, Evidence};
use crate::promql::ast::Selector;

/// A metric that is not on the pages of metrics where it would have to be.
pub(super) fn on_pages(query: &Expression<'_, '_>, selector: &Selector, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let world = context.world;
    let of_job = world.pages_of(selector);
    // Another job may have it; of the one that is asked for the pages show all.
    let elsewhere = world.metric(name.trim_end_matches("_created")).is_some();
    let is_made = ["scrape_", "probe_"].iter().any(|prefix| name.starts_with(prefix));
    if is_made || elsewhere && (of_job.is_none() || name.ends_with("_created")) {
        return None;
    }
    let pages = match &of_job {
        Some(pages) => pages.clone(),
        None => world
            .catalogues
            .iter()
            .filter(|c| matches!(c.evidence, Evidence::Page { job: None, .. }) || is_told_twice(c, selector, name, context))
            .collect(),
    };
    let shown: Vec<&str> = pages.iter().flat_map(|page| &page.metrics).map(|metric| metric.name.value.as_str()).collect();
    // A counter is often asked for without its suffix, or with one that it does not have.
    let stem = name.strip_suffix("_total").unwrap_or(name);
    let meant = shown
        .iter()
        .copied()
        .find(|known| known.strip_suffix("_total").unwrap_or(known) == stem)
        .or_else(|| did_you_mean(name, shown.iter().copied()));
    let page = pages.first()?;
    let level = match (of_job.is_some(), meant) {
        (true, Some(meant)) if is_slip(name, meant) => Level::Error,
        (true, _) | (false, Some(_)) => Level::Warning,
        (false, None) => return None,
    };
    let place = selector.metric.as_ref().map_or_else(|| query.span(&(0..0)), |metric| query.span(&metric.range));
    let message = match &page.evidence {
        Evidence::Page { job: Some(job), .. } if of_job.is_some() => format!("`{job}` exposes no metric `{name}`"),
        _ => format!("there is no metric `{name}` on the page"),
    };
    let finding = META.finding_at(level, place, message);
    let finding = pages.iter().fold(finding, |finding, page| finding.related(page.service.span, "the page of metrics"));
    Some(finding.help(meant.map_or_else(
        || "correct the name, unless the metric comes only with a certain event".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    )))
}

/// Whether a page is of a service that has a manifest as well, whose metrics begin as this one, and whose job may be meant: the
/// metric is neither declared nor shown.
fn is_told_twice(page: &Catalogue, selector: &Selector, name: &str, context: &Context<'_>) -> bool {
    let Evidence::Page { job: Some(job), whole: true, .. } = &page.evidence else { return false };
    let has_manifest = || context.world.catalogues.iter().any(|known| !known.is_page() && known.job() == Some(job));
    let begins = |name: &str| name.split('_').take(2).map(str::to_owned).collect::<Vec<_>>();
    let may_be_meant = || selector.matchers.iter().filter(|m| m.label.text == "job").all(|m| matches(m, job) != Some(false));
    page.metrics.iter().any(|metric| begins(&metric.name.value) == begins(name)) && has_manifest() && may_be_meant()
}

/// Whether one letter is wrong, too much, missing or out of place. A digit may well tell two metrics apart.
fn is_slip(name: &str, meant: &str) -> bool {
    strsim::damerau_levenshtein(name, meant) == 1 && digits(name) == digits(meant)
}

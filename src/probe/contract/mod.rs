//! The metrics contract: the live page against the declared catalogue. One file per concept.
//!
//! Scraping alone proves little: to Prometheus an empty page is up, and so is a histogram without buckets. What the
//! page cannot show, such as a counter that nothing has counted yet, is reported as unproven and never as fine.

mod buckets;
mod context;
mod counter;
mod duplicate;
mod duration;
mod finding;
mod help;
mod identity;
mod kept;
mod kind;
mod labels;
mod naming;
mod negotiation;
mod presence;
mod replicas;
mod selectors;
mod series;
mod syntax;
mod terms;
#[cfg(test)]
mod tests;
mod timestamps;
mod undeclared;
mod unit;

use std::collections::BTreeSet;

use super::failure::Failure;
use crate::formats::exposition::{self, Announced, Page, Syntax};
use context::Context;
use finding::Findings;
pub use kept::Kept;
pub(super) use labels::is_of_format;
pub(super) use naming::problems;
pub use terms::{Asked, ContentType, Seen, Terms};

/// What is asked of each page by itself, in the order in which it is reported.
const OF_A_PAGE: &[fn(&Context, &mut Findings)] = &[
    kind::check,
    labels::check,
    buckets::check,
    counter::check,
    duplicate::check,
    timestamps::check,
    series::check,
    selectors::check,
    unit::check,
    help::check,
    identity::check,
    naming::check,
    undeclared::check,
    duration::check,
];

/// What is asked of all pages of a service together.
const OF_ALL_PAGES: &[fn(&[Context], &mut Findings)] = &[presence::check, replicas::check];

/// Judges the pages of a service: what is wrong, and how much of the contract is kept.
pub(super) fn judge(terms: &Terms, pages: &[Seen]) -> (Vec<Failure>, Kept) {
    let mut findings = Findings::default();
    let mut kept = Kept { declared: terms.metrics.len(), would_scrape: true, ..Kept::default() };
    let read: Vec<(&Seen, Page)> = pages.iter().map(|seen| (seen, exposition::read(&seen.body, syntax_of(seen)))).collect();
    let contexts: Vec<Context> = read.iter().map(|(seen, page)| Context::new(terms, seen, page)).collect();
    let mut readable = true;
    for context in &contexts {
        kept.series += context.page.sample_count();
        kept.would_scrape &= syntax::check(context, &mut findings);
        readable &= context.page.sample_count() > 0;
    }
    if readable {
        for context in &contexts {
            for check in OF_A_PAGE {
                check(context, &mut findings);
            }
            negotiation::check(context, &mut findings);
        }
        for check in OF_ALL_PAGES {
            check(&contexts, &mut findings);
        }
    }
    count(&contexts, &findings, &mut kept);
    if terms.require_all {
        presence::require(terms, &kept, &mut findings);
    }
    (findings.into_failures(terms), kept)
}

/// The grammar that a page is read in: as announced, or else as it looks.
pub(super) fn syntax_of(seen: &Seen) -> Syntax {
    let looks = || if seen.body.trim_ascii_end().ends_with(b"\n# EOF") { Syntax::OpenMetrics } else { Syntax::Text };
    match &seen.content_type {
        None => looks(),
        Some(header) => match exposition::announced(header.0.as_deref()) {
            Announced::Syntax(syntax) => syntax,
            _ => Syntax::Text,
        },
    }
}

fn count(contexts: &[Context], findings: &Findings, kept: &mut Kept) {
    let wrong: BTreeSet<&str> = findings.failed_metrics().collect();
    let Some(first) = contexts.first() else { return };
    for metric in first.terms.metrics.values() {
        let there = contexts.iter().any(|context| context.families.get(&metric.name).is_some_and(|family| family.sample_count() > 0));
        if there && wrong.contains(metric.name.as_str()) {
            kept.wrong += 1;
        } else if there {
            kept.ok += 1;
        } else if metric.always && !metric.native {
            kept.missing += 1;
        } else {
            kept.unproven += 1;
            kept.unproven_metrics.push(metric.name.clone());
        }
    }
}

//! The metrics contract: the live page against the declared catalogue. One file per concept.
//!
//! Scraping alone proves little: to Prometheus an empty page is up, and so is a histogram without buckets. What the
//! page cannot show, such as a counter that nothing has counted yet, is reported as unproven and never as fine.

mod buckets;
mod counter;
mod duplicate;
mod duration;
mod finding;
mod help;
mod identity;
mod kind;
mod labels;
mod naming;
mod negotiation;
mod presence;
mod replicas;
mod selectors;
mod series;
mod syntax;
#[cfg(test)]
mod tests;
mod timestamps;
mod undeclared;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::report::Failure;
use crate::formats::exposition::{self, Announced, Family, Generation, Page, Syntax};
use crate::manifest::stack::Version;
use crate::model::catalogue::Metric;
use crate::promql::ast::Selector;
pub(super) use buckets::histograms;
use finding::Findings;
pub(super) use labels::is_of_format;
pub(super) use naming::problems;

/// What the manifest declares, as far as a page can keep it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The catalogue.
    pub metrics: Arc<BTreeMap<String, Arc<Metric>>>,
    /// Where each metric is declared, as people read it.
    pub declared_at: BTreeMap<String, String>,
    /// Bounds that alerts and objectives need: the metric, the bound and who needs it.
    pub bounds: Vec<(String, Decimal, String)>,
    /// What the rendered rules and dashboards ask the service for.
    pub asked: Vec<Asked>,
    /// The oldest Prometheus that must take the page.
    pub prometheus: Version,
    /// How long a scrape may last.
    pub timeout: Duration,
    /// Whether what is unproven has failed.
    pub require_all: bool,
}

/// A selector of something that was rendered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks: ``alert `HighErrorRate` ``.
    pub by: String,
    /// What it asks for.
    pub selector: Selector,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where from: a URL, or a file's name.
    pub from: String,
    /// Its `Content-Type`; `None` for a file, whose grammar is found out by its content.
    pub content_type: Option<ContentType>,
    /// The page.
    pub body: Vec<u8>,
    /// How long it took.
    pub took: Option<Duration>,
    /// The same page a moment later, asked for as text.
    pub again: Option<Box<Seen>>,
}

/// The header, which may be absent.
#[derive(Clone, Debug)]
pub struct ContentType(pub Option<String>);

/// What of the contract could be judged, and how it is kept.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Kept {
    /// Metrics that the manifest declares.
    pub declared: usize,
    /// Those that are as declared.
    pub ok: usize,
    /// Those that are not.
    pub wrong: usize,
    /// Those that must be there and are not.
    pub missing: usize,
    /// Those of which the page shows nothing yet.
    pub unproven: usize,
    /// The names of the unproven ones.
    pub unproven_metrics: Vec<String>,
    /// Series on all pages.
    pub series: usize,
    /// Whether the named Prometheus would store the page.
    pub would_scrape: bool,
}

impl Kept {
    /// `26 declared: 21 ok, 2 wrong, 1 missing, 2 unproven`
    pub fn sentence(&self) -> String {
        let Self { declared, ok, wrong, missing, unproven, .. } = self;
        format!("{declared} declared: {ok} ok, {wrong} wrong, {missing} missing, {unproven} unproven")
    }
}

/// One page, read, with what it is judged by.
struct Context<'c> {
    terms: &'c Terms,
    seen: &'c Seen,
    page: &'c Page<'c>,
    /// Families by the name that a manifest gives them.
    families: BTreeMap<String, Family<'c>>,
}

impl<'c> Context<'c> {
    fn new(terms: &'c Terms, seen: &'c Seen, page: &'c Page<'c>) -> Self {
        let families = page.families().map(|family| (family.full_name().into_owned(), family)).collect();
        Self { terms, seen, page, families }
    }

    /// Declared metrics with their families, as far as there are samples of them.
    fn pairs(&self) -> impl Iterator<Item = (&'c Metric, Family<'c>)> {
        self.terms.metrics.values().filter_map(|metric| {
            let family = *self.families.get(&metric.name)?;
            (family.sample_count() > 0).then_some((metric.as_ref(), family))
        })
    }

    /// Where something stands: `http://…/metrics:41:7`.
    fn place(&self, offset: usize) -> String {
        let at = self.page.position(offset);
        format!("{}:{}:{}", self.seen.from, at.line, at.column)
    }
}

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

/// The generation that a version belongs to.
fn generation(version: Version) -> Generation {
    if version < Version::new(3, 0) { Generation::Two } else { Generation::Three }
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

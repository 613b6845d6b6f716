//! Pages of metrics that show something else than the manifest of their service declares.

mod labels;
mod shape;

use std::ops::Range;

use foldhash::HashMap;

use self::labels::{names, values};
use self::shape::{bounds, fullness, kind, limit, number};
use crate::diagnostic::Diagnostic;
use crate::formats::exposition::Family;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::View;
use crate::lint::world::declared::{Catalogue, Metric};
use crate::lint::world::pages;
use crate::manifest::variants;
use crate::source::{Node, SourceId, Span};

rule! {
    /// A page of metrics shows a metric otherwise than the manifest of its service declares it: as another type, with other buckets, a label
    /// that is not declared or without one that is, a value that is not among those of its label, more than its `max`, or more series than
    /// its `max_series`. Said in both files, for either may be wrong; of a page that is given to judge by, in the manifest alone.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: mailer }
    /// scrape: { targets: ["mailer:9100"] }
    /// metrics: { mails_sent_total: { type: counter, labels: { outcome: { values: [sent, bounced] } } } }
    /// # file: mailer.prom
    /// # HELP mails_sent_total Mails by what became of them
    /// # TYPE mails_sent_total counter
    /// mails_sent_total{outcome="sent"} 12
    /// mails_sent_total{outcome="rejected"} 3
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: mailer, static_configs: [{ targets: ["mailer:9100"] }] }]
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: mailer }
    /// scrape: { targets: ["mailer:9100"] }
    /// metrics: { mail_queue_depth: { type: gauge, max: 5000 } }
    /// # file: mailer.prom
    /// # HELP mail_queue_depth Mails that wait
    /// # TYPE mail_queue_depth gauge
    /// mail_queue_depth 12
    /// # HELP mail_queue_capacity Mails that may wait
    /// # TYPE mail_queue_capacity gauge
    /// mail_queue_capacity 500
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: mailer, static_configs: [{ targets: ["mailer:9100"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: mailer }
    /// scrape: { targets: ["mailer:9100"] }
    /// metrics: { mails_sent_total: { type: counter, labels: { outcome: { values: [sent, bounced] } } } }
    /// # file: mailer.prom
    /// # HELP mails_sent_total Mails by what became of them
    /// # TYPE mails_sent_total counter
    /// mails_sent_total{outcome="sent"} 12
    /// mails_sent_total{outcome="bounced"} 3
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: mailer, static_configs: [{ targets: ["mailer:9100"] }] }]
    /// ```
    PageDrift, "page-drift", Warning
}

impl Rule for PageDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.manifests() {
            let Some(declared) = declared_by(view, context) else { continue };
            for page in context.world.catalogues.iter().filter(|page| page.is_page() && is_own(page, declared)) {
                compare(view.root, declared, page, context, found);
            }
        }
    }
}

/// What a manifest declares.
fn declared_by<'a>(view: &View<'_>, context: &Context<'a>) -> Option<&'a Catalogue> {
    let is_here = |place: Span| place.source == view.source && view.root.span.range().contains(&place.range().start);
    context.world.catalogues.iter().find(|catalogue| !catalogue.is_page() && is_here(catalogue.service.span))
}

/// Whether a page is of the job that scrapes the service; one of no job that shows most of what the manifest declares is, too.
fn is_own(page: &Catalogue, declared: &Catalogue) -> bool {
    let scraped = declared.jobs.first().filter(|job| job.path.is_some());
    match (page.job(), scraped) {
        (Some(job), Some(own)) => job == own.name.value,
        (Some(job), None) => job == declared.service.value,
        (None, _) => {
            let is_shown = |metric: &&Metric| page.metrics.iter().any(|shown| shown.name.value == metric.name.value);
            let shown = declared.metrics.iter().filter(is_shown).count();
            shown >= 2 && shown * 2 >= declared.metrics.len()
        }
    }
}

fn compare(root: &Node, declared: &Catalogue, page: &Catalogue, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let metrics: HashMap<&str, &Metric> = declared.metrics.iter().map(|metric| (metric.name.value.as_str(), metric)).collect();
    // An environment may say something else of a metric.
    let varies = |name: &str| variants(root).skip(1).any(|overlay| overlay.at(["metrics", name]).is_some());
    let read = pages::reread(context.sources, page);
    for family in read.families().filter(|family| family.sample_count() > 0) {
        let name = family.full_name();
        let Some(metric) = metrics.get(name.as_ref()).filter(|metric| !varies(&metric.name.value)) else { continue };
        let Some((key, body)) = root.get("metrics").and_then(|metrics| metrics.entry(&name)) else { continue };
        let pair = Pair { metric, key, body, family, page: page.service.span.source, judged: page.is_judged() };
        if kind(&pair, found) {
            continue;
        }
        names(&pair, found);
        values(&pair, found);
        bounds(&pair, found);
        fullness(&pair, found);
        limit(&pair, page, found);
        number(&pair, found);
    }
}

/// A metric as it is declared and as a page shows it.
struct Pair<'p> {
    metric: &'p Metric,
    /// Its name in the manifest.
    key: &'p Node,
    /// What the manifest says of it.
    body: &'p Node,
    family: Family<'p>,
    page: SourceId,
    /// Whether the page is among what is judged.
    judged: bool,
}

impl Pair<'_> {
    /// Says in both files that they differ: at a place of the page, and at what the manifest says of the metric under `way`, or at its name.
    fn differ(&self, found: &mut Vec<Diagnostic>, place: Range<usize>, way: &[&str], message: &str) {
        let here = Span::new(self.page, place);
        let there = self.body.at(way.iter().copied()).filter(|_| !way.is_empty()).unwrap_or(self.key).span;
        let path: Vec<&str> = ["metrics", self.metric.name.value.as_str()].into_iter().chain(way.iter().copied()).collect();
        let finding = META.finding(there, message).path(path.join(".")).related(here, "shown on this page");
        found.push(finding.help("declare what the service exposes, or correct what it exposes"));
        if self.judged {
            found.push(
                META.finding(here, message).related(there, "declared here").help("expose what the manifest declares, or correct that"),
            );
        }
    }
}

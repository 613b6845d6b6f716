//! Pages of metrics: what a process exposed at one moment, as a catalogue.
//!
//! A page proves which metrics there are, of which type, with which labels and buckets. It does not prove what there is
//! not: a series may come with its first event, and a native histogram shows in text as one without buckets.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::exposition::{self, Family, FamilyKind, Generation, Sample, Stops, Syntax};
use crate::lint::query::parts::Use;
use crate::lint::views::View;
use crate::lint::world::World;
use crate::lint::world::declared::{Catalogue, Evidence, Label, Metric, MetricType, Snapshot};
use crate::lint::world::values::Values;
use crate::source::{Node, SourceId, SourceMap, Span, Spanned};

/// The id of a fault over which Prometheus loses a scrape.
pub(in crate::lint) const INVALID_EXPOSITION: &str = "invalid-exposition";
/// The id of a fault that some readers of a page get over.
pub(in crate::lint) const UNTIDY_EXPOSITION: &str = "untidy-exposition";

/// The id of a series that is twice on a page.
pub(in crate::lint) const DUPLICATE_SERIES: &str = "duplicate-series";

/// A page to judge by.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it is from, as given.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// The job that it is of, where that is said.
    pub job: Option<String>,
}

/// So many values of a label are kept: what has more is no closed set.
const VALUES: usize = 200;

/// So many series of a metric are kept to be compared with each other.
const SERIES: usize = 64;

/// So many samples of a page are kept with their values.
const SAMPLES: usize = 20_000;

/// Labels that hold the status of an answer, as they are usually called.
const STATUS: &[&str] = &["status", "code", "status_code", "http_status", "http_status_code", "http_response_status_code", "response_code"];

/// Reads a page: what it shows, and what is wrong with it.
pub(in crate::lint) fn read(sources: &SourceMap, id: SourceId, job: Option<&str>, judged: bool) -> (Catalogue, Vec<Diagnostic>) {
    let source = sources.get(id);
    let page = parse(&source.text);
    let found = page.faults().iter().map(|fault| {
        let (rule, level) = match fault.stops {
            Stops::All => (INVALID_EXPOSITION, Level::Error),
            Stops::Two => (INVALID_EXPOSITION, Level::Warning),
            Stops::Nothing => (UNTIDY_EXPOSITION, Level::Warning),
        };
        Diagnostic::new(rule, level, Span::new(id, whole(&source.text, &fault.range)), fault.message.clone()).help(fault.help)
    });
    let found = found.chain(repeated(&page).map(|sample| {
        let message = format!("the series `{}` is on the page twice, and Prometheus takes the first", sample.name());
        Diagnostic::warning(DUPLICATE_SERIES, Span::new(id, sample.range()), message).help("expose every series once")
    }));
    let end = source.text.find('\n').unwrap_or(source.text.len());
    let catalogue = Catalogue {
        evidence: Evidence::Page {
            job: job.map(str::to_owned),
            judged,
            whole: page.stopped_by(Generation::Three).is_none(),
            samples: page.sample_count(),
        },
        service: Spanned::new(source.path.clone(), Span::new(id, 0..end)),
        metrics: page.families().flat_map(|family| metrics(family, id)).collect(),
        snapshot: (page.sample_count() <= SAMPLES).then(|| snapshot(&page).into()),
        ..Catalogue::default()
    };
    (catalogue, found.collect())
}

fn parse(text: &str) -> exposition::Page<'_> {
    let syntax = if text.trim_end().ends_with("\n# EOF") { Syntax::OpenMetrics } else { Syntax::Text };
    exposition::read(text.as_bytes(), syntax)
}

/// The page that a catalogue is of, with every sample and its place.
pub(in crate::lint) fn reread<'s>(sources: &'s SourceMap, catalogue: &Catalogue) -> exposition::Page<'s> {
    parse(&sources.get(catalogue.service.span.source).text)
}

/// A range of bytes with the whole of the characters that it lies in: a page may be broken within one.
fn whole(text: &str, range: &Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}

fn snapshot(page: &exposition::Page<'_>) -> Snapshot {
    let mut series = Snapshot::default();
    for sample in page.samples() {
        let labels = sample.labels().map(|label| (label.name().into_owned(), label.value().into_owned())).collect();
        series.entry(sample.name().into_owned()).or_default().push((labels, sample.value()));
    }
    series
}

/// Samples of series that were there before. Those with timestamps may be several moments of one.
fn repeated<'p>(page: &'p exposition::Page<'p>) -> impl Iterator<Item = Sample<'p>> {
    let mut seen = HashSet::new();
    page.samples().filter(|sample| sample.timestamp().is_none()).filter(move |sample| {
        let mut labels: Vec<_> = sample.labels().map(|label| (label.name(), label.value())).collect();
        labels.sort();
        !seen.insert((sample.name(), labels))
    })
}

/// The metrics of a family: one, but for what is neither in PromQL nor in manifests one thing.
fn metrics(family: Family<'_>, id: SourceId) -> Vec<Metric> {
    if family.kind() == FamilyKind::GaugeHistogram {
        let mut parts: Vec<(String, Vec<Sample<'_>>)> = Vec::new();
        for sample in family.samples() {
            match parts.iter_mut().find(|(name, _)| *name == sample.name()) {
                Some((_, samples)) => samples.push(sample),
                None => parts.push((sample.name().into_owned(), vec![sample])),
            }
        }
        return parts.into_iter().map(|(name, samples)| metric(name, MetricType::Untyped, family, &samples, id)).collect();
    }
    let kind = match family.kind() {
        FamilyKind::Counter => MetricType::Counter,
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet => MetricType::Gauge,
        FamilyKind::Histogram => MetricType::Histogram,
        FamilyKind::Summary => MetricType::Summary,
        FamilyKind::GaugeHistogram | FamilyKind::Unknown => MetricType::Untyped,
    };
    let samples: Vec<Sample<'_>> = family.samples().filter(|sample| family.suffix(sample) != "_created").collect();
    vec![metric(family.full_name().into_owned(), kind, family, &samples, id)]
}

fn metric(name: String, kind: MetricType, family: Family<'_>, samples: &[Sample<'_>], id: SourceId) -> Metric {
    let place = Span::new(id, family.name_range());
    let buckets = (kind == MetricType::Histogram).then(|| bounds(samples)).filter(|bounds| !bounds.is_empty());
    let own = match kind {
        MetricType::Histogram => "le",
        MetricType::Summary => "quantile",
        _ => "",
    };
    Metric {
        kind,
        labels: labels(samples, own, family, id),
        open: samples.is_empty(),
        series: series(samples, own),
        buckets: buckets.map(|bounds| Spanned::new(bounds, place)),
        spelt: if kind == MetricType::Histogram { spelt(samples) } else { Vec::new() },
        quantiles: if kind == MetricType::Summary { numbers(samples, "quantile") } else { Vec::new() },
        native: false,
        max: None,
        values: match kind {
            MetricType::Gauge | MetricType::Untyped => {
                Values::on_page(&name, &family.help().unwrap_or_default(), family.kind() == FamilyKind::StateSet, samples)
            }
            _ => Values::default(),
        },
        unit: family.unit().map(str::to_owned),
        allow: Vec::new(),
        name: Spanned::new(name, place),
    }
}

/// The first series, each once, without the label that the type brings.
fn series(samples: &[Sample<'_>], own: &str) -> Vec<Vec<(String, String)>> {
    let mut seen = BTreeSet::new();
    for sample in samples {
        let labels = sample.labels().filter(|label| label.name() != own);
        let mut labels: Vec<(String, String)> = labels.map(|label| (label.name().into_owned(), label.value().into_owned())).collect();
        labels.sort();
        seen.insert(labels);
        if seen.len() == SERIES {
            break;
        }
    }
    seen.into_iter().collect()
}

/// Every finite upper bound of a bucket, in order.
fn bounds(samples: &[Sample<'_>]) -> Vec<f64> {
    numbers(samples, "le").into_iter().filter(|bound| bound.is_finite()).collect()
}

/// Marks the native histograms of pages: text shows them without buckets, and the job of the page scrapes them.
pub(in crate::lint) fn tell_native(pages: &mut [Catalogue], views: &[View<'_>]) {
    let configs = || views.iter().filter_map(|view| view.prometheus());
    for page in pages {
        let Some(job) = page.job() else { continue };
        let mut jobs = configs().flat_map(|config| config.jobs.iter().map(move |own| (config, own))).filter(|(_, own)| own.name() == job);
        let (Some((config, own)), None) = (jobs.next(), jobs.next()) else { continue };
        let global = config.root.get("global");
        let flag = |key: &str| own.node.get(key).or_else(|| global?.get(key)).and_then(Node::as_bool) == Some(true);
        if flag("always_scrape_classic_histograms") {
            continue;
        }
        // One with the bucket of all and no other is none but a native one; Prometheus 2 was told so on its command line.
        let scrapes = flag("scrape_native_histograms");
        for metric in &mut page.metrics {
            let shows_all = metric.spelt.iter().any(|bound| bound == "+Inf");
            metric.native |= metric.kind == MetricType::Histogram && metric.buckets.is_none() && (scrapes || shows_all);
        }
    }
}

/// The bounds of buckets as they are written, each once.
fn spelt(samples: &[Sample<'_>]) -> Vec<String> {
    let mut all: Vec<String> = samples.iter().filter_map(|sample| Some(sample.label("le")?.into_owned())).collect();
    all.sort();
    all.dedup();
    all
}

/// Every number that a label is, in order.
fn numbers(samples: &[Sample<'_>], label: &str) -> Vec<f64> {
    let mut all: Vec<f64> = samples.iter().filter_map(|sample| sample.label(label)?.parse().ok()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Every label but the one that the type brings, in the order in which they appear.
fn labels(samples: &[Sample<'_>], own: &str, family: Family<'_>, id: SourceId) -> Vec<Label> {
    let mut found: Vec<Label> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut carried: Vec<usize> = Vec::new();
    for label in samples.iter().flat_map(Sample::labels).filter(|label| label.name() != own) {
        let at = *places.entry(label.name().into_owned()).or_insert_with(|| {
            let name = Spanned::new(label.name().into_owned(), Span::new(id, label.name_range()));
            found.push(Label { name, values: None, pattern: None, seen: Vec::new(), optional: false });
            carried.push(0);
            found.len() - 1
        });
        // One that is empty is none.
        carried[at] += usize::from(!label.value().is_empty());
        let seen = &mut found[at].seen;
        if seen.len() <= VALUES && !seen.iter().any(|value| *value == *label.value()) {
            seen.push(label.value().into_owned());
        }
    }
    for (label, count) in found.iter_mut().zip(carried) {
        label.optional = count < samples.len();
        if label.seen.len() > VALUES {
            label.seen.clear();
        }
        label.values = values(label, family);
    }
    found
}

/// The values that a label can have, where what it is called and what was seen tell all of them.
fn values(label: &Label, family: Family<'_>) -> Option<Vec<String>> {
    if family.kind() == FamilyKind::StateSet && label.name.value == family.name() {
        return Some(label.seen.clone());
    }
    if let Some(codes) = grpc_codes(label) {
        return Some(codes);
    }
    let is_status = |value: &String| value.len() == 3 && value.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
    let statuses = STATUS.contains(&label.name.value.as_str()) && !label.seen.is_empty() && label.seen.iter().all(is_status);
    statuses.then(|| (100..600).map(|status| status.to_string()).collect())
}

/// All codes of gRPC as the page writes them, where it shows some by name.
fn grpc_codes(label: &Label) -> Option<Vec<String>> {
    let is_code = matches!(label.name.value.as_str(), "grpc_code" | "grpc_status" | "code" | "status" | "statusCode" | "grpc_status_code");
    let all_are = |codes: &[String]| !label.seen.is_empty() && label.seen.iter().all(|value| codes.contains(value));
    let plain: Vec<String> = exposition::GRPC_CODES.iter().map(|code| (*code).to_owned()).collect();
    // Java and the specification write them `NOT_FOUND`.
    let upper = |code: &&str| match *code {
        "OK" => "OK".to_owned(),
        "Canceled" => "CANCELLED".to_owned(),
        code => code.chars().enumerate().fold(String::new(), |mut word, (at, c)| {
            if at > 0 && c.is_uppercase() {
                word.push('_');
            }
            word.push(c.to_ascii_uppercase());
            word
        }),
    };
    let upper: Vec<String> = exposition::GRPC_CODES.iter().map(upper).collect();
    // `OK` alone may be of anything.
    let only_ok = label.seen.iter().all(|value| value == "OK") && !label.name.value.starts_with("grpc_");
    [plain, upper].into_iter().find(|codes| is_code && !only_ok && all_are(codes))
}

/// Makes one of what several pages show of the same metric, in all of them.
pub(in crate::lint) fn merge(pages: &mut [Catalogue]) {
    let mut known: HashMap<String, Metric> = HashMap::new();
    let mut shared = HashSet::new();
    for metric in pages.iter().flat_map(|page| &page.metrics) {
        match known.get_mut(&metric.name.value) {
            Some(first) => {
                join(first, metric);
                shared.insert(metric.name.value.clone());
            }
            None => {
                known.insert(metric.name.value.clone(), metric.clone());
            }
        }
    }
    known.retain(|name, _| shared.contains(name));
    for metric in pages.iter_mut().flat_map(|page| &mut page.metrics) {
        if let Some(joined) = known.get(&metric.name.value) {
            let series = std::mem::take(&mut metric.series);
            *metric = Metric { name: metric.name.clone(), series, ..joined.clone() };
        }
    }
}

fn join(first: &mut Metric, other: &Metric) {
    if first.kind != other.kind {
        first.kind = MetricType::Untyped;
    }
    first.open |= other.open;
    first.values.join(&other.values);
    first.quantiles.extend(&other.quantiles);
    first.spelt.extend(other.spelt.iter().cloned());
    match (&mut first.buckets, &other.buckets) {
        (Some(bounds), Some(others)) => {
            bounds.value.extend(&others.value);
            bounds.value.sort_by(f64::total_cmp);
            bounds.value.dedup();
        }
        (buckets, _) => *buckets = None,
    }
    let always: HashSet<&str> = other.labels.iter().filter(|label| !label.optional).map(|label| label.name.value.as_str()).collect();
    for label in &mut first.labels {
        label.optional |= !always.contains(label.name.value.as_str());
    }
    let places: HashMap<String, usize> = first.labels.iter().enumerate().map(|(at, label)| (label.name.value.clone(), at)).collect();
    for label in &other.labels {
        match places.get(&label.name.value) {
            Some(at) => {
                let known = &mut first.labels[*at];
                let new = label.seen.iter().filter(|value| !known.seen.contains(value)).cloned().collect::<Vec<_>>();
                known.seen.extend(new);
                if known.values != label.values {
                    known.values = None;
                }
            }
            None => first.labels.push(Label { optional: true, ..label.clone() }),
        }
    }
}

/// Makes warnings of errors that rest on a page, where a selector may read jobs that no page shows: those may have a metric of the
/// same name with other labels, values and buckets.
pub(in crate::lint) fn weaken(selectors: &[Use<'_>], world: &World<'_>, found: &mut [Diagnostic]) {
    if found.is_empty() || !world.has_pages {
        return;
    }
    let is_shown = |used: &Use<'_>| {
        let of_page = world.metric_of(used.selector).is_some_and(|(catalogue, ..)| catalogue.is_page());
        !of_page || world.pages_of(used.selector).is_some()
    };
    if selectors.iter().all(is_shown) {
        return;
    }
    let of_page = |span: Span| world.catalogues.iter().any(|catalogue| catalogue.is_page() && catalogue.service.span.source == span.source);
    for diagnostic in found.iter_mut().filter(|d| d.level == Level::Error && d.related.iter().any(|related| of_page(related.span))) {
        diagnostic.level = Level::Warning;
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::source::SourceMap;

    #[test]
    fn what_is_wrong_within_a_character_is_said_of_all_of_it() {
        let mut sources = SourceMap::default();
        let id = sources.add("page.prom", "# HELP sessions_é open now\nsessions 1\n");
        let (_, found) = read(&sources, id, Some("app"), true);
        let utf8 = found.iter().find(|found| found.message.contains("UTF-8")).expect("a finding");
        assert_eq!(sources.text(utf8.span), "é");
    }

    #[test]
    fn a_sample_and_a_metric_with_many_labels_take_linear_time() {
        let labels: Vec<String> = (0..50_000).map(|i| format!("l{i}=\"v\"")).collect();
        let wide = format!("a{{{}}} 1\n", labels.join(","));
        let long = labels.iter().map(|label| format!("b{{{label}}} 1\n")).collect::<Vec<_>>().concat();
        let mut sources = SourceMap::default();
        let id = sources.add("page", format!("{wide}{long}"));
        let (catalogue, found) = read(&sources, id, None, true);
        assert!(found.is_empty(), "{found:?}");
        let counts: Vec<usize> = catalogue.metrics.iter().map(|metric| metric.labels.len()).collect();
        assert_eq!(counts, [50_000, 50_000]);
        // One label more, and it was there before.
        let id = sources.add("twice", wide.replace("} 1", ",l49999=\"v\"} 1"));
        let (_, found) = read(&sources, id, None, true);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("`l49999` is there twice"), "{}", found[0].message);
    }
}

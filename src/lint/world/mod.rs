//! What exists: what the files of a run say together, and what is declared.
//!
//! Every question is answered yes, no or unknown. Rules report only where the answer is no.

pub mod catalogue;
pub mod declared;
pub(in crate::lint) mod exporters;
mod gather;
pub(in crate::lint) mod jobs;
pub(in crate::lint) mod liveness;
pub(in crate::lint) mod page_jobs;
pub mod pages;
pub(in crate::lint) mod programs;
mod reading;
pub(in crate::lint) mod relabel;
pub(in crate::lint) mod targets;
pub mod values;

use std::sync::OnceLock;

use foldhash::{HashMap, HashSet};

use crate::formats::prometheus::{Job, Prometheus};
use crate::formats::rule_file::RuleFile;
use crate::lint::query::interval::Interval;
use crate::lint::query::named::is_information;
use crate::lint::query::shape::Shape;
use crate::lint::query::{Query, is_placeholder, matches, named_job, pins};
use crate::lint::views::{View, ViewKind, rule_files};
use crate::lint::world::declared::{Catalogue, DeclaredAlert, Metric, MetricType};
use crate::lint::world::jobs::labels_of_all;
use crate::lint::world::liveness::Liveness;
use crate::lint::world::targets::Targets;
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::source::{Node, Span};

/// A series of a declared metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// The metric itself.
    Base,
    /// `_bucket`
    Bucket,
    /// `_sum`
    Sum,
    /// `_count`
    Count,
}

/// A recording rule of the inputs.
#[derive(Clone, Copy)]
pub struct Recorded<'a> {
    /// The query that fills it.
    pub query: &'a Query<'a>,
}

/// How much is known of the jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Jobs {
    /// Nothing: any job may exist.
    Open,
    /// Nearly all: discovery or honoured labels may bring one more.
    Nearly,
    /// All of them.
    Closed,
}

/// What the files of a run say together.
pub struct World<'a> {
    /// What the manifests declare.
    pub catalogues: &'a [Catalogue],
    metrics: HashMap<&'a str, (&'a Catalogue, &'a Metric)>,
    /// The same by job, where that is known.
    owned: HashMap<&'a str, HashMap<&'a str, (&'a Catalogue, &'a Metric)>>,
    /// The jobs that have a metric, in the order of the catalogues.
    owners: HashMap<&'a str, Vec<&'a str>>,
    /// The pages that show series of a job which nobody scrapes by that name: what is pushed to a gateway names its own.
    pushed: HashMap<&'a str, Vec<&'a Catalogue>>,
    recorded: HashMap<&'a str, Vec<Recorded<'a>>>,
    /// The labels of each recorded series.
    pub(in crate::lint) recorded_shapes: HashMap<&'a str, Shape<'a>>,
    /// What each recorded series can be, found when it is first asked for.
    pub(in crate::lint) recorded_values: OnceLock<HashMap<String, Interval>>,
    /// Every value of the label `job` that is known, with its place.
    pub jobs: Vec<(String, Span)>,
    /// The places of a job's name among those.
    named_jobs: HashMap<String, usize>,
    /// How often jobs of a name are scraped at most, in milliseconds, and where that is said.
    intervals: HashMap<&'a str, (i64, Span)>,
    /// The scrape jobs of a name.
    configured: HashMap<&'a str, Vec<&'a Job<'a>>>,
    /// Jobs whose series may go by another name.
    renaming: Vec<&'a Job<'a>>,
    /// Whether nothing else comes by the name of a job than what its targets expose and what pages show to be handed on.
    all_told: bool,
    /// The first words of what pages show.
    spaces: HashSet<&'a str>,
    /// Whether there are pages of metrics.
    pub(in crate::lint) has_pages: bool,
    /// The shortest of all of them, found when it is first asked for.
    shortest_interval: OnceLock<Option<(i64, Span)>>,
    /// Whether there may be others.
    pub jobs_known: Jobs,
    /// Whether there are several Prometheus of which one takes series over of another, with the labels that this one adds.
    pub(in crate::lint) mixes: bool,
    /// Whether others come of what applications push to the Collector alone.
    only_pushed: bool,
    /// The Prometheus configurations.
    pub prometheus: Vec<&'a Prometheus<'a>>,
    /// Whether a prometheus.yml turns native histograms on.
    pub native_histograms: bool,
    scraped_labels: Option<Vec<&'a str>>,
    /// The labels of the targets of the jobs of a name, or that may come to go by it; `None` where any may be.
    job_labels: HashMap<&'a str, Option<Vec<&'a str>>>,
    /// Whether a target may have an interval of its own.
    own_intervals: bool,
    liveness: OnceLock<Liveness>,
    /// How many targets jobs have, found when that is first asked for.
    targets: OnceLock<Option<Targets>>,
    /// What manifests declare as alerts, by service and name.
    declared_alerts: HashMap<(&'a str, &'a str), &'a DeclaredAlert>,
    /// The services whose manifests bring a job, by its name.
    services: HashMap<&'a str, &'a str>,
    /// The uids of dashboards.
    dashboard_uids: OnceLock<HashSet<String>>,
    /// Every alert by its name in lower case.
    alert_names: OnceLock<HashMap<String, String>>,
}

impl<'a> World<'a> {
    /// What the manifest of a service declares under an alert's name.
    pub fn declared_alert(&self, service: &str, name: &str) -> Option<&'a DeclaredAlert> {
        self.declared_alerts.get(&(service, name)).copied()
    }

    /// The service whose manifest brings a job.
    pub fn service_of_job(&self, job: &str) -> Option<&'a str> {
        self.services.get(job).copied()
    }

    /// The scrape jobs that a matcher of `job` may ask for.
    pub fn configured<'s>(&'s self, matcher: &'s Matcher) -> impl Iterator<Item = &'a Job<'a>> + 's {
        let is_named = matcher.op == MatchOp::Equal && !is_placeholder(&matcher.value);
        let named = self.configured.get(matcher.value.as_str()).filter(|_| is_named).into_iter().flatten().copied();
        let all = self.prometheus.iter().filter(move |_| !is_named).flat_map(|config| &config.jobs);
        named.chain(all.filter(|job| matches(matcher, job.name()) != Some(false)))
    }

    /// The shortest interval of the jobs that are read. Of jobs with the same, the first: maps have no order of their own.
    fn shortest(&self, is_read: impl Fn(&str) -> bool) -> Option<(i64, Span)> {
        let read = self.intervals.iter().filter(|(name, _)| is_read(name)).map(|(_, known)| *known);
        read.min_by_key(|(interval, span)| (*interval, span.source, span.start))
    }

    /// The scrape jobs of a name.
    pub(in crate::lint) fn jobs_named(&self, name: &str) -> &[&'a Job<'a>] {
        self.configured.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a scrape job of this name is among the inputs, whose series keep that name.
    pub fn is_configured(&self, name: &str) -> bool {
        self.configured.get(name).is_some_and(|jobs| jobs.iter().all(|job| !job.honor_labels)) && self.renaming.is_empty()
    }

    /// Whether all that is known of a job is pushed to a gateway, so that nobody scrapes it.
    pub(in crate::lint) fn is_pushed_alone(&self, name: &str) -> bool {
        self.pushed.contains_key(name) && !self.configured.contains_key(name) && self.renaming.is_empty()
    }

    /// Whether a value of the label `job` is known.
    pub fn has_job(&self, name: &str) -> bool {
        self.named_jobs.contains_key(name)
    }

    /// The declared metric that a series belongs to.
    pub fn metric(&self, series: &str) -> Option<(&'a Catalogue, &'a Metric, Series)> {
        if self.catalogues.is_empty() {
            return None;
        }
        series_of(series, |name| self.metrics.get(name).copied())
    }

    /// The metric that a selector reads: that of the job that it asks for, or of any where it does not say.
    pub fn metric_of(&self, selector: &Selector) -> Option<(&'a Catalogue, &'a Metric, Series)> {
        if self.catalogues.is_empty() {
            return None;
        }
        let series = selector.metric_name()?;
        let of_job = |job: &str| series_of(series, |name| self.owned.get(job)?.get(name).copied());
        let matchers: Vec<&Matcher> = selector.matchers.iter().filter(|m| m.label.text == "job").collect();
        let pinned = matchers.iter().find(|m| m.op == MatchOp::Equal && !m.value.is_empty() && !is_placeholder(&m.value));
        let reads = |job: &str| matchers.iter().all(|matcher| matches(matcher, job) != Some(false));
        let own = match pinned {
            Some(matcher) => of_job(&matcher.value),
            None if matchers.is_empty() => None,
            None => series_of(series, |name| {
                let jobs = self.owners.get(name)?;
                jobs.iter().filter(|job| reads(job)).find_map(|job| self.owned.get(job)?.get(name).copied())
            }),
        };
        // What is of no job may be of this one.
        own.or_else(|| self.metric(series).filter(|(catalogue, ..)| catalogue.job().is_none_or(reads)))
    }

    /// The service whose manifest says what a job exposes, where it has no metric of this name: nor is it one that Prometheus, or
    /// the runtime of a program, brings unasked.
    pub(in crate::lint) fn lacking(&self, metric: &str, job: &str) -> Option<&'a Catalogue> {
        if metric.contains(':') || exporters::comes_unasked(metric) || !self.recorded(metric).is_empty() || self.metric(metric).is_some() {
            return None;
        }
        self.catalogues.iter().find(|catalogue| catalogue.jobs.first().is_some_and(|own| own.name.value == job))
    }

    /// Names of all declared metrics.
    pub fn metric_names(&self) -> impl Iterator<Item = &'a str> {
        self.metrics.keys().copied()
    }

    /// Names of all recorded series.
    pub fn recorded_names(&self) -> impl Iterator<Item = &'a str> {
        self.recorded.keys().copied()
    }

    /// The name of a recorded series as its first rule has it.
    pub fn recorded_name(&self, series: &str) -> Option<&'a str> {
        self.recorded.get_key_value(series).map(|(name, _)| *name)
    }

    /// The recording rules that fill a series.
    pub fn recorded(&self, series: &str) -> &[Recorded<'a>] {
        self.recorded.get(series).map_or(&[], Vec::as_slice)
    }

    /// Whether a metric says something by its labels and is always 1, as `app_info`.
    pub fn informs(&self, name: &str) -> bool {
        is_information(name) && self.recorded(name).is_empty()
    }

    /// How often a selector's series are scraped: the shortest interval of the jobs it may read, in milliseconds,
    /// and where the job is.
    pub fn interval(&self, selector: &Selector) -> Option<(i64, Span)> {
        if self.jobs_known == Jobs::Open {
            return None;
        }
        let matchers: Vec<&Matcher> = selector.matchers.iter().filter(|m| m.label.text == "job").collect();
        // Series that call themselves by another job are scraped by one of these all the same.
        let all_scraped = self.jobs_known == Jobs::Closed || self.prometheus.iter().any(|config| config.is_whole());
        if (!all_scraped && !pins(selector, "job")) || self.own_intervals {
            return None;
        }
        if let Some(job) = self.job_read(selector) {
            return self.intervals.get(job).copied();
        }
        // What cannot be told may be any job: then the shortest interval of all is the least that can be said.
        let telling: Vec<&Matcher> = matchers.into_iter().filter(|matcher| !is_placeholder(&matcher.value)).collect();
        if telling.is_empty() {
            return *self.shortest_interval.get_or_init(|| self.shortest(|_| true));
        }
        self.shortest(|name| telling.iter().all(|matcher| matches(matcher, name).unwrap_or(true)))
    }

    /// Which jobs some alert watches; worked out when it is first asked for.
    pub fn liveness(&self, views: &[View<'_>]) -> &Liveness {
        self.liveness.get_or_init(|| Liveness::of(views))
    }

    /// How many targets the jobs have, as far as a selector reads them; `None` where nobody knows which jobs there are, or where another
    /// one may hand on what it reads.
    pub fn targets(&self, selector: &Selector) -> Option<&Targets> {
        self.targets_scraped().filter(|targets| !targets.is_handed_on || self.is_own(selector))
    }

    /// The same for what Prometheus itself says of its targets, which nobody hands on but another Prometheus.
    pub fn targets_scraped(&self) -> Option<&Targets> {
        let [config] = self.prometheus.as_slice() else { return None };
        self.targets.get_or_init(|| Targets::of(config, self.catalogues)).as_ref()
    }

    /// The first alert with a name, whatever its case.
    pub fn alert_named(&self, name: &str, views: &[View<'_>]) -> Option<&str> {
        let gather = || {
            let rules = rule_files(views);
            let mut names = HashMap::default();
            for rule in rules.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()) {
                names.entry(rule.name().to_ascii_lowercase()).or_insert_with(|| rule.name().to_owned());
            }
            names
        };
        self.alert_names.get_or_init(gather).get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The uids of all dashboards; gathered when they are first asked for.
    pub fn dashboard_uids(&self, views: &[View<'_>]) -> &HashSet<String> {
        let of = |view: &View<'_>| match &view.kind {
            ViewKind::Dashboard(dashboard) => dashboard.uid.and_then(Node::as_str).map(str::to_owned),
            _ => None,
        };
        self.dashboard_uids.get_or_init(|| views.iter().filter_map(of).collect())
    }

    /// How long samples are kept, in milliseconds, and where that is said.
    pub fn retention(&self) -> Option<(i64, Span)> {
        let configured = self.prometheus.iter().find_map(|config| {
            let time = config.root.get("storage")?.get("tsdb")?.get("retention")?.get("time")?;
            Some((crate::promql::duration::parse_duration(time.as_str()?).ok()?, time.span))
        });
        configured.or_else(|| {
            let declared = self.catalogues.iter().filter_map(|catalogue| catalogue.retention.as_ref());
            declared.map(|kept| (kept.value, kept.span)).min()
        })
    }

    /// The labels that all targets carry beside `job` and `instance`, where a `prometheus.yml` says so.
    pub fn scraped_labels(&self) -> Option<&[&'a str]> {
        self.scraped_labels.as_deref().filter(|_| !self.prometheus.is_empty() && self.jobs_known != Jobs::Open)
    }

    /// The labels that the targets of what a selector reads carry beside `job` and `instance`, where it reads a metric of a catalogue;
    /// `None` where any may be.
    pub fn target_labels(&self, catalogue: &'a Catalogue, selector: &Selector) -> Option<Vec<&'a str>> {
        if self.prometheus.is_empty() {
            return Some(catalogue.target_labels.as_ref()?.iter().map(String::as_str).collect());
        }
        let of_all = || self.scraped_labels.clone();
        self.labels_of_one(selector).or_else(of_all).or_else(|| self.labels_of(catalogue.job()?))
    }

    /// The labels that the targets which a selector may read carry beside `job` and `instance`; `None` where any may be.
    pub fn labels_read(&self, selector: &Selector) -> Option<Vec<&'a str>> {
        let of_all = || self.scraped_labels().map(<[&str]>::to_vec);
        self.labels_of_one(selector).or_else(of_all).or_else(|| self.labels_of(named_job(selector)?))
    }

    /// The labels of the targets of the one job that a selector names; `None` where any may be.
    pub fn labels_of_job(&self, selector: &Selector) -> Option<Vec<&'a str>> {
        self.labels_of(named_job(selector)?)
    }

    /// The same, where no job hands on series that call themselves by that name and have other labels.
    fn labels_of_one(&self, selector: &Selector) -> Option<Vec<&'a str>> {
        let is_own =
            |name: &&str| self.jobs_known == Jobs::Closed || self.is_own(selector) || self.all_told && !self.pushed.contains_key(name);
        named_job(selector).filter(is_own).and_then(|name| self.job_labels.get(name)?.clone())
    }

    /// The labels of the targets of the jobs that go by a name, or may come to.
    pub(in crate::lint) fn labels_of(&self, name: &str) -> Option<Vec<&'a str>> {
        if self.jobs_known == Jobs::Open {
            return None;
        }
        match self.job_labels.get(name) {
            Some(known) => known.clone(),
            // Nobody goes by it, unless one comes to.
            None if self.renaming.is_empty() => None,
            None => labels_of_all(&self.renaming),
        }
    }
}

/// The metric that a series belongs to, by its own name or without what histograms and summaries add.
fn series_of<'a>(series: &str, find: impl Fn(&str) -> Option<(&'a Catalogue, &'a Metric)>) -> Option<(&'a Catalogue, &'a Metric, Series)> {
    if let Some((catalogue, metric)) = find(series) {
        return Some((catalogue, metric, Series::Base));
    }
    [("_bucket", Series::Bucket), ("_sum", Series::Sum), ("_count", Series::Count)].into_iter().find_map(|(suffix, kind)| {
        let (catalogue, metric) = find(series.strip_suffix(suffix)?)?;
        let has = match metric.kind {
            MetricType::Histogram => true,
            MetricType::Summary => kind != Series::Bucket,
            _ => false,
        };
        has.then_some((catalogue, metric, kind))
    })
}

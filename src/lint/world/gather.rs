//! How the world is gathered: from the files of a run, once, before anything is asked of it.

use std::sync::OnceLock;

use foldhash::{HashMap, HashSet};

use super::declared::{Catalogue, Evidence, Label, Metric};
use super::jobs::{fixed, hands_on, hands_on_others, labels_of_all, literal, may_find_any_label, turns_native_on, writes};
use super::{Jobs, Recorded, World, programs, relabel};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::query::{Origin, Query, named_jobs};
use crate::lint::views::View;
use crate::promql::walk::selectors;
use crate::promql::{Options, parse};
use crate::source::{Node, Span};

impl<'a> World<'a> {
    /// Gathers what the views and queries of a run say.
    pub fn new(views: &'a [View<'a>], queries: &'a [Query<'a>], catalogues: &'a [Catalogue]) -> Self {
        let mut world = Self {
            catalogues,
            metrics: HashMap::default(),
            owned: HashMap::default(),
            owners: HashMap::default(),
            pushed: HashMap::default(),
            recorded: HashMap::default(),
            recorded_shapes: HashMap::default(),
            recorded_values: OnceLock::new(),
            jobs: Vec::new(),
            named_jobs: HashMap::default(),
            configured: HashMap::default(),
            renaming: Vec::new(),
            all_told: false,
            spaces: HashSet::default(),
            has_pages: catalogues.iter().any(Catalogue::is_page),
            shortest_interval: OnceLock::new(),
            intervals: HashMap::default(),
            jobs_known: Jobs::Open,
            only_pushed: false,
            mixes: false,
            prometheus: Vec::new(),
            native_histograms: false,
            scraped_labels: None,
            job_labels: HashMap::default(),
            own_intervals: false,
            liveness: OnceLock::new(),
            targets: OnceLock::new(),
            declared_alerts: HashMap::default(),
            services: HashMap::default(),
            dashboard_uids: OnceLock::new(),
            alert_names: OnceLock::new(),
        };
        world.gather_metrics();
        world.gather_declared();
        for query in queries {
            if let Origin::Rule { rule, .. } = query.origin
                && !rule.is_alert()
            {
                world.recorded.entry(rule.name()).or_default().push(Recorded { query });
            }
        }
        world.gather_jobs(views);
        world.gather_pushed();
        world.index_jobs();
        world.all_told = world.is_all_told();
        world.gather_labels();
        world
    }

    /// A manifest knows better than a page; where a page of another job has a metric of the same name, nothing is said of either.
    fn gather_metrics(&mut self) {
        let (pages, manifests): (Vec<_>, Vec<_>) = self.catalogues.iter().partition(|catalogue| catalogue.is_page());
        let shown = pages.iter().flat_map(|page| &page.metrics).map(|metric| metric.name.value.as_str());
        self.spaces.extend(shown.filter_map(|name| name.split_once('_')).map(|(first, _)| first));
        // A manifest comes last, for it knows better, but of labels that it does not know of.
        for catalogue in pages.iter().chain(&manifests).copied() {
            let Some(job) = catalogue.job() else { continue };
            let known = self.owned.entry(job).or_default();
            let is_news = |metric: &&Metric| {
                known.get(metric.name.value.as_str()).is_none_or(|(of, shown)| !of.is_page() || !shows_more(shown, metric))
            };
            let named: Vec<&Metric> = catalogue.metrics.iter().filter(is_news).collect();
            known.extend(named.into_iter().map(|metric| (metric.name.value.as_str(), (catalogue, metric))));
        }
        for (job, catalogue) in self.catalogues.iter().filter_map(|catalogue| Some((catalogue.job()?, catalogue))) {
            for metric in &catalogue.metrics {
                self.owners.entry(metric.name.value.as_str()).or_default().push(job);
            }
        }
        for catalogue in manifests {
            self.metrics.extend(catalogue.metrics.iter().map(|metric| (metric.name.value.as_str(), (catalogue, metric))));
        }
        for page in pages {
            for metric in &page.metrics {
                let name = metric.name.value.as_str();
                match self.metrics.get(name) {
                    Some((owner, _)) if owner.is_page() => {}
                    Some((owner, declared)) => {
                        if matches!(&page.evidence, Evidence::Page { job: Some(job), .. } if !owner.is_of(job)) {
                            self.metrics.remove(name);
                        } else if shows_more(metric, declared) {
                            self.metrics.insert(name, (page, metric));
                        }
                    }
                    None => {
                        self.metrics.insert(name, (page, metric));
                    }
                }
            }
        }
    }

    /// A fleet has thousands of manifests, and of alerts that ask for what theirs declares.
    fn gather_declared(&mut self) {
        for catalogue in self.catalogues.iter().filter(|catalogue| !catalogue.is_page()) {
            let service = catalogue.service.value.as_str();
            for alert in &catalogue.alerts {
                self.declared_alerts.entry((service, alert.name.value.as_str())).or_insert(alert);
            }
            for job in &catalogue.jobs {
                self.services.entry(job.name.value.as_str()).or_insert(service);
            }
        }
    }

    fn gather_jobs(&mut self, views: &'a [View<'a>]) {
        let (mut certain, mut but_pushed) = (true, true);
        for view in views {
            let Some(config) = view.prometheus() else { continue };
            self.prometheus.push(config);
            self.native_histograms |= turns_native_on(config);
            // A server that scrapes nothing is sent its series by others.
            if config.is_whole() && view.complete && !config.jobs.is_empty() {
                self.jobs_known = Jobs::Closed;
            }
            for job in &config.jobs {
                let is_certain = self.gather_job(job);
                certain &= is_certain;
                but_pushed &= is_certain || programs::is_of_collector(job);
                let labelled = job.targets.labels.iter().any(|labels| labels.get("__scrape_interval__").is_some());
                self.own_intervals |= labelled || job.relabel.iter().any(sets_interval);
            }
        }
        for catalogue in self.catalogues {
            for job in &catalogue.jobs {
                self.jobs.push((job.name.value.clone(), job.name.span));
            }
        }
        if self.jobs_known == Jobs::Closed && !certain {
            self.jobs_known = Jobs::Nearly;
            self.only_pushed = but_pushed;
        }
        if self.jobs_known == Jobs::Open && self.catalogues.iter().any(|catalogue| !catalogue.is_page()) {
            self.jobs_known = Jobs::Nearly;
        }
    }

    /// The jobs that a page shows which honours the labels of what it hands on, and what they expose.
    fn gather_pushed(&mut self) {
        let handing: HashSet<&str> =
            self.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| hands_on(job)).map(Job::name).collect();
        for page in self.catalogues.iter().filter(|page| page.is_page() && page.job().is_some_and(|job| handing.contains(job))) {
            for metric in &page.metrics {
                let labels = metric.labels.iter().filter(|label| label.name.value == "job");
                for (job, span) in labels.flat_map(|label| label.seen.iter().map(move |job| (job.as_str(), label.name.span))) {
                    if !self.jobs.iter().any(|(known, _)| known == job) {
                        self.jobs.push((job.to_owned(), span));
                    }
                    let pages = self.pushed.entry(job).or_default();
                    if !pages.iter().any(|known| std::ptr::eq(*known, page)) {
                        pages.push(page);
                    }
                    self.owned.entry(job).or_default().entry(metric.name.value.as_str()).or_insert((page, metric));
                }
            }
        }
    }

    /// Whether pages show what is handed on, and nothing may come by another name than its job's.
    fn is_all_told(&self) -> bool {
        let shown = |job: &Job<'_>| self.catalogues.iter().any(|page| page.is_page() && page.is_of(job.name()));
        let mut jobs = self.prometheus.iter().flat_map(|config| &config.jobs);
        self.renaming.is_empty()
            && self.prometheus.iter().all(|config| config.is_whole())
            && jobs.all(|job| !may_find_any_label(job) && (!hands_on(job) || shown(job)))
    }

    /// Files have thousands of jobs and of rules that name one: each is found by its name.
    fn index_jobs(&mut self) {
        for (place, (name, _)) in self.jobs.iter().enumerate() {
            self.named_jobs.entry(name.clone()).or_insert(place);
        }
        for job in self.prometheus.iter().flat_map(|config| &config.jobs) {
            self.configured.entry(job.name()).or_default().push(job);
            if may_rename(job) {
                self.renaming.push(job);
            }
        }
        let configured = self
            .prometheus
            .iter()
            .flat_map(|config| &config.jobs)
            .filter_map(|job| Some((job.name?.as_str()?, job.interval, job.name?.span)));
        let declared =
            self.catalogues.iter().flat_map(|c| &c.jobs).filter_map(|job| Some((job.name.value.as_str(), job.interval?, job.name.span)));
        for (name, interval, span) in configured.chain(declared) {
            let shortest = self.intervals.entry(name).or_insert((interval, span));
            if interval < shortest.0 {
                *shortest = (interval, span);
            }
        }
    }

    /// The labels of the targets, of all and by job: rules ask for them by the thousand.
    fn gather_labels(&mut self) {
        let all: Vec<&Job<'_>> = self.prometheus.iter().flat_map(|config| &config.jobs).collect();
        // What another Prometheus has may have any labels.
        let federates = all.iter().any(|job| hands_on(job) && job.metrics_path() == "/federate");
        self.scraped_labels = labels_of_all(&all).filter(|_| !federates);
        self.mixes = federates && self.prometheus.len() > 1;
        let renaming = labels_of_all(&self.renaming);
        let catalogues = self.catalogues;
        let of_job = |jobs: &[&'a Job<'a>]| {
            let own = labels_of_all(jobs).filter(|_| !jobs.iter().any(|job| hands_on_others(job, catalogues)))?;
            let others = renaming.as_ref()?.iter().copied().filter(|label| !own.contains(label)).collect::<Vec<_>>();
            Some([own, others].concat())
        };
        let mixes = self.mixes;
        self.job_labels = self.configured.iter().map(|(name, jobs)| (*name, of_job(jobs).filter(|_| !mixes))).collect();
    }

    /// Takes in the values that a job's series may have in the label `job`; false where there may be others.
    fn gather_job(&mut self, job: &Job<'a>) -> bool {
        let Some(name) = job.name else { return false };
        let fixed = job.relabel.iter().rev().find_map(|step| fixed(step, "job"));
        if fixed.is_none() {
            self.jobs.push((job.name().to_owned(), name.span));
        }
        let mut certain = !hands_on_others(job, self.catalogues);
        if job.metrics_path() == "/federate" {
            self.jobs.extend(federated(job));
        }
        for labels in &job.targets.labels {
            self.jobs.extend(labels.get("job").and_then(|value| Some((value.as_str()?.to_owned(), value.span))));
        }
        for step in job.relabel.iter().chain(&job.metric_relabel) {
            if let Some((node, value)) = literal(step, "job") {
                self.jobs.push((value.to_owned(), node.span));
            } else if writes(step, "job") && (step.action == "labelmap" || may_rename(job)) {
                certain = false;
            }
        }
        // Files and HTTP endpoints of discovery may set any label, `job` included.
        certain && !job.targets.discovery.iter().any(|key| matches!(key.as_str(), Some("file_sd_configs" | "http_sd_configs")))
    }
}

/// Whether a page shows labels of a metric that its manifest does not declare.
fn shows_more(shown: &Metric, declared: &Metric) -> bool {
    let is_declared = |label: &Label| declared.labels.iter().any(|known| known.name.value == label.name.value);
    !declared.open && !shown.labels.iter().all(is_declared)
}

/// The jobs whose series are taken over of another Prometheus, as `match[]` names them.
fn federated(job: &Job<'_>) -> Vec<(String, Span)> {
    let list = job.node.get("params").and_then(|params| params.get("match[]")).into_iter().flat_map(Node::items);
    let parsed = list.filter_map(|node| Some((node, parse(node.as_str()?, &Options::all()).ok()?)));
    let named = parsed.flat_map(|(node, expr)| {
        let jobs: Vec<String> = selectors(&expr).into_iter().flat_map(|found| named_jobs(found.selector).collect::<Vec<_>>()).collect();
        jobs.into_iter().map(|job| (job, node.span))
    });
    named.collect()
}

/// Whether targets or series of a job may call themselves by another.
fn may_rename(job: &Job<'_>) -> bool {
    if job.metric_relabel.iter().any(|step| writes(step, "job")) {
        return true;
    }
    // Of targets that are all known it is known of each.
    match relabel::targets(job) {
        Some(all) if !all.is_empty() => all.iter().any(|outcome| outcome.labels.get("job").is_some_and(|own| own != job.name())),
        // Of what discovery finds no label is mapped to `job`, as far as anybody does.
        _ => {
            job.targets.labels.iter().any(|labels| labels.get("job").is_some())
                || job.relabel.iter().any(|step| step.action != "labelmap" && writes(step, "job"))
        }
    }
}

/// Whether a step may give a target an interval of its own. What discovery tells of labels and annotations is not called so.
fn sets_interval(step: &Relabel<'_>) -> bool {
    let of_discovery = step.action == "labelmap"
        && step.regex.and_then(Node::as_str).is_some_and(|regex| regex.trim_start_matches('^').starts_with("__meta_"));
    !of_discovery && writes(step, "__scrape_interval__")
}

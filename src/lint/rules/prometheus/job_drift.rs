//! Manifests and Prometheus configurations that disagree about a job.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::named_job;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::walk;
use crate::lint::world::declared::CatalogueJob;
use crate::lint::world::jobs;
use crate::lint::world::relabel;
use crate::manifest::variants;
use crate::promql::duration::format_duration;
use crate::source::{Node, Span};

rule! {
    /// A manifest declares a scrape job, and the `prometheus.yml` among the inputs scrapes it at another path or interval,
    /// or not at all.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// scrape: { interval: 15s }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// scrape: { interval: 15s, kubernetes: { role: pod, namespaces: { names: [shop] } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: myapp, kubernetes_sd_configs: [{ role: pod, namespaces: { names: [store] } }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// scrape: { interval: 15s }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// ```
    JobDrift, "job-drift", Warning
}

impl Rule for JobDrift {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        if !config.is_whole() || !view.view.complete {
            return;
        }
        for declared in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.jobs) {
            if !config.jobs.iter().any(|job| job.name() == declared.name.value) {
                not_scraped(view, declared, context, found);
            }
        }
    }

    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for declared in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.jobs) {
            let Some(job) = view.config.jobs.iter().find(|job| job.name() == declared.name.value) else { continue };
            let mut report = Report { job, declared, context, found };
            report.interval();
            report.path();
            report.scheme();
            report.by_labels();
            report.relabelled();
            report.addresses();
            report.namespaces();
        }
    }
}

/// A job of the manifest that is not there, or under another name.
fn not_scraped(view: &PrometheusView<'_>, declared: &CatalogueJob, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some((key, _)) = view.config.root.entry("scrape_configs") else { return };
    let name = &declared.name.value;
    // Relabelling may give this name to series of another job.
    if view.config.jobs.iter().any(|job| job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some("job"))) {
        return;
    }
    // How the job of the manifest's health checks is called is not written in it: another that probes may do the same.
    let is_of_checks = declared.targets.is_empty() && declared.interval.is_none();
    let probes = || view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe");
    if is_of_checks && probes().next().is_some() && did_you_mean(name, probes().map(Job::name)).is_none() {
        return;
    }
    // Where the manifest does not say how the job is called, another name will do as well, unless somebody asks for this one.
    let of_service = context.world.service_of_job(name).map(|service| format!("{service}-")).unwrap_or_default();
    let is_derived = |name: &str| !of_service.is_empty() && name.starts_with(&of_service);
    let is_asked_for = || context.selectors().any(|(_, used)| named_job(used.selector) == Some(name.as_str()));
    let scrapes_all = |job: &Job<'_>| {
        !declared.targets.is_empty()
            && is_derived(name)
            && !is_derived(job.name())
            && declared.targets.iter().all(|target| job.targets.addresses.iter().any(|node| node.as_str() == Some(target)))
    };
    if declared.path.is_none() && view.config.jobs.iter().any(scrapes_all) && !is_asked_for() {
        return;
    }
    found.push(
        META.finding(key.span, format!("the job `{name}` of the manifest is not scraped"))
            .path("scrape_configs")
            .related(declared.name.span, "declared here")
            .help(format!("add a job `{name}`")),
    );
    // Where its targets are scraped under another name, the manifest may have the wrong one.
    let same = |job: &&Job<'_>| {
        job.targets.addresses.iter().any(|node| node.as_str().is_some_and(|text| declared.targets.iter().any(|target| target == text)))
    };
    let near = did_you_mean(name, view.config.jobs.iter().map(Job::name));
    let other = view.config.jobs.iter().find(|job| same(job) || near == Some(job.name()));
    if let Some(other) =
        other.filter(|job| !context.world.catalogues.iter().flat_map(|c| &c.jobs).any(|known| known.name.value == job.name()))
    {
        let place = other.name.map_or(other.node.span, |node| node.span);
        found.push(
            META.finding(declared.name.span, format!("nothing scrapes a job `{name}`, but one called `{}`", other.name()))
                .related(place, "the job")
                .help("use one name"),
        );
    }
}

/// A job that both know.
struct Report<'r, 'a> {
    job: &'r Job<'a>,
    declared: &'r CatalogueJob,
    context: &'r Context<'a>,
    found: &'r mut Vec<Diagnostic>,
}

impl<'a> Report<'_, 'a> {
    /// Says it at its place in the configuration, and at the key of the manifest that says otherwise.
    fn add(&mut self, place: &Node, key: &[&str], what: &str, values: (&str, &str), help: String) {
        let there = self.manifest(key).map_or(self.declared.name.span, |node| node.span);
        self.say(place, (there, key.join(".")), what, values, help);
    }

    /// Says that an address is none of the manifest's, and names one of those that is not scraped.
    fn add_address(&mut self, place: &Node, text: &str, start: &str) {
        let Some(there) = self.missing().map(str::to_owned) else { return };
        let at = self.declared_at(&there);
        self.say(place, at, "at", (text, &there), format!("{start} `{there}`"));
    }

    /// An address of the manifest that the job does not name, or the first.
    fn missing(&self) -> Option<&str> {
        let targets = || self.declared.targets.iter().map(String::as_str);
        let is_scraped = |target: &&str| self.job.targets.addresses.iter().any(|node| node.as_str() == Some(*target));
        targets().find(|target| !is_scraped(target)).or_else(|| targets().next())
    }

    /// Where the manifest says an address: as a target of the service, or as the exporter of a dependency.
    fn declared_at(&self, address: &str) -> (Span, String) {
        let is = |node: &&Node| node.as_str() == Some(address);
        let exporter = self
            .manifest(&["dependencies"])
            .into_iter()
            .flat_map(Node::entries)
            .find_map(|(name, _, of)| of.get("exporter").filter(is).map(|node| (node.span, format!("dependencies.{name}.exporter"))));
        let target = || self.manifest(&["scrape", "targets"]).map(|list| list.items().find(is).unwrap_or(list).span);
        exporter.unwrap_or_else(|| (target().unwrap_or(self.declared.name.span), "scrape.targets".to_owned()))
    }

    fn say(&mut self, place: &Node, (there, key): (Span, String), what: &str, values: (&str, &str), help: String) {
        let name = &self.declared.name.value;
        self.found.push(
            META.finding(place.span, format!("`{name}` is scraped {what} `{}`, and the manifest says `{}`", values.0, values.1))
                .path(format!("scrape_configs[{}]", self.job.index))
                .related(there, "declared here")
                .help(help),
        );
        self.found.push(
            META.finding(there, format!("the manifest says `{}`, and `{name}` is scraped {what} `{}`", values.1, values.0))
                .path(key)
                .related(place.span, "scraped here")
                .help("make the two say the same"),
        );
    }

    /// The value of a key of the manifest that declares the job.
    fn manifest(&self, key: &[&str]) -> Option<&'a Node> {
        let view = self.context.views.iter().find(|view| view.source == self.declared.name.span.source)?;
        view.root.at(key.iter().copied())
    }

    /// Namespaces in which the job finds its targets, none of which is one of the manifest's.
    fn namespaces(&mut self) {
        const KEY: &[&str] = &["scrape", "kubernetes", "namespaces", "names"];
        let names = |list: &'a Node| list.items().filter_map(Node::as_str).collect::<Vec<&str>>();
        let Some(root) = self.manifest(&[]) else { return };
        let declared: Vec<&str> = variants(root).filter_map(|part| part.at(KEY.iter().copied())).flat_map(names).collect();
        let written: Vec<&Node> =
            self.job.node.items_of("kubernetes_sd_configs").filter_map(|entry| entry.at(["namespaces", "names"])).collect();
        let is_all = written.len() == self.job.node.items_of("kubernetes_sd_configs").count();
        let here: Vec<&str> = written.iter().copied().flat_map(names).collect();
        let is_text = |names: &[&str]| !names.is_empty() && !names.iter().any(|name| name.contains('$'));
        if is_all && is_text(&declared) && is_text(&here) && !here.iter().any(|name| declared.contains(name)) {
            let (here, there) = (here.join(", "), declared.join(", "));
            self.add(written[0], KEY, "in the namespace", (&here, &there), "make the two say the same".to_owned());
        }
    }

    fn of_job(&self, key: &str) -> &'a Node {
        self.job.node.get(key).or(self.job.name).unwrap_or(self.job.node)
    }

    fn interval(&mut self) {
        let Some(interval) = self.declared.interval.filter(|interval| *interval != self.job.interval) else {
            return self.interval_by_label();
        };
        let (here, there) = (format_duration(self.job.interval), format_duration(interval));
        let help = format!("set `scrape_interval: {there}`");
        self.add(self.of_job("scrape_interval"), &["scrape", "interval"], "every", (&here, &there), help);
    }

    /// An interval that a label of the targets sets.
    fn interval_by_label(&mut self) {
        let Some(interval) = self.declared.interval else { return };
        let labelled = self.job.targets.labels.iter().find_map(|labels| labels.get("__scrape_interval__"));
        let Some((place, text)) = labelled.and_then(Node::with_str) else { return };
        if crate::promql::duration::parse_duration(text).is_ok_and(|own| own != interval) {
            let there = format_duration(interval);
            self.add(place, &["scrape", "interval"], "every", (text, &there), "remove the label, or correct the manifest".to_owned());
        }
    }

    fn path(&mut self) {
        let here = self.job.metrics_path();
        let Some(there) = self.declared.path.as_deref().filter(|path| *path != here) else { return };
        self.add(self.of_job("metrics_path"), &["scrape", "path"], "at", (here, there), format!("set `metrics_path: {there}`"));
    }

    fn scheme(&mut self) {
        let here = self.job.node.get("scheme").and_then(Node::as_str).unwrap_or("http").to_lowercase();
        let Some(there) = self.declared.scheme.as_deref().filter(|there| *there != here) else { return };
        self.add(self.of_job("scheme"), &["scrape", "scheme"], "over", (&here, there), format!("set `scheme: {there}`"));
    }

    /// A path or scheme that relabelling or a label of the targets sets.
    fn by_labels(&mut self) {
        let Some(outcomes) = relabel::targets(self.job).filter(|_| self.declared.path.is_some()) else { return };
        for (label, key, wanted) in [("__metrics_path__", "path", &self.declared.path), ("__scheme__", "scheme", &self.declared.scheme)] {
            let plain = if key == "scheme" {
                self.job.node.get("scheme").and_then(Node::as_str).unwrap_or("http")
            } else {
                self.job.metrics_path()
            };
            let Some(wanted) = wanted else { continue };
            let Some(value) = outcomes.iter().filter_map(|o| o.labels.get(label)).find(|value| *value != wanted && *value != plain) else {
                continue;
            };
            let labelled = self.job.targets.labels.iter().find_map(|labels| labels.get(label));
            let step = self.job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some(label));
            let Some(place) = step.map(|step| step.replacement.unwrap_or(step.node)).or(labelled) else { continue };
            self.add(place, &["scrape", key], &format!("with `{label}`"), (value, wanted), "remove it, or correct the manifest".to_owned());
        }
    }

    /// Targets that are none of the manifest's, in none of its environments.
    /// An address that relabelling puts in place of the target's.
    fn relabelled(&mut self) {
        let writes = |step: &&crate::formats::prometheus::Relabel<'_>| step.target.and_then(Node::as_str) == Some("__address__");
        let Some(place) = self.job.relabel.iter().rev().find(writes).and_then(|step| step.replacement) else { return };
        if self.job.metrics_path() == "/probe" {
            return;
        }
        let mut targets = self.declared.targets.clone();
        targets.extend(of_environments(self.context));
        let Some(text) = place.as_str().filter(|text| !text.contains('$')) else {
            // What groups of a pattern become is followed for the targets that are written down.
            let outcomes = relabel::targets(self.job).unwrap_or_default();
            let moved = outcomes.iter().find_map(|outcome| {
                let before = outcome.address.as_str()?;
                let now = outcome.labels.get("__address__").filter(|now| outcome.dropped.is_none() && *now != before)?;
                targets.iter().any(|target| target == before).then_some(now).filter(|now| !targets.contains(now))
            });
            if let Some(now) = moved {
                self.add_address(place, now, "leave the step out, or use");
            }
            return;
        };
        if !targets.iter().any(|target| target == text) {
            self.add_address(place, text, "leave the step out, or use");
        }
    }

    fn addresses(&mut self) {
        let is_moved = self.job.relabel.iter().any(|step| jobs::writes(step, "__address__"));
        if self.declared.targets.is_empty() || is_moved || !self.job.targets.discovery.is_empty() {
            return;
        }
        let mut targets = self.declared.targets.clone();
        targets.extend(of_environments(self.context));
        for node in &self.job.targets.addresses {
            let Some(text) = node.as_str().filter(|text| !text.contains('$') && !targets.iter().any(|target| target == text)) else {
                continue;
            };
            self.add_address(node, text, "use");
        }
    }
}

/// Addresses that the environments of the manifests put in place of others.
fn of_environments(context: &Context<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for view in context.manifests() {
        let Some(environments) = view.root.get("environments") else { continue };
        walk::mappings(environments, &mut |node, _| {
            let targets = node.items_of("targets").filter_map(Node::as_str);
            all.extend(targets.chain(node.get("exporter").and_then(Node::as_str)).map(str::to_owned));
        });
    }
    all
}

//! Probes that are not the checks of the manifest.

mod check;

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::probes::{Probe, probes};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::host;
use crate::lint::world::relabel;
use crate::source::Node;
use check::{BODY, Check, is_asked_by, urls};

rule! {
    /// The manifest says at which address a health check asks and what it expects, and the blackbox exporter is told to probe
    /// another, to take another status, or to look for another answer. Said in both files, for either may be wrong.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health:
    ///   base: http://web:8080
    ///   liveness: { path: /live, expect: { status: 200 } }
    /// # file: blackbox.yml
    /// modules:
    ///   web-liveness: { prober: http, http: { valid_status_codes: [404] } }
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web-probe
    ///     metrics_path: /probe
    ///     params: { module: [web-liveness] }
    ///     static_configs: [{ targets: ["http://web:8080/live"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { front: { url: "https://web.example.com/", expect: { status: 200, body: "Order now", headers: { Content-Type: "text/html.*" } } } }
    /// # file: blackbox.yml
    /// modules:
    ///   web-front:
    ///     prober: http
    ///     http:
    ///       valid_status_codes: [200]
    ///       fail_if_body_not_matches_regexp: ["Order Now"]
    ///       fail_if_header_not_matches: [{ header: Content-Type, regexp: "application/xhtml" }]
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web-probe
    ///     metrics_path: /probe
    ///     params: { module: [web-front] }
    ///     static_configs: [{ targets: ["https://web.example.com/"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { portal: { url: "https://portal.example.com/login", expect: { status: 200, headers: { Content-Type: "text/html.*" } } } }
    /// # file: blackbox.yml
    /// modules:
    ///   http_portal:
    ///     prober: http
    ///     http:
    ///       valid_status_codes: [200]
    ///       fail_if_header_not_matches: [{ header: Content-Type, regexp: "application/json" }]
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: sites
    ///     metrics_path: /probe
    ///     params: { module: [http_portal] }
    ///     static_configs: [{ targets: ["https://portal.example.com/login"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health:
    ///   base: http://web:8080
    ///   liveness: { path: /live, expect: { status: 200 } }
    /// # file: blackbox.yml
    /// modules:
    ///   web-liveness: { prober: http, http: { valid_status_codes: [200] } }
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web-probe
    ///     metrics_path: /probe
    ///     params: { module: [web-liveness] }
    ///     static_configs: [{ targets: ["http://web:8080/live"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    ProbeDrift, "probe-drift", Warning
}

impl Rule for ProbeDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let manifests = context.manifests();
        let manifests: Vec<&Node> = manifests.map(|view| view.root).filter(|root| root.get("health").is_some()).collect();
        if manifests.is_empty() {
            return;
        }
        let all = probes(context);
        let mut by_job: HashMap<&str, Vec<&Probe<'_>>> = HashMap::new();
        for probe in &all {
            by_job.entry(probe.job.name()).or_default().push(probe);
        }
        for root in manifests {
            let Some(service) = root.get("service").and_then(|service| service.get("name")?.as_str()) else { continue };
            let job = format!("{service}-probe");
            let Some(own) = by_job.get(job.as_str()) else {
                // What the manifest asks may be asked by jobs that go by other names.
                elsewhere(root, &all, found);
                continue;
            };
            unasked(root, own, context, found);
            let reads_body = own.iter().any(|probe| probe.section().is_some_and(|http| http.get(BODY).is_some()));
            for (name, key, body) in root.entries_of("health").filter(|(name, ..)| *name != "base") {
                let check = Check { name, key, body, urls: urls(root, name) };
                if check.urls.is_empty() {
                    continue;
                }
                if check.compare(own, reads_body, found) {
                    continue;
                }
                // A check may be asked by a job of its own.
                let others: Vec<&Probe<'_>> = all.iter().filter(|probe| check.is_target_of(probe)).collect();
                if others.is_empty() || !check.compare(&others, false, found) {
                    nearly(&check, &all, root, found);
                }
            }
        }
    }
}

/// A check that the job of the manifest's checks does not ask, though it asks others: its target is dropped, or is not there while
/// a module that is called after it is there for nothing. Who probes readiness alone has neither.
fn unasked(root: &Node, own: &[&Probe<'_>], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(job) = own.first().map(|probe| probe.job) else { return };
    let Some(outcomes) = relabel::targets(job).filter(|_| job.targets.discovery.is_empty()) else { return };
    let kept = || outcomes.iter().filter(|outcome| outcome.dropped.is_none()).filter_map(|outcome| outcome.address.as_str());
    let checks: Vec<Check<'_>> = root
        .entries_of("health")
        .filter(|(name, ..)| *name != "base")
        .map(|(name, key, body)| Check { name, key, body, urls: urls(root, name) })
        .filter(|check| !check.urls.is_empty())
        .collect();
    let is_asked = |check: &Check<'_>| kept().any(|target| check.urls.iter().any(|url| is_asked_by(url, target)));
    // What is asked at another address is said by who compares the two.
    let is_near = |check: &Check<'_>| {
        let path = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).split_once('/').map(|(_, path)| path.to_owned());
        kept().any(|target| {
            check.urls.iter().any(|url| path(url) == path(target) || host(url) == host(target) && !is_others(target, &checks))
        })
    };
    if !checks.iter().any(is_asked) {
        return;
    }
    let is_dropped = |check: &Check<'_>| {
        let dropped = outcomes.iter().filter(|outcome| outcome.dropped.is_some()).filter_map(|outcome| outcome.address.as_str());
        dropped.into_iter().any(|target| check.urls.iter().any(|url| is_asked_by(url, target)))
    };
    let asked: Vec<&str> = probes(context).iter().map(|probe| probe.module.name()).collect();
    let modules =
        || context.views.iter().filter_map(|view| if let ViewKind::Blackbox(modules) = &view.kind { Some(modules) } else { None });
    let has_module = |check: &Check<'_>| {
        let stem = check.name.get(..4).unwrap_or(check.name);
        modules().flatten().any(|module| module.prober() == "http" && module.name().contains(stem) && !asked.contains(&module.name()))
    };
    let is_missed = |check: &Check<'_>| !is_asked(check) && !is_near(check) && (is_dropped(check) || has_module(check));
    for check in checks.iter().filter(|check| is_missed(check)) {
        let place = job.name.unwrap_or(job.node);
        let message = format!("no target of the job is asked for the check `{}` here", check.name);
        check.both(found, place.span, "scrape_configs", &message);
    }
}

/// Whether a target is that of some check.
fn is_others(target: &str, checks: &[Check<'_>]) -> bool {
    checks.iter().any(|check| check.urls.iter().any(|url| is_asked_by(url, target)))
}

/// Checks whose URL is a target of some probe job, or nearly one.
fn elsewhere(root: &Node, all: &[Probe<'_>], found: &mut Vec<Diagnostic>) {
    for (name, key, body) in root.entries_of("health").filter(|(name, ..)| *name != "base") {
        let check = Check { name, key, body, urls: urls(root, name) };
        if check.urls.is_empty() {
            continue;
        }
        let asked: Vec<&Probe<'_>> = all.iter().filter(|probe| check.is_target_of(probe)).collect();
        if !asked.is_empty() {
            check.compare(&asked, false, found);
            continue;
        }
        let Some((node, url)) = body.get_str("url") else {
            nearly(&check, all, root, found);
            continue;
        };
        let rest = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
        let host = |url: &str| rest(url).map(|rest| rest.split('/').next().unwrap_or("").to_owned());
        let health = root.entries_of("health").filter(|(name, ..)| *name != "base");
        let others: Vec<String> = health.filter(|(other, ..)| *other != name).flat_map(|(name, ..)| urls(root, name)).collect();
        let near = all
            .iter()
            .flat_map(Probe::targets)
            .filter(|(_, target)| !others.iter().any(|url| is_asked_by(url, target)))
            .find(|(_, target)| host(target).is_some() && (host(target) == host(url) || strsim::damerau_levenshtein(target, url) <= 2));
        if let Some((place, target)) = near {
            let message = format!("the check `{name}` asks {} here, and what is probed is `{target}`", node.describe());
            let finding = META.finding(node.span, message).path(format!("health.{name}.url"));
            found.push(finding.related(place.span, "probed here").help("make the two say the same"));
        }
    }
}

/// A check that no job asks, while one asks the same host or the same path elsewhere: over another scheme, at another path.
fn nearly(check: &Check<'_>, all: &[Probe<'_>], root: &Node, found: &mut Vec<Diagnostic>) {
    let health = || root.entries_of("health").filter(|(name, ..)| *name != "base");
    let others: Vec<String> = health().filter(|(name, ..)| *name != check.name).flat_map(|(name, ..)| urls(root, name)).collect();
    let is_others = |target: &str| others.iter().any(|url| is_asked_by(url, target));
    let split = |url: &str| -> Option<(String, String)> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split_once('/').map(|(host, path)| (host.to_owned(), path.to_owned()))
    };
    let near = |target: &str| {
        let url = check.urls.iter().filter_map(|url| Some((split(url)?, split(target)?)));
        url.into_iter().any(|((host, path), (other, asked))| {
            let slip = strsim::damerau_levenshtein(&path, &asked) <= 2 || path.ends_with(&asked) || asked.ends_with(&path);
            let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
            let checks = ["health", "ready", "live", "ping", "status"];
            let both_check = checks.iter().any(|word| path.contains(word)) && checks.iter().any(|word| asked.contains(word));
            (host == other && (slip || both_check))
                || (path == asked && (strsim::damerau_levenshtein(&host, &other) <= 1 || name(&host) == name(&other)))
        })
    };
    let mut targets = all.iter().flat_map(Probe::targets).filter(|(_, target)| !is_others(target));
    if let Some((node, _)) = targets.find(|(_, target)| near(target)) {
        let message =
            format!("the check `{}` asks `{}` in the manifest, and what is probed is {}", check.name, check.urls[0], node.describe());
        check.both(found, node.span, "scrape_configs", &message);
    }
}

//! Probes that are not the checks of the manifest.

use std::collections::HashMap;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::probes::{Probe, probes};
use crate::lint::rule::{Rule, rule};
use crate::manifest::variants;
use crate::source::{Node, Span};

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
            let reads_body = own.iter().any(|probe| probe.section().is_some_and(|http| http.get(BODY).is_some()));
            for (name, key, body) in root.entries_of("health").filter(|(name, ..)| *name != "base") {
                let check = Check { name, key, body, urls: urls(root, name) };
                if check.urls.is_empty() {
                    continue;
                }
                if !check.compare(own, reads_body, found) {
                    nearly(&check, &all, root, found);
                }
            }
        }
    }
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

/// The field and the text that an expression of CEL compares, where that is all that it does.
fn equality(text: &str) -> Option<(&str, &str)> {
    let (field, value) = text.trim().strip_prefix("body.")?.split_once("==")?;
    let value = value.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    (is_name(field.trim()) && !value.contains(quote)).then_some((field.trim(), value))
}

const BODY: &str = "fail_if_body_not_matches_regexp";

/// A check of the manifest that asks over HTTP.
struct Check<'a> {
    name: &'a str,
    key: &'a Node,
    body: &'a Node,
    /// Where it asks, in each environment.
    urls: Vec<String>,
}

/// Whether a target asks for a URL. `host/path` is asked for over plain HTTP.
fn is_asked_by(url: &str, target: &str) -> bool {
    url == target || !target.contains("://") && url.strip_prefix("http://") == Some(target)
}

/// Every URL that a check may ask, by the manifest and its environments.
fn urls(root: &Node, name: &str) -> Vec<String> {
    let health = || variants(root).filter_map(|root| root.get("health"));
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let checks: Vec<&Node> = health().filter_map(|health| health.get(name)).collect();
    let mut all: Vec<String> = checks.iter().filter_map(|check| text(check, "url")).collect();
    for path in checks.iter().filter_map(|check| text(check, "path")) {
        all.extend(health().filter_map(|health| text(health, "base")).map(|base| format!("{}{path}", base.trim_end_matches('/'))));
    }
    all
}

impl Check<'_> {
    /// Whether any of the probes is this check, which is then compared with it.
    fn compare(&self, own: &[&Probe<'_>], reads_body: bool, found: &mut Vec<Diagnostic>) -> bool {
        let asked = own.iter().find(|probe| self.is_target_of(probe));
        // Its module is called after it.
        let named = own.iter().find(|probe| probe.module.name().ends_with(self.name));
        let Some(probe) = asked.or(named) else { return false };
        // Of several targets of its module, the one that is meant is the most alike.
        let alike = |(_, target): &(&Node, &str)| strsim::damerau_levenshtein(target, &self.urls[0]);
        if let Some((node, _)) = named.filter(|probe| !self.is_asked(probe)).and_then(|probe| probe.targets().min_by_key(alike)) {
            let message = format!("the check `{}` asks {} here, and `{}` in the manifest", self.name, node.describe(), self.urls[0]);
            self.both(found, node.span, "scrape_configs", &message);
        }
        if probe.module.prober() != "http" {
            return true;
        }
        let Some(http) = probe.section() else {
            self.unlooked(probe, reads_body, found);
            return true;
        };
        let before = found.len();
        let expected = self.body.get("expect");
        if let Some(status) = expected.and_then(|expect| expect.get("status")) {
            self.status(status, http, found);
        }
        for (name, _, value) in expected.and_then(|expect| expect.get("json")).into_iter().flat_map(Node::entries) {
            if let Some(value) = value.as_str() {
                self.field(name, value, http, reads_body, found);
                self.expression(name, value, http, found);
            }
        }
        if expected.and_then(|expect| expect.get("json")).is_some_and(|json| json.entries().next().is_some()) {
            self.content_type(http, found);
        }
        // Either the module or the target may be the wrong one.
        if let (true, Some((target, _))) = (found.len() > before, asked.and_then(|probe| probe.targets().next())) {
            let message =
                format!("this is the check `{}`, and `{}` does not take what it answers by the manifest", self.name, probe.module.name());
            let finding = META.finding(target.span, message).path("scrape_configs").related(self.key.span, "the manifest");
            found.push(finding.help("probe it with another module, or correct the target"));
        }
        true
    }

    /// A module without a section, which takes any answer with a status of 2xx.
    fn unlooked(&self, probe: &Probe<'_>, reads_body: bool, found: &mut Vec<Diagnostic>) {
        let json = self.body.get("expect").and_then(|expect| expect.get("json"));
        let Some((name, _, value)) = json.filter(|_| reads_body).and_then(|json| json.entries().next()) else { return };
        let message = format!("the manifest expects `{name}` to be {}, and this probe does not look at the answer here", value.describe());
        self.both(found, probe.module.name.span, "modules", &message);
    }

    fn is_asked(&self, probe: &Probe<'_>) -> bool {
        self.is_target_of(probe) || probe.targets().next().is_none()
    }

    fn is_target_of(&self, probe: &Probe<'_>) -> bool {
        probe.targets().any(|(_, target)| self.urls.iter().any(|url| is_asked_by(url, target)))
    }

    fn status(&self, expected: &Node, http: &Node, found: &mut Vec<Diagnostic>) {
        let listed = http.get("valid_status_codes").filter(|list| list.items().next().is_some());
        let codes: Vec<i64> = listed.into_iter().flat_map(Node::items).filter_map(Node::as_i64).collect();
        let takes = |low: i64, high: i64| match listed {
            Some(_) => codes.iter().any(|code| (low..=high).contains(code)),
            None => low >= 200 && high < 300,
        };
        let nodes = expected.as_sequence().unwrap_or(std::slice::from_ref(expected));
        let is_taken = |node: &Node| match (node.as_i64(), node.as_str().and_then(|text| text.strip_suffix("xx")?.parse::<i64>().ok())) {
            (Some(code), _) => takes(code, code),
            (_, Some(class)) => takes(class * 100, class * 100 + 99),
            _ => true,
        };
        if nodes.iter().any(is_taken) {
            return;
        }
        let place = listed.map_or(http.span, |list| list.span);
        let taken = if codes.is_empty() { "2xx".to_owned() } else { codes.iter().map(i64::to_string).collect::<Vec<_>>().join(", ") };
        let wanted = nodes.iter().map(Node::describe).collect::<Vec<_>>().join(", ");
        let message = format!("the probe of `{}` takes the status {taken} here, and {wanted} in the manifest", self.name);
        self.both(found, place, "modules", &message);
    }

    /// A field of the answer, which is written with and without a blank.
    fn field(&self, name: &str, value: &str, http: &Node, reads_body: bool, found: &mut Vec<Diagnostic>) {
        let bodies = [format!("{{\"{name}\":\"{value}\"}}"), format!("{{\"{name}\": \"{value}\"}}"), format!("{{\"{name}\":{value}}}")];
        let matches = |node: &Node| {
            let regex = node.as_str().and_then(|text| Regex::new(text).ok());
            regex.is_none_or(|regex| bodies.iter().any(|body| regex.is_match(body)))
        };
        let wanted = || http.items_of(BODY);
        let here = wanted().find(|node| !matches(node) && (node.as_str().is_some_and(|text| text.contains(name)) || wanted().count() == 1));
        if let Some(node) = here {
            let message = format!("{} does not match an answer whose `{name}` is `{value}` here, as the manifest expects", node.describe());
            self.both(found, node.span, "modules", &message);
        } else if reads_body && wanted().next().is_none() && !http.entries().any(|(key, ..)| key.starts_with("fail_if_body")) {
            let message = format!("the manifest expects `{name}` to be `{value}`, and this probe does not look at the answer here");
            self.both(found, http.span, "modules", &message);
        }
        let refused = http.items_of("fail_if_body_matches_regexp");
        for node in refused.filter(|node| node.as_str().is_some_and(|text| text.contains(name)) && matches(node)) {
            let message = format!("this fails on an answer whose `{name}` is `{value}` here, which the manifest expects");
            self.both(found, node.span, "modules", &message);
        }
    }

    /// An expression of CEL that compares a field of the answer with a text.
    fn expression(&self, name: &str, value: &str, http: &Node, found: &mut Vec<Diagnostic>) {
        for (key, wanted) in [("fail_if_body_json_not_matches_cel", true), ("fail_if_body_json_matches_cel", false)] {
            let Some((node, text)) = http.get_str(key) else { continue };
            let Some((field, compared)) = equality(text) else { continue };
            let message = if field == name && (compared == value) != wanted {
                if wanted {
                    format!("{} does not hold for an answer whose `{name}` is `{value}` here, as the manifest expects", node.describe())
                } else {
                    format!("this fails on an answer whose `{name}` is `{value}` here, which the manifest expects")
                }
            } else if field != name && compared == value && wanted && !self.expects(field) {
                format!("{} asks for `{field}`, and the manifest expects `{name}` to be `{value}` here,", node.describe())
            } else {
                continue;
            };
            self.both(found, node.span, "modules", message.trim_end_matches(','));
        }
    }

    fn expects(&self, field: &str) -> bool {
        self.body.get("expect").and_then(|expect| expect.get("json")).is_some_and(|json| json.get(field).is_some())
    }

    /// An answer whose fields the manifest names is JSON.
    fn content_type(&self, http: &Node, found: &mut Vec<Diagnostic>) {
        for header in http.items_of("fail_if_header_matches") {
            let is_type = header.get("header").and_then(Node::as_str).is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            let Some((node, pattern)) = header.get("regexp").filter(|_| is_type).and_then(Node::with_str) else { continue };
            let types = ["application/json", "application/json; charset=utf-8"];
            if Regex::new(pattern).is_ok_and(|regex| types.iter().all(|kind| regex.is_match(kind))) {
                let message = format!("the answer is JSON by the manifest, and the module fails on {}", node.describe());
                self.both(found, node.span, "modules", &message);
            }
        }
        for header in http.items_of("fail_if_header_not_matches") {
            let is_type = header.get("header").and_then(Node::as_str).is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            let Some((node, pattern)) = header.get("regexp").filter(|_| is_type).and_then(Node::with_str) else {
                continue;
            };
            let types = [
                "application/json",
                "application/json; charset=utf-8",
                "application/json;charset=utf-8",
                "application/health+json",
                "application/problem+json",
            ];
            if Regex::new(pattern).is_ok_and(|regex| !types.iter().any(|kind| regex.is_match(kind))) {
                let message = format!("the answer is JSON by the manifest, and the module takes {} here, alone", node.describe());
                self.both(found, node.span, "modules", &message);
            }
        }
    }

    fn both(&self, found: &mut Vec<Diagnostic>, here: Span, path: &str, message: &str) {
        let help = "make the two say the same";
        found.push(META.finding(here, message.replace(" here,", ",")).path(path).related(self.key.span, "the manifest").help(help));
        let path = format!("health.{}", self.name);
        found.push(
            META.finding(self.key.span, message.replace(" here,", " in the configuration,"))
                .path(path)
                .related(here, "the configuration")
                .help(help),
        );
    }
}

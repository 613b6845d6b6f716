//! Times and labels of notifications in a manifest that cannot be meant.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::walk;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// Of the times of notifications `group_wait` is the shortest and `repeat_interval` the longest, and none of the intervals is zero.
    /// Without a label to group by, all alerts of all services are one notification; and a label that no alert has tells none apart.
    /// Receivers name files that hold a secret, and whole addresses; of an alert whose severity no receiver takes nobody is told.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { ops: { webhook: "http://hook" } }, routes: { page: ops }, group_wait: 20m, group_interval: 5m }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { ops: { webhook: "http://hook" } }, routes: { page: ops }, group_wait: 20s, group_interval: 5m }
    /// ```
    ManifestRouting, "manifest-routing", Warning
}

/// What Alertmanager takes where nothing is said, in milliseconds.
const GROUP_INTERVAL: i64 = 300_000;

impl Rule for ManifestRouting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            grouping(root, found);
            secrets(root, found);
            untold(root, found);
            let Some(routing) = root.get("routing") else { return };
            let mut add = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("routing.{key}")).help(help));
            };
            let time = |key: &str| routing.get_str(key).and_then(|(node, text)| Some((node, parse_duration(text).ok()?)));
            for key in ["group_interval", "repeat_interval"] {
                if let Some((node, 0)) = time(key) {
                    add(node, key, "Alertmanager refuses an interval of zero".to_owned(), "write minutes, as `5m`");
                }
            }
            if let Some(list) = routing.get("group_by").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
                let message = "without a label all alerts of all services are one notification".to_owned();
                add(list, "group_by", message, "group by `[alertname, service]`");
            }
            let interval = time("group_interval").map_or(GROUP_INTERVAL, |(_, millis)| millis);
            if let Some((node, _)) = time("repeat_interval").filter(|(_, repeat)| *repeat > 0 && *repeat < interval) {
                add(node, "repeat_interval", "nothing is sent again sooner than `group_interval`".to_owned(), "make it the longer one");
            }
            if let Some((node, _)) = time("group_wait").filter(|(_, wait)| *wait > interval) {
                let message = format!("the first notification waits {}, longer than any later one", node.describe());
                add(node, "group_wait", message, "write seconds, as `30s`");
            }
        });
    }
}

/// Alerts of the severity of what always fires, of which nobody is told.
fn untold(root: &Node, found: &mut Vec<Diagnostic>) {
    let Some(routing) = root.get("routing") else { return };
    let told = routing.get("default").is_some() || routing.at(["receivers", "none"]).is_some() || routing.at(["routes", "none"]).is_some();
    let steady = ["watchdog", "deadman", "dead_man", "heartbeat", "alwaysfiring"];
    let silent = |name: &str| !steady.iter().any(|word| name.to_lowercase().contains(word));
    for (name, _, alert) in root.entries_of("alerts").filter(|(name, ..)| !told && silent(name)) {
        if let Some((node, _)) = alert.get_str("severity").filter(|(_, severity)| *severity == "none") {
            let finding = META.finding(node.span, format!("nobody is told of `{name}`: no receiver takes the severity `none`"));
            found.push(finding.path(format!("alerts.{name}.severity")).help("write a severity of `routing.receivers`"));
        }
    }
}

/// Files with secrets that are none, and addresses without a scheme.
fn secrets(root: &Node, found: &mut Vec<Diagnostic>) {
    let Some(receivers) = root.at(["routing", "receivers"]) else { return };
    walk::mappings(receivers, &mut |node, path| {
        let is_plain = |text: &str| !text.is_empty() && !text.contains("://") && !text.contains(['$', '{']);
        for (key, _, value) in node.entries().filter(|(key, ..)| matches!(*key, "url" | "api_url" | "webhook")) {
            if value.as_str().is_some_and(is_plain) {
                let message = format!("{} is no address that Alertmanager takes", value.describe());
                let path = format!("routing.receivers.{}", path.key(key));
                found.push(META.finding(value.span, message).path(path).help("begin it with `https://`"));
            }
        }
        for (key, _, value) in node.entries().filter(|(key, ..)| key.ends_with("_file")) {
            let message = match value.as_str() {
                Some("") => "this names no file".to_owned(),
                Some(text) if text.contains("://") => format!("{} is an address, and a file that holds one is read", value.describe()),
                _ => continue,
            };
            let path = format!("routing.receivers.{}", path.key(key));
            found.push(META.finding(value.span, message).path(path).help("name the file with the secret"));
        }
    });
}

/// Labels by which alerts are grouped, and that no alert can have.
fn grouping(root: &Node, found: &mut Vec<Diagnostic>) {
    let Some(list) = root.at(["routing", "group_by"]) else { return };
    let keys = |node: Option<&Node>| node.into_iter().flat_map(Node::entries).map(|(name, ..)| name.to_owned()).collect::<Vec<_>>();
    let mut known: BTreeSet<String> =
        ["alertname", "service", "severity", "team", "job", "instance", "burn", "slo", "metric", "check", "..."]
            .into_iter()
            .map(str::to_owned)
            .collect();
    known.extend(keys(root.at(["service", "labels"])));
    known.extend(keys(root.at(["stack", "prometheus", "external_labels"])));
    known.extend(keys(root.at(["stack", "kubernetes", "labels"])));
    for (_, _, metric) in root.entries_of("metrics") {
        known.extend(keys(metric.get("labels")));
    }
    let alerts: Vec<&Node> = root.entries_of("alerts").map(|(_, _, alert)| alert).collect();
    for alert in &alerts {
        known.extend(keys(alert.get("labels")));
    }
    // Targets that are discovered, and exporters, may bring labels of their own.
    let is_open = ["kubernetes", "http_sd", "file_sd", "dns_sd"].iter().any(|key| root.at(["scrape", key]).is_some());
    for node in list.items() {
        let Some(name) = node.as_str().filter(|name| !known.contains(*name)) else { continue };
        let is_asked = alerts.iter().filter_map(|alert| alert.get("expr")?.as_str()).any(|expr| expr.contains(name));
        let meant = did_you_mean(name, known.iter().map(String::as_str));
        if is_asked || is_open && meant.is_none() {
            continue;
        }
        let help = meant.map_or_else(|| "group by a label that alerts have".to_owned(), |meant| format!("did you mean `{meant}`?"));
        let finding = META.finding(node.span, format!("no alert of this manifest has a label `{name}`"));
        found.push(finding.path("routing.group_by").help(help));
    }
}

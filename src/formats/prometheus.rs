//! `prometheus.yml`: jobs, where their targets come from, what relabelling does, rules and Alertmanagers.

use std::collections::HashMap;

use super::schema::{Checker, DUPLICATE_NAME};
use super::tables::{BAD_VALUE, CONFLICTING_KEYS, is_placeholder, names, prometheus as tables};
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::source::Node;
use crate::source::path::Path;

/// A scrape timeout longer than the interval, which Prometheus refuses.
pub const TIMEOUT_ABOVE_INTERVAL: &str = "timeout-above-interval";

/// A target that is no host and port, which Prometheus refuses where no relabelling follows.
pub const BAD_TARGET: &str = "bad-target";

/// How far Prometheus looks back for the last sample of a series unless it is told otherwise, in milliseconds.
pub const LOOKBACK: i64 = 300_000;

/// A Prometheus configuration, or a fragment that one loads.
#[derive(Debug)]
pub struct Prometheus<'a> {
    /// The whole document.
    pub root: &'a Node,
    /// The jobs.
    pub jobs: Vec<Job<'a>>,
    /// Globs of rule files.
    pub rule_files: &'a [Node],
    /// The entries of `alerting.alertmanagers`.
    pub alertmanagers: Vec<Alertmanagers<'a>>,
    /// The entries of `remote_write`, each with its `write_relabel_configs`.
    pub remote_write: Vec<(&'a Node, Vec<Relabel<'a>>)>,
    /// `alerting.alert_relabel_configs`
    pub alert_relabel: Vec<Relabel<'a>>,
    /// Labels that are added when data leaves.
    pub external_labels: Option<&'a Node>,
    /// How often rules are evaluated, in milliseconds.
    pub evaluation_interval: i64,
    /// Only `scrape_configs`: perhaps a fragment for `scrape_config_files`, so other jobs may exist.
    pub fragment: bool,
}

/// One entry of `scrape_configs`.
#[derive(Debug)]
pub struct Job<'a> {
    /// The whole entry.
    pub node: &'a Node,
    /// Its place in the list, from 0.
    pub index: usize,
    /// `job_name`
    pub name: Option<&'a Node>,
    /// How often it is scraped, in milliseconds, defaults applied.
    pub interval: i64,
    /// How long a scrape may take, in milliseconds, defaults applied.
    pub timeout: i64,
    /// Where its targets come from.
    pub targets: TargetGroups<'a>,
    /// `relabel_configs`
    pub relabel: Vec<Relabel<'a>>,
    /// `metric_relabel_configs`
    pub metric_relabel: Vec<Relabel<'a>>,
    /// Whether labels of the scraped series win over the target's.
    pub honor_labels: bool,
}

/// Targets of a job or of an alerting block.
#[derive(Debug, Default)]
pub struct TargetGroups<'a> {
    /// Every group that is written down: targets, and the labels that they have in common.
    pub groups: Vec<&'a Node>,
    /// `targets` of every static group.
    pub addresses: Vec<&'a Node>,
    /// `labels` of every static group.
    pub labels: Vec<&'a Node>,
    /// Keys of service discovery other than static.
    pub discovery: Vec<&'a Node>,
    /// The labels that the targets of files have, where all that are found comes from files, and these were read.
    pub listed: Option<Vec<&'a str>>,
}

/// One entry of `alerting.alertmanagers`.
#[derive(Debug)]
pub struct Alertmanagers<'a> {
    /// The whole entry.
    pub node: &'a Node,
    /// Where they are.
    pub targets: TargetGroups<'a>,
    /// `relabel_configs`
    pub relabel: Vec<Relabel<'a>>,
    /// `alert_relabel_configs`, behind those that all Alertmanagers share.
    pub alert_relabel: Vec<Relabel<'a>>,
}

/// One relabelling step.
#[derive(Clone, Debug)]
pub struct Relabel<'a> {
    /// The whole step.
    pub node: &'a Node,
    /// `source_labels`
    pub sources: Vec<&'a str>,
    /// `action`, lower case, defaults applied.
    pub action: String,
    /// `regex`, where it is written.
    pub regex: Option<&'a Node>,
    /// `target_label`
    pub target: Option<&'a Node>,
    /// `replacement`, where it is written.
    pub replacement: Option<&'a Node>,
}

impl Prometheus<'_> {
    /// Whether all jobs of the server are written here: nothing else may bring others.
    pub fn is_whole(&self) -> bool {
        !self.fragment && self.root.get("scrape_config_files").is_none()
    }
}

impl<'a> Job<'a> {
    /// The job's name as text.
    pub fn name(&self) -> &'a str {
        self.name.and_then(Node::as_str).unwrap_or("")
    }

    /// Modules of the blackbox exporter and its kin: `params.module`.
    pub fn modules(&self) -> impl Iterator<Item = &'a Node> {
        self.node.get("params").and_then(|params| params.get("module")).into_iter().flat_map(Node::items)
    }

    /// The path it is scraped at.
    pub fn metrics_path(&self) -> &'a str {
        self.node.get("metrics_path").and_then(Node::as_str).unwrap_or("/metrics")
    }
}

pub(super) fn looks_like(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    // Promtail and the agents have scrape configurations of their own.
    if ["clients", "positions", "logs", "metrics", "server", "integrations"].iter().any(|key| has(key)) {
        return false;
    }
    let global = root
        .get("global")
        .is_some_and(|g| ["scrape_interval", "evaluation_interval", "external_labels"].iter().any(|key| g.get(key).is_some()));
    let jobs = root.get("scrape_configs").is_some_and(|jobs| jobs.is_null() || jobs.items().any(|job| job.get("job_name").is_some()));
    global || jobs || (has("rule_files") && has("alerting")) || has("scrape_config_files")
}

/// Views a document as a Prometheus configuration and reports what Prometheus would reject about its shape.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Prometheus<'a> {
    let mut check = Checker::new(diagnostics);
    let document = Path::Root;
    check.keys_of_open_format(root, &names(tables::PROMETHEUS), &document, "Prometheus");
    check.values(root, tables::PROMETHEUS, &document);
    let global = check.mapping(root, "global", &document);
    let global_path = document.key("global");
    let (mut interval, mut timeout, mut evaluation) = (60_000, 10_000, 60_000);
    let mut external_labels = None;
    if let Some(global) = global {
        check.keys_of_open_format(global, &names(tables::GLOBAL), &global_path, "Prometheus");
        check.values(global, tables::GLOBAL, &global_path);
        // Zero is nothing set.
        interval = check.duration(global, "scrape_interval", &global_path).filter(|millis| *millis > 0).unwrap_or(interval);
        let written = check.duration(global, "scrape_timeout", &global_path).filter(|millis| *millis > 0);
        timeout_above_interval(global, written, interval, &global_path, &mut check);
        timeout = written.unwrap_or(timeout.min(interval));
        evaluation = check.duration(global, "evaluation_interval", &global_path).filter(|millis| *millis > 0).unwrap_or(evaluation);
        protocols(global, &global_path, &mut check);
        let legacy = global.get("metric_name_validation_scheme").and_then(Node::as_str) == Some("legacy");
        let escaping = global.get("metric_name_escaping_scheme").filter(|node| legacy && node.as_str() == Some("allow-utf-8"));
        if let Some(node) = escaping {
            let path = global_path.key("metric_name_escaping_scheme");
            check.bad(node, "names of the `legacy` scheme are none of UTF-8", "use `underscores`, or another scheme of names", &path);
        }
        external_labels = check.mapping(global, "external_labels", &global_path);
        if let Some(labels) = external_labels {
            label_names(labels, &global_path.key("external_labels"), &mut check);
        }
    }
    let jobs_path = document.key("scrape_configs");
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let mut names: HashMap<&str, &Node> = HashMap::new();
    for (index, node) in check.items(root, "scrape_configs", &document).iter().enumerate() {
        let path = jobs_path.index(index);
        if node.as_mapping().is_none() {
            check.wrong_type(node, "a scrape configuration", &path);
            continue;
        }
        let job = job(node, index, (interval, timeout), &path, &mut check);
        if let Some(name) = job.name
            && let Some(first) = names.insert(job.name(), name)
        {
            let message = format!("two jobs are named `{}`", job.name());
            check.push(
                Diagnostic::error(DUPLICATE_NAME, name.span, message)
                    .related(first.span, "the first one")
                    .help("rename one, or join the two"),
                &path,
            );
        }
        jobs.push(job);
    }
    let alertmanagers = alertmanagers(root, &mut check);
    let alerting = root.get("alerting").filter(|node| node.as_mapping().is_some());
    let alert_relabel =
        alerting.map_or_else(Vec::new, |node| relabelling(node, "alert_relabel_configs", &document.key("alerting"), &mut check));
    attributes(root, &mut check);
    let remote_write = remote_write(root, &mut check);
    let fragment = root.entries().all(|(name, ..)| name == "scrape_configs");
    Prometheus {
        root,
        jobs,
        rule_files: check.items(root, "rule_files", &document),
        alertmanagers,
        remote_write,
        alert_relabel,
        external_labels,
        evaluation_interval: evaluation,
        fragment,
    }
}

fn job<'a>(node: &'a Node, index: usize, defaults: (i64, i64), path: &Path<'_>, check: &mut Checker<'_>) -> Job<'a> {
    check.table(node, &tables::SCRAPE_CONFIG, path);
    let name = check.text(node, "job_name", path).filter(|name| name.as_str() != Some(""));
    if name.is_none() {
        check.missing(node, "job_name", path);
    }
    let interval = check.duration(node, "scrape_interval", path).filter(|millis| *millis > 0).unwrap_or(defaults.0);
    let timeout = check.duration(node, "scrape_timeout", path).filter(|millis| *millis > 0);
    timeout_above_interval(node, timeout, interval, path, check);
    protocols(node, path, check);
    reserved(node, "http_headers", path, check);
    let honor_labels = check.boolean(node, "honor_labels", path).unwrap_or(false);
    let targets = target_groups(node, path, check);
    let relabel = relabelling(node, "relabel_configs", path, check);
    if relabel.is_empty() {
        urls_as_targets(&targets, path, check);
    }
    Job {
        node,
        index,
        name,
        interval,
        timeout: timeout.unwrap_or(defaults.1.min(interval)),
        targets,
        relabel,
        metric_relabel: relabelling(node, "metric_relabel_configs", path, check),
        honor_labels,
    }
}

fn target_groups<'a>(node: &'a Node, path: &Path<'_>, check: &mut Checker<'_>) -> TargetGroups<'a> {
    let mut groups = written_groups(check.items(node, "static_configs", path), &path.key("static_configs"), check);
    groups.discovery.extend(node.entries().filter(|(name, ..)| name.ends_with("_sd_configs")).map(|(_, key, _)| key));
    groups
}

/// Groups of targets that are written down, in a job or in a file of their own.
pub(super) fn written_groups<'a>(list: &'a [Node], path: &Path<'_>, check: &mut Checker<'_>) -> TargetGroups<'a> {
    let mut groups = TargetGroups::default();
    for (index, group) in list.iter().enumerate() {
        let path = path.index(index);
        if group.as_mapping().is_none() {
            check.wrong_type(group, "a mapping with `targets`", &path);
            continue;
        }
        groups.groups.push(group);
        check.keys(group, &["targets", "labels"], &path);
        for address in check.items(group, "targets", &path) {
            if address.as_scalar().is_none() {
                check.wrong_type(address, "a host with a port", &path.key("targets"));
            } else {
                groups.addresses.push(address);
            }
        }
        if let Some(labels) = check.mapping(group, "labels", &path) {
            let path = path.key("labels");
            for (name, _, value) in labels.entries().filter(|(_, _, value)| value.as_scalar().is_none()) {
                check.wrong_type(value, "a string", &path.key(name));
            }
            label_names(labels, &path, check);
            groups.labels.push(labels);
        }
    }
    groups
}

fn relabelling<'a>(node: &'a Node, key: &'a str, path: &Path<'_>, check: &mut Checker<'_>) -> Vec<Relabel<'a>> {
    let list = path.key(key);
    let mut steps = Vec::new();
    for (index, node) in check.items(node, key, path).iter().enumerate() {
        let path = list.index(index);
        if node.as_mapping().is_none() {
            check.wrong_type(node, "a relabelling step", &path);
            continue;
        }
        check.keys(node, &names(tables::RELABEL).collect::<Vec<_>>(), &path);
        check.values(node, tables::RELABEL, &path);
        step(node, &path, check);
        steps.push(Relabel {
            node,
            sources: check.items(node, "source_labels", &path).iter().filter_map(Node::as_str).collect(),
            action: node.get("action").and_then(Node::as_str).unwrap_or("replace").to_lowercase(),
            regex: node.get("regex"),
            target: node.get("target_label"),
            replacement: node.get("replacement"),
        });
    }
    steps
}

fn alertmanagers<'a>(root: &'a Node, check: &mut Checker<'_>) -> Vec<Alertmanagers<'a>> {
    let document = Path::Root;
    let alerting_path = document.key("alerting");
    let Some(alerting) = check.mapping(root, "alerting", &document) else { return Vec::new() };
    check.keys(alerting, &["alert_relabel_configs", "alertmanagers"], &alerting_path);
    let list = alerting_path.key("alertmanagers");
    let mut found = Vec::new();
    for (index, node) in check.items(alerting, "alertmanagers", &alerting_path).iter().enumerate() {
        let path = list.index(index);
        check.table(node, &tables::ALERTMANAGER, &path);
        let targets = target_groups(node, &path, check);
        let relabel = relabelling(node, "relabel_configs", &path, check);
        if relabel.is_empty() {
            urls_as_targets(&targets, &path, check);
        }
        let alert_relabel = relabelling(node, "alert_relabel_configs", &path, check);
        found.push(Alertmanagers { node, targets, relabel, alert_relabel });
    }
    found
}

fn timeout_above_interval(node: &Node, timeout: Option<i64>, interval: i64, path: &Path<'_>, check: &mut Checker<'_>) {
    if let Some(value) = node.get("scrape_timeout").filter(|_| timeout.is_some_and(|timeout| timeout > interval)) {
        let message = format!("the timeout {} is longer than the scrape interval", value.describe());
        check.push(
            Diagnostic::error(TIMEOUT_ABOVE_INTERVAL, value.span, message).help("lower it, or scrape less often"),
            &path.key("scrape_timeout"),
        );
    }
}

fn urls_as_targets(targets: &TargetGroups<'_>, path: &Path<'_>, check: &mut Checker<'_>) {
    for address in targets.addresses.iter().filter(|address| address.as_str().is_some_and(|text| text.contains('/'))) {
        let message = format!("a target is a host with a port, not {}", address.describe());
        let help = "put the scheme under `scheme:` and the path under `metrics_path:`";
        check.push(Diagnostic::error(BAD_TARGET, address.span, message).help(help), &path.key("static_configs"));
    }
}

/// Whether a label can have a name in every version of Prometheus.
fn is_plain_name(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Names that Prometheus 2 refuses, and 3 takes in quotes only.
fn label_names(labels: &Node, path: &Path<'_>, check: &mut Checker<'_>) {
    for (name, key, _) in labels.entries().filter(|(name, ..)| !is_plain_name(name) && !is_placeholder(name)) {
        let message = format!("`{name}` is no name of a label");
        let help = "use letters, digits and `_`; Prometheus 3 takes others, and 2 refuses to start";
        check.push(Diagnostic::new(super::rule_file::BAD_NAME, Level::Warning, key.span, message).help(help), path);
    }
}

fn protocols(node: &Node, path: &Path<'_>, check: &mut Checker<'_>) {
    let Some(list) = node.get("scrape_protocols").filter(|list| list.as_sequence().is_some()) else { return };
    let path = path.key("scrape_protocols");
    let mut seen = Vec::new();
    if list.items().next().is_none() {
        check.bad(list, "no protocol is left", "name one, or remove it", &path);
    }
    for item in list.items() {
        if seen.contains(&item.as_str()) {
            check.bad(item, &format!("{} is there twice", item.describe()), "remove one", &path);
        }
        seen.push(item.as_str());
    }
}

/// Attributes of resources, of which Prometheus takes none twice.
fn attributes(root: &Node, check: &mut Checker<'_>) {
    let document = Path::Root;
    let path = document.key("otlp");
    let otlp = root.get("otlp");
    let all = otlp.and_then(|otlp| otlp.get("promote_all_resource_attributes")).and_then(Node::as_bool) == Some(true);
    let ignored = otlp.and_then(|otlp| otlp.entry("ignore_resource_attributes")).filter(|(_, list)| !all && list.items().next().is_some());
    if let Some((key, _)) = ignored {
        let message = "`ignore_resource_attributes` goes only with `promote_all_resource_attributes`";
        let diagnostic = Diagnostic::error(CONFLICTING_KEYS, key.span, message);
        check.push(diagnostic.help("set `promote_all_resource_attributes: true`, or remove it"), &path);
    }
    for list in ["promote_resource_attributes", "ignore_resource_attributes"] {
        let mut seen = Vec::new();
        for item in root.get("otlp").and_then(|otlp| otlp.get(list)).into_iter().flat_map(Node::items) {
            let Some(name) = item.as_str().map(str::trim) else { continue };
            if seen.contains(&name) {
                check.bad(item, &format!("{} is there twice", item.describe()), "remove one", &path.key(list));
            }
            seen.push(name);
        }
    }
}

const ACTIONS: &[&str] =
    &["replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase"];

/// What Prometheus checks of a relabelling step beside the types of its values.
fn step(node: &Node, path: &Path<'_>, check: &mut Checker<'_>) {
    let has = |key: &str| node.get(key).is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
    let action = node.get("action").and_then(Node::as_str).unwrap_or("replace").to_lowercase();
    if let Some(value) = node.get("action").filter(|_| !ACTIONS.contains(&action.as_str())) {
        let help = did_you_mean(&action, ACTIONS.iter().copied())
            .map_or_else(|| format!("use one of {}", ACTIONS.join(", ")), |meant| format!("did you mean `{meant}`?"));
        check.bad(value, &format!("{} is no action", value.describe()), &help, &path.key("action"));
        return;
    }
    let writes = matches!(action.as_str(), "replace" | "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal");
    if writes && !has("target_label") {
        check.missing(node, "target_label", path);
    }
    if action == "hashmod" && !has("modulus") {
        check.missing(node, "modulus", path);
    }
    let unread: &[&str] = match action.as_str() {
        "labeldrop" | "labelkeep" => &["source_labels", "target_label", "modulus", "separator", "replacement"],
        "keepequal" | "dropequal" => &["regex", "modulus", "separator", "replacement"],
        _ => &[],
    };
    for (_, key, _) in node.entries().filter(|(name, ..)| unread.contains(name)) {
        let message = format!("`{action}` does not go with {}", key.describe());
        check.push(Diagnostic::error(CONFLICTING_KEYS, key.span, message).help("remove it, or use another action"), path);
    }
    if let Some((target, name)) = node.get("target_label").filter(|_| writes).and_then(Node::with_str) {
        // A reference may stand for any name.
        if !name.contains('$') && !is_plain_name(name) && has("target_label") {
            let message = format!("{} is no name of a label", target.describe());
            let help = "use letters, digits and `_`; Prometheus 3 takes others, and 2 refuses to start";
            check.push(
                Diagnostic::new(super::rule_file::BAD_NAME, Level::Warning, target.span, message).help(help),
                &path.key("target_label"),
            );
        }
    }
}

/// Headers that Prometheus sets itself.
const RESERVED: &[&str] = &[
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// The header that `http_headers` may not have either, of scrapes or of whatever else.
const OF_SCRAPES: &str = "x-prometheus-scrape-timeout-seconds";

/// Headers that Prometheus refuses to be given.
fn reserved(node: &Node, list: &str, path: &Path<'_>, check: &mut Checker<'_>) {
    for (header, key, _) in node.entries_of(list) {
        let name = header.to_lowercase();
        if RESERVED.contains(&name.as_str()) || list == "http_headers" && name == OF_SCRAPES {
            let message = format!("`{header}` is set by Prometheus itself");
            let help = "use `authorization`, `basic_auth` or their kin for credentials, and remove it here";
            check.push(Diagnostic::error(BAD_VALUE, key.span, message).help(help), &path.key(list));
        }
    }
}

/// The entries of `remote_write`, and what Prometheus checks of them beside the types of their values.
fn remote_write<'a>(root: &'a Node, check: &mut Checker<'_>) -> Vec<(&'a Node, Vec<Relabel<'a>>)> {
    let document = Path::Root;
    let list = document.key("remote_write");
    let mut found: Vec<(&Node, Vec<Relabel<'_>>)> = Vec::new();
    let entries = root.items_of("remote_write");
    for (index, node) in entries.enumerate().filter(|(_, node)| node.as_mapping().is_some()) {
        let path = list.index(index);
        let name = node.get("name").and_then(Node::as_str).filter(|name| !name.is_empty());
        if let Some((name, first)) =
            name.and_then(|name| Some((name, found.iter().find(|(other, _)| other.get("name").and_then(Node::as_str) == Some(name))?.0)))
        {
            let at = node.get("name").unwrap_or(node);
            let message = format!("two remote writes are named `{name}`");
            check.push(Diagnostic::error(DUPLICATE_NAME, at.span, message).related(first.span, "the first one").help("rename one"), &path);
        }
        reserved(node, "headers", &path, check);
        reserved(node, "http_headers", &path, check);
        if let Some(queue) = node.get("queue_config") {
            in_order(queue, ("min_shards", "max_shards"), Node::as_i64, &path, check);
            let millis = |node: &Node| crate::promql::duration::parse_duration(node.as_str()?).ok();
            in_order(queue, ("min_backoff", "max_backoff"), millis, &path, check);
        }
        found.push((node, relabelling(node, "write_relabel_configs", &path, check)));
    }
    found
}

fn in_order(node: &Node, keys: (&str, &str), read: impl Fn(&Node) -> Option<i64>, path: &Path<'_>, check: &mut Checker<'_>) {
    let (Some(least), Some(most)) = (node.get(keys.0), node.get(keys.1)) else { return };
    if read(least).zip(read(most)).is_some_and(|(least, most)| least > most) {
        let message = format!("`{}` is above `{}`", keys.0, keys.1);
        let diagnostic = Diagnostic::error(CONFLICTING_KEYS, least.span, message).related(most.span, "the other one").help("swap the two");
        check.push(diagnostic, &path.key("queue_config"));
    }
}

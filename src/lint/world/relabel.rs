//! Relabelling, step by step: what becomes of the labels of a target that is known.

use std::collections::BTreeMap;
use std::rc::Rc;

use regex::Regex;

use crate::formats::prometheus::{Alertmanagers, Job, Relabel};
use crate::lint::query::is_placeholder;
use crate::lint::words::anchored::anchored;
use crate::source::Node;

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// What became of a target.
pub struct Outcome<'a> {
    /// The target as it is written.
    pub address: &'a Node,
    /// Its labels behind the last step that it reached.
    pub labels: Labels,
    /// The step that dropped it.
    pub dropped: Option<usize>,
    /// The steps that changed something, or could be reached by it at all and looked at a label that is there.
    pub touched: Vec<usize>,
}

/// The static targets of a job behind its relabelling; `None` where other targets may come from discovery, or a step cannot
/// be followed.
pub fn targets<'a>(job: &Job<'a>) -> Option<Vec<Outcome<'a>>> {
    if !job.targets.discovery.is_empty() {
        return None;
    }
    let mut all = Vec::new();
    for group in &job.targets.groups {
        for address in group.items_of("targets").filter(|node| node.as_scalar().is_some()) {
            all.push(follow(address, labels_before(job, group, address)?, &job.relabel)?);
        }
    }
    Some(all)
}

/// The static Alertmanagers of an entry behind its relabelling, as [`targets`].
pub fn alertmanagers<'a>(one: &Alertmanagers<'a>) -> Option<Vec<Outcome<'a>>> {
    if !one.targets.discovery.is_empty() {
        return None;
    }
    let text = |key: &str| one.node.get(key).and_then(Node::as_str).unwrap_or("");
    let prefix = text("path_prefix").trim_matches('/');
    let path = if prefix.is_empty() { "/api/v2/alerts".to_owned() } else { format!("/{prefix}/api/v2/alerts") };
    let scheme = Some(text("scheme")).filter(|scheme| !scheme.is_empty()).unwrap_or("http").to_lowercase();
    let follow_one = |address: &'a Node| {
        let own = [("__address__", address.as_str()?), ("__scheme__", &scheme), ("__alerts_path__", &path)];
        let mut labels: Labels = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for (name, _, value) in one.targets.labels.iter().flat_map(|labels| labels.entries()) {
            labels.entry(name.to_owned()).or_insert(value.as_str()?.to_owned());
        }
        let is_plain = labels.values().all(|value| !is_placeholder(value));
        follow(address, Some(labels).filter(|_| is_plain)?, &one.relabel)
    };
    one.targets.addresses.iter().map(|address| follow_one(address)).collect()
}

/// The labels of a target before relabelling.
fn labels_before(job: &Job<'_>, group: &Node, address: &Node) -> Option<Labels> {
    let text =
        |key: &str, default: &str| job.node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty()).unwrap_or(default).to_owned();
    let mut labels = Labels::new();
    labels.insert("__address__".into(), address.as_str()?.to_owned());
    labels.insert("__scheme__".into(), text("scheme", "http").to_lowercase());
    labels.insert("__metrics_path__".into(), text("metrics_path", "/metrics"));
    labels.insert("__scrape_interval__".into(), crate::promql::duration::format_duration(job.interval));
    labels.insert("__scrape_timeout__".into(), crate::promql::duration::format_duration(job.timeout));
    labels.insert("job".into(), job.name().to_owned());
    for (name, _, values) in job.node.entries_of("params") {
        if let Some(value) = values.items().next().and_then(Node::as_str) {
            labels.insert(format!("__param_{name}"), value.to_owned());
        }
    }
    for (name, _, value) in group.entries_of("labels") {
        labels.insert(name.to_owned(), value.as_str()?.to_owned());
    }
    labels.values().all(|value| !is_placeholder(value)).then_some(labels)
}

fn follow<'a>(address: &'a Node, mut labels: Labels, steps: &[Relabel<'_>]) -> Option<Outcome<'a>> {
    let (mut dropped, mut touched) = (None, Vec::new());
    for (index, step) in steps.iter().enumerate() {
        match apply(step, &mut labels)? {
            Effect::None => {}
            Effect::Changed => touched.push(index),
            Effect::Dropped => {
                touched.push(index);
                dropped = Some(index);
                break;
            }
        }
    }
    Some(Outcome { address, labels, dropped, touched })
}

/// A target's value of a label; `instance` is the address where nothing else is said.
pub fn value<'l>(labels: &'l Labels, label: &str) -> Option<&'l str> {
    let own = labels.get(label).map(String::as_str);
    if label == "instance" { own.filter(|own| !own.is_empty()).or_else(|| labels.get("__address__").map(String::as_str)) } else { own }
}

/// Labels of every target by which it is scraped, and which its series do not have.
pub const OF_SCRAPE: &[&str] = &["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// It wrote or removed a label, or kept what it was asked about.
    Changed,
    /// It dropped everything.
    Dropped,
}

/// The pattern of a step, anchored as Prometheus anchors it; `None` where it cannot be compiled here.
pub fn pattern(step: &Relabel<'_>) -> Option<Rc<Regex>> {
    anchored(step.regex.and_then(Node::as_str).unwrap_or("(.*)"))
}

/// Applies a step; `None` where its effect cannot be known.
pub fn apply(step: &Relabel<'_>, labels: &mut Labels) -> Option<Effect> {
    let separator = step.node.get("separator").and_then(Node::as_str).unwrap_or(";");
    let value = |labels: &Labels| {
        let values = step.sources.iter().map(|source| labels.get(*source).map_or("", String::as_str));
        values.collect::<Vec<_>>().join(separator)
    };
    let target = step.target.and_then(Node::as_str).unwrap_or("");
    match step.action.as_str() {
        "keep" => Some(if pattern(step)?.is_match(&value(labels)) { Effect::Changed } else { Effect::Dropped }),
        "drop" => Some(if pattern(step)?.is_match(&value(labels)) { Effect::Dropped } else { Effect::None }),
        "keepequal" | "dropequal" => {
            let equal = labels.get(target).map_or("", String::as_str) == value(labels);
            Some(match (step.action.as_str(), equal) {
                ("keepequal", false) | ("dropequal", true) => Effect::Dropped,
                ("keepequal", true) => Effect::Changed,
                _ => Effect::None,
            })
        }
        "replace" => replace(step, &value(labels), target, labels),
        "lowercase" => Some(set(labels, target, &value(labels).to_lowercase())),
        "uppercase" => Some(set(labels, target, &value(labels).to_uppercase())),
        "labeldrop" | "labelkeep" => {
            let pattern = pattern(step)?;
            let before = labels.len();
            labels.retain(|name, _| pattern.is_match(name) == (step.action == "labelkeep"));
            Some(if labels.len() == before { Effect::None } else { Effect::Changed })
        }
        "labelmap" => {
            let pattern = pattern(step)?;
            let replacement = step.replacement.and_then(Node::as_str).unwrap_or("$1");
            let mapped: Vec<(String, String)> = labels
                .iter()
                .filter(|(name, _)| pattern.is_match(name))
                .map(|(name, value)| (pattern.replace(name, replacement).into_owned(), value.clone()))
                .collect();
            let effect = if mapped.is_empty() { Effect::None } else { Effect::Changed };
            labels.extend(mapped);
            Some(effect)
        }
        _ => None,
    }
}

fn replace(step: &Relabel<'_>, value: &str, target: &str, labels: &mut Labels) -> Option<Effect> {
    let pattern = pattern(step)?;
    let Some(captures) = pattern.captures(value) else { return Some(Effect::None) };
    let (mut name, mut written) = (String::new(), String::new());
    captures.expand(target, &mut name);
    captures.expand(step.replacement.and_then(Node::as_str).unwrap_or("$1"), &mut written);
    Some(set(labels, &name, &written))
}

fn set(labels: &mut Labels, name: &str, value: &str) -> Effect {
    if name.is_empty() {
        return Effect::None;
    }
    // An empty value is no label at all.
    let before = if value.is_empty() { labels.remove(name) } else { labels.insert(name.to_owned(), value.to_owned()) };
    if before.unwrap_or_default() == value { Effect::None } else { Effect::Changed }
}

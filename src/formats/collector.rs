//! OpenTelemetry Collector configurations: components and the pipelines that join them.

use super::prometheus::{self, Prometheus};
use super::schema::Checker;
use super::tables::BAD_VALUE;
use super::tables::collector::{COLLECTOR, components};
use crate::diagnostic::Diagnostic;
use crate::source::Node;
use crate::source::path::Path;

/// A Collector configuration.
#[derive(Debug)]
pub struct Collector<'a> {
    /// The whole document.
    pub root: &'a Node,
    /// The pipelines: name and body.
    pub pipelines: Vec<(&'a Node, &'a Node)>,
    /// What its receivers that scrape as Prometheus does are told, each with its path. Jobs that the Collector makes something else of
    /// before it reads them, for it replaces `${…}` and `$$`, are left out.
    pub scraping: Vec<(String, Prometheus<'a>)>,
}

impl<'a> Collector<'a> {
    /// The components of a section (`receivers`, `processors`, `exporters`, `connectors`, `extensions`): name and body.
    pub fn components(&self, section: &str) -> impl Iterator<Item = (&'a str, &'a Node, &'a Node)> + use<'a> {
        self.root.entries_of(section)
    }
}

/// The policies of a `tail_sampling` processor, with those that others join.
pub fn policies(processor: &Node) -> impl Iterator<Item = &Node> {
    processor.items_of("policies").flat_map(|policy| std::iter::once(policy).chain(joined(policy)))
}

/// The policies that another one joins.
fn joined(policy: &Node) -> impl Iterator<Item = &Node> {
    let sections = ["and", "composite", "drop"].into_iter().filter_map(|kind| policy.get(kind)).flat_map(Node::entries);
    sections.filter(|(name, ..)| name.ends_with("_sub_policy")).flat_map(|(_, _, list)| list.items())
}

pub(super) fn looks_like(root: &Node) -> bool {
    let mapping = |key: &str| root.get(key).is_some_and(|node| node.as_mapping().is_some());
    let pipelines = root.get("service").is_some_and(|service| service.get("pipelines").is_some());
    // With a slip in one of its keys it is one all the same.
    (pipelines && (mapping("receivers") || mapping("exporters"))) || (mapping("receivers") && mapping("exporters"))
}

/// What a receiver that scrapes as Prometheus does is told: a configuration of Prometheus, of which it takes a part.
fn scraping<'a>(config: &'a Node, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Prometheus<'a> {
    let before = diagnostics.len();
    let mut view = prometheus::view(config, diagnostics);
    view.fragment = true;
    view.jobs.retain(|job| !is_replaced(job.node));
    for diagnostic in &mut diagnostics[before..] {
        let inside = diagnostic.path.take().unwrap_or_default();
        diagnostic.path = Some(if inside.is_empty() { path.to_owned() } else { format!("{path}.{inside}") });
    }
    let is_set = |node: &Node| node.items().next().is_some();
    let alerting = config.get("alerting");
    let lists = ["alertmanagers", "alert_relabel_configs"].into_iter().filter_map(|key| alerting?.entry(key));
    let lists = lists.chain(["rule_files", "remote_write", "remote_read"].into_iter().filter_map(|key| config.entry(key)));
    for (key, _) in lists.filter(|(_, list)| is_set(list)) {
        let message = format!("the Collector only scrapes, and does not take {}", key.describe());
        let diagnostic = Diagnostic::error(BAD_VALUE, key.span, message).path(path);
        diagnostics.push(diagnostic.help("leave this to Prometheus; the Collector sends through its exporters"));
    }
    view
}

/// Whether the Collector replaces something in a text before anybody reads it.
fn is_replaced(node: &Node) -> bool {
    let in_text = node.as_str().is_some_and(|text| text.contains("${") || text.contains("$$"));
    in_text
        || node.as_sequence().is_some_and(|items| items.iter().any(is_replaced))
        || node.entries().any(|(_, _, value)| is_replaced(value))
}

/// The sections that hold components.
pub const SECTIONS: &[&str] = &["receivers", "processors", "exporters", "connectors", "extensions"];

/// The type of a component, which stands before a slash in its id.
pub fn kind(id: &str) -> &str {
    id.split('/').next().unwrap_or(id).trim()
}

/// Views a document as a Collector configuration; what the Collector would reject about its shape is reported.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Collector<'a> {
    let mut check = Checker { strict_flags: true, ..Checker::new(diagnostics) };
    check.table(root, &COLLECTOR, &Path::Root);
    for section in SECTIONS {
        let path = Path::Root.key(section);
        for (id, key, body) in root.entries_of(section) {
            let known = components(section).iter().find(|component| component.name == kind(id));
            let Some(table) = known.and_then(|component| component.table) else { continue };
            // A component without a body may lack what it needs all the same.
            check.component(key, body, table, &path.key(id));
        }
    }
    let mut configs = Vec::new();
    for (id, _, body) in root.entries_of("receivers").filter(|(id, ..)| kind(id) == "prometheus") {
        if let Some(config) = body.get("config").filter(|config| config.as_mapping().is_some()) {
            let path = format!("receivers.{id}.config");
            let config = scraping(config, &path, check.diagnostics);
            configs.push((path, config));
        }
    }
    let pipelines = root.get("service").and_then(|service| service.get("pipelines"));
    let pipelines = pipelines.into_iter().flat_map(Node::entries).map(|(_, name, node)| (name, node)).collect();
    Collector { root, pipelines, scraping: configs }
}

//! Expressions that a manifest brings itself, judged where they stand in it: what cannot work is a mistake of the manifest, and not
//! of the rule or the panel that would be rendered of it.

use crate::formats::rule_file::Rule;
use crate::source::Node;

/// What an expression of a manifest is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is the condition of an alert.
    Alert,
    /// It is recorded.
    Recording,
    /// It is drawn over time.
    Panel,
    /// It marks moments in a dashboard.
    Annotation,
}

/// An expression that belongs to no rule and to no panel of a dashboard.
pub struct Written<'a> {
    /// What it belongs to: the name of an alert or of a recorded series, the title of a panel.
    pub name: &'a str,
    /// Its path in the document.
    pub path: String,
    /// Where it stands.
    pub node: &'a Node,
    /// What it is for.
    pub purpose: Purpose,
    /// What its series are called where it is drawn.
    pub legend: Option<&'a Node>,
    /// The unit in which it is drawn.
    pub unit: Option<&'a Node>,
    /// The alert whose condition it is, as a rule.
    pub rule: Option<Rule<'a>>,
}

/// The queries of a dashboard's annotations, of Prometheus as far as is said.
pub(in crate::lint) fn annotations(root: &Node) -> Vec<Written<'_>> {
    let list = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
    let asks = |annotation: &&Node| {
        let kind = annotation.get("datasource").and_then(|source| source.get("type")?.as_str());
        kind.is_none_or(|kind| kind == "prometheus")
    };
    list.enumerate()
        .filter(|(_, annotation)| asks(annotation))
        .filter_map(|(at, annotation)| {
            let name = annotation.get("name").and_then(Node::as_str).unwrap_or_default();
            let node = annotation.get("expr").or_else(|| annotation.get("target")?.get("expr"))?;
            let path = format!("annotations.list[{at}].expr");
            Some(Written { name, path, node, purpose: Purpose::Annotation, legend: annotation.get("textFormat"), unit: None, rule: None })
        })
        .collect()
}

pub(in crate::lint) fn expressions(root: &Node) -> Vec<Written<'_>> {
    let section = |key: &str| root.entries_of(key);
    let alerts = section("alerts").filter_map(|(name, key, alert)| {
        let path = format!("alerts.{name}.expr");
        let rule = Some(Rule::of_manifest(key, alert));
        Some(Written { name, path, node: alert.get("expr")?, purpose: Purpose::Alert, legend: None, unit: None, rule })
    });
    let recorded = section("recording").map(|(name, _, node)| {
        let path = format!("recording.{name}");
        Written { name, path, node, purpose: Purpose::Recording, legend: None, unit: None, rule: None }
    });
    let panels = root.get("dashboard").and_then(|dashboard| dashboard.get("panels")).into_iter().flat_map(Node::items).enumerate();
    let drawn = panels.filter_map(|(at, panel)| {
        let name = panel.get("title").and_then(Node::as_str).unwrap_or_default();
        let path = format!("dashboard.panels[{at}].expr");
        let (node, legend, unit) = (panel.get("expr")?, panel.get("legend"), panel.get("unit"));
        Some(Written { name, path, node, purpose: Purpose::Panel, legend, unit, rule: None })
    });
    alerts.chain(recorded).chain(drawn).collect()
}

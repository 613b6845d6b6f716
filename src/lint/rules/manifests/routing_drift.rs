//! Waiting times and groups of notifications that the manifest and Alertmanager's configuration say differently.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// The manifest says how alerts are grouped and how long notifications wait, and the one Alertmanager configuration beside it does
    /// so otherwise in one or two of these, while the rest is the same: one of the two was changed alone, and what is rendered next
    /// undoes it.
    ///
    /// Said in both files, where most of what the manifest says of it is the same at the root of the routes.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_wait: 30s, group_interval: 5m, repeat_interval: 12h }
    /// receivers: [{ name: web }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
    /// receivers: [{ name: web }]
    /// ```
    RoutingDrift, "routing-drift", Warning
}

const KEYS: &[&str] = &["group_by", "group_wait", "group_interval", "repeat_interval"];

impl Rule for RoutingDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut manifests = context.manifests().filter_map(|view| view.root.get("routing"));
        let mut configs =
            context.views.iter().filter_map(|view| if let ViewKind::Alertmanager(config) = &view.kind { Some(config) } else { None });
        let (Some(routing), None) = (manifests.next(), manifests.next()) else { return };
        let (Some(config), None) = (configs.next(), configs.next()) else { return };
        let Some(root) = &config.route else { return };
        let pairs = KEYS.iter().filter_map(|key| Some((*key, routing.get(key)?, root.node.get(key)?)));
        let (same, other): (Vec<_>, Vec<_>) = pairs.partition(|(_, declared, written)| are_same(declared, written));
        if same.len() <= other.len() {
            return;
        }
        for (key, declared, written) in other {
            let sides = [(written, &root.path, declared, "the manifest"), (declared, &"routing".to_owned(), written, "the configuration")];
            for (place, path, there, whose) in sides {
                let message = format!("`{key}` is {} here, and {} in {whose}", shown(place), shown(there));
                let finding = META.finding(place.span, message).path(format!("{path}.{key}"));
                found.push(finding.related(there.span, whose).help("make the two say the same"));
            }
        }
    }
}

/// Whether two values say the same: times of one length, or lists of the same labels.
fn are_same(one: &Node, other: &Node) -> bool {
    let time = |node: &Node| node.as_str().and_then(|text| parse_duration(text).ok());
    match (time(one), time(other)) {
        (Some(one), Some(other)) => one == other,
        _ => labels(one) == labels(other),
    }
}

fn labels(node: &Node) -> Vec<&str> {
    let mut labels: Vec<&str> = node.items().filter_map(Node::as_str).collect();
    labels.sort_unstable();
    labels
}

fn shown(node: &Node) -> String {
    if node.as_sequence().is_some() { format!("`[{}]`", labels(node).join(", ")) } else { node.describe() }
}

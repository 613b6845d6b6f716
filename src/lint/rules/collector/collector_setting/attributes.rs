//! Actions on attributes.

use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn actions(body: &Node, list: &str, report: &mut Section<'_>) {
    if let Some((key, _)) = body.entry(list).filter(|(_, list)| list.as_sequence().is_some_and(<[_]>::is_empty)) {
        report.add(Level::Error, key, list, "there are no actions, and the Collector does not start", "add one, or remove the processor");
    }
    let all = |node: &&Node| matches!(node.as_str(), Some(".*" | ".+" | "^.*$" | "^.+$" | "(.*)" | ".*?"));
    for action in body.items_of(list).filter(|action| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash"))) {
        if let Some(node) = action.get("pattern").filter(all) {
            report.add(Level::Warning, node, list, format!("{} is every attribute there is", node.describe()), "say which ones");
        }
    }
    for action in body.items_of(list) {
        let Some((node, name)) = action.get_str("action") else { continue };
        let has = |keys: &[&str]| keys.iter().any(|key| action.get(key).is_some());
        // What is no action at all is said by the format.
        if !matches!(name, "insert" | "update" | "upsert" | "delete" | "hash" | "extract" | "convert") {
            continue;
        }
        let pattern_goes = matches!(name, "delete" | "hash");
        if action.get("key").is_none() && !(pattern_goes && has(&["pattern"])) {
            report.add(Level::Error, node, list, "there is no `key`", "name the attribute");
        } else if matches!(name, "insert" | "update" | "upsert") && !has(&["value", "from_attribute", "from_context", "default_value"]) {
            report.add(Level::Error, node, list, format!("`{name}` needs a value"), "add `value:`, `from_attribute:` or `from_context:`");
        } else if matches!(name, "delete" | "hash") && has(&["value", "from_attribute"]) {
            report.add(Level::Warning, node, list, format!("`{name}` takes no value"), "was `upsert` meant?");
        } else if name == "extract"
            && let Some(node) = action
                .get("pattern")
                .filter(|node| node.as_str().is_some_and(|text| !["(?P<", "(?<"].iter().any(|group| text.contains(group))))
        {
            report.add(Level::Error, node, list, "no group has a name, so nothing is taken out", "name groups, as in `(?P<user>.*)@.*`");
        } else if let (Some(key), Some(node)) = (action.get("key").and_then(Node::as_str), action.get("from_attribute"))
            && node.as_str() == Some(key)
        {
            report.add(Level::Warning, node, list, format!("`{key}` gets the value that it has"), "name another attribute");
        } else if name == "extract" && !has(&["pattern"]) {
            report.add(Level::Error, node, list, "`extract` needs a `pattern`", "add `pattern:` with named groups");
        } else if name == "convert" && !has(&["converted_type"]) {
            report.add(Level::Error, node, list, "`convert` needs a `converted_type`", "use `int`, `double` or `string`");
        }
    }
}

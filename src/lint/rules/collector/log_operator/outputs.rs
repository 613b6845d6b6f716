//! Where operators send what they read.

use super::type_of;
use crate::diagnostic::Level;
use crate::formats::tables::is_placeholder;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn outputs(operator: &Node, operators: &[&Node], report: &mut Section<'_>) {
    let routes = operator.items_of("routes").filter_map(|route| route.get("output"));
    let named = operator.get("output").into_iter().chain(operator.get("default")).chain(routes);
    for node in named.flat_map(|node| std::iter::once(node).chain(node.items())) {
        let Some(id) = node.as_str().filter(|id| !id.is_empty() && !is_placeholder(id)) else { continue };
        // Without an id an operator is called by its type, the second one with a number.
        let is = |other: &&Node| match other.get("id").and_then(Node::as_str) {
            Some(other) => other == id,
            None => id.strip_prefix(type_of(other)).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())),
        };
        if !operators.iter().any(is) {
            report.add(Level::Error, node, "operators", format!("there is no operator with the id `{id}`"), "give one this `id:`");
        }
    }
}

//! What is set for some fields only.

use super::Add;
use super::fields::CUSTOM;
use crate::diagnostic::misspelt;
use crate::formats::dashboard::Panel;
use crate::source::Node;

/// By what an override finds its fields.
const MATCHERS: &[&str] = &[
    "byName",
    "byNames",
    "byRegexp",
    "byRegexpOrNames",
    "byType",
    "byTypes",
    "byFrameRefID",
    "byValue",
    "numeric",
    "time",
    "first",
    "firstTimeField",
    "invalidate",
    "anyMatch",
    "allMatch",
    "invertMatch",
];

/// How values are compared.
const OPERATIONS: &[&str] = &["gt", "gte", "lt", "lte", "eq", "neq"];

/// What an override sets.
const PROPERTIES: &[&str] = &[
    "unit",
    "unitScale",
    "min",
    "max",
    "decimals",
    "displayName",
    "color",
    "thresholds",
    "mappings",
    "links",
    "actions",
    "noValue",
    "filterable",
    "description",
    "fieldMinMax",
    "custom.",
];

/// What an override cannot do without: how it finds fields, and what it sets of them.
fn lacking(rule: &Node, add: &mut Add<'_>) {
    let path = ".fieldConfig.overrides";
    match rule.get("matcher") {
        None => add(rule, path, "the override does not say which fields it is for".to_owned(), "add `matcher`".to_owned()),
        Some(matcher) if matcher.get("id").is_none() => {
            add(matcher, path, "this does not say how fields are matched".to_owned(), "add `\"id\": \"byName\"`".to_owned());
        }
        Some(matcher) => {
            let needs =
                matcher.get("id").and_then(Node::as_str).is_some_and(|id| matches!(id, "byName" | "byRegexp" | "byFrameRefID" | "byType"));
            if needs && matcher.get("options").is_none() {
                add(matcher, path, "this does not say which fields are matched".to_owned(), "add `options`".to_owned());
            }
        }
    }
    for property in rule.items_of("properties").filter(|property| property.as_mapping().is_some()) {
        if property.get("id").is_none() {
            add(property, path, "this does not say what is set".to_owned(), "add `id`".to_owned());
        }
    }
}

/// An override: what it matches, and what it sets.
pub(super) fn overridden(panel: &Panel<'_>, rule: &Node, add: &mut Add<'_>) {
    let path = ".fieldConfig.overrides";
    lacking(rule, add);
    if let Some(matcher) = rule.get("matcher") {
        let id = matcher.get_str("id");
        if let Some((node, text)) = id
            && let Some(meant) = misspelt(text, MATCHERS)
        {
            add(node, path, format!("fields are not matched by {}", node.describe()), format!("did you mean `{meant}`?"));
        } else if let Some((node, _)) = id.filter(|(_, text)| text.starts_with("by") && !MATCHERS.contains(text)) {
            add(node, path, format!("fields are not matched by {}", node.describe()), "use `byName` or `byRegexp`".to_owned());
        }
        if let (Some((_, "byValue")), Some((node, op))) = (id, matcher.get("options").and_then(|options| options.get_str("op")))
            && !OPERATIONS.contains(&op)
        {
            add(
                node,
                path,
                format!("values are not compared by {}", node.describe()),
                "use `gt`, `gte`, `lt`, `lte`, `eq` or `neq`".to_owned(),
            );
        }
        let options = matcher.get_str("options");
        if let (Some((_, "byFrameRefID")), Some((node, wanted))) = (id, options) {
            let known = |target: &crate::formats::dashboard::Target<'_>| target.node.get("refId").and_then(Node::as_str) == Some(wanted);
            if !panel.targets.iter().any(known) {
                add(node, path, format!("the panel has no query {}", node.describe()), "name the `refId` of one".to_owned());
            }
        }
    }
    for (node, property) in rule.items_of("properties").filter_map(|p| p.get("id")).filter_map(Node::with_str) {
        let custom = property.strip_prefix("custom.");
        if let Some(meant) = custom.and_then(|custom| misspelt(custom, CUSTOM)) {
            add(node, path, format!("an override cannot set {}", node.describe()), format!("did you mean `custom.{meant}`?"));
        }
        if let Some(meant) = misspelt(property, PROPERTIES).filter(|_| custom.is_none()) {
            add(node, path, format!("an override cannot set {}", node.describe()), format!("did you mean `{meant}`?"));
        } else if custom.is_none() && CUSTOM.contains(&property) {
            let help = format!("write `custom.{property}`");
            add(node, path, format!("an override cannot set {}: it is a setting of this kind of panel", node.describe()), help);
        }
    }
}

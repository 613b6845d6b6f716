//! Fluent Bit, as it is written in YAML: inputs tag what they bring, and filters and outputs say which tags they take.

use super::{Component, Flow, LogPipeline, Reference, Role, Shipper, check};
use crate::diagnostic::Diagnostic;
use crate::formats::tables::logs;
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node};

const SECTIONS: &[(&str, Role)] = &[("inputs", Role::Source), ("filters", Role::Transform), ("outputs", Role::Sink)];

/// Filters after which lines may have any tag.
const RETAGS: &[&str] = &["rewrite_tag", "lua", "log_to_metrics", "multiline"];

pub(super) fn looks_like(root: &Node) -> bool {
    let Some(pipeline) = root.get("pipeline") else { return false };
    let listed = |section: &str| pipeline.get(section).is_some_and(|node| node.items().any(|item| setting(item, "name").is_some()));
    SECTIONS.iter().any(|(section, _)| listed(section))
}

/// A setting, whose key is written in any letter case.
pub(super) fn setting<'a>(body: &'a Node, name: &str) -> Option<&'a Node> {
    body.entries().find(|(key, ..)| key.eq_ignore_ascii_case(name)).map(|(_, _, value)| value)
}

pub(super) fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> LogPipeline<'a> {
    let open = root.get("includes").is_some();
    let mut pipeline = LogPipeline { shipper: Shipper::FluentBit, root, components: Vec::new(), references: Vec::new(), open };
    let above = Path::Root.key("pipeline");
    for (section, role) in SECTIONS {
        let of_section = above.key(section);
        let items = root.get("pipeline").and_then(|pipeline| pipeline.get(section)).into_iter().flat_map(Node::items);
        for (index, body) in items.enumerate() {
            let path = of_section.index(index);
            let Some(name) = setting(body, "name") else {
                let message = "this does not say which plugin it is";
                diagnostics.push(Diagnostic::error(MISSING_KEY, body.span, message).path(path.to_string()).help("add `name:`"));
                continue;
            };
            let kind = name.as_str().unwrap_or("");
            if let Some(known) = logs::FLUENT_BIT.iter().find(|known| known.name.eq_ignore_ascii_case(kind) && known.role == *role) {
                check(Shipper::FluentBit, (body, name.span), known, logs::FLUENT_COMMON, &path, diagnostics);
            }
            pipeline.open |= RETAGS.contains(&kind);
            let tag = setting(body, "tag").and_then(Node::as_str).map_or_else(|| format!("{kind}.*"), str::to_owned);
            let id = if *role == Role::Source { tag } else { kind.to_owned() };
            let by = pipeline.components.len();
            pipeline.components.push(Component {
                id,
                kind,
                kind_span: name.span,
                span: name.span,
                body,
                role: *role,
                path: path.to_string(),
            });
            if *role == Role::Source {
                continue;
            }
            let Some(pattern) = setting(body, "match") else {
                if setting(body, "match_regex").is_none() {
                    let message = format!("`{kind}` does not say which tags it takes");
                    diagnostics.push(Diagnostic::error(MISSING_KEY, name.span, message).path(path.to_string()).help("add `match: '*'`"));
                }
                // An expression may take any of them.
                pipeline.open = true;
                continue;
            };
            pipeline.references.push(Reference {
                by,
                name: pattern.as_str().unwrap_or("").to_owned(),
                span: pattern.span,
                path: path.key("match").to_string(),
                flow: Flow::From,
            });
        }
    }
    pipeline
}

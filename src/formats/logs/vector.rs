//! Vector: sources, transforms and sinks, each with the ids of what it reads.

use super::{Component, Flow, Kind, LogPipeline, Reference, Role, Shipper, Value, check, value};
use crate::diagnostic::Diagnostic;
use crate::formats::tables::logs;
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node, WRONG_TYPE};

const SECTIONS: &[(&str, Role)] = &[("sources", Role::Source), ("transforms", Role::Transform), ("sinks", Role::Sink)];

pub(super) fn looks_like(root: &Node) -> bool {
    let typed = |section: &str| root.get(section).is_some_and(|all| all.entries().any(|(_, _, body)| body.get("type").is_some()));
    SECTIONS.iter().filter(|(section, _)| typed(section)).count() >= 2
}

pub(super) fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> LogPipeline<'a> {
    let mut pipeline = LogPipeline { shipper: Shipper::Vector, root, components: Vec::new(), references: Vec::new(), open: false };
    for (section, role) in SECTIONS {
        let above = Path::Root.key(section);
        for (id, key, body) in root.entries_of(section) {
            let path = above.key(id);
            let Some(kind) = body.get("type") else {
                let message = format!("`{id}` does not say what it is");
                diagnostics.push(Diagnostic::error(MISSING_KEY, key.span, message).path(path.to_string()).help("add `type:`"));
                continue;
            };
            let name = kind.as_str().unwrap_or("");
            if let Some(known) = logs::VECTOR.iter().find(|known| known.name == name && known.role == *role) {
                check(Shipper::Vector, (body, key.span), known, logs::vector_common(*role), &path, diagnostics);
                blocks(body, known, &path, diagnostics);
            }
            let by = pipeline.components.len();
            let component = Component {
                id: id.to_owned(),
                kind: name,
                kind_span: kind.span,
                span: key.span,
                body,
                role: *role,
                path: path.to_string(),
            };
            pipeline.components.push(component);
            let Some(inputs) = body.get("inputs").filter(|_| *role != Role::Source) else { continue };
            let inputs_path = path.key("inputs");
            if inputs.as_sequence().is_none() {
                let message = format!("expected a list, found {}", inputs.describe());
                diagnostics
                    .push(Diagnostic::error(WRONG_TYPE, inputs.span, message).path(inputs_path.to_string()).help("write `inputs: [id]`"));
            }
            for (index, input) in inputs.items().enumerate() {
                let Some(name) = input.as_str().filter(|name| !name.contains('$')) else { continue };
                pipeline.references.push(Reference {
                    by,
                    name: name.to_owned(),
                    span: input.span,
                    path: inputs_path.index(index).to_string(),
                    flow: Flow::From,
                });
            }
        }
    }
    pipeline
}

/// Compares the mappings inside of a component.
fn blocks(body: &Node, kind: &Kind, path: &Path<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (name, key, inner) in body.entries() {
        let Some(block) = kind.blocks.iter().find(|block| block.name == name) else { continue };
        let path = path.key(name);
        if inner.as_mapping().is_some() {
            check(Shipper::Vector, (inner, key.span), block, &[], &path, diagnostics);
        } else if let Some(diagnostic) = value::judge(Shipper::Vector, inner, Value::Map) {
            diagnostics.push(diagnostic.path(path.to_string()));
        }
    }
}

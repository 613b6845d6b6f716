//! The names of what a finding is about: where its path counts (`groups[0].rules[2]`), this says who (`groups[app].rules[Down]`).
//!
//! Baselines and ignores in `obsgen.toml` rest on it: it stays the same when something is put in before.

use crate::diagnostic::Diagnostic;
use crate::lint::views::View;
use crate::source::path::push_key;
use crate::source::{Node, NodeKind, Span};

/// By what an item of a list is known, the most telling key first.
const NAMES: &[&str] = &["alert", "record", "job_name", "title", "refId", "name", "uid", "id", "receiver"];

/// Gives every finding that has none the object it lies in.
pub(in crate::lint) fn name_objects(views: &[View<'_>], diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics.iter_mut().filter(|d| d.object.is_none()) {
        let inside = |root: &Node| root.span.start <= diagnostic.span.start && diagnostic.span.end <= root.span.end;
        let view = views.iter().find(|view| view.source == diagnostic.span.source && inside(view.root));
        diagnostic.object = view.map(|view| at(view.root, diagnostic.span)).filter(|object| !object.is_empty());
    }
}

/// The names on the way from the root of a document to a place.
fn at(root: &Node, place: Span) -> String {
    let mut object = String::new();
    let mut node = root;
    loop {
        node = match &node.kind {
            NodeKind::Scalar(_) => return object,
            NodeKind::Sequence(items) => {
                // Items are in order of place, but for aliases, which lie where their anchor is.
                let index = items.partition_point(|item| item.span.end < place.end);
                let Some(item) = items.get(index).filter(|item| item.span.start <= place.start) else { return object };
                object += &format!("[{}]", name(item).map_or_else(|| index.to_string(), str::to_owned));
                item
            }
            NodeKind::Mapping(entries) => {
                let found =
                    entries.iter().find(|(key, value)| key.span.start <= place.start && place.end <= value.span.end.max(key.span.end));
                let Some((key, value)) = found else { return object };
                push_key(&mut object, key.as_str().unwrap_or(""));
                if place.start < key.span.end && place.end <= key.span.end {
                    return object;
                }
                value
            }
        };
    }
}

fn name(item: &Node) -> Option<&str> {
    NAMES.iter().find_map(|key| item.get(key).and_then(Node::as_str).filter(|text| !text.is_empty()))
}

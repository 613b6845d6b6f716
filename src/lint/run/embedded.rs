//! Documents inside documents: the items of a Kubernetes list, and files that a ConfigMap, a Secret or a GrafanaDashboard holds as text.
//!
//! An inner text is read as a source of its own, as if it were the file that it will be. What is found in it is then brought
//! back to where it stands in the file that somebody wrote.

use crate::diagnostic::Diagnostic;
use crate::source::node::Scalar;
use crate::source::path::{push_index, push_key};
use crate::source::text_map::Map;
use crate::source::{Node, SourceId, SourceMap, Span, encode};

/// A document of a file: the root of the file, or an item of a list.
pub(in crate::lint) struct Part<'a> {
    /// The document.
    pub(in crate::lint) root: &'a Node,
    /// Its path in the file, with a dot behind it; "" for a root.
    path: String,
    /// Its name.
    object: String,
}

/// A text inside a file.
pub(in crate::lint) struct Inner<'a> {
    /// The text.
    pub(in crate::lint) node: &'a Node,
    /// The name of the file that it will be.
    pub(in crate::lint) name: String,
    path: String,
    object: String,
}

/// An inner text that is read as a source of its own.
pub(in crate::lint) struct Mount {
    /// Its own source.
    pub(in crate::lint) source: SourceId,
    /// The file it stands in.
    pub(in crate::lint) outer: SourceId,
    node: Node,
    path: String,
    object: String,
}

/// The documents of a root.
pub(in crate::lint) fn parts(root: &Node) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    add_parts(root, "", "", &mut parts);
    parts
}

fn add_parts<'a>(root: &'a Node, path: &str, object: &str, parts: &mut Vec<Part<'a>>) {
    let kind = root.get("kind").and_then(Node::as_str).unwrap_or("");
    let items = root.get("items").and_then(Node::as_sequence).filter(|_| kind.ends_with("List") && root.get("apiVersion").is_some());
    let Some(items) = items else {
        parts.push(Part { root, path: path.to_owned(), object: object.to_owned() });
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let mut here = format!("{path}items");
        push_index(&mut here, index);
        add_parts(item, &format!("{here}."), &format!("{}.", resource(item)), parts);
    }
}

fn resource(root: &Node) -> String {
    let kind = root.get("kind").and_then(Node::as_str).unwrap_or("");
    let name = root.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or("");
    format!("{kind}/{name}")
}

/// The texts in a document that may be files.
pub(in crate::lint) fn inner<'a>(part: &Part<'a>) -> Vec<Inner<'a>> {
    let root = part.root;
    if root.get("apiVersion").is_none() {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut add = |above: &[&str], name: &str, node: &'a Node| {
        let text = node.as_scalar().map_or("", Scalar::text);
        if text.contains('\n') || text.trim_start().starts_with('{') {
            let mut path = String::new();
            above.iter().chain([&name]).for_each(|key| push_key(&mut path, key));
            let object = format!("{}.{path}", resource(root));
            all.push(Inner { node, name: name.to_owned(), path: format!("{}{path}", part.path), object });
        }
    };
    match root.get("kind").and_then(Node::as_str) {
        Some("ConfigMap" | "Secret") => {
            for holder in ["data", "stringData"] {
                for (name, _, node) in root.entries_of(holder) {
                    add(&[holder], name, node);
                }
            }
        }
        Some("GrafanaDashboard") => {
            if let Some(node) = root.get("spec").and_then(|spec| spec.get("json")) {
                add(&["spec"], "json", node);
            }
        }
        _ => {}
    }
    all
}

impl Mount {
    /// Takes an inner text in as a source of its own.
    pub(in crate::lint) fn new(inner: &Inner<'_>, outer: SourceId, sources: &mut SourceMap) -> Self {
        // As a file beside the one it stands in: what loads it names it so.
        let holder = sources.get(outer).path.clone();
        let folder = holder.rfind('/').map_or("", |at| &holder[..=at]);
        let name = if inner.name == "json" { "dashboard.json" } else { &inner.name };
        let text = inner.node.as_scalar().map_or("", Scalar::text);
        let source = sources.add(format!("{folder}{name}"), text);
        Self { source, outer, node: inner.node.clone(), path: inner.path.clone(), object: inner.object.clone() }
    }
}

/// Says of findings in items of lists which item they are about.
pub(in crate::lint) fn name_parts(parts: &[Part<'_>], diagnostics: &mut [Diagnostic]) {
    for part in parts.iter().filter(|part| !part.path.is_empty()) {
        let span = part.root.span;
        let inside = |d: &&mut Diagnostic| d.span.source == span.source && span.start <= d.span.start && d.span.end <= span.end;
        for diagnostic in diagnostics.iter_mut().filter(inside) {
            put_before(&mut diagnostic.path, &part.path);
            put_before(&mut diagnostic.object, &part.object);
        }
    }
}

fn put_before(path: &mut Option<String>, prefix: &str) {
    let behind = path.as_deref().unwrap_or("");
    let prefix = if behind.is_empty() || behind.starts_with('[') { prefix.trim_end_matches('.') } else { prefix };
    *path = Some(format!("{prefix}{behind}"));
}

/// Brings findings in inner texts back to where these stand.
pub(in crate::lint) fn bring_back(mounts: &[Mount], sources: &SourceMap, diagnostics: &mut [Diagnostic]) {
    let Some(first) = mounts.first().map(|mount| mount.source.0) else { return };
    // Inner texts are numbered one behind the other.
    let index = |span: Span| span.source.0.checked_sub(first).map(|at| at as usize).filter(|at| *at < mounts.len());
    let mut maps: Vec<Option<Map>> = vec![None; mounts.len()];
    let mut outer = |span: Span| match index(span) {
        Some(at) => {
            let mount = &mounts[at];
            maps[at].get_or_insert_with(|| Map::new(&sources.get(mount.outer).text, &mount.node)).span(span.range())
        }
        None => span,
    };
    for diagnostic in diagnostics {
        if let Some(mount) = index(diagnostic.span).map(|at| &mounts[at]) {
            put_before(&mut diagnostic.path, &format!("{}.", mount.path));
            put_before(&mut diagnostic.object, &format!("{}.", mount.object));
        }
        diagnostic.span = outer(diagnostic.span);
        for related in &mut diagnostic.related {
            related.span = outer(related.span);
        }
        if let Some(fix) = diagnostic.fix.take() {
            let mount = index(fix.span).map(|at| &mounts[at]);
            let written =
                mount.map_or(Some(fix.replacement.clone()), |mount| encode(&sources.get(mount.outer).text, &mount.node, &fix.replacement));
            let span = outer(fix.span);
            diagnostic.fix = written.map(|replacement| crate::diagnostic::Fix { span, replacement });
        }
    }
}

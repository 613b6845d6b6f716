//! Grafana Alloy: blocks whose expressions name one another.

use super::{Component, Flow, Kind, LogPipeline, Reference, Role, Shipper, check};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::tables::{BAD_REGEX, CONFLICTING_KEYS, logs};
use crate::promql::regex;
use crate::source::node::{Scalar, Style};
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node, NodeKind, Span, UNKNOWN_KEY};

pub(super) fn looks_like(root: &Node) -> bool {
    root.entries().any(|(_, key, _)| is_block(key))
}

fn is_block(key: &Node) -> bool {
    key.as_scalar().is_some_and(|scalar| scalar.style == Style::Header)
}

/// Blocks of the file itself that are no components.
const OTHERS: &[&str] =
    &["logging", "tracing", "http", "livedebugging", "remotecfg", "argument", "export", "declare", "foreach", "import.file", "import.git"];

/// What components export through which others send to them.
const TAKES: &[&str] = &["receiver", "input"];

pub(super) fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> LogPipeline<'a> {
    let mut pipeline = LogPipeline { shipper: Shipper::Alloy, root, components: Vec::new(), references: Vec::new(), open: false };
    for (header, key, body) in root.entries().filter(|(_, key, _)| is_block(key)) {
        if let Some(kind) = logs::ALLOY.iter().find(|kind| kind.name == header) {
            let message = format!("the component `{header}` has no label");
            let help = format!("write `{header} \"default\" {{`");
            diagnostics.push(Diagnostic::error(MISSING_KEY, key.span, message).path(kind.name).help(help));
            continue;
        }
        let Some((kind, _)) = header.rsplit_once('.').filter(|(kind, _)| !OTHERS.contains(kind)) else { continue };
        let known = logs::ALLOY.iter().find(|known| known.name == kind);
        let path = Path::Root.key(header);
        if let Some(known) = known {
            of_component(body, known, key.span, &path, diagnostics);
        }
        let by = pipeline.components.len();
        pipeline.components.push(Component {
            id: header.to_owned(),
            kind,
            kind_span: Span::new(key.span.source, key.span.range().start..key.span.range().start + kind.len()),
            span: key.span,
            body,
            role: known.map_or(Role::Other, |known| known.role),
            path: path.to_string(),
        });
        references(body, by, &path, &mut pipeline.references);
    }
    pipeline
}

fn of_component(body: &Node, kind: &Kind, at: Span, path: &Path<'_>, diagnostics: &mut Vec<Diagnostic>) {
    check(Shipper::Alloy, (body, at), kind, &[], path, diagnostics);
    if kind.blocks.is_empty() {
        return;
    }
    for (name, key, inner) in body.entries().filter(|(_, key, _)| is_block(key)) {
        let path = path.key(name);
        if let Some(block) = kind.blocks.iter().find(|block| block.name == name) {
            expression(name, inner, &path, diagnostics);
            // In a `stage.match` stand stages, as around it.
            let blocks = if name == "stage.match" { kind.blocks } else { block.blocks };
            of_component(inner, &Kind { blocks, ..*block }, key.span, &path, diagnostics);
            if name == "stage.match" {
                matching(inner, key.span, &path, diagnostics);
            }
        } else if name.starts_with("stage.") && did_you_mean(name, kind.blocks.iter().map(|block| block.name)).is_none() {
            let message = format!("`{name}` is no stage that Alloy's manual knows");
            diagnostics
                .push(Diagnostic::warning(UNKNOWN_KEY, key.span, message).path(path.to_string()).help("see the manual of `loki.process`"));
        }
    }
}

/// Whether what a `stage.match` does with lines and the stages in it fit together.
fn matching(body: &Node, at: Span, path: &Path<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let has_stages = body.entries().any(|(name, key, _)| is_block(key) && name.starts_with("stage."));
    let action = body.get("action").map_or(Some("keep"), literal);
    let (message, help) = match action {
        Some("keep" | "") if !has_stages => {
            ("nothing is done with the lines that match", "put a stage into it, or write `action = \"drop\"`")
        }
        Some("drop") if has_stages => ("lines that are dropped pass no stages", "leave out the stages, or `action`"),
        _ => return,
    };
    diagnostics.push(Diagnostic::error(CONFLICTING_KEYS, at, message).path(path.to_string()).help(help));
}

fn expression(stage: &str, body: &Node, path: &Path<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some((node, text)) = body.get("expression").filter(|_| stage != "stage.match").and_then(|node| Some((node, literal(node)?))) else {
        return;
    };
    let mut report = |message: String, help: &str| {
        diagnostics.push(Diagnostic::error(BAD_REGEX, node.span, message).path(path.key("expression").to_string()).help(help));
    };
    if let Err(error) = regex::check(text) {
        report(format!("{} is no regular expression: {}", node.describe(), error.message), "write it in the syntax of RE2");
    } else if stage == "stage.replace" && !text.replace("\\(", "").replace("(?", "").contains('(') {
        report("nothing is replaced: `stage.replace` replaces what a group holds".to_owned(), "put what is to go into `( )`");
    } else if stage == "stage.regex" && !text.contains("(?P<") && !text.contains("(?<") {
        report("nothing is taken out: the expression has no named group".to_owned(), "name groups, as in `(?P<level>\\\\w+)`");
    }
}

/// The text of a string that is written out.
fn literal(node: &Node) -> Option<&str> {
    node.as_scalar().filter(|scalar| scalar.style != Style::Plain).map(Scalar::text)
}

/// Every reference to a component in the expressions below a node.
fn references(node: &Node, by: usize, path: &Path<'_>, found: &mut Vec<Reference>) {
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().enumerate().for_each(|(index, item)| references(item, by, &path.index(index), found)),
        NodeKind::Mapping(_) => node.entries().for_each(|(name, _, value)| references(value, by, &path.key(name), found)),
        NodeKind::Scalar(scalar) if scalar.style == Style::Plain => {
            for (at, name) in names(scalar.text()) {
                let namespace = name.split('.').next().unwrap_or("");
                let is_builtin = logs::ALLOY.iter().any(|kind| kind.name.split('.').next() == Some(namespace));
                if !is_builtin || name.matches('.').count() < 2 {
                    continue;
                }
                let start = node.span.range().start + at;
                let takes = name.rsplit('.').next().is_some_and(|export| TAKES.contains(&export));
                found.push(Reference {
                    by,
                    name: name.to_owned(),
                    span: Span::new(node.span.source, start..start + name.len()),
                    path: path.to_string(),
                    flow: if takes { Flow::To } else { Flow::From },
                });
            }
        }
        NodeKind::Scalar(_) => {}
    }
}

/// The dotted names in the text of an expression, with their places, without what stands in strings.
fn names(text: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            quote @ (b'"' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
                }
                at += 1;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'.')) {
                    at += 1;
                }
                all.push((start, &text[start..at]));
            }
            _ => at += 1,
        }
    }
    all
}

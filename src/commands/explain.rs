//! `obsgen explain-manifest`: every value that counts, and the place where it was written.

use serde::Serialize;

use super::manifests::{self, Read};
use super::{Console, FAILED, FINE};
use crate::cli::ExplainArgs;
use crate::diagnostic::Level;
use crate::source::{Node, NodeKind, SourceMap};

/// What one manifest comes to.
#[derive(Serialize)]
struct Explained {
    /// The manifest.
    file: String,
    /// The service, where it is named.
    service: Option<String>,
    values: Vec<Origin>,
}

/// A value and where it stands.
#[derive(Serialize)]
struct Origin {
    /// Its key, with those around it.
    path: String,
    /// As it is written, but for quotes.
    value: String,
    file: String,
    line: usize,
    column: usize,
}

pub(super) fn run(args: &ExplainArgs, console: &mut Console) -> anyhow::Result<u8> {
    let paths = manifests::find(&args.input.manifests)?;
    let Read { sources, kept: trees, diagnostics, .. } = manifests::read(&paths, args.input.environment.as_deref(), |_, _, root, _| root)?;
    let broken = diagnostics.iter().any(|found| found.level == Level::Error);
    console.findings(diagnostics, paths.len(), &sources)?;
    let all: Vec<Explained> = trees.iter().map(|root| explained(root, args.key.as_deref(), &sources)).collect();
    if let Some(key) = args.key.as_deref().filter(|_| !broken && all.iter().all(|manifest| manifest.values.is_empty())) {
        anyhow::bail!("no manifest of this run has a key `{key}`");
    }
    if args.format == "json" {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "version": 1, "manifests": all }))?;
        console.print(&(text + "\n"))?;
    } else {
        console.print(&human(&all))?;
    }
    Ok(if broken { FAILED } else { FINE })
}

fn human(all: &[Explained]) -> String {
    let mut text = String::new();
    for manifest in all.iter().filter(|manifest| !manifest.values.is_empty()) {
        if all.len() > 1 {
            text += &format!("{}{}:\n", if text.is_empty() { "" } else { "\n" }, manifest.file);
        }
        let lines: Vec<String> = manifest.values.iter().map(|origin| format!("{}: {}", origin.path, shortened(&origin.value))).collect();
        // Places stand in one column, but for values that are long.
        let width = lines.iter().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
        for (line, origin) in lines.iter().zip(&manifest.values) {
            text += &format!("{line:<width$}  # {}:{}:{}\n", origin.file, origin.line, origin.column);
        }
    }
    text
}

/// A value on one line.
fn shortened(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::manifest::scalars::shorten(&line)
}

fn explained(root: &Node, key: Option<&str>, sources: &SourceMap) -> Explained {
    let mut values = Vec::new();
    // The environment that was asked for is merged already; the others are no part of what counts.
    for (name, _, value) in root.entries().filter(|(name, ..)| *name != "environments") {
        collect(value, name.to_owned(), sources, &mut values);
    }
    let is_asked_for =
        |path: &str| key.is_none_or(|key| path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])));
    values.retain(|origin| is_asked_for(&origin.path));
    let service = root.get("service").and_then(|service| service.get("name")).and_then(Node::as_str).map(str::to_owned);
    Explained { file: sources.get(root.span.source).path.clone(), service, values }
}

fn collect(node: &Node, path: String, sources: &SourceMap, found: &mut Vec<Origin>) {
    match &node.kind {
        NodeKind::Mapping(entries) if !entries.is_empty() => {
            for (name, _, value) in node.entries() {
                collect(value, format!("{path}.{name}"), sources, found);
            }
        }
        NodeKind::Sequence(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{path}[{index}]"), sources, found);
            }
        }
        kind => {
            let value = match kind {
                NodeKind::Scalar(scalar) => scalar.text().to_owned(),
                NodeKind::Sequence(_) => "[]".to_owned(),
                NodeKind::Mapping(_) => "{}".to_owned(),
            };
            let source = sources.get(node.span.source);
            let position = source.position(node.span.start);
            found.push(Origin { path, value, file: source.path.clone(), line: position.line, column: position.column });
        }
    }
}

//! The reader of files against an independent one, over real files.

use std::fs;
use std::path::{Path, PathBuf};

use obsgen::internals::source::{Node, NodeKind, SourceMap, read_yaml, text_map};
use serde_yaml::Value;

/// Every rule file of the corpus; none, with a note, where it is absent. In CI it must be there.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub fn corpus() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/awesome-prometheus-alerts/rules");
    let mut files = Vec::new();
    gather(&root, &mut files);
    assert!(!files.is_empty() || std::env::var("CI").as_deref() != Ok("true"), "{} is missing", root.display());
    if files.is_empty() {
        eprintln!("skipped: {} is missing", root.display());
    }
    files.sort();
    files
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
}

/// Whether both readers made the same of a value.
fn same(node: &Node, value: &Value) -> bool {
    match (&node.kind, value) {
        (NodeKind::Sequence(items), Value::Sequence(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(a, b)| same(a, b))
        }
        (NodeKind::Mapping(entries), Value::Mapping(others)) => {
            entries.len() == others.len() && entries.iter().zip(others).all(|((key, value), (k, v))| same(key, k) && same(value, v))
        }
        (NodeKind::Scalar(_), Value::Null) => node.is_null(),
        (NodeKind::Scalar(_), Value::Bool(bool)) => node.as_bool() == Some(*bool),
        (NodeKind::Scalar(_), Value::Number(number)) => node.as_f64() == number.as_f64(),
        (NodeKind::Scalar(_), Value::String(text)) => node.as_str() == Some(text),
        _ => false,
    }
}

#[test]
fn both_readers_make_the_same_of_real_files() {
    for path in corpus() {
        let text = fs::read_to_string(&path).expect("the corpus is text");
        let other: Value = serde_yaml::from_str(&text).expect("the corpus is YAML");
        let mut map = SourceMap::default();
        let id = map.add(path.display().to_string(), text);
        let documents = read_yaml(&map, id);
        assert!(documents.diagnostics.is_empty() && same(&documents.roots[0], &other), "{}", path.display());
    }
}

/// Checks that each visible character of every scalar leads to itself in the file, or to its escape.
fn places_hold(text: &str, node: &Node) {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            let map = text_map::Map::new(text, node);
            for (at, c) in scalar.text().char_indices().filter(|(_, c)| !c.is_whitespace()) {
                let written = &text[map.span(at..at + c.len_utf8()).range()];
                assert!(
                    written == c.to_string() || written.starts_with('\\') || written == "''",
                    "{c:?} leads to {written:?} in {:?}",
                    scalar.text()
                );
            }
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| places_hold(text, item)),
        NodeKind::Mapping(entries) => {
            for (key, value) in entries {
                places_hold(text, key);
                places_hold(text, value);
            }
        }
    }
}

#[test]
fn every_character_of_real_files_leads_to_its_place() {
    for path in corpus() {
        let text = fs::read_to_string(&path).expect("the corpus is text");
        let mut map = SourceMap::default();
        let id = map.add(path.display().to_string(), text.as_str());
        read_yaml(&map, id).roots.iter().for_each(|root| places_hold(&text, root));
    }
}

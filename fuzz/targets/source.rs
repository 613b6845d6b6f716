//! The reader of YAML and JSON: it ends, and every place that it names lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::source::{Documents, Node, NodeKind, SourceMap, Span, read_json, read_yaml};

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::default();
    let id = sources.add("input", text);
    for documents in [read_yaml(&sources, id), read_json(&sources, id)] {
        check(&documents, &sources);
    }
});

fn check(documents: &Documents, sources: &SourceMap) {
    for diagnostic in &documents.diagnostics {
        lies_in(diagnostic.span, sources);
    }
    for root in &documents.roots {
        walk(root, sources, 10_000);
    }
}

fn lies_in(span: Span, sources: &SourceMap) {
    let text = &sources.get(span.source).text;
    assert!(text.get(span.range()).is_some(), "{:?} of {} bytes", span.range(), text.len());
    assert!(!sources.place(span).is_empty());
}

/// Looks at so many nodes at most: through aliases a small text is a large tree.
fn walk(node: &Node, sources: &SourceMap, left: usize) -> usize {
    lies_in(node.span, sources);
    let children: Vec<&Node> = match &node.kind {
        NodeKind::Scalar(_) => Vec::new(),
        NodeKind::Sequence(items) => items.iter().collect(),
        NodeKind::Mapping(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
    };
    let mut left = left.saturating_sub(1);
    for child in children {
        if left == 0 {
            break;
        }
        left = walk(child, sources, left);
    }
    left
}

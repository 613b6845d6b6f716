//! Texts that are read by the form of another, and long lists that are read in pieces: what comes of it is what comes of reading
//! the text by itself and in one go.
//!
//! An input is a text, and after NUL bytes a word and what it becomes in the text that is read by the form of the first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::source::{Documents, Forms, Node, NodeKind, SourceMap, read_yaml, read_yaml_by_form};

/// Lists shorter than this are read in one go.
const LONG: usize = 140 * 1024;

fuzz_target!(|input: &str| {
    let mut parts = input.split('\0');
    let text = parts.next().unwrap_or_default();
    let word = parts.next().filter(|word| !word.is_empty());
    let other = word.map_or_else(|| text.to_owned(), |word| text.replace(word, parts.next().unwrap_or_default()));
    by_form(text, &other);
    if text.len() > 4 {
        in_pieces(&other, text);
    }
});

fn by_form(first: &str, second: &str) {
    let mut sources = SourceMap::default();
    let first = sources.add("first", first);
    let second = sources.add("second", second);
    let forms = Forms::default();
    // A form is kept when it is seen again.
    for _ in 0..2 {
        drop(read_yaml_by_form(&sources, first, &forms));
    }
    assert_same(&read_yaml_by_form(&sources, second, &forms), &read_yaml(&sources, second), &str::to_owned);
}

/// Two texts by turns, as items of a long list or as they are.
fn in_pieces(one: &str, other: &str) {
    let item = |text: &str| if text.starts_with("- ") { text.to_owned() } else { format!("- {}", text.replace('\n', "\n  ")) };
    let mut long = String::with_capacity(LONG + 1024);
    while long.len() < LONG {
        for text in [one, other] {
            long += &item(text);
            long.push('\n');
        }
    }
    // Where there may be an anchor, the text is read in one go; a comment says nothing, but for its being there.
    let with = |comment: &str| format!("{long}\n# {comment} *\n");
    let mut sources = SourceMap::default();
    let whole = sources.add("list", with("&a"));
    let in_pieces = sources.add("list", with("& "));
    // It may be part of a text after all.
    assert_same(&read_yaml(&sources, in_pieces), &read_yaml(&sources, whole), &|text| text.replace("# &a *", "# &  *"));
}

fn assert_same(found: &Documents, expected: &Documents, written: &dyn Fn(&str) -> String) {
    assert_eq!(found.roots.len(), expected.roots.len());
    for (found, expected) in found.roots.iter().zip(&expected.roots) {
        assert_alike(found, expected, written, &mut 200_000);
    }
    let said = |documents: &Documents| -> Vec<_> {
        documents.diagnostics.iter().map(|found| (found.span.range(), found.message.clone())).collect()
    };
    assert_eq!(said(found), said(expected));
}

fn assert_alike(found: &Node, expected: &Node, written: &dyn Fn(&str) -> String, left: &mut usize) {
    // Through aliases a small text is a large tree.
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    assert_eq!(found.span.range(), expected.span.range());
    match (&found.kind, &expected.kind) {
        (NodeKind::Scalar(found), NodeKind::Scalar(expected)) => {
            assert_eq!(found.text(), written(expected.text()));
            assert_eq!((found.style, found.tagged_string), (expected.style, expected.tagged_string));
        }
        (NodeKind::Sequence(found), NodeKind::Sequence(expected)) => {
            assert_eq!(found.len(), expected.len());
            found.iter().zip(expected).for_each(|(found, expected)| assert_alike(found, expected, written, left));
        }
        (NodeKind::Mapping(found), NodeKind::Mapping(expected)) => {
            assert_eq!(found.len(), expected.len());
            for ((key, value), (other, expected)) in found.iter().zip(expected) {
                assert_alike(key, other, written, left);
                assert_alike(value, expected, written, left);
            }
        }
        (found, expected) => panic!("{found:?} for {expected:?}"),
    }
}

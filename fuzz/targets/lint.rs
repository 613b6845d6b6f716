//! The whole lint of one file, whatever it is, with and without a manifest beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::diagnostic::{Diagnostic, Level};
use obsgen::internals::lint::world::Catalogue;
use obsgen::internals::lint::{self, Input, Options};
use obsgen::internals::manifest;
use obsgen::internals::model::resolve::resolve;
use obsgen::internals::source::{Node, SourceMap};

fuzz_target!(|text: &str| {
    let options = Options { read_manifest: Some(&read_manifest), ..Options::default() };
    let input = |path: &str, text: &str| Input { path: path.into(), text: text.into(), named: true };
    for beside in ["", MANIFEST] {
        let outcome = lint::run(vec![input("input", text), input("obsgen.yaml", beside)], &options);
        for diagnostic in &outcome.diagnostics {
            for span in diagnostic.related.iter().map(|related| related.span).chain([diagnostic.span]) {
                let text = &outcome.sources.get(span.source).text;
                assert!(text.get(span.range()).is_some(), "{}: {:?}", diagnostic.rule, span.range());
            }
            assert!(!diagnostic.fingerprint(&outcome.sources).is_empty());
        }
    }
});

const MANIFEST: &str = include_str!("../../examples/myapp/obsgen.yaml");

/// A manifest of the inputs, as the program reads it.
fn read_manifest(sources: &SourceMap, node: &Node) -> (Option<Catalogue>, Vec<Diagnostic>) {
    let reading = manifest::read_tree(node, None);
    let mut diagnostics = reading.diagnostics;
    let Some(located) = reading.manifest else { return (None, diagnostics) };
    let located = [located];
    diagnostics.extend(resolve(&located, sources).diagnostics);
    let whole = diagnostics.iter().all(|d| d.level != Level::Error);
    (located.iter().find_map(|located| lint::catalogue::of(&located.manifest, whole)), diagnostics)
}

//! The whole lint of one file, whatever it is, with and without a manifest beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::commands::read_manifest;
use obsgen::internals::lint::{self, Input, Options};
use obsgen::internals::source::{Node, SourceMap};

fuzz_target!(|text: &str| {
    let read = |sources: &SourceMap, node: &Node, defaults: Option<&Node>| read_manifest(sources, node, defaults, None);
    let options = Options { read_manifest: Some(&read), ..Options::default() };
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

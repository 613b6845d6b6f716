//! PromQL: what is parsed can be printed, and what is printed is parsed to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::promql::grafana::substitute;
use obsgen::internals::promql::{Options, parse, parse_all};

fuzz_target!(|text: &str| {
    let options = Options::all();
    let parsed = parse_all(text, &options);
    for error in &parsed.errors {
        assert!(text.get(error.range.clone()).is_some(), "{:?}", error.range);
    }
    let substituted = substitute(text);
    assert_eq!(substituted.text.len(), text.len());
    let Ok(expr) = parse(text, &options) else { return };
    let printed = expr.to_string();
    let again = parse(&printed, &options).unwrap_or_else(|error| panic!("{printed}: {error:?}"));
    assert_eq!(again.to_string(), printed);
});

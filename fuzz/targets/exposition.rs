//! Pages of metrics, in both grammars: they are read to their end, and every place that is named lies in the page.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::formats::exposition::{Syntax, announced, looks_like, read};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        looks_like(text);
        let _ = announced(Some(text));
    }
    for syntax in [Syntax::Text, Syntax::OpenMetrics] {
        let page = read(bytes, syntax);
        for fault in page.faults() {
            assert!(bytes.get(fault.range.clone()).is_some());
            assert!(page.position(fault.range.start).line > 0);
        }
        let mut count = 0;
        for family in page.families() {
            // A name in quotes may be empty.
            assert!(bytes.get(family.name_range()).is_some());
            for sample in family.samples() {
                count += 1;
                assert!(bytes.get(sample.range()).is_some());
                assert!(sample.labels().all(|label| bytes.get(label.value_range()).is_some()));
            }
        }
        assert_eq!(count, page.sample_count());
    }
});

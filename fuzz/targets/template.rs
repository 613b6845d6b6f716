//! Go templates: of alerts and of notifiers. Every place that is named lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::internals::lint::template::{VARIABLES, external_label_reads, label_reads, notification, parse};

fuzz_target!(|text: &str| {
    match parse::parse(text, VARIABLES) {
        Ok(template) => {
            for read in label_reads(&template, text).into_iter().chain(external_label_reads(&template, text)) {
                assert!(text.get(read.range).is_some());
            }
        }
        Err(error) => assert!(text.get(error.range).is_some()),
    }
    match notification::read(text) {
        Ok(read) => {
            for field in read.fields {
                assert!(text.get(field.range).is_some());
            }
        }
        Err(error) => assert!(text.get(error.range).is_some()),
    }
});

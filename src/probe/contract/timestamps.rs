//! No timestamps (C14): with one, a series does not end when its target does.

use super::context::Context;
use super::finding::{Finding, Findings};
use super::labels::amount;
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (name, family) in &context.families {
        let mut with = family.samples().filter(|sample| sample.timestamp().is_some());
        if let Some(first) = with.next() {
            let detail = format!("{} a timestamp of its own, `{}`", has(1 + with.count()), first.timestamp().unwrap_or_default());
            findings.add(Finding::error(Code::MetricsTimestamp, name, detail).at(context.place(first.timestamp_range().start)));
        }
    }
}

fn has(count: usize) -> String {
    format!("{} {}", amount(count, "sample"), if count == 1 { "has" } else { "have" })
}

//! Two grammars, one page (C16): asked for OpenMetrics and for text, the service must expose the same families.

use std::collections::BTreeSet;

use super::context::Context;
use super::finding::{Finding, Findings};
use super::syntax_of;
use crate::formats::exposition;
use crate::probe::code::Code;
use crate::probe::failure::Level;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    let Some(again) = &context.seen.again else { return };
    let text = exposition::read(&again.body, syntax_of(again));
    if text.syntax() == context.page.syntax() {
        return;
    }
    // Only OpenMetrics has times of creation of its own; text shows them as gauges, or not at all.
    let comparable = |name: &String| !name.ends_with("_created");
    let one: BTreeSet<String> = context.families.keys().filter(|name| comparable(name)).cloned().collect();
    let other: BTreeSet<String> = text.families().map(|family| family.full_name().into_owned()).filter(comparable).collect();
    for (names, only, not) in [
        (one.difference(&other).collect::<Vec<_>>(), context.page.syntax(), text.syntax()),
        (other.difference(&one).collect::<Vec<_>>(), text.syntax(), context.page.syntax()),
    ] {
        if !names.is_empty() {
            let some: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > some.len() { format!(" and {} more", names.len() - some.len()) } else { String::new() };
            let detail = format!(
                "{}{more} {} there in {} and not in {}",
                some.join(", "),
                if names.len() == 1 { "is" } else { "are" },
                only.name(),
                not.name()
            );
            findings.add(Finding::of_page(Code::MetricsNegotiation, Level::Warn, detail).at(context.seen.from.clone()));
        }
    }
}

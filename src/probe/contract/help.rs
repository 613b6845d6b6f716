//! The help text (C10).

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (metric, family) in context.pairs() {
        let Some(declared) = &metric.help else { continue };
        // That there is none at all is a matter of naming practice, for every metric alike.
        let Some(live) = family.help() else { continue };
        if live.trim() != declared.trim() {
            let place = context.place(family.help_range().map_or(0, |range| range.start));
            let detail = format!("its help is `{live}`, declared as `{declared}`");
            findings.add(Finding::warning(Code::MetricsHelp, &metric.name, detail).against(declared, live.into_owned()).at(place));
        }
    }
}

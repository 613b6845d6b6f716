//! How long a scrape lasts (C17).

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::probe::code::Code;
use crate::probe::failure::Level;
use crate::probe::phases::millis;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    let Some(took) = context.seen.took else { return };
    let limit = context.terms.timeout;
    if took * 2 < limit {
        return;
    }
    let level = if took >= limit { Level::Fail } else { Level::Warn };
    let detail = format!("the scrape took {:.0} ms of the {:.0} ms that it may last", millis(took), millis(limit));
    let finding = Finding::of_page(Code::MetricsSlow, level, detail);
    findings.add(finding.against(format!("{:.0} ms", millis(limit)), format!("{:.0} ms", millis(took))).at(context.seen.from.clone()));
}

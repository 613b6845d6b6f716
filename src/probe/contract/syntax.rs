//! Whether Prometheus would store the page at all (C15).

use super::finding::{Finding, Findings};
use super::{Context, generation};
use crate::formats::exposition::{Announced, Fault, Generation, announced};
use crate::probe::code::Code;
use crate::probe::report::Level;

/// So many faults are shown.
const SHOWN: usize = 5;

/// Reports what Prometheus would stumble over; whether the named version would store the page.
pub(super) fn check(context: &Context, findings: &mut Findings) -> bool {
    let named = generation(context.terms.prometheus);
    let accepted = content_type(context, named, findings);
    let page = context.page;
    let stopped = page.stopped_by(named).is_some();
    // The first one costs the scrape; where nothing at all could be read, it is the only one that tells something.
    let shown = if page.sample_count() == 0 { 1 } else { SHOWN };
    for fault in page.faults().iter().take(shown) {
        fault_of(context, named, fault, findings);
    }
    let rest = page.faults().len().saturating_sub(SHOWN) + page.more_faults();
    if rest > 0 && page.sample_count() > 0 {
        let level = if stopped { Level::Fail } else { Level::Warn };
        findings.add(Finding::of_page(Code::MetricsSyntax, level, format!("and {rest} more of this kind")));
    }
    if page.sample_count() == 0 && !stopped {
        let detail = "the page holds no sample, and yet Prometheus would call the target up";
        findings.add(Finding::of_page(Code::EmptyExposition, Level::Fail, detail).at(context.place(0)));
    }
    accepted && !stopped
}

fn content_type(context: &Context, named: Generation, findings: &mut Findings) -> bool {
    // A file has no header to be wrong.
    let Some(header) = &context.seen.content_type else { return true };
    let announced = announced(header.0.as_deref());
    let shown = match announced {
        Announced::Syntax(_) => return true,
        Announced::Protobuf => "announces protocol buffers, which nobody asked for".to_owned(),
        Announced::Nothing => "has no `Content-Type`".to_owned(),
        Announced::Other => format!("has the `Content-Type` `{}`", header.0.as_deref().unwrap_or_default()),
    };
    let refused = announced.syntax(named).is_none();
    let (level, detail) = if refused {
        (Level::Fail, format!("the answer {shown}: Prometheus {} refuses the whole page", context.terms.prometheus))
    } else {
        (Level::Warn, format!("the answer {shown}: Prometheus 3 will refuse the whole page"))
    };
    let finding = Finding::of_page(Code::MetricsContentType, level, detail)
        .against("text/plain; version=0.0.4", header.0.clone().unwrap_or_else(|| "nothing".to_owned()));
    findings.add(finding.at(context.seen.from.clone()));
    !refused
}

fn fault_of(context: &Context, named: Generation, fault: &Fault, findings: &mut Findings) {
    let stops_named = fault.stops.at(named);
    // What only an older Prometheus than the named one stumbles over is nobody's business.
    if !stops_named && fault.stops.at(Generation::Two) {
        return;
    }
    let (level, end) = if stops_named { (Level::Fail, ", so the whole scrape is lost") } else { (Level::Warn, "") };
    let finding = Finding::of_page(Code::MetricsSyntax, level, format!("{}{end}", fault.message));
    findings.add(finding.at(context.place(fault.range.start)).hint(fault.help));
}

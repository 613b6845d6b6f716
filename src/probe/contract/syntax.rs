//! Whether Prometheus would store the page at all (C15).

use super::context::{Context, generation};
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Announced, Fault, Generation, announced};
use crate::probe::code::Code;
use crate::probe::failure::Level;

/// So many faults are shown.
const SHOWN: usize = 5;

/// Reports what Prometheus would stumble over; whether the named version would store the page.
pub(super) fn check(context: &Context, findings: &mut Findings) -> bool {
    let named = generation(context.terms.prometheus);
    let accepted = content_type(context, named, findings);
    let page = context.page;
    let stop = page.stopped_by(named);
    // What only an older Prometheus than the named one stumbles over is nobody's business.
    let faults: Vec<&Fault> = page.faults().iter().filter(|fault| fault.stops.at(named) || !fault.stops.at(Generation::Two)).collect();
    // Where nothing at all could be read, what costs the scrape is the only one that tells something.
    let shown = if page.sample_count() == 0 { 1 } else { SHOWN };
    let (first, rest) = faults.split_at(shown.min(faults.len()));
    // However much stands before it, what costs the scrape is told.
    let hidden = stop.filter(|stop| !first.iter().any(|fault| fault.stops.at(named) && fault.range == stop.range));
    let first = &first[..first.len() - usize::from(hidden.is_some())];
    for fault in first.iter().copied().chain(hidden) {
        fault_of(context, named, fault, findings);
    }
    let rest = rest.len() + page.more_faults();
    if rest > 0 && page.sample_count() > 0 {
        let level = if stop.is_some() { Level::Fail } else { Level::Warn };
        findings.add(Finding::of_page(Code::MetricsSyntax, level, format!("and {rest} more of this kind")));
    }
    if page.sample_count() == 0 && stop.is_none() {
        let detail = "the page holds no sample, and yet Prometheus would call the target up";
        findings.add(Finding::of_page(Code::EmptyExposition, Level::Fail, detail).at(context.place(0)));
    }
    accepted && stop.is_none()
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
    let (level, end) = if stops_named { (Level::Fail, ", so the whole scrape is lost") } else { (Level::Warn, "") };
    let finding = Finding::of_page(Code::MetricsSyntax, level, format!("{}{end}", fault.message));
    findings.add(finding.at(context.place(fault.range.start)).hint(fault.help));
}

//! What must be there, and what nothing is known of yet (C01, C02), with near misses (C04).

use super::context::Context;
use super::finding::{Finding, Findings};
use super::kept::Kept;
use super::terms::Terms;
use crate::diagnostic::did_you_mean;
use crate::model::catalogue::Metric;
use crate::probe::code::Code;

/// Reports every metric that must be on some page and is on none.
pub(super) fn check(contexts: &[Context], findings: &mut Findings) {
    let Some(first) = contexts.first() else { return };
    // Native histograms come as protocol buffers only, so text proves nothing about them.
    for metric in first.terms.metrics.values().filter(|metric| metric.always && !metric.native) {
        let families: Vec<_> = contexts.iter().filter_map(|context| context.families.get(&metric.name).map(|f| (context, f))).collect();
        if families.iter().any(|(_, family)| family.sample_count() > 0) {
            continue;
        }
        let finding = if let Some((context, family)) = families.first() {
            Finding::error(Code::MetricsMissing, &metric.name, "it is described on the page and has no series")
                .at(context.place(family.name_range().start))
                .hint("create its series when the service starts, or say `presence: on_first_use`")
        } else {
            missing(metric, contexts)
        };
        findings.add(finding);
    }
}

fn missing(metric: &Metric, contexts: &[Context]) -> Finding {
    let finding = Finding::error(Code::MetricsMissing, &metric.name, "it is declared and not on the page");
    match near_miss(metric, contexts) {
        Some((context, name)) => {
            let family = &context.families[&name];
            finding.at(context.place(family.name_range().start)).hint(format!("did you mean `{name}`?"))
        }
        None => finding,
    }
}

/// What stands on a page and differs by a unit, a suffix or a slip only.
fn near_miss<'c>(metric: &Metric, contexts: &'c [Context<'c>]) -> Option<(&'c Context<'c>, String)> {
    contexts.iter().find_map(|context| {
        let undeclared = || {
            let free = |name: &&str| !context.terms.metrics.contains_key(*name);
            context.families.keys().map(String::as_str).filter(free)
        };
        let same_core = undeclared().find(|name| core(name) == core(&metric.name));
        let name = same_core.or_else(|| did_you_mean(&metric.name, undeclared()))?;
        Some((context, name.to_owned()))
    })
}

/// A name without what says its unit, its type or that it is a total.
fn core(name: &str) -> &str {
    const ENDS: &[&str] = &["_total", "_seconds", "_milliseconds", "_ms", "_bytes", "_count", "_duration", "_ratio", "_info", "_s"];
    let mut core = name;
    while let Some(shorter) = ENDS.iter().find_map(|end| core.strip_suffix(end)).filter(|shorter| !shorter.is_empty()) {
        core = shorter;
    }
    core
}

/// Reports what is unproven, where nothing may be.
pub(super) fn require(terms: &Terms, kept: &Kept, findings: &mut Findings) {
    for name in &kept.unproven_metrics {
        let native = terms.metrics.get(name).is_some_and(|metric| metric.native);
        let why = if native { "text does not show native histograms" } else { "it was never emitted" };
        findings.add(Finding::error(Code::MetricsUnproven, name, format!("nothing is known of it: {why}")));
    }
}

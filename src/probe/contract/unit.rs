//! The unit (C09).

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::manifest::metrics::MetricUnit;
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (metric, family) in context.pairs() {
        let declared = match metric.unit {
            MetricUnit::Seconds => "seconds",
            MetricUnit::Bytes => "bytes",
            MetricUnit::Ratio => "ratio",
            MetricUnit::None => continue,
        };
        if let (Some(unit), Some(range)) = (family.unit().filter(|unit| *unit != declared && !unit.is_empty()), family.unit_range()) {
            let detail = format!("its unit is `{unit}`, declared as `{declared}`");
            let place = context.place(range.start);
            findings.add(Finding::error(Code::MetricsUnit, &metric.name, detail).against(declared, unit).at(place));
        }
    }
}

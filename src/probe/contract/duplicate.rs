//! No series twice (C14): Prometheus stores one of them and drops the others without a word.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::Sample;
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    let mut seen: HashMap<u64, Vec<Sample>> = HashMap::with_capacity(context.page.sample_count());
    for sample in context.page.samples() {
        let same = seen.entry(hash(&sample)).or_default();
        // With timestamps, they are points of one series.
        let twin = same.iter().find(|other| is_same(other, &sample) && other.timestamp() == sample.timestamp());
        if let Some(first) = twin {
            let name = sample.family().full_name().into_owned();
            let detail = format!("the series `{}` is there twice, first at line {}", shown(&sample), line(context, first));
            findings.add(Finding::error(Code::MetricsDuplicate, name, detail).at(context.place(sample.name_range().start)));
            // One is enough to find the cause.
            return;
        }
        same.push(sample);
    }
}

fn line(context: &Context, sample: &Sample) -> usize {
    context.page.position(sample.name_range().start).line
}

/// The same for the same labels in whatever order.
fn hash(sample: &Sample) -> u64 {
    let of = |value: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        value(&mut hasher);
        hasher.finish()
    };
    let labels = sample.labels().map(|label| of(&|hasher| (label.name(), label.value()).hash(hasher)));
    labels.fold(of(&|hasher| sample.name().hash(hasher)), u64::wrapping_add)
}

fn is_same(one: &Sample, other: &Sample) -> bool {
    one.name() == other.name()
        && one.labels().len() == other.labels().len()
        && one.labels().all(|label| other.label(&label.name()).is_some_and(|value| value == label.value()))
}

/// A series as PromQL names it.
fn shown(sample: &Sample) -> String {
    let labels: Vec<String> = sample.labels().map(|label| format!("{}={:?}", label.name(), label.value())).collect();
    if labels.is_empty() { sample.name().into_owned() } else { format!("{}{{{}}}", sample.name(), labels.join(",")) }
}

//! No series twice (C14): Prometheus stores one of them and drops the others without a word.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, Sample};
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    let first =
        context.page.families().filter_map(|family| Some((family, twins(family)?))).min_by_key(|(_, (_, twin))| twin.name_range().start);
    // One is enough to find the cause.
    if let Some((family, (one, twin))) = first {
        let name = family.full_name().into_owned();
        let detail = format!("the series `{}` is there twice, first at line {}", shown(&twin), line(context, &one));
        findings.add(Finding::error(Code::MetricsDuplicate, name, detail).at(context.place(twin.name_range().start)));
    }
}

/// The first sample of a family that is a series again, behind the one that it repeats.
fn twins(family: Family) -> Option<(Sample, Sample)> {
    let samples: Vec<Sample> = family.samples().collect();
    let mut hashes: Vec<(u64, usize)> = samples.iter().enumerate().map(|(at, sample)| (hash(&family, sample), at)).collect();
    hashes.sort_unstable();
    let pairs = hashes.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1).filter_map(|same| {
        (1..same.len()).find_map(|later| {
            let sample = &samples[same[later].1];
            // With timestamps, they are points of one series.
            let repeats = |other: &Sample| is_same(other, sample) && other.timestamp() == sample.timestamp();
            let before = same[..later].iter().map(|(_, at)| *at).find(|at| repeats(&samples[*at]))?;
            Some((before, same[later].1))
        })
    });
    let (before, later) = pairs.min_by_key(|(_, later)| *later)?;
    Some((samples[before], samples[later]))
}

fn line(context: &Context, sample: &Sample) -> usize {
    context.page.position(sample.name_range().start).line
}

/// The same for the same labels in whatever order.
fn hash(family: &Family, sample: &Sample) -> u64 {
    let of = |thing: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        thing(&mut hasher);
        hasher.finish()
    };
    let labels = sample.labels().map(|label| of(&|hasher| (label.name(), label.value()).hash(hasher)));
    // Within a family, what follows the family's name tells names apart.
    labels.fold(family.suffix(sample).len() as u64, u64::wrapping_add)
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

//! How many series a metric has on one target, from what is declared of its labels and buckets.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::manifest::metrics::{LabelRole, MetricType};
use crate::model::catalogue::{Label, Metric};
use crate::model::values::Values;

/// How many values a label is taken to have of which nothing is known.
pub(super) const VALUES: u64 = 10;
/// How many quantiles a summary is taken to have: the manifest does not list them.
pub(super) const QUANTILES: u64 = 3;
/// A pattern with more alternatives than these is no list of values.
const MOST_LISTED: u64 = 1000;
/// Statuses that a service answers with, where none are listed.
const STATUSES: [&str; 5] = ["200", "302", "400", "404", "500"];
/// Methods that a service is asked with, where none are listed.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The values that a label is taken to have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Taken {
    /// These.
    Listed(Vec<String>),
    /// So many.
    Counted(u64),
}

impl Taken {
    /// How many they are.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Listed(values) => values.len() as u64,
            Self::Counted(count) => *count,
        }
    }
}

/// The values of a label, and whether the manifest leaves them open.
pub(super) fn values(label: &Label) -> (Taken, bool) {
    let words = |list: &[&str]| Taken::Listed(list.iter().map(|&word| word.to_owned()).collect());
    match &label.values {
        Values::Listed(values) => (Taken::Listed(values.clone()), false),
        Values::Pattern { text, .. } => match regex_syntax::parse(text).ok().as_ref().and_then(alternatives) {
            Some(count) => (Taken::Counted(count), false),
            None => (Taken::Counted(VALUES), true),
        },
        Values::Status => (words(&STATUSES), true),
        Values::Method => (words(&METHODS), true),
        Values::Any if label.role == Some(LabelRole::Method) => (words(&METHODS), true),
        Values::Any => (Taken::Counted(VALUES), true),
    }
}

/// How many texts a regular expression matches, where they are few.
fn alternatives(hir: &Hir) -> Option<u64> {
    let count = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => 1,
        HirKind::Class(Class::Unicode(ranges)) => ranges.iter().map(|range| range.len() as u64).sum(),
        HirKind::Class(Class::Bytes(ranges)) => ranges.iter().map(|range| range.len() as u64).sum(),
        HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
            alternatives(&repetition.sub)?.checked_pow(repetition.min)?
        }
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => alternatives(&repetition.sub)? + 1,
        HirKind::Repetition(_) => return None,
        HirKind::Capture(capture) => alternatives(&capture.sub)?,
        HirKind::Concat(all) => all.iter().try_fold(1_u64, |product, part| product.checked_mul(alternatives(part)?))?,
        HirKind::Alternation(all) => all.iter().try_fold(0_u64, |sum, part| sum.checked_add(alternatives(part)?))?,
    };
    (count <= MOST_LISTED).then_some(count)
}

/// The series of a metric on one target.
#[derive(Clone, Debug)]
pub(super) struct Exposed {
    /// Series of one set: the buckets, the sum and the count of a histogram.
    pub(super) parts: u64,
    /// All series; fewer than sets times parts where `max_series` says so.
    pub(super) series: u64,
    /// What had to be taken for granted, in words.
    pub(super) assumed: Option<String>,
}

/// Counts the series of a metric on one target. Every combination of values is taken to occur.
pub(super) fn count(metric: &Metric) -> Exposed {
    let mut sets = 1_u64;
    let mut open = Vec::new();
    for (name, label) in &metric.labels {
        let (taken, is_open) = values(label);
        // A series without the label is one more.
        sets = sets.saturating_mul(taken.count().saturating_add(u64::from(label.optional)));
        if is_open {
            open.push(format!("{} values of `{name}`", taken.count()));
        }
    }
    let parts = match metric.kind {
        MetricType::Histogram if !metric.native => metric.buckets.len() as u64 + 3,
        MetricType::Summary => QUANTILES + 2,
        MetricType::Counter | MetricType::Gauge | MetricType::Histogram => 1,
    };
    let all = sets.saturating_mul(parts);
    // Where values are open, `max_series` is what the manifest knows of them.
    let series = match metric.max_series {
        Some(most) if !open.is_empty() => most,
        Some(most) => most.min(all),
        None => all,
    };
    if metric.max_series.is_some() {
        open.clear();
    }
    if metric.kind == MetricType::Summary && metric.max_series.is_none() {
        open.push(format!("{QUANTILES} quantiles"));
    }
    let assumed = (!open.is_empty()).then(|| open.join(" and "));
    Exposed { parts, series, assumed }
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    fn of(pattern: &str) -> Option<u64> {
        alternatives(&regex_syntax::parse(pattern).expect("a pattern"))
    }

    #[test]
    fn a_pattern_that_lists_its_values_is_counted_and_any_other_is_open() {
        assert_eq!(of("GET|POST|PUT"), Some(3));
        assert_eq!(of("eu-(west|north)-[123]"), Some(6));
        assert_eq!(of("v1(beta)?"), Some(2));
        assert_eq!(of("[0-9]{2}"), Some(100));
        assert_eq!(of("/.*"), None);
        assert_eq!(of("5.."), None);
    }
}

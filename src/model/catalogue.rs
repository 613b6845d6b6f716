//! The catalogue: every metric that the service exposes, with what is known of its labels and buckets.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::synthetic::Labels;
use super::values::Values;
use crate::manifest::metrics::{Capacity, LabelRole, MetricType, MetricUnit};
use crate::manifest::stack::Version;
use crate::source::Span;

/// One metric.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: MetricType,
    /// What it counts or measures.
    pub help: Option<String>,
    /// Its labels, without target labels.
    pub labels: BTreeMap<String, Label>,
    /// The finite bounds of a classic histogram, ascending.
    pub buckets: Vec<Decimal>,
    /// A native histogram.
    pub native: bool,
    /// Its base unit.
    pub unit: MetricUnit,
    /// Where a gauge is full.
    pub max: Option<Capacity>,
    /// Whether it is there from the first scrape on.
    pub always: bool,
    /// The most series that it may have.
    pub max_series: Option<u64>,
    /// Rules that do not apply to it.
    pub allow: Vec<String>,
    /// Where its name stands.
    pub span: Span,
    /// Where its buckets stand.
    pub buckets_span: Option<Span>,
}

/// One label.
#[derive(Clone, Debug)]
pub struct Label {
    /// What its values can be.
    pub values: Values,
    /// What it means.
    pub role: Option<LabelRole>,
    /// Whether some series lack it.
    pub optional: bool,
}

impl Metric {
    /// Label sets of a few of its series on one instance: enough to tell a sum from a single series.
    pub fn label_sets(&self, job: &str, instance: &str, fixed: &Labels) -> Vec<Labels> {
        let mut sets = vec![super::synthetic::labels([("job", job), ("instance", instance)])];
        for (name, label) in &self.labels {
            if let Some(value) = fixed.get(name) {
                for set in &mut sets {
                    set.insert(name.clone(), value.clone());
                }
                continue;
            }
            let values = label.values.some(2);
            // Two values of one label are enough; every further label stays at one, so that sets do not multiply.
            let values = if sets.len() == 1 { &values[..] } else { &values[..values.len().min(1)] };
            if values.is_empty() {
                continue;
            }
            sets = values.iter().flat_map(|value| sets.iter().map(|set| with(set, name, value))).collect();
        }
        sets
    }

    /// Label sets of a few of its series on two instances, at least one of each kind, in which every other label changes
    /// too: no matcher for one value can pass for all of them, and no single series for their sum.
    pub fn spread(&self, job: &str, kinds: &[Labels]) -> Vec<Labels> {
        let values: Vec<(&String, Vec<String>)> = self.labels.iter().map(|(name, label)| (name, label.values.some(2))).collect();
        let set = |at: usize, kind: &Labels| {
            let mut set = super::synthetic::labels([("job", job), ("instance", ["a:1", "b:1"][at % 2])]);
            for (name, values) in &values {
                let value = kind.get(*name).or_else(|| values.get(at % values.len().max(1)));
                set.extend(value.map(|value| ((*name).clone(), value.clone())));
            }
            set
        };
        kinds
            .iter()
            .cycle()
            .take(if kinds.is_empty() { 0 } else { kinds.len().max(2) })
            .enumerate()
            .map(|(at, kind)| set(at, kind))
            .collect()
    }

    /// The bounds around a value: the highest bound at or below it, and the next above.
    pub fn bucket_above(&self, value: Decimal) -> Option<Decimal> {
        self.buckets.iter().copied().find(|bound| *bound > value)
    }
}

fn with(set: &Labels, name: &str, value: &str) -> Labels {
    let mut set = set.clone();
    set.insert(name.to_owned(), value.to_owned());
    set
}

/// Every spelling of a bound in an `le` label that the named version of Prometheus can meet.
///
/// Clients print `1` or `1.0`; Prometheus 3 makes all of them `1.0`. client_golang goes over to
/// `1e+06` at a million; prometheus.erl prints floats in full scientific form, which Prometheus below 3 stores as it is.
pub fn le_spellings(bound: Decimal, prometheus: Version) -> Vec<String> {
    let mut all = vec![bound.normalize().to_string()];
    if bound.normalize().scale() == 0 {
        all.push(format!("{}.0", bound.normalize()));
    }
    all.extend(go_exponent(bound));
    if prometheus < Version::new(3, 0) {
        all.push(erlang_float(bound));
    }
    all
}

/// Go's shortest form of a float, where that has an exponent.
fn go_exponent(bound: Decimal) -> Option<String> {
    let value: f64 = bound.try_into().ok()?;
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let size: i32 = exponent.parse().ok()?;
    (value != 0.0 && !(-4..6).contains(&size)).then(|| format!("{mantissa}e{}{:02}", if size < 0 { '-' } else { '+' }, size.abs()))
}

/// `float_to_list/1` of Erlang: twenty decimals and an exponent of two digits.
fn erlang_float(bound: Decimal) -> String {
    let value: f64 = bound.try_into().unwrap_or(f64::NAN);
    let text = format!("{value:.20e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_met_in_every_spelling_of_its_generation() {
        let tenth: Decimal = "0.1".parse().expect("a number");
        assert_eq!(le_spellings(tenth, Version::new(2, 42)), ["0.1", "1.00000000000000005551e-01"]);
        assert_eq!(le_spellings(Decimal::ONE, Version::new(2, 42)), ["1", "1.0", "1.00000000000000000000e+00"]);
        assert_eq!(le_spellings(Decimal::ONE, Version::new(3, 0)), ["1", "1.0"]);
        assert_eq!(le_spellings(Decimal::from(2_000_000), Version::new(3, 0)), ["2000000", "2000000.0", "2e+06"]);
    }
}

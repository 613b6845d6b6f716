//! The buckets of a histogram, and where its observations are.

use rust_decimal::Decimal;
use serde_json::Number;

use crate::formats::exposition::{Family, histograms};
use crate::manifest::scalars::Duration;

/// Fewer observations say nothing about the usual.
const TELLING: f64 = 100.0;

/// The finite bounds of a histogram, ascending, with how many observations are within each, over all of its series.
#[derive(Debug)]
pub(super) struct Spread {
    bounds: Vec<(f64, f64)>,
    all: f64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// Reads the buckets of a histogram, or says why they cannot be declared.
pub(super) fn spread(family: Family) -> Result<Spread, &'static str> {
    let (all, unreadable) = histograms(family);
    let mut series = all.values().filter(|histogram| !histogram.buckets.is_empty());
    let Some(first) = series.next() else { return Err("histograms that nothing was observed in: their buckets are not known") };
    let bounds = first.bounds();
    if !unreadable.is_empty() || bounds.iter().any(|bound| decimal(*bound).is_none()) {
        return Err("histograms with bounds that no manifest can hold");
    }
    if series.any(|other| other.bounds() != bounds) {
        return Err("histograms whose series have different buckets");
    }
    let within = |bound: f64| {
        let counts = all.values().flat_map(|histogram| &histogram.buckets);
        #[expect(clippy::float_cmp, reason = "bounds of one histogram are the same number in each of its series")]
        let here = counts.filter(|bucket| bucket.bound == bound).map(|bucket| bucket.count);
        here.sum::<f64>()
    };
    Ok(Spread { bounds: bounds.iter().map(|bound| (*bound, within(*bound))).collect(), all: within(f64::INFINITY) })
}

/// A bound as a manifest reads it.
fn decimal(bound: f64) -> Option<Decimal> {
    let text = bound.to_string();
    (text.len() <= 29).then(|| text.parse::<Decimal>().ok().map(|number| number.normalize())).flatten()
}

impl Spread {
    /// Whether there is no finite bound: so text shows a native histogram.
    pub(super) fn is_native(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The bounds, as they are declared.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let number = |bound: f64| match decimal(bound).filter(|number| number.scale() == 0).and_then(|number| i64::try_from(number).ok()) {
            Some(whole) => Some(whole.into()),
            None => Number::from_f64(bound),
        };
        self.bounds.iter().filter_map(|(bound, _)| number(*bound)).collect()
    }

    /// The lowest bound that is at least so many seconds and that nearly all observations are within, as a manifest
    /// writes it; where none is, the highest there is. `below_top` where a quantile must be able to exceed it.
    pub(super) fn bound_from(&self, seconds: f64, unit: Unit, below_top: bool) -> Option<String> {
        let end = self.bounds.len().saturating_sub(usize::from(below_top));
        let candidates: Vec<(f64, bool, String)> = self.bounds[..end]
            .iter()
            .filter_map(|(bound, count)| {
                let usual = self.all < TELLING || count / self.all >= 0.99;
                Some((*bound, usual, unit.written(*bound)?))
            })
            .collect();
        let wanted = seconds * if unit == Unit::Seconds { 1.0 } else { 1000.0 };
        let found = candidates.iter().find(|(bound, usual, _)| *bound >= wanted && *usual);
        found.or(candidates.last()).map(|(_, _, written)| written.clone())
    }
}

impl Unit {
    /// The unit that a name ends in, where it is one of time.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name.rsplit('_').next()? {
            "seconds" => Some(Self::Seconds),
            "milliseconds" | "ms" => Some(Self::Milliseconds),
            _ => None,
        }
    }

    /// A bound as a threshold; `None` for what a manifest cannot say, such as half a millisecond.
    fn written(self, bound: f64) -> Option<String> {
        let number = decimal(bound).filter(|number| *number > Decimal::ZERO)?;
        match self {
            Self::Seconds => {
                let millis = (number * Decimal::ONE_THOUSAND).normalize();
                let whole = u64::try_from(millis).ok().filter(|_| millis.scale() == 0)?;
                Some(Duration(whole).to_string())
            }
            Self::Milliseconds => Some(number.to_string()),
        }
    }
}

//! The histograms of a family, and whether their buckets add up.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Family, Label, Sample};

/// Labels with their values, sorted.
pub type LabelSet = Vec<(String, String)>;

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its upper bound.
    pub bound: f64,
    /// How many observations are within.
    pub count: f64,
    /// Where that number stands.
    pub place: Range<usize>,
}

/// One histogram of a family: the samples of one label set.
#[derive(Debug, Default)]
pub struct Histogram {
    /// Its buckets, in the order of the page.
    pub buckets: Vec<Bucket>,
    /// How many observations there are in all, and where that is said.
    pub count: Option<(f64, Range<usize>)>,
    /// Whether their sum is there.
    pub sum: bool,
    /// Where it begins.
    pub at: usize,
}

impl Histogram {
    /// Finite bounds, ascending.
    pub fn bounds(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.buckets.iter().map(|bucket| bucket.bound).filter(|bound| bound.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Its buckets, the smallest first.
    pub fn sorted(&self) -> Vec<&Bucket> {
        let mut all: Vec<&Bucket> = self.buckets.iter().collect();
        all.sort_by(|a, b| a.bound.total_cmp(&b.bound));
        all
    }

    /// Buckets that do not hold what the ones before them do, and where.
    pub fn shrinks(&self) -> Option<(Range<usize>, String)> {
        let sorted = self.sorted();
        let pair = sorted.windows(2).find(|pair| pair[0].count > pair[1].count)?;
        let message =
            format!("its buckets shrink: {} up to {} and {} up to {}", pair[0].count, pair[0].bound, pair[1].count, pair[1].bound);
        Some((pair[1].place.clone(), message))
    }

    /// A number of all observations that the last bucket does not have, and where.
    pub fn miscounts(&self) -> Option<(Range<usize>, String)> {
        let (count, place) = self.count.as_ref()?;
        let last = self.sorted().last().copied().filter(|last| !last.bound.is_finite())?;
        #[expect(clippy::float_cmp, reason = "counts are whole numbers, and the page gives the same one twice")]
        let differs = *count != last.count;
        differs.then(|| (place.clone(), format!("its `_count` is {count}, and its bucket `+Inf` is {}", last.count)))
    }
}

/// The histograms of a family, by their labels; and where a bound is no number.
pub fn histograms(family: Family<'_>) -> (BTreeMap<LabelSet, Histogram>, Vec<usize>) {
    let mut all: BTreeMap<LabelSet, Histogram> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for sample in family.samples() {
        let histogram = all.entry(labels(&sample)).or_insert_with(|| Histogram { at: sample.name_range().start, ..Histogram::default() });
        match family.suffix(&sample) {
            "_bucket" => match sample.label("le").and_then(|le| le.parse::<f64>().ok()) {
                Some(bound) => histogram.buckets.push(Bucket { bound, count: sample.value(), place: sample.value_range() }),
                None => unreadable.push(sample.name_range().start),
            },
            "_count" | "_gcount" => histogram.count = Some((sample.value(), sample.value_range())),
            "_sum" | "_gsum" => histogram.sum = true,
            _ => {}
        }
    }
    (all, unreadable)
}

fn labels(sample: &Sample<'_>) -> LabelSet {
    let pair = |label: Label<'_>| (label.name().into_owned(), label.value().into_owned());
    let mut all: Vec<_> = sample.labels().filter(|label| label.name() != "le").map(pair).collect();
    all.sort();
    all
}

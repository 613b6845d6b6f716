//! What counters say that were read once: how much was counted since their process began, which nobody knows how long ago.
//!
//! A rate is what was counted divided by that time, and so is all that is counted over a window. Where such a number is divided by
//! another of the same process, the time is gone: shares, means and quantiles of the whole life are known. They tell what is usual, and
//! a condition that the usual value meets twice over is met in ordinary times.

use std::collections::{BTreeMap, HashMap};

use crate::lint::world::declared::Snapshot;
use crate::promql::ast::BinaryOp;
use crate::source::SourceId;

/// So much has to be counted until a share of it tells what is usual.
pub(super) const FEW: f64 = 30.0;

/// How a value rests on what was counted in the life of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Life {
    /// Whether it does.
    pub lived: bool,
    /// How many times the length of the life is a factor of what the value stands for: once less for a rate.
    times: i32,
    /// The page of the process, where the length counts.
    page: Option<SourceId>,
}

impl Life {
    /// Of what was counted, for each second or over a window.
    pub(super) fn counted(page: SourceId) -> Self {
        Self { lived: true, times: -1, page: Some(page) }
    }

    /// Of what is usual, whatever the length of the life.
    pub(super) const USUAL: Self = Self { lived: true, times: 0, page: None };

    /// Whether the value is what it stands for.
    pub(super) fn is_known(self) -> bool {
        self.times == 0
    }

    /// Of two values that an operator puts together; `None` where the length of a life, or of two, is left in it.
    pub(super) fn with(self, op: BinaryOp, other: Self) -> Option<Self> {
        let times = match op {
            BinaryOp::Mul => self.times + other.times,
            BinaryOp::Div => self.times - other.times,
            BinaryOp::Add | BinaryOp::Sub => return self.beside(other),
            _ if op.is_comparison() => return self.beside(other),
            _ => (self.is_known() && other.is_known()).then_some(0)?,
        };
        let page = if times == 0 { None } else { self.page.or(other.page) };
        let is_one = self.page.is_none() || other.page.is_none() || self.page == other.page;
        is_one.then_some(Self { lived: self.lived || other.lived, times, page })
    }

    /// Of values of one measure beside each other.
    pub(super) fn beside(self, other: Self) -> Option<Self> {
        (self.times == other.times && self.page == other.page).then_some(Self { lived: self.lived || other.lived, ..self })
    }
}

/// Whether a comparison holds for what is usual: met twice over, or missed by as much; `None` between the two.
pub(super) fn usually(op: BinaryOp, left: f64, right: f64) -> Option<bool> {
    if left.is_nan() || right.is_nan() {
        return Some(false);
    }
    if left < 0.0 || right <= 0.0 {
        return None;
    }
    // Of two shares that are nearly all, what is missing is compared.
    let is_most = (0.5..1.0).contains(&right) && left <= 1.0;
    let (above, below) = if is_most {
        (1.0 - left <= (1.0 - right) / 2.0, 1.0 - left >= (1.0 - right) * 2.0)
    } else {
        (left >= right * 2.0, left <= right / 2.0)
    };
    match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => above.then_some(true).or(below.then_some(false)),
        BinaryOp::Less | BinaryOp::LessEqual => below.then_some(true).or(above.then_some(false)),
        _ => None,
    }
}

/// Whether counters look as if a service had counted them that is well: no more than a tenth of anything failed, and not most of them
/// are the same number, as those of an example are.
pub(in crate::lint) fn tells(snapshot: &Snapshot) -> bool {
    let counters = || snapshot.iter().filter(|(name, _)| name.ends_with("_total") || name.ends_with("_count"));
    let mut numbers: HashMap<u64, usize> = HashMap::new();
    for (_, value) in counters().flat_map(|(_, series)| series).filter(|(_, value)| *value != 0.0) {
        *numbers.entry(value.to_bits()).or_default() += 1;
    }
    let (all, most) = (numbers.values().sum::<usize>(), numbers.values().copied().max().unwrap_or(0));
    let is_example = all >= 8 && most * 2 > all;
    !is_example && !counters().any(|(_, series)| failed(series) > 0.1)
}

/// The greatest share of what a counter counts that failed, by any of its labels.
fn failed(series: &[(BTreeMap<String, String>, f64)]) -> f64 {
    let mut by_label: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (labels, value) in series {
        for (label, text) in labels {
            let (bad, all) = by_label.entry(label).or_default();
            *all += value;
            *bad += if is_failure(text) { *value } else { 0.0 };
        }
    }
    // Where all failed it counts failures alone.
    let shares = by_label.into_values().filter(|(bad, all)| *all >= FEW && bad < all).map(|(bad, all)| bad / all);
    shares.fold(0.0, f64::max)
}

/// Whether a value of a label says that something failed.
fn is_failure(text: &str) -> bool {
    const WORDS: &[&str] = &["error", "errors", "failed", "failure", "internal", "unavailable", "unknown"];
    let is_status = text.starts_with('5') && text.len() == 3 && (text.ends_with("xx") || text.bytes().all(|byte| byte.is_ascii_digit()));
    is_status || WORDS.contains(&text.to_lowercase().as_str())
}

/// A quantile of the buckets of one histogram, each with its upper bound, as Prometheus works it out.
pub(super) fn quantile(at: f64, mut buckets: Vec<(f64, f64)>) -> Option<f64> {
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (last, all) = *buckets.last()?;
    if last.is_finite() || all < FEW || !(0.0..=1.0).contains(&at) || buckets.len() < 2 {
        return None;
    }
    let rank = at * all;
    let index = buckets.iter().position(|(_, count)| *count >= rank)?;
    let below = index.checked_sub(1).map(|before| buckets[before]);
    let (bound, count) = buckets[index];
    match below {
        Some((highest, _)) if bound.is_infinite() => Some(highest),
        None if bound <= 0.0 => Some(bound),
        below => {
            let (start, before) = below.unwrap_or((0.0, 0.0));
            let within = count - before;
            Some(if within > 0.0 { start + (bound - start) * (rank - before) / within } else { bound })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{quantile, usually};
    use crate::promql::ast::BinaryOp;

    #[test]
    fn what_is_usual_is_met_twice_over() {
        assert_eq!(usually(BinaryOp::Greater, 0.5, 0.05), Some(true));
        assert_eq!(usually(BinaryOp::Greater, 0.06, 0.05), None);
        assert_eq!(usually(BinaryOp::Greater, 0.01, 0.05), Some(false));
        assert_eq!(usually(BinaryOp::Greater, 0.995, 0.95), Some(true));
        assert_eq!(usually(BinaryOp::Less, 0.8, 0.95), Some(true));
        assert_eq!(usually(BinaryOp::Less, 0.99, 0.95), Some(false));
        assert_eq!(usually(BinaryOp::Greater, 1.0, 0.0), None);
        assert_eq!(usually(BinaryOp::Equal, 1.0, 1.0), None);
    }

    #[test]
    fn a_quantile_lies_within_its_bucket() {
        let buckets = vec![(0.1, 50.0), (0.5, 90.0), (f64::INFINITY, 100.0)];
        assert_eq!(quantile(0.5, buckets.clone()), Some(0.1));
        assert_eq!(quantile(0.7, buckets.clone()), Some(0.1 + 0.4 * 0.5));
        assert_eq!(quantile(0.99, buckets), Some(0.5));
        assert_eq!(quantile(0.5, vec![(0.1, 1.0), (f64::INFINITY, 2.0)]), None);
    }
}

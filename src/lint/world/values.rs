//! What the values of a gauge can be: what says what it is, and what a page shows of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::exposition::Sample;
use crate::lint::query::interval::Interval;
use crate::lint::world::exporters;

/// The labels of a series, and their values.
pub type Labels = Vec<(String, String)>;

/// What is known of the values of a gauge.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// What says what it is.
    pub help: String,
    /// All that it can be, where that is said and nothing shown contradicts it.
    pub range: Option<Interval>,
    /// From the least to the greatest that a page shows.
    pub shown: Option<Interval>,
    /// The labels of each series that a page shows, and whether it is below zero, where one of few is: what has no limit says -1.
    pub signs: Vec<(Labels, bool)>,
    /// Where each series stands for a state and is 0 or 1, and one state of all is 1: the label that names it.
    pub states: Option<States>,
}

/// The states of which one holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States {
    /// The label that names them.
    pub label: String,
    /// How many there are of everything that has a state.
    pub count: usize,
}

impl Values {
    /// What is said of a gauge.
    pub fn said(name: &str, help: &str) -> Self {
        Self { help: help.to_owned(), range: range(name, help), ..Self::default() }
    }

    /// What is said of a gauge, as far as what is shown of it does not contradict.
    pub(in crate::lint) fn on_page(name: &str, help: &str, is_state_set: bool, samples: &[Sample<'_>]) -> Self {
        let finite = || samples.iter().map(Sample::value).filter(|value| value.is_finite());
        let shown = finite().map(Interval::one).reduce(Interval::either);
        let fits = |range: &Interval| shown.is_none_or(|shown| range.low <= shown.low && shown.high <= range.high);
        let is_flag = |range: &Interval| !says_flag(help) || *range != Interval::SHARE || finite().all(is_bit);
        let mut said = Self::said(name, help);
        said.range = said.range.filter(fits).filter(is_flag);
        Self { shown, signs: signs(shown, samples), states: states(name, is_state_set, samples), ..said }
    }

    /// Whether some and whether all that a page shows of what fits is below zero.
    pub fn below_zero(&self, fits: impl Fn(&str, &str) -> bool) -> (bool, bool) {
        let own = self.signs.iter().filter(|(labels, _)| labels.iter().all(|(label, value)| fits(label, value)));
        let signs: Vec<bool> = own.map(|(_, below)| *below).collect();
        (signs.contains(&true), !signs.is_empty() && signs.iter().all(|below| *below))
    }

    /// What several pages show together.
    pub fn join(&mut self, other: &Self) {
        self.shown = match (self.shown, other.shown) {
            (Some(one), Some(other)) => Some(one.either(other)),
            (one, other) => one.or(other),
        };
        self.signs.extend(other.signs.iter().cloned());
        if self.range != other.range {
            self.range = None;
        }
        if self.states != other.states {
            self.states = None;
        }
    }
}

/// So many series of a gauge are kept one by one.
const FEW: usize = 100;

fn signs(shown: Option<Interval>, samples: &[Sample<'_>]) -> Vec<(Labels, bool)> {
    if samples.len() > FEW || shown.is_none_or(|shown| shown.low >= 0.0) {
        return Vec::new();
    }
    let labels = |sample: &Sample<'_>| sample.labels().map(|label| (label.name().into_owned(), label.value().into_owned())).collect();
    samples.iter().map(|sample| (labels(sample), sample.value() < 0.0)).collect()
}

fn is_bit(value: f64) -> bool {
    value.abs() < f64::EPSILON || (value - 1.0).abs() < f64::EPSILON
}

/// How texts begin that say how many there are of something.
const COUNTS: &[&str] =
    &["number of ", "the number of ", "current number of ", "the current number of ", "estimated number of ", "total number of "];

/// The range that is said of a gauge.
fn range(name: &str, help: &str) -> Option<Interval> {
    if says_flag(help) {
        return Some(Interval::SHARE);
    }
    if ["_exit_code", "_exit_status"].iter().any(|end| name.ends_with(end)) {
        return Some(Interval::new(0.0, 255.0));
    }
    let lower = help.to_ascii_lowercase();
    if let Some((last, _)) = listed(&lower).last() {
        return Some(Interval::new(0.0, f64::from(*last)));
    }
    let says = |ranges: &[&str]| ranges.iter().any(|range| lower.contains(range));
    if says(&["[0..1]", "[0,1]", "[0, 1]", "[0-1]", "(0-1)", "(0..1)", "0.0 to 1.0", "between 0 and 1", "0.0 and 1.0"])
        || says_bounds(&lower, "0 to 1")
        || says_bounds(&lower, "0..1")
    {
        return Some(Interval::SHARE);
    }
    if says(&["[0..100]", "[0,100]", "[0, 100]", "[0-100]", "(0-100)", "(0..100)", "between 0 and 100"]) || says_bounds(&lower, "0 to 100")
    {
        return Some(Interval::new(0.0, 100.0));
    }
    // The runtime says a negative number where it does not know.
    if lower.contains("\"recent cpu usage\"") {
        return Some(Interval::new(-1.0, 1.0));
    }
    if COUNTS.iter().any(|start| lower.trim_start_matches("[stable] ").starts_with(start))
        && !lower.contains("negative")
        && !lower.contains("-1")
    {
        return Some(Interval::NOT_NEGATIVE);
    }
    let is_rate = matches!(name, "resilience4j_circuitbreaker_failure_rate" | "resilience4j_circuitbreaker_slow_call_rate");
    is_rate.then_some(Interval::new(-1.0, 100.0))
}

/// The states that a text lists from 0 on, each with a word: `0 down, 1 connecting, 2 up`, `0=closed, 1=open`; none where it lists
/// something else.
pub(in crate::lint) fn listed(help: &str) -> Vec<(u32, String)> {
    let mut states: Vec<(u32, String)> = Vec::new();
    let mut rest = help;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (digits, behind) = number.split_at(end);
        let Ok(value) = digits.parse::<u32>() else { return Vec::new() };
        let stands_alone = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
        let word = behind.trim_start_matches([' ', '=', ':', '-', '\'', '"', '(']);
        let is_named =
            word.len() < behind.len() && word.starts_with(char::is_alphabetic) && !word.starts_with("to ") && !word.starts_with("or ");
        if !stands_alone || !is_named || states.last().map_or(0, |(last, _)| last + 1) != value {
            return Vec::new();
        }
        let end = word.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(word.len());
        states.push((value, word[..end].to_owned()));
        rest = behind;
    }
    if states.len() > 1 { states } else { Vec::new() }
}

/// Whether two bounds stand in a text for themselves: `0 to 1` is none of `10 to 100`.
fn says_bounds(help: &str, bounds: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    help.match_indices(bounds).any(|(at, _)| {
        let rest = &help[at + bounds.len()..];
        let goes_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '%')
            || rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            || rest.trim_start().starts_with(|c: char| c.is_alphabetic());
        !help[..at].ends_with(is_part) && !goes_on
    })
}

/// Whether a text says that something is 1 for yes and 0 for no.
pub(in crate::lint) fn says_flag(help: &str) -> bool {
    let lower = help.trim().to_ascii_lowercase();
    let mut numbers = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').filter_map(|word| word.parse::<f64>().ok());
    // `0 closed, 1 half open, 2 open`.
    if !numbers.clone().all(is_bit) {
        return false;
    }
    let both = numbers.clone().any(|number| number > 0.5) && numbers.any(|number| number < 0.5);
    let asks = [
        "whether ",
        "indicates if ",
        "indicates whether ",
        "1 if ",
        "1 while ",
        "1 when ",
        "1 on the ",
        "1 as long as ",
        "1 where ",
        "1 for the ",
        "is 1 if ",
        "set to 1 if ",
    ];
    let tells = ["(1)", "1 for ", "1 = ", "1=", "1 if ", "1 means ", "1: ", "1 while ", "1 when ", "1 as long as "];
    asks.iter().any(|start| lower.starts_with(start)) || both && tells.iter().any(|word| lower.contains(word))
}

/// Whether a label is one by which things in several states are told apart.
pub(in crate::lint) fn names_state(label: &str) -> bool {
    matches!(label, "state" | "status" | "phase" | "condition")
}

/// The states of which one holds, where every series of a page is 0 or 1 and one of each group is 1. The metric has to be named
/// after the label, for counts of things in a state may be 0 and 1 by chance.
fn states(name: &str, is_state_set: bool, samples: &[Sample<'_>]) -> Option<States> {
    if samples.len() < 2 || !samples.iter().all(|sample| is_bit(sample.value())) {
        return None;
    }
    let label = samples[0].labels().map(|label| label.name().into_owned()).find(|label| {
        let is_named =
            name.strip_suffix(label.as_str()).is_some_and(|stem| stem.is_empty() || stem.ends_with('_') && !stem.ends_with("_by_"));
        is_named && (is_state_set || label == name || names_state(label)) || exporters::values_of(name, label).is_some()
    })?;
    let mut groups: BTreeMap<Labels, (BTreeSet<String>, usize)> = BTreeMap::new();
    for sample in samples {
        let mut others: Vec<_> = sample.labels().map(|label| (label.name().into_owned(), label.value().into_owned())).collect();
        others.retain(|(other, _)| *other != label);
        others.sort();
        let (states, holding) = groups.entry(others).or_default();
        states.insert(sample.label(&label)?.into_owned());
        *holding += usize::from(sample.value() > 0.5);
    }
    let count = groups.values().next()?.0.len();
    let whole = |(states, holding): &(BTreeSet<String>, usize)| states.len() == count && *holding == 1;
    (count > 1 && groups.values().all(whole)).then_some(States { label, count })
}

#[cfg(test)]
mod tests {
    use super::{Values, says_flag};
    use crate::lint::query::interval::Interval;

    #[test]
    fn what_is_said_of_a_gauge_gives_its_range() {
        let share = Some(Interval::SHARE);
        let cases = [
            ("Whether this worker leads (1) or not (0)", share),
            ("Indicates if the server is a replica", share),
            ("1 if the last reload failed, 0 otherwise", share),
            ("1 while the worker takes no new jobs, else 0.", share),
            ("State of the breaker: 0 closed, 1 open, 2 half open", Some(Interval::new(0.0, 2.0))),
            ("Role (0=follower, 1=candidate, 2=leader)", Some(Interval::new(0.0, 2.0))),
            ("0 of them, 1 of these", Some(Interval::new(0.0, 1.0))),
            ("Seconds until 3 retries are over", None),
            ("0 to 7 levels", None),
            ("Share of the quota that is left, 0 to 1", share),
            ("Share of the quota that is left, from 0 to 1.", share),
            ("Load in the range [0..1]", share),
            ("Battery, 0 to 100", Some(Interval::new(0.0, 100.0))),
            ("Jobs of 10 to 100 bytes", None),
            ("Jobs with 0 to 1 attempts", None),
            ("Jobs that wait", None),
        ];
        for (help, range) in cases {
            assert_eq!(Values::said("x", help).range, range, "{help}");
        }
        assert!(!says_flag("Version 1 for all"));
    }
}

//! What a text that people read says: spans of time and limits, each with its place.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::template::action::inside_action;
use crate::manifest::scalars::Duration;

/// What a text says outside of `{{ … }}`.
#[derive(Default)]
pub struct Sentence {
    /// Whether there is a number in it that is no part of an address.
    pub has_number: bool,
    /// The spans of time that it names.
    pub times: Vec<Time>,
    /// The limits that it names.
    pub limits: Vec<Limit>,
}

/// A span of time, as in `for at least 5 minutes` or `the last hour`.
pub struct Time {
    /// Its place.
    pub range: Range<usize>,
    /// The number that it is said with.
    pub number: f64,
    /// How long it is, in seconds.
    pub seconds: f64,
    /// Whether it has passed.
    pub is_past: bool,
}

/// A limit, as in `more than 5%`.
pub struct Limit {
    /// Its place, with the words before it.
    pub range: Range<usize>,
    /// The place of the number and its unit.
    pub place: Range<usize>,
    /// The unit as it is written; empty where there is none.
    pub unit: String,
    /// What the number may be in an expression.
    pub readings: Vec<f64>,
}

impl Sentence {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let is_sentence = text.bytes().any(|byte| byte.is_ascii_whitespace());
        let has_number = (is_sentence || !text.contains("://")) && text.bytes().any(|byte| byte.is_ascii_digit());
        if !is_sentence {
            return Self { has_number, ..Self::default() };
        }
        Self { has_number, times: times(text), limits: if has_number { limits(text) } else { Vec::new() } }
    }
}

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)\b(?:(?:last|past|previous)|(?:in|within|for)(?: at least| more than| over| about)?(?: an?)?) (?:(\d+(?:\.\d+)?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty) ?)?(seconds?|minutes?|hours?|days?|[smhd])\b",
    )
    .ok()
});

/// What a span of time begins with: most texts have none.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(["last ", "past ", "previous ", "in ", "within ", "for "]).ok()
});

static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\babove|\bover|\bmore than|\bexceed(?:s|ed|ing)?|\bgreater than|\bhigher than|\bbelow|\bunder|\bless than|\blower than|\blonger than|\bthreshold(?: is| of|:)?|[<>]=?)\s+(\d[\d,]*(?:\.\d+)?)\s*(%|percent\b|ms\b|milliseconds?\b|s\b|secs?\b|seconds?\b|m\b|mins?\b|minutes?\b|h\b|hours?\b|d\b|days?\b|weeks?\b|[kMGT]i?B\b|[a-zA-Z]+)?",
    )
    .ok()
});

fn times(text: &str) -> Vec<Time> {
    let mut found = Vec::new();
    let (Some(starts), Some(time)) = (STARTS.as_ref(), TIME.as_ref()) else { return found };
    if !starts.is_match(text) {
        return found;
    }
    for captures in time.captures_iter(text) {
        let (Some(whole), Some(unit)) = (captures.get(0), captures.get(2)) else { continue };
        let said = whole.as_str().to_lowercase();
        // `for an hour`
        let one = [" an ", " a "].iter().any(|article| said.contains(article));
        let is_past = ["last", "past", "previous"].iter().any(|word| said.starts_with(word));
        let number = captures.get(1).map_or((is_past || one).then_some(1.0), |number| count(number.as_str()));
        if let Some(number) = number.filter(|_| !inside_action(text, whole.start())) {
            found.push(Time { range: whole.range(), number, seconds: number * seconds_of(unit.as_str()), is_past });
        }
    }
    found
}

fn count(word: &str) -> Option<f64> {
    let words = ["one", "two", "three", "four", "five", "six", "eight", "ten", "twelve", "fifteen", "twenty", "thirty"];
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0];
    let word = word.to_lowercase();
    word.parse().ok().or_else(|| words.iter().position(|known| *known == word).map(|at| numbers[at]))
}

fn seconds_of(unit: &str) -> f64 {
    match unit.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('m') => 60.0,
        Some('h') => 3600.0,
        Some('d') => 86_400.0,
        _ => 1.0,
    }
}

fn limits(text: &str) -> Vec<Limit> {
    let mut found = Vec::new();
    for captures in LIMIT.iter().flat_map(|limit| limit.captures_iter(text)) {
        let (Some(whole), Some(written)) = (captures.get(0), captures.get(1)) else { continue };
        let unit = captures.get(2).map_or("", |unit| unit.as_str());
        let plain = || written.as_str().replace(',', "").parse().ok().and_then(|number| readings(number, unit));
        let Some(readings) = compound(&text[written.start()..]).or_else(plain) else { continue };
        if !inside_action(text, whole.start()) {
            found.push(Limit { range: whole.range(), place: written.start()..whole.end(), unit: unit.to_owned(), readings });
        }
    }
    found
}

/// What a time of several units may be, as in `1m30s`; `None` where a text begins with no such time.
fn compound(text: &str) -> Option<Vec<f64>> {
    let written = text.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let units = written.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty()).count();
    let millis = Duration::parse(written).ok().filter(|_| units > 1)?.0 as f64;
    Some(vec![millis / 1000.0, millis])
}

/// What a number with its unit may be in an expression; `None` where the unit is a word that counts something unknown.
fn readings(number: f64, unit: &str) -> Option<Vec<f64>> {
    let times = |factors: &[f64]| Some(factors.iter().map(|factor| number * factor).collect());
    // `M` is a million here, `m` a minute.
    match unit {
        "k" | "K" => return times(&[1.0, 1e3]),
        "M" => return times(&[1.0, 60.0, 1e6]),
        "G" | "B" => return times(&[1.0, 1e9]),
        _ => {}
    }
    match unit.to_lowercase().as_str() {
        // A share of time may be counted in milliseconds a second.
        "%" | "percent" => Some(vec![number, number / 100.0, 100.0 - number, 1.0 - number / 100.0, number * 10.0]),
        "ms" | "millisecond" | "milliseconds" => times(&[1.0, 0.001]),
        "s" | "sec" | "secs" | "second" | "seconds" => times(&[1.0, 1000.0]),
        "m" | "min" | "mins" | "minute" | "minutes" => times(&[1.0, 60.0, 60_000.0]),
        "h" | "hour" | "hours" => times(&[1.0, 3600.0, 3_600_000.0, 60.0]),
        "d" | "day" | "days" => times(&[1.0, 24.0, 86_400.0, 86_400_000.0]),
        // Without a unit a number is the threshold itself, or a percentage.
        "" => times(&[1.0, 0.01]),
        _ => None,
    }
}

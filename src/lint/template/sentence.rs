//! What a text that people read says: spans of time and limits, each with its place.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::about::{About, SENTENCE, about};
use super::action::Actions;
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
    /// Whether it is said without a number, as in `for more than a day`.
    pub is_vague: bool,
    /// Whether its sentence shows nothing of the alert, and so may be about something else where another says what fits.
    pub is_bare: bool,
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
    /// What it is in seconds or in bytes, where its unit is one of these.
    pub exact: Option<Exact>,
    /// Whether it is said without a number, as in `more than an hour`.
    pub is_vague: bool,
    /// Whether its sentence shows nothing of the alert, and so may be about something else where another says what fits.
    pub is_bare: bool,
    /// Whether it counts things that it names, as in `more than 100 jobs`: which, nobody here knows.
    pub counts: bool,
}

/// A limit whose unit leaves nothing open.
pub enum Exact {
    /// A time in seconds.
    Seconds(f64),
    /// A size in bytes, counted by thousands and by 1024.
    Bytes(f64, f64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
}

impl Sentence {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let is_sentence = text.bytes().any(|byte| byte.is_ascii_whitespace());
        let has_number = (is_sentence || !text.contains("://")) && text.bytes().any(|byte| byte.is_ascii_digit());
        if !is_sentence {
            return Self { has_number, ..Self::default() };
        }
        let actions = Actions::of(text);
        let has_limit = has_number || UNIT.as_ref().is_some_and(|unit| unit.is_match(text));
        Self { has_number, times: times(text, &actions), limits: if has_limit { limits(text, &actions) } else { Vec::new() } }
    }
}

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)\b(?:(?:last|past|previous)|(?:in|within|for)(?: at least| more than| over| about)?(?: an?)?) (?:(\d+(?:\.\d+)?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty) ?)?(seconds?|minutes?|hours?|days?|[smhd])\b",
    )
    .ok()
});

/// A part of a unit of time.
static PART_OF_UNIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i-u)\b(?:(?:last|past|previous)|(?:in|within|for)(?: at least| more than| over| about)?)(?: an?)? (half|quarter of) an? (minute|hour|day)\b").ok()
});

/// What a span of time begins with: most texts have none.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(["last ", "past ", "previous ", "in ", "within ", "for "]).ok()
});

/// The units of a limit whose number is a word: `more than an hour`, `more than four hours`.
static UNIT: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build([" minute", " hour", " day", " week", " half"]).ok());

static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)(?:\babove|\bover|\bmore than|\bolder than|\bexceed(?:s|ed|ing)?|\bgreater than|\bhigher than|\bbelow|\bunder|\bless than|\blower than|\bat most|\bat least|\blonger than|\blarger than|\bfewer than|\bthreshold(?: is| of|:)?|\blimit(?: is| of|:)|\(limit|[<>]=?)\s+(?:the\s+)?(\d[\d,]*(?:\.\d+)?|(?:an?|half|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty)\b)\s*(%|percent\b|ms\b|milliseconds?\b|s\b|secs?\b|seconds?\b|m\b|mins?\b|minutes?\b|h\b|hours?\b|d\b|days?\b|weeks?\b|[kMGT]i?B\b|[a-zA-Z]+)?",
    )
    .ok()
});

/// A limit that is said behind the number: `30 minutes are too long`.
static TOO_LONG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)\b(\d+(?:\.\d+)?)\s*(ms|milliseconds|s|seconds|minutes|hours|days|%) (?:is|are) too (?:long|old|slow|much|many|high)\b",
    )
    .ok()
});

/// Words for what is so in ordinary times, which is no limit.
const USUAL: &[&str] = &["usual", "normally", "is normal", "typically", "in ordinary times", "we keep", "keeps ", "delete"];

fn times(text: &str, actions: &Actions) -> Vec<Time> {
    let mut found = Vec::new();
    let (Some(starts), Some(time)) = (STARTS.as_ref(), TIME.as_ref()) else { return found };
    if !starts.is_match(text) {
        return found;
    }
    found.extend(parts_of_units(text, actions));
    for captures in time.captures_iter(text) {
        let (Some(whole), Some(unit)) = (captures.get(0), captures.get(2)) else { continue };
        let said = whole.as_str().to_lowercase();
        // `for an hour`
        let one = [" an ", " a "].iter().any(|article| said.contains(article));
        let is_past = ["last", "past", "previous"].iter().any(|word| said.starts_with(word));
        let number = captures.get(1).map_or((is_past || one).then_some(1.0), |number| count(number.as_str()));
        let about = about(text, whole.start());
        // `the last two days of the month` are no span that is looked back over.
        let is_named = text[whole.end()..].starts_with(" of the ");
        if let Some(number) = number.filter(|_| !is_named && !actions.hold(whole.start()) && about != About::Aside) {
            found.push(Time {
                range: whole.range(),
                number,
                seconds: number * seconds_of(unit.as_str()),
                is_past,
                is_vague: captures.get(1).is_none(),
                is_bare: about == About::First,
            });
        }
    }
    found
}

/// Times that are told as a part of a unit, as `in a quarter of an hour`.
fn parts_of_units(text: &str, actions: &Actions) -> impl Iterator<Item = Time> {
    let all = PART_OF_UNIT.iter().flat_map(|part| part.captures_iter(text));
    all.filter_map(|captures| {
        let (whole, part, unit) = (captures.get(0)?, captures.get(1)?, captures.get(2)?);
        let share = if part.as_str().eq_ignore_ascii_case("half") { 0.5 } else { 0.25 };
        let about = about(text, whole.start());
        let is_told = !actions.hold(whole.start()) && about != About::Aside;
        is_told.then(|| Time {
            range: whole.range(),
            number: share,
            seconds: share * seconds_of(unit.as_str()),
            is_past: whole.as_str().to_lowercase().starts_with(['l', 'p']),
            is_vague: false,
            is_bare: about == About::First,
        })
    })
}

/// The number that a word is, in digits or as it is spoken.
pub(in crate::lint) fn count(word: &str) -> Option<f64> {
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

fn limits(text: &str, actions: &Actions) -> Vec<Limit> {
    let mut found = Vec::new();
    for captures in LIMIT.iter().flat_map(|limit| limit.captures_iter(text)) {
        let Some(whole) = captures.get(0) else { continue };
        let unit = captures.get(2).map_or("", |unit| unit.as_str());
        let Some(written) = captures.get(1) else { continue };
        let word = written.as_str();
        let near = text.ceil_char_boundary(whole.start().saturating_sub(SENTENCE));
        let sentence = text[near..whole.start()].rsplit(['.', ';', '\n']).next().unwrap_or("").to_lowercase();
        let far = text.floor_char_boundary(text.len().min(written.end() + SENTENCE));
        let behind = text[written.end()..far].split(['.', ';', '\n']).next().unwrap_or("").to_lowercase();
        if USUAL.iter().any(|word| sentence.contains(word) || behind.contains(word)) {
            continue;
        }
        let half = [(" an hour", "30", "minutes"), (" a day", "12", "hours"), (" a minute", "30", "seconds")];
        let half = half.into_iter().find(|(words, ..)| word.eq_ignore_ascii_case("half") && behind.starts_with(words));
        let mut end = whole.end();
        let (word, unit) = match half {
            Some((words, number, unit)) => {
                end = written.end() + words.len();
                (number, unit)
            }
            // `half a gibibyte`
            None if word.eq_ignore_ascii_case("half") && behind.starts_with(" a ") => continue,
            None if word.eq_ignore_ascii_case("half") => ("50", "%"),
            None => (word, unit),
        };
        let is_vague = matches!(word.to_lowercase().as_str(), "a" | "an");
        let is_time = || matches!(exact(1.0, unit), Some(Exact::Seconds(seconds)) if seconds >= 60.0) && unit.len() > 2;
        let number = match word.replace(',', "").parse().ok() {
            // A word counts times alone: `above a limit` and `more than one replica` are something else.
            None if !is_time() => continue,
            None if is_vague => Some(1.0),
            None => count(word),
            number => number,
        };
        let at = written.start();
        let compound = compound(&text[at..]);
        let exact = number.filter(|_| compound.is_none()).and_then(|number| exact(number, unit));
        let known = compound.or_else(|| number.and_then(|number| readings(number, unit)));
        let counts = known.is_none();
        let Some(readings) = known.or_else(|| number.map(|number| vec![number])) else { continue };
        // What stands in parentheses behind a value is the limit of that value.
        let is_enclosed = whole.as_str().starts_with('(');
        let about = if is_enclosed { About::Shown } else { about(text, whole.start()) };
        if !actions.hold(whole.start()) && about != About::Aside {
            found.push(Limit {
                range: whole.start() + usize::from(is_enclosed)..end,
                place: at..end,
                unit: unit.to_owned(),
                readings,
                exact,
                is_vague,
                is_bare: about == About::First,
                counts,
            });
        }
    }
    if text.contains(" too ") {
        found.extend(too_long(text, actions));
    }
    found
}

fn too_long(text: &str, actions: &Actions) -> Option<Limit> {
    let captures = TOO_LONG.as_ref()?.captures(text)?;
    let (whole, written, unit) = (captures.get(0)?, captures.get(1)?, captures.get(2)?);
    let number: f64 = written.as_str().parse().ok()?;
    let (place, unit) = (written.start()..unit.end(), unit.as_str());
    (!actions.hold(whole.start())).then_some(Limit {
        range: place.clone(),
        place,
        unit: unit.to_owned(),
        readings: readings(number, unit)?,
        exact: exact(number, unit),
        is_vague: false,
        is_bare: false,
        counts: false,
    })
}

/// What a time of several units may be, as in `1m30s`; `None` where a text begins with no such time.
fn compound(text: &str) -> Option<Vec<f64>> {
    let written = text.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let units = written.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty()).count();
    let millis = Duration::parse(written).ok().filter(|_| units > 1)?.0 as f64;
    Some(vec![millis / 1000.0, millis])
}

/// What a number is in the field's base unit; `None` where its unit is of another kind, or may be read in more than one way.
fn exact(number: f64, unit: &str) -> Option<Exact> {
    let seconds = match unit {
        "%" | "percent" => return Some(Exact::Share(number / 100.0)),
        "ms" => 0.001,
        "s" | "m" | "h" | "d" => seconds_of(unit),
        _ => match unit.to_lowercase().trim_end_matches('s') {
            "millisecond" => 0.001,
            "sec" | "second" | "min" | "minute" | "hour" | "day" => seconds_of(unit),
            "week" => 7.0 * seconds_of("d"),
            _ => return size(unit).map(|(decimal, binary)| Exact::Bytes(number * decimal, number * binary)),
        },
    };
    Some(Exact::Seconds(number * seconds))
}

/// How many bytes a unit of size is, counted by thousands and by 1024.
fn size(unit: &str) -> Option<(f64, f64)> {
    let power = match unit.to_lowercase().as_str() {
        "kb" | "kib" => 1,
        "mb" | "mib" => 2,
        "gb" | "gib" => 3,
        "tb" | "tib" => 4,
        _ => return None,
    };
    Some((1000_f64.powi(power), 1024_f64.powi(power)))
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
    if let Some((decimal, binary)) = size(unit) {
        // Or in the unit above it.
        return times(&[1.0, decimal, binary, 1e-3, 1.0 / 1024.0]);
    }
    match unit.to_lowercase().as_str() {
        // A share of time may be counted in milliseconds a second.
        "%" | "percent" => Some(vec![number, number / 100.0, 100.0 - number, 1.0 - number / 100.0, number * 10.0]),
        "ms" | "millisecond" | "milliseconds" => times(&[1.0, 0.001]),
        "s" | "sec" | "secs" | "second" | "seconds" => times(&[1.0, 1000.0]),
        "m" | "min" | "mins" | "minute" | "minutes" => times(&[1.0, 60.0, 60_000.0]),
        "h" | "hour" | "hours" => times(&[1.0, 3600.0, 3_600_000.0, 60.0]),
        "week" | "weeks" => times(&[1.0, 7.0, 168.0, 604_800.0, 604_800_000.0]),
        "d" | "day" | "days" => times(&[1.0, 24.0, 86_400.0, 86_400_000.0]),
        // Without a unit a number is the threshold itself, or a percentage.
        "" => times(&[1.0, 0.01]),
        _ => None,
    }
}

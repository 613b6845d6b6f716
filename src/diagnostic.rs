//! What we say: one finding as data, for every kind of trouble in a user's files and for every room.
//!
//! How findings are shown is the business of `report`.

use std::borrow::Cow;

use crate::text::{SourceMap, Span};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Hygiene: worth knowing, nothing is wrong yet.
    Info,
    /// It misleads, or it will hurt.
    Warning,
    /// It cannot work as written.
    Error,
}

impl Level {
    /// `error`, `warning` or `info`, as in every output format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A second place that explains a finding; it may lie in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What it has to do with the finding.
    pub message: String,
}

/// A text edit that mends a finding without changing anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The text to take away.
    pub span: Span,
    /// The text to put there.
    pub replacement: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The id of the rule, in kebab-case; reads well after "allow".
    pub rule: Cow<'static, str>,
    /// How grave it is.
    pub level: Level,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: String,
    /// The primary place.
    pub span: Span,
    /// What the underline says, where the message alone does not.
    pub label: Option<String>,
    /// The object's path inside its document, as in `groups[0].rules[2].expr`.
    pub path: Option<String>,
    /// The object by its names, as in `groups[app].rules[HighErrorRate].expr`: the same wherever it moves.
    pub object: Option<String>,
    /// Further places.
    pub related: Vec<Related>,
    /// What to do about it.
    pub help: Option<String>,
    /// A safe mend, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding with a place; the rest is added by the methods below.
    pub fn new(rule: impl Into<Cow<'static, str>>, level: Level, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            level,
            message: message.into(),
            span,
            label: None,
            path: None,
            object: None,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// An error.
    pub fn error(rule: impl Into<Cow<'static, str>>, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Level::Error, span, message)
    }

    /// A warning.
    pub fn warning(rule: impl Into<Cow<'static, str>>, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Level::Warning, span, message)
    }

    /// A remark.
    pub fn info(rule: impl Into<Cow<'static, str>>, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Level::Info, span, message)
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what the underlined text is.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Names the object in its document.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span, message: message.into() });
        self
    }

    /// A hash of what the finding is about: the rule, the file, the object by its names, the text that is underlined
    /// and the values that the message quotes. Neither places nor wording count, so it outlives moved lines and a newer obsgen.
    pub fn fingerprint(&self, sources: &SourceMap) -> String {
        let file = &sources.get(self.span.source).path;
        let object = self.object.as_deref().or(self.path.as_deref()).unwrap_or("");
        let text = sources.text(self.span).split_whitespace();
        let quoted = self.message.split('`').skip(1).step_by(2);
        let words = [self.rule.as_ref(), file.trim_start_matches("./"), object].into_iter().chain(text).chain(quoted);
        // FNV-1a, 64 bits.
        let bytes = words.flat_map(|word| word.bytes().chain(std::iter::once(0xFF)));
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        format!("{hash:016x}")
    }

    /// Adds a safe mend.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}

/// Longer texts are no names, and none is compared with.
const LONGEST: usize = 1000;

/// Among more names than these none is looked for: whoever has as many has all that are nearly alike, too.
const KNOWN: usize = 10_000;

/// So many names are compared letter by letter, the likest: of more than these hardly any is meant.
const COMPARED: usize = 500;

/// The name among `known` that `written` was probably meant to be.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let limit = (written.chars().count() / 3).clamp(1, 3);
    let written = written.to_lowercase();
    let (is_plain, letters) = (written.is_ascii(), kinds(&written));
    let mut near: Vec<(usize, &str)> = Vec::new();
    for (at, name) in known.into_iter().enumerate() {
        if at == KNOWN {
            return None;
        }
        if !is_plain || !name.is_ascii() {
            near.extend((name.len() <= LONGEST && kinds_apart(letters, kinds(name)) <= 4 * limit).then_some((0, name)));
        } else if written.len().abs_diff(name.len()) <= limit && kinds_apart(letters, kinds(name)) <= limit {
            let apart = letters_apart(written.as_bytes(), name.as_bytes());
            near.extend((apart <= limit).then_some((apart, name)));
        }
    }
    if near.len() > COMPARED {
        near.select_nth_unstable(COMPARED);
        near.truncate(COMPARED);
    }
    near.into_iter()
        .map(|(_, name)| (strsim::damerau_levenshtein(&written, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The known word that a written one is nearly, where it is none of them.
pub fn misspelt<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    if known.contains(&written) { None } else { did_you_mean(written, known.iter().copied()) }
}

/// The kinds of bytes of a word, whatever their case.
fn kinds(word: &str) -> u64 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte.to_ascii_lowercase() & 63))
}

/// How many kinds of bytes one word has and the other lacks: never more than four times the distance in characters,
/// and far cheaper to compute.
fn kinds_apart(one: u64, other: u64) -> usize {
    (one & !other).count_ones().max((other & !one).count_ones()) as usize
}

/// How many letters of one word the other has not, each counted as often as it is there: never more than the distance.
fn letters_apart(one: &[u8], other: &[u8]) -> usize {
    let mut times = [0_i32; 128];
    for (word, step) in [(one, 1), (other, -1)] {
        for byte in word {
            times[usize::from(byte.to_ascii_lowercase() & 127)] += step;
        }
    }
    let (more, less) = times.iter().fold((0, 0), |(more, less), count| (more + count.max(&0), less - count.min(&0)));
    more.max(less).unsigned_abs() as usize
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, did_you_mean};

    #[test]
    fn what_is_cheaper_than_comparing_hides_no_name() {
        let words = [
            "rate",
            "Raet",
            "ratio",
            "requests",
            "reqeust",
            "requests_total",
            "größe",
            "grösse",
            "Straße",
            "strasse",
            "a1",
            "1a",
            "",
            "ab",
        ];
        for written in words {
            for name in words {
                let limit = (written.chars().count() / 3).clamp(1, 3);
                let is_near = strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()) <= limit;
                assert_eq!(did_you_mean(written, [name]), is_near.then_some(name), "{written} {name}");
            }
        }
    }

    #[test]
    fn the_likest_of_many_names_is_found() {
        let many: Vec<String> = (0..KNOWN - 1).map(|at| format!("requests_{at}_total")).collect();
        let known = || many.iter().map(String::as_str);
        assert_eq!(did_you_mean("requests_77x_total", known()), Some("requests_770_total"));
        assert_eq!(did_you_mean("tempreature", known().chain(["temperature"])), Some("temperature"));
        assert_eq!(did_you_mean("temperature", known().chain(["temperature", "temperature"])), None);
    }
}

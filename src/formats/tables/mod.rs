//! What the keys of the formats hold: a table for each kind of mapping, and the walk that compares a document with it.
//!
//! A table says what the owner of the format would say when it loads the file. What a value means beside the other files is
//! the business of `lint`.

pub(super) mod alertmanager;
pub(super) mod blackbox;
pub mod collector;
pub(super) mod http;
pub mod logs;
pub(super) mod prometheus;
pub(super) mod provisioning;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::promql::duration::parse_duration;
use crate::promql::regex;
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node};

use super::schema::{BAD_DURATION, Checker};

/// A value that the format does not take.
pub const BAD_VALUE: &str = "bad-value";
/// A regular expression that cannot be read.
pub const BAD_REGEX: &str = "bad-regex";
/// Text that is no URL.
pub const BAD_URL: &str = "bad-url";
/// Keys that exclude one another.
pub const CONFLICTING_KEYS: &str = "conflicting-keys";

/// What a key holds.
#[derive(Clone, Copy)]
pub(in crate::formats) enum Type {
    /// Anything, looked at elsewhere or not at all.
    Any,
    /// A scalar.
    Text,
    /// A scalar that is not empty.
    Filled,
    /// `true` or `false`.
    Flag,
    /// A whole number of zero or more.
    Count,
    /// A whole number of one or more.
    Positive,
    /// A duration of Prometheus, `1d` included.
    Duration,
    /// A duration of Prometheus that is not zero.
    Time,
    /// A duration of Go, which has no days.
    GoDuration,
    /// A duration of Go, where a bare number counts nanoseconds.
    Nanos,
    /// A number.
    Number,
    /// A share of one.
    Fraction,
    /// A size such as `10MB`.
    Size,
    /// An HTTP URL with a host.
    Url,
    /// A regular expression.
    Regex,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words; another is let pass, and means something else than it says.
    Hint(&'static [&'static str]),
    /// A list.
    List(&'static Type),
    /// A mapping with these keys.
    Table(&'static Table),
    /// A mapping with these keys among others: only a slip of one of them is reported.
    Open(&'static Table),
    /// A mapping with any keys.
    Map(&'static Type),
}

/// What a mapping holds.
pub(in crate::formats) struct Table {
    /// Who loads it.
    pub(in crate::formats) owner: &'static str,
    /// Its keys.
    pub(in crate::formats) keys: &'static [(&'static str, Type)],
    /// Of each of these, one key has to be there.
    pub(in crate::formats) required: &'static [&'static [&'static str]],
    /// Of each of these, one key at most may be there.
    pub(in crate::formats) exclusive: &'static [&'static [&'static str]],
}

/// Whether a text will be replaced by something else before its owner reads it.
pub fn is_placeholder(text: &str) -> bool {
    is_filled_in(text) || text.starts_with(['$', '<', '%'])
}

/// Whether a part of a text is put in by something else.
fn is_filled_in(text: &str) -> bool {
    text.contains("${") || text.contains("{{") || text.contains("<%")
}

/// Whether a text begins as HTML does, and is more than one word between `<` and `>`.
fn begins_with_tag(text: &str) -> bool {
    let is_word = |inner: &str| inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' '));
    text.starts_with('<') && !is_filled_in(text) && !text[1..].strip_suffix('>').is_some_and(is_word)
}

/// The names of a table's keys.
pub(in crate::formats) fn names(keys: &'static [(&'static str, Type)]) -> impl Iterator<Item = &'static str> + Clone {
    keys.iter().map(|(name, _)| *name)
}

impl Checker<'_> {
    /// Compares a mapping with its table.
    pub(in crate::formats) fn table(&mut self, node: &Node, table: &Table, path: &Path<'_>) {
        if node.as_mapping().is_none() {
            if !node.is_null() {
                self.wrong_type(node, "a mapping", path);
            }
            return;
        }
        self.keys_of_open_format(node, &names(table.keys), path, table.owner);
        self.values(node, table.keys, path);
        let is_set = |key: &&&str| node.get(key).is_some_and(|value| !value.is_null());
        for keys in table.required {
            if !keys.iter().any(|key| is_set(&key)) {
                self.missing(node, keys[0], path);
            }
        }
        for keys in table.exclusive {
            let mut set = keys.iter().filter(is_set).filter_map(|key| Some((*key, node.entry(key)?.0)));
            if let (Some((first, at)), Some((second, place))) = (set.next(), set.next()) {
                let message = format!("`{first}` and `{second}` exclude one another");
                let diagnostic = Diagnostic::error(CONFLICTING_KEYS, place.span, message).related(at.span, "the other one");
                self.push(diagnostic.help("keep one of them"), path);
            }
        }
    }

    /// As [`Checker::table`], for a mapping that may have other keys.
    fn open_table(&mut self, node: &Node, table: &Table, path: &Path<'_>) {
        let before = self.diagnostics.len();
        self.table(node, table, path);
        let mut at = 0;
        let own = node.entries().map(|(_, key, _)| key.span).collect::<Vec<_>>();
        self.diagnostics.retain(|d| {
            at += 1;
            at <= before || d.rule != crate::source::UNKNOWN_KEY || d.level == Level::Error || !own.contains(&d.span)
        });
    }

    /// Compares the values of a mapping with what its keys hold; unknown keys are passed over.
    pub(in crate::formats) fn values(&mut self, node: &Node, keys: &'static [(&'static str, Type)], path: &Path<'_>) {
        for (name, _, value) in node.entries() {
            if let Some((_, kind)) = keys.iter().find(|(key, _)| *key == name) {
                self.value(value, *kind, &path.key(name));
            }
        }
    }

    fn value(&mut self, node: &Node, kind: Type, path: &Path<'_>) {
        // Nothing written is nothing set.
        if node.is_null() {
            if matches!(kind, Type::Filled) {
                self.bad(node, "it is empty", "write a value", path);
            }
            return;
        }
        match kind {
            Type::Any => {}
            Type::List(item) => match node.as_sequence() {
                Some(items) => items.iter().enumerate().for_each(|(index, node)| self.value(node, *item, &path.index(index))),
                None => self.wrong_type(node, "a list", path),
            },
            Type::Table(table) => self.table(node, table, path),
            Type::Open(table) => self.open_table(node, table, path),
            Type::Map(item) => match node.as_mapping() {
                Some(_) => node.entries().for_each(|(name, _, node)| self.value(node, *item, &path.key(name))),
                None => self.wrong_type(node, "a mapping", path),
            },
            _ => match node.as_str() {
                // A pattern may well begin with a tag.
                Some(text) if is_placeholder(text) && !(matches!(kind, Type::Regex) && begins_with_tag(text)) => {}
                Some(text) => self.scalar(node, text, kind, path),
                None => self.wrong_type(node, kind.words(), path),
            },
        }
    }

    /// Compares the body of a component with its table; nothing written is an empty mapping.
    pub(in crate::formats) fn component(&mut self, key: &Node, body: &Node, kind: Type, path: &Path<'_>) {
        let (Type::Table(table) | Type::Open(table)) = kind else { return };
        if body.is_null() {
            for keys in table.required {
                self.missing(key, keys[0], path);
            }
            return;
        }
        self.value(body, kind, path);
    }

    fn scalar(&mut self, node: &Node, text: &str, kind: Type, path: &Path<'_>) {
        let durations = "write a number with a unit, as `30s`, `5m` or `1h30m`";
        match kind {
            Type::Filled if text.trim().is_empty() => self.bad(node, "it is empty", "write a value", path),
            Type::Flag if self.strict_flags && !matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE") => {
                self.wrong_type(node, "`true` or `false`", path);
            }
            Type::Flag if self.quoted_flags && matches!(text, "y" | "Y" | "yes" | "on" | "n" | "N" | "no" | "off") => {}
            Type::Flag if node.as_bool().is_none() => self.wrong_type(node, "`true` or `false`", path),
            Type::Count | Type::Positive if node.as_i64().is_none() => self.wrong_type(node, "a whole number", path),
            Type::Count if node.as_i64().is_some_and(|n| n < 0) => {
                self.bad(node, &format!("`{text}` is below zero"), "write zero or more", path);
            }
            Type::Positive if node.as_i64().is_some_and(|n| n < 1) => {
                self.bad(node, &format!("`{text}` is below one"), "write one or more", path);
            }
            Type::Duration | Type::Time => match parse_duration(text) {
                Err(error) => {
                    let message = format!("{} is no duration: {error}", node.describe());
                    self.push(Diagnostic::error(BAD_DURATION, node.span, message).help(durations), path);
                }
                Ok(0) if matches!(kind, Type::Time) => self.bad(node, "it is zero", durations, path),
                Ok(_) => {}
            },
            Type::Number | Type::Fraction if node.as_f64().is_none() => self.wrong_type(node, "a number", path),
            // It is loaded, and means none or all.
            Type::Fraction if node.as_f64().is_some_and(|share| !(0.0..=1.0).contains(&share)) => {
                self.bad(node, &format!("`{text}` is no share of one"), "write a number from 0 to 1", path);
                self.soften();
            }
            Type::Nanos if node.as_i64().is_some_and(|number| number != 0) => {
                let message = format!("a bare {} counts nanoseconds", node.describe());
                self.push(Diagnostic::new(BAD_DURATION, Level::Warning, node.span, message).help("write a unit, as in `5s`"), path);
            }
            Type::GoDuration | Type::Nanos if go_duration(text).is_none() => {
                let message = format!("{} is no duration that Go reads", node.describe());
                let diagnostic = Diagnostic::error(BAD_DURATION, node.span, message);
                self.push(diagnostic.help("write a number with `h`, `m`, `s` or `ms`, as in `1m30s`"), path);
            }
            Type::Size if !is_size(text) => {
                self.bad(node, &format!("{} is no size", node.describe()), "write a whole number with a unit, as in `10MB`", path);
            }
            Type::Url => {
                if let Err(why) = url(text) {
                    let message = format!("{} is no URL: {why}", node.describe());
                    self.push(Diagnostic::error(BAD_URL, node.span, message).help("write it as `http://host:port/path`"), path);
                }
            }
            Type::Regex => {
                if let Err(error) = regex::check(text) {
                    let message = format!("{} is no regular expression: {}", node.describe(), error.message);
                    self.push(Diagnostic::error(BAD_REGEX, node.span, message).help("write it in the syntax of RE2"), path);
                }
            }
            Type::Word(words) | Type::Hint(words) if !words.contains(&text) => {
                let help = did_you_mean(text, words.iter().copied()).map_or_else(
                    || format!("use one of {}", words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.bad(node, &format!("{} is not taken here", node.describe()), &help, path);
                if matches!(kind, Type::Hint(_)) {
                    self.soften();
                }
            }
            _ => {}
        }
    }

    /// Makes a warning of what was reported last.
    fn soften(&mut self) {
        if let Some(last) = self.diagnostics.last_mut() {
            last.level = Level::Warning;
        }
    }

    /// Reports a value that the format does not take.
    pub(in crate::formats) fn bad(&mut self, node: &Node, message: &str, help: &str, path: &Path<'_>) {
        let message = match path {
            Path::Key(_, key) => format!("bad `{key}`: {message}"),
            _ => format!("bad value: {message}"),
        };
        self.push(Diagnostic::error(BAD_VALUE, node.span, message).help(help), path);
    }

    /// As [`Checker::keys`] for a format whose newer versions may have keys that we do not know: only what
    /// looks like a slip is an error.
    pub(in crate::formats) fn keys_of_open_format<'k>(
        &mut self,
        node: &Node,
        known: &(impl Iterator<Item = &'k str> + Clone),
        path: &Path<'_>,
        owner: &str,
    ) {
        for (name, key, _) in node.entries() {
            if known.clone().any(|known| known == name) {
                continue;
            }
            let meant = did_you_mean(name, known.clone());
            let level = if meant.is_some() { Level::Error } else { Level::Warning };
            let help = meant
                .map_or_else(|| format!("{owner} refuses to start with a key that it does not know"), |m| format!("did you mean `{m}`?"));
            let message = format!("`{name}` is not a key of {owner} here");
            self.push(Diagnostic::new(crate::source::UNKNOWN_KEY, level, key.span, message).help(help), path);
        }
    }

    pub(in crate::formats) fn missing(&mut self, at: &Node, key: &str, path: &Path<'_>) {
        let span = at.as_mapping().and_then(<[_]>::first).map_or(at.span, |(key, _)| key.span);
        self.push(Diagnostic::error(MISSING_KEY, span, format!("`{key}` is missing")).help(format!("add `{key}:`")), path);
    }
}

impl Type {
    fn words(self) -> &'static str {
        match self {
            Self::Flag => "`true` or `false`",
            Self::Count | Self::Positive => "a whole number",
            Self::Number | Self::Fraction => "a number",
            Self::Duration | Self::Time | Self::GoDuration | Self::Nanos => "a duration",
            Self::Url => "a URL",
            Self::Regex => "a regular expression",
            _ => "a string",
        }
    }
}

/// Reads a duration of Go, such as `1.5h` or `1m30s`, in milliseconds.
pub fn go_duration(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if text == "0" {
        return Some(0.0);
    }
    let (mut total, mut rest) = (0.0, text);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            "us" | "µs" | "μs" => 0.001,
            "ns" => 0.000_001,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    Some(sign * total)
}

fn is_size(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = matches!(&text[end..], "B" | "KB" | "MB" | "GB" | "TB" | "PB" | "EB" | "KiB" | "MiB" | "GiB" | "TiB" | "PiB" | "EiB");
    text == "0" || (end > 0 && unit)
}

/// Why a text is no HTTP URL.
fn url(text: &str) -> Result<(), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("it has no `http://` or `https://`")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("its scheme is neither `http` nor `https`");
    }
    if text.contains([' ', '\t', '\n']) {
        return Err("it has a space in it");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    if host.is_empty() || host.starts_with(':') {
        return Err("it has no host");
    }
    match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
        Some((_, port)) if port.parse::<u16>().ok().is_none_or(|port| port == 0) => Err("its port is no port"),
        _ => Ok(()),
    }
}

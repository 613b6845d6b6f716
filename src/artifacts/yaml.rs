//! Values as YAML that every reader takes for what they are: in blocks, with quotes wherever a text could be something else.

use serde_json::Value as Json;

use crate::manifest::scalars::Duration;

/// A value as YAML in blocks, moved in by so many blanks: every text is quoted, but for those of several lines, which stand as
/// they are where YAML can hold them so.
pub(super) fn block(value: &Json, width: usize) -> String {
    let blanks = " ".repeat(width);
    let nested = |value: &Json| match value {
        Json::Object(entries) if !entries.is_empty() => format!("\n{}", block(value, width + 2)),
        Json::Array(items) if !items.is_empty() => format!("\n{}", block(value, width + 2)),
        other => format!(" {}", scalar(other, width + 2)),
    };
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            let key = |key: &str| if is_plain(key) { key.to_owned() } else { Json::from(key).to_string() };
            entries.iter().map(|(name, value)| format!("{blanks}{}:{}", key(name), nested(value))).collect::<Vec<_>>().join("\n")
        }
        Json::Array(items) if !items.is_empty() => {
            let item = |item: &Json| format!("{blanks}- {}", block(item, width + 2).trim_start());
            items.iter().map(item).collect::<Vec<_>>().join("\n")
        }
        other => format!("{blanks}{}", scalar(other, width)),
    }
}

/// Whether a text is one to every reader of YAML without quotes too.
pub(super) fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '*');
    // Words that YAML reads as something else than text, in the generation of Prometheus's reader too.
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].iter().any(|word| text.eq_ignore_ascii_case(word));
    starts && text.chars().all(harmless) && !is_word || Duration::parse(text).is_ok()
}

fn scalar(value: &Json, width: usize) -> String {
    if let Some(text) = value.as_str().filter(|text| is_plain(text)) {
        return text.to_owned();
    }

    let is_printable =
        |c: char| c == '\n' || !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    match value.as_str().and_then(|text| text.strip_suffix('\n')) {
        Some(text) if text.starts_with(|c: char| !c.is_whitespace()) && !text.ends_with('\n') && text.chars().all(is_printable) => {
            let blanks = " ".repeat(width);
            let line = |line: &str| if line.is_empty() { String::new() } else { format!("{blanks}{line}") };
            format!("|\n{}", text.split('\n').map(line).collect::<Vec<_>>().join("\n"))
        }
        _ => value.to_string(),
    }
}

//! What a key holds beside what is written there. Only what the shipper surely refuses is reported.

use super::{Shipper, Value};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::tables::{BAD_VALUE, go_duration};
use crate::source::node::{Scalar, Style};
use crate::source::{Node, NodeKind, WRONG_TYPE};

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written<'a> {
    Text(&'a str),
    Number(&'a str),
    Flag,
    List,
    Map,
    /// What a component of Alloy takes lines with.
    Receiver,
    /// An expression, a variable, nothing at all.
    Unknown,
}

fn written(shipper: Shipper, node: &Node) -> Written<'_> {
    let scalar = match &node.kind {
        NodeKind::Sequence(_) => return Written::List,
        NodeKind::Mapping(_) => return Written::Map,
        NodeKind::Scalar(scalar) => scalar,
    };
    let text = scalar.text();
    if node.is_null() || shipper != Shipper::Alloy && text.contains('$') {
        return Written::Unknown;
    }
    if scalar.style != Style::Plain || scalar.tagged_string {
        return Written::Text(text);
    }
    let digits = |text: &str| text.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
    if matches!(text, "true" | "false") {
        Written::Flag
    } else if text.parse::<f64>().is_ok() && digits(text) {
        Written::Number(text)
    } else if shipper == Shipper::Alloy {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        if text.ends_with(".receiver") && text.chars().all(is_name) { Written::Receiver } else { Written::Unknown }
    } else if digits(text) || matches!(text.to_lowercase().as_str(), "true" | "false") {
        // Numbers in other notations, and words that some readers take for a boolean.
        Written::Unknown
    } else {
        Written::Text(text)
    }
}

/// What is wrong with a value, if anything is.
pub(super) fn judge(shipper: Shipper, node: &Node, value: Value) -> Option<Diagnostic> {
    if shipper == Shipper::FluentBit {
        return fluent_bit(node, value);
    }
    let written = written(shipper, node);
    if written == Written::Unknown {
        return None;
    }
    let expected = |what: &str, help: &str| {
        let found = if let Written::Receiver = written { "a receiver".to_owned() } else { node.describe() };
        Some(Diagnostic::error(WRONG_TYPE, node.span, format!("expected {what}, found {found}")).help(help))
    };
    let is_alloy = shipper == Shipper::Alloy;
    match (value, written) {
        (Value::Count, Written::Number(text)) if !is_alloy && text.contains(['-', '.']) => {
            expected("a whole number of zero or more", "write one without a sign or a point")
        }
        (Value::Any, _)
        | (Value::Text, Written::Text(_) | Written::Receiver)
        | (Value::Number | Value::Count | Value::Size, Written::Number(_))
        | (Value::Flag, Written::Flag)
        | (Value::List, Written::List)
        | (Value::Map, Written::Map)
        // A compression, say, with its level.
        | (Value::Word(_) | Value::Newer(_), Written::Map | Written::Receiver) => None,
        // Alloy makes a string of a number, and a number of a string that is one.
        (Value::Text, Written::Number(_)) if is_alloy => None,
        (Value::Number | Value::Count, Written::Text(text)) if is_alloy && text.trim().parse::<f64>().is_ok() => None,
        (Value::Text, _) => expected("a string", "write it in quotes"),
        (Value::Number | Value::Count, _) => expected("a number", "write it without quotes and unit"),
        (Value::Flag, _) => expected("`true` or `false`", "write it without quotes"),
        (Value::List, _) => expected("a list", "put it into `[ ]`"),
        (Value::Map, _) => expected(if is_alloy { "an object" } else { "a mapping" }, "write keys with their values"),
        (Value::Duration, Written::Text(text)) => go_duration(text).is_none().then(|| {
            let message = format!("`{text}` is no duration that {} knows", shipper.name());
            Diagnostic::error(BAD_VALUE, node.span, message).help("write it with `h`, `m`, `s` or `ms`, as `24h`: there are no days")
        }),
        (Value::Duration, Written::Number(text)) => (text != "0")
            .then(|| Diagnostic::error(BAD_VALUE, node.span, format!("`{text}` has no unit")).help("write a duration, as `\"10s\"`")),
        (Value::Duration, _) => expected("a duration", "write one, as `\"10s\"`"),
        (Value::Size, Written::Text(text)) => (!text.starts_with(|c: char| c.is_ascii_digit()))
            .then(|| Diagnostic::error(BAD_VALUE, node.span, format!("`{text}` is no size")).help("write one, as `\"1MiB\"`")),
        (Value::Size, _) => expected("a size", "write one, as `\"1MiB\"`"),
        (Value::Word(words), Written::Text(text)) => (!words.contains(&text)).then(|| none_of(node, text, words)),
        (Value::Newer(words), Written::Text(text)) if words.contains(&text) => None,
        (Value::Newer(words), Written::Text(text)) => did_you_mean(text, words.iter().copied()).map(|_| none_of(node, text, words)),
        (Value::Word(words) | Value::Newer(words), _) => expected("a word", &one_of(words)),
    }
}

fn one_of(words: &[&str]) -> String {
    format!("write one of `{}`", words.join("`, `"))
}

fn none_of(node: &Node, text: &str, words: &[&str]) -> Diagnostic {
    let help = did_you_mean(text, words.iter().copied()).map_or_else(|| one_of(words), |meant| format!("did you mean `{meant}`?"));
    Diagnostic::error(BAD_VALUE, node.span, format!("`{text}` is none of the values that this takes")).help(help)
}

/// Every value of Fluent Bit is a text that the plugin reads.
fn fluent_bit(node: &Node, value: Value) -> Option<Diagnostic> {
    let text = node.as_scalar().map(Scalar::text).filter(|text| !node.is_null() && !text.contains('$'))?;
    let lower = text.to_lowercase();
    match value {
        Value::Flag if !["true", "on", "yes", "1", "false", "off", "no", "0"].contains(&lower.as_str()) => {
            Some(Diagnostic::error(BAD_VALUE, node.span, format!("`{text}` is neither on nor off")).help("write `on` or `off`"))
        }
        Value::Word(words) if !words.contains(&lower.as_str()) => Some(none_of(node, text, words)),
        Value::Size if !is_size(&lower) => Some(
            Diagnostic::error(BAD_VALUE, node.span, format!("`{text}` is no size that Fluent Bit knows"))
                .help("write a whole number with `k`, `M` or `G`, as `10M`"),
        ),
        _ => None,
    }
}

/// `10M`, `10MB` and the like; `false` is none at all.
fn is_size(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    text == "false" || unit.len() < text.len() && matches!(unit, "" | "b" | "k" | "kb" | "m" | "mb" | "g" | "gb")
}

#[cfg(test)]
mod tests {
    use super::super::{Shipper, Value};
    use crate::source::{Node, SourceMap, read_alloy, read_yaml};

    fn said(shipper: Shipper, value: Value, text: &str) -> Option<String> {
        let mut map = SourceMap::default();
        let read = if shipper == Shipper::Alloy { read_alloy } else { read_yaml };
        let id = map.add("a", if shipper == Shipper::Alloy { format!("a = {text}\n") } else { format!("a: {text}\n") });
        let documents = read(&map, id);
        let node: &Node = documents.roots[0].get("a").expect("a value");
        super::judge(shipper, node, value).map(|diagnostic| diagnostic.message)
    }

    #[test]
    fn what_a_shipper_takes_is_let_pass() {
        use Value::{Any, Count, Duration, Flag, List, Map, Newer, Number, Size, Text, Word};
        let words: &[&str] = &["json", "text"];
        for (shipper, value, text) in [
            (Shipper::Alloy, Text, "5"),
            (Shipper::Alloy, Text, "sys.env(\"A\")"),
            (Shipper::Alloy, Number, "\"5\""),
            (Shipper::Alloy, Duration, "\"1h30m\""),
            (Shipper::Alloy, Duration, "argument.age.value"),
            (Shipper::Alloy, List, "local.file_match.a.targets"),
            (Shipper::Alloy, List, "array.concat(a.b.receiver)"),
            (Shipper::Alloy, Size, "\"1MiB\""),
            (Shipper::Alloy, Map, "{}"),
            (Shipper::Vector, Text, "\"5\""),
            (Shipper::Vector, Count, "0x10"),
            (Shipper::Vector, Count, "\"${N}\""),
            (Shipper::Vector, Flag, "True"),
            (Shipper::Vector, List, "~"),
            (Shipper::Vector, Word(words), "json"),
            (Shipper::Vector, Word(words), "{ algorithm: gzip }"),
            (Shipper::Vector, Newer(words), "parquet"),
            (Shipper::FluentBit, Flag, "On"),
            (Shipper::FluentBit, Size, "5MB"),
            (Shipper::FluentBit, Size, "${LIMIT}"),
            (Shipper::FluentBit, Word(words), "JSON"),
            (Shipper::FluentBit, Any, "[a]"),
        ] {
            assert_eq!(said(shipper, value, text), None, "{text}");
        }
    }

    #[test]
    fn what_a_shipper_refuses_is_said() {
        use Value::{Count, Duration, Flag, List, Map, Newer, Size, Text, Word};
        let words: &[&str] = &["json", "text"];
        for (shipper, value, text, message) in [
            (Shipper::Alloy, Duration, "\"7d\"", "`7d` is no duration that Alloy knows"),
            (Shipper::Alloy, Duration, "10", "`10` has no unit"),
            (Shipper::Alloy, List, "loki.write.a.receiver", "expected a list, found a receiver"),
            (Shipper::Alloy, Flag, "\"true\"", "expected `true` or `false`, found `true`"),
            (Shipper::Alloy, Map, "[\"a\"]", "expected an object, found a list"),
            (Shipper::Alloy, Word(words), "\"jsn\"", "`jsn` is none of the values that this takes"),
            (Shipper::Vector, Count, "-1", "expected a whole number of zero or more, found `-1`"),
            (Shipper::Vector, Text, "5", "expected a string, found `5`"),
            (Shipper::Vector, List, "a", "expected a list, found `a`"),
            (Shipper::Vector, Newer(words), "txt", "`txt` is none of the values that this takes"),
            (Shipper::FluentBit, Flag, "maybe", "`maybe` is neither on nor off"),
            (Shipper::FluentBit, Size, "10MiB", "`10MiB` is no size that Fluent Bit knows"),
        ] {
            assert_eq!(said(shipper, value, text).as_deref(), Some(message), "{text}");
        }
    }
}

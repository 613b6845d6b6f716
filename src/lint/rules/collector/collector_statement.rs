//! Names in the statements and conditions of a Collector that it does not know.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::ottl;
use crate::lint::words::ottl_names::{CONSTANTS, CONVERTERS, ELSEWHERE, FIELDS};
use crate::lint::words::pattern::matches_anything;
use crate::source::Node;

rule! {
    /// A statement or a condition in OTTL calls a function, reads a field or compares with a constant that is nearly one that there is
    /// or is called so in another language, or asks for a context that its signal does not have: the Collector refuses to start. Or it never does anything, or what nobody means, such as
    /// to call lines of information errors.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   filter: { traces: { span: ['attribute["http.route"] == "/healthz"'] } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [filter], exporters: [otlp] } } }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   transform: { log_statements: [{ context: log, statements: ['replace_match(body, "ID[0-9]{8}", "ID")'] }] }
    /// exporters: { otlp: { endpoint: "loki:4317" } }
    /// service: { pipelines: { logs: { receivers: [otlp], processors: [transform], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   filter: { traces: { span: ['attributes["http.route"] == "/healthz"'] } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [filter], exporters: [otlp] } } }
    /// ```
    CollectorStatement, "collector-statement", Error
}

impl Rule for CollectorStatement {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for section in ["processors", "connectors"] {
            for (id, _, body) in view.config.components(section) {
                let of_statements =
                    matches!((section, kind(id)), ("processors", "filter" | "transform") | ("connectors", "count" | "sum" | "routing"));
                if section == "processors" && kind(id) == "tail_sampling" {
                    let mut report = Section::new(&META, format!("{section}.{id}"), found);
                    for policy in body.items_of("policies").filter_map(|policy| policy.get("ottl_condition")) {
                        texts(policy, "", &mut report);
                    }
                }
                if section == "processors" && kind(id) == "filter" {
                    let mut report = Section::new(&META, format!("{section}.{id}"), found);
                    both_ways(body, &mut report);
                }
                if of_statements {
                    let mut report = Section::new(&META, format!("{section}.{id}"), found);
                    texts(body, "", &mut report);
                    contexts(body, &mut report);
                    worsened(body, &mut report);
                }
            }
        }
    }
}

/// Two conditions of one list of which one always holds: each of them drops what it fits.
fn both_ways(body: &Node, report: &mut Section<'_>) {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let lists = body.entries().flat_map(|(key, _, section)| section.entries().map(move |(_, _, list)| (key, list)));
    for (key, list) in lists {
        let all: Vec<String> = list.items().filter_map(Node::as_str).map(bare).collect();
        for (node, text) in list.items().filter_map(Node::with_str) {
            let text = bare(text);
            let rest = text.strip_prefix("not").map(|rest| rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest));
            if rest.is_some_and(|rest| all.iter().any(|other| other == rest)) {
                let message = "with its opposite in the same list everything is dropped";
                report.add(Level::Error, node, key, message, "join them by `and`, or remove one");
            }
        }
    }
}

/// Statements that call lines of information errors. What conditions of their own choose may be meant.
fn worsened(body: &Node, report: &mut Section<'_>) {
    let is_open = |group: &&Node| group.items_of("conditions").next().is_none();
    let groups = body.items_of("log_statements").filter(is_open);
    for (node, text) in groups.flat_map(|group| std::iter::once(group).chain(group.items_of("statements"))).filter_map(Node::with_str) {
        if let Some(said) = ottl::worsens(text) {
            let message = format!("{}: lines of information become {said} by this", node.describe());
            report.add(Level::Warning, node, "log_statements", message, "was `>=` meant?");
        }
    }
}

/// The contexts that statements of a signal may be about.
fn contexts(body: &Node, report: &mut Section<'_>) {
    const OWN: &[(&str, &[&str])] = &[
        ("trace_statements", &["resource", "scope", "instrumentation_scope", "span", "spanevent"]),
        ("metric_statements", &["resource", "scope", "instrumentation_scope", "metric", "datapoint"]),
        ("log_statements", &["resource", "scope", "instrumentation_scope", "log"]),
    ];
    for group in body.items_of("metric_statements") {
        if group.get("context").and_then(Node::as_str) == Some("metric") {
            without_attributes(group.get("statements").into_iter().chain(group.get("conditions")), "metric_statements", report);
        }
    }
    without_attributes(body.get("metrics").and_then(|metrics| metrics.get("metric")).into_iter(), "metrics", report);
    for (key, known) in OWN {
        for node in body.items_of(key).filter_map(|group| group.get("context")) {
            if node.as_str().is_some_and(|text| !text.is_empty() && !text.contains('$') && !known.contains(&text)) {
                report.add(
                    Level::Error,
                    node,
                    key,
                    format!("`{key}` have no context {}", node.describe()),
                    &format!("use one of {}", known.join(", ")),
                );
            }
        }
    }
}

/// Statements about metrics, which have no attributes: those are of their data points.
fn without_attributes<'a>(lists: impl Iterator<Item = &'a Node>, key: &str, report: &mut Section<'_>) {
    for node in lists.flat_map(Node::items).filter(|node| node.as_str().is_some_and(ottl::reads_own_attributes)) {
        let message = format!("{}: a metric has no attributes, its data points have", node.describe());
        report.add(Level::Error, node, key, message, "use the context `datapoint`, or `resource.attributes`");
    }
}

/// Every text that is a statement or a condition.
fn texts(node: &Node, key: &str, report: &mut Section<'_>) {
    if let Some(text) = node.as_str() {
        let is_statement = !matches!(key, "" | "context" | "error_mode" | "description" | "key" | "default_value" | "match_type");
        if let Some((message, meant)) = Some(text).filter(|_| is_statement).and_then(slip) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), &format!("did you mean `{meant}`?"));
        } else if let Some((message, help)) = Some(text).filter(|_| is_statement).and_then(ottl::trouble) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), help);
        } else if is_statement && ottl::never(text) {
            report.add(Level::Error, node, key, format!("{}: this is never true", node.describe()), "correct it");
        } else if let Some((message, help)) = Some(text).filter(|_| is_statement).and_then(ruin) {
            report.add(Level::Warning, node, key, format!("{}: {message}", node.describe()), help);
        } else if let Some((message, help)) = Some(text).filter(|_| is_statement).and_then(call) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), help);
        }
        return;
    }
    for (name, _, value) in node.entries() {
        // Matching by lists of names is no OTTL, and pipelines are named by their own.
        if !matches!(name, "include" | "exclude" | "attributes" | "pipelines" | "default_pipelines") {
            texts(value, name, report);
        }
    }
    node.items().for_each(|item| texts(item, key, report));
}

/// A statement that leaves nothing of what it looks at, or that is never carried out.
fn ruin(text: &str) -> Option<(String, &'static str)> {
    let text = text.trim();
    if text.ends_with(" where false") {
        return Some(("this is never done".to_owned(), "say when, or leave it out"));
    }
    if let Some(name) = ottl::reads_what_is_missing(text) {
        return Some((format!("this reads `{name}` where it is missing"), "write `!= nil`"));
    }
    if let Some(value) = ottl::hides_what_is_there(text) {
        return Some((format!("this writes `{value}` over every value that is there"), "write `== nil`"));
    }
    let (name, rest) = text.split_once('(')?;
    let given = arguments(rest)?;
    if name.trim() == "set" && hides_what_is_missing(text, &given) {
        return Some(("this hides a value where there is none, and leaves those that are there".to_owned(), "write `!= nil`"));
    }
    if let Some(trouble) = replacement(name.trim(), &given) {
        return Some(trouble);
    }
    let second = given.get(1).map_or("", |one| one.trim());
    let anything = || second.strip_prefix('"').and_then(|text| text.strip_suffix('"')).is_some_and(matches_anything);
    let is_all = given.first().is_some_and(|one| one.trim().ends_with("attributes"));
    // What is done to some only may be meant.
    if text.contains(" where ") || !is_all {
        return None;
    }
    match name.trim() {
        "delete_matching_keys" if anything() => Some(("every attribute goes".to_owned(), "say which ones")),
        "keep_keys" if second == "[]" => Some(("no attribute is kept".to_owned(), "name those that are to stay")),
        "truncate_all" if second == "0" => Some(("nothing is left of any text".to_owned(), "leave some hundred letters, as `4096`")),
        "truncate_all" if second.parse().is_ok_and(|most: u32| most < 16) => {
            Some((format!("{second} letters are left of any text, which tells nothing"), "leave some hundred letters, as `4096`"))
        }
        "limit" if second == "0" => Some(("no attribute is kept".to_owned(), "keep some, as `64`")),
        _ => None,
    }
}

/// Whether a value is hidden where it is missing.
fn hides_what_is_missing(text: &str, given: &[&str]) -> bool {
    const HIDDEN: &[&str] = &["redact", "mask", "hidden", "removed", "filtered", "***"];
    let [path, value] = given else { return false };
    let is_hidden = HIDDEN.iter().any(|word| value.to_lowercase().contains(word));
    let asked = text.rsplit_once(" where ").and_then(|(_, condition)| condition.trim().strip_suffix("nil")?.trim_end().strip_suffix("=="));
    is_hidden && asked.is_some_and(|asked| asked.trim() == path.trim())
}

/// Replacements that never take place, or name a group that there is not.
fn replacement(name: &str, given: &[&str]) -> Option<(String, &'static str)> {
    let text = |at: usize| given.get(at)?.trim().strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains("${env:"));
    match name {
        "replace_match" | "replace_all_matches" => {
            let pattern = text(1)?;
            // A glob knows no repetition, and a class of it is one letter.
            let is_regex = ["]+", "]*", "\\d", "\\w", ".*", ".+", ")+", "(?"].iter().any(|part| pattern.contains(part))
                || pattern.starts_with('^')
                || is_repeated(pattern);
            is_regex
                .then(|| (format!("`{pattern}` is read as a pattern of files, and not as a regular expression"), "use `replace_pattern`"))
        }
        "replace_pattern" | "replace_all_patterns" => {
            let at = if name == "replace_pattern" { 1 } else { 2 };
            let groups = regex::Regex::new(&text(at)?.replace("\\\\", "\\")).ok()?.captures_len();
            let number = text(at + 1)?.split('$').skip(1).find_map(|rest| {
                let digits = rest.trim_start_matches('{');
                digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse::<usize>().ok()
            })?;
            (number >= groups)
                .then(|| (format!("the pattern has no group {number}, so nothing stands there"), "put what is to stay into parentheses"))
        }
        _ => None,
    }
}

/// Whether a class or a group is said to come so many times: `[0-9]{8}`.
fn is_repeated(pattern: &str) -> bool {
    let is_count = |inside: &str| !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let mut behind = pattern.match_indices(['{']).filter(|(at, _)| pattern[..*at].ends_with([']', ')']));
    behind.any(|(at, _)| pattern[at + 1..].split_once('}').is_some_and(|(inside, _)| is_count(inside)))
}

/// How many arguments functions take that take one number of them, and which of those is a pattern.
const CALLS: &[(&str, usize, Option<usize>)] = &[
    ("set", 2, None),
    ("delete_key", 2, None),
    ("delete_matching_keys", 2, Some(1)),
    ("keep_keys", 2, None),
    ("keep_matching_keys", 2, Some(1)),
    ("truncate_all", 2, None),
    ("HasAttrOnDatapoint", 2, None),
    ("HasAttrKeyOnDatapoint", 1, None),
    ("limit", 3, None),
    ("merge_maps", 3, None),
    ("IsMatch", 2, Some(1)),
    ("HasPrefix", 2, None),
    ("HasSuffix", 2, None),
    ("Concat", 2, None),
    ("Split", 2, None),
    ("ExtractPatterns", 2, Some(1)),
];

/// A call with too few or too many arguments, or with a pattern that cannot be read; and a path without quotes.
fn call(text: &str) -> Option<(String, &'static str)> {
    let mut parts: Vec<(usize, &str)> = Vec::new();
    let mut quoted = false;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'"' && (at == 0 || bytes[at - 1] != b'\\') {
            quoted = !quoted;
        }
        let follows = bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        if *byte == b'/' && !quoted && follows && at > 0 && bytes[at - 1] == b' ' {
            return Some(("a text stands between quotes".to_owned(), "write it as `\"/path\"`"));
        }
        let starts = !quoted && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'));
        if starts && text.is_char_boundary(at) {
            parts.push((at, &text[at..]));
        }
    }
    for (_, rest) in &parts {
        if let Some(trouble) = replaced(rest) {
            return Some(trouble);
        }
    }
    for (_, rest) in parts {
        let Some((_, wanted, pattern, inside)) =
            CALLS.iter().find_map(|(name, wanted, pattern)| Some((name, wanted, pattern, rest.strip_prefix(name)?.strip_prefix('(')?)))
        else {
            continue;
        };
        let given = arguments(inside)?;
        // What to do with a value that is there already may be said, too.
        let strategy = rest.starts_with("set(") && given.len() == 3 || rest.starts_with("truncate_all(") && (2..=4).contains(&given.len());
        if given.len() != *wanted && !strategy {
            return Some((format!("{wanted} arguments are asked for, and {} given", given.len()), "see the documentation of OTTL"));
        }
        let is_text = |at: usize| given.get(at).is_some_and(|one: &&str| one.trim().starts_with(['"', '-']));
        if is_text(1) && (rest.starts_with("limit(") || rest.starts_with("truncate_all(")) {
            return Some((format!("{} is no number of zero or more", given[1].trim()), "write a number"));
        }
        let text = pattern.and_then(|at| given[at].trim().strip_prefix('"')?.strip_suffix('"'));
        if let Some(text) = text.filter(|text| !text.contains("(?") && crate::promql::regex::check(&text.replace("\\\\", "\\")).is_err()) {
            return Some((format!("`{text}` is no regular expression"), "correct it"));
        }
    }
    None
}

/// What is replaced: the pattern, and whether that is looked for in keys or in values.
fn replaced(call: &str) -> Option<(String, &'static str)> {
    let (at, inside) =
        [("replace_pattern(", 1), ("replace_all_patterns(", 2)].iter().find_map(|(name, at)| Some((*at, call.strip_prefix(name)?)))?;
    let given = arguments(inside)?;
    let text = |at: usize| given.get(at)?.trim().strip_prefix('"')?.strip_suffix('"');
    if let Some(mode) = text(1).filter(|mode| at == 2 && !matches!(*mode, "key" | "value")) {
        return Some((format!("`{mode}` is no part of an attribute"), "write `\"key\"` or `\"value\"`"));
    }
    let pattern = text(at).filter(|text| !text.contains("(?") && !text.contains("${"))?;
    let is_wrong = crate::promql::regex::check(&pattern.replace("\\\\", "\\")).is_err();
    is_wrong.then(|| (format!("`{pattern}` is no regular expression"), "correct it"))
}

/// What stands between commas up to the bracket that closes a call.
fn arguments(text: &str) -> Option<Vec<&str>> {
    let (mut depth, mut quoted, mut start, mut found) = (0_usize, false, 0, Vec::new());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if at == 0 || bytes[at - 1] != b'\\' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                found.push(&text[start..at]);
                return Some(found);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// The first name that is nearly one that there is.
pub(super) fn slip(text: &str) -> Option<(String, &'static str)> {
    let bytes = text.as_bytes();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let functions = [ottl::EDITORS, CONVERTERS].concat();
    let (mut at, mut before) = (0, b' ');
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                before = b'"';
            }
            byte if byte.is_ascii_alphabetic() => {
                let start = at;
                while at < bytes.len() && is_name(bytes[at]) {
                    at += 1;
                }
                let (word, next) = (&text[start..at], bytes.get(at).copied().unwrap_or(b' '));
                // What stands behind a dot is a part of something else.
                let is_constant = ["SEVERITY_", "SPAN_KIND_", "STATUS_CODE_", "METRIC_DATA_TYPE_", "AGGREGATION_TEMPORALITY_"];
                let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
                if is_constant.iter().any(|start| word.starts_with(start)) && !CONSTANTS.contains(&bare) && before != b'.' {
                    let last = bare.rsplit('_').next().unwrap_or("");
                    let meant = misspelt(bare, CONSTANTS).or_else(|| CONSTANTS.iter().find(|known| known.ends_with(last)).copied());
                    return Some((format!("there is no constant `{word}`"), meant.unwrap_or("SEVERITY_NUMBER_ERROR")));
                }
                let is_call = next == b'(' && before != b'.';
                let other = functions.iter().find(|known| known.eq_ignore_ascii_case(word) && **known != word);
                let foreign = || ELSEWHERE.iter().find(|(theirs, _)| *theirs == word).map(|(_, own)| own);
                if let Some(meant) = other.or_else(foreign).filter(|_| is_call && !functions.contains(&word)) {
                    return Some((format!("there is no function `{word}`"), meant));
                }
                let known = match next {
                    _ if before == b'.' => None,
                    b'(' => Some(("there is no function", functions.as_slice())),
                    b'=' if bytes.get(at + 1) != Some(&b'=') => None,
                    b'.' | b'[' => Some(("there is no field", FIELDS)),
                    _ if word.len() > 8 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') => {
                        Some(("there is no constant", CONSTANTS))
                    }
                    b',' | b' ' | b')' if word.len() > 3 && !matches!(word, "true" | "false" | "where" | "nil") => {
                        Some(("there is no field", FIELDS))
                    }
                    _ => None,
                };
                if let Some((what, known)) = known
                    && let Some(meant) = misspelt(word, known).filter(|_| !word.ends_with(|c: char| c.is_ascii_digit()))
                {
                    return Some((format!("{what} `{word}`"), meant));
                }
                before = b'a';
            }
            byte => {
                before = byte;
                at += 1;
            }
        }
    }
    None
}

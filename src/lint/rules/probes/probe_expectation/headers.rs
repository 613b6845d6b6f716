//! Headers that are sent and expected.

use crate::diagnostic::{Level, misspelt};
use crate::lint::rule::Section;
use crate::lint::words::anchored::full_match;
use crate::lint::words::headers::OF_ANSWERS;
use crate::lint::words::pattern::matches_anything;
use crate::source::Node;

/// Headers that guard those who look at a page, with values as they should be.
const GUARDS: &[(&str, &[&str])] = &[
    ("Strict-Transport-Security", &["max-age=31536000", "max-age=63072000; includeSubDomains; preload"]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["DENY", "SAMEORIGIN"]),
    ("Content-Security-Policy", &["default-src 'self'"]),
];

pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

pub(super) fn headers(http: &Node, report: &mut Section<'_>) {
    let sent: Vec<(&str, &Node, &Node)> = http.entries_of("headers").collect();
    for (index, (name, key, value)) in sent.iter().enumerate() {
        if !is_token(name) {
            report.add(Level::Error, key, "headers", format!("`{name}` is no name of a header"), "use letters, digits and `-`");
        } else if sent[..index].iter().any(|(other, ..)| other.eq_ignore_ascii_case(name)) {
            report.add(Level::Warning, key, "headers", format!("the header `{name}` is there twice"), "remove one");
        } else if value.as_str().is_some_and(|text| text.contains(['\n', '\r'])) {
            report.add(
                Level::Error,
                value,
                "headers",
                format!("the header `{name}` has a line break, and nothing is sent"),
                "write it on one line",
            );
        } else if name.eq_ignore_ascii_case("accept-encoding") && http.get("compression").is_none() {
            let reads = http.entries().any(|(key, ..)| key.starts_with("fail_if_body"));
            if reads && value.as_str() != Some("identity") {
                let message = "the exporter does not unpack the body, so no pattern will match it".to_owned();
                report.add(Level::Warning, value, "headers", message, "set `compression:` as well");
            }
        }
    }
    for (_, _, value) in sent.iter().filter(|(name, ..)| name.eq_ignore_ascii_case("content-type")) {
        if value.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['/', '$', '{'])) {
            let message = format!("{} is no type of content", value.describe());
            report.add(Level::Warning, value, "headers", message, "write it as `application/json`");
        }
    }
}

/// Headers of the answer that it must or must not have.
pub(super) fn expected(http: &Node, report: &mut Section<'_>) {
    let sent: Vec<(&str, &Node, &Node)> = http.entries_of("headers").collect();
    let accepted = sent.iter().find(|(name, ..)| name.eq_ignore_ascii_case("accept")).and_then(|(_, _, value)| value.as_str());
    for (key, wanted) in [("fail_if_header_matches", false), ("fail_if_header_not_matches", true)] {
        for item in http.items_of(key) {
            let (Some(name), Some(regexp)) = (item.get("header"), item.get("regexp")) else { continue };
            let dashed = name
                .as_str()
                .map(|text| text.replace('_', "-"))
                .filter(|text| text.eq_ignore_ascii_case("content-type") || text.eq_ignore_ascii_case("cache-control"));
            if let Some(meant) = dashed.as_deref().filter(|text| name.as_str() != Some(*text)) {
                report.add(
                    Level::Warning,
                    name,
                    key,
                    format!("no server sends a header {}", name.describe()),
                    &format!("did you mean `{meant}`?"),
                );
            }
            let written = name.as_str().unwrap_or("").to_lowercase();
            let meant = misspelt(&written, OF_ANSWERS).filter(|meant| {
                // What begins with `x-` is of somebody's own.
                written.len() > 5 && dashed.is_none() && written.starts_with("x-") == meant.starts_with("x-")
            });
            if let Some(meant) = meant.filter(|_| item.get("allow_missing").and_then(Node::as_bool) != Some(true)) {
                let message = format!("no server sends a header {}, and the probe fails without it", name.describe());
                report.add(Level::Warning, name, key, message, &format!("did you mean `{meant}`?"));
            }
            let of_requests = ["host", "accept", "accept-language", "authorization", "cookie", "referer", "user-agent", "if-none-match"];
            let always = item.get("allow_missing").and_then(Node::as_bool) != Some(true);
            if name.as_str().is_some_and(|name| of_requests.contains(&name.to_lowercase().as_str())) && always {
                let message = format!("{} is a header of requests, and no answer has it", name.describe());
                report.add(Level::Warning, name, key, message, "name a header of the answer, such as `Content-Type`");
            }
            if !name.as_str().is_some_and(|name| is_token(name) || name.is_empty()) {
                report.add(Level::Error, name, key, format!("{} is no name of a header", name.describe()), "use letters, digits and `-`");
            }
            let Some(pattern) = regexp.as_str() else { continue };
            // Any value at all is a way to ask that the header is there, or that it is not.
            let misses = item.get("allow_missing").and_then(Node::as_bool) == Some(true);
            if matches_anything(pattern) {
                // What every answer has tells nothing at all.
                let is_everywhere = name.as_str().is_some_and(|name| ["content-type", "date"].contains(&name.to_lowercase().as_str()));
                if misses != wanted && !(wanted && is_everywhere) {
                    continue;
                }
                let effect = if wanted { "so this never fails" } else { "so this always fails" };
                report.add(
                    Level::Warning,
                    regexp,
                    key,
                    format!("{} matches anything, {effect}", regexp.describe()),
                    "say what is expected",
                );
                continue;
            }
            let opposed = http.items_of("fail_if_header_not_matches").any(|other| {
                let same = |key: &str| {
                    other.get(key).and_then(Node::as_str).map(str::to_lowercase)
                        == item.get(key).and_then(Node::as_str).map(str::to_lowercase)
                };
                same("header") && same("regexp")
            });
            if !wanted && opposed {
                let message =
                    format!("{} has to match by `fail_if_header_not_matches` and must not here: this always fails", regexp.describe());
                report.add(Level::Error, regexp, key, message, "remove one of the two");
                continue;
            }
            let is_hsts = name.as_str().is_some_and(|name| name.eq_ignore_ascii_case("strict-transport-security"));
            if let Some((written, meant)) = Some(pattern).filter(|_| is_hsts).and_then(directive) {
                let message = format!("the header has no `{written}`, so this never matches");
                report.add(Level::Warning, regexp, key, message, &format!("did you mean `{meant}`?"));
                continue;
            }
            let guard = GUARDS.iter().find(|(guard, _)| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(guard)));
            let refused = guard
                .filter(|(_, values)| !wanted && values.iter().any(|value| full_match(&format!(".*(?:{pattern}).*"), value) == Some(true)));
            if let Some((guard, _)) = refused {
                let message = format!("the probe fails where `{guard}` guards the page, as it should");
                report.add(Level::Warning, regexp, key, message, "was `fail_if_header_not_matches` meant?");
                continue;
            }
            let is_type = name.as_str().is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            // What is read as JSON has to be of that kind, too.
            let read =
                ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"].into_iter().find(|key| http.get(key).is_some());
            let wanted_type = accepted.or(read.map(|_| "application/json"));
            let Some(types) = wanted_type.filter(|types| is_type && !types.contains('*')) else { continue };
            let may = types.split(',').any(|kind| {
                let kind = kind.split(';').next().unwrap_or("").trim();
                full_match(&format!(".*(?:{pattern}).*"), kind) != Some(false)
                    || full_match(&format!(".*(?:{pattern}).*"), &format!("{kind}; charset=utf-8")) != Some(false)
            });
            if may != wanted {
                let asked = read
                    .filter(|_| accepted.is_none())
                    .map_or_else(|| format!("`Accept: {types}` is asked for"), |key| format!("`{key}` reads JSON"));
                let message = format!("{asked}, and an answer of that kind fails");
                report.add(Level::Warning, regexp, key, message, "ask for what is expected");
            }
        }
    }
}

/// Cookies that are asked for by their names alone.
pub(super) fn cookies(http: &Node, report: &mut Section<'_>) {
    for (key, effect) in [("fail_if_header_matches", "so this never fails"), ("fail_if_header_not_matches", "so this always fails")] {
        let of_cookies = |item: &&Node| item.get_str("header").is_some_and(|(_, name)| name.eq_ignore_ascii_case("set-cookie"));
        let patterns = http.items_of(key).filter(of_cookies).filter_map(|item| item.get_str("regexp"));
        for (node, _) in patterns.filter(|(_, pattern)| lacks_equals(pattern)) {
            let message = format!("a cookie is set as `name=value`, which {} never matches, {effect}", node.describe());
            report.add(Level::Warning, node, key, message, "write it as `^name=`");
        }
    }
}

/// Whether a pattern matches nothing but whole texts without `=`: `^session$`.
fn lacks_equals(pattern: &str) -> bool {
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')))
}

/// A word of a pattern that is nearly one of those that `Strict-Transport-Security` consists of.
fn directive(pattern: &str) -> Option<(&str, &'static str)> {
    const DIRECTIVES: &[&str] = &["max-age", "includeSubDomains", "preload"];
    let words = pattern.split(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '-' | '_')).filter(|word| word.len() > 5);
    words
        .filter_map(|word| Some((word, misspelt(word, DIRECTIVES)?)))
        .find(|(word, meant)| !word.eq_ignore_ascii_case(meant) && strsim::damerau_levenshtein(word, meant) == 1 && !pattern.contains('|'))
}

/// What is sent: a body that is not of the type that it is called, credentials without any, packed answers that are not asked for.
pub(super) fn sent(http: &Node, report: &mut Section<'_>) {
    let header = |wanted: &str| {
        let all = http.entries_of("headers");
        all.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, _, node)| Some((node, node.as_str()?)))
    };
    let signed =
        ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"].into_iter().find(|key| http.get(key).is_some());
    if let (Some((node, _)), Some(key)) = (header("authorization"), signed) {
        let message = format!("with this header `{key}` is not used");
        report.add(Level::Warning, node, "headers", message, "keep one of the two");
    }
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let body = http.get_str("body").filter(|(_, text)| !text.contains("${") && !text.contains("{{"));
    if let (Some((node, kind)), Some((place, text))) = (header("content-type"), body) {
        let kind = kind.split(';').next().unwrap_or("").trim().to_lowercase();
        let is_object = text.trim_start().starts_with(['{', '[']) && is_json(text);
        if kind == "application/json" && !is_json(text) {
            report.add(Level::Warning, place, "body", "this is no JSON, and is sent as such", "correct it");
        } else if is_object && (kind.ends_with("xml") || kind == "application/x-www-form-urlencoded") {
            report.add(
                Level::Warning,
                node,
                "headers",
                format!("the body is JSON, and is sent as {}", node.describe()),
                "write `application/json`",
            );
        }
    }
    if let Some((node, text)) = header("authorization")
        && matches!(text.trim().to_lowercase().as_str(), "bearer" | "basic" | "token")
    {
        report.add(
            Level::Warning,
            node,
            "headers",
            format!("{} is followed by no credentials", node.describe()),
            "use `authorization:` with a file",
        );
    }
    let has_credentials =
        ["basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2"].iter().find(|key| http.get(key).is_some());
    let codes: Vec<&Node> = http.items_of("valid_status_codes").collect();
    if let (Some(key), [code]) = (has_credentials, codes.as_slice())
        && matches!(code.as_i64(), Some(401 | 403))
    {
        let message = format!("`{key}` is to be let in, and only a refusal counts");
        report.add(Level::Warning, code, "valid_status_codes", message, "expect `200`, or leave the credentials out");
    }
    let packed = http.get_str("compression").filter(|(_, text)| !text.is_empty());
    if let (Some((node, wanted)), Some((_, accepted))) = (packed, header("accept-encoding")) {
        let refused = |part: &str| part.split(';').nth(1).is_some_and(|weight| matches!(weight.trim(), "q=0" | "q=0.0"));
        let names =
            |part: &str| matches!(part.split(';').next().unwrap_or("").trim(), name if name.eq_ignore_ascii_case(wanted) || name == "*");
        if !accepted.split(',').any(|part| names(part) && !refused(part)) {
            let message =
                format!("`Accept-Encoding: {accepted}` does not ask for {}, and the exporter refuses the two together", node.describe());
            report.add(Level::Error, node, "compression", message, "name the same in both");
        }
    }
}

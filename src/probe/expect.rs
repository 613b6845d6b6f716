//! An answer against what is expected of it. Everything that is wrong is found, not only the first.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::client::{Answer, Chain, Tls, days};
use super::code::Code;
use super::failure::{Failure, Level};
use super::phases::{Spent, millis};
use super::{excerpt, json_path};
use crate::manifest::health::Statuses;
use crate::model::health::Expect;
use crate::model::values::anchored;

/// Who has less than this left should renew a certificate.
const AT_EASE: Duration = Duration::from_hours(21 * 24);

/// Everything that is wrong with an answer that took so long, to a question with credentials or without.
pub(super) fn judge(answer: &Answer, expect: &Expect, url: &str, took: Duration, with_credentials: bool) -> Vec<Failure> {
    let mut failures: Vec<Failure> = status(answer, expect, url, with_credentials).into_iter().collect();
    failures.extend(headers(answer, expect));
    failures.extend(encoded(answer));
    failures.extend(answer.trouble.iter().map(|(code, detail)| Failure::new(*code, detail)));
    failures.extend(body(answer, expect));
    failures.extend(json(answer, expect));
    failures.extend(slow(expect, took, answer.phases.first_byte_ms));
    failures
}

fn status(answer: &Answer, expect: &Expect, url: &str, with_credentials: bool) -> Option<Failure> {
    if expect.statuses.contain(answer.status) {
        return None;
    }
    let (observed, expected) = (answer.status, &expect.statuses);
    let failure = match observed {
        300..=399 => redirect(answer, url, expected),
        401 | 403 if with_credentials => {
            Failure::new(Code::Auth, format!("{observed}, expected {expected}, although the manifest's credentials were sent"))
        }
        401 | 403 => Failure::new(Code::Auth, format!("{observed}, expected {expected}; the manifest sends no credentials")),
        _ if answer.body.is_empty() => Failure::new(Code::Status, format!("{observed}, expected {expected}; the body is empty")),
        _ => Failure::new(Code::Status, format!("{observed}, expected {expected}; body: {}", excerpt::of_body(&answer.body))),
    };
    Some(failure.against(expected.to_string(), observed.to_string()))
}

/// A redirect is not followed, but where it leads to tells much.
fn redirect(answer: &Answer, url: &str, expected: &Statuses) -> Failure {
    let observed = answer.status;
    let Some(to) = answer.header("location").next() else {
        return Failure::new(Code::Redirect, format!("{observed} without a `Location`, expected {expected}"));
    };
    let path =
        |url: &str| url.split_once("://").map_or(url.to_owned(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]).to_owned());
    let words = ["login", "signin", "sign-in", "sign_in", "/auth", "oauth", "sso", "saml", "authorize"];
    let lower = to.to_ascii_lowercase();
    let (code, why) = if to == url || to.starts_with('/') && to == path(url) {
        (Code::RedirectLoop, ", where it came from")
    } else if words.iter().any(|word| lower.contains(word)) {
        (Code::RedirectedToLogin, ", which looks like a login")
    } else {
        (Code::Redirect, "")
    };
    Failure::new(code, format!("{observed} to {to}{why}, expected {expected}"))
}

/// A body that is compressed though nobody asked for it is not looked into.
fn encoded(answer: &Answer) -> Option<Failure> {
    let encoding = answer.header("content-encoding").find(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"))?;
    Some(Failure::new(Code::BodyEncoded, format!("the body is `{encoding}`, and nobody asked for that")).against("no encoding", encoding))
}

/// That a certificate was not looked at is said every time.
pub(super) fn unverified(tls: Option<&Tls>) -> Option<Failure> {
    let unverified = tls.is_some_and(|tls| tls.unverified);
    unverified.then(|| Failure::new(Code::TlsUnverified, "the certificate was not looked at: `insecure_skip_verify`"))
}

/// A certificate that ends soon: sooner than the manifest allows, or than anybody can be at ease with.
pub(super) fn expiring(chain: Option<&Chain>, expect: &Expect) -> Option<Failure> {
    let (said, left) = chain?.soonest()?;
    let asked = expect.valid_for.map(|time| Duration::from_millis(time.0)).filter(|asked| left < *asked);
    let (limit, level) = asked.map_or((AT_EASE, Level::Warn), |asked| (asked, Level::Fail));
    let failure = (left < limit).then(|| Failure::new(Code::CertExpiring, format!("{said}, less than {}", days(limit))).level(level))?;
    Some(failure.against(days(limit), days(left)))
}

fn headers(answer: &Answer, expect: &Expect) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (name, pattern) in &expect.headers {
        let values: Vec<&str> = answer.header(name).collect();
        let Ok(regex) = anchored(pattern) else {
            failures.push(Failure::new(Code::Unsupported, format!("the expression for `{name}` cannot be used: {pattern}")));
            continue;
        };
        if values.is_empty() {
            failures.push(
                Failure::new(Code::HeaderMissing, format!("there is no header `{name}`, expected {pattern}")).against(pattern, "nothing"),
            );
        } else if !values.iter().any(|value| regex.is_match(value)) {
            let code = if name.eq_ignore_ascii_case("content-type") { Code::ContentType } else { Code::HeaderMismatch };
            let observed = values.join(", ");
            failures.push(Failure::new(code, format!("{name} is {observed}, expected {pattern}")).against(pattern, observed));
        }
    }
    failures
}

fn too_large(answer: &Answer, what: &str) -> Failure {
    Failure::new(Code::BodyTooLarge, format!("{what} in the first {} bytes of the body, and no more is read", answer.body.len()))
}

fn body(answer: &Answer, expect: &Expect) -> Option<Failure> {
    let pattern = expect.body.as_ref()?;
    let Ok(regex) = Regex::new(pattern) else {
        return Some(Failure::new(Code::Unsupported, format!("the expression for the body cannot be used: {pattern}")));
    };
    if regex.is_match(&answer.text()) {
        return None;
    }
    if answer.cut {
        return Some(too_large(answer, &format!("{pattern} does not match")));
    }
    let observed = excerpt::of_body(&answer.body);
    Some(Failure::new(Code::BodyMismatch, format!("{pattern} does not match the body: {observed}")).against(pattern, observed))
}

fn json(answer: &Answer, expect: &Expect) -> Vec<Failure> {
    if expect.json.is_empty() || encoded(answer).is_some() {
        return Vec::new();
    }
    if answer.cut {
        return vec![too_large(answer, "JSON does not end")];
    }
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(value) => expect.json.iter().filter_map(|(path, expected)| field(&value, path, expected)).collect(),
        // What kept the body from coming has been said.
        Err(_) if answer.trouble.is_some() => Vec::new(),
        Err(error) => vec![not_json(answer, &error)],
    }
}

fn not_json(answer: &Answer, error: &serde_json::Error) -> Failure {
    let media = answer.header("content-type").next().unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let says_json = essence == "application/json" || essence.ends_with("+json") || essence == "text/json";
    if says_json || media.is_empty() || answer.body.is_empty() {
        let place = format!("line {} column {}", error.line(), error.column());
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or_default();
        let body =
            if answer.body.is_empty() { "the body is empty".to_owned() } else { format!("body: {}", excerpt::of_body(&answer.body)) };
        return Failure::new(Code::JsonInvalid, format!("{place}: {what}; {body}")).against("JSON", format!("{place}: {what}"));
    }
    Failure::new(Code::ContentType, format!("expected JSON, got {essence}; body: {}", excerpt::of_body(&answer.body)))
        .against("JSON", essence)
}

fn field(value: &Value, path: &str, expected: &Value) -> Option<Failure> {
    match json_path::find(value, path) {
        Ok(observed) if json_path::same(expected, observed) => None,
        Ok(observed) => {
            // With its name, so that a secret is known for one.
            let shown = excerpt::of_body(format!("{{\"{path}\":{observed}}}").as_bytes());
            let observed =
                shown.strip_prefix(&format!("{{\"{path}\":")).map_or(shown.as_str(), |rest| rest.strip_suffix('}').unwrap_or(rest));
            Some(
                Failure::new(Code::JsonMismatch, format!("$.{path} is {observed}, expected {expected}"))
                    .against(expected.to_string(), observed),
            )
        }
        Err(keys) => {
            let has = if keys.is_empty() { String::new() } else { format!(" (has: {})", keys.join(", ")) };
            Some(
                Failure::new(Code::JsonMissing, format!("$.{path} is absent{has}, expected {expected}"))
                    .against(expected.to_string(), "nothing"),
            )
        }
    }
}

/// What is wrong with so long a time, of which so much passed before the first byte.
pub(super) fn slow(expect: &Expect, took: Duration, first_byte: Option<Spent>) -> Option<Failure> {
    let within = expect.within?;
    if took.as_millis() <= u128::from(within.0) {
        return None;
    }
    let waited = first_byte.map(|time| format!("; {:.0} ms of it before the first byte", time.millis())).unwrap_or_default();
    let took = format!("{:.0} ms", millis(took));
    Some(Failure::new(Code::Slow, format!("{took}, expected at most {within}{waited}")).against(within.to_string(), took))
}

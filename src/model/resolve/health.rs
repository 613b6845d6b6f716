//! Health checks: what each asks and what it expects.

use std::sync::Arc;

use serde_json::Value;

use super::addresses::{check_address, check_url};
use super::bodies::{check_text, find_secrets, plain};
use super::context::Context;
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::health as written;
use crate::manifest::scalars::{Duration, Slug, Text, shorten};
use crate::model::health::{Check, Covered, Expect, Line, Manner, Target, Thresholds};
use crate::source::{Lenient, Raw, Span, Spanned};

/// More attempts than anybody waits for.
const ATTEMPTS: u32 = 100;
/// More redirects than any server means.
const REDIRECTS: u32 = 20;

/// Every check that could be understood.
pub(super) fn resolve(context: &Context, findings: &mut Findings) -> Vec<Check> {
    let Some(health) = context.manifest.health.value() else { return Vec::new() };
    let base = health.base.valid();
    if let Some(base) = base {
        check_url(&base.value.0, base.span, "health.base", findings);
    }
    let mut all = Vec::with_capacity(health.count());
    health.each(context.sources, |name, written| {
        let next = check(context, name, written, base, all.last(), findings);
        all.extend(next);
    });
    all
}

/// A check, if it could be understood, beside the one before.
fn check(
    context: &Context,
    name: &Spanned<String>,
    written: &written::Check,
    base: Option<&Spanned<Text>>,
    before: Option<&Check>,
    findings: &mut Findings,
) -> Option<Check> {
    let path = format!("health.{}", name.value);
    if let Err(why) = Slug::parse(name) {
        findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
        return None;
    }
    let target = target(name, written, base.map(|base| base.value.0.as_str()), &path, findings)?;
    let expect = expect(written, &path, findings);
    let manner = manner(written, &target, &path, findings);
    let timeout = written.timeout.value().copied().unwrap_or(Duration::seconds(5));
    if timeout.0 == 0 {
        let span = written.timeout.span().unwrap_or(name.span);
        findings.add(Diagnostic::error(INVALID, span, "the timeout is zero").path(path.clone()));
    }
    check_covers(context, written, &path, findings);
    Some(Check {
        name: name.value.as_str().into(),
        target,
        is_own: written.path.valid().is_some(),
        expect: shared(expect, before.map(|check| &check.expect)),
        covers: shared(covers(context, written), before.map(|check| &check.covers)),
        manner: manner.map(|manner| shared(manner, before.and_then(|check| check.manner.as_ref()))),
        timeout,
        thresholds: thresholds(name, written, &path, findings),
    })
}

/// What is the same as with the check before is not kept twice.
fn shared<T: PartialEq>(new: T, before: Option<&Arc<T>>) -> Arc<T> {
    before.filter(|before| ***before == new).map_or_else(|| Arc::new(new), Arc::clone)
}

/// How many attempts decide.
fn thresholds(name: &Spanned<String>, check: &written::Check, path: &str, findings: &mut Findings) -> Thresholds {
    let success = whole(&check.success_threshold, 1..=ATTEMPTS, &format!("{path}.success_threshold"), findings);
    let failure = whole(&check.failure_threshold, 1..=ATTEMPTS, &format!("{path}.failure_threshold"), findings);
    if let Some((_, span)) = success.filter(|(success, _)| *success > 1 && name.value == "liveness") {
        let finding =
            Diagnostic::error(INVALID, span, "a liveness passes at its first success: Kubernetes takes no other `success_threshold`");
        findings.add(finding.help("take it away, or write it at `readiness`").path(format!("{path}.success_threshold")));
    }
    let or_one = |threshold: Option<(u32, Span)>| threshold.map_or(1, |(threshold, _)| threshold);
    Thresholds { success: or_one(success), failure: or_one(failure) }
}

/// A whole number within bounds, with its place.
fn whole(written: &Lenient<u32>, bounds: std::ops::RangeInclusive<u32>, path: &str, findings: &mut Findings) -> Option<(u32, Span)> {
    let written = written.valid()?;
    if !bounds.contains(&written.value) {
        let message = format!("`{}` is not between {} and {}", written.value, bounds.start(), bounds.end());
        findings.add(Diagnostic::error(INVALID, written.span, message).path(path));
    }
    Some((written.value, written.span))
}

/// How the other side is spoken to; `None` where nothing is said of it.
fn manner(check: &written::Check, target: &Target, path: &str, findings: &mut Findings) -> Option<Manner> {
    let is_http = matches!(target, Target::Http(_));
    let of_http = [
        ("basic_auth", check.basic_auth.span()),
        ("authorization", check.authorization.span()),
        ("proxy_url", check.proxy_url.span()),
        ("redirects", check.redirects.span()),
        ("http_version", check.http_version.span()),
    ];
    for (key, span) in of_http.into_iter().filter_map(|(key, span)| Some((key, span.filter(|_| !is_http)?))) {
        let finding = Diagnostic::error(INVALID, span, format!("`{key}` is of HTTP, and this check asks something else"));
        findings.add(finding.path(format!("{path}.{key}")));
    }
    if let Some(span) = check.query_response.span().filter(|_| !matches!(target, Target::Tcp(_))) {
        let finding = Diagnostic::error(INVALID, span, "`query_response` is of a TCP connection, and this check asks something else");
        findings.add(finding.help("write it beside `tcp:`").path(format!("{path}.query_response")));
    }
    if let Some(tls) = check.tls.valid() {
        find_secrets(tls, path, findings);
    }
    if let Some(url) = check.proxy_url.valid() {
        check_url(&url.value.0, url.span, &format!("{path}.proxy_url"), findings);
    }
    let manner = Manner {
        tls: check.tls.value().map(plain),
        credentials: credentials(check, path, findings),
        proxy: check.proxy_url.valid().map(owned),
        redirects: whole(&check.redirects, 0..=REDIRECTS, &format!("{path}.redirects"), findings).map_or(0, |(count, _)| count),
        http_version: check.http_version.value().copied(),
        dialogue: dialogue(check, path, findings),
    };
    (manner != Manner::default()).then_some(manner)
}

/// Who is asking.
fn credentials(check: &written::Check, path: &str, findings: &mut Findings) -> Option<(&'static str, Value)> {
    let bodies = [("basic_auth", &check.basic_auth), ("authorization", &check.authorization)];
    let mut said = bodies.into_iter().filter_map(|(key, body)| Some((key, body.valid()?)));
    let (key, body) = said.next()?;
    find_secrets(body, &format!("{path}.{key}"), findings);
    if let Some((other, second)) = said.next() {
        let finding = Diagnostic::error(INVALID, second.span, format!("a check has either `{key}` or `{other}`"));
        findings.add(finding.related(body.span, "the other one").path(path));
    }
    Some((key, plain(&body.value)))
}

fn dialogue(check: &written::Check, path: &str, findings: &mut Findings) -> Vec<Line> {
    let mut all = Vec::new();
    for written in check.query_response.value().into_iter().flatten().filter_map(Lenient::valid) {
        let line = &written.value;
        if let Some(pattern) = line.expect.valid() {
            check_pattern(pattern, path, findings);
        }
        if let Some(text) = line.send.valid().filter(|text| text.value.0.contains(['\n', '\r'])) {
            let finding = Diagnostic::error(INVALID, text.span, "a line has no line break in it: it gets one of its own");
            findings.add(finding.help("write each line as an entry of its own").path(format!("{path}.query_response")));
        }
        if line.expect.is_missing() && line.send.is_missing() {
            let finding = Diagnostic::error(crate::source::MISSING_KEY, written.span, "the line neither says nor expects anything");
            findings.add(finding.help("add `send`, `expect` or both").path(format!("{path}.query_response")));
        }
        all.push(Line { expect: line.expect.valid().map(owned), send: line.send.valid().map(owned) });
    }
    all
}

/// A text as checks hold it.
fn kept(text: &Spanned<Text>) -> Arc<str> {
    text.value.0.as_str().into()
}

fn target(name: &Spanned<String>, check: &written::Check, base: Option<&str>, path: &str, findings: &mut Findings) -> Option<Target> {
    let kinds = [("path", check.path.span()), ("url", check.url.span()), ("tcp", check.tcp.span()), ("grpc", check.grpc.span())];
    let said: Vec<_> = kinds.into_iter().filter_map(|(kind, span)| span.map(|span| (kind, span))).collect();
    match said.as_slice() {
        [] => {
            let unreadable = check.path.is_invalid() || check.url.is_invalid() || check.tcp.is_invalid() || check.grpc.is_invalid();
            if !unreadable {
                findings.add(
                    Diagnostic::error(crate::source::MISSING_KEY, name.span, format!("the check `{}` asks nothing", name.value))
                        .help("add `path`, `url`, `tcp` or `grpc`")
                        .path(path),
                );
            }
            return None;
        }
        [_] => {}
        [(first, one), (second, two), ..] => {
            findings.add(
                Diagnostic::error(INVALID, *two, format!("a check has either `{first}` or `{second}`"))
                    .related(*one, "the other one")
                    .path(path),
            );
            return None;
        }
    }
    if let Some(written) = check.path.valid() {
        if !written.value.0.starts_with('/') {
            findings.add(Diagnostic::error(INVALID, written.span, "the path must start with `/`").path(path));
        }
        let Some(base) = base else {
            findings.add(
                Diagnostic::error(crate::source::MISSING_KEY, written.span, "`path` is below `health.base`, which is missing")
                    .help("add `base: http://host:port`, or write a whole `url`")
                    .path(path),
            );
            return None;
        };
        return Some(Target::Http(format!("{}{}", base.trim_end_matches('/'), written.value.0).into()));
    }
    if let Some(url) = check.url.valid() {
        check_url(&url.value.0, url.span, path, findings);
        return Some(Target::Http(kept(url)));
    }
    if let Some(address) = check.tcp.valid() {
        check_address(address, findings);
        return Some(Target::Tcp(kept(address)));
    }
    let address = check.grpc.valid()?;
    check_address(address, findings);
    Some(Target::Grpc { address: kept(address), service: check.service.valid().map(kept) })
}

fn expect(check: &written::Check, path: &str, findings: &mut Findings) -> Expect {
    let Some(written) = check.expect.value() else { return Expect::default() };
    let mut headers = Vec::new();
    for (name, pattern) in written.headers.valid() {
        check_pattern(pattern, path, findings);
        check_text(name, name.span, path, findings);
        headers.push((name.value.clone(), owned(pattern)));
    }
    if let Some(body) = written.body.valid() {
        check_pattern(body, path, findings);
    }
    let mut json = Vec::new();
    for (field, value) in written.json.valid() {
        if matches!(value.value, Raw::Seq(_) | Raw::Map(_)) {
            findings.add(
                Diagnostic::error(
                    crate::source::WRONG_TYPE,
                    value.span,
                    format!("the expected value of `{}` is one value, not a list or a mapping", field.value),
                )
                .help("reach into objects with dots: `checks.database: ok`")
                .path(path),
            );
        }
        check_text(field, field.span, path, findings);
        if let Raw::String(text) = &value.value {
            check_text(text, value.span, path, findings);
        }
        json.push((field.value.clone(), plain(&value.value)));
    }
    Expect {
        statuses: written.status.value().cloned().unwrap_or_default(),
        json,
        headers,
        body: written.body.valid().map(owned),
        within: written.within.value().copied(),
        valid_for: written.valid_for.value().copied(),
    }
}

fn check_pattern(pattern: &Spanned<Text>, path: &str, findings: &mut Findings) {
    if let Err(error) = crate::promql::regex::check(&pattern.value.0) {
        findings.add(Diagnostic::error(INVALID, pattern.span, error.message).help("patterns are RE2 regular expressions").path(path));
    } else if crate::model::values::anchored(&pattern.value.0).is_err() {
        findings.add(
            Diagnostic::error(INVALID, pattern.span, "the regular expression uses syntax that is not understood everywhere").path(path),
        );
    }
}

/// The dependencies that a check claims to include.
fn covers(context: &Context, check: &written::Check) -> Vec<Covered> {
    let names = check.covers.value().into_iter().flatten().filter_map(|name| name.valid());
    let of = |name: &str| context.dependencies.iter().find(|dependency| dependency.name == name);
    let covered = |name: &Spanned<Text>| {
        let dependency = of(&name.value.0)?;
        let same = context.dependencies.iter().filter(|other| other.kind == dependency.kind).count();
        Some(Covered { name: dependency.name.clone(), kind: dependency.kind, only_of_its_kind: same == 1 })
    };
    names.filter_map(covered).collect()
}

/// Says which of the dependencies that a check claims to include are none.
fn check_covers(context: &Context, check: &written::Check, path: &str, findings: &mut Findings) {
    for name in check.covers.value().into_iter().flatten().filter_map(|name| name.valid()) {
        let known = context.dependencies.iter().map(|d| d.name.as_str());
        if !context.manifest.dependencies.contains_key(&name.value.0) {
            let finding =
                Diagnostic::error("unknown-dependency", name.span, format!("the manifest has no dependency `{}`", shorten(&name.value.0)))
                    .path(path);
            findings.add(match did_you_mean(&name.value.0, known) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("declare it under `dependencies:`"),
            });
        }
    }
}

//! Health checks: what each asks and what it expects.

use super::service::Context;
use super::stack::check_address;
use super::{Findings, INVALID, owned};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::health as written;
use crate::manifest::scalars::{Duration, Slug, shorten};
use crate::model::health::{Check, Covered, Expect, Target};
use crate::model::receivers::{check_text, credentials_in_url, find_secrets, has_credentials, plain};
use crate::source::{Raw, Spanned};

/// Every check that could be understood.
pub(super) fn resolve(context: &Context, findings: &mut Findings) -> Vec<Check> {
    let Some(health) = context.manifest.health.value() else { return Vec::new() };
    let base = health.base.valid();
    if let Some(base) = base {
        check_url(&base.value.0, base.span, "health.base", findings);
    }
    let mut all = Vec::new();
    for (name, check) in health.checks.valid() {
        let path = format!("health.{}", name.value);
        if let Err(why) = Slug::parse(name) {
            findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
            continue;
        }
        let Some(target) = target(name, &check.value, base.map(|b| b.value.0.as_str()), &path, findings) else { continue };
        let expect = expect(&check.value, &path, findings);
        if let Some(tls) = check.value.tls.valid() {
            find_secrets(tls, &path, findings);
        }
        let timeout = check.value.timeout.value().copied().unwrap_or(Duration::seconds(5));
        if timeout.0 == 0 {
            findings
                .add(Diagnostic::error(INVALID, check.value.timeout.span().unwrap_or(name.span), "the timeout is zero").path(path.clone()));
        }
        check_covers(context, &check.value, &path, findings);
        let covers = covers(context, &check.value);
        let (is_own, tls) = (check.value.path.valid().is_some(), check.value.tls.value().map(plain));
        all.push(Check { name: name.value.clone(), target, is_own, expect, covers, tls, timeout });
    }
    all
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
        return Some(Target::Http(format!("{}{}", base.trim_end_matches('/'), written.value.0)));
    }
    if let Some(url) = check.url.valid() {
        check_url(&url.value.0, url.span, path, findings);
        return Some(Target::Http(owned(url)));
    }
    if let Some(address) = check.tcp.valid() {
        check_address(address, findings);
        return Some(Target::Tcp(owned(address)));
    }
    let address = check.grpc.valid()?;
    check_address(address, findings);
    Some(Target::Grpc { address: owned(address), service: check.service.valid().map(owned) })
}

/// Says what is wrong with a URL.
pub(super) fn check_url(text: &str, span: crate::source::Span, path: &str, findings: &mut Findings) {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let fine = rest
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(|c: char| c.is_whitespace() || c.is_control()));
    if !fine {
        let finding = Diagnostic::error(INVALID, span, format!("`{}` is not a URL", shorten(text))).path(path);
        findings.add(finding.help("write it whole, as in `http://localhost:4000`"));
    } else if has_credentials(text) {
        findings.add(credentials_in_url(span, path));
    }
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
    }
}

fn check_pattern(pattern: &Spanned<crate::manifest::scalars::Text>, path: &str, findings: &mut Findings) {
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
    let covered = |name: &Spanned<crate::manifest::scalars::Text>| {
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

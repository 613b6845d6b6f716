//! Bodies with other programs' own keys, which are handed on as they are; no secret may stand in one.

use serde_json::Value;

use super::findings::{Findings, INVALID};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::Text;
use crate::source::{Lenient, Raw, Span, Spanned};

/// Keys under which Prometheus and Alertmanager take a secret itself.
const SECRETS: [&str; 16] = [
    "password",
    "credentials",
    "bearer_token",
    "client_secret",
    "routing_key",
    "service_key",
    "api_url",
    "auth_password",
    "auth_secret",
    "webhook_url",
    "api_key",
    "token",
    "secret",
    "key",
    "cert",
    "proxy_password",
];

/// Whether a key takes a secret itself.
pub(super) fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// Bodies with Prometheus's own keys, as it reads them, under its names for them. Each comes with its path in the manifest.
pub(super) fn bodies<'a>(
    written: impl IntoIterator<Item = (&'static str, String, &'a Lenient<Raw>)>,
    findings: &mut Findings,
) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for (key, path, body) in written {
        if let Some(body) = body.valid() {
            find_secrets(body, &path, findings);
            all.push((key, plain(&body.value)));
        }
    }
    all
}

/// Finds secrets that stand in a body itself, and text that not every program can carry, at any depth.
pub(super) fn find_secrets(body: &Spanned<Raw>, path: &str, findings: &mut Findings) {
    match &body.value {
        Raw::Map(entries) => {
            for (key, value) in entries {
                check_text(&key.value, key.span, path, findings);
                let inner = format!("{path}.{}", key.value);
                if is_secret(&key.value) && !matches!(value.value, Raw::Map(_) | Raw::Null) {
                    findings.add(
                        Diagnostic::error(
                            "literal-secret",
                            value.span,
                            format!("`{}` would put a secret into the manifest and into what is rendered", key.value),
                        )
                        .help(format!("put it into a file and name that: `{}_file: /path/to/file`", key.value))
                        .path(inner.clone()),
                    );
                }
                find_secrets(value, &inner, findings);
            }
        }
        Raw::Seq(entries) => entries.iter().for_each(|entry| find_secrets(entry, path, findings)),
        Raw::String(text) if has_credentials(text) => findings.add(credentials_in_url(body.span, path)),
        Raw::String(text) => check_text(text, body.span, path, findings),
        _ => {}
    }
}

/// Text of a body is free text as elsewhere in the manifest.
pub(super) fn check_text(text: &str, span: Span, path: &str, findings: &mut Findings) {
    if let Err(why) = Text::parse(text) {
        findings.add(Diagnostic::error(INVALID, span, why).path(path));
    }
}

/// Whether a URL holds a user's password.
pub(super) fn has_credentials(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// The finding about a password in a URL.
pub(super) fn credentials_in_url(span: Span, path: &str) -> Diagnostic {
    Diagnostic::error("literal-secret", span, "the URL holds a password")
        .help("leave it out of the URL and name a file or an environment variable that holds it")
        .path(path)
}

/// A body as it is written, without places.
pub(super) fn plain(raw: &Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(*b),
        Raw::Int(n) => Value::from(*n),
        Raw::Float(n) => Value::from(*n),
        Raw::String(text) => Value::String(text.clone()),
        Raw::Seq(entries) => entries.iter().map(|e| plain(&e.value)).collect(),
        Raw::Map(entries) => Value::Object(entries.iter().map(|(key, value)| (key.value.clone(), plain(&value.value))).collect()),
    }
}

/// A name of an environment variable, and not the secret itself.
pub(super) fn check_variable(name: &Spanned<Text>, path: &str, findings: &mut Findings) {
    let text = &name.value.0;
    let fine =
        !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fine {
        let finding = Diagnostic::error("literal-secret", name.span, "this is not the name of an environment variable");
        findings.add(finding.help("name the variable that holds the secret, as in `SENTRY_DSN`, and not the secret").path(path));
    }
}

//! Receivers: Alertmanager's own keys, checked against the version that must accept them.

use serde_json::Value;

use super::bodies::{find_secrets, is_secret, plain};
use super::findings::{Findings, INVALID};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::routing as written;
use crate::manifest::scalars::{Duration, Slug};
use crate::manifest::stack::Version;
use crate::model::routing::{Receiver, Routing};
use crate::model::stack::Stack;
use crate::source::{Lenient, OneOrMany, Raw, Spanned};

/// One kind of integration (Alertmanager's configuration reference).
struct Integration {
    /// The key of a receiver.
    key: &'static str,
    /// As the manifest calls it.
    name: &'static str,
    /// The version that brought it.
    since: Version,
    /// Its keys without secrets, with the version that brought each where that matters.
    keys: &'static [(&'static str, Version)],
    /// One of these must be there.
    needs: &'static [&'static str],
    /// Texts that carry summary, description, runbook and dashboard, where the manifest says none.
    texts: &'static [(&'static str, &'static str)],
}

const ALWAYS: Version = Version::new(0, 0);

const TITLE: &str = r"[{{ .Status | toUpper }}] {{ .CommonLabels.service }}: {{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})";
const DASHBOARD: &str = "{{ with .CommonAnnotations.dashboard_url }}{{ . }}{{ end }}";
const TEXT: &str = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ with .Annotations.runbook_url }}Runbook: {{ . }}\n{{ end }}{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}\n{{ end }}{{ end }}";
const HTML: &str = "{{ range .Alerts }}<p><b>{{ .Status | toUpper }}: {{ .Annotations.summary }}</b><br>{{ .Annotations.description }}{{ with .Annotations.runbook_url }}<br><a href=\"{{ . }}\">Runbook</a>{{ end }}{{ with .Annotations.dashboard_url }}<br><a href=\"{{ . }}\">Dashboard</a>{{ end }}</p>{{ end }}";

macro_rules! keys {
    ($($key:literal $(@ $major:literal . $minor:literal)?),* $(,)?) => { &[$(($key, keys!(@version $($major $minor)?))),*] };
    (@version) => { ALWAYS };
    (@version $major:literal $minor:literal) => { Version::new($major, $minor) };
}

const INTEGRATIONS: [Integration; 6] = [
    Integration {
        key: "pagerduty_configs",
        name: "pagerduty",
        since: ALWAYS,
        keys: keys!["send_resolved", "routing_key_file", "service_key_file", "url", "client", "client_url", "description", "severity", "details", "images", "links", "class", "component", "group", "source" @ 0 . 26, "http_config", "timeout" @ 0 . 30],
        needs: &["routing_key_file", "service_key_file"],
        texts: &[("description", "{{ .CommonAnnotations.summary }}"), ("client_url", DASHBOARD)],
    },
    Integration {
        key: "slack_configs",
        name: "slack",
        since: ALWAYS,
        keys: keys!["send_resolved", "api_url_file", "channel", "icon_emoji", "icon_url", "link_names", "username", "actions", "callback_id", "color", "fallback", "fields", "footer", "mrkdwn_in", "pretext", "short_fields", "text", "title", "title_link", "image_url", "thumb_url", "http_config", "timeout" @ 0 . 30],
        needs: &["api_url_file"],
        texts: &[("title", TITLE), ("title_link", DASHBOARD), ("text", TEXT)],
    },
    Integration {
        key: "webhook_configs",
        name: "webhook",
        since: ALWAYS,
        keys: keys!["send_resolved", "url", "url_file" @ 0 . 26, "http_config", "max_alerts", "timeout" @ 0 . 28],
        needs: &["url", "url_file"],
        texts: &[],
    },
    Integration {
        key: "email_configs",
        name: "email",
        since: ALWAYS,
        keys: keys![
            "send_resolved",
            "to",
            "from",
            "smarthost",
            "hello",
            "auth_username",
            "auth_password_file",
            "auth_identity",
            "require_tls",
            "tls_config",
            "html",
            "text",
            "headers"
        ],
        needs: &["to"],
        texts: &[("html", HTML)],
    },
    Integration {
        key: "msteams_configs",
        name: "msteams",
        since: Version::new(0, 26),
        keys: keys!["send_resolved", "webhook_url_file" @ 0 . 28, "title", "summary", "text", "http_config"],
        needs: &["webhook_url_file"],
        texts: &[("title", TITLE), ("text", TEXT)],
    },
    Integration {
        key: "discord_configs",
        name: "discord",
        since: ALWAYS,
        keys: keys!["send_resolved", "webhook_url_file" @ 0 . 28, "title", "message", "content" @ 0 . 28, "username" @ 0 . 28, "avatar_url" @ 0 . 28, "http_config"],
        needs: &["webhook_url_file"],
        texts: &[("title", TITLE), ("message", TEXT)],
    },
];

/// Who is told, as far as it can be understood.
pub(super) fn resolve(routing: &Spanned<written::Routing>, stack: &Stack, findings: &mut Findings) -> Routing {
    let written = &routing.value;
    let mut receivers = Vec::new();
    for (severity, receiver) in written.receivers.valid() {
        if Slug::parse(severity).is_err() {
            findings.add(
                Diagnostic::error(
                    INVALID,
                    severity.span,
                    format!("`{}` is not a severity: use lower-case letters, digits, `-`, `_` and `.`", severity.value),
                )
                .path("routing.receivers"),
            );
            continue;
        }
        receivers.push((severity.value.clone(), one(receiver, &format!("routing.receivers.{}", severity.value), stack, findings)));
    }
    let named = |receiver: &Lenient<OneOrMany<written::Receiver>>, path: &str, findings: &mut Findings| {
        receiver.valid().map(|r| one(r, path, stack, findings))
    };
    let default = named(&written.default, "routing.default", findings);
    let watchdog = named(&written.watchdog, "routing.watchdog", findings);
    let group_by: Vec<String> = written.group_by.value().into_iter().flatten().filter_map(|l| l.value()).map(|l| l.0.clone()).collect();
    Routing {
        receivers,
        default,
        watchdog,
        group_by: if group_by.is_empty() { vec!["alertname".to_owned(), "service".to_owned()] } else { group_by },
        group_wait: written.group_wait.value().copied().unwrap_or(Duration::seconds(30)),
        group_interval: written.group_interval.value().copied().unwrap_or(Duration::minutes(5)),
        repeat_interval: written.repeat_interval.value().copied().unwrap_or(Duration::minutes(240)),
        span: routing.span,
    }
}

fn one(receiver: &Spanned<OneOrMany<written::Receiver>>, path: &str, stack: &Stack, findings: &mut Findings) -> Receiver {
    let mut all: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for entry in &receiver.value {
        let bodies = [&entry.pagerduty, &entry.slack, &entry.webhook, &entry.email, &entry.msteams, &entry.discord];
        for (integration, body) in INTEGRATIONS.iter().zip(bodies) {
            let Some(body) = body.valid() else { continue };
            let bodies: Vec<&Spanned<Raw>> = match &body.value {
                Raw::Seq(entries) => entries.iter().collect(),
                _ => vec![body],
            };
            for body in bodies {
                let path = format!("{path}.{}", integration.name);
                let value = integration.check(body, &path, stack.alertmanager, findings);
                match all.iter_mut().find(|(key, _)| *key == integration.key) {
                    Some((_, entries)) => entries.push(value),
                    None => all.push((integration.key, vec![value])),
                }
            }
        }
    }
    if all.is_empty() {
        findings.add(
            Diagnostic::error("no-receiver", receiver.span, "the receiver has no integration, so it would drop what it gets")
                .help("name one of pagerduty, slack, webhook, email, msteams, discord")
                .path(path),
        );
    }
    Receiver(all)
}

impl Integration {
    /// The body as Alertmanager reads it, with what is wrong with it among the findings.
    fn check(&self, body: &Spanned<Raw>, path: &str, alertmanager: Version, findings: &mut Findings) -> Value {
        let before = findings.errors();
        find_secrets(body, path, findings);
        let secrets_found = findings.errors() > before;
        let Raw::Map(entries) = &body.value else {
            findings.add(
                Diagnostic::error(crate::source::WRONG_TYPE, body.span, format!("expected a mapping of {}'s keys", self.name)).path(path),
            );
            return Value::Null;
        };
        // A key that needs a version newer still says all that there is to say.
        let known = |key: &str| self.keys.iter().find(|(known, _)| *known == key);
        let newest = entries.iter().filter_map(|(key, _)| known(&key.value)).map(|(_, since)| *since).max().unwrap_or(ALWAYS);
        if newest <= self.since {
            Self::check_version(self.name, self.since, alertmanager, body.span, path, findings);
        }
        for (key, value) in entries {
            match known(&key.value) {
                Some((name, since)) => {
                    Self::check_version(name, *since, alertmanager, key.span, path, findings);
                    check_shape(name, value, path, findings);
                }
                None if is_secret(&key.value) => {}
                None => {
                    let finding = Diagnostic::error(
                        crate::source::UNKNOWN_KEY,
                        key.span,
                        format!("Alertmanager's `{}` has no key `{}`", self.key, key.value),
                    )
                    .path(path);
                    findings.add(match did_you_mean(&key.value, self.keys.iter().map(|(k, _)| *k)) {
                        Some(known) => finding.help(format!("did you mean `{known}`?")),
                        None => finding,
                    });
                }
            }
        }
        if !secrets_found && !entries.iter().any(|(key, _)| self.needs.contains(&key.value.as_str())) {
            let needed = self.needs.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" or ");
            findings.add(Diagnostic::error(crate::source::MISSING_KEY, body.span, format!("`{}` needs {needed}", self.name)).path(path));
        }
        if self.name == "email" {
            for needed in ["from", "smarthost"].into_iter().filter(|k| body.value.get(k).is_none()) {
                findings.add(Diagnostic::error(crate::source::MISSING_KEY, body.span, format!("`email` needs `{needed}`")).path(path));
            }
        }
        let mut value = plain(&body.value);
        if let Value::Object(map) = &mut value {
            for (key, text) in self.texts {
                if !map.contains_key(*key) {
                    map.insert((*key).to_owned(), Value::String((*text).to_owned()));
                }
            }
        }
        value
    }

    fn check_version(what: &str, since: Version, alertmanager: Version, span: crate::source::Span, path: &str, findings: &mut Findings) {
        if alertmanager < since {
            let message = format!("`{what}` needs Alertmanager {since}, and `stack.alertmanager` is {alertmanager}");
            findings.add(
                Diagnostic::error("unsupported-version", span, message)
                    .help(format!("say `stack: {{ alertmanager: \"{since}\" }}` if yours is that new"))
                    .path(path),
            );
        }
    }
}

/// Whether a value is of the type that Alertmanager decodes the key into.
fn check_shape(key: &str, value: &Spanned<Raw>, path: &str, findings: &mut Findings) {
    let (fits, expected) = match (key, &value.value) {
        (_, Raw::Null) => return,
        ("send_resolved" | "link_names" | "short_fields" | "require_tls", found) => (matches!(found, Raw::Bool(_)), "`true` or `false`"),
        ("max_alerts", found) => (matches!(found, Raw::Int(0..)), "a whole number, not below zero"),
        ("timeout", found) => (matches!(found, Raw::String(text) if Duration::parse(text).is_ok()), "a duration such as `10s`"),
        ("actions" | "fields" | "images" | "links" | "mrkdwn_in", found) => (matches!(found, Raw::Seq(_)), "a list"),
        ("details" | "headers" | "http_config" | "tls_config", found) => (matches!(found, Raw::Map(_)), "a mapping"),
        (_, found) => (!matches!(found, Raw::Seq(_) | Raw::Map(_)), "text"),
    };
    if !fits {
        findings.add(
            Diagnostic::error(crate::source::WRONG_TYPE, value.span, format!("`{key}` takes {expected}")).path(format!("{path}.{key}")),
        );
    }
}

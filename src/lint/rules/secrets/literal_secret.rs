//! Secrets in the file.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// A password, key or token stands in the file: whoever can read the configuration, its repository or its backups has it. Every
    /// program here takes it from a file or from the environment.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager, pagerduty_configs: [{ routing_key: 0123456789abcdef0123456789abcdef }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager, pagerduty_configs: [{ routing_key_file: /etc/alertmanager/pagerduty }] }]
    /// ```
    LiteralSecret, "literal-secret", Warning
}

const KEYS: &[&str] = &[
    "password",
    "bearer_token",
    "credentials",
    "client_secret",
    "smtp_auth_password",
    "smtp_auth_secret",
    "auth_password",
    "auth_secret",
    "routing_key",
    "service_key",
    "api_key",
    "opsgenie_api_key",
    "victorops_api_key",
    "bot_token",
    "telegram_bot_token",
    "token",
    "user_key",
    "api_secret",
    "wechat_api_secret",
    "secret_key",
    "slack_app_token",
    "app_token",
    "basicAuthPassword",
    "httpHeaderValue1",
    "client_certificate_key",
];
/// URLs of these services are keys.
const SECRET_URLS: &[&str] =
    &["hooks.slack.com/services/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/", "hc-ping.com/"];

impl Rule for LiteralSecret {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views.iter().filter(|view| view.is_configuration()) {
            walk::mappings(view.root, &mut |node, path| {
                for (key, _, value) in node.entries() {
                    let path = path.key(key).to_string();
                    if is_secret(key, value, &path) && !is_tenant(key, view, &path) {
                        found.push(META.finding(value.span, said(key, value)).path(path).help(elsewhere(key, view)));
                    }
                }
            });
        }
    }
}

/// What is wrong with a secret that is written down; a path was meant for the key that reads a file.
fn said(key: &str, value: &Node) -> String {
    let is_path =
        value.as_str().is_some_and(|text| text.starts_with('/') && text.matches('/').count() > 1 && !text.contains(char::is_whitespace));
    if is_path {
        format!("`{key}` is the secret itself, and this is a path: `{key}_file` reads one")
    } else {
        format!("`{key}` is a secret, and stands here for everybody to read")
    }
}

/// Whether a value is that of a header that says whose data it is, and no secret.
fn is_tenant(key: &str, view: &View<'_>, path: &str) -> bool {
    let Some(number) = key.strip_prefix("httpHeaderValue") else { return false };
    let Some(index) = path.strip_prefix("datasources[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok()) else {
        return false;
    };
    let source = view.root.items_of("datasources").nth(index);
    let name = source.and_then(|source| source.get("jsonData")?.get(&format!("httpHeaderName{number}"))?.as_str());
    name.is_some_and(|name| name.eq_ignore_ascii_case("X-Scope-OrgID"))
}

fn is_secret(key: &str, value: &Node, path: &str) -> bool {
    // The route of a VictorOps notification is no secret, and no more is what a Collector chooses between exporters by.
    let routes = ["victorops", "loadbalancing", "load_balancing"].iter().any(|owner| path.contains(owner));
    let secret = KEYS.contains(&key) && !(key == "routing_key" && routes);
    let text = value.as_scalar().map_or("", |scalar| scalar.text());
    let url = SECRET_URLS.iter().any(|url| text.contains(url));
    let literal =
        !text.is_empty() && !value.is_null() && !text.contains("${") && !text.contains("{{") && !text.starts_with(['<', '$', '%']);
    literal && (secret || url) && key != "targets"
}

/// Where the program that is configured can take a secret from.
fn elsewhere(key: &str, view: &View<'_>) -> String {
    let variable = key.to_uppercase();
    match view.kind {
        ViewKind::Collector(_) => format!("take it from the environment, as in `{key}: ${{env:{variable}}}`"),
        ViewKind::Datasources(_) => format!("take it from the environment, as in `{key}: ${{{variable}}}`"),
        _ => format!("put it into a file and name that with `{key}_file:`"),
    }
}

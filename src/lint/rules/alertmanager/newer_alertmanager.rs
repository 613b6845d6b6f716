//! What the oldest Alertmanager that must load a file does not know.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::Receiver;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::notification;
use crate::lint::views::AlertmanagerView;
use crate::lint::words::walk;
use crate::source::{Node, text_map};

rule! {
    /// A configuration uses a key or a function of templates that the Alertmanager of the manifest's `stack.alertmanager.version` does
    /// not know: it does not start, or nothing is sent.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { alertmanager: { version: "0.25" } }
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, webhook_configs: [{ url_file: /etc/alertmanager/hook }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { alertmanager: { version: "0.26" } }
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, webhook_configs: [{ url_file: /etc/alertmanager/hook }] }]
    /// ```
    NewerAlertmanager, "newer-alertmanager", Warning
}

/// Lists of receivers that came after 0.25, with a version that knows them for sure.
const LISTS: &[(&str, (u32, u32))] = &[
    ("incidentio_configs", (0, 29)),
    ("jira_configs", (0, 28)),
    ("mattermost_configs", (0, 29)),
    ("msteams_configs", (0, 26)),
    ("msteamsv2_configs", (0, 28)),
    ("rocketchat_configs", (0, 28)),
];

/// Keys of receivers that came after 0.25, by the list.
const KEYS: &[(&str, &str, (u32, u32))] = &[
    ("discord_configs", "avatar_url", (0, 28)),
    ("discord_configs", "content", (0, 28)),
    ("discord_configs", "username", (0, 28)),
    ("discord_configs", "webhook_url_file", (0, 27)),
    ("msteams_configs", "summary", (0, 27)),
    ("msteams_configs", "webhook_url_file", (0, 27)),
    ("pushover_configs", "device", (0, 26)),
    ("pushover_configs", "token_file", (0, 26)),
    ("pushover_configs", "user_key_file", (0, 26)),
    ("telegram_configs", "bot_token_file", (0, 26)),
    ("telegram_configs", "message_thread_id", (0, 28)),
    ("webhook_configs", "timeout", (0, 28)),
    ("webhook_configs", "url_file", (0, 26)),
];

/// Keys under `global` that came after 0.25.
const GLOBAL: &[(&str, (u32, u32))] = &[("jira_api_url", (0, 28)), ("rocketchat_api_url", (0, 28)), ("smtp_tls_config", (0, 28))];

/// Functions of templates that came after 0.25.
const FUNCTIONS: &[(&str, (u32, u32))] =
    &[("date", (0, 28)), ("humanizeDuration", (0, 28)), ("since", (0, 28)), ("trimSpace", (0, 26)), ("tz", (0, 28))];

impl Rule for NewerAlertmanager {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(version) = context.world.catalogues.iter().filter_map(|catalogue| catalogue.alertmanager_version).min() else { return };
        let message = |what: &str| format!("Alertmanager {}.{} must load this, and does not know `{what}`", version.0, version.1);
        let help = "raise `stack.alertmanager.version`, or do without";
        let mut key = |key: &Node, name: &str, at: &str| {
            found.push(META.finding(key.span, message(name)).path(format!("{at}.{name}")).help(help));
        };
        let is_newer = |known: &[(&str, (u32, u32))], name: &str| known.iter().any(|(known, since)| *known == name && version < *since);
        for (name, node, _) in view.config.root.entries_of("global").filter(|(name, ..)| is_newer(GLOBAL, name)) {
            key(node, name, "global");
        }
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            for (name, node, _) in receiver.node.entries().filter(|(name, ..)| is_newer(LISTS, name)) {
                key(node, name, &format!("receivers[{index}]"));
            }
            for (list, place, body) in receiver.integrations().filter(|(list, ..)| !is_newer(LISTS, list)) {
                for (name, node, _) in body.entries() {
                    if KEYS.iter().any(|(owner, known, since)| *owner == list && *known == name && version < *since) {
                        key(node, name, &format!("receivers[{index}].{list}[{place}]"));
                    }
                }
            }
        }
        for (_, _, body) in view.config.receivers.iter().flat_map(Receiver::integrations) {
            walk::mappings(body, &mut |node, _| {
                for (name, _, value) in node.entries() {
                    let Some(template) = value.as_str().filter(|text| text.contains("{{")).and_then(|text| notification::read(text).ok())
                    else {
                        continue;
                    };
                    for (function, range) in template.functions.iter().filter(|(function, _)| is_newer(FUNCTIONS, function)) {
                        let span = text_map::Map::new(view.view.text, value).span(range.clone());
                        found.push(META.finding(span, message(function)).path(format!("receivers.{name}")).help(help));
                    }
                }
            });
        }
    }
}

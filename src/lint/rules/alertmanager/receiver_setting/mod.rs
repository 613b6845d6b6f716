//! Settings of receivers that their service does not take.

mod links;
mod mail;
mod pagers;
mod slack;
mod values;
mod webhook;

use self::links::links;
use self::mail::{addresses, headers, mail, nobody, unsigned};
use self::pagers::{opsgenie, pagerduty, pushover};
use self::slack::{is_workspace, slack};
use self::values::{is_template, word};
use self::webhook::waiting;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A receiver has a setting that Alertmanager or the service behind it refuses: a mail server without a port, an address that
    /// is none, a chat that is no number, a link without `https://`, a channel as no channel is named, a file that belongs to another service, a severity or priority that the service does not know.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// global: { smtp_smarthost: mail.example.com, smtp_from: am@example.com }
    /// route: { receiver: web }
    /// receivers: [{ name: web, email_configs: [{ to: web@example.com }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// global: { smtp_smarthost: "mail.example.com:587", smtp_from: am@example.com }
    /// route: { receiver: web }
    /// receivers: [{ name: web, email_configs: [{ to: web@example.com }] }]
    /// ```
    ReceiverSetting, "receiver-setting", Error
}

/// Words by which receivers are called that are to tell nobody.
const NOBODY: &[&str] = &[
    "null", "none", "black", "hole", "dev", "noop", "nop", "void", "silen", "ignor", "drop", "trash", "empty", "mute", "discard", "nobody",
    "nowhere", "default", "dummy", "no-", "quiet", "blank", "root", "fallback", "sink",
];

/// A receiver that a route names and that tells nobody, though it is not called so, while the others notify.
fn silent(view: &AlertmanagerView<'_>, report: &mut Report<'_>) {
    let receivers = &view.config.receivers;
    let notify = receivers.iter().filter(|receiver| receiver.integrations().next().is_some()).count();
    for (index, receiver) in receivers.iter().enumerate().filter(|(_, receiver)| receiver.integrations().next().is_none()) {
        let name = receiver.name.as_str().unwrap_or("").to_lowercase();
        let is_named = view.config.routes().iter().any(|route| route.receiver.and_then(Node::as_str) == receiver.name.as_str());
        if notify > 1 && is_named && !name.is_empty() && !NOBODY.iter().any(|word| name.contains(word)) {
            let message = format!("the receiver {} has no integration, so what is routed to it tells nobody", receiver.name.describe());
            report(Level::Warning, receiver.name, &format!("receivers[{index}]"), message, "add one, or call it `null`");
        }
    }
}

impl Rule for ReceiverSetting {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut report = |level: Level, node: &Node, path: &str, message: String, help: &str| {
            found.push(META.finding_at(level, node.span, message).path(path).help(help));
        };
        if let Some(global) = view.config.root.get("global") {
            if let Some(from) = global.get("smtp_from").filter(|from| from.as_str() == Some("")) {
                report(Level::Warning, from, "global.smtp_from", "the sender of mails is empty".to_owned(), "name an address");
            }
            mail(global, "smtp_", "global", &mut report);
            nobody(global, &mut report);
            if let Some(url) = global.get("slack_api_url").filter(|url| url.as_str().is_some_and(is_workspace)) {
                let message = format!("{} is a workspace of Slack, and takes no notifications", url.describe());
                report(Level::Warning, url, "global.slack_api_url", message, "use the webhook's URL, `https://hooks.slack.com/services/…`");
            }
        }
        shared_files(view, &mut report);
        silent(view, &mut report);
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            for (list, place, node) in receiver.integrations() {
                let path = format!("receivers[{index}].{list}[{place}]");
                links(node, false, &path, &mut report);
                match list {
                    "email_configs" => {
                        mail(node, "", &path, &mut report);
                        unsigned(view.config.root.get("global"), node, &path, &mut report);
                        addresses(node, "to", &path, &mut report);
                        headers(node, &path, &mut report);
                    }
                    "telegram_configs" => {
                        if let Some(chat) = node.get("chat_id").filter(|chat| chat.as_i64().is_none_or(|id| id == 0) && !is_template(chat))
                        {
                            let message = format!("{} is no chat: Telegram numbers them", chat.describe());
                            report(Level::Error, chat, &path, message, "write the chat's number, without quotes");
                        }
                    }
                    "pagerduty_configs" => pagerduty(node, &path, &mut report),
                    "opsgenie_configs" => opsgenie(node, &path, &mut report),
                    "victorops_configs" => {
                        let types = ["CRITICAL", "WARNING", "INFO", "ACKNOWLEDGEMENT", "RECOVERY"];
                        word(node, "message_type", &types, &path, &mut report);
                    }
                    "pushover_configs" => pushover(node, &path, &mut report),
                    "sns_configs" => {
                        for key in ["topic_arn", "target_arn"] {
                            if let Some(arn) =
                                node.get(key).filter(|arn| !is_template(arn) && arn.as_str().is_some_and(|text| !text.starts_with("arn:")))
                            {
                                report(
                                    Level::Error,
                                    arn,
                                    &path,
                                    format!("{} is no ARN", arn.describe()),
                                    "write it as `arn:aws:sns:region:account:topic`",
                                );
                            }
                        }
                    }
                    "webex_configs" if node.get("http_config").is_none_or(|config| config.get("authorization").is_none()) => {
                        let message = "Alertmanager refuses a receiver of Webex without credentials".to_owned();
                        report(Level::Error, node, &path, message, "add `http_config: { authorization: { credentials_file: … } }`");
                    }
                    "slack_configs" => slack(node, &path, &mut report),
                    "webhook_configs" => waiting(view, receiver.name.as_str(), node, &path, &mut report),
                    _ => {}
                }
            }
        }
    }
}

/// Files of the settings for all, and the integration that reads each.
const OF_ALL: &[(&str, &str)] = &[
    ("opsgenie_api_key_file", "opsgenie_configs"),
    ("slack_api_url_file", "slack_configs"),
    ("slack_app_token_file", "slack_configs"),
    ("smtp_auth_password_file", "email_configs"),
    ("smtp_auth_secret_file", "email_configs"),
    ("telegram_bot_token_file", "telegram_configs"),
    ("victorops_api_key_file", "victorops_configs"),
    ("wechat_api_secret_file", "wechat_configs"),
];

/// Files that one service is to read its key of, and another its address or a key of its own.
fn shared_files(view: &AlertmanagerView<'_>, report: &mut Report<'_>) {
    let of_all = |(key, list): &(&str, &'static str)| Some((*list, view.config.root.at(["global", *key])?.as_str()?));
    let mut known: Vec<(&str, &str)> = OF_ALL.iter().filter_map(of_all).collect();
    for (index, receiver) in view.config.receivers.iter().enumerate() {
        for (list, place, node) in receiver.integrations() {
            for (name, _, value) in node.entries().filter(|(name, ..)| name.ends_with("_file")) {
                let Some(file) = value.as_str().filter(|_| !is_template(value)) else { continue };
                let other = known.iter().find(|(other, of)| *of == file && *other != list);
                if let Some((other, ..)) = other {
                    let message = format!("`{file}` is read for `{name}` here, and by `{other}`, too");
                    report(
                        Level::Warning,
                        value,
                        &format!("receivers[{index}].{list}[{place}]"),
                        message,
                        "give each service a file of its own",
                    );
                }
                known.push((list, file));
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;

//! Settings of Slack.

use super::Report;
use super::values::{branch, is_template};
use crate::diagnostic::Level;
use crate::lint::words::hosts::host;
use crate::source::Node;

/// Whether a URL leads to what people see of Slack, rather than to what takes messages.
pub(super) fn is_workspace(url: &str) -> bool {
    let host = host(url);
    let takes = host.starts_with("hooks.") || url.contains("/api/");
    !takes && (host == "slack.com" || host.ends_with(".slack.com"))
}

pub(super) fn slack(node: &Node, path: &str, report: &mut Report<'_>) {
    if let Some(url) = node.get("api_url").filter(|url| !is_template(url))
        && url.as_str().is_some_and(|text| text.starts_with("http://hooks.slack.com") || is_workspace(text))
    {
        report(
            Level::Error,
            url,
            path,
            format!("{} takes no notifications", url.describe()),
            "use the webhook's URL, `https://hooks.slack.com/services/…`",
        );
    }
    if let Some((value, text)) = node.get_str("color") {
        let bare = text.replace([' ', '-', '`', '"'], "");
        if bare.contains("eq.Statusfiring}}good") || bare.contains("eq.Statusresolved}}danger") {
            let message = "what fires is green here, and what is over is red".to_owned();
            report(
                Level::Warning,
                value,
                path,
                message,
                "swap the two, as in `{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}`",
            );
        }
    }
    let plain = |key: &str| node.get(key).filter(|value| !is_template(value)).and_then(Node::with_str);
    let wrong = plain("color").filter(|(_, text)| !text.is_empty() && !is_colour(text));
    if let Some((value, text)) = wrong.or_else(|| branch(node, "color", is_colour)) {
        let message = format!("`{text}` is no colour of Slack");
        report(Level::Warning, value, path, message, "write `good`, `warning`, `danger` or a colour as `#439FE0`");
    }
    if let Some((value, text)) = plain("icon_emoji")
        && !text.is_empty()
        && !(text.len() > 2 && text.starts_with(':') && text.ends_with(':'))
    {
        report(Level::Warning, value, path, format!("{} is no emoji of Slack", value.describe()), "write it between colons, as `:fire:`");
    }
    if let Some(channel) = node.get("channel").filter(|channel| !is_template(channel))
        && let Some((level, help)) = channel.as_str().and_then(channel_fault)
    {
        report(level, channel, path, format!("{} is no channel", channel.describe()), help);
    }
}

fn is_colour(text: &str) -> bool {
    let is_hex = |digits: &str| matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(text, "good" | "warning" | "danger") || text.strip_prefix('#').is_some_and(is_hex)
}

/// What is wrong with a channel of Slack: names are in lower case, without blanks and dots, behind a `#`.
fn channel_fault(text: &str) -> Option<(Level, &'static str)> {
    const WRITE: &str = "write it as `#channel`, `@user` or by its id";
    let is_id = text.len() >= 9
        && text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if text.is_empty() || is_id {
        return None;
    }
    let name = text.strip_prefix(['#', '@']).unwrap_or(text);
    if name.is_empty() || text.starts_with("http") || name.contains(|c: char| c.is_whitespace() || "#@,;:!?/\\'\"()&*+=<>|~".contains(c)) {
        return Some((Level::Error, WRITE));
    }
    if text.starts_with('@') {
        return None;
    }
    if name.contains(char::is_uppercase) {
        return Some((Level::Warning, "channels of Slack are named in lower case"));
    }
    if name.contains('.') {
        return Some((Level::Warning, WRITE));
    }
    (!text.starts_with('#')).then_some((Level::Warning, WRITE))
}

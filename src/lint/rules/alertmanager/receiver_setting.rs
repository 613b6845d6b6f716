//! Settings of receivers that their service does not take.

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::hosts::host;
use crate::promql::duration::parse_duration;
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
                    "pagerduty_configs" => {
                        let words = ["critical", "error", "warning", "info"];
                        word(node, "severity", &words, &path, &mut report);
                        if let Some((value, wrong)) = branch(node, "severity", |text| words.contains(&text)) {
                            let message = format!("the service does not take `{wrong}` as `severity`");
                            report(Level::Error, value, &path, message, &one_of(&words));
                        }
                        pagerduty(node, &path, &mut report);
                    }
                    "opsgenie_configs" => {
                        let priorities = ["P1", "P2", "P3", "P4", "P5"];
                        word(node, "priority", &priorities, &path, &mut report);
                        if let Some((value, wrong)) = branch(node, "priority", |text| priorities.contains(&text)) {
                            let message = format!("the service does not take `{wrong}` as `priority`");
                            report(Level::Error, value, &path, message, &one_of(&priorities));
                        }
                        let kinds = ["team", "teams", "user", "escalation", "schedule"];
                        node.items_of("responders").for_each(|item| word(item, "type", &kinds, &path, &mut report));
                        let named = |item: &Node| {
                            let given: Vec<&Node> = ["id", "name", "username"].iter().filter_map(|key| item.get(key)).collect();
                            // Where none is written, that is said by the format.
                            given.is_empty() || given.iter().any(|one| one.as_str() != Some(""))
                        };
                        for item in node.items_of("responders").filter(|item| !named(item)) {
                            report(
                                Level::Error,
                                item,
                                &path,
                                "a responder is named by nothing".to_owned(),
                                "add `name:`, `id:` or `username:`",
                            );
                        }
                    }
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

/// How long the other side may take to answer.
fn waiting(view: &AlertmanagerView<'_>, name: Option<&str>, node: &Node, path: &str, report: &mut Report<'_>) {
    let millis = |node: &Node| parse_duration(node.as_str()?).ok();
    let Some((timeout, wait)) = node.get("timeout").and_then(|node| Some((node, millis(node)?))).filter(|(_, wait)| *wait > 0) else {
        return;
    };
    // A route has the interval of the one above it.
    let interval = view.config.root.get("route").and_then(|route| route.get("group_interval")).and_then(millis).unwrap_or(300_000);
    let own = routes(view.config.root.get("route"), name).filter_map(|route| route.get("group_interval").and_then(millis));
    let longest = own.fold(interval, i64::max);
    if wait < 100 {
        report(Level::Warning, timeout, path, format!("hardly anybody answers within {}", timeout.describe()), "use seconds, as in `10s`");
    } else if wait > longest.max(60_000) {
        let message = format!("a notification is given up when the next is due, and not after {}", timeout.describe());
        report(Level::Warning, timeout, path, message, "use seconds, as in `10s`");
    }
}

/// The routes to a receiver.
fn routes<'a>(root: Option<&'a Node>, receiver: Option<&'a str>) -> impl Iterator<Item = &'a Node> {
    let mut all: Vec<&Node> = root.into_iter().collect();
    let mut at = 0;
    while let Some(route) = all.get(at) {
        let below: Vec<&Node> = route.items_of("routes").collect();
        all.extend(below);
        at += 1;
    }
    all.into_iter().filter(move |route| route.get("receiver").and_then(Node::as_str) == receiver)
}

/// Files that one service is to read its key of, and another its address or a key of its own.
fn shared_files(view: &AlertmanagerView<'_>, report: &mut Report<'_>) {
    let mut known: Vec<(&str, &str)> = Vec::new();
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

/// Headers of mails that are nearly those that mail programs show.
fn headers(node: &Node, path: &str, report: &mut Report<'_>) {
    const KNOWN: &[&str] = &["Subject", "From", "To", "Reply-To", "Cc", "Importance", "X-Priority", "Priority"];
    let mut seen: Vec<String> = Vec::new();
    for (name, key, value) in node.entries_of("headers") {
        let named = ["from", "to", "cc", "reply-to"].contains(&name.to_lowercase().as_str()).then(|| value.as_str()).flatten();
        if named.is_some_and(|text| !text.is_empty() && !text.contains('@') && !is_template(value)) {
            report(Level::Warning, value, path, format!("{} is no mail address", value.describe()), "write it as `name@example.com`");
        }
        if seen.contains(&name.to_lowercase()) {
            report(Level::Error, key, path, format!("the header `{name}` is there twice"), "remove one");
        }
        seen.push(name.to_lowercase());
        let is_known = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(meant) = KNOWN.iter().find(|known| known.len() > 5 && !is_known && strsim::damerau_levenshtein(known, name) == 1) {
            report(Level::Warning, key, path, format!("no mail program shows a header `{name}`"), &format!("did you mean `{meant}`?"));
        }
    }
}

/// Links that no browser opens.
fn links(node: &Node, is_button: bool, path: &str, report: &mut Report<'_>) {
    const KEYS: &[&str] = &["client_url", "title_link", "href", "image_url", "icon_url"];
    for (name, _, value) in node.entries() {
        match value.as_str().filter(|_| KEYS.contains(&name) || name == "url" && is_button) {
            Some(text) if !text.is_empty() && !is_template(value) && !text.contains(':') => {
                let message = format!("{} is no address that a browser opens", value.describe());
                report(Level::Warning, value, path, message, "begin with `https://`");
            }
            Some(text) if misspelt_scheme(text).is_some() => {
                let scheme = misspelt_scheme(text).unwrap_or("");
                let message = format!("no browser knows the scheme `{scheme}`");
                report(Level::Warning, value, path, message, "begin with `https://`");
            }
            None if matches!(name, "links" | "images" | "actions") => {
                value.items().for_each(|item| links(item, name == "actions", path, report));
            }
            _ => {}
        }
    }
}

/// The scheme of an address, where it is nearly one that browsers know.
fn misspelt_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_word = scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_word && misspelt(&scheme.to_lowercase(), &["https", "http"]).is_some()).then_some(scheme)
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;

fn is_template(node: &Node) -> bool {
    node.as_str().is_none_or(|text| text.contains("{{") || text.contains("${") || text.starts_with('<'))
}

fn word(node: &Node, key: &str, words: &[&str], path: &str, report: &mut Report<'_>) {
    let Some((value, text)) = node.get(key).filter(|value| !is_template(value)).and_then(Node::with_str) else {
        return;
    };
    if text.is_empty() || words.contains(&text) {
        return;
    }
    let help = did_you_mean(text, words.iter().copied()).map_or_else(|| one_of(words), |meant| format!("did you mean `{meant}`?"));
    report(Level::Error, value, path, format!("the service does not take {} as `{key}`", value.describe()), &help);
}

fn one_of(words: &[&str]) -> String {
    format!("use one of {}", words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
}

/// A text that is not taken, of those between which a template decides, where it does nothing else.
fn branch<'n>(node: &'n Node, key: &str, takes: impl Fn(&str) -> bool) -> Option<(&'n Node, &'n str)> {
    let (value, text) = node.get_str(key).filter(|(_, text)| text.contains("{{"))?;
    let mut texts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        texts.push(before);
        let (action, behind) = behind.split_once("}}")?;
        let action = action.trim_matches(['-', ' ']);
        if !["if ", "else", "end"].iter().any(|word| action.starts_with(word)) {
            return None;
        }
        rest = behind;
    }
    texts.push(rest);
    let wrong = texts.iter().map(|text| text.trim()).find(|text| !text.is_empty() && !takes(text))?;
    Some((value, wrong))
}

/// The address of PagerDuty, which differs with the kind of the key.
fn pagerduty(node: &Node, path: &str, report: &mut Report<'_>) {
    if let Some((severity, _)) = node.get_str("severity").filter(|(_, text)| text.contains("toUpper") || text.contains("title }}")) {
        let message = "PagerDuty takes severities in small letters alone".to_owned();
        report(Level::Error, severity, path, message, "leave the function out, or use `toLower`");
    }
    let Some((url, text)) = node.get("url").filter(|url| !is_template(url)).and_then(Node::with_str) else { return };
    if !host(text).ends_with("pagerduty.com") {
        return;
    }
    let routed = ["routing_key", "routing_key_file"].iter().any(|key| node.get(key).is_some());
    if routed && text.contains("/generic/") {
        let message = "a routing key goes to version 2 of the events, and this is version 1".to_owned();
        report(Level::Error, url, path, message, "leave `url` out, or use `service_key`");
    } else if !routed && text.contains("/v2/") {
        let message = "a service key goes to version 1 of the events, and this is version 2".to_owned();
        report(Level::Error, url, path, message, "leave `url` out, or use `routing_key`");
    } else if !host(text).starts_with("events.") {
        report(
            Level::Warning,
            url,
            path,
            format!("`{}` takes no events", host(text)),
            "leave `url` out: `events.pagerduty.com` is the default",
        );
    }
}

fn mail(node: &Node, prefix: &str, path: &str, report: &mut Report<'_>) {
    let value = |key: &str| node.get(&format!("{prefix}{key}")).filter(|value| !value.is_null() && !is_template(value));
    if let Some((host, _)) = value("smarthost").and_then(Node::with_str).filter(|(_, text)| text.contains("://")) {
        let message = format!("{} is a URL, and no host with a port", host.describe());
        report(Level::Error, host, path, message, "write it as `mail.example.com:587`");
    } else if let Some((host, text)) = value("smarthost").and_then(Node::with_str) {
        let port = text.rsplit_once(':').and_then(|(name, port)| port.parse::<u16>().ok().filter(|port| *port > 0 && !name.is_empty()));
        match port {
            None => report(
                Level::Error,
                host,
                path,
                format!("{} is no host with a port", host.describe()),
                "write it as `mail.example.com:587`",
            ),
            Some(80 | 443 | 143 | 993 | 110 | 995) => {
                report(
                    Level::Warning,
                    host,
                    path,
                    format!("{} is no port that takes mail", host.describe()),
                    "mail is taken at 587, 465 or 25",
                );
            }
            Some(_) => {}
        }
    }
    addresses(node, &format!("{prefix}from"), path, report);
    let from = value("from").and_then(Node::with_str).filter(|(_, text)| text.matches('<').count() != text.matches('>').count());
    if let Some((from, _)) = from {
        report(
            Level::Error,
            from,
            path,
            format!("{} is no address: its bracket does not close", from.describe()),
            "write it as `Name <a@b.example>`",
        );
    }
    if let Some((hello, _)) = value("hello").and_then(Node::with_str).filter(|(_, text)| text.contains(['/', ' ', '@'])) {
        report(Level::Error, hello, path, format!("{} is no name of a host", hello.describe()), "write the bare host");
    }
    let implicit = value("force_implicit_tls").filter(|flag| flag.as_bool().is_some());
    let port = value("smarthost").and_then(Node::as_str).and_then(|text| text.rsplit_once(':')).map_or("", |(_, port)| port);
    match implicit.and_then(|flag| Some((flag, flag.as_bool()?))) {
        Some((flag, true)) if matches!(port, "25" | "587") => {
            report(Level::Warning, flag, path, format!("a server at port {port} begins without TLS"), "use port 465, or leave it out");
        }
        Some((flag, false)) if port == "465" => {
            report(Level::Warning, flag, path, "a server at port 465 begins with TLS".to_owned(), "use port 587, or leave it out");
        }
        _ => {}
    }
    if let Some(flag) = value("require_tls").filter(|flag| flag.as_bool() == Some(false))
        && ["auth_username", "auth_password", "auth_password_file"].iter().any(|key| value(key).is_some())
    {
        report(
            Level::Warning,
            flag,
            path,
            "the password goes over the wire in the clear, which Go refuses to do".to_owned(),
            "require TLS",
        );
    }
    if let Some(user) = value("auth_username") {
        let is_set = |key: &&str| value(key).is_some_and(|node| node.as_str() != Some(""));
        let secret = ["auth_password", "auth_password_file", "auth_secret", "auth_secret_file"].iter().any(is_set);
        let own = node.get("auth_username").is_none() || secret;
        if !secret && own && !prefix.is_empty() {
            // An empty one is loaded, and lets nobody in.
            let is_written = ["auth_password", "auth_secret"].iter().any(|key| value(key).is_some());
            report(
                if is_written { Level::Warning } else { Level::Error },
                user,
                path,
                "there is a user and no password for the mail server".to_owned(),
                "add `smtp_auth_password_file:`",
            );
        }
    }
}

/// What Pushover takes.
fn pushover(node: &Node, path: &str, report: &mut Report<'_>) {
    word(node, "priority", &["-2", "-1", "0", "1", "2"], path, report);
    let short = |retry: &&Node| retry.as_str().and_then(|text| parse_duration(text).ok()).is_some_and(|millis| millis < 30_000);
    if let Some(retry) = node.get("retry").filter(short) {
        let message = "Pushover repeats no sooner than after 30 seconds".to_owned();
        report(Level::Error, retry, path, message, "write `30s` or more");
    }
}

/// A user of the mail server without a password, neither of the receiver nor of all.
fn unsigned(global: Option<&Node>, node: &Node, path: &str, report: &mut Report<'_>) {
    let Some(user) = node.get("auth_username").filter(|user| user.as_str().is_some_and(|text| !text.is_empty())) else { return };
    let secrets = ["auth_password", "auth_password_file", "auth_secret", "auth_secret_file"];
    let is_set = |key: &&str| node.get(key).is_some() || global.is_some_and(|global| global.get(&format!("smtp_{key}")).is_some());
    if !secrets.iter().any(is_set) {
        report(Level::Warning, user, path, "there is a user and no password for the mail server".to_owned(), "add `auth_password_file:`");
    }
}

/// A password of the mail server, and nobody whose it is.
fn nobody(node: &Node, report: &mut Report<'_>) {
    let password = ["smtp_auth_password", "smtp_auth_password_file"].into_iter().find_map(|key| node.entry(key));
    if let Some((key, _)) = password.filter(|_| node.get("smtp_auth_username").is_none() && node.get("smtp_auth_secret").is_none()) {
        let message = "there is a password for the mail server and no user, so nobody logs in".to_owned();
        report(Level::Warning, key, "global", message, "add `smtp_auth_username:`");
    }
}

fn addresses(node: &Node, key: &str, path: &str, report: &mut Report<'_>) {
    let Some((value, text)) = node.get(key).filter(|value| !is_template(value)).and_then(Node::with_str) else {
        return;
    };
    let wrong = |address: &str| {
        let address = address.trim().trim_end_matches('>');
        address.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty() || host.contains('@') || host.contains(' '))
    };
    if !text.is_empty() && text.split(',').any(wrong) {
        report(Level::Error, value, path, format!("{} is no mail address", value.describe()), "write it as `name@example.com`");
    }
}

/// Whether a URL leads to what people see of Slack, rather than to what takes messages.
fn is_workspace(url: &str) -> bool {
    let host = host(url);
    let takes = host.starts_with("hooks.") || url.contains("/api/");
    !takes && (host == "slack.com" || host.ends_with(".slack.com"))
}

fn slack(node: &Node, path: &str, report: &mut Report<'_>) {
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

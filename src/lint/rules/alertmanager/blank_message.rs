//! Messages with nothing in them.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::pieces::{Piece, pieces};
use crate::lint::views::AlertmanagerView;
use crate::source::{Node, NodeKind};

rule! {
    /// A receiver's text is empty where its service needs one: a mail without a subject or a body, a page without a description, a
    /// message of a chat with neither title nor text. Or it is a template that renders nothing, as its loops and conditions have
    /// nothing in them. Services refuse such a message, or show a blank one.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, pagerduty_configs: [{ routing_key_file: /key, description: '{{ range .Alerts }}{{ end }}' }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, pagerduty_configs: [{ routing_key_file: /key, description: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' }] }]
    /// ```
    BlankMessage, "blank-message", Warning
}

/// What a service needs: one of these texts at least.
const NEEDED: &[(&str, &[&str])] = &[
    ("email_configs", &["html", "text"]),
    ("pagerduty_configs", &["description"]),
    ("opsgenie_configs", &["message"]),
    ("telegram_configs", &["message"]),
    ("webex_configs", &["message"]),
    ("sns_configs", &["message"]),
    ("slack_configs", &["title", "text"]),
    ("discord_configs", &["title", "message"]),
    ("msteams_configs", &["text", "summary"]),
];

/// Texts that are empty unless they are written, though their service shows them.
const EMPTY: &[(&str, &str)] = &[("email_configs", "text"), ("slack_configs", "text")];

impl Rule for BlankMessage {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            for (list, place, node) in receiver.integrations() {
                let path = format!("receivers[{index}].{list}[{place}]");
                let mut said = Vec::new();
                nothing_rendered(node, &path, &mut said, found);
                let subject = node.entries_of("headers").find(|(name, ..)| name.eq_ignore_ascii_case("subject"));
                if let Some((_, _, value)) = subject.filter(|(_, _, value)| list == "email_configs" && is_empty(value)) {
                    report(value, &path, "these mails have no subject", found);
                }
                let Some((_, needed)) = NEEDED.iter().find(|(of, _)| *of == list) else { continue };
                let blank = |key: &&&str| match node.get(key) {
                    Some(value) => is_empty(value),
                    None => EMPTY.contains(&(list, **key)),
                };
                // A message may be made of other parts.
                if ["fields", "pretext", "image_url", "blocks", "content"].iter().any(|key| node.get(key).is_some()) {
                    continue;
                }
                let written = needed.iter().find_map(|key| node.get(key)).filter(|_| needed.iter().all(|key| blank(&key)));
                if let Some(value) = written.filter(|value| !said.contains(&value.span)) {
                    let message = format!("{} is blank, and there is nothing else in these messages", of(needed));
                    report(value, &path, &message, found);
                }
            }
        }
    }
}

fn of(needed: &[&str]) -> String {
    needed.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ")
}

fn report(node: &Node, path: &str, message: &str, found: &mut Vec<Diagnostic>) {
    found.push(META.finding(node.span, message.to_owned()).path(path).help("say what happened, as in `{{ .CommonAnnotations.summary }}`"));
}

/// Templates without anything to show.
fn nothing_rendered(node: &Node, path: &str, said: &mut Vec<crate::source::Span>, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        NodeKind::Scalar(_) => {
            if node.as_str().is_some_and(|text| text.contains("{{") && shows(text) == Some(false)) {
                report(node, path, "this template renders nothing, whatever the alerts are", found);
                said.push(node.span);
            }
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| nothing_rendered(item, path, said, found)),
        NodeKind::Mapping(_) => node.entries().for_each(|(_, _, value)| nothing_rendered(value, path, said, found)),
    }
}

/// Whether a text is empty, or a template that is.
fn is_empty(node: &Node) -> bool {
    node.is_null() || node.as_str().is_some_and(|text| shows(text) == Some(false))
}

/// Whether a template has anything but white space, conditions, loops, comments and variables; `None` where it cannot be read.
fn shows(text: &str) -> Option<bool> {
    let is_shown = |piece: Piece<'_>| match piece {
        Piece::Text(text) => !text.trim().is_empty(),
        Piece::Action(action, _) => {
            let word = action.split_whitespace().next().unwrap_or("");
            let silent = matches!(word, "if" | "range" | "with" | "else" | "end" | "break" | "continue")
                || action.starts_with("/*")
                || action.starts_with('$') && (action.contains(":=") || action.contains(" = "));
            !silent
        }
    };
    Some(pieces(text)?.into_iter().any(is_shown))
}

//! One text: its calls, its fields, its comparisons.

use std::ops::Range;

use super::fields::{fields, never_there, wrong_field};
use super::guards::other_label;
use super::known::{ALERT, DATA, FUNCTIONS, REFERENCE, TAKES};
use super::status::other_state;
use super::{Known, META};
use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::lint::template::notification::{self, Call, Given, Notification};
use crate::lint::views::library::Library;
use crate::lint::words::layout::{another_year, day_before_month, without_hour};
use crate::promql::regex;
use crate::source::Span;

pub(super) fn judge(text: &str, place: &dyn Fn(Range<usize>) -> Span, known: &Known<'_>, found: &mut Vec<Diagnostic>) {
    let mut report = |level: Level, span: Span, message: String, help: String| {
        found.push(META.finding_at(level, span, message).help(help));
    };
    let template = match notification::read_given(text, &|name| known.library.given(name)) {
        Ok(template) => template,
        Err(broken) => {
            let message = format!("Go cannot parse this template: {}", broken.message);
            return report(Level::Error, place(broken.range), message, "mend the template".to_owned());
        }
    };
    for (name, range) in &template.functions {
        if let Some(meant) = (!FUNCTIONS.contains(&name.as_str())).then(|| did_you_mean(name, FUNCTIONS.iter().copied())) {
            let help = meant.map_or_else(|| "use a function that Alertmanager has".to_owned(), |meant| format!("did you mean `{meant}`?"));
            let level = if meant.is_some() { Level::Error } else { Level::Warning };
            report(level, place(range.clone()), format!("templates have no function `{name}`"), help);
        }
    }
    for (name, range, given) in &template.arguments {
        if let Some((_, takes)) = TAKES.iter().find(|(known, takes)| known == name && takes != given) {
            let count = if *takes == 1 { "one argument".to_owned() } else { format!("{takes} arguments") };
            let message = format!("`{name}` takes {count} and is given {given}, so nothing is sent");
            report(Level::Error, place(range.clone()), message, "write what is piped into it as the last one".to_owned());
        }
    }
    undefined(&template, known, &mut |level, range, message, help| report(level, place(range), message, help));
    for at in [".Status \"", ".Status `"].iter().flat_map(|start| text.match_indices(start)) {
        let value = &text[at.0 + at.1.len()..];
        let value = &value[..value.find(['"', '`']).unwrap_or(value.len())];
        if !matches!(value, "firing" | "resolved") {
            let range = at.0..at.0 + at.1.len() + value.len();
            report(
                Level::Warning,
                place(range),
                format!("the status is never `{value}`"),
                "compare with `firing` or `resolved`".to_owned(),
            );
        }
    }
    for (at, _) in text.match_indices(".Format \"") {
        let start = at + ".Format \"".len();
        let layout = &text[start..];
        let layout = &layout[..layout.find('"').unwrap_or(layout.len())];
        if !layout.is_empty() && !REFERENCE.iter().any(|part| layout.contains(part)) {
            let message = "nothing in this layout is a part of Go's reference time, and it is sent as it stands".to_owned();
            report(Level::Warning, place(start..start + layout.len()), message, "write it as `2006-01-02 15:04`".to_owned());
        } else if another_year(layout) {
            let message = "the year of Go's reference time is 2006, and another one is read digit by digit".to_owned();
            report(Level::Warning, place(start..start + layout.len()), message, "write it as `2006-01-02 15:04`".to_owned());
        } else if without_hour(layout) {
            let message = "the hour of Go's reference time is 15, which is not in this layout: another one is read as it stands".to_owned();
            report(Level::Warning, place(start..start + layout.len()), message, "write it as `2006-01-02 15:04`".to_owned());
        } else if day_before_month(layout) {
            let message = "the day stands between the year and the month, as nobody reads a date".to_owned();
            report(Level::Warning, place(start..start + layout.len()), message, "write it as `2006-01-02 15:04`".to_owned());
        }
    }
    for (at, name) in ["reReplaceAll \"", "match \""].iter().flat_map(|name| text.match_indices(name)) {
        let start = at + name.len();
        let pattern = &text[start..];
        let pattern = &pattern[..pattern.find('"').unwrap_or(pattern.len())];
        let is_call = at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
        if is_call && regex::check(&pattern.replace("\\\\", "\\")).is_err() {
            let message = format!("`{pattern}` is no regular expression, and nothing is sent");
            report(Level::Error, place(start..start + pattern.len()), message, "correct it".to_owned());
        }
    }
    one_alert(text, place, known, &mut report);
    for (range, message, help) in other_state(text) {
        report(Level::Warning, place(range), message.to_owned(), help.to_owned());
    }
    for (range, asked, shown) in other_label(text).into_iter().filter(|(_, asked, _)| (known.lacks)(asked) || (known.unheard)(asked)) {
        let message = format!("no alert here has the label `{asked}`, so `{shown}` is never shown");
        report(Level::Warning, place(range), message, format!("did you mean `{shown}`?"));
    }
    for (range, label, value) in compared(text) {
        if (known.never)(label, value) {
            let message = format!("no alert here has the {label} `{value}`, so this is never true");
            report(Level::Warning, place(range), message, "compare with a value that alerts have".to_owned());
        }
    }
    for call in &template.used {
        if let Some((message, help)) = wrong_argument(call, known.library) {
            report(Level::Error, place(call.range.clone()), message, help);
        }
    }
    for field in &template.fields {
        if let Some((level, message, help)) = wrong_field(field, known) {
            report(level, place(field.range.clone()), message, help);
        } else if let Some((message, help)) = never_there(field, &template, known) {
            report(Level::Warning, place(field.range.clone()), message, help);
        }
    }
}

/// One alert that is taken out of the list.
fn one_alert(text: &str, place: &dyn Fn(Range<usize>) -> Span, known: &Known<'_>, report: &mut dyn FnMut(Level, Span, String, String)) {
    for (at, _) in text.match_indices("(index .Alerts") {
        let Some((inner, rest)) = text[at..].split_once(").") else { continue };
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        let place_in_list = inner.rsplit_once(' ').and_then(|(_, digits)| digits.parse::<u32>().ok());
        if let Some(number) = place_in_list.filter(|number| *number > 0 && !text[..at].contains("len ") && !text[..at].contains("range ")) {
            let message = format!("a group of {number} has no alert {number}, as they are counted from 0, and nothing is sent");
            let help = "write `(index .Alerts 0)`, or `range .Alerts`".to_owned();
            report(Level::Warning, place(at + 1..at + inner.len()), message, help);
        }
        if inner.matches('(').count() == 1 && !name.is_empty() && !ALERT.contains(&name) {
            let start = at + inner.len() + 2;
            let help = did_you_mean(name, ALERT.iter().copied())
                .map_or_else(|| "an alert has `.Labels` and `.Annotations`".to_owned(), |meant| format!("did you mean `.{meant}`?"));
            report(Level::Error, place(start..start + name.len()), format!("an alert has no field `{name}`"), help);
        }
        let name_behind = |start: &str| {
            let rest = rest.strip_prefix(start)?;
            Some(&rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())])
        };
        let is = |names: &[String], asked: &str| names.iter().any(|name| name == asked);
        if let Some(asked) = name_behind("Labels.").filter(|asked| is(known.annotations, asked) && !is(known.labels, asked)) {
            let start = at + inner.len() + 2 + "Labels.".len();
            let message = format!("`{asked}` is an annotation of the alerts here and no label: this is blank");
            report(Level::Warning, place(start..start + asked.len()), message, "read it from the annotations".to_owned());
        }
        let asked = name_behind("Annotations.");
        if let Some(asked) =
            asked.filter(|asked| known.has_alerts && !asked.is_empty() && !known.annotations.iter().any(|name| name == asked))
        {
            let start = at + inner.len() + 2 + "Annotations.".len();
            let help = did_you_mean(asked, known.annotations.iter().map(String::as_str))
                .map_or_else(|| "use one that alerts here have".to_owned(), |meant| format!("did you mean `{meant}`?"));
            report(
                Level::Warning,
                place(start..start + asked.len()),
                format!("no alert here sets the annotation `{asked}`: this is blank"),
                help,
            );
        }
    }
}

/// The labels that a template compares with texts.
fn compared(text: &str) -> Vec<(Range<usize>, &str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("eq .") {
        let rest = &text[at + 4..];
        let Some(rest) = ["CommonLabels.", "GroupLabels.", "Labels."].iter().find_map(|start| rest.strip_prefix(start)) else { continue };
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (label, rest) = rest.split_at(end);
        // Several texts may stand behind one another.
        let Some((value, behind)) = rest.strip_prefix(" \"").and_then(|rest| rest.split_once('"')) else { continue };
        if !behind.trim_start().starts_with('"') && !label.is_empty() {
            let start = text.len() - behind.len() - value.len() - 1;
            found.push((start..start + value.len(), label, value));
        }
    }
    found
}

/// Templates that Alertmanager brings.
pub(super) const BROUGHT: &[&str] = &[
    "discord.default.content",
    "discord.default.message",
    "discord.default.title",
    "email.default.html",
    "email.default.subject",
    "jira.default.description",
    "jira.default.priority",
    "jira.default.summary",
    "mattermost.default.color",
    "mattermost.default.fallback",
    "mattermost.default.text",
    "mattermost.default.title",
    "mattermost.default.titlelink",
    "mattermost.default.username",
    "msteams.default.summary",
    "msteams.default.text",
    "msteams.default.title",
    "msteamsv2.default.text",
    "msteamsv2.default.title",
    "opsgenie.default.description",
    "opsgenie.default.message",
    "opsgenie.default.source",
    "pagerduty.default.client",
    "pagerduty.default.clientURL",
    "pagerduty.default.description",
    "pagerduty.default.instances",
    "pushover.default.message",
    "pushover.default.title",
    "pushover.default.url",
    "rocketchat.default.alias",
    "rocketchat.default.emoji",
    "rocketchat.default.iconurl",
    "rocketchat.default.text",
    "rocketchat.default.title",
    "rocketchat.default.titlelink",
    "slack.default.callbackid",
    "slack.default.color",
    "slack.default.fallback",
    "slack.default.footer",
    "slack.default.iconemoji",
    "slack.default.iconurl",
    "slack.default.pretext",
    "slack.default.text",
    "slack.default.title",
    "slack.default.titlelink",
    "slack.default.username",
    "sns.default.message",
    "sns.default.subject",
    "telegram.default.message",
    "victorops.default.entity_display_name",
    "victorops.default.monitoring_tool",
    "victorops.default.state_message",
    "webex.default.message",
    "wechat.default.agent_id",
    "wechat.default.api_secret",
    "wechat.default.message",
    "wechat.default.to_party",
    "wechat.default.to_tag",
    "wechat.default.to_user",
];

/// A template that is called with what it cannot read.
fn wrong_argument(call: &Call, library: &Library<'_>) -> Option<(String, String)> {
    let name = &call.name;
    let help = || format!("write `{{{{ template \"{name}\" . }}}}`");
    let defined = library.defined.get(name);
    match call.given {
        Given::Nothing => {
            let reads = defined.map_or(BROUGHT.contains(&name.as_str()), |defined| !defined.reads.is_empty());
            reads.then(|| (format!("`{name}` is given nothing, and fails when it reads of the notification"), help()))
        }
        Given::Subject(subject) => {
            let (fields, of) = fields(subject)?;
            let is_known = |field: &str| DATA.contains(&field) || ALERT.contains(&field);
            let unread = defined?.reads.iter().find(|field| !fields.contains(&field.as_str()) && is_known(field))?;
            let help = if ALERT.contains(&unread.as_str()) {
                format!("give it one alert: `{{{{ range .Alerts }}}}{{{{ template \"{name}\" . }}}}{{{{ end }}}}`")
            } else {
                help()
            };
            Some((format!("`{name}` reads `.{unread}`, which {of} does not have"), help))
        }
    }
}

fn undefined(template: &Notification, known: &Known<'_>, report: &mut dyn FnMut(Level, Range<usize>, String, String)) {
    for Call { name, range, .. } in &template.used {
        let is_defined = known.library.defined.contains_key(name);
        let meant = misspelt(name, BROUGHT).filter(|_| name.contains(".default.") && !is_defined);
        if let Some(meant) = meant {
            report(Level::Error, range.clone(), format!("Alertmanager brings no template `{name}`"), format!("did you mean `{meant}`?"));
        } else if let Some((integration, _)) = name.split_once(".default.").filter(|_| !is_defined && !BROUGHT.contains(&name.as_str()))
            && let Some(known) = BROUGHT.iter().find(|known| known.starts_with(&format!("{integration}.default.")))
        {
            report(Level::Error, range.clone(), format!("Alertmanager brings no template `{name}`"), format!("it brings `{known}`"));
        }
        // Alertmanager brings templates named after its integrations.
        let own = name.starts_with("__") || name.contains(".default.");
        if own || is_defined {
            continue;
        }
        let brought = BROUGHT.iter().find(|known| known.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))).copied();
        let near = did_you_mean(name, known.library.defined.keys().map(String::as_str)).or(brought);
        if let Some(meant) = near {
            report(Level::Error, range.clone(), format!("no template is named `{name}`"), format!("did you mean `{meant}`?"));
        } else if !known.has_files || known.library.is_whole {
            let help = "load the file that defines it under `templates:`".to_owned();
            report(Level::Error, range.clone(), format!("no template is named `{name}`"), help);
        } else if known.library.is_covered {
            // What a pattern loads may not all be here.
            let meant = BROUGHT.iter().find(|known| known.replace(".default", "") == *name);
            let help = meant.map_or_else(|| "use one that is defined".to_owned(), |meant| format!("did you mean `{meant}`?"));
            report(Level::Warning, range.clone(), format!("no file here defines the template `{name}`"), help);
        }
    }
}

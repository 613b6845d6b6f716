//! Notification texts that cannot be rendered.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::formats::alertmanager::Receiver;
use crate::lint::context::Context;
use crate::lint::library::Library;
use crate::lint::routing::{Alert, Delivery, alerts, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::notification::{self, Call, Field, Given, Notification, Subject};
use crate::lint::template::only_block;
use crate::lint::views::AlertmanagerView;
use crate::promql::regex;
use crate::source::{Node, NodeKind, Span, text_map};

rule! {
    /// A text of a receiver is a template that Go cannot parse, calls a function that there is none or gives it too little, or reads a
    /// field that notifications do not have: instead of a notification there is an error in Alertmanager's log.
    ///
    /// Labels and annotations that no alert among the inputs has, and templates that are defined nowhere, are reported as well:
    /// they are blank, as is what is said of resolved alerts alone without `send_resolved`. Templates in files that `templates` loads are judged by what those who call them give to them.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, pagerduty_configs: [{ routing_key_file: /key, description: '{{ .CommonAnotations.summary }}' }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, pagerduty_configs: [{ routing_key_file: /key, description: '{{ .CommonAnnotations.summary }}' }] }]
    /// ```
    NotificationTemplate, "notification-template", Error
}

const DATA: &[&str] = &[
    "Receiver",
    "Status",
    "Alerts",
    "GroupLabels",
    "CommonLabels",
    "CommonAnnotations",
    "ExternalURL",
    "TruncatedAlerts",
    "GroupKey",
    "NotificationReason",
];
const ALERT: &[&str] = &["Status", "Labels", "Annotations", "StartsAt", "EndsAt", "GeneratorURL", "Fingerprint"];
const LISTS: &[&str] = &["Firing", "Resolved"];
const METHODS: &[&str] = &["SortedPairs", "Names", "Values", "Remove", "String"];
const FUNCTIONS: &[&str] = &[
    // text/template
    "and",
    "or",
    "not",
    "len",
    "index",
    "slice",
    "print",
    "printf",
    "println",
    "html",
    "js",
    "urlquery",
    "call",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    // Alertmanager
    "toUpper",
    "toLower",
    "title",
    "trimSpace",
    "join",
    "match",
    "safeHtml",
    "safeUrl",
    "urlUnescape",
    "reReplaceAll",
    "stringSlice",
    "date",
    "tz",
    "since",
    "humanizeDuration",
    "toJson",
    "urlquery",
    "append",
    "list",
    "dict",
    "values",
    "stringToSlice",
    "trim",
    "trunc",
    "logfmt",
];
/// Functions that take a fixed number of arguments.
const TAKES: &[(&str, usize)] = &[
    ("not", 1),
    ("len", 1),
    ("ne", 2),
    ("lt", 2),
    ("le", 2),
    ("gt", 2),
    ("ge", 2),
    ("toUpper", 1),
    ("toLower", 1),
    ("title", 1),
    ("trimSpace", 1),
    ("join", 2),
    ("match", 2),
    ("safeHtml", 1),
    ("reReplaceAll", 3),
    ("date", 2),
    ("tz", 2),
    ("since", 1),
    ("humanizeDuration", 1),
];
/// Receivers that tell nothing of what is resolved unless `send_resolved` says so.
const FIRING_ONLY: &[&str] = &["slack_configs", "email_configs", "wechat_configs"];
/// Fields that are texts, and have none of their own.
const TEXTS: &[&str] = &["Receiver", "Status", "ExternalURL", "GeneratorURL", "Fingerprint"];
/// Parts of the time that layouts of Go are written by.
const REFERENCE: &[&str] = &["2006", "06", "01", "02", "15", "03", "04", "05", "Jan", "Mon", "MST", "PM", "Z07", "-07"];
/// Keys that hold no template.
const PLAIN: &[&str] = &["http_config", "sigv4", "tls_config", "send_resolved", "name"];

impl Rule for NotificationTemplate {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = alerts(context);
        let names = |of: &dyn Fn(&Alert<'_>) -> Vec<String>| -> Vec<String> {
            let mut names: Vec<String> = alerts.iter().flat_map(of).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let closed = is_closed(context);
        let lacks = |label: &str| closed && alerts.iter().all(|alert| alert.value(label, context).as_deref() == Some(""));
        let never = |label: &str, value: &str| {
            let values: Option<Vec<String>> = alerts.iter().map(|alert| alert.value(label, context)).collect();
            closed && values.is_some_and(|values| !values.is_empty() && !values.iter().any(|other| other == value))
        };
        let mut texts = Vec::new();
        for (_, _, node) in view.config.receivers.iter().flat_map(Receiver::integrations) {
            walk(node, "", &mut |node, _| texts.extend(node.as_str().filter(|text| text.contains("{{"))));
        }
        let annotations = names(&|alert| alert.rule.annotations().map(|(name, ..)| name.to_owned()).collect());
        let labels = names(&|alert| alert.rule.labels().map(|(name, ..)| name.to_owned()).collect());
        let library = Library::new(context.sources, view.view, &texts);
        let known = Known {
            library: &library,
            lacks: &lacks,
            never: &never,
            annotations: &annotations,
            labels: &labels,
            has_files: view.config.root.get("templates").is_some_and(|list| list.items().next().is_some()),
            has_alerts: !alerts.is_empty(),
        };
        // Where each alert ends, as far as that can be told.
        let ends: Vec<_> = alerts.iter().map(|alert| (alert, alert.delivered(view.config, context))).collect();
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            let is_here = |end: &Delivery<'_, '_>| end.receiver.and_then(Node::as_str) == receiver.name.as_str();
            let comes = |ends: &Option<Vec<Delivery<'_, '_>>>| ends.as_ref().is_none_or(|ends| ends.iter().any(is_here));
            let own: Vec<&Alert<'_>> = ends.iter().filter(|(_, ends)| comes(ends)).map(|(alert, _)| *alert).collect();
            let lacks =
                |label: &str| closed && !own.is_empty() && own.iter().all(|alert| alert.value(label, context).as_deref() == Some(""));
            let known = Known { lacks: &lacks, ..known };
            for (list, place, of_receiver) in receiver.integrations() {
                let path = format!("receivers[{index}].{list}[{place}]");
                walk(of_receiver, &path, &mut |node, path| {
                    named(node, &library, path, found);
                    resolved(node, list, of_receiver, path, found);
                    let Some(text) = node.as_str().filter(|text| text.contains("{{")) else { return };
                    let places = text_map::Map::new(view.view.text, node);
                    let mut own = Vec::new();
                    judge(text, &|range| places.span(range), &known, &mut own);
                    found.extend(own.into_iter().map(|finding| finding.path(path)));
                    group_labels(node, view, receiver.name, path, found);
                });
            }
        }
        for (source, text) in &library.files {
            let place = |range| Span::new(*source, range);
            judge(text, &place, &known, found);
            uncalled(text, &place, &library, &texts, found);
        }
    }
}

/// A value that is the name of a template, where what that makes is meant.
fn named(node: &Node, library: &Library<'_>, path: &str, found: &mut Vec<Diagnostic>) {
    if let Some(text) = node.as_str().filter(|text| text.contains('.') && library.defined.contains_key(*text)) {
        let finding =
            META.finding_at(Level::Warning, node.span, format!("{} is the name of a template, and is sent as it stands", node.describe()));
        found.push(finding.path(path).help(format!("write `{{{{ template \"{text}\" . }}}}`")));
    }
}

/// A text that says something of resolved alerts alone, of a receiver that is never told of them.
fn resolved(node: &Node, list: &str, receiver: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    let told = receiver.get("send_resolved").map_or(Some(!FIRING_ONLY.contains(&list)), Node::as_bool);
    let Some(head) = node.as_str().filter(|_| told == Some(false)).and_then(only_block) else { return };
    if matches!(head.as_str(), "range .Alerts.Resolved" | "if eq .Status \"resolved\"" | "if .Alerts.Resolved") {
        let message = "this is blank: what is resolved is not sent to this receiver";
        let finding = META.finding_at(Level::Warning, node.span, message).path(path);
        found.push(finding.help("write `send_resolved: true`, or say something of what fires"));
    }
}

/// A template that nobody calls, where somebody calls one of nearly its name that nobody defines.
fn uncalled(text: &str, place: &dyn Fn(Range<usize>) -> Span, library: &Library<'_>, texts: &[&str], found: &mut Vec<Diagnostic>) {
    let Ok(template) = notification::read(text) else { return };
    let all = library.files.iter().map(|(_, text)| *text).chain(texts.iter().copied());
    let calls: Vec<String> =
        all.filter_map(|text| notification::read(text).ok()).flat_map(|found| found.used).map(|call| call.name).collect();
    let missing = || calls.iter().map(String::as_str).filter(|name| !library.defined.contains_key(*name) && !BROUGHT.contains(name));
    for define in template.defined.iter().filter(|define| library.defined.get(&define.name).is_some_and(|known| !known.is_called)) {
        // Of a name of the same family, where all the files are here.
        let family = define.name.split_once('.').map_or("", |(family, _)| family);
        let alike = || missing().find(|name| library.is_covered && name.split_once('.').is_some_and(|(other, _)| other == family));
        if let Some(meant) = did_you_mean(&define.name, missing()).or_else(alike) {
            let message = format!("nobody calls `{}`, and nobody defines `{meant}`, which is called", define.name);
            found.push(META.finding(place(define.range.clone()), message).help(format!("did you mean `{meant}`?")));
        }
    }
}

#[derive(Clone, Copy)]
struct Known<'k> {
    library: &'k Library<'k>,
    /// Whether no alert can have a label.
    lacks: &'k dyn Fn(&str) -> bool,
    /// Whether no alert can have a label with a value.
    never: &'k dyn Fn(&str, &str) -> bool,
    annotations: &'k [String],
    labels: &'k [String],
    has_files: bool,
    has_alerts: bool,
}

fn walk<'n>(node: &'n Node, path: &str, judge: &mut dyn FnMut(&'n Node, &str)) {
    match &node.kind {
        NodeKind::Scalar(_) => judge(node, path),
        NodeKind::Sequence(items) => items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{path}[{index}]"), judge)),
        NodeKind::Mapping(_) => {
            node.entries()
                .filter(|(key, ..)| !PLAIN.contains(key))
                .for_each(|(key, _, value)| walk(value, &format!("{path}.{key}"), judge));
        }
    }
}

fn judge(text: &str, place: &dyn Fn(Range<usize>) -> Span, known: &Known<'_>, found: &mut Vec<Diagnostic>) {
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
    // One alert that is taken out of the list.
    for (at, _) in text.match_indices("(index .Alerts") {
        let Some((inner, rest)) = text[at..].split_once(").") else { continue };
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        if inner.matches('(').count() == 1 && !name.is_empty() && !ALERT.contains(&name) {
            let start = at + inner.len() + 2;
            let help = did_you_mean(name, ALERT.iter().copied())
                .map_or_else(|| "an alert has `.Labels` and `.Annotations`".to_owned(), |meant| format!("did you mean `.{meant}`?"));
            report(Level::Error, place(start..start + name.len()), format!("an alert has no field `{name}`"), help);
        }
        let asked = rest
            .strip_prefix("Annotations.")
            .map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]);
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
const BROUGHT: &[&str] = &[
    "discord.default.content",
    "discord.default.message",
    "discord.default.title",
    "email.default.html",
    "email.default.subject",
    "email.default.text",
    "msteams.default.summary",
    "msteams.default.text",
    "msteams.default.title",
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
            let unread = defined?.reads.iter().find(|field| !fields.contains(&field.as_str()) && DATA.contains(&field.as_str()))?;
            Some((format!("`{name}` reads `.{unread}`, which {of} does not have"), help()))
        }
    }
}

fn undefined(template: &Notification, known: &Known<'_>, report: &mut dyn FnMut(Level, Range<usize>, String, String)) {
    for Call { name, range, .. } in &template.used {
        let is_defined = known.library.defined.contains_key(name);
        let meant = misspelt(name, BROUGHT).filter(|_| name.contains(".default.") && !is_defined);
        if let Some(meant) = meant {
            report(Level::Error, range.clone(), format!("Alertmanager brings no template `{name}`"), format!("did you mean `{meant}`?"));
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

/// The fields of what a template may be given, and how that is called.
fn fields(subject: Subject) -> Option<(&'static [&'static str], &'static str)> {
    match subject {
        Subject::Data => Some((DATA, "a notification")),
        Subject::Alert => Some((ALERT, "an alert")),
        Subject::Alerts => Some((LISTS, "the list of alerts")),
        Subject::Other => None,
    }
}

fn wrong_field(field: &Field, known: &Known<'_>) -> Option<(Level, String, String)> {
    let (fields, of) = fields(field.of)?;
    let first = field.names.first()?.as_str();
    if !fields.contains(&first) {
        let help = match did_you_mean(first, fields.iter().copied()) {
            Some(meant) => format!("did you mean `.{meant}`?"),
            None if ALERT.contains(&first) && field.of == Subject::Alerts => "read each with `{{ range .Alerts }}`".to_owned(),
            None if ALERT.contains(&first) => format!("`.{first}` belongs to one alert: read it inside `{{{{ range .Alerts }}}}`"),
            None => format!("it has {}", fields.iter().take(7).map(|name| format!("`.{name}`")).collect::<Vec<_>>().join(", ")),
        };
        return Some((Level::Error, format!("{of} has no field `{first}`"), help));
    }
    // What a list, a label or a text has is nothing that could be read further.
    let further = match first {
        "Alerts" if field.names.get(1).is_some_and(|name| LISTS.contains(&name.as_str())) => field.names.get(2),
        "CommonAnnotations" | "Annotations" | "CommonLabels" | "Labels" | "GroupLabels" => {
            field.names.get(2).filter(|_| !METHODS.contains(&field.names[1].as_str()))
        }
        first if TEXTS.contains(&first) => field.names.get(1),
        _ => None,
    };
    if let Some(further) = further {
        let (message, help) = if first == "Alerts" {
            (format!("the list of alerts has no `{further}`"), "read each with `{{ range .Alerts }}`".to_owned())
        } else {
            let before = format!(".{}", field.names[..if TEXTS.contains(&first) { 1 } else { 2 }].join("."));
            let dotted = field.names.get(1..).unwrap_or_default().join(".");
            (
                format!("`{before}` is a text and has no `{further}`, so nothing is sent"),
                format!("write `(index .{first} \"{dotted}\")` for a name with dots"),
            )
        };
        return Some((Level::Error, message, help));
    }
    if !known.has_alerts {
        return None;
    }
    let second = field.names.get(1).map(String::as_str).filter(|name| !METHODS.contains(name) && !field.optional)?;
    let (kind, names) = match first {
        "CommonAnnotations" | "Annotations" => ("annotation", &known.annotations),
        "CommonLabels" | "Labels" | "GroupLabels" => ("label", &known.labels),
        "Alerts" if !matches!(second, "Firing" | "Resolved") => {
            return Some((Level::Error, format!("alerts have no `{second}`"), "use `.Alerts.Firing` or `.Alerts.Resolved`".to_owned()));
        }
        _ => return None,
    };
    let names = || names.iter().map(String::as_str);
    if names().any(|name| name == second) || (kind == "label" && matches!(second, "alertname" | "job" | "instance")) {
        return None;
    }
    let meant = did_you_mean(second, names().chain((kind == "label").then_some("alertname")));
    if kind == "label" && known.annotations.iter().any(|name| name == second) {
        let message = format!("`{second}` is an annotation of the alerts here and no label: this is blank");
        return Some((Level::Warning, message, "read it from the annotations".to_owned()));
    }
    // A series may bring labels that no rule sets.
    if kind == "label" && meant.is_none() && !(known.lacks)(second) {
        return None;
    }
    let help = meant.map_or_else(|| "use one that alerts here have".to_owned(), |meant| format!("did you mean `{meant}`?"));
    Some((Level::Warning, format!("no alert here sets the {kind} `{second}`: this is blank"), help))
}

/// `.GroupLabels.x` of a receiver whose routes do not group by `x`.
fn group_labels(node: &Node, view: &AlertmanagerView<'_>, receiver: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    let Some(template) = node.as_str().and_then(|text| notification::read(text).ok()) else { return };
    let root = view.config.route.as_ref().and_then(|root| root.node.get("group_by"));
    let leading = view.config.routes().into_iter().filter(|route| route.receiver.is_some_and(|name| name.as_str() == receiver.as_str()));
    let groups: Vec<&Node> = leading.filter_map(|route| route.node.get("group_by").or(root)).collect();
    for field in
        template.fields.iter().filter(|field| field.of == Subject::Data && field.names[0] == "GroupLabels" && field.names.len() > 1)
    {
        let label = field.names[1].as_str();
        let grouped = |list: &&Node| list.items().any(|item| matches!(item.as_str(), Some(name) if name == label || name == "..."));
        if METHODS.contains(&label) || groups.is_empty() || groups.iter().any(grouped) {
            continue;
        }
        let places = text_map::Map::new(view.view.text, node);
        found.push(
            META.finding_at(
                Level::Warning,
                places.span(field.range.clone()),
                format!("no route to this receiver groups by `{label}`: this is blank"),
            )
            .path(path)
            .related(groups[0].span, "the labels grouped by")
            .help(format!("use `.CommonLabels.{label}`, or group by it")),
        );
    }
}

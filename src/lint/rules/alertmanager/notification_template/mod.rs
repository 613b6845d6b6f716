//! Notification texts that cannot be rendered.

mod fields;
mod grouping;
mod guards;
mod known;
mod status;
mod text;

use std::ops::Range;

use foldhash::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::alertmanager::Receiver;
use crate::lint::context::Context;
use crate::lint::routing::{Alert, alerts, is_closed, is_unheard};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alerts::annotation_link::unknown_dashboard;
use crate::lint::template::notification;
use crate::lint::template::only_block;
use crate::lint::views::AlertmanagerView;
use crate::lint::views::library::Library;
use crate::source::{Node, NodeKind, Span, text_map};
use grouping::group_labels;
use text::{BROUGHT, judge};

rule! {
    /// A text of a receiver is a template that Go cannot parse, calls a function that there is none or gives it too little, or reads a
    /// field that notifications do not have: instead of a notification there is an error in Alertmanager's log.
    ///
    /// Labels and annotations that no alert among the inputs has, and templates that are defined nowhere, are reported as well:
    /// they are blank, as is what is said of resolved alerts alone without `send_resolved`, what fires where the status is `resolved`,
    /// links to dashboards that are not among those of the inputs,
    /// the end of an alert that fires, the list of other alerts than those that are asked for, and a label of the group that no route groups by. Templates in files that `templates` loads are judged by what those who call them give to them.
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

/// Receivers that tell nothing of what is resolved unless `send_resolved` says so.
const FIRING_ONLY: &[&str] = &["slack_configs", "email_configs", "wechat_configs"];

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
        let unheard = |label: &str| closed && is_unheard(label, context);
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
            unheard: &unheard,
            annotations: &annotations,
            labels: &labels,
            has_files: view.config.root.get("templates").is_some_and(|list| list.items().next().is_some()),
            has_alerts: !alerts.is_empty(),
            is_closed: closed,
        };
        // Where each alert ends, as far as that can be told.
        let mut anywhere: Vec<&Alert<'_>> = Vec::new();
        let mut coming: HashMap<Option<&str>, Vec<&Alert<'_>>> = HashMap::default();
        for alert in &alerts {
            let Some(ends) = alert.delivered(view.config, context) else {
                anywhere.push(alert);
                continue;
            };
            let names: HashSet<Option<&str>> = ends.iter().map(|end| end.receiver.and_then(Node::as_str)).collect();
            for name in names {
                coming.entry(name).or_default().push(alert);
            }
        }
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            let own = || anywhere.iter().chain(coming.get(&receiver.name.as_str()).into_iter().flatten());
            let lacks =
                |label: &str| closed && own().next().is_some() && own().all(|alert| alert.value(label, context).as_deref() == Some(""));
            let known = Known { lacks: &lacks, ..known };
            for (list, place, of_receiver) in receiver.integrations() {
                let path = format!("receivers[{index}].{list}[{place}]");
                walk(of_receiver, &path, &mut |node, path| {
                    named(node, &library, path, found);
                    resolved(node, list, of_receiver, path, found);
                    let mut links = Vec::new();
                    linked(node.as_str().unwrap_or(""), &|_| node.span, context, &mut links);
                    found.extend(links.into_iter().map(|finding| finding.path(path)));
                    let Some(text) = node.as_str().filter(|text| text.contains("{{")) else { return };
                    let places = text_map::Map::new(view.view.text, node);
                    let mut own = Vec::new();
                    judge(text, &|range| places.span(range), &known, &mut own);
                    found.extend(own.into_iter().map(|finding| finding.path(path)));
                    group_labels(node, view, receiver.name, (&library, path), found);
                });
            }
        }
        let missing = if library.files.is_empty() { Vec::new() } else { missing(&library, &texts) };
        for (source, text) in &library.files {
            let place = |range| Span::new(*source, range);
            judge(text, &place, &known, found);
            linked(text, &place, context, found);
            uncalled(text, &place, &library, &missing, found);
        }
    }
}

/// Links to dashboards of Grafana that are not among those of the inputs.
fn linked(text: &str, place: &dyn Fn(Range<usize>) -> Span, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (at, start) in text.match_indices("/d/") {
        let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|' | ')');
        let before = text[..at].rfind(is_edge).map_or(0, |edge| edge + 1);
        let link = &text[at..at + text[at..].find(is_edge).unwrap_or(text.len() - at)];
        // Others have such addresses, too.
        if text[before..at].contains("google") {
            continue;
        }
        if let Some((message, help)) = unknown_dashboard(link, context) {
            let range = at + start.len()..at + link.len();
            found.push(META.finding_at(Level::Warning, place(range), message).help(help));
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

/// The templates that are called and that nobody defines.
fn missing(library: &Library<'_>, texts: &[&str]) -> Vec<String> {
    let mut seen = HashSet::default();
    let all = library.files.iter().map(|(_, text)| *text).chain(texts.iter().copied());
    let calls = all.filter_map(|text| notification::read(text).ok()).flat_map(|found| found.used).map(|call| call.name);
    let is_missing = |name: &String| !library.defined.contains_key(name) && !BROUGHT.contains(&name.as_str());
    calls.filter(|name| is_missing(name) && seen.insert(name.clone())).collect()
}

/// A template that nobody calls, where somebody calls one of nearly its name that nobody defines.
fn uncalled(text: &str, place: &dyn Fn(Range<usize>) -> Span, library: &Library<'_>, missing: &[String], found: &mut Vec<Diagnostic>) {
    let Ok(template) = notification::read(text) else { return };
    let missing = || missing.iter().map(String::as_str);
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
    /// Whether nothing here but texts of notifications speaks of a label.
    unheard: &'k dyn Fn(&str) -> bool,
    /// Whether no alert can have a label with a value.
    never: &'k dyn Fn(&str, &str) -> bool,
    annotations: &'k [String],
    labels: &'k [String],
    has_files: bool,
    has_alerts: bool,
    /// Whether all alerts that there are are here.
    is_closed: bool,
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

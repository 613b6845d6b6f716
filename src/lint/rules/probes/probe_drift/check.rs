//! A check of the manifest, and what a module takes for its answer.

use regex::Regex;

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::probes::Probe;
use crate::manifest::variants;
use crate::source::{Node, Span};

/// What an answer has to match.
pub(super) const BODY: &str = "fail_if_body_not_matches_regexp";

/// A check of the manifest that asks over HTTP.
pub(super) struct Check<'a> {
    pub name: &'a str,
    pub key: &'a Node,
    pub body: &'a Node,
    /// Where it asks, in each environment.
    pub urls: Vec<String>,
}

/// Whether a target asks for a URL. `host/path` is asked for over plain HTTP.
pub(super) fn is_asked_by(url: &str, target: &str) -> bool {
    url == target || !target.contains("://") && url.strip_prefix("http://") == Some(target)
}

/// Every URL that a check may ask, by the manifest and its environments.
pub(super) fn urls(root: &Node, name: &str) -> Vec<String> {
    let health = || variants(root).filter_map(|root| root.get("health"));
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let checks: Vec<&Node> = health().filter_map(|health| health.get(name)).collect();
    let mut all: Vec<String> = checks.iter().filter_map(|check| text(check, "url")).collect();
    for path in checks.iter().filter_map(|check| text(check, "path")) {
        all.extend(health().filter_map(|health| text(health, "base")).map(|base| format!("{}{path}", base.trim_end_matches('/'))));
    }
    all
}

impl Check<'_> {
    /// Whether any of the probes is this check, which is then compared with it.
    pub(super) fn compare(&self, own: &[&Probe<'_>], reads_body: bool, found: &mut Vec<Diagnostic>) -> bool {
        let asked = own.iter().find(|probe| self.is_target_of(probe));
        // Its module is called after it.
        let named = own.iter().find(|probe| probe.module.name().ends_with(self.name));
        let Some(probe) = asked.or(named) else { return false };
        // Of several targets of its module, the one that is meant is the most alike.
        let alike = |(_, target): &(&Node, &str)| strsim::damerau_levenshtein(target, &self.urls[0]);
        if let Some((node, _)) = named.filter(|probe| !self.is_asked(probe)).and_then(|probe| probe.targets().min_by_key(alike)) {
            let message = format!("the check `{}` asks {} here, and `{}` in the manifest", self.name, node.describe(), self.urls[0]);
            self.both(found, node.span, "scrape_configs", &message);
        }
        if probe.module.prober() != "http" {
            return true;
        }
        let Some(http) = probe.section() else {
            self.unlooked(probe, reads_body, found);
            return true;
        };
        let before = found.len();
        let expected = self.body.get("expect");
        if let Some(status) = expected.and_then(|expect| expect.get("status")) {
            self.status(status, http, found);
        }
        for (name, _, value) in expected.and_then(|expect| expect.get("json")).into_iter().flat_map(Node::entries) {
            if let Some(value) = value.as_str() {
                self.field(name, value, http, reads_body, found);
                self.expression(name, value, http, found);
            }
        }
        if expected.and_then(|expect| expect.get("json")).is_some_and(|json| json.entries().next().is_some()) {
            self.content_type(http, found);
        }
        if let Some(text) = expected.and_then(|expect| expect.get("body")?.as_str()) {
            self.text(text, http, found);
        }
        for (name, _, pattern) in expected.and_then(|expect| expect.get("headers")).into_iter().flat_map(Node::entries) {
            self.header(name, pattern, http, found);
        }
        // Either the module or the target may be the wrong one.
        if let (true, Some((target, _))) = (found.len() > before, asked.and_then(|probe| probe.targets().next())) {
            let message =
                format!("this is the check `{}`, and `{}` does not take what it answers by the manifest", self.name, probe.module.name());
            let finding = META.finding(target.span, message).path("scrape_configs").related(self.key.span, "the manifest");
            found.push(finding.help("probe it with another module, or correct the target"));
        }
        true
    }

    /// A module without a section, which takes any answer with a status of 2xx.
    fn unlooked(&self, probe: &Probe<'_>, reads_body: bool, found: &mut Vec<Diagnostic>) {
        let json = self.body.get("expect").and_then(|expect| expect.get("json"));
        let Some((name, _, value)) = json.filter(|_| reads_body).and_then(|json| json.entries().next()) else { return };
        let message = format!("the manifest expects `{name}` to be {}, and this probe does not look at the answer here", value.describe());
        self.both(found, probe.module.name.span, "modules", &message);
    }

    fn is_asked(&self, probe: &Probe<'_>) -> bool {
        self.is_target_of(probe) || probe.targets().next().is_none()
    }

    pub(super) fn is_target_of(&self, probe: &Probe<'_>) -> bool {
        probe.targets().any(|(_, target)| self.urls.iter().any(|url| is_asked_by(url, target)))
    }

    fn status(&self, expected: &Node, http: &Node, found: &mut Vec<Diagnostic>) {
        let listed = http.get("valid_status_codes").filter(|list| list.items().next().is_some());
        let codes: Vec<i64> = listed.into_iter().flat_map(Node::items).filter_map(Node::as_i64).collect();
        let takes = |low: i64, high: i64| match listed {
            Some(_) => codes.iter().any(|code| (low..=high).contains(code)),
            None => low >= 200 && high < 300,
        };
        let nodes = expected.as_sequence().unwrap_or(std::slice::from_ref(expected));
        let is_taken = |node: &Node| match (node.as_i64(), node.as_str().and_then(|text| text.strip_suffix("xx")?.parse::<i64>().ok())) {
            (Some(code), _) => takes(code, code),
            (_, Some(class)) => takes(class * 100, class * 100 + 99),
            _ => true,
        };
        if nodes.iter().any(is_taken) {
            return;
        }
        let place = listed.map_or(http.span, |list| list.span);
        let taken = if codes.is_empty() { "2xx".to_owned() } else { codes.iter().map(i64::to_string).collect::<Vec<_>>().join(", ") };
        let wanted = nodes.iter().map(Node::describe).collect::<Vec<_>>().join(", ");
        let message = format!("the probe of `{}` takes the status {taken} here, and {wanted} in the manifest", self.name);
        self.both(found, place, "modules", &message);
    }

    /// A field of the answer, which is written with and without a blank.
    fn field(&self, name: &str, value: &str, http: &Node, reads_body: bool, found: &mut Vec<Diagnostic>) {
        let bodies = [format!("{{\"{name}\":\"{value}\"}}"), format!("{{\"{name}\": \"{value}\"}}"), format!("{{\"{name}\":{value}}}")];
        let matches = |node: &Node| {
            let regex = node.as_str().and_then(|text| Regex::new(text).ok());
            regex.is_none_or(|regex| bodies.iter().any(|body| regex.is_match(body)))
        };
        let wanted = || http.items_of(BODY);
        let here = wanted().find(|node| !matches(node) && (node.as_str().is_some_and(|text| text.contains(name)) || wanted().count() == 1));
        if let Some(node) = here {
            let message = format!("{} does not match an answer whose `{name}` is `{value}` here, as the manifest expects", node.describe());
            self.both(found, node.span, "modules", &message);
        } else if reads_body && wanted().next().is_none() && !http.entries().any(|(key, ..)| key.starts_with("fail_if_body")) {
            let message = format!("the manifest expects `{name}` to be `{value}`, and this probe does not look at the answer here");
            self.both(found, http.span, "modules", &message);
        }
        let refused = http.items_of("fail_if_body_matches_regexp");
        for node in refused.filter(|node| node.as_str().is_some_and(|text| text.contains(name)) && matches(node)) {
            let message = format!("this fails on an answer whose `{name}` is `{value}` here, which the manifest expects");
            self.both(found, node.span, "modules", &message);
        }
    }

    /// The one text that the module looks for in an answer.
    fn text(&self, expected: &str, http: &Node, found: &mut Vec<Diagnostic>) {
        let wanted: Vec<(&Node, &str)> = http.items_of(BODY).filter_map(Node::with_str).collect();
        let [(node, pattern)] = wanted.as_slice() else { return };
        if !may_be_alike(expected, pattern) {
            let message = format!("the probe of `{}` looks for {} here, and the manifest for `{expected}`", self.name, node.describe());
            self.both(found, node.span, "modules", &message);
        }
    }

    /// A header of the answer.
    fn header(&self, name: &str, expected: &Node, http: &Node, found: &mut Vec<Diagnostic>) {
        let of_name = |header: &&Node| header.get("header").and_then(Node::as_str).is_some_and(|other| other.eq_ignore_ascii_case(name));
        let patterns = http.items_of("fail_if_header_not_matches").filter(of_name).filter_map(|header| header.get_str("regexp"));
        for (node, pattern) in patterns {
            let Some(expected) = expected.as_str().filter(|expected| !may_be_alike(expected, pattern)) else { continue };
            let message = format!("the probe of `{}` takes {} here as `{name}`, and the manifest `{expected}`", self.name, node.describe());
            self.both(found, node.span, "modules", &message);
        }
        let refused = http.items_of("fail_if_header_matches").filter(of_name).filter_map(|header| header.get_str("regexp"));
        for (node, pattern) in refused {
            let Some(expected) = expected.as_str().filter(|expected| takes_all(pattern, expected)) else { continue };
            let message = format!(
                "the probe of `{}` fails on {} here as `{name}`, and the manifest expects `{expected}`",
                self.name,
                node.describe()
            );
            self.both(found, node.span, "modules", &message);
        }
    }

    /// An expression of CEL that compares a field of the answer with a text.
    fn expression(&self, name: &str, value: &str, http: &Node, found: &mut Vec<Diagnostic>) {
        for (key, wanted) in [("fail_if_body_json_not_matches_cel", true), ("fail_if_body_json_matches_cel", false)] {
            let Some((node, text)) = http.get_str(key) else { continue };
            let Some((field, compared)) = equality(text) else { continue };
            let message = if field == name && (compared == value) != wanted {
                if wanted {
                    format!("{} does not hold for an answer whose `{name}` is `{value}` here, as the manifest expects", node.describe())
                } else {
                    format!("this fails on an answer whose `{name}` is `{value}` here, which the manifest expects")
                }
            } else if field != name && compared == value && wanted && !self.expects(field) {
                format!("{} asks for `{field}`, and the manifest expects `{name}` to be `{value}` here,", node.describe())
            } else {
                continue;
            };
            self.both(found, node.span, "modules", message.trim_end_matches(','));
        }
    }

    fn expects(&self, field: &str) -> bool {
        self.body.get("expect").and_then(|expect| expect.get("json")).is_some_and(|json| json.get(field).is_some())
    }

    /// An answer whose fields the manifest names is JSON.
    fn content_type(&self, http: &Node, found: &mut Vec<Diagnostic>) {
        for header in http.items_of("fail_if_header_matches") {
            let is_type = header.get("header").and_then(Node::as_str).is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            let Some((node, pattern)) = header.get("regexp").filter(|_| is_type).and_then(Node::with_str) else { continue };
            let types = ["application/json", "application/json; charset=utf-8"];
            if Regex::new(pattern).is_ok_and(|regex| types.iter().all(|kind| regex.is_match(kind))) {
                let message = format!("the answer is JSON by the manifest, and the module fails on {}", node.describe());
                self.both(found, node.span, "modules", &message);
            }
        }
        for header in http.items_of("fail_if_header_not_matches") {
            let is_type = header.get("header").and_then(Node::as_str).is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            let Some((node, pattern)) = header.get("regexp").filter(|_| is_type).and_then(Node::with_str) else {
                continue;
            };
            let types = [
                "application/json",
                "application/json; charset=utf-8",
                "application/json;charset=utf-8",
                "application/health+json",
                "application/problem+json",
            ];
            if Regex::new(pattern).is_ok_and(|regex| !types.iter().any(|kind| regex.is_match(kind))) {
                let message = format!("the answer is JSON by the manifest, and the module takes {} here, alone", node.describe());
                self.both(found, node.span, "modules", &message);
            }
        }
    }

    /// Says it at its place in the configuration, and at the check.
    pub(super) fn both(&self, found: &mut Vec<Diagnostic>, here: Span, path: &str, message: &str) {
        let help = "make the two say the same";
        found.push(META.finding(here, message.replace(" here,", ",")).path(path).related(self.key.span, "the manifest").help(help));
        let path = format!("health.{}", self.name);
        found.push(
            META.finding(self.key.span, message.replace(" here,", " in the configuration,"))
                .path(path)
                .related(here, "the configuration")
                .help(help),
        );
    }
}

/// Whether two patterns may want the same: one of them matches the other as it is written, or it cannot be told.
fn may_be_alike(one: &str, other: &str) -> bool {
    let matches = |pattern: &str, text: &str| Regex::new(pattern).map_or(true, |regex| regex.is_match(text));
    one == other || matches(one, other) || matches(other, one)
}

/// Whether a pattern matches whatever an expected one does: they are written alike, or it matches a text with which all of that begins.
fn takes_all(pattern: &str, expected: &str) -> bool {
    let text = expected.strip_prefix('^').unwrap_or(expected);
    let text = text.strip_suffix(".*").or_else(|| text.strip_suffix('$')).unwrap_or(text);
    let is_plain = !text.contains(['*', '+', '?', '(', '[', '{', '|', '\\', '^', '$']);
    let ends = ["", "; charset=utf-8", "~"];
    pattern == expected || is_plain && Regex::new(pattern).is_ok_and(|regex| ends.iter().all(|end| regex.is_match(&format!("{text}{end}"))))
}

/// The field and the text that an expression of CEL compares, where that is all that it does.
fn equality(text: &str) -> Option<(&str, &str)> {
    let (field, value) = text.trim().strip_prefix("body.")?.split_once("==")?;
    let value = value.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    (is_name(field.trim()) && !value.contains(quote)).then_some((field.trim(), value))
}

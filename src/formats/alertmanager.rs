//! `alertmanager.yml`: the routing tree, its matchers and the receivers.

use std::collections::HashMap;

use super::schema::{Checker, DUPLICATE_NAME};
use super::tables::{BAD_REGEX, alertmanager as tables};
use crate::diagnostic::Diagnostic;
use crate::promql::regex;
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node};

/// A matcher that Alertmanager cannot read.
pub const BAD_MATCHER: &str = "bad-matcher";

/// An Alertmanager configuration.
#[derive(Debug)]
pub struct Alertmanager<'a> {
    /// The whole document.
    pub root: &'a Node,
    /// The routing tree.
    pub route: Option<Route<'a>>,
    /// The entries of `receivers`.
    pub receivers: Vec<Receiver<'a>>,
    /// The entries of `inhibit_rules`.
    pub inhibitions: Vec<Inhibition<'a>>,
    /// The entries of `time_intervals` and `mute_time_intervals`.
    pub intervals: Vec<Interval<'a>>,
}

/// A rule that keeps one alert quiet while another fires.
#[derive(Debug)]
pub struct Inhibition<'a> {
    /// The whole rule.
    pub node: &'a Node,
    /// Its place in the list, from 0.
    pub index: usize,
    /// What the alert that fires is like.
    pub source: Vec<Matcher<'a>>,
    /// What the alert that is kept quiet is like.
    pub target: Vec<Matcher<'a>>,
    /// The labels that both must have alike.
    pub equal: Vec<&'a Node>,
}

/// A named time interval.
#[derive(Debug)]
pub struct Interval<'a> {
    /// Its name.
    pub name: &'a Node,
    /// The list that it stands in.
    pub list: &'static str,
    /// The whole entry.
    pub node: &'a Node,
}

/// A route with its children.
#[derive(Debug)]
pub struct Route<'a> {
    /// The whole route.
    pub node: &'a Node,
    /// Where it stands, as in `route.routes[0]`.
    pub path: String,
    /// All of them must match.
    pub matchers: Vec<Matcher<'a>>,
    /// The receiver's name, where the route has its own.
    pub receiver: Option<&'a Node>,
    /// Whether later siblings are tried after a match.
    pub goes_on: bool,
    /// Its children, in order.
    pub routes: Vec<Route<'a>>,
}

/// A receiver.
#[derive(Debug)]
pub struct Receiver<'a> {
    /// Its name.
    pub name: &'a Node,
    /// Whether it notifies anybody.
    pub has_integrations: bool,
    /// The whole receiver.
    pub node: &'a Node,
}

impl<'a> Receiver<'a> {
    /// Everything that it notifies: the list it stands in, its place there, its body.
    pub fn integrations(&self) -> impl Iterator<Item = (&'a str, usize, &'a Node)> + use<'a> {
        let lists = self.node.entries().filter(|(name, ..)| name.ends_with("_configs"));
        lists.flat_map(|(name, _, list)| list.items().enumerate().map(move |(index, node)| (name, index, node)))
    }
}

impl<'a> Alertmanager<'a> {
    /// Every route, the root first, each before its children.
    pub fn routes(&self) -> Vec<&Route<'a>> {
        fn add<'r, 'a>(route: &'r Route<'a>, all: &mut Vec<&'r Route<'a>>) {
            all.push(route);
            route.routes.iter().for_each(|route| add(route, all));
        }
        let mut all = Vec::new();
        self.route.iter().for_each(|route| add(route, &mut all));
        all
    }
}

impl Matcher<'_> {
    /// Whether it lets a value through; `None` where its expression cannot be tried.
    pub fn takes(&self, value: &str, full_match: impl Fn(&str, &str) -> Option<bool>) -> Option<bool> {
        match self.op {
            MatchOp::Equal => Some(self.value == value),
            MatchOp::NotEqual => Some(self.value != value),
            MatchOp::Regex => full_match(&self.value, value),
            MatchOp::NotRegex => full_match(&self.value, value).map(|found| !found),
        }
    }
}

/// Two of these matchers that no value passes both of, the later one second.
pub fn exclusive<'r, 'a>(
    matchers: &[&'r Matcher<'a>],
    full_match: impl Fn(&str, &str) -> Option<bool> + Copy,
) -> Option<(&'r Matcher<'a>, &'r Matcher<'a>)> {
    let refuses = |fixed: &Matcher<'_>, other: &Matcher<'_>| {
        let opposite = fixed.op == MatchOp::Regex && other.op == MatchOp::NotRegex && fixed.value == other.value;
        opposite || fixed.op == MatchOp::Equal && other.takes(&fixed.value, full_match) == Some(false)
    };
    matchers.iter().enumerate().find_map(|(index, later)| {
        let earlier = matchers[..index].iter().filter(|other| other.label == later.label);
        earlier.copied().find(|earlier| refuses(earlier, later) || refuses(later, earlier)).map(|earlier| (earlier, *later))
    })
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

/// One matcher of a route.
#[derive(Debug)]
pub struct Matcher<'a> {
    /// Where it is written.
    pub node: &'a Node,
    /// The label.
    pub label: String,
    /// The comparison.
    pub op: MatchOp,
    /// The value, unquoted.
    pub value: String,
}

pub(super) fn looks_like(root: &Node) -> bool {
    let route = root.get("route").is_some_and(|route| route.as_mapping().is_some());
    let receivers = root.get("receivers").is_some_and(|list| list.is_null() || list.as_sequence().is_some());
    let routes = |key: &str| root.get("route").is_some_and(|route| route.get(key).is_some());
    let notifies =
        |list: &Node| list.items().any(|item| item.get("name").is_some() && item.entries().any(|(name, ..)| name.ends_with("_configs")));
    (route && (receivers || routes("receiver") || routes("routes"))) || root.get("receivers").is_some_and(notifies)
}

/// Views a document as an Alertmanager configuration and reports what Alertmanager would reject about its shape.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Alertmanager<'a> {
    let mut check = Checker::new(diagnostics);
    let document = Path::Root;
    check.table(root, &tables::ALERTMANAGER, &document);
    let list = |key: &str| root.items_of(key).enumerate();
    let mut receivers: Vec<Receiver<'a>> = Vec::new();
    let path = document.key("receivers");
    for (index, node) in list("receivers") {
        let Some(name) = node.get("name") else { continue };
        let has_integrations = node.entries().any(|(name, _, value)| name.ends_with("_configs") && value.items().next().is_some());
        let receiver = Receiver { name, has_integrations, node };
        from_global(&receiver, root, &path.index(index), &mut check);
        receivers.push(receiver);
    }
    unique(receivers.iter().map(|receiver| receiver.name), "receivers", &path, &mut check);
    let path = document.key("inhibit_rules");
    let inhibitions = list("inhibit_rules").map(|(index, node)| {
        let path = path.index(index);
        let source = matchers(node, "source_", &path, &mut check);
        let target = matchers(node, "target_", &path, &mut check);
        Inhibition { node, index, source, target, equal: node.items_of("equal").collect() }
    });
    let inhibitions = inhibitions.collect();
    let intervals: Vec<Interval<'a>> = ["time_intervals", "mute_time_intervals"]
        .into_iter()
        .flat_map(|key| list(key).filter_map(move |(_, node)| Some(Interval { name: node.get("name")?, list: key, node })))
        .collect();
    unique(intervals.iter().map(|interval| interval.name), "time intervals", &document.key("time_intervals"), &mut check);
    let route = root.get("route").filter(|node| node.as_mapping().is_some()).map(|node| route(node, &document.key("route"), &mut check));
    Alertmanager { root, route, receivers, inhibitions, intervals }
}

/// Reports what an integration needs and neither it nor `global` brings.
fn from_global(receiver: &Receiver<'_>, root: &Node, path: &Path<'_>, check: &mut Checker<'_>) {
    let set = |node: &Node, keys: &[&str]| keys.iter().any(|key| node.get(key).is_some_and(|value| !value.is_null()));
    for (list, own, global) in tables::FROM_GLOBAL {
        for (name, index, node) in receiver.integrations().filter(|(name, ..)| name == list) {
            if set(node, own) || root.get("global").is_some_and(|node| set(node, global)) {
                continue;
            }
            let place = node.as_mapping().and_then(<[_]>::first).map_or(node.span, |(key, _)| key.span);
            let diagnostic = Diagnostic::error(MISSING_KEY, place, format!("`{}` is missing, and `global` has no `{}`", own[0], global[0]));
            check
                .push(diagnostic.help(format!("add `{}:` here or `{}:` under `global:`", own[0], global[0])), &path.key(name).index(index));
        }
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a Node>, what: &str, path: &Path<'_>, check: &mut Checker<'_>) {
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    for name in names {
        let Some(text) = name.as_str() else { continue };
        if let Some(first) = seen.insert(text, name) {
            let diagnostic = Diagnostic::error(DUPLICATE_NAME, name.span, format!("two {what} are named `{text}`"));
            check.push(diagnostic.related(first.span, "the first one").help("rename one, or join the two"), path);
        }
    }
}

fn route<'a>(node: &'a Node, path: &Path<'_>, check: &mut Checker<'_>) -> Route<'a> {
    let list = path.key("routes");
    let mut routes = Vec::new();
    for (index, node) in node.items_of("routes").enumerate().filter(|(_, node)| node.as_mapping().is_some()) {
        routes.push(route(node, &list.index(index), check));
    }
    Route {
        node,
        matchers: matchers(node, "", path, check),
        receiver: node.get("receiver").filter(|receiver| !receiver.is_null()),
        goes_on: node.get("continue").and_then(Node::as_bool).unwrap_or(false),
        routes,
        path: path.to_string(),
    }
}

fn matchers<'a>(node: &'a Node, prefix: &str, path: &Path<'_>, check: &mut Checker<'_>) -> Vec<Matcher<'a>> {
    let mut found = Vec::new();
    for (key, op) in [("match", MatchOp::Equal), ("match_re", MatchOp::Regex)] {
        for (label, _, value) in node.entries_of(&format!("{prefix}{key}")) {
            found.push(Matcher { node: value, label: label.to_owned(), op, value: value.as_str().unwrap_or("").to_owned() });
        }
    }
    let key = format!("{prefix}matchers");
    for item in node.items_of(&key) {
        let Some(text) = item.as_str().filter(|text| !super::tables::is_placeholder(text)) else { continue };
        for text in split(text) {
            let read = matcher(item, text).ok_or("it is no `label=\"value\"`, with `=`, `!=`, `=~` or `!~`".to_owned());
            match read.and_then(|matcher| judge(&matcher).map(|()| matcher)) {
                Ok(matcher) => found.push(matcher),
                Err(why) => {
                    let diagnostic = Diagnostic::error(BAD_MATCHER, item.span, format!("{} is no matcher: {why}", item.describe()));
                    check.push(diagnostic.help("write it as `severity=\"critical\"` or `severity=~\"critical|page\"`"), &path.key(&key));
                }
            }
        }
    }
    for matcher in found.iter().filter(|matcher| matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex)) {
        // Values of `match_re` are judged with the table.
        if let Err(error) = regex::check(&matcher.value)
            && node.get(&key).is_some_and(|list| list.items().any(|item| std::ptr::eq(item, matcher.node)))
        {
            let message = format!("`{}` is no regular expression: {}", matcher.value, error.message);
            check.push(Diagnostic::error(BAD_REGEX, matcher.node.span, message).help("write it in the syntax of RE2"), &path.key(&key));
        }
    }
    found
}

/// Why Alertmanager does not take a matcher.
fn judge(matcher: &Matcher<'_>) -> Result<(), String> {
    let label = matcher.label.as_str();
    if label.is_empty() || label.contains([' ', '"', '{', '}']) {
        return Err(format!("`{label}` names no label"));
    }
    if matcher.value.contains('"') && !matcher.value.ends_with('"') && matcher.value.starts_with('"') {
        return Err("a quote is not closed".to_owned());
    }
    let unbalanced = matcher.value.starts_with('"') != (matcher.value.len() > 1 && matcher.value.ends_with('"'));
    if unbalanced { Err("a quote is not closed".to_owned()) } else { Ok(()) }
}

/// `{a="x", b=~"y"}` and `a="x", b=~"y"` are lists of matchers.
fn split(text: &str) -> Vec<&str> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn matcher<'a>(node: &'a Node, text: &str) -> Option<Matcher<'a>> {
    let at = text.find(['=', '!'])?;
    let (label, rest) = text.split_at(at);
    let (op, width) = match rest.as_bytes() {
        [b'=', b'~', ..] => (MatchOp::Regex, 2),
        [b'!', b'~', ..] => (MatchOp::NotRegex, 2),
        [b'!', b'=', ..] => (MatchOp::NotEqual, 2),
        [b'=', ..] => (MatchOp::Equal, 1),
        _ => return None,
    };
    let unquote = |text: &str| {
        let text = text.trim();
        text.strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
            .map_or_else(|| text.to_owned(), |inner| inner.replace("\\\"", "\"").replace("\\\\", "\\"))
    };
    Some(Matcher { node, label: unquote(label), op, value: unquote(&rest[width..]) })
}

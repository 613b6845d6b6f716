//! `alertmanager.yml`: the routing tree, its matchers and the receivers.

use crate::source::Node;

/// An Alertmanager configuration.
#[derive(Debug)]
pub struct Alertmanager<'a> {
    /// The routing tree.
    pub route: Option<Route<'a>>,
    /// The entries of `receivers`.
    pub receivers: Vec<Receiver<'a>>,
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
    route && receivers
}

/// Views a document as an Alertmanager configuration.
pub fn view(root: &Node) -> Alertmanager<'_> {
    let receivers = root.get("receivers").into_iter().flat_map(Node::items).filter_map(|node| {
        let has_integrations = node.entries().any(|(name, _, value)| name.ends_with("_configs") && value.items().next().is_some());
        Some(Receiver { name: node.get("name")?, has_integrations })
    });
    Alertmanager { route: root.get("route").map(|node| route(node, "route".to_owned())), receivers: receivers.collect() }
}

fn route(node: &Node, path: String) -> Route<'_> {
    let routes = node.get("routes").into_iter().flat_map(Node::items).enumerate();
    Route {
        node,
        matchers: matchers(node),
        receiver: node.get("receiver"),
        goes_on: node.get("continue").and_then(Node::as_bool).unwrap_or(false),
        routes: routes.map(|(i, node)| route(node, format!("{path}.routes[{i}]"))).collect(),
        path,
    }
}

fn matchers(node: &Node) -> Vec<Matcher<'_>> {
    let mut found = Vec::new();
    for (key, op) in [("match", MatchOp::Equal), ("match_re", MatchOp::Regex)] {
        for (label, _, value) in node.get(key).into_iter().flat_map(Node::entries) {
            found.push(Matcher { node: value, label: label.to_owned(), op, value: value.as_str().unwrap_or("").to_owned() });
        }
    }
    for item in node.get("matchers").into_iter().flat_map(Node::items) {
        for text in split(item.as_str().unwrap_or("")) {
            found.extend(matcher(item, text));
        }
    }
    found
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

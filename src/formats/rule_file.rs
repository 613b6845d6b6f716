//! Alerting and recording rules: `groups:` as Prometheus loads it, bare or in a `PrometheusRule`.
//!
//! What `promtool check rules` rejects about the shape is reported here; expressions and templates are judged by `lint`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rule_owners;
use super::schema::{Checker, DUPLICATE_NAME};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::parallel;
use crate::promql::duration::parse_duration;
use crate::source::path::Path;
use crate::source::{Node, WRONG_TYPE};

/// A rule that is both or neither of alerting and recording.
pub const AMBIGUOUS_RULE: &str = "ambiguous-rule";
/// A key that recording rules do not have.
pub const ALERT_KEY_IN_RECORDING_RULE: &str = "alert-key-in-recording-rule";
/// A label or metric name that Prometheus refuses.
pub const BAD_NAME: &str = "bad-name";

const GROUP_KEYS: &[&str] = &["name", "interval", "query_offset", "limit", "rules", "labels"];
const RULE_KEYS: &[&str] = &["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];
const FILE_KEYS: &[&str] = &["groups"];

/// Every key that Prometheus or an engine that took over the format knows.
static KNOWN: LazyLock<Known> = LazyLock::new(|| Known {
    file: [FILE_KEYS, &rule_owners::file_keys()].concat(),
    group: [GROUP_KEYS, &rule_owners::group_keys()].concat(),
    rule: [RULE_KEYS, &rule_owners::rule_keys()].concat(),
});

struct Known {
    file: Vec<&'static str>,
    group: Vec<&'static str>,
    rule: Vec<&'static str>,
}

/// The rule groups of one document.
#[derive(Debug, Default)]
pub struct RuleFile<'a> {
    /// The groups, in order.
    pub groups: Vec<Group<'a>>,
    /// Whether it lies in a `PrometheusRule` below `spec`.
    pub in_spec: bool,
}

/// One group.
#[derive(Debug)]
pub struct Group<'a> {
    /// The whole group.
    pub node: &'a Node,
    /// Its name.
    pub name: Option<&'a Node>,
    /// How often it is evaluated, in milliseconds, where it says so.
    pub interval: Option<i64>,
    /// Its rules, in order, without those that have no shape at all.
    pub rules: Vec<Rule<'a>>,
}

/// Whether a rule raises an alert or records a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// `alert:`
    Alert,
    /// `record:`
    Record,
}

/// One rule.
#[derive(Debug)]
pub struct Rule<'a> {
    /// The whole rule.
    pub node: &'a Node,
    /// Alerting or recording.
    pub kind: RuleKind,
    /// The name of the alert or of the recorded series.
    pub name: &'a Node,
    /// The expression.
    pub expr: Option<&'a Node>,
    /// `for`, in milliseconds.
    pub hold: Option<i64>,
    /// Its place: the group and the rule, from 0.
    pub place: (usize, usize),
    /// Its own labels.
    own_labels: Option<&'a Node>,
    /// The labels of its group.
    group_labels: Option<&'a Node>,
    annotations: Option<&'a Node>,
    /// Labels and annotations that stand beside those, in a manifest.
    beside: Option<&'a Node>,
}

impl<'a> Rule<'a> {
    /// An alert as a manifest writes it: its severity and its texts are keys of its own.
    pub fn of_manifest(name: &'a Node, node: &'a Node) -> Self {
        let hold = node.get("for").and_then(Node::as_str).and_then(|text| parse_duration(text).ok());
        Self {
            node,
            kind: RuleKind::Alert,
            name,
            expr: node.get("expr"),
            hold,
            place: (0, 0),
            own_labels: node.get("labels"),
            group_labels: None,
            annotations: node.get("annotations"),
            beside: Some(node),
        }
    }

    /// Entries of keys beside the labels and annotations of a manifest's alert.
    fn beside(&self, keys: &'static [&'static str]) -> impl Iterator<Item = (&'a str, &'a Node, &'a Node)> + use<'a> {
        self.beside.into_iter().flat_map(Node::entries).filter(|(name, ..)| keys.contains(name))
    }

    /// The name as text.
    pub fn name(&self) -> &'a str {
        self.name.as_str().unwrap_or("")
    }

    /// Whether it raises an alert.
    pub fn is_alert(&self) -> bool {
        self.kind == RuleKind::Alert
    }

    /// The labels that the rule sets: name, key, value. Those of the group come first and may be overridden.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a Node, &'a Node)> + use<'a> {
        let own = self.own_labels;
        let group = self.group_labels.into_iter().flat_map(Node::entries);
        let group = group.filter(move |(name, ..)| own.is_none_or(|own| own.get(name).is_none()));
        group.chain(own.into_iter().flat_map(Node::entries)).chain(self.beside(&["severity"]))
    }

    /// The value of a label that the rule sets.
    pub fn label(&self, name: &str) -> Option<&'a Node> {
        let own = self.own_labels.and_then(|labels| labels.get(name)).or_else(|| self.group_labels?.get(name));
        own.or_else(|| self.beside.filter(|_| name == "severity")?.get(name))
    }

    /// The annotations: name, key, value.
    pub fn annotations(&self) -> impl Iterator<Item = (&'a str, &'a Node, &'a Node)> + use<'a> {
        self.annotations.into_iter().flat_map(Node::entries).chain(self.beside(&["summary", "description"]))
    }

    /// What the rule says to people: its annotations and its name.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.annotations().filter_map(|(.., text)| text.as_str()).chain([self.name()])
    }
}

impl RuleFile<'_> {
    /// The path of a rule, or of a field of it.
    pub fn path(&self, rule: &Rule<'_>, field: &str) -> String {
        if rule.beside.is_some() {
            let field = field.strip_prefix("labels.severity").map_or(field, |_| "severity");
            return if matches!(field, "" | "alert") {
                format!("alerts.{}", rule.name())
            } else {
                format!("alerts.{}.{field}", rule.name())
            };
        }
        let prefix = if self.in_spec { "spec." } else { "" };
        let dot = if field.is_empty() { "" } else { "." };
        format!("{prefix}groups[{}].rules[{}]{dot}{field}", rule.place.0, rule.place.1)
    }

    /// All rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule<'_>> {
        self.groups.iter().flat_map(|group| &group.rules)
    }
}

/// Whether a key of a group is one that another engine than Prometheus added.
pub fn is_of_engine(key: &str) -> bool {
    rule_owners::group_keys().contains(&key)
}

/// Whether a document is a rule file: `groups` with rules in them, and not Grafana's own format.
pub(super) fn looks_like(root: &Node) -> bool {
    let Some(groups) = root.get("groups") else { return slip(root) };
    let only_groups = root.entries().all(|(name, ..)| KNOWN.file.contains(&name));
    if groups.is_null() || groups.as_sequence().is_some_and(<[_]>::is_empty) {
        return only_groups;
    }
    // One group, or one rule, where a list of them stands.
    if only_groups && groups.get("rules").is_some_and(|rules| rules.items().any(is_rule)) {
        return true;
    }
    groups.items().any(|group| {
        if only_groups && group.get("rules").is_some_and(is_rule) {
            return true;
        }
        let rules = items_of(group, "rules");
        let has_rules =
            rules.is_some_and(|rules| rules.iter().any(|rule| ["alert", "record", "expr"].iter().any(|key| rule.get(key).is_some())));
        let misspelt = only_groups && group.get("name").is_some() && items_of(group, "rule").is_some();
        has_rules || misspelt || (only_groups && group.get("name").is_some() && rules.is_some_and(<[_]>::is_empty))
    })
}

/// Whether this is a rule, wherever it stands.
fn is_rule(node: &Node) -> bool {
    ["alert", "record"].iter().any(|key| node.get(key).is_some()) && node.get("expr").is_some()
}

/// Whether a document holds rules, wherever they stand: what should be a rule file, and is not.
pub fn holds_rules(root: &Node) -> bool {
    let within = |node: &Node| is_rule(node) || node.items().any(is_rule);
    within(root) || root.entries().any(|(_, _, value)| within(value) || value.entries().any(|(_, _, inner)| within(inner)))
}

/// Whether its only key is nearly `groups`, and holds groups of rules all the same.
fn slip(root: &Node) -> bool {
    let is_group = |group: &Node| group.get("name").is_some() && items_of(group, "rules").is_some();
    let near = |name: &str| did_you_mean(name, ["groups"]).is_some();
    root.entries().count() == 1 && root.entries().all(|(name, _, list)| near(name) && list.items().any(is_group))
}

fn items_of<'a>(node: &'a Node, key: &str) -> Option<&'a [Node]> {
    let value = node.get(key)?;
    if value.is_null() { Some(&[]) } else { value.as_sequence() }
}

/// Views a document as rules and reports what Prometheus would reject about its shape.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> RuleFile<'a> {
    let mut check = Checker::new(diagnostics);
    if root.as_mapping().is_none() {
        check.wrong_type(root, "a mapping with `groups`", &Path::Root);
        return RuleFile::default();
    }
    let spec = root.get("spec").filter(|spec| spec.get("groups").is_some());
    let document = Path::Root;
    let in_spec = document.key("spec");
    let (holder, path) = spec.map_or((root, &document), |spec| (spec, &in_spec));
    if spec.is_none() {
        check.keys(root, &KNOWN.file, &document);
        if root.get("groups").is_none() && holds_rules(root) {
            check.missing(root, "groups", &document);
        }
    }
    let mut file = RuleFile { groups: Vec::new(), in_spec: spec.is_some() };
    let mut names: HashMap<&str, &Node> = HashMap::new();
    let groups = path.key("groups");
    let nodes: Vec<(usize, &Node)> = check.items(holder, "groups", path).iter().enumerate().collect();
    let read = parallel::map(&nodes, |(index, node)| {
        let mut found = Vec::new();
        let mut check = Checker::new(&mut found);
        let path = groups.index(*index);
        let group = if node.as_mapping().is_some() {
            rule_owners::check_group(node, spec.is_some(), &mut check, &path);
            Some(group(node, *index, &path, &mut check))
        } else {
            check.wrong_type(node, "a group", &path);
            None
        };
        (group, found)
    });
    for ((index, _), (group, found)) in nodes.iter().zip(read) {
        check.extend(found);
        let Some(group) = group else { continue };
        if let Some((text, name)) = group.name.and_then(|name| Some((name.as_str()?, name)))
            && let Some(first) = names.insert(text, name)
        {
            let message = format!("two groups of this file are named `{text}`");
            let diagnostic = Diagnostic::error(DUPLICATE_NAME, name.span, message);
            check.push(diagnostic.related(first.span, "the first one").help("rename one, or join the two"), &groups.index(*index));
        }
        file.groups.push(group);
    }
    rule_owners::check(root, holder, spec.is_some(), &mut check, path);
    file
}

fn group<'a>(node: &'a Node, index: usize, path: &Path<'_>, check: &mut Checker<'_>) -> Group<'a> {
    check.keys(node, &KNOWN.group, path);
    let name = check.text(node, "name", path).filter(|name| name.as_str() != Some(""));
    if name.is_none() {
        check.missing(node, "name", path);
    }
    let interval = check.duration(node, "interval", path);
    check.duration(node, "query_offset", path);
    let group_labels = check.mapping(node, "labels", path);
    if let Some(labels) = group_labels {
        label_names(labels, &path.key("labels"), check);
    }
    let rules = path.key("rules");
    let place = |rule| (index, rule);
    let rules = check
        .items(node, "rules", path)
        .iter()
        .enumerate()
        .filter_map(|(i, node)| rule(node, place(i), group_labels, &rules.index(i), check))
        .collect();
    Group { node, name, interval, rules }
}

fn rule<'a>(
    node: &'a Node,
    place: (usize, usize),
    group_labels: Option<&'a Node>,
    path: &Path<'_>,
    check: &mut Checker<'_>,
) -> Option<Rule<'a>> {
    if node.as_mapping().is_none() {
        check.wrong_type(node, "a rule", path);
        return None;
    }
    check.keys(node, &KNOWN.rule, path);
    let expr = check.text(node, "expr", path).filter(|expr| expr.as_str().is_some_and(|text| !text.trim().is_empty()));
    if expr.is_none() && node.get("expr").is_none_or(|expr| expr.as_scalar().is_some()) {
        check.missing(node, "expr", path);
    }
    let hold = check.duration(node, "for", path);
    let keep = check.duration(node, "keep_firing_for", path);
    for key in ["labels", "annotations"] {
        if let Some(entries) = check.mapping(node, key, path) {
            label_names(entries, &path.key(key), check);
        }
    }
    // An empty name is none.
    let named = |node: &&Node| node.as_str() != Some("");
    let alert = check.text(node, "alert", path).filter(named);
    let record = check.text(node, "record", path).filter(|record| alert.is_none() || named(record));
    let (kind, name) = match (alert, record) {
        (Some(name), None) => (RuleKind::Alert, name),
        (None, Some(name)) => (RuleKind::Record, name),
        (Some(alert), Some(record)) => {
            let message = "a rule cannot both alert and record";
            check.push(
                Diagnostic::error(AMBIGUOUS_RULE, record.span, message).related(alert.span, "it alerts here").help("make two rules of it"),
                path,
            );
            (RuleKind::Alert, alert)
        }
        (None, None) => {
            let at = node.as_mapping().and_then(<[_]>::first).map_or(node.span, |(key, _)| key.span);
            let message = "this rule has neither `alert` nor `record`";
            check.push(Diagnostic::error(AMBIGUOUS_RULE, at, message).help("name it with `alert:` or `record:`"), path);
            return None;
        }
    };
    if kind == RuleKind::Record {
        recording_only(node, name, hold.is_some() || keep.is_some(), path, check);
    }
    let (own_labels, annotations) = (node.get("labels"), node.get("annotations"));
    Some(Rule { node, kind, name, expr, hold, place, own_labels, group_labels, annotations, beside: None })
}

fn recording_only(node: &Node, name: &Node, held: bool, path: &Path<'_>, check: &mut Checker<'_>) {
    for key in ["for", "keep_firing_for", "annotations"] {
        let present = match key {
            "annotations" => node.get(key).is_some_and(|v| v.as_mapping().is_some_and(|entries| !entries.is_empty())),
            _ => held && node.get(key).is_some(),
        };
        if let Some((key_node, _)) = node.entry(key).filter(|_| present) {
            let message = format!("`{key}` has no meaning in a recording rule");
            check.push(
                Diagnostic::error(ALERT_KEY_IN_RECORDING_RULE, key_node.span, message).help(format!("remove `{key}`, or use `alert:`")),
                path,
            );
        }
    }
    let text = name.as_str().unwrap_or("");
    if text.is_empty() || text.contains(['{', '}']) {
        let message = format!("{} cannot name a series", name.describe());
        check.push(Diagnostic::error(BAD_NAME, name.span, message).help("labels go under `labels:`"), &path.key("record"));
    }
}

/// Names and values of `labels` and `annotations`.
fn label_names(entries: &Node, path: &Path<'_>, check: &mut Checker<'_>) {
    for (name, key, value) in entries.entries() {
        if value.as_scalar().is_none() {
            check
                .push(Diagnostic::error(WRONG_TYPE, value.span, format!("expected a string, found {}", value.describe())), &path.key(name));
        }
        if name.is_empty() || name == "__name__" {
            let message = format!("`{name}` cannot be set here");
            check.push(Diagnostic::error(BAD_NAME, key.span, message).help("use another name"), path);
        }
    }
}

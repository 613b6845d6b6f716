//! What the engines that took over Prometheus's rule files check of the keys that they added.
//!
//! | owner | read in | as of |
//! |---|---|---|
//! | the Prometheus Operator | the schema of its custom resource `PrometheusRule` | 0.93 |
//! | Grafana Mimir | `pkg/mimirtool/rules/parser.go`, the checks of a rule group in its ruler | commit 066852369f77 |
//! | Thanos | `UnmarshalJSON` of its `PartialResponseStrategy` | not pinned |
//! | vmalert | `Group.Validate` of `app/vmalert/config/config.go` | not pinned; that `eval_offset` excludes `eval_delay` is newer, so a warning |
//!
//! Each reads strictly: a key that it does not know is an error, so a file with keys of two of them is taken by neither.

use super::schema::Checker;
use super::tables::{BAD_VALUE, CONFLICTING_KEYS, Type, is_placeholder};
use crate::diagnostic::{Diagnostic, Level};
use crate::promql::duration::parse_duration;
use crate::source::path::Path;
use crate::source::{Node, UNKNOWN_KEY, WRONG_TYPE};

/// An engine that reads rule files, and the keys of groups that only it has.
struct Owner {
    name: &'static str,
    group: &'static [(&'static str, Type)],
    /// Keys of a whole file.
    file: &'static [&'static str],
    /// Keys of rules.
    rule: &'static [(&'static str, Type)],
}

const STRATEGIES: &[&str] = &["abort", "warn", "ABORT", "WARN", "Abort", "Warn", ""];

static MIMIR: Owner = Owner {
    name: "Mimir",
    group: &[
        ("source_tenants", Type::List(&Type::Filled)),
        ("evaluation_delay", Type::Duration),
        ("align_evaluation_time_on_interval", Type::Flag),
    ],
    file: &["namespace"],
    rule: &[],
};

static THANOS: Owner = Owner { name: "Thanos", group: &[("partial_response_strategy", Type::Word(STRATEGIES))], file: &[], rule: &[] };

static VMALERT: Owner = Owner {
    name: "vmalert",
    group: &[
        ("type", Type::Word(&["prometheus", "graphite", "vlogs", ""])),
        ("concurrency", Type::Count),
        ("params", Type::Map(&Type::List(&Type::Text))),
        ("headers", Type::List(&Type::Filled)),
        ("notifier_headers", Type::List(&Type::Filled)),
        // Their durations are read below: they may have fractions.
        ("eval_offset", Type::Filled),
        ("eval_delay", Type::Filled),
        ("eval_alignment", Type::Flag),
        ("tenant", Type::Text),
        ("debug", Type::Flag),
    ],
    file: &[],
    rule: &[("debug", Type::Flag), ("update_entries_limit", Type::Count)],
};

static OWNERS: [&Owner; 3] = [&MIMIR, &THANOS, &VMALERT];

/// Keys of groups that are known and not judged.
const UNJUDGED: [&str; 2] = ["remote_write", "namespace"];

/// Keys of files that only these engines have.
pub(super) fn file_keys() -> Vec<&'static str> {
    OWNERS.iter().flat_map(|owner| owner.file).copied().collect()
}

/// Keys of groups that only these engines have.
pub(super) fn group_keys() -> Vec<&'static str> {
    OWNERS.iter().flat_map(|owner| owner.group).map(|(key, _)| *key).chain(UNJUDGED).collect()
}

/// Keys of rules that only these engines have.
pub(super) fn rule_keys() -> Vec<&'static str> {
    OWNERS.iter().flat_map(|owner| owner.rule).map(|(key, _)| *key).collect()
}

/// Checks which keys a file and its groups have that Prometheus does not.
pub(super) fn check(root: &Node, holder: &Node, in_spec: bool, check: &mut Checker<'_>, path: &Path<'_>) {
    if in_spec {
        object(root, check);
    } else {
        check.text(root, "namespace", &Path::Root);
    }
    let groups = path.key("groups");
    let mut first: Option<(&'static Owner, &str, &Node)> = None;
    for owner in OWNERS {
        for key in owner.file.iter().filter(|_| !in_spec) {
            first = root.entry(key).map(|(node, _)| (owner, *key, node)).or(first);
        }
    }
    for (index, node) in holder.get("groups").and_then(Node::as_sequence).unwrap_or_default().iter().enumerate() {
        let path = groups.index(index);
        for (name, key, _) in node.entries() {
            let Some(owner) = OWNERS.into_iter().find(|owner| owner.group.iter().any(|(own, _)| *own == name)) else { continue };
            match first {
                // Thanos takes its groups from the operator's objects too.
                _ if in_spec && owner.name != THANOS.name => {
                    let message = format!("`{name}` is a key of {}, and a PrometheusRule has none", owner.name);
                    check.push(Diagnostic::error(UNKNOWN_KEY, key.span, message).help(format!("remove `{name}`")), &path);
                }
                Some((other, known, place)) if other.name != owner.name => {
                    let message = format!("`{name}` is a key of {}, and `{known}` one of {}: no engine takes both", owner.name, other.name);
                    let finding = Diagnostic::error(UNKNOWN_KEY, key.span, message).related(place.span, "the other key");
                    check.push(finding.help("keep the keys of the engine that loads this file"), &path);
                }
                _ => first = first.or(Some((owner, name, key))),
            }
        }
    }
}

/// Checks what the keys of one group and of its rules hold that Prometheus does not have.
pub(super) fn check_group(node: &Node, in_spec: bool, check: &mut Checker<'_>, path: &Path<'_>) {
    group(node, check, path);
    let rules = path.key("rules");
    for (index, node) in node.get("rules").and_then(Node::as_sequence).unwrap_or_default().iter().enumerate() {
        let path = rules.index(index);
        check.values(node, VMALERT.rule, &path);
        if let Some((name, key)) = VMALERT.rule.iter().filter(|_| in_spec).find_map(|(name, _)| Some((name, node.entry(name)?.0))) {
            let message = format!("`{name}` is a key of {}, and a PrometheusRule has none", VMALERT.name);
            check.push(Diagnostic::error(UNKNOWN_KEY, key.span, message).help(format!("remove `{name}`")), &path);
        }
    }
}

/// What the keys of one group hold.
fn group(node: &Node, check: &mut Checker<'_>, path: &Path<'_>) {
    for owner in OWNERS {
        check.values(node, owner.group, path);
    }
    let is_open = |limit: &Node| limit.is_null() || limit.as_i64().is_some() || limit.as_str().is_some_and(is_placeholder);
    if let Some(limit) = node.get("limit").filter(|limit| !is_open(limit)) {
        check.wrong_type(limit, "a whole number", &path.key("limit"));
    }
    for key in ["headers", "notifier_headers"] {
        let lines = node.get(key).and_then(Node::as_sequence).unwrap_or_default();
        for (index, line) in lines.iter().enumerate() {
            if let Some(text) = line.as_str().filter(|text| !text.is_empty() && !text.contains(':') && !is_placeholder(text)) {
                check.bad(line, &format!("`{text}` is no header"), "write it as `Name: value`", &path.key(key).index(index));
            }
        }
    }
    offsets(node, check, path);
}

/// When a group is evaluated: what Mimir and vmalert check of its durations.
fn offsets(node: &Node, check: &mut Checker<'_>, path: &Path<'_>) {
    let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty() && !is_placeholder(text));
    for key in ["eval_offset", "eval_delay"] {
        if let (Some(text), Some(value)) = (text(key).filter(|text| !is_vm_duration(text)), node.get(key)) {
            check.bad(value, &format!("`{text}` is no duration"), "write a number with a unit, as `30s`", &path.key(key));
        }
    }
    let millis = |key: &str| text(key).and_then(|text| parse_duration(text).ok());
    let mut both = |level: Level, first: &str, second: &str, why: &str, help: &str| {
        if let (Some((at, _)), Some((place, _))) = (node.entry(first), node.entry(second)) {
            let finding = Diagnostic::new(CONFLICTING_KEYS, level, place.span, why.to_owned()).related(at.span, "the other one");
            check.push(finding.help(help), path);
        }
    };
    if let (Some(delay), Some(offset)) = (millis("evaluation_delay"), millis("query_offset"))
        && delay != offset
    {
        both(
            Level::Error,
            "query_offset",
            "evaluation_delay",
            "`evaluation_delay` is the old name of `query_offset`, and they differ",
            "keep `query_offset`",
        );
    }
    both(Level::Warning, "eval_offset", "eval_delay", "vmalert takes either `eval_offset` or `eval_delay`", "keep one of them");
    if let (Some(offset), Some(interval), Some(value)) = (millis("eval_offset"), millis("interval"), node.get("eval_offset"))
        && offset > interval
    {
        let finding = Diagnostic::error(BAD_VALUE, value.span, "bad `eval_offset`: it is longer than the group's interval");
        check.push(finding.help("an offset lies within the interval"), &path.key("eval_offset"));
    }
}

/// A duration as vmalert reads it: numbers, with fractions and without units too.
fn is_vm_duration(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
        && text.chars().all(|c| c.is_ascii_digit() || "-.smhdwyi".contains(c))
}

/// The object around the groups: what the API server and the operator's schema check of it.
fn object(root: &Node, check: &mut Checker<'_>) {
    let top = Path::Root;
    check.keys(root, &["apiVersion", "kind", "metadata", "spec", "status"], &top);
    match root.get("apiVersion") {
        Some(version) if !version.as_str().is_some_and(|text| text == "monitoring.coreos.com/v1" || is_placeholder(text)) => {
            let message = format!("bad `apiVersion`: the operator has no PrometheusRule of {}", version.describe());
            let finding = Diagnostic::error(BAD_VALUE, version.span, message);
            check.push(finding.help("write `monitoring.coreos.com/v1`"), &top.key("apiVersion"));
        }
        Some(_) => {}
        None => check.missing(root, "apiVersion", &top),
    }
    if let Some(spec) = root.get("spec") {
        check.keys(spec, &["groups"], &top.key("spec"));
    }
    let path = top.key("metadata");
    let Some(metadata) = check.mapping(root, "metadata", &top) else {
        if root.get("metadata").is_none_or(Node::is_null) {
            check.missing(root, "metadata", &top);
        }
        return;
    };
    match metadata.get("name").filter(|name| !name.is_null()) {
        Some(name) => {
            if let Some(text) = name.as_str().filter(|text| !is_placeholder(text) && !is_object_name(text)) {
                let help = "use lower-case letters, digits, `-` and `.`, and begin and end with a letter or a digit";
                check.bad(name, &format!("`{text}` cannot name an object of Kubernetes"), help, &path.key("name"));
            }
        }
        None if metadata.get("generateName").is_some() => {}
        None => check.missing(metadata, "name", &path),
    }
    let labels = path.key("labels");
    for (name, _, value) in check.mapping(metadata, "labels", &path).into_iter().flat_map(Node::entries) {
        let Some(text) = value.as_str().filter(|_| !value.is_null()) else {
            check.push(
                Diagnostic::error(WRONG_TYPE, value.span, format!("expected a string, found {}", value.describe())),
                &labels.key(name),
            );
            continue;
        };
        if !is_placeholder(text) && !is_label_value(text) {
            let help = "use letters, digits, `-`, `_` and `.`, at most 63, and begin and end with a letter or a digit";
            check.bad(value, &format!("`{text}` is no value of a label of Kubernetes"), help, &labels.key(name));
        }
    }
}

/// A DNS subdomain (RFC 1123).
fn is_object_name(text: &str) -> bool {
    let part = |part: &str| {
        let inner = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        inner && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

fn is_label_value(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && ends(text.chars().next())
        && ends(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

//! What steps do to one another, whatever is discovered.

use super::discovery::groups;
use super::push;
use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Relabel;
use crate::lint::world::relabel;
use crate::source::Node;

/// The groups that a replacement names, against those of the pattern.
pub(super) fn judge(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    unread(steps, at, found);
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action == "drop" && step.sources.is_empty()) {
        if step.regex.is_some() && relabel::pattern(step).is_some_and(|pattern| !pattern.is_match("")) {
            let message = "without `source_labels` there is nothing to compare, so this never drops".to_owned();
            push(found, step.node, format!("{at}[{index}]"), message, "add `source_labels`");
        }
    }
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action == "replace" && step.sources.is_empty()) {
        if let Some(place) = step.regex.filter(|_| relabel::pattern(step).is_some_and(|pattern| !pattern.is_match(""))) {
            let message = "without `source_labels` there is nothing to compare, so this writes nothing".to_owned();
            push(found, place, format!("{at}[{index}]"), message, "add `source_labels`, or leave the pattern out");
        }
    }
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| matches!(step.action.as_str(), "replace" | "labelmap")) {
        if let Some(regex) = step.regex.filter(|_| step.action == "labelmap" && step.replacement.is_none())
            && relabel::pattern(step).is_some_and(|pattern| pattern.captures_len() == 1)
        {
            let message = "the pattern has no group, so the labels are copied to no name".to_owned();
            push(found, regex, format!("{at}[{index}].regex"), message, "take the name in parentheses, as in `__meta_x_label_(.+)`");
        }
        let Some((node, text)) = step.replacement.and_then(Node::with_str) else { continue };
        let Some(pattern) = relabel::pattern(step) else { continue };
        let missing = groups(text).into_iter().find(|group| match group.parse::<usize>() {
            Ok(number) => number >= pattern.captures_len(),
            Err(_) => !pattern.capture_names().flatten().any(|name| *name == **group),
        });
        if let Some(group) = missing {
            let message = format!("the pattern has no group `{group}`, so nothing stands for `${group}`");
            push(found, node, format!("{at}[{index}].replacement"), message, "write `$1` for the first group, and `$$` for a dollar");
        }
    }
}

/// Replacements as other languages write them, and keys that an action does not read.
fn unread(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in steps.iter().enumerate() {
        if let Some((node, text)) = step.replacement.and_then(Node::with_str) {
            let back = text.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit());
            let open = text.rsplit_once("${").is_some_and(|(_, rest)| !rest.contains('}'));
            if back {
                let message = format!("groups are written `$1`, and {} stands for itself", node.describe());
                push(found, node, format!("{at}[{index}].replacement"), message, "write `$1`");
            } else if text == "$" {
                push(found, node, format!("{at}[{index}].replacement"), "a dollar by itself names no group".to_owned(), "write `$1`");
            } else if open {
                push(found, node, format!("{at}[{index}].replacement"), "a brace does not close".to_owned(), "write `${1}`");
            }
        }
        let written = ["target_label", "replacement"].into_iter().find_map(|key| step.node.entry(key));
        if let Some((key, _)) = written.filter(|_| matches!(step.action.as_str(), "keep" | "drop")) {
            let message = format!("`{}` writes nothing, and does not read {}", step.action, key.describe());
            push(found, key, format!("{at}[{index}]"), message, "remove it, or use `replace`");
        }
        if matches!(step.action.as_str(), "keepequal" | "dropequal")
            && let ([source], Some(target)) = (step.sources.as_slice(), step.target)
            && target.as_str() == Some(*source)
        {
            let effect = if step.action == "keepequal" { "so all are kept" } else { "so all are dropped" };
            push(
                found,
                target,
                format!("{at}[{index}]"),
                format!("`{source}` is always equal to itself, {effect}"),
                "compare it with another label",
            );
        }
    }
}

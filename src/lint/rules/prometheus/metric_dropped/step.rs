//! What one step does to what is read.

use super::labels::is_copied;
use super::used::Used;
use crate::formats::prometheus::Relabel;
use crate::lint::words::anchored::full_match;
use crate::lint::world::relabel::{Effect, Labels, apply, pattern};
use crate::source::Node;

/// What a step does to what is read.
pub(super) fn judge<'a>(step: &Relabel<'a>, before: &[Relabel<'_>], used: &Used<'_>, of: &str) -> Option<(&'a Node, String)> {
    let place = step.regex.unwrap_or(step.node);
    match step.action.as_str() {
        "drop" | "keep" | "replace" if step.sources == ["__name__"] => {
            // Of many steps and many names, each pair is looked at: without more ado.
            let tested = pattern(step).filter(|_| step.action != "replace");
            let gone = used.metrics.keys().find(|name| {
                if step.action != "replace" {
                    return tested.as_ref().is_some_and(|pattern| pattern.is_match(name) == (step.action == "drop"));
                }
                let mut labels = Labels::from([("__name__".to_owned(), (*name).clone())]);
                let effect = apply(step, &mut labels);
                effect == Some(Effect::Dropped) || (effect == Some(Effect::Changed) && labels.get("__name__") != Some(*name))
            })?;
            let what = if step.action == "replace" { "renames" } else { "drops" };
            Some((place, format!("this {what} `{gone}` {of}, which rules or panels read")))
        }
        "drop" if step.sources.len() > 1 && step.sources[0] == "__name__" => {
            // Whatever the other labels are.
            const ANY: &[&str] = &["", "0", "eth0", "/", "Any other"];
            let gone = used.metrics.keys().find(|name| {
                ANY.iter().all(|value| {
                    let others = step.sources[1..].iter().map(|label| ((*label).to_owned(), (*value).to_owned()));
                    let mut labels: Labels = others.collect();
                    labels.insert("__name__".to_owned(), (*name).clone());
                    apply(step, &mut labels) == Some(Effect::Dropped)
                })
            })?;
            Some((place, format!("this drops `{gone}` {of} whatever its other labels are, and rules or panels read it")))
        }
        "labeldrop" | "labelkeep" => {
            let pattern = pattern(step)?;
            let gone = |label: &str| pattern.is_match(label) == (step.action == "labeldrop");
            if gone("__name__") {
                return Some((place, format!("this removes the name of every series {of}")));
            }
            if gone("le") && (step.action == "labeldrop" || used.metrics.keys().any(|name| name.ends_with("_bucket"))) {
                return Some((place, format!("this removes `le` {of}, and the buckets of histograms fall together")));
            }
            let mut labels = ["job", "instance"].into_iter().chain(used.labels.iter().map(String::as_str));
            let label = labels.find(|label| gone(label) && !(used.own.contains(*label) && is_kept(label, before)))?;
            Some((place, format!("this removes the label `{label}` {of}, by which series are read or told apart")))
        }
        "labelmap" => {
            let (node, label) = step.replacement?.with_str().filter(|(_, text)| !text.contains('$'))?;
            let of_itself = pattern(step)?.is_match(label);
            (!of_itself && used.own.contains(label))
                .then(|| (node, format!("this overwrites the label `{label}` {of}, by which series are read or told apart")))
        }
        // Whatever stood there, or nothing where the other label is missing.
        "replace" if step.sources.len() == 1 && is_copied(step, used) => {
            let target = step.target?;
            Some((target, format!("this overwrites the label `{}` {of} with `{}`, and both are read", target.as_str()?, step.sources[0])))
        }
        "drop" | "keep" | "replace" if step.sources.len() == 1 => {
            let source = step.sources[0];
            let gone = used.values.iter().filter(|((label, _), values)| label == source && !values.is_empty());
            let lost = |value: &String, written: &str| {
                let mut labels = Labels::from([(source.to_owned(), value.clone())]);
                match apply(step, &mut labels) {
                    Some(Effect::Dropped) => true,
                    Some(Effect::Changed) => labels.get(source).is_none_or(|now| full_match(written, now) == Some(false)),
                    _ => false,
                }
            };
            // Of a bound there are several spellings, of which a target uses one.
            let any = source == "le";
            let ((_, written), _) = gone.into_iter().find(|((_, written), values)| {
                if any { values.iter().any(|value| lost(value, written)) } else { values.iter().all(|value| lost(value, written)) }
            })?;
            let what = if step.action == "replace" { "rewrites" } else { "drops" };
            Some((place, format!("this {what} what has `{source}` as `{written}` {of}, which rules or panels ask for")))
        }
        "replace" if step.sources.is_empty() => {
            let label = step.target?.as_str().filter(|label| used.labels.contains(*label) && *label != "job")?;
            let value = step.replacement?;
            full_match("[^$]+", value.as_str()?).filter(|fixed| *fixed)?;
            Some((value, format!("this gives the label `{label}` one value {of}, and rules or panels tell series apart by it")))
        }
        _ => None,
    }
}

/// Whether a step before writes the whole of a label to another one, by whose name it is read from then on.
fn is_kept(label: &str, before: &[Relabel<'_>]) -> bool {
    before.iter().any(|step| {
        let whole = step.regex.and_then(Node::as_str).is_none_or(|text| matches!(text, "(.*)" | "(.+)"));
        let same = step.replacement.and_then(Node::as_str).is_none_or(|text| matches!(text, "$1" | "${1}"));
        let target = step.target.and_then(Node::as_str);
        step.action == "replace" && step.sources == [label] && whole && same && target.is_some_and(|target| target != label)
    })
}

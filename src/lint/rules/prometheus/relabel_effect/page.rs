//! Steps behind the scrape that ask for a label which no series on the page has.

use super::{place, push};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::world::jobs::writes;
use crate::source::Node;
use regex::Regex;

/// Steps that drop series by their name and a label, where the page shows the series that are named and none has the label.
pub(super) fn of_page(job: &Job<'_>, at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.is_of(job.name()));
    let (Some(snapshot), None) = (pages.next().and_then(|page| page.snapshot.as_ref()), pages.next()) else { return };
    for (index, step) in job.metric_relabel.iter().enumerate() {
        let (["__name__", label], "drop") = (step.sources.as_slice(), step.action.as_str()) else { continue };
        let separator = step.node.get("separator").and_then(Node::as_str).unwrap_or(";");
        let Some((name, value)) = step.regex.and_then(Node::as_str).and_then(|text| text.split_once(separator)) else { continue };
        let (Ok(name), Ok(value)) = (Regex::new(&format!("^(?:{name})$")), Regex::new(&format!("^(?:{value})$"))) else { continue };
        let is_given = job.targets.labels.iter().any(|labels| labels.get(label).is_some());
        let steps = job.relabel.iter().chain(&job.metric_relabel[..index]);
        if value.is_match("") || is_given || steps.into_iter().any(|step| writes(step, label)) || matches!(*label, "job" | "instance") {
            continue;
        }
        let mut named = snapshot.iter().filter(|(known, _)| name.is_match(known)).flat_map(|(_, series)| series).peekable();
        if named.peek().is_some() && named.all(|(labels, _)| !labels.contains_key(*label)) {
            let known: Vec<&str> = snapshot
                .iter()
                .filter(|(known, _)| name.is_match(known))
                .flat_map(|(_, series)| series)
                .flat_map(|(labels, _)| labels.keys().map(String::as_str))
                .collect();
            let help = did_you_mean(label, known)
                .map_or_else(|| "name a label that they have".to_owned(), |meant| format!("did you mean `{meant}`?"));
            let node = place(step, label);
            push(
                found,
                node,
                format!("{at}[{index}].source_labels"),
                format!("none of the series that are named here has a label `{label}`"),
                help,
            );
        }
    }
}

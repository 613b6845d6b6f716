//! Steps behind the scrape that read a label as none of the metrics of the manifest has it, and those that take two labels for each other.

use super::{place, push};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::world::declared::{Catalogue, Label};
use crate::lint::world::jobs::{labels_of_targets, writes};
use crate::lint::world::relabel::pattern;
use crate::promql::ast::ExprKind;
use crate::promql::walk::{selectors, visit};
use crate::source::Node;

/// Steps that write a label which rules or panels read from one that no declared metric has, or by a pattern that none of its values
/// matches.
pub(super) fn of_declared(job: &Job<'_>, at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let owns = |catalogue: &&Catalogue| !catalogue.is_page() && catalogue.job() == Some(job.name());
    let Some(catalogue) = context.world.catalogues.iter().find(owns) else { return };
    let targets = labels_of_targets(job);
    for (index, step) in job.metric_relabel.iter().enumerate() {
        let ([source], "replace", Some(regex)) = (step.sources.as_slice(), step.action.as_str(), step.regex) else { continue };
        let Some((_, target)) = step.target.and_then(Node::with_str).filter(|(_, target)| !target.contains('$')) else { continue };
        let is_given = targets.as_ref().is_none_or(|labels| labels.contains(source)) || job.honor_labels;
        let is_written = job.metric_relabel[..index].iter().any(|other| writes(other, source));
        if source.starts_with("__") || is_given || is_written || catalogue.metrics.iter().any(|metric| metric.open) {
            continue;
        }
        let labels: Vec<&Label> =
            catalogue.metrics.iter().flat_map(|metric| &metric.labels).filter(|label| label.name.value == *source).collect();
        if labels.is_empty() {
            // What runtimes expose unasked has labels of its own.
            if is_read(target, context) && !matches!(*source, "le" | "quantile" | "job" | "instance") {
                let names = catalogue.metrics.iter().flat_map(|metric| &metric.labels).map(|label| label.name.value.as_str());
                let help = did_you_mean(source, names)
                    .map_or_else(|| "name a label that they have".to_owned(), |meant| format!("did you mean `{meant}`?"));
                let message = format!("no metric of the manifest has a label `{source}`, so `{target}`, which is read, is never written");
                push(found, place(step, source), format!("{at}[{index}].source_labels"), message, help);
            }
            continue;
        }
        let Some(pattern) = pattern(step) else { continue };
        let values: Option<Vec<&String>> =
            labels.iter().map(|label| label.values.as_ref()).collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect());
        if values.is_some_and(|values| !values.is_empty() && values.iter().all(|value| !pattern.is_match(value))) {
            let message = format!("no `{source}` that the manifest declares matches this as a whole, so `{target}` is never written");
            push(found, regex, format!("{at}[{index}].regex"), message, "write a pattern for the whole value");
        }
    }
}

/// Whether an expression chooses or groups by a label.
fn is_read(label: &str, context: &Context<'_>) -> bool {
    context.queries.iter().filter_map(|query| query.expr.as_ref()).any(|expr| {
        let mut groups = false;
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                let by = aggregate.grouping.as_ref().filter(|grouping| !grouping.without);
                groups |= by.is_some_and(|grouping| grouping.labels.iter().any(|own| own.text == label));
            }
        });
        groups || selectors(expr).iter().any(|found| found.selector.matchers.iter().any(|matcher| matcher.label.text == label))
    })
}

/// Steps whose pattern has the name of metrics where another label is joined, and none where the name is.
pub(super) fn turned(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in steps.iter().enumerate() {
        let Some((node, text)) = step.regex.and_then(Node::with_str) else { continue };
        let separator = step.node.get("separator").and_then(Node::as_str).unwrap_or(";");
        let Some(own) = step.sources.iter().position(|source| *source == "__name__") else { continue };
        let parts: Vec<&str> = if separator.is_empty() { Vec::new() } else { text.split(separator).collect() };
        if parts.len() != step.sources.len() || parts.len() < 2 || parts[own].contains('_') {
            continue;
        }
        if let Some(other) = (0..parts.len()).find(|other| *other != own && begins_as_metric(parts[*other])) {
            let message =
                format!("`{}` is compared with the label `{}`, and reads as the name of metrics", parts[other], step.sources[other]);
            push(found, node, format!("{at}[{index}].regex"), message, "bring the labels and the parts of the pattern into one order");
        }
    }
}

/// Whether a pattern is for what begins with words and underscores, and goes on in whatever way: `node_network_.*`.
fn begins_as_metric(pattern: &str) -> bool {
    let end = pattern.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(pattern.len());
    let (start, rest) = pattern.split_at(end);
    start.ends_with('_') && start.len() > 4 && rest.starts_with(['.', '(', '['])
}

//! Legends that name a label the query does not have.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::Origin;
use crate::lint::query::expression::Expression;
use crate::lint::query::written::Purpose;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::source::Node;

rule! {
    /// A panel's legend shows `{{label}}`, and the query's result cannot have that label: every line is called the same.
    ///
    /// A label in single braces is read as it stands.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "targets": [
    ///   { "refId": "A", "expr": "sum by (route) (rate(requests_total[5m]))", "legendFormat": "{{instance}}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "targets": [
    ///   { "refId": "A", "expr": "sum by (route) (rate(requests_total[5m]))", "legendFormat": "{{route}}" } ] } ] }
    /// ```
    LegendLabelMissing, "legend-label-missing", Warning
}

impl Rule for LegendLabelMissing {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = &query.expr else { return };
        let node = match query.origin {
            Origin::Target { target, .. } => target.node.get("legendFormat"),
            Origin::Written(written) => written.legend,
            Origin::Rule { .. } => return,
        };
        displayed(query, expr, context, found);
        let Some((node, legend)) = node.and_then(Node::with_str) else { return };
        // A variable may stand for a label of a grouping.
        let by_variable = query.variables.iter().any(|variable| variable.context == crate::promql::grafana::Context::Name);
        if by_variable || !legend.contains('{') {
            return;
        }
        let result = shape(expr, context.world);
        if let Some(label) = in_single_braces(legend).filter(|label| result.possible(label)) {
            let finding = META.finding(node.span, format!("`{{{label}}}` is read as it stands, and no label is shown"));
            found.push(finding.path(path(query)).related(query.node.span, "the query").help(format!("write `{{{{{label}}}}}`")));
        }
        for label in labels(legend).filter(|label| result.possible(label) && !result.closed && !result.labels.contains(label)) {
            // Of labels that are not known, what is nearly one that every target has is a slip.
            let slip = |known: &&str| label.len() > 3 && strsim::damerau_levenshtein(label, known) == 1 && label.len() == known.len();
            if let Some(meant) = ["instance", "job"].iter().find(|known| slip(known)) {
                let finding = META.finding_at(Level::Warning, node.span, format!("this shows `{label}`, which hardly any series has"));
                found.push(finding.path(path(query)).related(query.node.span, "the query").help(format!("did you mean `{meant}`?")));
            }
        }
        for label in labels(legend).filter(|label| !result.possible(label)) {
            let has: Vec<String> = result.labels.iter().filter(|_| result.closed).map(|label| format!("`{label}`")).collect();
            let help = if has.is_empty() {
                "the result has no such label; write a fixed text".to_owned()
            } else {
                format!("the result has {}", has.join(", "))
            };
            found.push(
                META.finding(node.span, format!("this shows `{label}`, which the query does not return"))
                    .path(path(query))
                    .related(query.node.span, "the query")
                    .help(help),
            );
        }
    }
}

/// Labels of the one query of a panel, by which its values are called or links are made.
fn displayed(query: &Expression<'_, '_>, expr: &Expr, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(panel) = query.panel().filter(|panel| panel.targets.len() == 1 && panel.kind != "table") else { return };
    let defaults = panel.node.get("fieldConfig").and_then(|config| config.get("defaults"));
    let links = [defaults, Some(panel.node)].into_iter().flatten().filter_map(|node| node.get("links")).flat_map(Node::items);
    let texts = links.filter_map(|link| link.get("url")).chain(defaults.and_then(|defaults| defaults.get("displayName")));
    let mut result = None;
    for (node, text) in texts.filter_map(Node::with_str) {
        for rest in text.split("${__field.labels.").skip(1) {
            let label = rest.split(['}', ':', '[']).next().unwrap_or("");
            let result = result.get_or_insert_with(|| shape(expr, context.world));
            if !label.is_empty() && !result.possible(label) {
                let finding = META.finding(node.span, format!("this shows `{label}`, which the query does not return"));
                found.push(finding.path(panel.path.clone()).related(query.node.span, "the query").help("name a label that it returns"));
            }
        }
    }
}

/// Where the legend of a query stands.
fn path(query: &Expression<'_, '_>) -> String {
    match query.origin {
        Origin::Target { target, .. } => format!("{}.legendFormat", target.path),
        Origin::Written(written) => {
            let key = if written.purpose == Purpose::Annotation { ".textFormat" } else { ".legend" };
            written.path.replace(".expr", key)
        }
        Origin::Rule { .. } => query.path(),
    }
}

/// What stands between single braces, where a label stands between two.
fn in_single_braces(legend: &str) -> Option<&str> {
    let (before, rest) = legend.split_once('{')?;
    let (label, behind) = rest.split_once('}')?;
    let is_label = label.starts_with(|c: char| c.is_ascii_lowercase())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (is_label && !before.ends_with('$') && !behind.starts_with('}') && !legend.contains("{{")).then_some(label)
}

/// The labels that a legend shows.
fn labels(legend: &str) -> impl Iterator<Item = &str> {
    legend
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(label, _)| label.trim())
        .filter(|label| !label.is_empty() && *label != "__name__" && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

//! Queries of a panel that ask the same.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Target;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// Two queries of a panel ask for the same, and their legends call it by two names: one of them was copied, and only its legend was
    /// changed.
    ///
    /// ```json fires
    /// { "title": "Redis", "panels": [ { "type": "timeseries", "title": "Memory", "targets": [
    ///   { "refId": "A", "expr": "redis_memory_used_bytes", "legendFormat": "Used" },
    ///   { "refId": "B", "expr": "redis_memory_used_bytes", "legendFormat": "Limit" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Redis", "panels": [ { "type": "timeseries", "title": "Memory", "targets": [
    ///   { "refId": "A", "expr": "redis_memory_used_bytes", "legendFormat": "Used" },
    ///   { "refId": "B", "expr": "redis_memory_max_bytes", "legendFormat": "Limit" } ] } ] }
    /// ```
    SameQuery, "same-query", Warning
}

/// How a query is asked; the same in two ways may well be two results.
const WAYS: &[&str] = &["datasource", "instant", "range", "format", "interval", "intervalFactor", "exemplar"];

impl Rule for SameQuery {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let shown: Vec<&Target<'_>> =
                panel.targets.iter().filter(|target| target.node.get("hide").and_then(Node::as_bool) != Some(true)).collect();
            let mut asked_before = HashMap::default();
            for (at, target) in shown.iter().enumerate() {
                let Some(before) = asked(target).map(|asked| *asked_before.entry(asked).or_insert(at)).filter(|before| *before < at) else {
                    continue;
                };
                let other = shown[before];
                let Some((expr, (node, first))) = target.expr.zip(legend(target)) else { continue };
                let Some((_, second)) = legend(other).filter(|(_, second)| *second != first) else { continue };
                let message = format!("this asks for the same as another query, and is called {} and not `{second}`", node.describe());
                let place = other.expr.map_or(other.node.span, |node| node.span);
                let finding = META.finding(expr.span, message).path(format!("{}.expr", target.path)).related(place, "the other");
                found.push(finding.help("ask for what the legend says, or leave one out"));
            }
        }
    }
}

/// The name that a query is given.
fn legend<'a>(target: &Target<'a>) -> Option<(&'a Node, &'a str)> {
    target.node.get_str("legendFormat").filter(|(_, text)| !text.is_empty() && !text.starts_with("__"))
}

/// What a query asks, and how; `None` where it asks nothing.
fn asked(target: &Target<'_>) -> Option<(String, Vec<Option<String>>)> {
    let text: String = target.expr.and_then(Node::as_str)?.split_whitespace().collect();
    // What leaves out the series that are 0 shows the same of all others.
    let text = text.strip_suffix(">0").map(str::to_owned).unwrap_or(text);
    let written = |key: &&str| target.node.get(key).map(|node| node.get("uid").unwrap_or(node).describe());
    (!text.is_empty()).then(|| (text, WAYS.iter().map(written).collect()))
}

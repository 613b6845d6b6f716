//! Queries that compute with other queries of their panel.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::dashboard::Target;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// An expression of Grafana computes with a query that the panel does not have, with itself or with nothing, or is of a type that
    /// there is not: the panel shows an error.
    ///
    /// In a `math` expression another query is called `$A` or `${A}`; `reduce`, `resample` and `threshold` name it as it is.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up" },
    ///   { "refId": "B", "type": "math", "datasource": { "type": "__expr__", "uid": "__expr__" }, "expression": "$A * $C" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up" },
    ///   { "refId": "B", "type": "math", "datasource": { "type": "__expr__", "uid": "__expr__" }, "expression": "$A * 100" } ] } ] }
    /// ```
    ExpressionQuery, "expression-query", Error
}

const TYPES: &[&str] = &["math", "reduce", "resample", "classic_conditions", "threshold", "sql"];

impl Rule for ExpressionQuery {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let names: Vec<&str> = panel.targets.iter().filter_map(|target| target.node.get("refId")?.as_str()).collect();
            let variables = view.dashboard.defined();
            for target in panel.targets.iter().filter(|target| is_expression(target)) {
                let mut add = |node: &Node, key: &str, message: String, help: &str| {
                    let finding = META.finding_at(Level::Error, node.span, message);
                    found.push(finding.path(format!("{}.{key}", target.path)).help(help));
                };
                let kind = target.node.get_str("type");
                if let Some((node, text)) = kind
                    && let Some(meant) = misspelt(text, TYPES)
                {
                    add(node, "type", format!("there is no expression of type {}", node.describe()), &format!("did you mean `{meant}`?"));
                    continue;
                }
                if let Some((node, _)) = kind.filter(|(_, text)| !text.is_empty() && !TYPES.contains(text) && !text.contains('$')) {
                    add(node, "type", format!("there is no expression of type {}", node.describe()), "use `math`, `reduce` or `threshold`");
                    continue;
                }
                let kind = kind.map_or("", |(_, text)| text);
                settings(kind, target.node, &mut add);
                let Some((node, text)) = target.node.get_str("expression") else { continue };
                if text.trim().is_empty() && matches!(kind, "math" | "reduce" | "resample" | "threshold") {
                    add(node, "expression", "this computes with nothing".to_owned(), "name a query");
                    continue;
                }
                let own = target.node.get("refId").and_then(Node::as_str).unwrap_or("");
                let read: Vec<&str> = match kind {
                    "math" => references(text),
                    "reduce" | "resample" | "threshold" => vec![text.trim().trim_start_matches('$').trim_matches(['{', '}'])],
                    _ => continue,
                };
                if kind == "math" && read.is_empty() && names.iter().any(|name| words(text).any(|word| word == *name)) {
                    add(node, "expression", format!("{} names no query", node.describe()), "write a query as `$A`");
                }
                for name in read.into_iter().filter(|name| !variables.contains(name)) {
                    if name == own {
                        add(node, "expression", format!("the query `{own}` computes with itself"), "name another");
                    } else if !names.contains(&name) {
                        add(node, "expression", format!("the panel has no query `{name}`"), "name the `refId` of one");
                    }
                }
            }
        }
    }
}

/// What expressions of a kind are told besides.
fn settings(kind: &str, node: &Node, add: &mut dyn FnMut(&Node, &str, String, &str)) {
    const EVALUATORS: &[&str] = &[
        "gt",
        "lt",
        "eq",
        "ne",
        "gte",
        "lte",
        "within_range",
        "outside_range",
        "within_range_included",
        "outside_range_included",
        "no_value",
    ];
    const REDUCERS: &[&str] =
        &["mean", "sum", "min", "max", "count", "last", "median", "diff", "diff_abs", "percent_diff", "percent_diff_abs", "count_non_null"];
    for condition in node.items_of("conditions").filter(|_| matches!(kind, "threshold" | "classic_conditions")) {
        let evaluator = condition.at(["evaluator", "type"]);
        if let Some(node) = evaluator.filter(|node| node.as_str().is_some_and(|text| !EVALUATORS.contains(&text))) {
            add(node, "conditions", format!("values are not compared by {}", node.describe()), "use `gt`, `lt` or `within_range`");
        }
    }
    if let Some((reducer, _)) = node.get_str("reducer").filter(|(_, text)| kind == "reduce" && !REDUCERS.contains(text)) {
        add(reducer, "reducer", format!("{} makes no number of a series", reducer.describe()), "use `mean`, `max` or `last`");
    }
    if kind == "resample" && node.get("window").is_none_or(|window| window.as_str() == Some("")) {
        add(
            node.get("type").unwrap_or(node),
            "window",
            "it is not said how far apart the values are to be".to_owned(),
            "add `\"window\": \"1m\"`",
        );
    }
}

fn is_expression(target: &Target<'_>) -> bool {
    let source = target.datasource;
    let is = |node: &Node| node.as_str() == Some("__expr__");
    source.is_some_and(|source| is(source) || source.get("uid").is_some_and(is) || source.get("type").is_some_and(is))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The queries that a computation reads: `$A` and `${A}`.
fn references(text: &str) -> Vec<&str> {
    let after = text.split('$').skip(1);
    let names = after.map(|rest| match rest.strip_prefix('{') {
        Some(braced) => braced.split('}').next().unwrap_or(""),
        None => rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or(""),
    });
    names.filter(|name| !name.is_empty()).collect()
}

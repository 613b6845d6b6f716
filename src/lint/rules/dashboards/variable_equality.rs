//! Variables with several values, compared as if they had one.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::{Dashboard, Variable};
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::MatchOp;
use crate::source::Node;

rule! {
    /// A panel compares a label with a variable by `=`, and the variable may have several values or stand for all. Grafana then
    /// writes `(a|b)`, which is equal to no value: the panel is empty as soon as somebody chooses more than one.
    ///
    /// ```json fires
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "route", "type": "custom", "query": "a,b", "multi": true } ] },
    ///   "panels": [ { "id": 1, "type": "timeseries", "title": "Requests", "targets": [
    ///     { "refId": "A", "expr": "sum(rate(requests_total{route=\"$route\"}[$__rate_interval]))" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "route", "type": "custom", "query": "a,b", "multi": true } ] },
    ///   "panels": [ { "id": 1, "type": "timeseries", "title": "Requests", "targets": [
    ///     { "refId": "A", "expr": "sum(rate(requests_total{route=~\"$route\"}[$__rate_interval]))" } ] } ] }
    /// ```
    VariableEquality, "variable-equality", Warning
}

impl Rule for VariableEquality {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let is = |node: &Node, key: &str| node.get(key).and_then(Node::as_bool) == Some(true);
        let variables = || view.dashboard.variables.iter();
        let several = variables().enumerate().filter(|(_, v)| is(v.node, "multi") || is(v.node, "includeAll"));
        let several: HashMap<&str, usize> = several.filter_map(|(at, v)| Some((v.name.as_str()?, at))).collect();
        for asked in variables().filter(|variable| variable.kind == "query" && variable.asks_prometheus()) {
            let Some((node, text)) = asked.query().and_then(Node::with_str) else { continue };
            // In the order of the list.
            let compared: BTreeMap<usize, &str> = compared(text).filter_map(|name| Some((*several.get(name)?, name))).collect();
            for several in compared.values() {
                let message = format!("`${several}` may have several values, and `=` is equal to none of them");
                found.push(META.finding(node.span, message).path("templating.list").help("use `=~`"));
            }
        }
    }

    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Target { dashboard, panel, .. } = query.origin else { return };
        // A panel that repeats shows one value at a time.
        let repeated = panel.node.get("repeat").and_then(Node::as_str);
        let is = |node: &Node, key: &str| node.get(key).and_then(Node::as_bool) == Some(true);
        let several = |name: &str| {
            dashboard.variables.iter().any(|v| v.name.as_str() == Some(name) && (is(v.node, "multi") || is(v.node, "includeAll")))
        };
        for matcher in query.selectors.iter().flat_map(|used| &used.selector.matchers) {
            let Some(name) = variable(&matcher.value).filter(|name| several(name) && repeated != Some(*name)) else { continue };
            let (by, message) = match matcher.op {
                MatchOp::Equal => ("=~", format!("`${name}` may have several values, and `=` is equal to none of them")),
                MatchOp::NotEqual => ("!~", format!("`${name}` may have several values, and `!=` excludes none of them")),
                MatchOp::NotRegex if of_label(dashboard, name, &matcher.label.text) => {
                    ("=~", format!("`${name}` stands for all values at first, and `!~` then leaves nothing"))
                }
                _ => continue,
            };
            found.push(META.finding(query.span(&matcher.range), message).help(format!("use `{by}`")));
        }
    }
}

/// The variables that a text compares by `=`, each as all that a label is compared with.
fn compared(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("=\"$").filter(|(at, _)| !text[..*at].ends_with('!')).filter_map(|(at, start)| {
        let (name, _) = text[at + start.len()..].split_once('"')?;
        Some(name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name))
    })
}

/// Whether a variable has the values of a label, and may stand for all of them.
fn of_label(dashboard: &Dashboard<'_>, name: &str, label: &str) -> bool {
    let all = |variable: &Variable<'_>| variable.node.get("includeAll").and_then(Node::as_bool) == Some(true);
    let values = |variable: &Variable<'_>| {
        let query = variable.query().and_then(Node::as_str).map(str::trim_end);
        query.is_some_and(|text| text.starts_with("label_values(") && text.trim_end_matches(')').trim_end().ends_with(&format!(" {label}")))
    };
    dashboard.variables.iter().any(|variable| variable.name.as_str() == Some(name) && all(variable) && values(variable))
}

/// The name of a variable that is all of a text.
pub(super) fn variable(text: &str) -> Option<&str> {
    let braced = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let name = braced.or_else(|| text.strip_prefix('$')).or_else(|| text.strip_prefix("[[")?.strip_suffix("]]"))?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}

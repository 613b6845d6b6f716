//! One value in a query, where a variable of the dashboard chooses it everywhere else.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::variable_equality::variable;
use crate::lint::views::DashboardView;
use crate::lint::world::exporters;
use crate::promql::ast::{MatchOp, Matcher};
use crate::source::Node;

rule! {
    /// One query of a dashboard asks for a fixed value of a label, while three or more panels choose that label by a variable, for
    /// the same metric as well: whatever is chosen, this one shows the same.
    ///
    /// A panel that has the value in its title is meant so.
    ///
    /// ```json fires
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "env", "type": "custom", "query": "test,live" } ] },
    ///   "panels": [
    ///     { "id": 1, "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "max(queue_depth{env=\"$env\"})" } ] },
    ///     { "id": 2, "type": "timeseries", "title": "B", "targets": [ { "refId": "A", "expr": "sum(queue_depth{env=\"$env\"})" } ] },
    ///     { "id": 3, "type": "timeseries", "title": "C", "targets": [ { "refId": "A", "expr": "max(queue_size{env=\"$env\"})" } ] },
    ///     { "id": 4, "type": "timeseries", "title": "D", "targets": [ { "refId": "A", "expr": "min(queue_depth{env=\"live\"})" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "env", "type": "custom", "query": "test,live" } ] },
    ///   "panels": [
    ///     { "id": 1, "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "max(queue_depth{env=\"$env\"})" } ] },
    ///     { "id": 2, "type": "timeseries", "title": "B", "targets": [ { "refId": "A", "expr": "sum(queue_depth{env=\"$env\"})" } ] },
    ///     { "id": 3, "type": "timeseries", "title": "C", "targets": [ { "refId": "A", "expr": "max(queue_size{env=\"$env\"})" } ] },
    ///     { "id": 4, "type": "timeseries", "title": "D", "targets": [ { "refId": "A", "expr": "min(queue_depth{env=\"$env\"})" } ] } ] }
    /// ```
    PinnedLabel, "pinned-label", Warning
}

/// So many panels choose a label before one that does not stands out.
const ENOUGH: usize = 3;

/// How the queries of a dashboard ask for a label.
#[derive(Default)]
struct Asked<'q> {
    /// By a variable: the query, the variable, the metric.
    chosen: Vec<(usize, &'q str, &'q str)>,
    /// Otherwise: the query, the matcher, the metric.
    fixed: Vec<(usize, &'q Matcher, &'q str)>,
}

impl Rule for PinnedLabel {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let uses: Vec<_> = view.queries.iter().map(Query::selectors).collect();
        let mut labels: BTreeMap<&str, Asked<'_>> = BTreeMap::new();
        for (at, used) in uses.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |used| (at, used))) {
            let Some(metric) = used.selector.metric_name() else { continue };
            for matcher in used.selector.matchers.iter().filter(|matcher| matcher.label.text != "__name__") {
                let asked = labels.entry(&matcher.label.text).or_default();
                match variable(&matcher.value) {
                    Some(name) => asked.chosen.push((at, name, metric)),
                    None => asked.fixed.push((at, matcher, metric)),
                }
            }
        }
        for (label, asked) in &labels {
            let Some((at, matcher, metric)) = asked.fixed.first().copied() else { continue };
            let query = &view.queries[at];
            let (Some(panel), Some(name)) = (query.panel(), asked.chosen.first().map(|(_, name, _)| *name)) else { continue };
            let is_fixed = matcher.op == MatchOp::Equal && !matcher.value.is_empty() && !is_placeholder(&matcher.value);
            let is_only = asked.fixed.iter().all(|(other, own, _)| *other == at && own.value == matcher.value);
            let mut panels: Vec<&str> =
                asked.chosen.iter().filter_map(|(other, ..)| Some(view.queries[*other].panel()?.path.as_str())).collect();
            panels.dedup();
            let is_declared = view.dashboard.variables.iter().any(|variable| variable.name.as_str() == Some(name));
            let is_one = asked.chosen.iter().all(|(_, other, _)| *other == name);
            // What every program exposes is asked of others, too.
            let is_same = asked.chosen.iter().any(|(.., other)| *other == metric) && !exporters::comes_unasked(metric) && metric != "up";
            let says = |text: &str| text.to_lowercase().contains(&matcher.value.to_lowercase());
            let is_said = says(panel.title) || panel.node.get("description").and_then(Node::as_str).is_some_and(says);
            let uses_it = query.variables.iter().any(|variable| variable.name == name);
            if is_fixed && is_only && is_declared && is_one && is_same && panels.len() >= ENOUGH && !is_said && !uses_it {
                let message = format!("this asks for `{label}` `{}` whatever is chosen, and the other panels for `${name}`", matcher.value);
                let finding = META.finding(query.span(&matcher.range), message).path(query.path());
                found.push(finding.help(format!("compare it with `${name}`")));
            }
        }
    }
}

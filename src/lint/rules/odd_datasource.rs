//! The one panel that asks another data source than all others.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// All panels of a dashboard ask the data source that a variable chooses, and a single query or panel of the same type names one by
    /// its uid: choosing another changes everything but this one.
    ///
    /// ```yaml fires
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "datasource", "type": "datasource", "query": "prometheus" } ] }, "panels": [
    ///   { "type": "text", "title": "A", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "B", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "C", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "D", "datasource": { "type": "prometheus", "uid": "prometheus" }, "targets": [] } ] }
    /// ```
    /// ```yaml silent
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "templating": { "list": [ { "name": "datasource", "type": "datasource", "query": "prometheus" } ] }, "panels": [
    ///   { "type": "text", "title": "A", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "B", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "C", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "targets": [] },
    ///   { "type": "text", "title": "D", "datasource": { "type": "loki", "uid": "loki" }, "targets": [] } ] }
    /// ```
    OddDatasource, "odd-datasource", Warning
}

impl Rule for OddDatasource {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut named: BTreeMap<&str, Vec<(&Node, &str, String)>> = BTreeMap::new();
        let panels = view.dashboard.panels.iter();
        let all = panels.flat_map(|panel| {
            let targets = panel.targets.iter().map(|target| (target.datasource, &target.path));
            targets.chain([(panel.datasource, &panel.path)])
        });
        for (node, path) in all.filter_map(|(node, path)| Some((node?, path))) {
            let (Some(kind), Some(uid)) = (node.get("type").and_then(Node::as_str), node.get("uid")) else { continue };
            if let Some(text) = uid.as_str() {
                named.entry(kind).or_default().push((uid, text, path.clone()));
            }
        }
        for uses in named.values() {
            let is_chosen = |text: &str| text.contains('$');
            let (chosen, fixed): (Vec<_>, Vec<_>) = uses.iter().partition(|(_, text, _)| is_chosen(text));
            if let [(node, text, path)] = fixed.as_slice()
                && chosen.len() >= 3
            {
                let message = format!("this names the data source `{text}`, and all others ask `{}`", chosen[0].1);
                found.push(META.finding(node.span, message).path(path.clone()).help(format!("write `{}`", chosen[0].1)));
            }
        }
    }
}

//! The one panel that asks another data source than all others.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
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
            if let Some((kind, uid, text)) = named_in(node) {
                named.entry(kind).or_default().push((uid, text, path.clone()));
            }
        }
        let lists = [("annotations", "list"), ("templating", "list")];
        for (key, list) in lists {
            let nodes = view.dashboard.root.get(key).and_then(|part| part.get(list)).into_iter().flat_map(Node::items);
            for node in nodes.filter_map(|node| node.get("datasource")) {
                if let Some((kind, uid, text)) = named_in(node).filter(|(.., text)| !text.starts_with("--")) {
                    named.entry(kind).or_default().push((uid, text, format!("{key}.{list}")));
                }
            }
        }
        for panel in &view.dashboard.panels {
            let own = panel.datasource.and_then(named_in).filter(|(.., uid)| !uid.contains(['$', '-']));
            let Some((kind, node, uid)) = own else { continue };
            let targets: Vec<_> = panel.targets.iter().filter_map(|target| named_in(target.datasource?)).collect();
            let apart =
                targets.first().filter(|_| targets.iter().all(|(own, _, asked)| *own == kind && *asked != uid && !asked.contains('$')));
            if let Some((.., asked)) = apart {
                let message = format!("the panel names the data source `{uid}`, and its queries ask `{asked}`");
                found.push(META.finding(node.span, message).path(panel.path.clone()).help("name one in both"));
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

/// The kind of a data source, and its uid with where it stands.
fn named_in(node: &Node) -> Option<(&str, &Node, &str)> {
    let uid = node.get("uid")?;
    Some((node.get("type")?.as_str()?, uid, uid.as_str()?))
}

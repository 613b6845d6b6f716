//! Panels on a data source that is not provisioned.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::Dashboard;
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::fields::anywhere;
use crate::lint::query::is_placeholder;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{DashboardView, ViewKind};
use crate::source::Node;

rule! {
    /// A panel names a data source that none of the provisioning files among the inputs brings.
    ///
    /// Said only where such files are among the inputs; Grafana's own (`-- Mixed --`, `-- Grafana --`) are known.
    ///
    /// A variable whose pattern takes none of the data sources that are provisioned leaves every panel blank.
    ///
    /// ```yaml fires
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "datasource": { "type": "prometheus", "uid": "prom" }, "targets": [] } ] }
    /// ```
    /// ```yaml silent
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "datasource": { "type": "prometheus", "uid": "prometheus" }, "targets": [] } ] }
    /// ```
    UnknownDatasource, "unknown-datasource", Warning
}

impl Rule for UnknownDatasource {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        unasked(context, found);
    }

    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let provisioned: Vec<&str> = context
            .views
            .iter()
            .filter_map(|view| match &view.kind {
                ViewKind::Datasources(list) => Some(list),
                _ => None,
            })
            .flatten()
            .flat_map(|datasource| [datasource.uid, datasource.name])
            .flatten()
            .collect();
        special(view, found);
        none_taken(view, context, found);
        if provisioned.is_empty() {
            return;
        }
        for Named { path, datasource, node, uid } in named(view.dashboard) {
            let own = uid.is_empty()
                || uid.starts_with("--")
                || uid == "grafana"
                || uid == "__expr__"
                || datasource.get("type").and_then(Node::as_str) == Some("__expr__");
            if own || is_placeholder(uid) || provisioned.contains(&uid) {
                continue;
            }
            let help = did_you_mean(uid, provisioned.iter().copied()).map_or_else(
                || format!("provisioned are {}", provisioned.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            found.push(
                META.finding(node.span, format!("no data source `{uid}` is provisioned")).path(format!("{path}.datasource")).help(help),
            );
        }
    }
}

/// A data source that no dashboard asks for, where one of its kind is asked for that nobody provisions.
fn unasked(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let sources = || {
        let lists = context.datasources();
        lists.flatten()
    };
    if sources().next().is_none() {
        return;
    }
    let asked: Vec<(&str, &str, &Node)> = context
        .dashboards()
        .flat_map(|dashboard| named(dashboard))
        .filter_map(|of| Some((of.datasource.get("type")?.as_str()?, of.uid, of.node)))
        .filter(|(_, uid, _)| !is_placeholder(uid) && !uid.starts_with("--"))
        .collect();
    let is = |source: &Datasource<'_>, uid: &str| source.uid == Some(uid) || source.name == Some(uid);
    for source in sources() {
        let Some((place, uid)) = source.node.get_str("uid") else { continue };
        let of_kind = || asked.iter().filter(|(kind, ..)| *kind == source.kind);
        let missing = of_kind().find(|(_, uid, _)| !sources().any(|source| is(source, uid)));
        let others = sources().filter(|other| other.kind == source.kind).count();
        let (Some((_, wanted, reader)), 1, false) = (missing, others, of_kind().any(|(_, uid, _)| is(source, uid))) else { continue };
        let message = format!("dashboards ask for the data source `{wanted}`, and the only one of its type is `{uid}`");
        found.push(META.finding(place.span, message).related(reader.span, "asked for here").help(format!("did you mean `{wanted}`?")));
    }
}

/// A data source as a panel or a query of its names it.
struct Named<'a> {
    path: &'a str,
    datasource: &'a Node,
    /// Its uid or, in the old form, its name.
    node: &'a Node,
    uid: &'a str,
}

fn named<'a>(dashboard: &'a Dashboard<'_>) -> impl Iterator<Item = Named<'a>> {
    let all = dashboard.panels.iter().flat_map(|panel| {
        let own = panel.datasource.into_iter().map(move |node| (&panel.path, node));
        own.chain(panel.targets.iter().filter_map(|target| Some((&target.path, target.datasource?))))
    });
    all.filter_map(|(path, datasource)| {
        let node = datasource.get("uid").or_else(|| Some(datasource).filter(|d| d.as_scalar().is_some()))?;
        Some(Named { path, datasource, node, uid: node.as_str()? })
    })
}

/// Data sources that are none of their own.
const SPECIAL: &[&str] = &["-- Mixed --", "-- Dashboard --", "-- Grafana --"];

/// A variable for data sources whose pattern takes none of those that are provisioned.
fn none_taken(view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for variable in view.dashboard.variables.iter().filter(|variable| variable.kind == "datasource") {
        let kind = variable.query().and_then(Node::as_str).unwrap_or("");
        let Some((node, pattern)) = variable.node.get_str("regex").and_then(|(node, text)| Some((node, anywhere(text)?))) else { continue };
        let all = context.views.iter().filter_map(|view| match &view.kind {
            ViewKind::Datasources(list) => Some(list),
            _ => None,
        });
        let mut names = all.flatten().filter(|source| source.kind == kind).filter_map(|source| source.name).peekable();
        if names.peek().is_some() && !names.any(|name| pattern.is_match(name)) {
            let message = format!("{} takes none of the data sources that are provisioned", node.describe());
            found.push(META.finding(node.span, message).path("templating.list").help("correct it, or leave it out"));
        }
    }
}

/// Names that stand for no single data source, and variables that stand for none at all.
fn special(view: &DashboardView<'_>, found: &mut Vec<Diagnostic>) {
    for Named { path, node, uid, .. } in named(view.dashboard) {
        let mut add = |message: String, help: &str| {
            found.push(META.finding(node.span, message).path(format!("{path}.datasource")).help(help));
        };
        if uid.starts_with("--") && !SPECIAL.contains(&uid) {
            add(format!("no data source is called {}", node.describe()), "write `-- Mixed --`, `-- Dashboard --` or `-- Grafana --`");
        }
        let name = uid.strip_prefix('$').map(|name| name.trim_matches(['{', '}']).split(':').next().unwrap_or(""));
        let variable = name.and_then(|name| view.dashboard.variables.iter().find(|variable| variable.name.as_str() == Some(name)));
        // A custom variable, a constant and a text box may list data sources by their names.
        if let Some(variable) = variable.filter(|variable| matches!(variable.kind, "query" | "interval") && variable.asks_prometheus()) {
            add(format!("the variable {} stands for no data source", variable.name.describe()), "use a variable of type `datasource`");
        }
    }
}

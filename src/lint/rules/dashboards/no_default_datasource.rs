//! Provisioned data sources of which none is the default.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::source::Node;

rule! {
    /// None of the provisioned data sources is the default, while a dashboard is among the inputs. What names no data source (a new
    /// panel, a query in Explore, a variable that has not chosen yet) is asked nowhere.
    ///
    /// ```yaml fires
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090" }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090", isDefault: true }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up" } ] } ] }
    /// ```
    NoDefaultDatasource, "no-default-datasource", Warning
}

impl Rule for NoDefaultDatasource {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let lists = context.datasources();
        let all: Vec<_> = lists.flatten().collect();
        let is_default = |node: &Node| node.get("isDefault").is_some_and(|flag| flag.as_bool() != Some(false));
        let drawn = context.views.iter().any(|view| matches!(view.kind, ViewKind::Dashboard(_)));
        // Metrics are what dashboards mostly ask for.
        let Some(first) = all.iter().find(|source| source.kind == "prometheus") else { return };
        if drawn && !all.iter().any(|source| is_default(source.node)) {
            let place = first.node.get("isDefault").or_else(|| first.node.get("name")).unwrap_or(first.node);
            let message = "none of the data sources is the default, and what names none is asked nowhere";
            found.push(META.finding(place.span, message).path("datasources").help("add `isDefault: true` to one"));
        }
    }
}

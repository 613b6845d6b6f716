//! Panels without a data source.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;

rule! {
    /// Panels name no data source, so they ask whatever is the default of the Grafana they are loaded into. Where that is
    /// Loki or another Prometheus, they are empty or wrong.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "datasource": { "type": "prometheus", "uid": "${datasource}" },
    ///   "targets": [ { "refId": "A", "expr": "up" } ] } ],
    ///   "templating": { "list": [ { "name": "datasource", "type": "datasource", "query": "prometheus" } ] } }
    /// ```
    MissingDatasource, "missing-datasource", Warning
}

impl Rule for MissingDatasource {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let panels = view.dashboard.panels.iter().filter(|panel| panel.datasource.is_none());
        let lacking: Vec<_> = panels.filter(|panel| panel.targets.iter().any(|t| t.expr.is_some() && t.datasource.is_none())).collect();
        let Some(first) = lacking.first() else { return };
        let place = super::panel_layout::panel_place(first);
        let message = match lacking.len() {
            1 => "this panel names no data source".to_owned(),
            count => format!("{count} panels name no data source, this one first"),
        };
        found.push(
            META.finding(place, message)
                .path(first.path.clone())
                .help("add a variable of type `datasource` and `\"datasource\": {\"type\": \"prometheus\", \"uid\": \"${datasource}\"}`"),
        );
    }
}

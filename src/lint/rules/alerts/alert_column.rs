//! Columns of tables of alerts that no alert has.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::{Dashboard, Panel};
use crate::lint::alert_labels::AlertLabels;
use crate::lint::context::Context;
use crate::lint::fields;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::ExprKind;
use crate::promql::walk::without_parens;
use crate::source::Node;

rule! {
    /// A table of `ALERTS` keeps, sorts by, groups by or renames a column that no alert here has: `alert` for `alertname`. Its columns are
    /// the labels of the alerts and of what they look at, `alertname` and `alertstate`.
    ///
    /// ```yaml fires
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: Down, expr: "sum by (job) (up) == 0", for: 5m, labels: { severity: critical }, annotations: { summary: "down" } }]
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "table", "title": "Alerts", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" }, "options": { "sortBy": [ { "displayName": "alert" } ] },
    ///   "targets": [ { "refId": "A", "expr": "ALERTS{alertstate=\"firing\"}", "format": "table", "instant": true, "range": false } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: Down, expr: "sum by (job) (up) == 0", for: 5m, labels: { severity: critical }, annotations: { summary: "down" } }]
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "table", "title": "Alerts", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" }, "options": { "sortBy": [ { "displayName": "alertname" } ] },
    ///   "targets": [ { "refId": "A", "expr": "ALERTS{alertstate=\"firing\"}", "format": "table", "instant": true, "range": false } ] } ] }
    /// ```
    AlertColumn, "alert-column", Warning
}

impl Rule for AlertColumn {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Gathered once: a fleet has thousands of panels, and each of its dashboards such a table.
        let asked: Vec<_> = context.queries.iter().filter(|query| query.panel().is_some_and(asks_for_alerts)).collect();
        let lists_alerts = |dashboard: &Dashboard<'_>, panel: &Panel<'_>| {
            let mut own = asked.iter().filter(|query| query.is_of(panel)).peekable();
            let plain = own.peek().is_some()
                && own.all(|query| {
                    let expr = query.expr.as_ref().map(|expr| &without_parens(expr).kind);
                    matches!(expr, Some(ExprKind::Selector(selector)) if selector.metric_name() == Some("ALERTS"))
                });
            let is_table =
                |panel: &Panel<'_>| panel.targets.iter().all(|target| target.node.get("format").and_then(Node::as_str) == Some("table"));
            plain && is_table(panel) && !dashboard.layout_apart
        };
        let mut known = None;
        for dashboard in context.dashboards() {
            for panel in dashboard.panels.iter().filter(|panel| panel.kind == "table" && asks_for_alerts(panel)) {
                if !lists_alerts(dashboard, panel) {
                    continue;
                }
                // Gathered where there is such a table alone: a fleet has thousands of alerts.
                let known = known.get_or_insert_with(|| AlertLabels::of(context));
                judge(panel, known, found);
            }
        }
    }
}

fn asks_for_alerts(panel: &Panel<'_>) -> bool {
    !panel.targets.is_empty()
        && panel.targets.iter().all(|target| target.expr.and_then(Node::as_str).is_some_and(|text| text.trim_start().starts_with("ALERTS")))
}

fn judge(panel: &Panel<'_>, known: &AlertLabels<'_>, found: &mut Vec<Diagnostic>) {
    let steps = fields::steps(panel);
    if !steps.iter().all(|step| step.is_plain() || matches!(step.id, "groupBy" | "convertFieldType")) {
        return;
    }
    let renamed: Vec<(&Node, &str, &str)> = steps
        .iter()
        .filter(|step| step.id == "organize")
        .flat_map(|step| step.options.entries_of("renameByName"))
        .map(|(from, key, to)| (key, from, to.as_str().unwrap_or("")))
        .collect();
    let names: Vec<&str> = known.labels.iter().copied().chain(["Time", "Value", "__name__"]).collect();
    let is_known = |name: &str| {
        names.contains(&name)
            || name.starts_with("Value")
            || name.contains('$')
            || name.is_empty()
            || renamed.iter().any(|(.., to)| *to == name)
    };
    // What no alert has now, those of other files may have; what is nearly one of theirs, or its beginning, is meant.
    let short = |name: &str| names.iter().copied().find(|label| label.len() > name.len() && label.starts_with(name) && name.len() > 3);
    let meant = |name: &str| misspelt(name, &names).or_else(|| short(name));
    let mut report = |node: &Node, name: &str, key: &str, is_closed: bool| {
        let meant = meant(name);
        if !is_known(name) && (is_closed || meant.is_some()) {
            let finding = META.finding(node.span, format!("no alert here has a label `{name}`")).path(format!("{}.{key}", panel.path));
            found.push(finding.help(meant.map_or_else(|| "name one that there is".to_owned(), |meant| format!("did you mean `{meant}`?"))));
        }
    };
    for step in &steps {
        for (node, name) in step.reads().into_iter().filter_map(Node::with_str) {
            report(node, name, "transformations", known.closed);
        }
    }
    // What an earlier version of the panel had is often left behind.
    for (node, from, _) in &renamed {
        report(node, from, "transformations", false);
    }
    let titles = fields::properties(panel).any(|(_, id)| id == "displayName");
    for (node, name) in fields::sorted_by(panel).filter(|_| !titles).filter_map(Node::with_str) {
        report(node, name, "options.sortBy", known.closed);
    }
    for (node, name) in fields::overridden(panel, "byName") {
        report(node, name, "fieldConfig.overrides", false);
    }
}

//! Columns that a panel itself reads by their names and does not have.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::fields::{self, Fields, Step};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A table is sorted by a column that it does not have, shows the sum of one, or bars are called after a field that no query brings.
    /// The table stays unsorted, the sum away, the bars without names.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A", "options": { "sortBy": [ { "displayName": "instance", "desc": true } ] },
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A", "options": { "sortBy": [ { "displayName": "job", "desc": true } ] },
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    PanelColumn, "panel-column", Warning
}

impl Rule for PanelColumn {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view) {
            let read = fields::read_by(panel);
            let renamed = fields::properties(panel).any(|(_, id)| id == "displayName");
            let sorted: Vec<&Node> = fields::sorted_by(panel).filter(|_| !renamed).collect();
            if read.is_empty() && sorted.is_empty() {
                continue;
            }
            let steps = fields::steps(panel);
            let is_kept = |step: &Step<'_>| step.is_plain() || step.id == "convertFieldType";
            let labels = fields::labels(panel, view.queries, context).filter(|_| steps.iter().all(is_kept));
            let Some(fields) = labels.as_ref().map(|labels| Fields::new(&steps, labels)) else { continue };
            let sorted = sorted.into_iter().filter(|_| steps.iter().all(Step::is_plain)).map(|node| (node, "options.sortBy"));
            for (node, key) in read.into_iter().chain(sorted) {
                if let Some(name) = node.as_str().filter(|name| !fields.has(name)) {
                    let message = format!("the panel has no field {}", node.describe());
                    found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(fields.help(name)));
                }
            }
        }
    }
}

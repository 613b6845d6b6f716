//! Values of dashboards that are of another type than Grafana takes.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::node::Style;
use crate::source::{Node, NodeKind};

rule! {
    /// A number, a flag or a list of a dashboard is of another type: a size in quotes, `"true"`, one tag that is not in a list. Grafana
    /// reads such a dashboard and then draws it wrongly, or not at all.
    ///
    /// ```json fires
    /// { "title": "Web", "tags": "web", "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "tags": ["web"], "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    DashboardType, "dashboard-type", Warning
}

/// What a value has to be.
#[derive(Clone, Copy)]
enum Type {
    Number,
    Flag,
    List,
}

const ROOT: &[(&str, Type)] = &[("tags", Type::List), ("panels", Type::List), ("links", Type::List), ("graphTooltip", Type::Number)];
const PANEL: &[(&str, Type)] = &[
    ("id", Type::Number),
    ("targets", Type::List),
    ("transparent", Type::Flag),
    ("collapsed", Type::Flag),
    ("maxDataPoints", Type::Number),
];
const POSITION: &[(&str, Type)] = &[("x", Type::Number), ("y", Type::Number), ("w", Type::Number), ("h", Type::Number)];
const TARGET: &[(&str, Type)] = &[("instant", Type::Flag), ("range", Type::Flag), ("hide", Type::Flag), ("exemplar", Type::Flag)];
const DEFAULTS: &[(&str, Type)] = &[("min", Type::Number), ("max", Type::Number), ("decimals", Type::Number), ("mappings", Type::List)];
const VARIABLE: &[(&str, Type)] = &[
    ("multi", Type::Flag),
    ("includeAll", Type::Flag),
    ("refresh", Type::Number),
    ("sort", Type::Number),
    ("hide", Type::Number),
    ("options", Type::List),
];

impl Rule for DashboardType {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        values(dashboard.root, ROOT, "", found);
        for panel in &dashboard.panels {
            values(panel.node, PANEL, &panel.path, found);
            panel.node.get("gridPos").into_iter().for_each(|node| values(node, POSITION, &panel.path, found));
            let defaults = panel.node.get("fieldConfig").and_then(|config| config.get("defaults"));
            if let Some(defaults) = defaults {
                values(defaults, DEFAULTS, &panel.path, found);
            }
            panel.targets.iter().for_each(|target| values(target.node, TARGET, &target.path, found));
        }
        for variable in &dashboard.variables {
            values(variable.node, VARIABLE, "templating.list", found);
        }
    }
}

fn values(node: &Node, table: &[(&str, Type)], path: &str, found: &mut Vec<Diagnostic>) {
    for (key, kind) in table {
        let Some(value) = node.get(key).filter(|value| !value.is_null()) else { continue };
        let is_quoted = value.as_scalar().is_some_and(|scalar| scalar.style != Style::Plain);
        let (fits, wanted, help) = match kind {
            Type::Number => (value.as_f64().is_some() && !is_quoted, "a number", "write it without quotes"),
            Type::Flag => (value.as_bool().is_some() && !is_quoted, "true or false", "write it without quotes"),
            Type::List => (matches!(value.kind, NodeKind::Sequence(_)), "a list", "put it in `[` and `]`"),
        };
        // What a variable stands for is not known.
        if !fits && !value.as_str().is_some_and(|text| text.contains('$')) {
            let path = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
            found.push(META.finding(value.span, format!("`{key}` is {wanted}, and not {}", value.describe())).path(path).help(help));
        }
    }
}

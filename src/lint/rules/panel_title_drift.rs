//! Titles of panels that speak of another grouping or window than their queries.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::Expr;
use crate::promql::ast::ExprKind;
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk::{selectors, visit};

rule! {
    /// The title of a panel says `by method`, and its query groups by `route`; or it says `(30d)`, and the query looks back over seven
    /// days. One of the two was changed, or both were copied from another panel.
    ///
    /// ```yaml fires
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "Requests by method",
    ///   "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" },
    ///   "targets": [ { "refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "Requests by route",
    ///   "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" },
    ///   "targets": [ { "refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))" } ] } ] }
    /// ```
    PanelTitleDrift, "panel-title-drift", Warning
}

impl Rule for PanelTitleDrift {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let own: Vec<&Query<'_>> = view.queries.iter().filter(|query| query.is_of(panel)).collect();
            let exprs: Vec<&Expr> = own.iter().filter_map(|query| query.expr.as_ref()).collect();
            let Some(node) = panel.node.get("title").filter(|_| !exprs.is_empty() && exprs.len() == own.len()) else { continue };
            if let Some(message) = grouping(panel.title, &exprs).or_else(|| window(panel.title, &exprs)) {
                let finding = META.finding(node.span, message).path(format!("{}.title", panel.path));
                found.push(finding.related(own[0].node.span, "the query").help("correct the title, or the query"));
            }
        }
    }
}

/// `by x` at the end of a title, where every query groups by other labels, none of which is called alike.
fn grouping(title: &str, exprs: &[&Expr]) -> Option<String> {
    let (_, said) = title.rsplit_once(" by ")?;
    let said = said.trim().to_lowercase();
    if said.is_empty() || said.contains([' ', '$', ',', '/']) {
        return None;
    }
    let mut labels: Vec<&str> = Vec::new();
    let mut open = false;
    for expr in exprs {
        let mut grouped = false;
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                match &aggregate.grouping {
                    Some(grouping) if !grouping.without && !grouping.labels.is_empty() => {
                        grouped = true;
                        labels.extend(grouping.labels.iter().map(|label| label.text.as_str()));
                    }
                    Some(grouping) => open |= grouping.without,
                    None => {}
                }
            }
        });
        open |= !grouped;
    }
    labels.retain(|label| !matches!(*label, "le" | "job"));
    // `status` for `code`, `endpoint` for `route`: only a name that another label of the queries has is surely another's.
    let known = ["method", "route", "path", "instance", "queue", "pod", "namespace", "node", "service", "topic", "pool", "region", "zone"];
    let wrong = !open && labels.len() == 1 && known.contains(&said.as_str()) && known.contains(&labels[0]) && said != labels[0];
    let alike = |one: &str, other: &str| ["route", "path"].contains(&one) && ["route", "path"].contains(&other);
    (wrong && !alike(&said, labels[0])).then(|| format!("the title says `by {said}`, and the query groups by `{}`", labels[0]))
}

/// A window such as `(30d)` in a title, where the queries look back over others.
fn window(title: &str, exprs: &[&Expr]) -> Option<String> {
    let inside = title.rsplit_once('(')?.1.strip_suffix(')')?;
    let word = inside.split_whitespace().last()?;
    let said = parse_duration(word).ok().filter(|_| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut windows = Vec::new();
    let mut unknown = false;
    for expr in exprs {
        visit(expr, &mut |node| match &node.kind {
            ExprKind::Range { range, .. } | ExprKind::Subquery { range, .. } => match range.millis() {
                Some(range) => windows.push(range),
                None => unknown = true,
            },
            _ => {}
        });
        unknown |= selectors(expr).iter().any(|found| found.selector.metric_name().is_none_or(|name| name.contains(':')));
    }
    let other = windows.first().filter(|_| !unknown && !windows.contains(&said))?;
    Some(format!("the title says `{word}`, and the query looks back over `{}`", format_duration(*other)))
}

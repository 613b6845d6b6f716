//! Tables that ask for every moment of the shown time.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{Aggregate, ExprKind};
use crate::promql::walk::without_parens;
use crate::source::Node;

rule! {
    /// A panel shows each series as one row or one bar, and its query asks for every moment of the shown time: each series is there
    /// hundreds of times, and as the time is left out, nobody can tell why, or each is joined with each. Or a table is given series that no transformation puts
    /// together: it shows one of them at a time.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "excludeByName": { "Time": true } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "range": true } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "excludeByName": { "Time": true } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true, "range": false } ] } ] }
    /// ```
    TableOverTime, "table-over-time", Warning
}

/// Transformations behind which there are as many rows as before, or nearly so.
const PLAIN: &[&str] = &[
    "organize",
    "merge",
    "sortBy",
    "limit",
    "filterFieldsByName",
    "filterByValue",
    "filterByRefId",
    "convertFieldType",
    "renameByRegex",
    "calculateField",
    "formatTime",
    "formatString",
];

/// Transformations of each result by itself.
const OF_EACH: &[&str] =
    &["organize", "sortBy", "limit", "filterFieldsByName", "convertFieldType", "renameByRegex", "formatTime", "formatString"];

impl Rule for TableOverTime {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for query in view.queries {
            found.extend(apart(query));
        }
        for panel in &view.dashboard.panels {
            found.extend(several(panel));
            let Some(why) = without_time(panel) else { continue };
            for target in panel.targets.iter().filter(|target| target.expr.is_some()) {
                let text = |key: &str| target.node.get(key).and_then(Node::as_str);
                let on = |key: &str| target.node.get(key).and_then(Node::as_bool);
                // Grafana asks for a range unless it is told otherwise.
                if text("format") != Some("table") || on("instant") == Some(true) || on("range") == Some(false) {
                    continue;
                }
                let place = target.node.get("range").unwrap_or(target.node);
                let message = format!("this query asks for every moment of the shown time, and {why}");
                let finding = META.finding(place.span, message).path(format!("{}.targets", panel.path));
                found.push(finding.help("set `\"instant\": true` and `\"range\": false`"));
            }
        }
    }
}

/// Several results that a table does not put together.
fn several(panel: &Panel<'_>) -> Option<Diagnostic> {
    let shown = || panel.targets.iter().filter(|target| target.node.get("hide").and_then(Node::as_bool) != Some(true));
    let is_table = |target: &Target<'_>| target.node.get("format").and_then(Node::as_str) == Some("table") && target.expr.is_some();
    let step = |step: &Node| step.get("id").and_then(Node::as_str).is_some_and(|id| OF_EACH.contains(&id));
    if panel.kind != "table" || shown().count() < 2 || !shown().all(is_table) || !panel.node.items_of("transformations").all(step) {
        return None;
    }
    let place = panel.node.get("targets").unwrap_or(panel.node);
    let finding = META.finding(place.span, "a table shows the result of one query at a time, and nothing puts these together");
    Some(finding.path(format!("{}.transformations", panel.path)).help("add the transformation `merge`"))
}

/// Series that a table does not put together: of the only query, with labels that tell them apart, and nothing behind it.
fn apart(query: &Query<'_>) -> Option<Diagnostic> {
    let panel = query.panel().filter(|panel| panel.kind == "table" && panel.targets.len() == 1)?;
    let node = panel.targets.first()?.node.get("format").filter(|format| format.as_str() == Some("time_series"))?;
    let by_labels = |aggregate: &Aggregate| aggregate.grouping.as_ref().is_some_and(|by| by.without || !by.labels.is_empty());
    let many = match &without_parens(query.expr.as_ref()?).kind {
        ExprKind::Selector(_) => true,
        ExprKind::Aggregate(aggregate) => by_labels(aggregate),
        _ => false,
    };
    if !many || panel.node.items_of("transformations").next().is_some() {
        return None;
    }
    let finding = META.finding(node.span, "a table shows one of several series at a time").path(query.path());
    Some(finding.related(query.node.span, "the query").help("write `table`, or put them together by a transformation"))
}

/// Why the time of a row is seen nowhere.
fn without_time(panel: &Panel<'_>) -> Option<&'static str> {
    let steps = || panel.node.items_of("transformations");
    let is_joined = |step: &Node| {
        let by = step.get("options").and_then(|options| options.get("byField")?.as_str());
        step.get("id").and_then(Node::as_str) == Some("joinByField") && by.is_some_and(|by| by != "Time" && !by.contains('$'))
    };
    // What is joined first is joined as it came.
    if steps().next().is_some_and(is_joined) && panel.targets.len() > 1 {
        return Some("the tables are joined by another field than the time, which is there once for each");
    }
    if !steps().all(|step| step.get("id").and_then(Node::as_str).is_some_and(|id| PLAIN.contains(&id))) {
        return None;
    }
    let options = panel.node.get("options");
    let field = options.and_then(|options| options.get("xField")?.as_str()).filter(|field| !field.is_empty() && *field != "Time");
    if panel.kind == "barchart" && field.is_some_and(|field| !field.contains('$')) {
        return Some("the bars are of one field");
    }
    let limited = steps().any(|step| step.get("id").and_then(Node::as_str) == Some("limit"));
    let hides = steps().filter(|step| !limited && step.get("id").and_then(Node::as_str) == Some("organize")).any(|step| {
        let excluded = step.get("options").and_then(|options| options.get("excludeByName")?.get("Time"));
        excluded.and_then(Node::as_bool) == Some(true)
    });
    let keeps = steps().filter(|step| !limited && step.get("id").and_then(Node::as_str) == Some("filterFieldsByName")).any(|step| {
        let names = step.get("options").and_then(|options| options.get("include")?.get("names"));
        names.is_some_and(|names| names.items().next().is_some() && !names.items().any(|name| name.as_str() == Some("Time")))
    });
    (panel.kind == "table" && (hides || keeps)).then_some("the table leaves the time out")
}

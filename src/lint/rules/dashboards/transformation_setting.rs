//! Transformations that are set to do what there is not.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::fields::{self, Step, TYPES};
use crate::lint::inference::labels::shape;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::dashboard_setting::CALCULATIONS;
use crate::lint::rules::dashboards::panel_option::{is_broken, meant_calculation};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A transformation is set to something that means nothing: a way of joining or of putting together that there is not, a type that no
    /// field has, a pattern that cannot be read, a limit that leaves no row. Grafana leaves the fields as they were, or shows none.
    /// Tables are joined by a label that one of the queries does not have, or columns are ordered where a query without `format: table` brings
    /// none.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "joinByField", "options": { "byField": "job", "mode": "left" } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "barchart", "title": "A", "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ],
    ///   "transformations": [ { "id": "filterFieldsByName", "options": { "include": { "names": ["job"] } } } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "joinByField", "options": { "byField": "job", "mode": "outer" } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    TransformationSetting, "transformation-setting", Warning
}

impl Rule for TransformationSetting {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view) {
            joined_by_nothing(panel, view, context, found);
            found.extend(renamed_later(panel));
            no_columns(panel, view, context, found);
            no_numbers(panel, found);
            for step in fields::steps(panel) {
                for (node, message, help) in wrong(&step) {
                    found.push(META.finding(node.span, message).path(format!("{}.transformations", panel.path)).help(help));
                }
            }
        }
    }
}

/// A query without the label by which the tables of a panel are joined at first.
fn joined_by_nothing(panel: &Panel<'_>, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(first) = fields::steps(panel).into_iter().next().filter(|step| step.id == "joinByField") else { return };
    let is_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let Some((node, label)) = first.options.get_str("byField").filter(|(_, label)| is_label(label)) else { return };
    let queries: Vec<(&Query<'_>, bool)> = view
        .queries
        .iter()
        .filter(|query| query.is_of(panel))
        .filter_map(|query| Some((query, query.expr.as_ref().filter(|expr| !query.is_built_of_variables(expr))?)))
        .map(|(query, expr)| (query, shape(expr, context.world).possible(label)))
        .collect();
    // Where none has it, it is no label.
    if !queries.iter().any(|(_, has)| *has) {
        return;
    }
    for (query, _) in queries.iter().filter(|(_, has)| !has) {
        let message = format!("the tables are joined by {}, and this query has no such label", node.describe());
        let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "joined here");
        found.push(finding.help("keep the label, or join by one that all of them have"));
    }
}

/// A name by which tables are joined, and that only a later step gives to their columns.
fn renamed_later(panel: &Panel<'_>) -> Option<Diagnostic> {
    let steps = fields::steps(panel);
    let (at, (node, name)) = steps
        .iter()
        .enumerate()
        .find_map(|(at, step)| Some((at, step.options.get_str("byField").filter(|_| step.id == "joinByField")?)))?;
    let renames = |step: &Step<'_>| {
        let names = step.options.entries_of("renameByName").filter(|_| step.id == "organize");
        names
            .into_iter()
            .find(|(from, _, to)| *from != name && to.as_str() == Some(name))
            .map(|(from, place, _)| (from.to_owned(), place.span))
    };
    let (from, place) = steps[at + 1..].iter().find_map(renames)?;
    if !steps[..at].iter().all(Step::is_plain) || steps[..at].iter().any(|step| renames(step).is_some()) {
        return None;
    }
    let message = format!("`{from}` is called {} only by a later step, so no table has such a column here", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.transformations", panel.path)).related(place, "renamed here");
    Some(finding.help(format!("join by `{from}`")))
}

/// Labels that are ordered, renamed or left out as the columns of a table, where each series is a frame of its own and has none.
fn no_columns(panel: &Panel<'_>, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let is_series = |target: &Target<'_>| {
        target.expr.is_some() && target.node.get("format").and_then(Node::as_str).is_none_or(|format| format == "time_series")
    };
    if panel.kind != "table" || !panel.targets.iter().all(is_series) {
        return;
    }
    // What other steps make of series may well have columns.
    let steps = fields::steps(panel);
    let Some(first) = steps.iter().find(|step| step.id == "organize").filter(|_| steps.iter().all(Step::is_plain)) else { return };
    let own = view.queries.iter().filter(|query| query.is_of(panel));
    let exprs = own.filter_map(|query| query.expr.as_ref().filter(|expr| !query.is_built_of_variables(expr)));
    let labels: Vec<String> =
        exprs.flat_map(|expr| shape(expr, context.world).certain.into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    let named = ["renameByName", "excludeByName", "indexByName"].into_iter().flat_map(|key| first.options.entries_of(key));
    if let Some((_, node, _)) = named.into_iter().find(|(name, ..)| labels.iter().any(|label| label == name)) {
        let message = format!("{} is the label of a series here, and no column", node.describe());
        let finding = META.finding(node.span, message).path(format!("{}.transformations", panel.path));
        found.push(finding.help("write `\"format\": \"table\"` at the query"));
    }
}

/// Calculations that there are not.
fn uncalculated<'n>(nodes: impl Iterator<Item = &'n Node>) -> Vec<(&'n Node, String, String)> {
    let known = |text: &str| CALCULATIONS.contains(&text) || text.starts_with('p') && text[1..].bytes().all(|b| b.is_ascii_digit());
    let unknown = nodes.filter(|node| node.as_str().is_some_and(|text| !text.is_empty() && !known(text) && !text.contains('$')));
    let help = |text: &str| {
        meant_calculation(text).map_or_else(|| "use `mean`, `max` or `lastNotNull`".to_owned(), |meant| format!("did you mean `{meant}`?"))
    };
    unknown.map(|node| (node, format!("Grafana has no calculation {}", node.describe()), help(node.as_str().unwrap_or("")))).collect()
}

/// What a step is set to and cannot do: where, what is wrong, what to do.
fn wrong<'n>(step: &Step<'n>) -> Vec<(&'n Node, String, String)> {
    let options = step.options;
    match step.id {
        "joinByField" | "seriesToColumns" => {
            let mode = options.get_str("mode").filter(|(_, mode)| !matches!(*mode, "outer" | "inner" | "outerTabular" | ""));
            mode.map(|(node, _)| (node, format!("{} is no way of joining", node.describe()), "use `outer` or `inner`".to_owned()))
                .into_iter()
                .collect()
        }
        "convertFieldType" => {
            let types = options.items_of("conversions").filter_map(|one| one.get_str("destinationType"));
            types
                .filter(|(_, text)| !text.is_empty() && !TYPES.contains(text))
                .map(|(node, text)| {
                    let meant = misspelt(text, TYPES).unwrap_or("number");
                    (node, format!("no field is of type {}", node.describe()), format!("did you mean `{meant}`?"))
                })
                .collect()
        }
        "calculateField" => {
            let reducer = options.get("reduce").and_then(|reduce| reduce.get("reducer")).into_iter();
            uncalculated(reducer)
        }
        "reduce" => uncalculated(options.items_of("reducers")),
        "renameByRegex" => {
            let pattern = options.get_str("regex").filter(|(_, text)| is_broken(text));
            pattern
                .map(|(node, _)| (node, format!("{} is no regular expression", node.describe()), "correct it".to_owned()))
                .into_iter()
                .collect()
        }
        "limit" => {
            let none = options.get("limitField").filter(|node| node.as_f64() == Some(0.0));
            none.map(|node| (node, "no row is left".to_owned(), "keep some, as 10".to_owned())).into_iter().collect()
        }
        "groupBy" => {
            let operations = options.entries_of("fields").filter_map(|(.., field)| field.get_str("operation"));
            operations
                .filter(|(_, text)| !matches!(*text, "groupby" | "aggregate" | ""))
                .map(|(node, _)| {
                    (node, format!("fields are not put together by {}", node.describe()), "use `groupby` or `aggregate`".to_owned())
                })
                .collect()
        }
        "filterFieldsByName" => {
            let slips = options.entries().filter_map(|(name, key, _)| {
                let meant = misspelt(name, &["include", "exclude", "byVariable"])?;
                Some((key, format!("fields are not chosen by `{name}`"), format!("did you mean `{meant}`?")))
            });
            slips.collect()
        }
        _ => Vec::new(),
    }
}

/// Bars of a table of which only labels are kept: there is no number left to draw.
fn no_numbers(panel: &Panel<'_>, found: &mut Vec<Diagnostic>) {
    let steps = fields::steps(panel);
    let ([step], "barchart" | "piechart" | "bargauge") = (steps.as_slice(), panel.kind) else { return };
    let is_table = |target: &Target<'_>| target.node.get("format").and_then(Node::as_str) == Some("table") && target.expr.is_some();
    let include = step.options.get("include").filter(|_| step.id == "filterFieldsByName" && step.options.get("exclude").is_none());
    let Some(list) = include.filter(|include| include.get("pattern").is_none()).and_then(|include| include.get("names")) else { return };
    let is_label =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let mut names = list.items().peekable();
    if names.peek().is_some() && names.all(|node| node.as_str().is_some_and(is_label)) && panel.targets.iter().all(is_table) {
        let message = "only labels are kept, and no number is left to draw";
        found.push(META.finding(list.span, message).path(format!("{}.transformations", panel.path)).help("keep `Value`, too"));
    }
}

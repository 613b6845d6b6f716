//! Queries of panels that are asked, shown or named in a way that leaves the panel blank.

use foldhash::HashMap;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::Expr;
use crate::promql::ast::ExprKind;
use crate::promql::duration::parse_duration;
use crate::promql::walk::without_parens;
use crate::source::Node;

rule! {
    /// A query of a panel is empty, or asked for neither a range nor an instant, or for an instant only where a line over time is drawn; all
    /// queries of a panel are hidden; the result has a format, or the query a shortest step, that Grafana does not know; the
    /// legend is written in the notation of alerts or does not end; a rate looks back over `$__interval`, which gets shorter than
    /// two scrapes when one zooms in; or the query goes to a data source of another kind than its variable chooses.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "sum by (job) (rate(http_requests_total[$__interval]))", "legendFormat": "{{job}}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "sum by (job) (rate(http_requests_total[$__rate_interval]))", "legendFormat": "{{job}}" } ] } ] }
    /// ```
    PanelQuery, "panel-query", Warning
}

/// In milliseconds: whoever scrapes more seldom is rare.
const MINUTE: i64 = 60_000;

/// Formats of a result.
const FORMATS: &[&str] = &["time_series", "table", "heatmap"];

/// Grafana's own variables of time.
const BUILT_IN: &[&str] = &[
    "__rate_interval",
    "__interval",
    "__interval_ms",
    "__range",
    "__range_s",
    "__range_ms",
    "__from",
    "__to",
    "__timeFilter",
    "__name",
    "__org",
    "__user",
    "__dashboard",
    "__all",
    "__timezone",
    "__auto",
    "__data",
    "__field",
    "__value",
    "__series",
    "__url",
    "__searchFilter",
    "__all_variables",
    "__url_time_range",
    "__cell",
    "__cell_0",
];

/// Whether Grafana brings a variable of its own by this name; else what it is nearly called.
pub(super) fn built_in(name: &str) -> Result<(), Option<&'static str>> {
    if BUILT_IN.contains(&name) || name.starts_with("__cell") { Ok(()) } else { Err(did_you_mean(name, BUILT_IN.iter().copied())) }
}

/// Variables in a query that are written in another way than `PromQL` reads them: several values as a list, moments in milliseconds,
/// macros of SQL.
fn misplaced(query: &Query<'_>) -> Option<Diagnostic> {
    let text = query.node.as_str()?;
    for variable in &query.variables {
        let name = variable.name.split(['.', ':']).next().unwrap_or("");
        let written = text.get(variable.range.clone()).unwrap_or("");
        let format = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).and_then(|rest| rest.split(':').nth(1));
        let before = text.get(..variable.range.start).unwrap_or("").trim_end();
        let (message, help) = if format.is_some_and(|format| matches!(format, "csv" | "glob" | "json" | "doublequote" | "singlequote"))
            && before.ends_with('"')
            && before.trim_end_matches('"').trim_end().ends_with('~')
        {
            (
                format!("several values are written here as `{}` has them, and not as alternatives", format.unwrap_or("")),
                "leave the format out, or write `:regex`",
            )
        } else if matches!(name, "__to" | "__from")
            && before.ends_with('@')
            && !text.get(variable.range.end..).is_some_and(|rest| rest.trim_start().starts_with('/'))
            && format.is_none()
        {
            (format!("`{written}` is in milliseconds, and `@` takes seconds"), "write `@ end()` or `${__to:date:seconds}`")
        } else if matches!(name, "__timeFilter" | "__timeGroup" | "__unixEpochFilter" | "__timeFrom" | "__timeTo") {
            (
                format!("`${name}` is a macro of SQL, and stands for nothing here"),
                "Prometheus is asked for the time of the dashboard anyway",
            )
        } else {
            continue;
        };
        return Some(META.finding(query.span(&variable.range), message).path(query.path()).help(help));
    }
    None
}

/// Functions of a window that must hold two scrapes.
const RATES: &[&str] = &["rate", "irate", "increase", "delta", "idelta", "deriv"];

/// Buckets in a heatmap, which Grafana has to be told.
fn buckets(query: &Query<'_>, panel: &Panel<'_>, target: &Node) -> Option<String> {
    let by_le = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Aggregate(a) => a.grouping.as_ref().is_some_and(|g| !g.without && g.labels.iter().any(|label| label.text == "le")),
        _ => false,
    };
    let of_buckets = query.expr.as_ref().is_some_and(by_le)
        && query.selectors().iter().any(|used| used.selector.metric_name().is_some_and(|name| name.ends_with("_bucket")));
    let calculates = panel.node.get("options").and_then(|options| options.get("calculate")?.as_bool()) == Some(true);
    let is_series = target.get("format").and_then(Node::as_str) == Some("time_series");
    (panel.kind == "heatmap" && of_buckets && is_series && !calculates)
        .then(|| "buckets hold all that is below them, and Grafana is not told that these are buckets".to_owned())
}

impl Rule for PanelQuery {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Those of a dashboard's panels are looked at with it.
        if matches!(query.origin, Origin::Written(_)) {
            unknown_variables(query, found);
        }
    }

    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let marks = view.dashboard.root.at(["annotations", "list"]).into_iter().flat_map(Node::items);
        for datasource in marks.filter_map(|mark| mark.get("datasource")) {
            source(view, "annotations.list", datasource, found);
        }
        for panel in &view.dashboard.panels {
            for target in &panel.targets {
                settings(panel, target, found);
                elsewhere(panel, target, found);
            }
            // Without a query, a panel's data source is asked nothing.
            let own = panel.datasource.filter(|_| !panel.targets.is_empty());
            for datasource in own.into_iter().chain(panel.targets.iter().filter_map(|target| target.datasource)) {
                source(view, &panel.path, datasource, found);
            }
            alike(panel, found);
            let hidden = |target: &Target<'_>| target.node.get("hide").and_then(Node::as_bool) == Some(true);
            if !panel.targets.is_empty() && panel.targets.iter().all(hidden) {
                let node = panel.targets[0].node.get("hide").unwrap_or(panel.node);
                let message = "every query of the panel is hidden, so it shows nothing";
                found.push(META.finding(node.span, message).path(panel.targets[0].path.clone()).help("show one, or remove the panel"));
            }
        }
        for query in view.queries {
            if let Origin::Target { panel, target, .. } = query.origin
                && let Some(message) = buckets(query, panel, target.node)
            {
                let node = target.node.get("format").unwrap_or(target.node);
                found.push(META.finding(node.span, message).path(query.path()).help("set `\"format\": \"heatmap\"`"));
            }
            unknown_variables(query, found);
            found.extend(misplaced(query));
            for used in query.selectors() {
                let Some((_, place)) = &used.window else { continue };
                let whole = query.variables.iter().find(|v| v.name.starts_with("__range") && v.range.contains(&place.start));
                let moving = used.function().filter(|function| RATES.contains(function) && query.is_graph());
                if let (Some(variable), Some(function)) = (whole, moving) {
                    let message = format!("`{function}` over `$__range` takes all that is shown at each point of the line");
                    found.push(META.finding(query.span(&variable.range), message).path(query.path()).help("use `$__rate_interval`"));
                }
                let short = query.variables.iter().find(|variable| variable.name == "__interval" && variable.range.contains(&place.start));
                // It is never shorter than what the panel or the query says.
                let least = |node: &Node| {
                    node.get("interval").and_then(Node::as_str).and_then(|text| parse_duration(text.trim_start_matches('>')).ok())
                };
                let Origin::Target { panel, target, .. } = query.origin else { continue };
                let scraped = context.world.interval(used.selector).map_or(MINUTE, |(millis, _)| 2 * millis);
                if least(target.node).or_else(|| least(panel.node)).is_some_and(|least| least >= scraped) {
                    continue;
                }
                if let (Some(variable), Some(function)) = (short, used.function().filter(|function| RATES.contains(function))) {
                    let message =
                        format!("`{function}` over `$__interval` finds fewer than two scrapes where one zooms in, and the panel is blank");
                    let is_instant = target.node.get("instant").and_then(Node::as_bool) == Some(true);
                    let help = if is_instant { "use `$__range`, for all that is shown" } else { "use `$__rate_interval`" };
                    found.push(META.finding(query.span(&variable.range), message).path(query.path()).help(help));
                }
            }
        }
    }
}

/// Two queries of a panel that ask the same, and answers in a form that a line over time is not drawn of.
fn alike(panel: &Panel<'_>, found: &mut Vec<Diagnostic>) {
    let is = |target: &Target<'_>, key: &str| target.node.get(key).and_then(Node::as_bool);
    let text = |target: &Target<'_>, key: &str| target.node.get(key).and_then(Node::as_str).map(str::to_owned);
    let mut asked_before = HashMap::default();
    for (at, target) in panel.targets.iter().enumerate() {
        let Some((node, expr)) = target.expr.and_then(|node| Some((node, node.as_str()?.trim()))) else { continue };
        let flags = ["instant", "range", "hide", "exemplar"].map(|key| is(target, key));
        let asked = (expr, flags, ["format", "interval"].map(|key| text(target, key)));
        let first = *asked_before.entry(asked).or_insert(at);
        if let Some(other) = panel.targets.get(first).filter(|_| first < at && !expr.is_empty()) {
            let finding = META.finding(node.span, "another query of the panel asks the same").path(format!("{}.expr", target.path));
            found.push(finding.related(other.node.span, "this one").help("ask for something else, or remove one"));
        }
        let format = target.node.get("format").filter(|node| matches!(node.as_str(), Some("table" | "heatmap")));
        let is_plain = panel.kind == "timeseries" && panel.node.get("transformations").is_none_or(|list| list.items().next().is_none());
        if let Some(node) = format.filter(|_| is_plain) {
            let message = format!("lines over time are drawn of `time_series`, and not of {}", node.describe());
            found.push(META.finding(node.span, message).path(format!("{}.format", target.path)).help("write `time_series`"));
        }
    }
}

/// Variables that are called as those of Grafana are, and are none of them.
fn unknown_variables(query: &Query<'_>, found: &mut Vec<Diagnostic>) {
    for variable in &query.variables {
        let name = variable.name.as_str().split(['.', ':']).next().unwrap_or("");
        if let Err(Some(meant)) = if name.starts_with("__") { built_in(name) } else { Ok(()) } {
            let message = format!("Grafana has no variable `{name}`");
            found.push(META.finding(query.span(&variable.range), message).path(query.path()).help(format!("did you mean `${meant}`?")));
        }
    }
}

/// How a query is asked and named.
fn settings(panel: &Panel<'_>, target: &Target<'_>, found: &mut Vec<Diagnostic>) {
    let mut add = |node: &Node, key: &str, message: String, help: &str| {
        found.push(META.finding(node.span, message).path(format!("{}.{key}", target.path)).help(help));
    };
    let is_hidden = target.node.get("hide").and_then(Node::as_bool) == Some(true);
    if let Some(node) = target.node.get("expr").filter(|node| !is_hidden && node.as_str().is_some_and(|text| text.trim().is_empty())) {
        add(node, "expr", "the query is empty, so it shows nothing".to_owned(), "write one, or remove it");
    }
    if target.expr.is_none() {
        let near = target
            .node
            .entries()
            .find(|(key, _, value)| matches!(*key, "expression" | "exp" | "Expr" | "exprs") && value.as_str().is_some());
        let of_prometheus = target.datasource.or(panel.datasource).and_then(|source| source.get("type")?.as_str()) == Some("prometheus");
        if let Some((key, node, _)) = near.filter(|_| of_prometheus) {
            add(node, key, format!("Grafana reads no `{key}` of a query to Prometheus"), "call it `expr`");
        } else if of_prometheus && !is_hidden && target.node.get("expr").is_none() {
            add(target.node, "expr", "the query to Prometheus has no `expr`, so it shows nothing".to_owned(), "write one, or remove it");
        }
    }
    let flag = |key: &str| target.node.get(key).and_then(|node| Some((node, node.as_bool()?)));
    match (flag("range"), flag("instant")) {
        (Some((node, false)), None | Some((_, false))) => {
            add(node, "range", "the query is asked for neither a range nor an instant".to_owned(), "set `range` to true");
        }
        (range, Some((node, true))) if !range.is_some_and(|(_, range)| range) && matches!(panel.kind, "timeseries" | "graph") => {
            add(node, "instant", "an instant is one moment, and this panel draws a line over time".to_owned(), "set `range` to true");
        }
        _ => {}
    }
    if let Some((node, format)) = target.node.get_str("format")
        && !FORMATS.contains(&format)
        && target.expr.is_some()
        && !node.is_null()
    {
        add(node, "format", format!("{} is no format of a result", node.describe()), "use `time_series`, `table` or `heatmap`");
    }
    if let Some((node, step)) = target.node.get_str("interval")
        && !step.is_empty()
        && !step.contains('$')
        && parse_duration(step.trim_start_matches('>')).is_err()
    {
        add(node, "interval", format!("{} is no duration", node.describe()), "write it as `15s`");
    }
    if let Some((node, legend)) = target.node.get_str("legendFormat") {
        if legend.contains("$labels") || legend.contains("{{.") || legend.contains("{{ .") {
            add(
                node,
                "legendFormat",
                "this is the notation of alerts; a legend names the label itself".to_owned(),
                "write it as `{{job}}`",
            );
        } else if legend.matches("{{").count() != legend.matches("}}").count() {
            add(node, "legendFormat", "the braces of the legend do not match".to_owned(), "write it as `{{job}}`");
        }
    }
}

/// A query for another kind of data source than its panel's, which is the one that is asked.
fn elsewhere(panel: &Panel<'_>, target: &Target<'_>, found: &mut Vec<Diagnostic>) {
    let kind = |node: Option<&Node>| Some(node?.get("type")?.as_str()?.to_owned());
    let is_mixed = panel.datasource.and_then(|node| node.get("uid")?.as_str()).is_some_and(|uid| uid.starts_with("--"));
    let (Some(asked), Some(wanted)) = (kind(panel.datasource), kind(target.datasource)) else { return };
    let is_plain = |kind: &str| !kind.contains('$') && !matches!(kind, "datasource" | "mixed" | "__expr__" | "");
    if asked != wanted && is_plain(&asked) && is_plain(&wanted) && !is_mixed {
        let place = panel.datasource.and_then(|node| node.get("type")).map_or(panel.node.span, |node| node.span);
        let other = target.datasource.and_then(|node| node.get("type")).map_or(target.node.span, |node| node.span);
        let message = format!("the panel asks a data source of type `{asked}`, and its query is one for `{wanted}`");
        let finding = META.finding(place, message).path(panel.path.clone());
        found.push(finding.related(other, "the query").help("name the same in both, or the data source `-- Mixed --`"));
    }
}

/// Where a query goes, against the kind of data source that its variable lets one choose.
fn source(view: &DashboardView<'_>, path: &str, source: &Node, found: &mut Vec<Diagnostic>) {
    let Some(uid) = source.get("uid").and_then(Node::as_str) else { return };
    let Some(name) = uid.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| uid.strip_prefix('$')) else { return };
    let name = name.split(':').next().unwrap_or(name);
    let Some(variable) = view.dashboard.variables.iter().find(|variable| variable.name.as_str() == Some(name)) else { return };
    let chosen = variable.node.get("query").and_then(Node::as_str).filter(|_| variable.kind == "datasource");
    let kind = source.get_str("type");
    if let (Some(chosen), Some((place, kind))) = (chosen, kind)
        && !chosen.is_empty()
        && chosen != kind
    {
        let message = format!("this is a data source of type `{kind}`, and `${name}` chooses one of type `{chosen}`");
        found
            .push(META.finding(place.span, message).path(path).related(variable.name.span, "the variable").help(format!("use `{chosen}`")));
    }
}

//! Values that a panel names or ends at, against those that its queries can have.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields::thresholds;
use crate::lint::inference::value::interval;
use crate::lint::query::Query;
use crate::lint::query::interval::Interval;
use crate::lint::query::when::{plain, until_end};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A panel has a text for a value that none of its queries ever returns, so that the value that was meant has none; or a gauge ends
    /// far below what a metric may reach by its declaration, and is full long before. Or it turns at a threshold that none of its queries
    /// reaches, as a quantile above the highest bucket; or a gauge of what is left until something ends counts seconds as days.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "A",
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "value", "options": { "2": { "text": "down" }, "1": { "text": "up" } } } ] } },
    ///   "targets": [ { "refId": "A", "expr": "max by (job) (up)" } ] } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "gauge", "title": "Days until the certificate ends",
    ///   "fieldConfig": { "defaults": { "unit": "none", "min": 0, "max": 90 } },
    ///   "targets": [ { "refId": "A", "expr": "min by (instance) (probe_ssl_earliest_cert_expiry - time())" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "A",
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "value", "options": { "0": { "text": "down" }, "1": { "text": "up" } } } ] } },
    ///   "targets": [ { "refId": "A", "expr": "max by (job) (up)" } ] } ] }
    /// ```
    PanelRange, "panel-range", Warning
}

/// The threshold that Grafana gives every new panel, whatever it shows.
const PRESET: f64 = 80.0;

impl Rule for PanelRange {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) else { continue };
            let mapped = defaults.items_of("mappings");
            let mapped: Vec<&Node> = mapped.filter(|m| m.get("type").and_then(Node::as_str) == Some("value")).collect();
            let end =
                defaults.get("max").filter(|_| matches!(panel.kind, "gauge" | "bargauge")).and_then(|node| Some((node, node.as_f64()?)));
            let bounds: Vec<(&Node, f64)> = thresholds(panel.node).into_iter().filter(|(_, bound)| *bound != PRESET).collect();
            if mapped.is_empty() && end.is_none() && bounds.is_empty() {
                continue;
            }
            if let Some((node, _)) = end.filter(|(_, end)| (2.0..DAY).contains(end) && leaves_seconds(panel, view.queries)) {
                let message = format!("the panel is full at {}, and what is left is counted in seconds", node.describe());
                let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.max", panel.path));
                found.push(finding.help("divide by 86400 for days, or write seconds"));
                continue;
            }
            let Some(values) = values(panel, view.queries, context) else { continue };
            for (value, key, _) in mapped.iter().filter_map(|m| m.get("options")).flat_map(Node::entries) {
                let Some(number) = value.parse::<f64>().ok().filter(|number| *number < values.low || *number > values.high) else {
                    continue;
                };
                let message = format!("the value {number} is given a text, and the queries return {} to {}", values.low, values.high);
                let finding = META.finding(key.span, message).path(format!("{}.fieldConfig.defaults.mappings", panel.path));
                found.push(finding.help("map a value that there is"));
            }
            let all_fails = bounds.iter().find(|(node, bound)| (*bound - 1.0).abs() < f64::EPSILON && is_red(panel, node));
            if let Some((node, _)) = all_fails.filter(|_| (values.high - 1.0).abs() < f64::EPSILON && is_share_unit(panel)) {
                let message = format!("the panel turns red at {}, which is all of it: a share is at most 1", node.describe());
                let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.thresholds", panel.path));
                found.push(finding.help("write one percent as `0.01`"));
            }
            if let Some((node, _)) = bounds.iter().find(|(_, bound)| *bound > values.high) {
                let message = format!("the panel turns at {}, and its queries never exceed {}", node.describe(), values.high);
                let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.thresholds", panel.path));
                found.push(finding.help("write a number that they reach, in the unit that they have"));
            }
            if let Some((node, _)) = end.filter(|(_, end)| values.high.is_finite() && *end > 0.0 && values.high > 1.5 * end) {
                let message = format!("the panel is full at {}, and its queries go up to {}", node.describe(), values.high);
                let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.max", panel.path));
                found.push(finding.help(format!("write {}", values.high)));
            }
        }
    }
}

/// Whether a panel shows shares as percentages.
fn is_share_unit(panel: &Panel<'_>) -> bool {
    panel.unit().and_then(Node::as_str) == Some("percentunit")
}

/// Whether the last step of a panel's thresholds has this value, and warns of it.
fn is_red(panel: &Panel<'_>, value: &Node) -> bool {
    let steps = panel.node.at(["fieldConfig", "defaults", "thresholds"]).into_iter().flat_map(|thresholds| thresholds.items_of("steps"));
    let last = steps.last().filter(|step| step.get("value").is_some_and(|own| std::ptr::eq(own, value)));
    last.and_then(|step| step.get("color")?.as_str()).is_some_and(|colour| colour.contains("red") || colour.contains("orange"))
}

/// A day in seconds: what ends sooner is not drawn for the sake of its end.
const DAY: f64 = 86_400.0;

/// Whether all that a panel shows is how long it is until something ends.
fn leaves_seconds(panel: &Panel<'_>, queries: &[Query<'_>]) -> bool {
    let is_left = |query: &Query<'_>| query.expr.as_ref().is_some_and(|expr| until_end(plain(expr)));
    let mut own = queries.iter().filter(|query| query.is_of(panel)).peekable();
    own.peek().is_some() && own.all(is_left)
}

/// The values that all queries of a panel may have together; `None` where one is not known.
fn values(panel: &Panel<'_>, queries: &[Query<'_>], context: &Context<'_>) -> Option<Interval> {
    let own: Vec<&Query<'_>> = queries.iter().filter(|query| query.is_of(panel)).collect();
    let calculates = panel.node.get("transformations").is_some_and(|list| list.items().next().is_some());
    if own.is_empty() || own.len() != panel.targets.len() || calculates {
        return None;
    }
    let of = |query: &&Query<'_>| {
        let expr = query.expr.as_ref().filter(|expr| !query.is_built_of_variables(expr))?;
        Some(interval(expr, context.world))
    };
    own.iter().map(of).collect::<Option<Vec<_>>>()?.into_iter().reduce(Interval::either)
}

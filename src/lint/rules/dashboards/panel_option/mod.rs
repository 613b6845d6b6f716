//! Options of panels that Grafana takes and can do nothing with.

mod colours;
mod mappings;
mod summed;
mod words;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{AggregateOp, Expr, ExprKind};
use crate::promql::regex;
use crate::promql::walk::without_parens;
use crate::source::Node;
pub(super) use words::meant_calculation;

rule! {
    /// An option of a panel means nothing to Grafana, or never comes about: a mapping of a type that there is not, from a larger to a
    /// smaller number or by a pattern that cannot be read; a colour mode, a calculation or a form of a pie that is nearly one; a
    /// time that is none; a threshold above all that the query can return, or one that is red while all is well.
    /// Samples of a gauge, a share or a rate are no sum.
    /// So does a threshold in another unit than the panel's, as its texts say.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "range", "options": { "from": 1, "to": 0, "result": { "text": "up" } } } ] } } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "range", "options": { "from": 0, "to": 1, "result": { "text": "up" } } } ] } } } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "thresholds": { "steps": [ { "color": "green", "value": null }, { "color": "red", "value": 1 } ] } } } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "thresholds": { "steps": [ { "color": "red", "value": null }, { "color": "green", "value": 1 } ] } } } } ] }
    /// ```
    PanelOption, "panel-option", Warning
}

type Add<'r> = dyn FnMut(&Node, &str, String, &str) + 'r;

impl Rule for PanelOption {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        let root = view.dashboard.root;
        let week = root
            .get("weekStart")
            .filter(|node| node.as_str().is_some_and(|text| !matches!(text, "" | "browser" | "saturday" | "sunday" | "monday")));
        if let Some(node) = week {
            let message = format!("a week begins on no {}", node.describe());
            found.push(META.finding(node.span, message).path("weekStart").help("use `monday`, `sunday` or `saturday`"));
        }
        let delay = root.get("timepicker").and_then(|picker| picker.get("nowDelay"));
        let marks = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
        for node in marks.filter_map(|mark| mark.get("step")).chain(delay).filter(|node| !is_time(node)) {
            let message = format!("{} is no length of time", node.describe());
            found.push(META.finding(node.span, message).path("annotations.list").help("write it as `60s`"));
        }
        let marks = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
        let ids: Vec<i64> = view.dashboard.panels.iter().filter_map(|panel| panel.node.get("id")?.as_i64()).collect();
        for node in marks.filter_map(|mark| mark.get("filter")?.get("ids")).flat_map(Node::items) {
            if node.as_i64().is_some_and(|id| !ids.contains(&id)) && !ids.is_empty() {
                let message = format!("the dashboard has no panel {}", node.describe());
                found.push(META.finding(node.span, message).path("annotations.list").help("name the `id` of one"));
            }
        }
        for panel in &view.dashboard.panels {
            let mut add = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(help));
            };
            if panel.kind == "alertlist" {
                let states = panel.node.get("options").and_then(|options| options.get("stateFilter"));
                of_states(states, &mut add);
            }
            for key in ["timeFrom", "timeShift"] {
                let relative = |node: &&Node| node.as_str().is_some_and(|text| text.starts_with("now"));
                let bare =
                    |node: &&Node| node.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
                let wrong = |node: &&Node| bare(node) || !is_time(node) && !relative(node);
                if let Some(node) = panel.node.get(key).filter(|node| !node.is_null()).filter(wrong) {
                    add(node, key, format!("{} is no length of time", node.describe()), "write it as `6h`");
                }
            }
            words::words(panel, &mut add);
            if let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) {
                colours::values(panel, defaults, &mut add);
                mappings::mappings(panel, defaults, &mut add);
            }
        }
        for query in view.queries {
            colours::thresholds(query, context, found);
            mappings::states(query, found);
            summed::summed(query, context, found);
        }
    }
}

/// The states of alerts that a list shows: one at least, by names that Grafana has.
fn of_states(states: Option<&Node>, add: &mut Add<'_>) {
    const KNOWN: &[&str] =
        &["firing", "pending", "noData", "normal", "error", "recovering", "inactive", "ok", "paused", "no_data", "alerting"];
    let Some(states) = states.filter(|states| states.as_mapping().is_some_and(|entries| !entries.is_empty())) else { return };
    if let Some((_, key, _)) = states.entries().find(|(name, ..)| !KNOWN.contains(name)) {
        add(key, "options.stateFilter", format!("no alert is in a state {}", key.describe()), "use `firing` or `pending`");
    } else if states.entries().all(|(_, _, on)| on.as_bool() == Some(false)) {
        add(states, "options.stateFilter", "the list shows alerts in no state at all".to_owned(), "set `firing` to true");
    }
}

/// Whether a text is a length of time, as `6h` or `1d/d`, or may become one.
fn is_time(node: &Node) -> bool {
    let Some(text) = node.as_str() else { return true };
    let text = text.split('/').next().unwrap_or(text);
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.is_empty()
        || text.contains('$')
        || digits.is_empty()
        || digits.len() < text.len() && matches!(digits, "ms" | "s" | "m" | "h" | "d" | "w" | "M" | "Q" | "y")
        || crate::promql::duration::parse_duration(text).is_ok()
}

/// Whether a pattern, perhaps between slashes, cannot be read; JavaScript knows what RE2 does not.
pub(super) fn is_broken(text: &str) -> bool {
    let bare = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(text, |(pattern, _)| pattern);
    !bare.contains("(?") && !bare.contains('\\') && !bare.contains('$') && regex::check(bare).is_err()
}

/// Whether an expression is one of those that are 1 while all is well.
fn is_well(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(of) => {
            matches!(of.op, AggregateOp::Min | AggregateOp::Max | AggregateOp::Avg | AggregateOp::Sum) && is_well(&of.expr)
        }
        ExprKind::Selector(selector) => {
            selector.metric_name().is_some_and(|name| matches!(name, "up" | "probe_success" | "pg_up" | "redis_up" | "mysql_up"))
        }
        _ => false,
    }
}

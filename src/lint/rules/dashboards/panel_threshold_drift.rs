//! Panels whose thresholds are not those of the alerts on the same values.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::fields::thresholds;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk;
use crate::source::{Node, Span};

rule! {
    /// A panel draws what an alert judges, and turns red elsewhere than the alert fires. Whoever is paged looks at a panel that is
    /// still green, or has been red for a week. Or the panel turns red above the number, and the alert fires below it.
    ///
    /// Compared are panels with thresholds whose query is, but for windows and the choice of jobs and instances, what an alert
    /// compares with a number.
    ///
    /// ```yaml fires
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: Backlog, expr: 'max by (queue) (queue_depth{job="web"}) > 100', labels: { severity: warning } }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Queues",
    ///   "fieldConfig": { "defaults": { "unit": "short", "thresholds": { "mode": "absolute", "steps": [ { "color": "green", "value": null }, { "color": "red", "value": 1000 } ] } } },
    ///   "targets": [ { "refId": "A", "expr": "max by (queue) (queue_depth{job=\"web\"})" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: Backlog, expr: 'max by (queue) (queue_depth{job="web"}) > 100', labels: { severity: warning } }]
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Queues",
    ///   "fieldConfig": { "defaults": { "unit": "short", "thresholds": { "mode": "absolute", "steps": [ { "color": "green", "value": null }, { "color": "red", "value": 100 } ] } } },
    ///   "targets": [ { "refId": "A", "expr": "max by (queue) (queue_depth{job=\"web\"})" } ] } ] }
    /// ```
    PanelThresholdDrift, "panel-threshold-drift", Warning
}

impl Rule for PanelThresholdDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let panels = context.queries.iter().filter(|query| query.panel().is_some_and(|panel| !thresholds(panel.node).is_empty()));
        let mut panels = panels.peekable();
        if panels.peek().is_none() {
            return;
        }
        let mut judged: Vec<(String, f64, Judged<'_>)> = Vec::new();
        for query in context.queries.iter().filter(|query| query.alerting_rule().is_some()) {
            let Some(expr) = &query.expr else { continue };
            // What is 0 or 1 is drawn as a state, whose steps are no limits.
            let is_limit =
                |compared: &Comparison<'_>| compared.number != 0.0 && !matches!(compared.op, BinaryOp::Equal | BinaryOp::NotEqual);
            let all: Vec<_> = Comparison::all(expr).into_iter().filter(is_limit).map(|one| (skeleton(one.side, context), one)).collect();
            for (side, Comparison { op, number, place, .. }) in &all {
                let is_product = matches!(&walk::without_parens(place).kind, ExprKind::Binary(_));
                let is_burn = is_product || all.iter().filter(|(other, _)| other == side).count() > 1;
                judged.push((side.clone(), *number, Judged { query, op: *op, place: query.span(&place.range), is_burn }));
            }
        }
        judged.sort_by(|one, other| one.0.cmp(&other.0));
        // The alerts of a fleet's services are alike: of those with one limit the first will do.
        let mut limits = HashSet::new();
        judged.retain(|(side, number, judged)| limits.insert((side.clone(), number.to_bits(), judged.op)));
        for query in panels {
            let (Some(panel), Some(expr)) = (query.panel(), &query.expr) else { continue };
            let drawn = skeleton(expr, context);
            let start = judged.partition_point(|(side, ..)| *side < drawn);
            let alike: Vec<_> = judged[start..].iter().take_while(|(side, ..)| *side == drawn).collect();
            let bounds = thresholds(panel.node);
            let agrees = |number: f64| bounds.iter().any(|(_, bound)| (bound - number).abs() <= 1e-9 * number.abs().max(1e-9));
            let (Some(_), Some((node, _))) = (alike.first(), bounds.last()) else { continue };
            if let Some((_, number, wrong)) = alike.iter().find(|(_, number, judged)| agrees(*number) && wrong_way(panel.node, judged.op)) {
                let message = format!("this fires on `{} {number}`, and the panel turns red above it", wrong.op.symbol());
                let finding = META.finding(wrong.place, message).path(wrong.query.path()).related(node.span, "the panel");
                found.push(finding.help("turn the comparison round, or the colours of the panel"));
            }
            if let Some((_, number, fires)) = alike.iter().find(|(_, number, judged)| agrees(*number) && is_falling(panel.node, judged.op))
            {
                let message =
                    format!("the panel is red below {}, and the alert fires on `{} {number}`", node.describe(), fires.op.symbol());
                let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.thresholds", panel.path));
                found.push(finding.related(fires.place, "the alert").help("turn the colours round"));
            }
            // What is judged over two windows is how fast a budget is spent, which no panel draws.
            let Some((_, number, alert)) = alike.iter().find(|(_, _, judged)| !judged.is_burn) else { continue };
            // What fires on the other side than the panel warns of is about something else.
            let is_other = wrong_way(panel.node, alert.op) || is_falling(panel.node, alert.op);
            if is_other || alike.iter().any(|(_, number, _)| agrees(*number)) {
                continue;
            }
            let alert_says = format!("the alert fires at `{number}`, and the panel `{}` turns at {}", panel.title, node.describe());
            // Which of the two is wrong is not known.
            let at_alert = META.finding(alert.place, alert_says).path(alert.query.path()).related(node.span, "the panel");
            found.push(at_alert.help("use one number in both"));
            let message = format!("the panel turns at {}, and the alert `{}` fires at `{number}`", node.describe(), alert.query.name());
            found.push(
                META.finding(node.span, message)
                    .path(format!("{}.fieldConfig.defaults.thresholds", panel.path))
                    .related(alert.query.node.span, "the alert")
                    .help("use one number in both"),
            );
        }
    }
}

/// A comparison of an alert.
struct Judged<'q> {
    query: &'q Query<'q>,
    op: BinaryOp,
    /// Where the number is.
    place: Span,
    /// Whether the alert compares the same twice, over two windows.
    is_burn: bool,
}

/// Whether an alert fires below what a panel draws green at the bottom and red at the top.
fn wrong_way(panel: &Node, op: BinaryOp) -> bool {
    let steps = panel.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds")?.get("steps"));
    let colours: Vec<&str> = steps.into_iter().flat_map(Node::items).filter_map(|step| step.get("color")?.as_str()).collect();
    let is_rising = colours.first().is_some_and(|colour| colour.contains("green")) && colours.last().is_some_and(|c| c.contains("red"));
    is_rising && matches!(op, BinaryOp::Less | BinaryOp::LessEqual)
}

/// Whether an alert fires above what a panel draws red at the bottom and green at the top.
fn is_falling(panel: &Node, op: BinaryOp) -> bool {
    let steps = panel.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds")?.get("steps"));
    let colours: Vec<&str> = steps.into_iter().flat_map(Node::items).filter_map(|step| step.get("color")?.as_str()).collect();
    let is_falling = colours.first().is_some_and(|c| c.contains("red")) && colours.last().is_some_and(|c| c.contains("green"));
    is_falling && matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
}

/// What an expression computes, without windows and without which jobs, instances and values of variables it is computed of.
fn skeleton(expr: &Expr, context: &Context<'_>) -> String {
    within(expr, context, 2)
}

/// What the one rule computes that records a series, where nothing but its job is asked for.
fn recorded<'a>(selector: &Selector, context: &Context<'a>) -> Option<&'a Expr> {
    let plain = selector.offset.is_none() && selector.matchers.iter().all(|m| matches!(m.label.text.as_str(), "job" | "instance"));
    let name = selector.metric_name().filter(|name| plain && name.contains(':'))?;
    let [only] = context.world.recorded(name) else { return None };
    only.query.expr.as_ref()
}

/// The same, with recorded series followed so many times.
fn within(expr: &Expr, context: &Context<'_>, depth: usize) -> String {
    let mut text = String::new();
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Number(number) => text += &format!("n{};", number.value),
        // What one rule records is what that rule computes.
        ExprKind::Selector(selector) if depth > 0 && recorded(selector, context).is_some() => {
            text += &recorded(selector, context).map(|inner| within(inner, context, depth - 1)).unwrap_or_default();
        }
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            text += selector.metric_name().unwrap_or("?");
            let fixed = selector.matchers.iter().filter(|m| {
                !matches!(m.label.text.as_str(), "__name__" | "job" | "instance") && !crate::lint::query::is_placeholder(&m.value)
            });
            let mut fixed: Vec<String> = fixed.map(|m| format!("{}{}{}", m.label.text, m.op.symbol(), m.value)).collect();
            fixed.sort();
            text += &format!("{{{}}};", fixed.join(","));
        }
        ExprKind::Call { function, .. } => text += &format!("{}();", function.text),
        ExprKind::Aggregate(aggregate) => {
            let grouping = aggregate.grouping.as_ref();
            let mut labels: Vec<&str> = grouping.iter().flat_map(|g| &g.labels).map(|label| label.text.as_str()).collect();
            // Whether the job is kept or not, the values are those of one job.
            labels.retain(|label| *label != "job");
            labels.sort_unstable();
            text +=
                &format!("{}{}({});", aggregate.op.name(), if grouping.is_some_and(|g| g.without) { "-" } else { "" }, labels.join(","));
        }
        ExprKind::Binary(binary) => text += &format!("{};", binary.op.symbol()),
        ExprKind::String(text_of) => text += &format!("{text_of:?};"),
        _ => {}
    });
    text
}

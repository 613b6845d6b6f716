//! Watchdogs that do not always fire.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{MatchOp, Route};
use crate::lint::context::Context;
use crate::lint::inference::condition::unconditional;
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::routing::{Alert, GRAVE, alerts, asked_by_name, is_closed, is_heartbeat};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{AlertmanagerView, RuleView};

rule! {
    /// An alert is named as a watchdog, whose whole purpose is to fire always, and its expression has a condition. When it stops,
    /// whoever waits for it is told that alerting is broken. Or the one alert that always fires is called otherwise than the route of the
    /// watchdog says.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: meta
    ///     rules:
    ///       - alert: Watchdog
    ///         expr: absent(up)
    ///         labels: { severity: none }
    ///         annotations: { summary: "alerting works" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: meta
    ///     rules:
    ///       - alert: Watchdog
    ///         expr: vector(1)
    ///         labels: { severity: none }
    ///         annotations: { summary: "alerting works" }
    /// ```
    WatchdogSilent, "watchdog-silent", Warning
}

impl Rule for WatchdogSilent {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        view.config.route.iter().for_each(|root| at_times(root, found));
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(unnamed(context));
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let name = view.rule.name().to_lowercase().replace(['_', '-'], "");
        if !view.rule.is_alert() || !["watchdog", "deadmansswitch", "deadmanswitch"].contains(&name.as_str()) {
            return;
        }
        let Some((query, expr)) = view.query.and_then(|query| Some((query, query.expr.as_ref()?))) else { return };
        let severity = view.rule.label("severity").filter(|node| node.as_str().is_some_and(|own| GRAVE.contains(&own)));
        if let Some(node) = severity {
            let message = format!("`{}` always fires, and its severity is one that wakes people", view.rule.name());
            found.push(META.finding(node.span, message).path(view.path("labels")).help("write `severity: none`"));
        }
        // What compares with a number that always holds is left to the rules that know it.
        let holds = |compared: &Comparison<'_>| interval(compared.side, context.world).compared(compared.op, compared.number) == Some(true);
        if unconditional(expr, context, 0).is_none() && !Comparison::of(expr).is_some_and(|compared| holds(&compared)) {
            found.push(
                META.finding(query.span(&expr.range), format!("`{}` has a condition, and does not always fire", view.rule.name()))
                    .path(view.path("expr"))
                    .help("write `vector(1)`"),
            );
        }
    }
}

/// The one alert that always fires, which no route names, while one names a watchdog that there is not.
fn unnamed(context: &Context<'_>) -> Option<Diagnostic> {
    if !is_closed(context) {
        return None;
    }
    let alerts = alerts(context);
    let fires = |alert: &&Alert<'_>| alert.query.expr.as_ref().is_some_and(|expr| unconditional(expr, context, 0).is_some());
    let mut firing = alerts.iter().filter(fires);
    let (Some(alert), None) = (firing.next(), firing.next()) else { return None };
    let asked = asked_by_name(context);
    let is_there = |name: &str| alerts.iter().any(|alert| alert.rule.name() == name);
    let missing = asked.iter().find(|matcher| is_heartbeat(&matcher.value) && !is_there(&matcher.value))?;
    if asked.iter().any(|matcher| matcher.value == alert.rule.name()) {
        return None;
    }
    let message =
        format!("`{}` always fires and no route names it, and one is for `{}`, which is no alert here", alert.rule.name(), missing.value);
    let finding = META.finding(alert.rule.name.span, message).path(alert.query.path()).related(missing.node.span, "the route");
    Some(finding.help(format!("call it `{}`, or name it there", missing.value)))
}

/// Routes of the watchdog that hold it back at times: whoever waits for it raises the alarm then.
fn at_times(route: &Route<'_>, found: &mut Vec<Diagnostic>) {
    let own = route.matchers.iter().any(|m| m.label == "alertname" && m.op == MatchOp::Equal && is_heartbeat(&m.value));
    let held = ["mute_time_intervals", "active_time_intervals"].into_iter().find_map(|key| Some((key, route.node.get(key)?)));
    if let Some((key, node)) = held.filter(|(_, node)| own && node.items().next().is_some()) {
        let finding = META.finding(node.span, "this holds the watchdog back at times, and whoever waits for it raises the alarm");
        found.push(finding.path(format!("{}.{key}", route.path)).help("let it through at all times"));
    }
    route.routes.iter().for_each(|route| at_times(route, found));
}

//! Alerts that no route but the root takes.

mod odd_value;

use self::odd_value::odd_values;
use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher, Route};
use crate::formats::rule_file::Rule as AlertRule;
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// An alert matches none of the routes below the root, for want of a label that all of them ask for or with a value
    /// that none knows. It goes to the root's receiver, where nobody may look. Or it has a value of a label that no route asks for,
    /// while routes tell all other alerts apart by theirs.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: nobody, routes: [{ receiver: pager, matchers: ['severity="critical"'] }] }
    /// receivers: [{ name: nobody }, { name: pager, webhook_configs: [{ url: "http://localhost" }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: crit } }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: nobody, routes: [{ receiver: pager, matchers: ['severity="critical"'] }] }
    /// receivers: [{ name: nobody }, { name: pager, webhook_configs: [{ url: "http://localhost" }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: critical } }]
    /// ```
    AlertNotRoutable, "alert-not-routable", Warning
}

impl Rule for AlertNotRoutable {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Alertmanager(config) = &view.kind else { continue };
            let Some(root) = config.route.as_ref().filter(|root| !root.routes.is_empty()) else { continue };
            // A root that notifies somebody is a route like any other, unless the severity is a slip.
            let root_notifies = root.receiver.is_some_and(|name| notifies(config, name.as_str().unwrap_or("")));
            let routed = routed(config);
            let before = found.len();
            for query in context.queries {
                let Origin::Rule { file, rule } = query.origin else { continue };
                if let Some(node) = rule.label("severity").filter(|_| rule.is_alert())
                    && let Some(stays) = stays(root, rule, node, &routed)
                {
                    let message = format!(
                        "no route asks for the severity {}, and `{}` stays where the others are told apart by theirs",
                        node.describe(),
                        rule.name()
                    );
                    found.push(
                        META.finding(node.span, message)
                            .path(file.path(rule, "labels"))
                            .related(stays.node.span, "the route that it stays at")
                            .help("use a severity that a route asks for, or add a route"),
                    );
                    continue;
                }
                if !rule.is_alert() || root.routes.iter().any(|route| takes(route, rule) != Some(false)) {
                    continue;
                }
                let severity = rule.label("severity");
                let meant = severity.and_then(|node| otherwise(node, &routed));
                if root_notifies && severity.is_some_and(|node| !is_grave_elsewhere(node, &routed)) && meant.is_none() {
                    continue;
                }
                let message = match severity.and_then(|node| node.as_str()) {
                    Some(value) => format!("no route takes the alert `{}` with the severity `{value}`", rule.name()),
                    None => format!("no route below the root takes the alert `{}`", rule.name()),
                };
                let place = severity.map_or(rule.name.span, |node| node.span);
                found.push(META.finding(place, message).path(file.path(rule, "labels")).related(root.node.span, "the routes").help(
                    match meant {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "give it the labels that a route asks for, or add a route".to_owned(),
                    },
                ));
            }
            let said: Vec<_> = found[before..].iter().map(|finding| finding.span).collect();
            odd_values(config, context, &said, found);
        }
    }
}

/// The severity that a route asks for by a shorter or a longer word: `info` for `information`.
fn otherwise<'r>(severity: &Node, routed: &[&'r Matcher<'_>]) -> Option<&'r str> {
    let value = severity.as_str().filter(|value| value.len() > 3)?;
    if routed.iter().any(|matcher| matcher.takes(value, full_match) != Some(false)) {
        return None;
    }
    let asked = routed.iter().filter(|matcher| matcher.op == MatchOp::Equal).map(|matcher| matcher.value.as_str());
    asked.filter(|known| known.len() > 3).find(|known| known.starts_with(value) || value.starts_with(known))
}

/// Whether a severity calls for somebody at once, while routes ask for other severities and none for this one.
fn is_grave_elsewhere(severity: &Node, routed: &[&Matcher<'_>]) -> bool {
    const GRAVE: &[&str] = &[
        "page",
        "pager",
        "paging",
        "emergency",
        "fatal",
        "disaster",
        "urgent",
        "high",
        "major",
        "blocker",
        "critical",
        "crit",
        "p0",
        "p1",
        "sev0",
        "sev1",
    ];
    let Some(value) = severity.as_str() else { return false };
    let grave = |text: &str| GRAVE.iter().any(|word| text.eq_ignore_ascii_case(word));
    // Where what is grave has a route of its own, and goes by another word.
    let elsewhere = GRAVE.iter().any(|word| routed.iter().any(|matcher| matcher.op == MatchOp::Equal && matcher.value == *word));
    grave(value) && elsewhere && routed.iter().all(|matcher| matcher.takes(value, full_match) == Some(false))
}

/// The severities that routes ask for.
fn routed<'c>(config: &'c Alertmanager<'_>) -> Vec<&'c Matcher<'c>> {
    config.routes().into_iter().flat_map(|route| &route.matchers).filter(|matcher| matcher.label == "severity").collect()
}

/// The route below the root at which an alert stays, whose own routes all ask for other severities; where no route anywhere asks for
/// that of the alert.
fn stays<'r, 'a>(root: &'r Route<'a>, alert: &AlertRule<'_>, severity: &Node, routed: &[&Matcher<'_>]) -> Option<&'r Route<'a>> {
    let value = severity.as_str().filter(|value| !matches!(*value, "none" | "info" | "") && !value.contains("{{"))?;
    if routed.len() < 2 || routed.iter().any(|matcher| matcher.takes(value, full_match) != Some(false)) {
        return None;
    }
    let route = root.routes.iter().find(|route| takes(route, alert) != Some(false))?;
    let asks = |route: &Route<'_>| route.matchers.iter().any(|matcher| matcher.label == "severity");
    (takes(route, alert) == Some(true) && route.routes.len() > 1 && route.routes.iter().all(asks)).then_some(route)
}

/// Whether a receiver has somebody to notify.
pub(super) fn notifies(config: &Alertmanager<'_>, name: &str) -> bool {
    config.receivers.iter().find(|receiver| receiver.name.as_str() == Some(name)).is_none_or(|receiver| receiver.has_integrations)
}

/// Whether a route takes an alert, by the labels that the alert's rule sets; `None` where series decide.
pub(super) fn takes(route: &Route<'_>, alert: &AlertRule<'_>) -> Option<bool> {
    let mut unknown = false;
    for matcher in &route.matchers {
        match holds(matcher, alert) {
            Some(false) => return Some(false),
            None => unknown = true,
            Some(true) => {}
        }
    }
    if unknown { None } else { Some(true) }
}

fn holds(matcher: &Matcher<'_>, alert: &AlertRule<'_>) -> Option<bool> {
    let value = match matcher.label.as_str() {
        "alertname" => alert.name(),
        label => match alert.label(label) {
            Some(node) => node.as_str().filter(|value| !value.contains("{{"))?,
            // By convention a series carries no severity; any other label it may.
            None if label == "severity" => "",
            None => return None,
        },
    };
    match matcher.op {
        MatchOp::Equal => Some(value == matcher.value),
        MatchOp::NotEqual => Some(value != matcher.value),
        MatchOp::Regex => full_match(&matcher.value, value),
        MatchOp::NotRegex => full_match(&matcher.value, value).map(|found| !found),
    }
}

//! Alerts that always fire, and reach people.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::routing::alerts;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// An alert that always fires, to show that the alerting works, ends at a receiver for other alerts: people are woken for
    /// nothing, or nothing notices when it stops.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager, pagerduty_configs: [{ routing_key_file: /key }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Watchdog, expr: 'vector(1)', labels: { severity: none } }
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: critical } }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ receiver: deadman, matchers: ['alertname="Watchdog"'] }] }
    /// receivers:
    ///   - { name: pager, pagerduty_configs: [{ routing_key_file: /key }] }
    ///   - { name: deadman, webhook_configs: [{ url: "http://deadman:8000" }] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Watchdog, expr: 'vector(1)', labels: { severity: none } }
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: critical } }
    /// ```
    WatchdogPages, "watchdog-pages", Warning
}

/// Integrations that wake people.
const PAGERS: &[&str] = &["pagerduty_configs", "opsgenie_configs", "victorops_configs", "pushover_configs", "incidentio_configs"];

/// In milliseconds.
const DAY: i64 = 86_400_000;

impl Rule for WatchdogPages {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = alerts(context);
        for alert in alerts.iter().filter(|alert| alert.is_watchdog()) {
            let Some(ends) = alert.delivered(view.config, context) else { continue };
            for end in ends {
                let repeat = end.route.node.get("repeat_interval");
                let late =
                    repeat.filter(|node| node.as_str().and_then(|text| parse_duration(text).ok()).is_some_and(|every| every > DAY / 24));
                if let Some(node) = late {
                    let message = format!("`{}` is sent every {}, and its silence is noticed as late", alert.rule.name(), node.describe());
                    found.push(META.finding(node.span, message).path(end.route.path.clone()).help("repeat it after minutes, as in `5m`"));
                }
                let root = view.config.route.as_ref().and_then(|root| root.receiver).filter(|_| end.route.path != "route");
                let tells = |name: Option<&str>| {
                    let named = view.config.receivers.iter().find(|receiver| receiver.name.as_str() == name);
                    named.is_some_and(|receiver| receiver.integrations().next().is_some())
                };
                if let Some(root) = root.filter(|root| {
                    let own = end.receiver.and_then(Node::as_str);
                    root.as_str() == own && tells(own) && end.route.matchers.iter().any(|m| m.label == "alertname")
                }) {
                    let message =
                        format!("whatever no route takes ends at {}, where `{}` goes to be missed", root.describe(), alert.rule.name());
                    found.push(META.finding(root.span, message).path("route.receiver").help("name a receiver that people read"));
                }
                let Some((node, name)) = end.receiver.and_then(Node::with_str) else { continue };
                let receiver = view.config.receivers.iter().find(|receiver| receiver.name.as_str() == Some(name));
                let pages = receiver.is_some_and(|receiver| receiver.integrations().any(|(list, ..)| PAGERS.contains(&list)));
                let tells = receiver.is_some_and(|receiver| receiver.integrations().next().is_some());
                let others = alerts.iter().filter(|other| !other.is_watchdog()).any(|other| {
                    let ends = other.delivered(view.config, context);
                    ends.is_some_and(|ends| ends.iter().any(|end| end.receiver.and_then(Node::as_str) == Some(name)))
                });
                // Where nothing leads it elsewhere, it goes the way of all alerts, and is read with them.
                let is_root = end.route.path == "route";
                if others && (pages || (tells && !is_root)) {
                    let whom = if pages { "wake people" } else { "people read" };
                    found.push(
                        META.finding(
                            node.span,
                            format!("`{}` always fires, and ends at `{name}` with alerts that {whom}", alert.rule.name()),
                        )
                        .path(end.route.path.clone())
                        .related(alert.rule.name.span, "the alert")
                        .help("lead it to a receiver of its own, before this route"),
                    );
                }
            }
        }
    }
}

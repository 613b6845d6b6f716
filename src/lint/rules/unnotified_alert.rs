//! Grave alerts that end where nobody is told.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp};
use crate::lint::context::Context;
use crate::lint::routing::{Delivery, alerts};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::{Node, Span};

rule! {
    /// A grave alert here ends at receivers without integrations, at a route that is muted part of the time, or at one that is
    /// never active: nobody is woken.
    ///
    /// A route that names the alert exactly is taken for a decision.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: nobody, routes: [{ receiver: nobody, matchers: ['severity="critical"'] }] }
    /// receivers: [{ name: nobody }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: critical } }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: nobody, routes: [{ receiver: pager, matchers: ['severity="critical"'] }] }
    /// receivers: [{ name: nobody }, { name: pager, webhook_configs: [{ url: "http://pager:8000" }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: critical } }]
    /// ```
    UnnotifiedAlert, "unnotified-alert", Warning
}

impl Rule for UnnotifiedAlert {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut said: Vec<Span> = Vec::new();
        for alert in alerts(context).iter().filter(|alert| !alert.is_watchdog()) {
            let Some(ends) = alert.delivered(view.config, context) else { continue };
            let decided = ends
                .iter()
                .all(|end| end.route.matchers.iter().any(|matcher| matcher.label == "alertname" && matcher.op == MatchOp::Equal));
            if decided || ends.iter().any(|end| !is_silent(end, view.config) && muted(end).is_none()) {
                continue;
            }
            let Some(end) = ends.first() else { continue };
            let (place, message) = match muted(end).filter(|_| !is_silent(end, view.config)) {
                Some(key) if alert.is_grave() => (key.span, format!("the alert `{}` is grave, and muted in this time", alert.rule.name())),
                Some(_) => continue,
                None => {
                    let Some(receiver) = end.receiver else { continue };
                    (receiver.span, format!("the alert `{}` ends here, where nobody is notified", alert.rule.name()))
                }
            };
            // A severity that is not there to wake anybody may well end nowhere.
            let low =
                alert.rule.label("severity").and_then(Node::as_str).is_some_and(|severity| matches!(severity, "info" | "none" | "debug"));
            if low || said.contains(&place) {
                continue;
            }
            said.push(place);
            found.push(
                META.finding(place, message)
                    .path(end.route.path.clone())
                    .related(alert.rule.name.span, "the alert")
                    .help("lead it to a receiver that notifies somebody"),
            );
        }
    }
}

fn is_silent(end: &Delivery<'_, '_>, config: &Alertmanager<'_>) -> bool {
    let name = end.receiver.and_then(Node::as_str);
    config.receivers.iter().any(|receiver| receiver.name.as_str() == name && !receiver.has_integrations)
}

/// The list of intervals that a route is not active in.
fn muted<'a>(end: &Delivery<'_, 'a>) -> Option<&'a Node> {
    let list = |key: &str| end.route.node.get(key).filter(|list| list.items().next().is_some());
    list("mute_time_intervals").or_else(|| list("active_time_intervals"))
}

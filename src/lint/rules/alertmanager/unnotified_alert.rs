//! Grave alerts that end where nobody is told.

use foldhash::HashSet;

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Interval, MatchOp};
use crate::lint::context::Context;
use crate::lint::routing::{Delivery, alerts};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::week::are_always;
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
        let mut said: HashSet<Span> = HashSet::default();
        let silent: HashSet<Option<&str>> =
            view.config.receivers.iter().filter(|receiver| !receiver.has_integrations).map(|receiver| receiver.name.as_str()).collect();
        let is_silent = |end: &Delivery<'_, '_>| silent.contains(&end.receiver.and_then(Node::as_str));
        for alert in alerts(context).iter().filter(|alert| !alert.is_watchdog()) {
            let Some(ends) = alert.delivered(view.config, context) else { continue };
            let decided = ends
                .iter()
                .all(|end| end.route.matchers.iter().any(|matcher| matcher.label == "alertname" && matcher.op == MatchOp::Equal));
            if decided || ends.iter().any(|end| !is_silent(end) && muted(end).is_none()) {
                continue;
            }
            let Some(end) = ends.first() else { continue };
            let (place, message) = match muted(end).filter(|_| !is_silent(end)) {
                Some((key, when)) if alert.is_grave() => {
                    let names: Vec<&str> = key.items().filter_map(Node::as_str).collect();
                    let is_named = |interval: &&Interval<'_>| interval.name.as_str().is_some_and(|name| names.contains(&name));
                    let own: Vec<&Interval<'_>> = view.config.intervals.iter().filter(is_named).collect();
                    match (are_always(&own), when) {
                        (false, _) => (key.span, format!("the alert `{}` is grave, and muted {when} this time", alert.rule.name())),
                        (true, "in") => {
                            (key.span, format!("the alert `{}` is grave, and always muted: this time is never over", alert.rule.name()))
                        }
                        (true, _) => continue,
                    }
                }
                Some(_) => continue,
                None => {
                    let Some(receiver) = end.receiver else { continue };
                    (receiver.span, format!("the alert `{}` ends here, where nobody is notified", alert.rule.name()))
                }
            };
            // A severity that is not there to wake anybody may well end nowhere.
            let low =
                alert.rule.label("severity").and_then(Node::as_str).is_some_and(|severity| matches!(severity, "info" | "none" | "debug"));
            if low || !said.insert(place) {
                continue;
            }
            found.push(
                META.finding(place, message)
                    .path(end.route.path.clone())
                    .related(alert.rule.name.span, "the alert")
                    .help("lead it to a receiver that notifies somebody"),
            );
        }
    }
}
/// The list of intervals that decides when a route is not active, and whether that is in them or outside of them.
fn muted<'a>(end: &Delivery<'_, 'a>) -> Option<(&'a Node, &'static str)> {
    let list = |key: &str, when| end.route.node.get(key).filter(|list| list.items().next().is_some()).map(|list| (list, when));
    list("mute_time_intervals", "in").or_else(|| list("active_time_intervals", "outside of"))
}

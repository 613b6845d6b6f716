//! Routes that go on where nothing else takes their alerts.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::routing::{Alert, Delivery, alerts, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::walk::texts;
use crate::source::Node;

rule! {
    /// A route has `continue: true`, and no later sibling takes any of its alerts: nothing is told twice, as was meant. Or one does, and
    /// tells the same receiver in the same way.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: critical } }] }]
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: slack
    ///   routes:
    ///     - { receiver: pager, matchers: ['severity="critical"'], continue: true }
    ///     - { receiver: slack, matchers: ['severity="warning"'] }
    /// receivers: [{ name: slack }, { name: pager }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: AppDown, expr: 'up == 0', labels: { severity: critical } }] }]
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: slack
    ///   routes:
    ///     - { receiver: pager, matchers: ['severity="critical"'], continue: true }
    ///     - { receiver: slack, matchers: ['severity=~"warning|critical"'] }
    /// receivers: [{ name: slack }, { name: pager }]
    /// ```
    UselessContinue, "useless-continue", Warning
}

/// An alert that ends twice at one receiver, by routes that group and mute alike.
fn twice(alert: &Alert<'_>, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(ends) = alert.delivered(view.config, context).filter(|ends| ends.len() > 1) else { return };
    let own = |end: &Delivery<'_, '_>| {
        let written = |key: &str| end.route.node.get(key).map(|node| texts(node).join(" "));
        ["group_wait", "group_interval", "repeat_interval", "mute_time_intervals", "active_time_intervals"].map(written)
    };
    let alike = |one: &Delivery<'_, '_>, other: &Delivery<'_, '_>| {
        let name = one.receiver.and_then(Node::as_str);
        let tells = view.config.receivers.iter().any(|receiver| receiver.name.as_str() == name && receiver.integrations().next().is_some());
        tells
            && name == other.receiver.and_then(Node::as_str)
            && one.group_by.map(texts) == other.group_by.map(texts)
            && own(one) == own(other)
    };
    for (at, end) in ends.iter().enumerate().skip(1) {
        let Some(first) = ends[..at].iter().find(|first| alike(first, end)) else { continue };
        let Some(place) =
            first.route.node.get("continue").filter(|_| !found.iter().any(|known| known.path.as_deref() == Some(end.route.path.as_str())))
        else {
            continue;
        };
        let name = end.receiver.and_then(Node::as_str).unwrap_or_default();
        let message = format!("`{}` goes on to another route with the receiver `{name}`, and is told twice", alert.rule.name());
        found.push(
            META.finding(place.span, message)
                .path(end.route.path.clone())
                .related(end.route.node.span, "told here again")
                .help("leave `continue` out"),
        );
        return;
    }
}

impl Rule for UselessContinue {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let routes = view.config.routes();
        if !routes.iter().any(|route| route.goes_on) || !is_closed(context) {
            return;
        }
        let alerts = alerts(context);
        for alert in &alerts {
            twice(alert, view, context, found);
        }
        for parent in routes {
            for (index, route) in parent.routes.iter().enumerate().filter(|(_, route)| route.goes_on) {
                let mut own = alerts.iter().filter(|alert| alert.takes(&route.matchers, context) != Some(false)).peekable();
                let later = &parent.routes[index + 1..];
                let taken_again = |alert: &Alert<'_>| later.iter().any(|other| alert.takes(&other.matchers, context) != Some(false));
                if own.peek().is_none() || own.any(taken_again) {
                    continue;
                }
                let place = route.node.get("continue").unwrap_or(route.node);
                found.push(
                    META.finding(place.span, "no later route takes any of these alerts, so this goes on to nothing")
                        .path(format!("{}.continue", route.path))
                        .help("leave it out, or let a later route take them, too"),
                );
            }
        }
    }
}

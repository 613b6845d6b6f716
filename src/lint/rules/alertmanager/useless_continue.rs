//! Routes that go on where nothing else takes their alerts.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::routing::{alerts, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A route has `continue: true`, and no later sibling takes any of its alerts: nothing is told twice, as was meant.
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

impl Rule for UselessContinue {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let routes = view.config.routes();
        if !routes.iter().any(|route| route.goes_on) || !is_closed(context) {
            return;
        }
        let alerts = alerts(context);
        for parent in routes {
            for (index, route) in parent.routes.iter().enumerate().filter(|(_, route)| route.goes_on) {
                let mut own = alerts.iter().filter(|alert| alert.takes(&route.matchers, context) != Some(false)).peekable();
                let later = &parent.routes[index + 1..];
                let taken_again = |alert: &crate::lint::routing::Alert<'_>| {
                    later.iter().any(|other| alert.takes(&other.matchers, context) != Some(false))
                };
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

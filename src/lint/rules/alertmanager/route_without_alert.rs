//! Routes that no alert takes.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::{MatchOp, Matcher, Route, exclusive};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, alerts, is_closed, is_set_otherwise};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alertmanager::route_never_reached::place;
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;

rule! {
    /// A route asks for alerts that do not exist, though all that Prometheus sends are known: the branch is dead, and so is
    /// whoever waits at its receiver.
    ///
    /// Judged where one `prometheus.yml` and all the rule files that it loads are among the inputs. What `route-dead-label` can
    /// say better is said there. Matchers that exclude one another, here or on the routes above, are told without them.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['alertname="DatbaseDown"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: DatabaseDown, expr: 'pg_up == 0', labels: { severity: critical } }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['alertname="DatabaseDown"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: DatabaseDown, expr: 'pg_up == 0', labels: { severity: critical } }]
    /// ```
    RouteWithoutAlert, "route-without-alert", Warning
}

impl Rule for RouteWithoutAlert {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(root) = &view.config.route else { return };
        let alerts = alerts(context);
        let known = is_closed(context).then(|| alerts.iter().collect::<Vec<_>>()).filter(|alerts| !alerts.is_empty());
        root.routes.iter().for_each(|route| judge(route, &[], known.as_deref(), context, found));
    }
}

fn judge<'r, 'a>(
    route: &'r Route<'a>,
    above: &[&'r Matcher<'a>],
    alerts: Option<&[&Alert<'_>]>,
    context: &Context<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let matchers: Vec<&Matcher<'a>> = above.iter().copied().chain(&route.matchers).collect();
    if let Some((earlier, later)) = exclusive(&matchers, full_match) {
        let message = format!("no alert takes this route: {} and {} exclude one another", earlier.node.describe(), later.node.describe());
        let finding = META.finding(later.node.span, message).path(format!("{}.matchers", route.path));
        found.push(finding.related(earlier.node.span, "the other one").help("write `=~\"one|other\"` for either, or keep one of the two"));
        return;
    }
    if let Some(matcher) = route.matchers.iter().find(|matcher| alerts.is_some_and(|alerts| is_foreign(matcher, alerts))) {
        let message = format!("no alert here takes this route: the rules set `{}`, and never to `{}`", matcher.label, matcher.value);
        let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
        found.push(finding.help(meant(&route.matchers, alerts.unwrap_or_default(), context)));
        return;
    }
    let taken = alerts
        .map(|alerts| alerts.iter().copied().filter(|alert| alert.takes(&route.matchers, context) != Some(false)).collect::<Vec<_>>());
    let Some(alerts) = alerts.filter(|_| taken.as_ref().is_some_and(Vec::is_empty)) else {
        route.routes.iter().for_each(|route| judge(route, &matchers, taken.as_deref(), context, found));
        return;
    };
    let already = |at| found.iter().any(|d| d.rule == "route-dead-label" && d.span == at);
    if already(place(route)) || route.matchers.iter().any(|matcher| already(matcher.node.span)) {
        return;
    }
    found.push(META.finding(place(route), "no alert here takes this route").path(format!("{}.matchers", route.path)).help(meant(
        &route.matchers,
        alerts,
        context,
    )));
}

/// Whether a matcher asks for what no rule sets a label to, while several set it. What says where something runs the targets may bring.
fn is_foreign(matcher: &Matcher<'_>, alerts: &[&Alert<'_>]) -> bool {
    const BROUGHT: &[&str] = &["job", "instance", "team", "service", "namespace", "cluster", "env", "environment", "region", "pod", "node"];
    !BROUGHT.contains(&matcher.label.as_str()) && is_set_otherwise(matcher, alerts)
}

/// What was probably meant.
pub(super) fn meant(matchers: &[Matcher<'_>], alerts: &[&Alert<'_>], context: &Context<'_>) -> String {
    for matcher in matchers.iter().filter(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)) {
        let values: Vec<String> = alerts.iter().filter_map(|alert| alert.value(&matcher.label, context)).collect();
        let near = did_you_mean(&matcher.value, values.iter().map(String::as_str).filter(|value| !value.is_empty()));
        if let Some(meant) = near.filter(|meant| *meant != matcher.value) {
            return format!("did you mean `{}=\"{meant}\"`?", matcher.label);
        }
    }
    "correct the matchers, or remove the route".to_owned()
}

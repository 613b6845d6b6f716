//! Routes that send a grave alert to nobody.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher, Route};
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alertmanager::alert_not_routable::{notifies, takes};
use crate::lint::views::ViewKind;
use crate::lint::words::anchored::full_match;

rule! {
    /// A route to a receiver without integrations takes a critical alert by a pattern of its name: `Kube.*` was meant for
    /// noise and swallows `KubernetesJobFailed` as well.
    ///
    /// A route that names the alert exactly is taken for a decision.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: pager
    ///   routes: [{ receiver: nobody, matchers: ['alertname=~"Kube.*"'] }]
    /// receivers: [{ name: nobody }, { name: pager, webhook_configs: [{ url: "http://localhost" }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: KubernetesJobFailed, expr: 'kube_job_failed > 0', labels: { severity: critical } }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: pager
    ///   routes: [{ receiver: nobody, matchers: ['alertname="Watchdog"'] }]
    /// receivers: [{ name: nobody }, { name: pager, webhook_configs: [{ url: "http://localhost" }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: KubernetesJobFailed, expr: 'kube_job_failed > 0', labels: { severity: critical } }]
    /// ```
    RouteSwallows, "route-swallows", Warning
}

impl Rule for RouteSwallows {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Alertmanager(config) = &view.kind else { continue };
            let Some(root) = &config.route else { continue };
            found.extend(takes_the_rest(config, root));
            for query in context.queries {
                let Origin::Rule { rule, .. } = query.origin else { continue };
                let grave = rule
                    .label("severity")
                    .and_then(|node| node.as_str())
                    .is_some_and(|value| matches!(value, "critical" | "page" | "error" | "emergency"));
                if !rule.is_alert() || !grave {
                    continue;
                }
                // The first route that surely takes it decides, unless one before may take it as well.
                let Some(route) = root.routes.iter().find(|route| takes(route, rule) != Some(false)) else { continue };
                let by_pattern = route.matchers.iter().find(|m| m.label == "alertname" && m.op == MatchOp::Regex);
                let silent = route.receiver.is_some_and(|name| !notifies(config, name.as_str().unwrap_or("")));
                let (true, Some(matcher), Some(true)) =
                    (silent && !route.goes_on && route.routes.is_empty(), by_pattern, takes(route, rule))
                else {
                    continue;
                };
                found.push(
                    META.finding(
                        matcher.node.span,
                        format!("this route sends the alert `{}` to a receiver that notifies nobody", rule.name()),
                    )
                    .path(format!("{}.matchers", route.path))
                    .related(rule.name.span, "the alert")
                    .help("narrow the pattern, or put a route for grave alerts before it"),
                );
            }
        }
    }
}

/// A child of the root that takes whatever is left and tells nobody, where the root would.
fn takes_the_rest(config: &Alertmanager<'_>, root: &Route<'_>) -> Option<Diagnostic> {
    let tells = |route: &Route<'_>| route.receiver.is_none_or(|name| notifies(config, name.as_str().unwrap_or("")));
    let is_any = |matcher: &Matcher<'_>| {
        matcher.op == MatchOp::Regex && ["", "anything"].iter().all(|value| matcher.takes(value, full_match) == Some(true))
    };
    let takes_all = |route: &&Route<'_>| !route.goes_on && !route.matchers.is_empty() && route.matchers.iter().all(is_any);
    let route = root.routes.iter().filter(takes_all).find(|route| !tells(route) && route.routes.is_empty()).filter(|_| tells(root))?;
    let matcher = route.matchers.first()?;
    let message = "this route takes whatever is left, and its receiver notifies nobody: what the root is for never arrives there";
    let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
    Some(finding.help("name what nobody has to know"))
}

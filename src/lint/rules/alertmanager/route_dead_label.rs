//! Routes that ask for a value no alert has.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::{MatchOp, Route};
use crate::formats::prometheus::Relabel;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::Query;
use crate::lint::routing::is_cut_off;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::outcomes;
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// A route asks for a label that no alert among the inputs can carry, or for an alert that none is called: the branch
    /// is dead, and whoever waits at its receiver waits for ever.
    ///
    /// Judged only where alerts are among the inputs. A label is impossible where every alert either sets no such label and
    /// aggregates it away, or sets it to another value.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['team="db"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'sum by (job) (up) == 0', labels: { severity: critical } }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['team="db"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'sum by (job) (up) == 0', labels: { severity: critical, team: db } }]
    /// ```
    RouteDeadLabel, "route-dead-label", Warning
}

impl Rule for RouteDeadLabel {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts: Vec<&Query<'_>> = context.queries.iter().copied().filter(|query| query.alerting_rule().is_some()).collect();
        // Labels may be added on the way from Prometheus.
        let adds =
            |step: &Relabel<'_>| !matches!(step.action.as_str(), "drop" | "keep" | "dropequal" | "keepequal" | "labeldrop" | "labelkeep");
        let added = context.world.prometheus.iter().flat_map(|config| &config.alert_relabel).any(adds);
        if let Some(root) = view.config.route.as_ref().filter(|_| !alerts.is_empty() && !added && !is_cut_off(context)) {
            root.routes.iter().for_each(|route| judge(route, &alerts, context, found));
        }
    }
}

fn judge(route: &Route<'_>, alerts: &[&Query<'_>], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for matcher in &route.matchers {
        let wanted = |value: &str| match matcher.op {
            MatchOp::Equal => Some(value == matcher.value),
            MatchOp::Regex => full_match(&matcher.value, value),
            MatchOp::NotEqual if matcher.value.is_empty() => Some(!value.is_empty()),
            _ => None,
        };
        let external =
            context.world.prometheus.iter().filter_map(|config| config.external_labels).any(|labels| labels.get(&matcher.label).is_some());
        if external || wanted("") != Some(false) {
            continue;
        }
        let own = || alerts.iter().filter_map(|query| query.rule()).flat_map(RuleOfFile::labels).map(|(name, ..)| name);
        let known = matches!(matcher.label.as_str(), "alertname" | "job" | "instance") || own().any(|name| name == matcher.label);
        if !known && let Some(meant) = did_you_mean(&matcher.label, own()) {
            let message = format!("no alert here sets a label `{}`", matcher.label);
            let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
            found.push(finding.help(format!("did you mean `{meant}`?")));
            return;
        }
        let values = || alerts.iter().filter_map(|query| query.rule()?.label(&matcher.label)).filter_map(Node::as_str);
        let slip = || did_you_mean(&matcher.value, values().filter(|value| value.len() > 3 && !value.contains("{{")));
        if matcher.op == MatchOp::Equal
            && matcher.label != "alertname"
            && !values().any(|value| value == matcher.value)
            && let Some(meant) = slip()
        {
            let message = format!("no alert here has a label `{}` that this route takes", matcher.label);
            let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
            found.push(finding.help(format!("did you mean `{meant}`?")));
            return;
        }
        if alerts.iter().all(|query| has(query, &matcher.label, &wanted, context) == Some(false)) {
            found.push(
                META.finding(matcher.node.span, format!("no alert here has a label `{}` that this route takes", matcher.label))
                    .path(format!("{}.matchers", route.path))
                    .help("correct the value, or remove the route"),
            );
            return;
        }
    }
    route.routes.iter().for_each(|route| judge(route, alerts, context, found));
}

/// Whether an alert may have a value that is wanted.
fn has(query: &Query<'_>, label: &str, wanted: &dyn Fn(&str) -> Option<bool>, context: &Context<'_>) -> Option<bool> {
    let rule = query.rule()?;
    if label == "alertname" {
        // Alerts of other files may be routed here as well.
        return None;
    }
    if let Some(node) = rule.label(label) {
        let values = outcomes(node.as_str()?)?;
        let verdicts = || values.iter().map(|value| wanted(value));
        return verdicts().next().flatten().filter(|first| verdicts().all(|other| other == Some(*first)));
    }
    let expr = query.expr.as_ref()?;
    (!shape(expr, context.world).possible(label)).then_some(false)
}

//! Alerts that relabelling keeps from Alertmanager, or changes on their way.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::Route;
use crate::formats::prometheus::Relabel;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::routing::{Alert, alerts};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::world::jobs::writes;
use crate::lint::world::relabel::{Effect, Labels, apply, pattern};
use crate::source::Node;

rule! {
    /// `alert_relabel_configs` drop alerts of the set on their way to Alertmanager, or take or change a label that its routes,
    /// groups or inhibitions read. Or they keep alerts by a label that none of them has.
    /// An external label that all alerts have may drop them as well.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alert_relabel_configs: [{ source_labels: [severity], regex: warning, action: drop }], alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'up == 0', labels: { severity: warning } }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alert_relabel_configs: [{ source_labels: [severity], regex: debug, action: drop }], alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'up == 0', labels: { severity: warning } }] }]
    /// ```
    AlertRelabelled, "alert-relabelled", Warning
}

impl Rule for AlertRelabelled {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let shared = view.config.alert_relabel.iter().enumerate();
        let mut steps: Vec<_> = shared.map(|(index, step)| (step, format!("alerting.alert_relabel_configs[{index}]"))).collect();
        // Of several Alertmanagers, one may well be told less.
        if let [one] = view.config.alertmanagers.as_slice() {
            let at = "alerting.alertmanagers[0].alert_relabel_configs";
            steps.extend(one.alert_relabel.iter().enumerate().map(|(index, step)| (step, format!("{at}[{index}]"))));
        }
        if steps.is_empty() {
            return;
        }
        let told = alerts(context);
        let all: Vec<Labels> = told.iter().map(|alert| labels(alert.rule)).collect();
        let read = read_by_routes(context);
        for (step, path) in steps {
            let mut report = |node: &Node, message: String| {
                found.push(
                    META.finding(node.span, message).path(path.clone()).help("let it reach Alertmanager, or change what is read there"),
                );
            };
            let place = step.regex.unwrap_or(step.node);
            match step.action.as_str() {
                "drop" | "keep" => {
                    // Only labels that rules set are known for sure.
                    let fixed = step.sources.iter().all(|label| matches!(*label, "severity" | "alertname"));
                    let dropped = |labels: &&Labels| apply(step, &mut (*labels).clone()) == Some(Effect::Dropped);
                    if let Some(alert) = all.iter().filter(|_| fixed && !step.sources.is_empty()).find(dropped) {
                        report(
                            place,
                            format!("the alert `{}` never reaches Alertmanager", alert.get("alertname").map_or("", String::as_str)),
                        );
                    } else if let Some(label) = drops_by_external(step, view, &all) {
                        report(
                            place,
                            format!("every alert has the external label `{label}` as it is here, so none ever reaches Alertmanager"),
                        );
                    } else if let Some(label) = step.sources.iter().find(|label| label.starts_with("__")).filter(|_| alone(step)) {
                        report(place, format!("no alert has a label `{label}` when it is sent, so none ever reaches Alertmanager"));
                    } else if let Some(label) = unset(step, view, &told, context).filter(|_| !all.is_empty()) {
                        report(place, format!("no alert has a label `{label}`, so none ever reaches Alertmanager"));
                    } else if step.sources.is_empty()
                        && (step.action == "keep") == pattern(step).is_some_and(|pattern| !pattern.is_match(""))
                    {
                        report(place, "no alert ever reaches Alertmanager".to_owned());
                    }
                }
                "labeldrop" | "labelkeep" => {
                    let Some(pattern) = pattern(step) else { continue };
                    let gone = |label: &str| pattern.is_match(label) == (step.action == "labeldrop");
                    if let Some(label) = std::iter::once("alertname").chain(read.iter().copied()).find(|label| gone(label)) {
                        report(place, format!("this takes the label `{label}` away, which Alertmanager reads"));
                    }
                }
                "replace" => {
                    let Some(label) = step.target.and_then(Node::as_str) else { continue };
                    let fixed = step.sources.is_empty() && step.replacement.and_then(Node::as_str).is_some_and(|text| !text.contains('$'));
                    if label == "alertname" && !step.sources.contains(&"alertname") && !step.sources.is_empty() && alone(step) {
                        report(step.target.unwrap_or(step.node), "this gives alerts another name than routes and silences know".to_owned());
                    }
                    if fixed && (label == "alertname" || read.contains(&label)) && all.iter().any(|labels| labels.contains_key(label)) {
                        report(
                            step.replacement.unwrap_or(step.node),
                            format!("this gives all alerts one `{label}`, which Alertmanager reads"),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

/// The external label by which a step drops every alert: they are added before, to all that have no such label of their own.
fn drops_by_external<'s>(step: &Relabel<'s>, view: &PrometheusView<'_>, alerts: &[Labels]) -> Option<&'s str> {
    let external = view.config.external_labels?;
    let [label] = step.sources.as_slice() else { return None };
    let value = external.get(label)?.as_str().filter(|value| !value.contains('$') && !value.contains("{{"))?;
    let dropped = apply(step, &mut Labels::from([((*label).to_owned(), value.to_owned())])) == Some(Effect::Dropped);
    let own = alerts.iter().any(|labels| labels.contains_key(*label));
    (dropped && !own && !alerts.is_empty()).then_some(*label)
}

/// Whether a step looks at one label alone, for whatever it is.
fn alone(step: &Relabel<'_>) -> bool {
    step.sources.len() == 1 && (step.action == "keep" && pattern(step).is_some_and(|pattern| !pattern.is_match("")) || step.regex.is_none())
}

/// The label that a step keeps alerts by and that none can have: no rule sets it, no expression returns it, and neither the server nor
/// another step adds it.
fn unset<'s>(step: &Relabel<'s>, view: &PrometheusView<'_>, told: &[Alert<'_>], context: &Context<'_>) -> Option<&'s str> {
    let [label] = step.sources.as_slice() else { return None };
    if step.action != "keep" || *label == "alertname" || pattern(step)?.is_match("") {
        return None;
    }
    let config = view.config;
    let written = config.alert_relabel.iter().chain(config.alertmanagers.iter().flat_map(|one| &one.alert_relabel));
    let added = written.into_iter().any(|step| writes(step, label)) || config.external_labels.is_some_and(|all| all.get(label).is_some());
    let has = |alert: &Alert<'_>| {
        let returned = alert.query.expr.as_ref().is_none_or(|expr| shape(expr, context.world).possible(label));
        returned || alert.rule.label(label).is_some()
    };
    (!added && !told.iter().any(has)).then_some(*label)
}

fn labels(rule: &crate::formats::rule_file::Rule<'_>) -> Labels {
    let mut labels = Labels::from([("alertname".to_owned(), rule.name().to_owned())]);
    let own = rule.node.entries_of("labels");
    labels.extend(own.filter_map(|(name, _, value)| Some((name.to_owned(), value.as_str()?.to_owned()))));
    labels
}

/// Labels that routes, groups and inhibitions read.
fn read_by_routes<'a>(context: &Context<'a>) -> Vec<&'a str> {
    let mut read = Vec::new();
    for view in context.views {
        let ViewKind::Alertmanager(config) = &view.kind else { continue };
        if let Some(route) = &config.route {
            of_route(route, &mut read);
        }
        let inhibitions = view.root.items_of("inhibit_rules");
        read.extend(inhibitions.filter_map(|rule| rule.get("equal")).flat_map(Node::items).filter_map(Node::as_str));
    }
    read
}

fn of_route<'a>(route: &'a Route<'a>, read: &mut Vec<&'a str>) {
    read.extend(route.matchers.iter().map(|matcher| matcher.label.as_str()));
    read.extend(route.node.items_of("group_by").filter_map(Node::as_str).filter(|label| *label != "..."));
    route.routes.iter().for_each(|child| of_route(child, read));
}

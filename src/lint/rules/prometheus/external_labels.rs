//! External labels that hide others.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// An external label cannot do what it is for: it is empty, has the name of a label that every series or alert has already (and
    /// so is never added, or adds a second meaning), or it names the replica and still is there when alerts leave, so that the
    /// Alertmanager takes the alerts of two replicas for different ones.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, external_labels: { job: a } }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, external_labels: { cluster: a } }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    ExternalLabels, "external-labels", Warning
}

/// Labels that every series, or every alert, has already.
const TAKEN: &[&str] = &["job", "instance", "alertname", "alertstate", "le", "quantile", "__name__"];

/// What servers are usually told apart by.
const USUAL: &[&str] = &["cluster", "environment", "region", "replica", "datacenter", "prometheus", "tenant", "stage", "zone", "shard"];

impl Rule for ExternalLabels {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let Some(labels) = config.external_labels else { return };
        for (name, key, value) in labels.entries() {
            let text = value.as_str().unwrap_or("");
            let mut report = |node: &Node, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("global.external_labels.{name}")).help(help));
            };
            if text.is_empty() {
                report(value, format!("`{name}` has no value, and so is not there"), "write a value, or remove it");
            } else if opens_for_good(text) {
                report(value, format!("{} opens a variable that does not end", value.describe()), "write it as `${NAME}`");
            }
            if let Some(meant) = USUAL.iter().find(|known| name.len() > 4 && strsim::damerau_levenshtein(known, name) == 1) {
                report(
                    key,
                    format!("`{name}` is nearly `{meant}`, by which servers are usually told apart"),
                    "correct it, or leave it if it is meant",
                );
            }
            if TAKEN.contains(&name) {
                report(key, format!("series or alerts have `{name}` already, so this is hardly ever added"), "choose another name");
            } else if name.starts_with("__") && name != "__replica__" {
                report(key, format!("`{name}` is a name for inner use"), "choose a name without `__`");
            }
            let metrics = context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).flat_map(|c| &c.metrics);
            let mut declared = metrics.flat_map(|metric| metric.labels.iter().map(move |label| (metric, label)));
            if let Some((metric, label)) = declared.find(|(_, label)| label.name.value == name && !USUAL.contains(&name)) {
                let message = format!("the series of `{}` have `{name}` of their own, so this is not added to them", metric.name.value);
                let finding = META.finding(key.span, message).path(format!("global.external_labels.{name}"));
                found.push(finding.related(label.name.span, "declared here").help("choose another name"));
            }
            let mut alerts = context.queries.iter().filter_map(|query| query.rule()).filter(|rule| rule.is_alert());
            if let Some((alert, own)) = alerts.find_map(|rule| Some((rule, rule.label(name).filter(|own| own.as_str() != Some(text))?))) {
                found.push(
                    META.finding(key.span, format!("alerts set `{name}` themselves, so this is not added to them"))
                        .path(format!("global.external_labels.{name}"))
                        .related(own.span, format!("such as `{}`", alert.name()))
                        .help("choose another name"),
                );
            }
        }
        replica(config, labels, found);
    }
}

/// Whether a variable begins in a text and does not end. `$$` is a dollar sign, and a bracket of its own is one.
fn opens_for_good(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
        } else if rest.starts_with('{') && !rest.contains('}') {
            return true;
        }
    }
    false
}

/// A label that names the replica, and steps that drop another one.
fn replica(config: &crate::formats::prometheus::Prometheus<'_>, labels: &Node, found: &mut Vec<Diagnostic>) {
    let mut names = labels.entries().filter(|(name, ..)| name.contains("replica"));
    let drops: Vec<_> = config.alert_relabel.iter().enumerate().filter(|(_, step)| step.action == "labeldrop").collect();
    let Some((index, step)) = drops.first() else { return };
    let all: Vec<&str> = labels.entries().map(|(name, ..)| name).collect();
    let matched = |name: &str| {
        drops.iter().any(|(_, step)| step.regex.and_then(Node::as_str).and_then(|regex| full_match(regex, name)) != Some(false))
    };
    if let Some((name, key, _)) = names.find(|(name, ..)| !matched(name)) {
        let place = step.regex.unwrap_or(step.node);
        found.push(
            META.finding(place.span, format!("{} does not drop `{name}`, so alerts of two replicas are not the same", place.describe()))
                .path(format!("alerting.alert_relabel_configs[{index}]"))
                .related(key.span, "the label")
                .help(format!("use `regex: {name}`")),
        );
    } else if let Some((index, step)) = drops.iter().find(|(_, step)| {
        let regex = step.regex.and_then(Node::as_str).unwrap_or("");
        let slip = crate::diagnostic::did_you_mean(regex, all.iter().copied());
        slip.is_some() && all.iter().all(|name| full_match(regex, name) == Some(false))
    }) {
        let place = step.regex.unwrap_or(step.node);
        found.push(
            META.finding(place.span, format!("no external label is called {}", place.describe()))
                .path(format!("alerting.alert_relabel_configs[{index}]"))
                .help("name the label that is to go"),
        );
    } else if names.next().is_none()
        && !all.is_empty()
        && drops.iter().any(|(_, step)| {
            step.regex
                .and_then(Node::as_str)
                .is_some_and(|regex| regex.contains("replica") && all.iter().all(|name| full_match(regex, name) == Some(false)))
        })
    {
        let place = step.regex.unwrap_or(step.node);
        let key = config.root.get("global").and_then(|global| global.entry("external_labels")).map_or(labels, |(key, _)| key);
        found.push(
            META.finding(key.span, format!("no external label is called {}, which alerts are to lose", place.describe()))
                .path("global.external_labels")
                .related(place.span, "dropped here")
                .help("add it, or remove the step"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::opens_for_good;

    #[test]
    fn a_variable_ends_with_its_bracket() {
        for (text, expected) in
            [("${A", true), ("a ${B} ${C", true), ("${A}", false), ("$${A", false), ("a}", false), ("$$${A", true), ("$", false)]
        {
            assert_eq!(opens_for_good(text), expected, "{text}");
        }
    }
}

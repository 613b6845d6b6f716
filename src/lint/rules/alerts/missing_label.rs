//! Alerts without a label that all the others of their file have.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::source::Node;

rule! {
    /// All alerts of a file have a label with one value, and a single one lacks it. Routes, groups and inhibitions that count on the
    /// label pass it by.
    ///
    /// Said of files with at least four other alerts; a watchdog may well be different.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: A, expr: 'a{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: B, expr: 'b{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: C, expr: 'c{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: D, expr: 'd{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: E, expr: 'e{job="web"} > 1', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: A, expr: 'a{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: B, expr: 'b{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: C, expr: 'c{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: D, expr: 'd{job="web"} > 1', labels: { severity: warning, service: web } }
    ///       - { alert: E, expr: 'e{job="web"} > 1', labels: { severity: warning, service: web } }
    /// ```
    MissingLabel, "missing-label", Warning
}

/// How many others must have the label.
const OTHERS: usize = 4;

impl Rule for MissingLabel {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let routed = routed(context);
        for file in context.rule_files() {
            let alerts: Vec<&RuleOfFile<'_>> = file.rules().filter(|rule| rule.is_alert() && !is_watchdog(rule)).collect();
            // Whatever all but one have, one of the first two has.
            let Some(names) = alerts.iter().take(2).max_by_key(|rule| rule.labels().count()) else { continue };
            let mut times: HashMap<&str, usize> = HashMap::default();
            alerts.iter().flat_map(|rule| rule.labels()).for_each(|(name, ..)| *times.entry(name).or_default() += 1);
            let by_nearly_all = |name: &str| times.get(name).is_some_and(|times| *times >= OTHERS && times + 1 >= alerts.len());
            for (name, _, value) in names.labels().filter(|(name, ..)| *name != "severity" && by_nearly_all(name)) {
                judge(file, &alerts, name, value, &routed, found);
            }
        }
    }
}

fn judge(
    file: &RuleFile<'_>,
    alerts: &[&RuleOfFile<'_>],
    name: &str,
    value: &Node,
    routed: &BTreeSet<String>,
    found: &mut Vec<Diagnostic>,
) {
    let of_group = |rule: &RuleOfFile<'_>| {
        let group = file.groups.get(rule.place.0);
        group.is_some_and(|group| group.node.get("labels").is_some_and(|labels| labels.get(name).is_some()))
    };
    let (with, without): (Vec<&&RuleOfFile<'_>>, Vec<_>) = alerts.iter().partition(|rule| rule.label(name).is_some());
    let [lone] = without.as_slice() else { return };
    let is_same = |rule: &&&RuleOfFile<'_>| rule.label(name).and_then(Node::as_str) == value.as_str();
    let same = with.iter().all(is_same);
    if with.len() < OTHERS || !(same || routed.contains(name)) || of_group(lone) {
        return;
    }
    let message = if same {
        format!("every other alert of the file has `{name}: {}`", value.as_str().unwrap_or(""))
    } else {
        format!("every other alert of the file has a label `{name}`, by which alerts are routed")
    };
    found.push(
        META.finding(lone.name.span, message)
            .path(file.path(lone, "labels"))
            .related(value.span, "such as this one")
            .help(format!("add `{name}` to its labels")),
    );
}

/// The labels that routes ask for.
fn routed(context: &Context<'_>) -> BTreeSet<String> {
    let configs = context.views.iter().filter_map(|view| if let ViewKind::Alertmanager(config) = &view.kind { Some(config) } else { None });
    configs.flat_map(|config| config.routes()).flat_map(|route| &route.matchers).map(|matcher| matcher.label.clone()).collect()
}

fn is_watchdog(rule: &RuleOfFile<'_>) -> bool {
    let name = rule.name().to_lowercase();
    ["watchdog", "deadman", "heartbeat"].iter().any(|word| name.contains(word))
        || rule.label("severity").and_then(Node::as_str) == Some("none")
}

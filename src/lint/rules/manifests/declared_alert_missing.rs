//! Alerts that a manifest declares and no rule file has.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::routing::is_closed;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// A manifest declares an alert, the rule files have most of the manifest's alerts, and not this one: whoever reads the manifest counts on
    /// an alert that is not there.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { queue: { type: gauge, help: Jobs that wait } }
    /// alerts:
    ///   Backlog: { expr: 'max(queue{job="web"}) > 100', for: 5m, severity: warning }
    ///   Stuck: { expr: 'max(queue{job="web"}) > 1000', for: 5m, severity: warning }
    ///   Empty: { expr: 'max(queue{job="web"}) < 1', for: 5m, severity: warning }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Backlog, expr: 'max(queue{job="web"}) > 100', for: 5m, labels: { severity: warning }, annotations: { summary: "much" } }
    ///       - { alert: Stuck, expr: 'max(queue{job="web"}) > 1000', for: 5m, labels: { severity: warning }, annotations: { summary: "too much" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { queue: { type: gauge, help: Jobs that wait } }
    /// alerts:
    ///   Backlog: { expr: 'max(queue{job="web"}) > 100', for: 5m, severity: warning }
    ///   Stuck: { expr: 'max(queue{job="web"}) > 1000', for: 5m, severity: warning }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Backlog, expr: 'max(queue{job="web"}) > 100', for: 5m, labels: { severity: warning }, annotations: { summary: "much" } }
    ///       - { alert: Stuck, expr: 'max(queue{job="web"}) > 1000', for: 5m, labels: { severity: warning }, annotations: { summary: "too much" } }
    /// ```
    DeclaredAlertMissing, "declared-alert-missing", Warning
}

impl Rule for DeclaredAlertMissing {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut manifests = context.manifests().filter(|view| view.root.get("alerts").is_some()).peekable();
        if manifests.peek().is_none() || !is_closed(context) {
            return;
        }
        let files = context.rule_files();
        let names: BTreeSet<&str> = files.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()).map(RuleOfFile::name).collect();
        for manifest in manifests {
            let declared: Vec<(&str, &Node)> = manifest
                .root
                .entries_of("alerts")
                // The tiers of a budget's burn may be alerts of several names, and what is said of lines is a rule of Loki.
                .filter(|(_, _, body)| body.get("disabled").and_then(Node::as_bool) != Some(true))
                .filter(|(_, _, body)| ["burn", "log"].iter().all(|kind| body.get(kind).is_none()))
                .map(|(name, key, _)| (name, key))
                .collect();
            let missing: Vec<&(&str, &Node)> = declared.iter().filter(|(name, _)| !names.contains(name)).collect();
            // Where several are, the rules are of another day, or of another place.
            let [(name, key)] = missing.as_slice() else { continue };
            if declared.len() < 3 {
                continue;
            }
            let others = names.iter().copied().filter(|other| !declared.iter().any(|(name, _)| name == other));
            let help = did_you_mean(name, others).map_or_else(
                || "add the rule, or take the alert out of the manifest".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            let message = format!("no rule file has the alert `{name}`, and all others of the manifest are there");
            found.push(META.finding(key.span, message).path(format!("alerts.{name}")).help(help));
        }
    }
}

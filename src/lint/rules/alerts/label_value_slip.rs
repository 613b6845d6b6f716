//! Values of labels that are nearly others.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::MatchOp;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::slip::is_slip_of_value;
use crate::source::Span;

rule! {
    /// One alert of all gives a label a value that differs by a letter, its case or its end from what others give it: `crit` beside
    /// `critical`. Routes, silences and dashboards ask for the usual one and miss it. Or an alert is nearly called what a route or
    /// an inhibition of Alertmanager asks for by name, while none is called so. The same is said of labels of recorded series, and of
    /// alerts that a manifest declares beside the rules.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: B
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: C
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: crit }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: B
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: C
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    LabelValueSlip, "label-value-slip", Warning
}

/// A rule that sets a label, its file, its expression, and the place of the value.
type Setting<'a> = (&'a RuleOfFile<'a>, &'a RuleFile<'a>, &'a str, Span);

impl Rule for LabelValueSlip {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut values: BTreeMap<&str, BTreeMap<&str, Vec<Setting<'_>>>> = BTreeMap::new();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            for (name, _, value) in rule.labels() {
                if let Some(text) = value.as_str().filter(|text| text.len() >= 3 && !text.contains("{{")) {
                    let expr = query.node.as_str().unwrap_or("");
                    values.entry(name).or_default().entry(text).or_default().push((rule, file, expr, value.span));
                }
            }
        }
        asked_by_name(context, found);
        of_manifests(context, &values, found);
        for (name, values) in values {
            for (value, uses) in values.iter().filter(|(_, uses)| uses.len() == 1) {
                let usual = || values.iter().filter(|(other, uses)| *other != value && uses.len() > 1).map(|(other, _)| *other);
                let Some(meant) = usual().find(|other| is_slip_of_value(value, other)) else { continue };
                // What the expression asks for by the same name is meant.
                for (rule, file, _, span) in uses.iter().filter(|(_, _, expr, _)| !expr.contains(&format!("\"{value}\""))) {
                    found.push(
                        META.finding(*span, format!("`{}` has `{name}: {value}`, and others have `{meant}`", rule.name()))
                            .path(format!("{}.{name}", file.path(rule, "labels")))
                            .help(format!("did you mean `{meant}`?")),
                    );
                }
            }
        }
    }
}

/// Labels of alerts that manifests declare, with a value that is nearly that of several rules.
fn of_manifests(context: &Context<'_>, values: &BTreeMap<&str, BTreeMap<&str, Vec<Setting<'_>>>>, found: &mut Vec<Diagnostic>) {
    for root in context.manifests().map(|view| view.root) {
        for (alert, _, body) in root.entries_of("alerts") {
            for (name, _, node) in body.entries_of("labels") {
                let (Some(value), Some(known)) = (node.as_str().filter(|value| value.len() >= 3), values.get(name)) else { continue };
                let mut usual = known.iter().filter(|(_, uses)| uses.len() > 1).map(|(other, _)| *other);
                let Some(meant) = usual.find(|other| !known.contains_key(value) && is_slip_of_value(value, other)) else { continue };
                let message = format!("`{alert}` has `{name}: {value}`, and the rules have `{meant}`");
                let finding = META.finding(node.span, message).path(format!("alerts.{alert}.labels.{name}"));
                found.push(finding.help(format!("did you mean `{meant}`?")));
            }
        }
    }
}

/// Alerts that are nearly called what a route or an inhibition asks for, while none is called so.
fn asked_by_name(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let configs = context.views.iter().filter_map(|view| if let ViewKind::Alertmanager(config) = &view.kind { Some(config) } else { None });
    let mut configs = configs.peekable();
    if configs.peek().is_none() {
        return;
    }
    let mut names: BTreeMap<&str, (&RuleFile<'_>, &RuleOfFile<'_>)> = BTreeMap::new();
    for query in context.queries {
        if let Origin::Rule { file, rule } = query.origin
            && rule.is_alert()
        {
            names.entry(rule.name()).or_insert((file, rule));
        }
    }
    for config in configs {
        let routes = config.routes().into_iter().flat_map(|route| &route.matchers);
        let asked = routes.chain(config.inhibitions.iter().flat_map(|rule| rule.source.iter().chain(&rule.target)));
        for matcher in asked.filter(|matcher| matcher.label == "alertname" && matcher.op == MatchOp::Equal) {
            let wanted = matcher.value.as_str();
            if names.contains_key(wanted) {
                continue;
            }
            if let Some((file, rule)) = did_you_mean(wanted, names.keys().copied()).and_then(|near| names.get(near)) {
                found.push(
                    META.finding(rule.name.span, format!("Alertmanager asks for the alert `{wanted}`, and this one is `{}`", rule.name()))
                        .path(file.path(rule, "alert"))
                        .related(matcher.node.span, "asked for here")
                        .help("make the two say the same"),
                );
            }
        }
    }
}

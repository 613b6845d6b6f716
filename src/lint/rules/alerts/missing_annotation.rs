//! Alerts that leave out what all others say.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use std::collections::BTreeMap;

use crate::diagnostic::did_you_mean;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::views::ViewKind;
use crate::source::Node;

rule! {
    /// Every other alert of a file has an annotation that this one lacks, or has under a slip of its name: the page that shows it is
    /// blank for this one. Alerts that only show that the alerting works need none.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: B
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: C
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: D
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { sumary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: B
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: C
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: D
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    MissingAnnotation, "missing-annotation", Warning
}

impl Rule for MissingAnnotation {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Rules(file) = &view.kind else { continue };
            let speaks = |rule: &&RuleOfFile<'_>| rule.is_alert() && rule.label("severity").and_then(Node::as_str) != Some("none");
            let alerts: Vec<&RuleOfFile<'_>> = file.rules().filter(speaks).collect();
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for (name, ..) in alerts.iter().flat_map(|alert| said(alert)) {
                *counts.entry(name).or_default() += 1;
            }
            for (name, _) in counts.iter().filter(|(_, count)| **count >= 3 && **count + 1 == alerts.len()) {
                let lacks = |alert: &&&RuleOfFile<'_>| !said(alert).any(|(said, _)| said == *name);
                let Some(alert) = alerts.iter().find(lacks) else { continue };
                let written = alert.annotations().find(|(other, _, value)| {
                    *other == *name
                        || (counts.get(other).is_none_or(|count| *count <= 1) && did_you_mean(other, [*name]).is_some() && !value.is_null())
                });
                let span = written.map_or(alert.name.span, |(_, key, _)| key.span);
                let diagnostic = META.finding(span, format!("every other alert here has `{name}`, and `{}` has none", alert.name()));
                let help = match written {
                    Some((other, ..)) if other != *name => format!("did you mean `{name}`?"),
                    Some(_) => "write what it says".to_owned(),
                    None => format!("add `{name}:` under `annotations:`"),
                };
                found.push(diagnostic.path(file.path(alert, "annotations")).help(help));
            }
        }
    }
}

/// The annotations that say something.
fn said<'a>(rule: &RuleOfFile<'a>) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
    rule.annotations()
        .filter(|(_, _, value)| value.as_str().is_some_and(|text| !text.trim().is_empty()))
        .map(|(name, _, value)| (name, value))
}

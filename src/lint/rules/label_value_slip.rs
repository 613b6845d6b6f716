//! Values of labels that are nearly others.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use std::collections::BTreeMap;

use crate::diagnostic::did_you_mean;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::query::Origin;
use crate::source::Span;

rule! {
    /// One alert of all gives a label a value that differs by a letter, its case or its end from what others give it: `crit` beside
    /// `critical`. Routes, silences and dashboards ask for the usual one and miss it.
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

/// A rule that sets a label, the path of the label, and the place of its value.
type Setting<'a> = (&'a RuleOfFile<'a>, String, Span);

impl Rule for LabelValueSlip {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut values: BTreeMap<&str, BTreeMap<&str, Vec<Setting<'_>>>> = BTreeMap::new();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            for (name, _, value) in rule.labels().filter(|_| rule.is_alert()) {
                if let Some(text) = value.as_str().filter(|text| text.len() >= 3 && !text.contains("{{")) {
                    let path = format!("{}.{name}", file.path(rule, "labels"));
                    values.entry(name).or_default().entry(text).or_default().push((rule, path, value.span));
                }
            }
        }
        for (name, values) in values {
            for (value, uses) in values.iter().filter(|(_, uses)| uses.len() == 1) {
                let usual = || values.iter().filter(|(other, uses)| *other != value && uses.len() > 1).map(|(other, _)| *other);
                let Some(meant) = usual().find(|other| is_slip(value, other)) else { continue };
                for (rule, path, span) in uses {
                    found.push(
                        META.finding(*span, format!("`{}` has `{name}: {value}`, and others have `{meant}`", rule.name()))
                            .path(path.clone())
                            .help(format!("did you mean `{meant}`?")),
                    );
                }
            }
        }
    }
}

/// Whether a value is another one written wrongly or not to its end; numbers tell things apart.
fn is_slip(value: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    if letters(value) == letters(other) {
        return false;
    }
    value.eq_ignore_ascii_case(other) || other.to_lowercase().starts_with(&value.to_lowercase()) || did_you_mean(value, [other]).is_some()
}

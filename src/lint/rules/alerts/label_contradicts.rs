//! Labels that name another objective than the one whose series an alert reads.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};

rule! {
    /// The label `slo` of an alert names one objective, and the recorded series that it reads are called after another one, which other
    /// alerts have in this label: it is routed, silenced and counted as what it is not.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - { alert: A, expr: 'job:slo_availability_errors:ratio_rate1h > 0.0144', for: 2m, labels: { severity: critical, slo: availability } }
    ///       - { alert: B, expr: 'job:slo_latency_errors:ratio_rate1h > 0.144', for: 2m, labels: { severity: critical, slo: availability } }
    ///       - { alert: C, expr: 'job:slo_latency_errors:ratio_rate6h > 0.06', for: 2m, labels: { severity: critical, slo: latency } }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - { alert: A, expr: 'job:slo_availability_errors:ratio_rate1h > 0.0144', for: 2m, labels: { severity: critical, slo: availability } }
    ///       - { alert: B, expr: 'job:slo_latency_errors:ratio_rate1h > 0.144', for: 2m, labels: { severity: critical, slo: latency } }
    /// ```
    LabelContradicts, "label-contradicts", Warning
}

/// Labels that name an objective.
const OBJECTIVE: &[&str] = &["slo", "sli", "objective", "slo_name"];

impl Rule for LabelContradicts {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for name in OBJECTIVE {
            let set = || context.queries.iter().filter_map(|query| Some((query, query.alerting_rule()?.label(name)?)));
            let values: BTreeSet<&str> = set().filter_map(|(_, value)| value.as_str()).filter(|value| !value.contains("{{")).collect();
            if values.len() < 2 {
                continue;
            }
            for (query, node) in set() {
                let (Some(own), Origin::Rule { file, rule }) = (node.as_str(), query.origin) else { continue };
                let read = query.selectors();
                let is_read = |value: &str| {
                    read.iter().any(|used| {
                        let called = used.selector.metric_name().is_some_and(|name| name.contains(value));
                        called || used.selector.matchers.iter().any(|matcher| matcher.value.contains(value))
                    })
                };
                let mut others = values.iter().filter(|other| **other != own && !own.contains(**other) && is_read(other));
                let (Some(other), None) = (others.next().filter(|_| !is_read(own)), others.next()) else { continue };
                let message = format!("`{}` is labelled as `{own}`, and reads the series of `{other}`", rule.name());
                let finding = META.finding(node.span, message).path(format!("{}.{name}", file.path(rule, "labels")));
                found.push(finding.help(format!("write `{name}: {other}`, or read the series of `{own}`")));
            }
        }
    }
}

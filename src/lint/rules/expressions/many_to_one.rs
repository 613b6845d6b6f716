//! Joins of several series with one that do not say so.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::{of_label, values};
use crate::lint::inference::labels::shape;
use crate::lint::inference::shown::twins;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::World;
use crate::lint::world::relabel::Labels;
use crate::promql::ast::{Binary, BinaryOp, Expr, Matching};
use crate::promql::{ValueType, value_type};

rule! {
    /// Several series of one side match one of the other, and no `group_left` or `group_right` says that this is meant: Prometheus then
    /// gives an error instead of a result, and the alert never fires while there are several.
    ///
    /// It is said where the values of a label that is not matched are known: those that the manifest declares, and the targets of a job;
    /// and where a page of metrics (`--metrics`) shows two such series.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { requests_total: { type: counter, labels: { code: { values: ["200", "500", "503"] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'sum by (job, code) (rate(requests_total{code=~"5.."}[5m])) / on (job) sum by (job) (rate(requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { requests_total: { type: counter, labels: { code: { values: ["200", "500", "503"] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'sum by (job, code) (rate(requests_total{code=~"5.."}[5m])) / on (job) group_left sum by (job) (rate(requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    ManyToOne, "many-to-one", Warning
}

impl Rule for ManyToOne {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries() {
            let Some(matching) = &binary.matching else { continue };
            let joins = !matches!(binary.op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless);
            if !joins || [&binary.left, &binary.right].iter().any(|side| value_type(side) != ValueType::Vector) {
                continue;
            }
            if let Some(group) = &matching.group {
                let (what, side) = if group.left { ("right", &binary.right) } else { ("left", &binary.left) };
                if let Some(finding) = shown(query, binary, (what, side), context.world) {
                    found.push(finding.help(format!("match by what tells them apart, too, or aggregate it away on the {what} side")));
                } else if let Some(label) = several(side, matching, context.world) {
                    let message = format!(
                        "series of the {what} side that differ in `{label}` are alike in what is matched, and one of them has to be alone"
                    );
                    let help = format!("match by `{label}`, too, or aggregate it away on the {what} side");
                    found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help(help));
                }
                continue;
            }
            for (what, side, other, group) in
                [("left", &binary.left, "right", "group_left"), ("right", &binary.right, "left", "group_right")]
            {
                if let Some(finding) = shown(query, binary, (what, side), context.world) {
                    found.push(finding.help(format!("add `{group}`, or group the {what} side by what is matched")));
                    break;
                }
                if let Some(label) = several(side, matching, context.world) {
                    let message = format!(
                        "series of the {what} side that differ in `{label}` match one of the {other}, and Prometheus refuses to choose"
                    );
                    let help = format!("add `{group}`, or group the {what} side by what is matched");
                    found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help(help));
                    break;
                }
            }
        }
    }
}

/// Two series of a side that a page shows, and that agree in all that is matched.
fn shown(query: &Query<'_>, binary: &Binary, (what, side): (&str, &Expr), world: &World<'_>) -> Option<Diagnostic> {
    let found = twins(side, binary.matching.as_ref()?, world)?;
    let [one, other] = found.values;
    let message = format!(
        "series of the {what} side with `{one}` and with `{other}` as `{}` are alike in what is matched, and Prometheus refuses to choose",
        found.label
    );
    let finding = META.finding(query.span(&binary.op_range), message).path(query.path());
    Some(finding.related(found.place, "both are on this page"))
}

/// A label of a side that is not matched and has several values.
fn several<'e>(side: &'e Expr, matching: &Matching, world: &World<'e>) -> Option<&'e str> {
    let compared = |label: &str| matching.labels.iter().any(|l| l.text == label) == matching.on;
    let shape = shape(side, world);
    shape.certain.iter().copied().filter(|label| *label != "__name__" && !compared(label)).find(|label| {
        // What a series is of follows from its instance.
        let of_instance = *label == "job" && compared("instance");
        let count = of_label(side, label, &|selector| values(selector, label, world));
        !of_instance && count.is_some_and(|count| count > 1) && !(*label == "instance" && tells_targets_apart(side, &compared, world))
    })
}

/// Whether what is matched tells the targets apart that a side comes from, as a label does which each of them is given.
fn tells_targets_apart(side: &Expr, compared: &dyn Fn(&str) -> bool, world: &World<'_>) -> bool {
    let job = of_label(side, "instance", &|selector| named_job(selector));
    let targets = job.and_then(|job| world.targets_scraped()?.labels(job)).unwrap_or_default();
    let matched = |own: &Labels| -> Vec<(String, String)> {
        let all = own.iter().filter(|(name, _)| compared(name) && !name.starts_with("__"));
        all.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let told: BTreeSet<Vec<(String, String)>> = targets.iter().map(matched).collect();
    !targets.is_empty() && told.len() == targets.len()
}

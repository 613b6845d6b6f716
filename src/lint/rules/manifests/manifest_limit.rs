//! Limits of a manifest that say nothing of how full something is.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk::{operations, visit, without_aggregates, without_parens};
use crate::source::Node;

rule! {
    /// Only a gauge can be full, and only of something else than itself; and an alert on what is full to one hundredth fires on what is
    /// hardly used.
    ///
    /// A recorded saturation, or an alert on one, that divides a gauge by another number than the limit that the manifest declares is no share
    /// of it. Said at both numbers, for either may be wrong.
    ///
    /// A metric has more series than it may where one of its labels alone has more values.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { pool_busy: { type: gauge, unit: connections, max: pool_busy } }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { pool_busy: { type: gauge, max: 40 } }
    /// # file: rules.yml
    /// groups: [{ name: web, rules: [{ record: "instance:pool:saturation", expr: 'max by (instance) (pool_busy{job="web"}) / 400' }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics:
    ///   pool_busy: { type: gauge, unit: connections, max: pool_size }
    ///   pool_size: { type: gauge, unit: connections }
    /// ```
    ManifestLimit, "manifest-limit", Warning
}

impl Rule for ManifestLimit {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.manifests() {
            for (name, _, metric) in view.root.entries_of("metrics") {
                let limit = metric.get_str("max").and_then(|(node, text)| Some((node, text.parse::<f64>().ok()?)));
                if let Some((node, limit)) = limit.filter(|(_, limit)| *limit > 0.0) {
                    divided_otherwise(name, node, limit, context, found);
                }
            }
        }
        context.each_manifest(found, |root, found| {
            for (name, _, metric) in root.entries_of("metrics") {
                let values = metric.entries_of("labels").filter_map(|(.., label)| label.get("values")?.as_sequence()).map(<[_]>::len);
                let most = metric.get("max_series").and_then(|node| Some((node, u64::try_from(node.as_i64()?).ok()?)));
                let largest = values.max().unwrap_or(0) as u64;
                if let Some((node, _)) = most.filter(|(_, most)| *most > 0 && *most < largest) {
                    let message = format!("one label alone has {largest} values, and no more than {} series are taken", node.describe());
                    let finding = META.finding(node.span, message).path(format!("metrics.{name}.max_series"));
                    found.push(finding.help("take as many as there are values"));
                }
                let Some(node) = metric.get("max") else { continue };
                let (message, help) = if node.as_str() == Some(name) {
                    ("it is always as full as itself", "name the metric that says its limit")
                } else if metric.get_str("type").is_some_and(|(_, kind)| kind != "gauge") {
                    ("only a gauge can be full", "leave it out")
                } else {
                    continue;
                };
                found.push(META.finding(node.span, message).path(format!("metrics.{name}.max")).help(help));
            }
            for (name, _, alert) in root.entries_of("alerts").filter(|(.., alert)| alert.get("saturation").is_some()) {
                let share = |text: &str| text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                let is_little = |(_, text): &(&Node, &str)| share(text).is_some_and(|share| share > 0.0 && share <= 1.0);
                if let Some((node, _)) = alert.get_str("above").filter(is_little) {
                    let finding = META.finding(node.span, format!("what is hardly used at all is above {}", node.describe()));
                    found.push(finding.path(format!("alerts.{name}.above")).help("write a percentage, as `90%`"));
                }
            }
        });
    }
}

/// Shares of a gauge's limit that are taken of another number.
fn divided_otherwise(name: &str, node: &Node, limit: f64, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    const SHARES: &[&str] = &["saturat", "ratio", "utili", "used", "usage", "share", "full", "exhaust"];
    // Numbers that make another unit of a value.
    const UNITS: &[f64] = &[60.0, 100.0, 1000.0, 1024.0, 3600.0, 86400.0, 1e6, 1e9, 1_048_576.0, 1_073_741_824.0];
    let is_near = |one: f64, other: f64| (one / other - 1.0).abs() < 1e-9;
    for query in context.queries.iter().filter(|query| !query.is_written()) {
        let Some(rule) = query.rule().filter(|rule| SHARES.iter().any(|word| rule.name().to_lowercase().contains(word))) else { continue };
        let Some(expr) = &query.expr else { continue };
        let mut all: Vec<(&Expr, f64)> = Vec::new();
        visit(expr, &mut |part| {
            let ExprKind::Binary(binary) = &part.kind else { return };
            if binary.op != BinaryOp::Div || !is_each(&binary.left) {
                return;
            }
            let sums = operations(&binary.left).contains(&"sum");
            let ExprKind::Selector(selector) = &without_aggregates(&binary.left).kind else { return };
            let read = context.world.metric_of(selector).filter(|(_, own, _)| {
                own.name.value == name && own.max.is_some_and(|max| is_near(max, limit)) && (own.labels.is_empty() || !sums)
            });
            let number = without_parens(&binary.right);
            if let Some(by) = constant(number).filter(|by| read.is_some() && *by > 0.0) {
                all.push((number, by));
            }
        });
        for (number, by) in all.into_iter().filter(|(_, by)| !is_near(*by, limit) && !is_near(*by * 100.0, limit) && !UNITS.contains(by)) {
            let message = format!("`{name}` is full at {limit} by the manifest, and `{}` divides it by {by}", rule.name());
            let place = query.span(&number.range);
            let finding = META.finding(place, message.clone()).path(query.path()).related(node.span, "the manifest");
            found.push(finding.help(format!("divide by {limit}, or correct the manifest")));
            let finding = META.finding(node.span, message).path(format!("metrics.{name}.max")).related(place, "the rule");
            found.push(finding.help("make the two say the same"));
        }
    }
}

/// Whether an expression has the value of one series, and not that of several together.
fn is_each(expr: &Expr) -> bool {
    let mut inner = without_parens(expr);
    while let ExprKind::Aggregate(aggregate) = &inner.kind {
        let by_instance =
            aggregate.grouping.as_ref().is_some_and(|by| !by.without && by.labels.iter().any(|label| label.text == "instance"));
        let is_one = matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg);
        let is_of_each = aggregate.op == AggregateOp::Sum && by_instance;
        if !is_one && !is_of_each {
            return false;
        }
        inner = without_parens(&aggregate.expr);
    }
    true
}

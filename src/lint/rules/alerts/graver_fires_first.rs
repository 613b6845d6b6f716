//! Alerts of a higher severity that fire before those of a lower one.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::number::plain;
use crate::promql::ast::BinaryOp;
use crate::source::Node;

rule! {
    /// Two alerts compare the same with different limits, and the graver one fires first: `critical` above 70 % and `warning` above 85 %.
    /// Whoever is to be warned in time is paged at once, and where the graver one inhibits the other, the warning is never seen.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: DiskFilling
    ///         expr: disk_used_ratio > 0.85
    ///         for: 5m
    ///         labels: { severity: warning }
    ///       - alert: DiskNearlyFull
    ///         expr: disk_used_ratio > 0.7
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: DiskFilling
    ///         expr: disk_used_ratio > 0.85
    ///         for: 5m
    ///         labels: { severity: warning }
    ///       - alert: DiskNearlyFull
    ///         expr: disk_used_ratio > 0.95
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    GraverFiresFirst, "graver-fires-first", Warning
}

/// An alert that compares something with a number.
struct Limit<'q, 'a> {
    query: &'q Query<'a>,
    severity: &'a str,
    grave: usize,
    hold: i64,
    compared: Comparison<'q>,
}

impl Rule for GraverFiresFirst {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut by_side: HashMap<(&str, bool), Vec<Limit<'_, '_>>> = HashMap::default();
        for query in context.queries {
            if let Some((side, is_above, limit)) = limit(query) {
                by_side.entry((side, is_above)).or_default().push(limit);
            }
        }
        for ((_, is_above), limits) in by_side {
            for limit in &limits {
                // One that waits longer is about what lasts.
                let later = |other: &&Limit<'_, '_>| {
                    let (own, their) = (limit.compared.number, other.compared.number);
                    let is_first = if is_above { own < their } else { own > their };
                    other.grave < limit.grave && limit.hold <= other.hold && is_first
                };
                let Some(other) = limits.iter().find(later) else { continue };
                let (Origin::Rule { rule, .. }, Origin::Rule { rule: other_rule, .. }) = (limit.query.origin, other.query.origin) else {
                    continue;
                };
                let message = format!(
                    "`{}` is `{}` from {} on, and `{}` is `{}` only from {} on",
                    rule.name(),
                    limit.severity,
                    plain(limit.compared.number),
                    other_rule.name(),
                    other.severity,
                    plain(other.compared.number)
                );
                let finding = META.finding(limit.query.span(&limit.compared.place.range), message).path(limit.query.path());
                let related = other.query.span(&other.compared.place.range);
                found.push(finding.related(related, "the limit of the other").help("exchange the limits, or the severities"));
            }
        }
    }
}

/// What an alert compares, as it is written, whether it asks for more than a number, and the rest.
fn limit<'q, 'a>(query: &'q Query<'a>) -> Option<(&'q str, bool, Limit<'q, 'a>)> {
    let Origin::Rule { rule, .. } = query.origin else { return None };
    let severity = rule.label("severity").filter(|_| rule.is_alert()).and_then(Node::as_str)?;
    let grave = ["info", "warning", "critical"].iter().position(|known| *known == severity)?;
    let compared = Comparison::of(principal(query.expr.as_ref()?))?;
    let is_above = match compared.op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => true,
        BinaryOp::Less | BinaryOp::LessEqual => false,
        _ => return None,
    };
    let side = query.node.as_str()?.get(compared.side.range.clone())?.trim();
    Some((side, is_above, Limit { query, severity, grave, hold: rule.hold.unwrap_or(0), compared }))
}

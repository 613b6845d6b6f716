//! What the oldest Prometheus that must load a file does not know.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::{functions, walk};

rule! {
    /// An expression uses what the Prometheus of the manifest's `stack.prometheus.version` does not know, what a later one took
    /// away, or what needs a feature flag: the rule is rejected when it is loaded, and with it the whole file.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: mad_over_time(queue_depth[5m]) > 5
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: stddev_over_time(queue_depth[5m]) > 5
    ///         labels: { severity: warning }
    /// ```
    NewerPrometheus, "newer-prometheus", Warning
}

/// Functions that came after 2.42, with the version that brought them.
const SINCE: &[(&str, (u32, u32))] = &[
    ("double_exponential_smoothing", (3, 0)),
    ("end", (3, 7)),
    ("first_over_time", (3, 7)),
    ("histogram_avg", (2, 51)),
    ("histogram_stddev", (2, 46)),
    ("histogram_stdvar", (2, 46)),
    ("info", (3, 0)),
    ("mad_over_time", (2, 49)),
    ("sort_by_label", (2, 49)),
    ("sort_by_label_desc", (2, 49)),
    ("ts_of_first_over_time", (3, 7)),
    ("ts_of_last_over_time", (3, 5)),
    ("ts_of_max_over_time", (3, 5)),
    ("ts_of_min_over_time", (3, 5)),
];

impl Rule for NewerPrometheus {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = &query.expr else { return };
        let version = context.world.catalogues.iter().filter_map(|catalogue| catalogue.prometheus_version).min();
        walk::visit(expr, &mut |node| {
            let (name, range) = match &node.kind {
                ExprKind::Call { function, .. } => (function.text.as_str(), &function.range),
                ExprKind::Aggregate(a) if matches!(a.op, AggregateOp::Limitk | AggregateOp::LimitRatio) => (a.op.name(), &node.range),
                _ => return,
            };
            let since = SINCE.iter().find(|(known, _)| *known == name).map(|(_, since)| *since);
            let experimental =
                functions::function(name).map_or(matches!(&node.kind, ExprKind::Aggregate(_)), |function| function.experimental);
            let message = match (since, version) {
                (Some(since), Some(version)) if version < since => {
                    format!("`{name}` came with Prometheus {}.{}, and {}.{} must load this", since.0, since.1, version.0, version.1)
                }
                _ if experimental => format!("`{name}` is experimental: Prometheus refuses it without a feature flag"),
                _ => return,
            };
            let help = if experimental {
                "start Prometheus with `--enable-feature=promql-experimental-functions`, or do without"
            } else {
                "raise `stack.prometheus.version`, or do without"
            };
            found.push(META.finding(query.span(range), message).help(help));
        });
    }
}

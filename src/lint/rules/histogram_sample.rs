//! Native histograms where numbers are taken, and numbers where native histograms are.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::sample::{Sample, combines, sample};
use crate::lint::world::World;
use crate::promql::ast::{AggregateOp, Expr, ExprKind};

rule! {
    /// A native histogram stands where PromQL takes numbers: it is compared with one, added to one, or its greatest is asked for. Or a
    /// function of native histograms is given numbers. Prometheus leaves such samples out, so nothing is returned.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: histogram, native: true } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: sum(rate(rpc_seconds[5m])) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpcs_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: histogram_count(rate(rpcs_total[5m])) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: histogram, native: true } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_avg(sum(rate(rpc_seconds[5m]))) > 1
    ///         labels: { severity: warning }
    /// ```
    HistogramSample, "histogram-sample", Error
}

impl Rule for HistogramSample {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        for node in &query.nodes {
            if let Some((message, help)) = lost(node, context.world) {
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
            }
        }
    }
}

/// Functions that leave numbers out.
const OF_HISTOGRAMS: &[&str] = &["histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar"];
/// Functions that leave histograms out.
const OF_FLOATS: &[&str] = &[
    "abs",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "deriv",
    "exp",
    "floor",
    "ln",
    "log10",
    "log2",
    "max_over_time",
    "min_over_time",
    "predict_linear",
    "quantile_over_time",
    "round",
    "sgn",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
];

/// Why a node has no result for what the samples below it are, and what to do.
fn lost(node: &Expr, world: &World<'_>) -> Option<(String, &'static str)> {
    const HELP: &str = "take a number of it: `histogram_avg`, `histogram_quantile`, `histogram_count`";
    match &node.kind {
        ExprKind::Call { function, arguments } => {
            let function = function.text.as_str();
            if OF_HISTOGRAMS.contains(&function) {
                let message = || format!("`{function}` takes native histograms, and these are numbers: nothing is returned");
                return (sample(arguments.first()?, world)? == Sample::Float).then(|| (message(), "take the counter or the gauge itself"));
            }
            let of = arguments.get(usize::from(function == "quantile_over_time")).filter(|_| OF_FLOATS.contains(&function))?;
            let message = || format!("`{function}` takes numbers, and these are native histograms: nothing is returned");
            (sample(of, world)? == Sample::Histogram).then(|| (message(), HELP))
        }
        ExprKind::Aggregate(aggregate) => {
            let of_floats = matches!(
                aggregate.op,
                AggregateOp::Max
                    | AggregateOp::Min
                    | AggregateOp::Stddev
                    | AggregateOp::Stdvar
                    | AggregateOp::Quantile
                    | AggregateOp::Topk
                    | AggregateOp::Bottomk
            );
            let message = || format!("`{}` takes numbers, and these are native histograms: nothing is returned", aggregate.op.name());
            (of_floats && sample(&aggregate.expr, world)? == Sample::Histogram).then(|| (message(), HELP))
        }
        ExprKind::Binary(binary) if !binary.op.is_set() => {
            let (left, right) = (sample(&binary.left, world)?, sample(&binary.right, world)?);
            if combines(binary.op, left, right) {
                return None;
            }
            let message = if left == right {
                format!("`{}` of two native histograms means nothing: nothing is returned", binary.op.symbol())
            } else {
                format!("`{}` puts a native histogram beside a number: nothing is returned", binary.op.symbol())
            };
            Some((message, HELP))
        }
        _ => None,
    }
}

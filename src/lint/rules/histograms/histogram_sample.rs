//! Native histograms where numbers are taken, and numbers where native histograms are.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::sample::{Sample, is_lost, takes};
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Expr, ExprKind};

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
        for node in query.nodes.iter().filter(|node| is_lost(node, context.world)) {
            let (message, help) = wording(node);
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
    }
}

/// Why a node has no result, and what to do.
fn wording(node: &Expr) -> (String, &'static str) {
    const HELP: &str = "take a number of it: `histogram_avg`, `histogram_quantile`, `histogram_count`";
    let name = match &node.kind {
        ExprKind::Call { function, .. } => function.text.as_str(),
        ExprKind::Aggregate(aggregate) => aggregate.op.name(),
        ExprKind::Binary(binary) => {
            let message = format!("`{}` does not put these together, of which one is a native histogram", binary.op.symbol());
            return (format!("{message}: nothing is returned"), HELP);
        }
        _ => "",
    };
    if takes(node).is_some_and(|(_, taken)| taken == Sample::Histogram) {
        let message = format!("`{name}` takes native histograms, and these are numbers: nothing is returned");
        return (message, "take the counter or the gauge itself");
    }
    (format!("`{name}` takes numbers, and these are native histograms: nothing is returned"), HELP)
}

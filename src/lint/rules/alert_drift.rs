//! Alerts and panels that disagree about a quantile.

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::Context;
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::ExprKind;
use crate::promql::walk;

rule! {
    /// An alert judges one quantile of a histogram and the dashboards draw only another: whoever is paged for the 99th
    /// percentile looks at the 95th and sees nothing wrong.
    ///
    /// ```yaml fires
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "targets": [
    ///   { "refId": "A", "expr": "histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "targets": [
    ///   { "refId": "A", "expr": "histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    AlertDrift, "alert-drift", Warning
}

/// A quantile that a query takes: of which histogram, and which.
fn quantiles<'q>(query: &'q Query<'_>) -> Vec<(&'q str, f64, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let Some(expr) = &query.expr else { return found };
    walk::visit(expr, &mut |expr| {
        let ExprKind::Call { function, arguments } = &expr.kind else { return };
        let ("histogram_quantile", [quantile, input]) = (function.text.as_str(), arguments.as_slice()) else { return };
        let Some(value) = constant(quantile).filter(|_| !query.is_variable(&quantile.range)) else { return };
        if let Some(name) =
            walk::selectors(input).first().filter(|s| !query.is_variable_metric(s.selector)).and_then(|s| s.selector.metric_name())
        {
            found.push((name.strip_suffix("_bucket").unwrap_or(name), value, quantile.range.clone()));
        }
    });
    found
}

impl Rule for AlertDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let panels: Vec<_> = context
            .queries
            .iter()
            .filter(|q| q.panel().is_some())
            .flat_map(|q| quantiles(q).into_iter().map(move |found| (q, found)))
            .collect();
        if panels.is_empty() {
            return;
        }
        for query in context.queries.iter().filter(|q| q.rule().is_some_and(RuleOfFile::is_alert)) {
            for (histogram, quantile, range) in quantiles(query) {
                let drawn: Vec<_> = panels.iter().filter(|(_, (name, ..))| *name == histogram).collect();
                let close = |other: f64| (other - quantile).abs() < 1e-9;
                let Some((panel, (_, other, place))) = drawn.first().filter(|_| !drawn.iter().any(|(_, (_, other, _))| close(*other)))
                else {
                    continue;
                };
                found.push(
                    META.finding(
                        query.span(&range),
                        format!("this alert judges the quantile `{quantile}` of `{histogram}`, and the dashboards draw `{other}`"),
                    )
                    .path(query.path())
                    .related(panel.span(place), format!("the panel `{}` draws this one", panel.name()))
                    .help("draw the quantile that pages, with its threshold"),
                );
            }
        }
    }
}

//! Alerts on the last two samples alone.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};

rule! {
    /// An alert uses `irate` or `idelta`, which look at the last two samples of their window and at nothing else: one quiet scrape
    /// ends the condition and starts `for` anew, and one lost scrape hides it. A quantile of it jumps with every scrape.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: sum by (job) (irate(http_requests_total[5m])) > 100
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: sum by (job) (rate(http_requests_total[5m])) > 100
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    IrateInAlert, "irate-in-alert", Warning
}

impl Rule for IrateInAlert {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(rule) = query.alerting_rule() else { return };
        for used in &query.selectors {
            let Some(function @ ("irate" | "idelta")) = used.function() else { continue };
            // Without `for`, a single jump is what is asked for.
            if rule.hold.is_none_or(|hold| hold == 0) && !used.inside("histogram_quantile") {
                continue;
            }
            let better = if function == "irate" { "rate" } else { "delta" };
            found.push(
                META.finding(
                    query.span(&used.range),
                    format!("`{function}` sees the last two samples only, and this has to hold for a while"),
                )
                .help(format!("use `{better}`")),
            );
        }
    }
}

//! Looks back further than samples are kept.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::promql::ast::ExprKind;
use crate::promql::duration::{format_duration, parse_duration};

rule! {
    /// A window or an `offset` reaches back further than Prometheus keeps samples: part of the window is missing, and what lies
    /// before it is gone.
    ///
    /// How long samples are kept is known from `storage.tsdb.retention.time` of a prometheus.yml among the inputs, or from
    /// `stack.prometheus.retention` of a manifest.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// storage: { tsdb: { retention: { time: 15d } } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Budget
    ///         expr: sum(increase(errors_total{job="myapp"}[30d])) > 1000
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// storage: { tsdb: { retention: { time: 40d } } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Budget
    ///         expr: sum(increase(errors_total{job="myapp"}[30d])) > 1000
    ///         labels: { severity: warning }
    /// ```
    BeyondRetention, "beyond-retention", Warning
}

impl Rule for BeyondRetention {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let time = view.config.root.get("storage").and_then(|storage| storage.get("tsdb")?.get("retention")?.get("time"));
        let Some((node, kept)) = time.and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?))) else { return };
        let windows = context
            .queries
            .iter()
            .filter(|query| query.rule().is_some())
            .flat_map(|query| query.selectors().into_iter().filter_map(move |used| Some((query.name(), used.window?.0))));
        if let Some((name, longest)) = windows.max_by_key(|(_, window)| *window).filter(|(_, window)| *window > kept) {
            let message = format!("samples are kept for {}, and `{name}` looks back `{}`", node.describe(), format_duration(longest));
            let finding = META.finding(node.span, message).path("storage.tsdb.retention.time");
            found.push(finding.help("keep samples longer, or look back less far"));
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((kept, place)) = context.world.retention() else { return };
        for &node in &query.nodes {
            let parts = match &node.kind {
                ExprKind::Range { selector, range, .. } => [Some(range), selector.offset.as_ref()],
                ExprKind::Selector(selector) => [None, selector.offset.as_ref()],
                ExprKind::Subquery { range, offset, .. } => [Some(range), offset.as_ref()],
                _ => continue,
            };
            let sum: i64 = parts.iter().flatten().filter_map(|part| part.millis()).sum();
            let Some(longest) = parts.iter().flatten().max_by_key(|part| part.millis()) else { continue };
            if sum > kept && !query.is_variable(&longest.range) {
                let message = format!("this looks back `{}`, and samples are kept for `{}`", format_duration(sum), format_duration(kept));
                let help = "keep samples longer, or look back less far";
                found.push(META.finding(query.span(&longest.range), message).related(place, "kept this long").help(help));
            }
        }
    }
}

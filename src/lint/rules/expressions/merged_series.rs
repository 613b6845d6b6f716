//! Labels that `label_replace` makes alike.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::named_values;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::relabel::Labels;
use crate::promql::Expr;
use crate::promql::ast::{ExprKind, MatchOp, Selector};
use crate::promql::walk::without_parens;

rule! {
    /// `label_replace` writes one and the same text into `instance`, of series that several instances have: what told them apart is gone,
    /// and Prometheus ends the evaluation with `vector cannot contain metrics with the same labelset`.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - record: shop:requests_in_flight
    ///         expr: label_replace(shop_requests_in_flight{job="shop"}, "instance", "all", "", "")
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - record: shop:requests_in_flight
    ///         expr: label_replace(sum by (job) (shop_requests_in_flight{job="shop"}), "instance", "all", "", "")
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464"] }] }]
    /// # file: shop.prom
    /// # TYPE shop_retries_total counter
    /// shop_retries_total{queue="mail"} 3
    /// # TYPE shop_failures_total counter
    /// shop_failures_total{queue="mail"} 1
    /// # file: alerts.yml
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - alert: Trouble
    ///         expr: 'rate({__name__=~"shop_(retries|failures)_total"}[10m]) > 5'
    /// ```
    MergedSeries, "merged-series", Error
}

impl Rule for MergedSeries {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(of_several_names(query, context));
        for (_, _, arguments) in query.calls().filter(|(_, function, _)| *function == "label_replace") {
            let [vector, label, text, _, pattern] = arguments else { continue };
            let is_one_text = string(label) == Some("instance") && string(text).is_some_and(|text| !text.contains('$'));
            // An empty pattern matches where the source is empty, as a source without a name always is.
            let is_always =
                matches!(string(pattern), Some(".*" | "(.*)")) || string(pattern) == Some("") && string(&arguments[3]) == Some("");
            let Some(selector) = unaggregated(vector).filter(|_| is_one_text && is_always) else { continue };
            let count = alike(selector, context).unwrap_or(0);
            if count > 1 {
                let name = selector.metric_name().unwrap_or("series");
                let message = format!("`{name}` of {count} targets gets the same labels, and Prometheus refuses the result");
                let finding = META.finding(query.span(&label.range), message).path(query.path());
                found.push(finding.help("aggregate without `instance` first, or write into a label of another name"));
            }
        }
    }
}

/// Metrics that a pattern names and that lose their names, though the page shows them with the same labels.
fn of_several_names(query: &Expression<'_, '_>, context: &Context<'_>) -> Option<Diagnostic> {
    for used in &query.selectors {
        let Some(matcher) = used.selector.matchers.iter().find(|m| m.label.text == "__name__" && m.op == MatchOp::Regex) else { continue };
        let is_record =
            query.rule().is_some_and(|rule| !rule.is_alert()) && query.expr.as_ref().is_some_and(|expr| expr.range == used.range);
        let loses = used.function().is_some_and(|function| matches!(function, "rate" | "irate" | "increase" | "delta" | "deriv"));
        let names = named_values(matcher);
        if !loses && !is_record || names.len() < 2 {
            continue;
        }
        let pages = || context.world.catalogues.iter().filter_map(|page| page.snapshot.as_ref());
        let alike = pages().find_map(|snapshot| {
            let mut shown = names.iter().filter_map(|name| Some((name, snapshot.get(name)?)));
            let (first, series) = shown.next()?;
            let is_same = |other: &[_]| series.iter().any(|(labels, _)| other.iter().any(|(own, _): &(_, f64)| own == labels));
            shown.find(|(_, other)| is_same(other)).map(|(other, _)| (first, other))
        });
        if let Some((first, other)) = alike {
            let message = format!("`{first}` and `{other}` have the same labels once they lose their names, and Prometheus refuses that");
            let finding = META.finding(query.span(&matcher.range), message).path(query.path());
            return Some(finding.help("name them one by one, joined by `+` or `or`, or sum them by what they have in common"));
        }
    }
    None
}

/// How many targets of the job that a selector reads have the same labels but for `instance`.
fn alike(selector: &Selector, context: &Context<'_>) -> Option<usize> {
    let all = context.world.targets(selector)?.labels(context.world.job_read(selector)?)?;
    let others = |own: &Labels| {
        own.iter()
            .filter(|(name, _)| *name != "instance" && !name.starts_with("__"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Vec<_>>()
    };
    let first = all.first().map(others)?;
    Some(all.iter().filter(|own| others(own) == first).count())
}

fn string(expr: &Expr) -> Option<&str> {
    if let ExprKind::String(text) = &without_parens(expr).kind { std::str::from_utf8(text).ok() } else { None }
}

/// The selector whose series a vector has, each by itself.
fn unaggregated(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => Some(selector),
        ExprKind::Call { function, arguments } if function.text.ends_with("rate") || function.text.ends_with("_over_time") => {
            unaggregated(arguments.first()?)
        }
        _ => None,
    }
}

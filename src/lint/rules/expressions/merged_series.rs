//! Labels that `label_replace` makes alike.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::shown::{Twins, merged};
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::relabel::Labels;
use crate::promql::Expr;
use crate::promql::ast::{ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{string, without_parens};

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
        for (_, function, arguments) in query.calls().filter(|(_, function, _)| matches!(*function, "label_replace" | "label_join")) {
            let shown = merged(function, arguments, context.world).map(|twins| of_page(query, &arguments[1], &twins));
            found.extend(shown.or_else(|| of_targets(query, arguments, context)));
        }
    }
}

/// Series that a page shows, and that nothing tells apart any more.
fn of_page(query: &Query<'_>, label: &Expr, twins: &Twins) -> Diagnostic {
    let [one, other] = &twins.values;
    let message =
        format!("series with `{one}` and with `{other}` as `{}` get the same labels, and Prometheus refuses the result", twins.label);
    let finding = META.finding(query.span(&label.range), message).path(query.path()).related(twins.place, "both are on this page");
    finding.help("aggregate them first, or write into a label of another name")
}

/// Series of several targets, whose `instance` is one text for all.
fn of_targets(query: &Query<'_>, arguments: &[Expr], context: &Context<'_>) -> Option<Diagnostic> {
    let [vector, label, text, from, pattern] = arguments else { return None };
    let is_one_text = string(label) == Some("instance") && string(text).is_some_and(|text| !text.contains('$'));
    // An empty pattern matches where the source is empty, as a source without a name always is.
    let is_always = matches!(string(pattern), Some(".*" | "(.*)")) || string(pattern) == Some("") && string(from) == Some("");
    let selector = unaggregated(vector).filter(|_| is_one_text && is_always)?;
    let count = alike(selector, context).filter(|count| *count > 1)?;
    let name = selector.metric_name().unwrap_or("series");
    let message = format!("`{name}` of {count} targets gets the same labels, and Prometheus refuses the result");
    let finding = META.finding(query.span(&label.range), message).path(query.path());
    Some(finding.help("aggregate without `instance` first, or write into a label of another name"))
}

/// Metrics that a pattern names and that lose their names, though the page shows them with the same labels.
fn of_several_names(query: &Expression<'_, '_>, context: &Context<'_>) -> Option<Diagnostic> {
    for used in &query.selectors {
        let Some(matcher) = used.selector.matchers.iter().find(|m| m.label.text == "__name__" && m.op == MatchOp::Regex) else { continue };
        let is_record =
            query.rule().is_some_and(|rule| !rule.is_alert()) && query.expr.as_ref().is_some_and(|expr| expr.range == used.range);
        let loses = used.function().is_some_and(|function| matches!(function, "rate" | "irate" | "increase" | "delta" | "deriv"));
        if !loses && !is_record || is_placeholder(&matcher.value) || query.is_variable(&matcher.value_range) {
            continue;
        }
        let asks: Vec<&Matcher> = used.selector.matchers.iter().filter(|other| !std::ptr::eq(*other, matcher)).collect();
        let asked = |labels: &Labels| asks.iter().all(|m| labels.get(&m.label.text).is_none_or(|value| matches(m, value) == Some(true)));
        let pages = || context.world.catalogues.iter().filter_map(|page| page.snapshot.as_ref());
        let alike = pages().find_map(|snapshot| {
            let mut shown = snapshot.iter().filter(|(name, _)| matches(matcher, name) == Some(true));
            let (first, series) = shown.next()?;
            let is_same =
                |other: &[_]| series.iter().any(|(labels, _)| asked(labels) && other.iter().any(|(own, _): &(_, f64)| own == labels));
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

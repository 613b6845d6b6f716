//! Waiting times that are shorter than what they wait for.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::duration::format_duration;
use crate::promql::walk;
use crate::source::Node;

rule! {
    /// An alert's `for` is shorter than the interval at which it is evaluated, so it waits for the next evaluation whatever it
    /// says; or an alert on `absent(…)` waits for less than two scrapes, so a restart of the server or one late scrape
    /// fires it.
    ///
    /// And what is scraped less often than the alert waits is judged by one sample.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     interval: 1m
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0
    ///         for: 10s
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     interval: 1m
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0
    ///         for: 2m
    ///         labels: { severity: critical }
    /// ```
    HoldBelowInterval, "hold-below-interval", Warning
}

impl Rule for HoldBelowInterval {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let crate::lint::query::Origin::Rule { file, rule } = query.origin else { return };
        if !rule.is_alert() {
            return;
        }
        let hold = rule.hold.unwrap_or(0);
        let of_group = file.groups.get(rule.place.0).and_then(|group| group.interval);
        let of_server = || match context.world.prometheus.as_slice() {
            [config] if !config.fragment => Some(config.evaluation_interval),
            _ => None,
        };
        let interval = of_group.or_else(of_server);
        if let (Some((key, value)), Some(interval)) = (rule.node.entry("for"), interval.filter(|interval| hold > 0 && hold < *interval)) {
            let message =
                format!("this is evaluated every `{}`, so `for: {}` waits that long", format_duration(interval), format_duration(hold));
            let help = format!("write `for: {}` or more, or evaluate more often", format_duration(interval));
            found.push(META.finding(value.span, message).related(key.span, "the waiting time").help(help));
        }
        if let Some((_, value)) = rule.node.entry("for").filter(|_| interval.is_some_and(|interval| hold > 0 && hold >= interval)) {
            found.extend(of_one_sample(query, value, hold, context));
        }
        let Some(expr) = query.expr.as_ref().filter(|expr| is_absence(expr)) else { return };
        for selector in query.selectors.iter().filter(|s| s.inside("absent")) {
            let Some((scrape, job)) = context.world.interval(selector.selector) else { continue };
            if hold < 2 * scrape {
                let message = format!(
                    "one late scrape fires this: it waits for {}",
                    if hold == 0 { "nothing".to_owned() } else { format!("`{}`", format_duration(hold)) }
                );
                let related = format!("scraped every `{}`", format_duration(scrape));
                let place = rule.node.get("for").map_or_else(|| query.span(&expr.range), |node| node.span);
                found.push(
                    META.finding(place, message)
                        .related(job, related)
                        .help(format!("write `for: {}` or more", format_duration(4 * scrape))),
                );
                return;
            }
        }
    }
}

/// A waiting time that one sample outlasts, however often it is evaluated: what is read is scraped less often than the alert waits.
fn of_one_sample(query: &Expression<'_, '_>, place: &Node, hold: i64, context: &Context<'_>) -> Option<Diagnostic> {
    let is_plain = |used: &Use<'_>| used.window.is_none() && used.selector.metric_name().is_some_and(|name| !name.contains(':'));
    if !query.selectors.iter().all(is_plain) {
        return None;
    }
    let scrapes: Option<Vec<_>> = query.selectors.iter().map(|used| context.world.interval(used.selector)).collect();
    let (scrape, job) = scrapes?.into_iter().min_by_key(|(every, _)| *every).filter(|(every, _)| hold < *every)?;
    let (hold, scrape) = (format_duration(hold), format_duration(scrape));
    let message = format!("this is scraped every `{scrape}`, so one sample lasts for longer than `for: {hold}`");
    let finding = META.finding(place.span, message).related(job, format!("scraped every `{scrape}`"));
    Some(finding.help("wait for more than one scrape"))
}

/// Whether an expression is an `absent`, alone or one of several alternatives.
fn is_absence(expr: &Expr) -> bool {
    match &walk::without_parens(expr).kind {
        ExprKind::Call { function, .. } => function.text == "absent",
        ExprKind::Binary(binary) => is_absence(&binary.left) || is_absence(&binary.right),
        _ => false,
    }
}

//! Values of labels that are nearly what other expressions ask for.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::slip::are_siblings;
use crate::promql::ast::MatchOp;

rule! {
    /// An expression asks a metric for a value of a label that is a letter away from the one that the alerts, or several other
    /// expressions, ask the same label of the same metric for: `consumergroup="invoice"` where it is `invoices`. One of the two finds nothing.
    ///
    /// Said where the metric is neither declared nor on a page, which would tell, and where no third value is asked for.
    ///
    /// ```yaml fires
    /// # file: alerts.yml
    /// groups:
    ///   - name: lag
    ///     rules:
    ///       - alert: Lag
    ///         expr: max by (topic) (kafka_consumergroup_lag{consumergroup="invoices"}) > 1000
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "invoices wait" }
    /// # file: dashboard.json
    /// { "title": "Invoices", "panels": [ { "type": "timeseries", "title": "Lag",
    ///   "targets": [ { "refId": "A", "expr": "sum by (topic) (kafka_consumergroup_lag{consumergroup=\"invoice\"})" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: alerts.yml
    /// groups:
    ///   - name: lag
    ///     rules:
    ///       - alert: Lag
    ///         expr: max by (topic) (kafka_consumergroup_lag{consumergroup="invoices"}) > 1000
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "invoices wait" }
    /// # file: dashboard.json
    /// { "title": "Invoices", "panels": [ { "type": "timeseries", "title": "Lag",
    ///   "targets": [ { "refId": "A", "expr": "sum by (topic) (kafka_consumergroup_lag{consumergroup=\"invoices\"})" } ] } ] }
    /// ```
    ValueSlip, "value-slip", Warning
}

/// The places at which one value is asked for.
type Places<'q> = Vec<(&'q Query<'q>, Range<usize>)>;

impl Rule for ValueSlip {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut asked: BTreeMap<(&str, &str), BTreeMap<&str, Places<'_>>> = BTreeMap::new();
        for (query, used) in context.selectors() {
            let is_open = |name: &&str| !name.contains(':') && context.world.metric(name).is_none();
            let Some(name) = used.selector.metric_name().filter(is_open).filter(|_| !query.is_variable_metric(used.selector)) else {
                continue;
            };
            for matcher in used.selector.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal) {
                let label = matcher.label.text.as_str();
                let told = matches!(label, "job" | "instance" | "le" | "quantile" | "__name__");
                if told || matcher.value.is_empty() || is_placeholder(&matcher.value) || query.is_variable(&matcher.value_range) {
                    continue;
                }
                let values = asked.entry((name, label)).or_default();
                values.entry(matcher.value.as_str()).or_default().push((query, matcher.value_range.clone()));
            }
        }
        for ((name, label), values) in &asked {
            let [(one, of_one), (other, of_other)] = values.iter().collect::<Vec<_>>()[..] else { continue };
            if !is_slip(one, other) {
                continue;
            }
            let (value, places, meant, usual) = match (outweighs(of_one, of_other), outweighs(of_other, of_one)) {
                (true, false) => (other, of_other, one, of_one),
                (false, true) => (one, of_one, other, of_other),
                _ => continue,
            };
            for (query, range) in places {
                let message = format!("`{name}` is asked for `{label}=\"{value}\"` here alone, which is nearly `{meant}`");
                let finding = META.finding(query.span(range), message).path(query.path());
                let (first, place) = &usual[0];
                found.push(finding.related(first.span(place), "asked for here").help(format!("did you mean `{meant}`?")));
            }
        }
    }
}

/// Whether values differ in one letter of a word that is long enough to tell.
fn is_slip(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    one.len().min(other.len()) >= 5
        && strsim::damerau_levenshtein(one, other) == 1
        && digits(one) == digits(other)
        && !are_siblings(one, other)
}

/// Whether what is asked for at some places is what was meant at others: by several expressions and there by one, or by an alert and
/// there by none.
fn outweighs(usual: &Places<'_>, odd: &Places<'_>) -> bool {
    let is_one = odd.iter().all(|(query, _)| std::ptr::eq(*query, odd[0].0));
    let is_several = usual.iter().any(|(query, _)| !std::ptr::eq(*query, usual[0].0));
    let alerts = |places: &Places<'_>| places.iter().any(|(query, _)| query.alerting_rule().is_some());
    is_one && (is_several || alerts(usual) && !alerts(odd))
}

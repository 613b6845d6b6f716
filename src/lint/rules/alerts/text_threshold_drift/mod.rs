//! Texts that name another limit than the alert has.

mod budget;
mod compared;
mod count;
mod direction;
mod numbers;

use self::compared::Compared;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::misfits::Misfits;
use crate::lint::views::RuleView;
use crate::source::text_map;

rule! {
    /// The text of an alert says "above 5%" and its expression compares with something else. Whoever is woken believes the
    /// text.
    ///
    /// Or it names an objective of 99.9% or what is spent of its budget by then, and the expression multiplies by other numbers.
    ///
    /// Numbers are looked for behind words such as "above", "more than" and "below", with their unit; a number that occurs
    /// anywhere in the expression, in `for`, as a window, or in what a metric that is read says of itself is never reported.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "More than 5% of requests fail" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: sites
    ///     rules:
    ///       - alert: TooHot
    ///         expr: charger_temperature_celsius > 176
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "it is above 80 degrees" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
    ///         for: 10m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "More than 5% of requests fail for more than 10 minutes" }
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 2.5
    ///         labels: { severity: warning }
    ///         annotations: { summary: "The slowest take more than 2s500ms" }
    /// ```
    /// ```yaml silent
    /// # file: app.prom
    /// # HELP drawers_low Drawers below 10% of what they hold
    /// # TYPE drawers_low gauge
    /// drawers_low 3
    /// # HELP drawers All drawers
    /// # TYPE drawers gauge
    /// drawers 40
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ManyDrawersLow
    ///         expr: max(drawers_low) / max(drawers) > 0.3
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} of the drawers are below 10%" }
    /// ```
    TextThresholdDrift, "text-threshold-drift", Warning
}

impl Rule for TextThresholdDrift {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        found.extend(budget::differs(query, view));
        let said: Vec<&AlertText<'_>> = view.annotations().filter(|text| !text.said.sentence.limits.is_empty()).collect();
        if said.is_empty() {
            return;
        }
        let Some(compared) = Compared::of(expr, query, view, context) else { return };
        let mut misfits = Misfits::default();
        for (index, &text) in said.iter().enumerate() {
            for limit in &text.said.sentence.limits {
                let is_counted = limit.counts && !compared.is_in_degrees(limit);
                if !compared.is_meant(text, limit) || is_counted && !count::is_other(limit, text, view, &said, &compared) {
                    continue;
                }
                if compared.fits(text, limit) {
                    misfits.fits(index);
                    continue;
                }
                let span = text_map::Map::new(view.text, text.node).span(limit.place.clone());
                let (words, threshold) = (text.text[limit.range.clone()].trim(), compared.threshold);
                let message = format!("the text says `{words}`, and the expression compares with `{threshold}`");
                let finding = META.finding(span, message).path(view.text_path(text));
                let finding = finding.related(query.span(&compared.place.range), "compared with this");
                misfits.differs(index, limit.is_bare, finding.help("correct one of the two"));
            }
        }
        found.extend(misfits.settled());
    }
}

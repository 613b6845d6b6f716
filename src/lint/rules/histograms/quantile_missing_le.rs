//! Quantiles of buckets whose bound was aggregated away.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::inference::sample::{Sample, sample};
use crate::lint::query::expression::Expression;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Expr, ExprKind, MatchOp};
use crate::promql::walk;

rule! {
    /// `histogram_quantile` needs the label `le` of the buckets, and the aggregation inside it takes `le` away: the result
    /// is always empty.
    ///
    /// Nor has what is recorded as a plain number any buckets.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.9, sum by (job) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.9, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    QuantileMissingLe, "quantile-missing-le", Error
}

impl Rule for QuantileMissingLe {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, function, arguments) in query.calls() {
            let (true, Some(input)) = (function == "histogram_quantile", arguments.get(1)) else { continue };
            without_the_last(query, input, found);
            if of_numbers(input, context) {
                let message = "what is recorded here are numbers without `le`, so this quantile is always empty";
                found.push(META.finding(query.span(&input.range), message).help("record the rates of the buckets, and keep `le`"));
                continue;
            }
            let names: Vec<&str> = walk::selectors(input).iter().filter_map(|found| found.selector.metric_name()).collect();
            // A native histogram needs no `le`, and what a variable names may be one.
            // Recorded buckets are called level:metric_bucket:operations.
            let of_buckets = |name: &&str| name.split(':').any(|part| part.ends_with("_bucket"));
            if names.is_empty() || !names.iter().all(of_buckets) || shape(input, context.world).possible("le") {
                continue;
            }
            let mut place = input.range.clone();
            let mut help = "keep `le` through every aggregation inside `histogram_quantile`".to_owned();
            if let ExprKind::Aggregate(aggregate) = &walk::without_parens(input).kind {
                match &aggregate.grouping {
                    None => "write `sum by (le) (…)`".clone_into(&mut help),
                    Some(grouping) if !grouping.without && !grouping.labels.is_empty() => {
                        place = grouping.labels[0].range.start..grouping.labels[grouping.labels.len() - 1].range.end;
                        let labels: Vec<&str> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
                        help = format!("write `by ({}, le)`", labels.join(", "));
                    }
                    Some(_) => {}
                }
            }
            let span = query.span(&place);
            let mut diagnostic = META.finding(span, "the label `le` is aggregated away, so this quantile is always empty").help(help);
            if place != input.range {
                diagnostic.fix = query.query.fix(&(place.end..place.end), ", le");
            }
            found.push(diagnostic);
        }
    }
}

/// Whether recorded series are numbers that have no `le`: neither native histograms nor buckets.
fn of_numbers(input: &Expr, context: &Context<'_>) -> bool {
    let found = walk::selectors(input);
    let recorded = |name: &str| name.contains(':') && !name.contains("_bucket") && !context.world.recorded(name).is_empty();
    let all = !found.is_empty() && found.iter().all(|found| found.selector.metric_name().is_some_and(recorded));
    let shape = shape(input, context.world);
    all && sample(input, context.world) == Some(Sample::Float) && shape.closed && !shape.possible("le")
}

/// Buckets without the last one: what lies beyond all bounds, and how much there is at all, is not known then.
fn without_the_last(query: &Expression<'_, '_>, input: &Expr, found: &mut Vec<Diagnostic>) {
    for used in walk::selectors(input) {
        // One bucket alone has rules of its own.
        let bounds =
            used.selector.matchers.iter().filter(|m| m.label.text == "le" && m.op != MatchOp::Equal && !query.is_variable(&m.value_range));
        let one = used.selector.matchers.iter().find(|m| m.label.text == "le" && m.op == MatchOp::Equal && !m.value.is_empty());
        if let Some(matcher) = one.filter(|matcher| !query.is_variable(&matcher.value_range)) {
            let message = "of one bucket alone there is no quantile: the result is NaN, and compares with nothing";
            found.push(META.finding(query.span(&matcher.range), message).help("leave the matcher out"));
            continue;
        }
        let buckets = used.selector.metric_name().is_some_and(|name| name.ends_with("_bucket"));
        for matcher in bounds.filter(|matcher| buckets && matches(matcher, "+Inf") == Some(false)) {
            found.push(
                META.finding(query.span(&matcher.range), "without the bucket `+Inf` there is no quantile: the result is NaN")
                    .help("leave the matcher out"),
            );
        }
    }
}

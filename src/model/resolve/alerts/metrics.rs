//! What alerts and objectives ask of the metrics that a manifest declares.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::metrics::{MetricType, MetricUnit};
use crate::manifest::scalars::{MetricName, Text, Threshold, shorten};
use crate::manifest::stack::Version;
use crate::model::catalogue::Metric;
use crate::model::resolve::context::Context;
use crate::model::resolve::findings::{Findings, INVALID};
use crate::model::signals::Bad;
use crate::model::values::anchored;
use crate::source::{Entries, MISSING_KEY, OneOrMany, Span, Spanned};

/// A counter of the catalogue.
pub(in crate::model::resolve) fn counter(
    context: &Context,
    name: &Spanned<MetricName>,
    path: &str,
    findings: &mut Findings,
) -> Option<Arc<Metric>> {
    of_type(context, name, MetricType::Counter, "a share of events is taken of a counter", path, findings)
}

/// A histogram of the catalogue.
pub(in crate::model::resolve) fn histogram(
    context: &Context,
    name: &Spanned<MetricName>,
    path: &str,
    findings: &mut Findings,
) -> Option<Arc<Metric>> {
    let metric =
        of_type(context, name, MetricType::Histogram, "quantiles and shares below a bound are taken of a histogram", path, findings)?;
    if metric.native && context.stack.prometheus < Version::new(3, 8) {
        let message = format!("`{}` is a native histogram, and `stack.prometheus` is {}", name.value.0, context.stack.prometheus);
        findings.add(
            Diagnostic::error("unsupported-version", name.span, message)
                .help("native histograms are stable from Prometheus 3.8 on; declare `buckets` for an older one")
                .path(path),
        );
        return None;
    }
    (metric.native || !metric.buckets.is_empty()).then_some(metric)
}

pub(super) fn of_type(
    context: &Context,
    name: &Spanned<MetricName>,
    kind: MetricType,
    why: &str,
    path: &str,
    findings: &mut Findings,
) -> Option<Arc<Metric>> {
    let metric = context.metric(&name.value.0, name.span, path, findings)?;
    if metric.kind == kind {
        return Some(metric);
    }
    let message = format!("`{}` is a {}, and {why}", metric.name, metric.kind.name());
    findings.add(Diagnostic::error("wrong-metric-type", name.span, message).related(metric.span, "declared here").path(path));
    None
}

/// What makes an event bad: labels that the metric has, values that they can take.
pub(in crate::model::resolve) fn bad_events(
    metric: &Metric,
    bad: &Entries<OneOrMany<Text>>,
    span: Span,
    path: &str,
    findings: &mut Findings,
) -> Option<Vec<Bad>> {
    let path = format!("{path}.bad");
    if bad.is_empty() {
        let message = format!("nothing says which events of `{}` are bad", metric.name);
        findings.add(Diagnostic::error(MISSING_KEY, span, message).help("as in `bad: { status: \"5..\" }`").path(path));
        return None;
    }
    let mut all = Vec::new();
    for (label, values) in bad.valid() {
        let Some(declared) = metric.labels.get(&label.value) else {
            let finding =
                Diagnostic::error("unknown-label", label.span, format!("`{}` has no label `{}`", metric.name, shorten(&label.value)))
                    .related(metric.span, "declared here")
                    .path(&*path);
            let labels: Vec<String> = metric.labels.keys().map(|l| format!("`{l}`")).collect();
            findings.add(match did_you_mean(&label.value, metric.labels.keys().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None if labels.is_empty() => finding.help("declare it under the metric's `labels:`"),
                None => finding.help(format!("it has {}", labels.join(", "))),
            });
            continue;
        };
        let text = match &values.value {
            OneOrMany::One(text) => text.0.clone(),
            OneOrMany::Many(texts) => texts.iter().map(|t| t.0.as_str()).collect::<Vec<_>>().join("|"),
        };
        if values.value.as_slice().is_empty() {
            findings.add(
                Diagnostic::error(INVALID, values.span, "the list of bad values is empty").help("as in `[\"500\", \"503\"]`").path(&*path),
            );
            continue;
        }
        let regex = match crate::promql::regex::check(&text).map_err(|e| e.message).and_then(|()| anchored(&text)) {
            Ok(regex) => regex,
            Err(why) => {
                findings.add(
                    Diagnostic::error(INVALID, values.span, why)
                        .help("bad values are RE2 regular expressions, anchored at both ends")
                        .path(&*path),
                );
                continue;
            }
        };
        if declared.values.closed() && declared.values.taken_by(&text, &regex, 1).is_empty() {
            let message = format!("`{}` takes none of the values that `{}` can have", shorten(&text), label.value);
            findings.add(Diagnostic::error("impossible-value", values.span, message).related(metric.span, "declared here").path(&*path));
            continue;
        }
        if regex.is_match("") || declared.values.closed() && declared.values.left_by(&text, &regex, 1).is_empty() {
            let message = format!("`{}` takes every value of `{}`, so every event would be bad", shorten(&text), label.value);
            findings.add(Diagnostic::error("impossible-value", values.span, message).path(&*path));
            continue;
        }
        if let (OneOrMany::Many(texts), true) = (&values.value, declared.values.closed()) {
            for text in texts {
                if anchored(&text.0).is_ok_and(|regex| declared.values.taken_by(&text.0, &regex, 1).is_empty()) {
                    let message = format!("`{}` is never `{}`", label.value, shorten(&text.0));
                    let finding = Diagnostic::warning("impossible-alternative", values.span, message).related(metric.span, "declared here");
                    findings.add(finding.help("correct it, or take it away").path(&*path));
                }
            }
        }
        all.push(Bad { label: label.value.clone(), text, regex });
    }
    (all.len() == bad.len()).then_some(all)
}

/// Whether a threshold is in the unit of the metric's values.
pub(super) fn unit_fits(metric: &Metric, threshold: &Spanned<Threshold>, path: &str, findings: &mut Findings) -> Option<()> {
    let fits = matches!(
        (metric.unit, threshold.value),
        (MetricUnit::Seconds, Threshold::Duration(_))
            | (MetricUnit::Bytes, Threshold::Size(_))
            | (MetricUnit::Ratio, Threshold::Percent(_))
            | (MetricUnit::None, Threshold::Number(_))
    );
    if !fits {
        let wanted = match metric.unit {
            MetricUnit::Seconds => "seconds: write a duration, as in `500ms`",
            MetricUnit::Bytes => "bytes: write a size, as in `10MiB`",
            MetricUnit::Ratio => "a share: write a percentage, as in `5%`",
            MetricUnit::None => "of no unit: write a number",
        };
        findings.add(
            Diagnostic::error("unit-mismatch", threshold.span, format!("`{}` is not in the unit of `{}`", threshold.value, metric.name))
                .help(format!("its values are {wanted}"))
                .path(path),
        );
        return None;
    }
    Some(())
}

/// Whether a threshold is one of the histogram's bounds, with the right unit.
pub(in crate::model::resolve) fn on_a_bound(
    metric: &Metric,
    threshold: &Spanned<Threshold>,
    rule: &'static str,
    path: &str,
    findings: &mut Findings,
) -> Option<()> {
    unit_fits(metric, threshold, path, findings)?;
    let value = threshold.value.value();
    if metric.native || metric.buckets.contains(&value) {
        return Some(());
    }
    let below = metric.buckets.iter().rev().find(|b| **b < value);
    let above = metric.bucket_above(value);
    let between = match (below, above) {
        (Some(low), Some(high)) => format!("it falls between {low} and {high}"),
        (None, Some(high)) => format!("the lowest bound is {high}"),
        _ => format!("the highest bound is {}", metric.buckets.last().copied().unwrap_or_default()),
    };
    let place = metric.buckets_span.unwrap_or(metric.span);
    findings.add(
        Diagnostic::error(rule, threshold.span, format!("`{}` is none of the buckets of `{}`: {between}", threshold.value, metric.name))
            .related(place, "the buckets")
            .help(format!("use a bound, or add {value} to the buckets: anything between two bounds is a guess"))
            .path(path),
    );
    None
}

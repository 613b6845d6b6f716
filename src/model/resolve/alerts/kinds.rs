//! The kinds of alerts, each with what it asks for.

use rust_decimal::Decimal;

use super::metrics::{bad_events, counter, histogram, of_type, on_a_bound, unit_fits};
use super::written::Written;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::metrics::{Capacity, MetricType};
use crate::manifest::scalars::{Duration, Percent, Threshold, shorten};
use crate::model::resolve::context::Context;
use crate::model::resolve::findings::{Findings, INVALID};
use crate::model::signals::{Absent, Down, Events, Free, Quantile, Ratio, Saturation};
use crate::promql::ValueType;
use crate::source::{MISSING_KEY, Spanned};

fn share(written: &Written, findings: &mut Findings) -> Option<Percent> {
    let above = needed_above(written, "above: 5%", findings)?;
    let Threshold::Percent(percent) = above.value else {
        let (message, help) = match above.value {
            Threshold::Number(number) if number > Decimal::ZERO && number < Decimal::ONE => (
                format!("a share is written as a percentage, and `{number}` is a bare number"),
                format!("write `above: {}`", Percent(number)),
            ),
            other => (format!("`{other}` is not a share"), "write a percentage, as in `above: 5%`".to_owned()),
        };
        findings.add(Diagnostic::error("unit-mismatch", above.span, message).help(help).path(&*written.path));
        return None;
    };
    if percent.0 >= Decimal::ONE {
        findings.add(
            Diagnostic::error("threshold-out-of-range", above.span, "a share is never above 100%, so this can never fire")
                .path(&*written.path),
        );
        return None;
    }
    Some(percent)
}

fn needed_above<'a>(written: &Written<'a>, example: &str, findings: &mut Findings) -> Option<&'a Spanned<Threshold>> {
    if written.alert.above.is_missing() {
        findings.add(
            Diagnostic::error(MISSING_KEY, written.span, format!("the alert `{}` has no `above`", written.name))
                .help(format!("as in `{example}`"))
                .path(&*written.path),
        );
    }
    written.alert.above.valid()
}

fn window(context: &Context, written: &Written, findings: &mut Findings) -> Duration {
    let window = written.alert.window.value().copied().unwrap_or(Duration::minutes(5));
    let interval = context.manifest.scrape.value().and_then(|s| s.interval.value()).copied().unwrap_or(Duration::seconds(15));
    if window.0 < interval.0 * 4 {
        let span = written.alert.window.span().or(context.manifest.scrape.value().and_then(|s| s.interval.span())).unwrap_or(written.span);
        let message = format!("the window `{window}` holds fewer than four scrapes, which are `{interval}` apart");
        findings.add(
            Diagnostic::error("range-below-scrape", span, message)
                .help(format!("use at least `{}`", Duration(interval.0 * 4)))
                .path(&*written.path),
        );
    }
    window
}

pub(super) fn ratio(context: &Context, written: &Written, findings: &mut Findings) -> Option<Ratio> {
    let metric = counter(context, written.alert.ratio.valid()?, &written.path, findings);
    let bad = metric.as_ref().and_then(|metric| bad_events(metric, &written.alert.bad, written.span, &written.path, findings));
    let above = share(written, findings);
    let window = window(context, written, findings);
    let events = Events { metric: metric?, job: context.job.clone(), bad: bad? };
    Some(Ratio {
        service: context.name.clone(),
        events,
        above: above?,
        window,
        min_bad: written.alert.min_bad.value().copied().unwrap_or(3),
    })
}

pub(super) fn quantile(context: &Context, written: &Written, findings: &mut Findings) -> Option<Quantile> {
    let quantile = written.alert.quantile.value()?.0;
    let above = needed_above(written, "above: 1s", findings);
    if written.alert.of.is_missing() {
        findings.add(
            Diagnostic::error(MISSING_KEY, written.span, format!("the alert `{}` does not say which histogram", written.name))
                .help("add `of: <histogram>`")
                .path(&*written.path),
        );
    }
    let metric = histogram(context, written.alert.of.valid()?, &written.path, findings)?;
    let above = above?;
    unit_fits(&metric, above, &written.path, findings)?;
    if let Some(top) = metric.buckets.last().filter(|top| above.value.value() >= **top) {
        let place = metric.buckets_span.unwrap_or(metric.span);
        findings.add(
            Diagnostic::error(
                "threshold-above-top-bucket",
                above.span,
                format!("a quantile of `{}` is never above {top}, its highest bucket, so this can never fire", metric.name),
            )
            .related(place, "the buckets")
            .help("add a higher bucket, or lower the threshold")
            .path(&*written.path),
        );
        return None;
    }
    on_a_bound(&metric, above, "threshold-off-bucket", &written.path, findings)?;
    let window = window(context, written, findings);
    Some(Quantile {
        service: context.name.clone(),
        metric,
        job: context.job.clone(),
        quantile,
        above: above.value,
        window,
        prometheus: context.stack.prometheus,
    })
}

pub(super) fn down(context: &Context, written: &Written, findings: &mut Findings) -> Option<Down> {
    let name = written.alert.down.valid()?;
    let Some(dependency) = context.dependencies.iter().find(|d| d.name == name.value.0) else {
        if !context.manifest.dependencies.contains_key(&name.value.0) {
            let finding =
                Diagnostic::error("unknown-dependency", name.span, format!("the manifest has no dependency `{}`", shorten(&name.value.0)))
                    .path(&*written.path);
            findings.add(match did_you_mean(&name.value.0, context.dependencies.iter().map(|d| d.name.as_str())) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("declare it under `dependencies:`"),
            });
        }
        return None;
    };
    if dependency.exporter.is_none() {
        let message = format!("the dependency `{}` has no `exporter`, so nothing can say that it is down", dependency.name);
        findings.add(
            Diagnostic::error("unknown-dependency", name.span, message).help("add `exporter: \"host:port\"` to it").path(&*written.path),
        );
        return None;
    }
    Some(Down { service: context.name.clone(), dependency: dependency.name.clone(), kind: dependency.kind, job: dependency.job.clone() })
}

pub(super) fn absent(context: &Context, written: &Written, findings: &mut Findings) -> Option<Absent> {
    let name = written.alert.absent.valid()?;
    let metric = context.metric(&name.value.0, name.span, &written.path, findings)?;
    Some(Absent { service: context.name.clone(), metric, job: context.job.clone() })
}

pub(super) fn saturation(context: &Context, written: &Written, findings: &mut Findings) -> Option<Saturation> {
    let name = written.alert.saturation.valid()?;
    let metric = of_type(context, name, MetricType::Gauge, "saturation is taken of a gauge", &written.path, findings)?;
    let above = share(written, findings);
    let written_max = context.manifest.metrics.get(&metric.name).map(|m| &m.value.max);
    if written_max.is_some_and(crate::source::Lenient::is_invalid) {
        return None;
    }
    let Some(max) = metric.max.clone() else {
        let message = format!("`{}` does not say where it is full", metric.name);
        findings.add(
            Diagnostic::error(MISSING_KEY, name.span, message)
                .related(metric.span, "declared here")
                .help("add `max: <number>` to the metric")
                .path(&*written.path),
        );
        return None;
    };
    if matches!(&max, Capacity::Number(max) if *max <= Decimal::ZERO) {
        let place = written_max.and_then(crate::source::Lenient::span).unwrap_or(metric.span);
        findings.add(
            Diagnostic::error(INVALID, place, format!("the maximum of `{}` is not above zero", metric.name))
                .path(format!("metrics.{}.max", metric.name)),
        );
        return None;
    }
    let window = window(context, written, findings);
    Some(Saturation { service: context.name.clone(), metric, max, job: context.job.clone(), above: above?, window })
}

pub(super) fn free(context: &Context, written: &Written, findings: &mut Findings) -> Option<Free> {
    let text = written.alert.expr.valid()?;
    let expr = context.parse(&text.value.0, text.span, &format!("alerts.{}.expr", written.name), findings)?;
    let found = crate::promql::value_type(&expr);
    if found != ValueType::Vector {
        let help = match found {
            ValueType::Matrix => "take a function of it, as in `rate(…)`, and compare",
            ValueType::Scalar => "compare series, or wrap it: `vector(…)`",
            _ => "write a condition over series, as in `up == 0`",
        };
        findings.add(
            Diagnostic::error("promql-type", text.span, format!("an alert's expression must be an instant vector, and this is a {found}"))
                .help(help)
                .path(format!("{}.expr", written.path)),
        );
        return None;
    }
    check_own_metrics(context, written, &expr, findings);
    Some(Free { service: context.name.clone(), name: written.name.to_owned(), expr, metrics: context.metrics.clone() })
}

/// Metrics of the service's own job are declared, or do not exist.
fn check_own_metrics(context: &Context, written: &Written, expr: &crate::promql::Expr, findings: &mut Findings) {
    for found in crate::promql::walk::selectors(expr) {
        let Some(name) = found.selector.metric_name() else { continue };
        let own = found
            .selector
            .matchers
            .iter()
            .any(|m| m.label.text == "job" && m.op == crate::promql::ast::MatchOp::Equal && m.value == context.job);
        let base = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let built_in = name == "up" || name.starts_with("scrape_") || name.starts_with("ALERTS") || name.contains(':');
        if own && !built_in && !context.manifest.metrics.contains_key(name) && !context.manifest.metrics.contains_key(base) {
            let span = written.alert.expr.span().unwrap_or(written.span);
            let finding = Diagnostic::error(
                "unknown-metric",
                span,
                format!("the manifest declares no metric `{name}`, and the job `{}` is its own", context.job),
            )
            .path(&*written.path);
            findings.add(match did_you_mean(name, context.metrics.keys().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("declare it under `metrics:`"),
            });
        }
    }
}

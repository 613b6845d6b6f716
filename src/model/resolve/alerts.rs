//! Alerts: each becomes a signal with a condition that can hold, or a finding that says why it cannot.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::service::Context;
use super::{Findings, INVALID, owned};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::Manifest;
use crate::manifest::alerts::{self as written, Severity};
use crate::manifest::metrics::{Capacity, MetricType, MetricUnit};
use crate::manifest::scalars::{Duration, LabelName, MetricName, Percent, Text, Threshold, shorten};
use crate::manifest::stack::Version;
use crate::model::alert::{Alert, Group, Words, segment};
use crate::model::catalogue::Metric;
use crate::model::routing::Routing;
use crate::model::signals::{Absent, Bad, Burn, Down, Events, Free, Objective, Quantile, Ratio, Saturation, Signal, tiers};
use crate::model::synthetic::Labels;
use crate::model::text::Sentence;
use crate::model::values::anchored;
use crate::promql::ValueType;
use crate::source::{Entries, MISSING_KEY, OneOrMany, Span, Spanned};

const KINDS: [&str; 8] = ["ratio", "quantile", "down", "absent", "saturation", "burn", "expr", "log"];

/// What is known of an alert before its kind is looked at.
pub(super) struct Written<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) alert: &'a written::Alert,
    pub(super) path: String,
}

/// Every alert of the manifest that could be understood. Names that only switch a generated alert off, or change one,
/// are left to whoever generates it.
pub(super) fn resolve(context: &Context, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let mut all = Vec::new();
    for (name, alert) in context.manifest.alerts.valid() {
        let written = Written { name: &name.value, span: name.span, alert: &alert.value, path: format!("alerts.{}", name.value) };
        if !check_name(&written, findings) || super::safety::is_generated(context, &name.value) && kinds(&alert.value).is_empty() {
            continue;
        }
        if alert.value.disabled.value() == Some(&true) {
            let message = format!("nothing generates an alert `{}`, so there is nothing to switch off", name.value);
            let finding = Diagnostic::error(INVALID, name.span, message).path(written.path);
            let generated = super::safety::generated(context);
            findings.add(match did_you_mean(&name.value, generated.iter().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("take it away: an alert of the manifest's own need only not be written"),
            });
            continue;
        }
        all.extend(one(context, &written, objectives, findings));
    }
    all
}

fn check_name(written: &Written, findings: &mut Findings) -> bool {
    let fine = !written.name.is_empty()
        && written.name.len() <= 128
        && written.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | ' '));
    if !fine {
        let message = format!("`{}` cannot name an alert", shorten(written.name));
        findings.add(
            Diagnostic::error(INVALID, written.span, message)
                .help("use at most 128 letters, digits, `_`, `-`, `:`, `.` and spaces, as in `HighErrorRate`")
                .path("alerts"),
        );
    }
    fine
}

/// The kinds that an alert says it is of, with the places where it says so.
fn kinds(alert: &written::Alert) -> Vec<(&'static str, Span)> {
    let said = [
        alert.ratio.span(),
        alert.quantile.span(),
        alert.down.span(),
        alert.absent.span(),
        alert.saturation.span(),
        alert.burn.span(),
        alert.expr.span(),
        alert.log.span(),
    ];
    KINDS.into_iter().zip(said).filter_map(|(kind, span)| span.map(|span| (kind, span))).collect()
}

/// Whether it says of one kind only that it is of it; of more, it is said elsewhere.
pub(super) fn is_of_one_kind(written: &Written) -> bool {
    kinds(written.alert).len() == 1
}

fn one(context: &Context, written: &Written, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let alert = written.alert;
    let said = kinds(alert);
    let kind = match said.as_slice() {
        [(kind, _)] => *kind,
        [] => {
            let unreadable = [
                alert.ratio.is_invalid(),
                alert.quantile.is_invalid(),
                alert.down.is_invalid(),
                alert.absent.is_invalid(),
                alert.saturation.is_invalid(),
                alert.burn.is_invalid(),
                alert.expr.is_invalid(),
                alert.log.is_invalid(),
            ];
            if !unreadable.contains(&true) {
                let list = KINDS.map(|k| format!("`{k}`")).join(", ");
                findings.add(
                    Diagnostic::error("alert-kind", written.span, format!("the alert `{}` has no kind", written.name))
                        .help(format!("add one of {list}"))
                        .path(&*written.path),
                );
            }
            return Vec::new();
        }
        [(first, one), (second, two), ..] => {
            let message = format!("the alert `{}` is of two kinds, `{first}` and `{second}`", written.name);
            findings.add(
                Diagnostic::error("alert-kind", *two, message)
                    .related(*one, format!("here it is `{first}`"))
                    .help("make two alerts of it")
                    .path(&*written.path),
            );
            return Vec::new();
        }
    };
    check_strays(written, kind, findings);
    if kind == "log" {
        // Loki watches it, and not Prometheus.
        return Vec::new();
    }
    if kind == "burn" {
        return burn(context, written, objectives, findings);
    }
    let signal: Option<Box<dyn Signal>> = match kind {
        "ratio" => ratio(context, written, findings).map(|s| Box::new(s) as _),
        "quantile" => quantile(context, written, findings).map(|s| Box::new(s) as _),
        "down" => down(context, written, findings).map(|s| Box::new(s) as _),
        "absent" => absent(context, written, findings).map(|s| Box::new(s) as _),
        "saturation" => saturation(context, written, findings).map(|s| Box::new(s) as _),
        _ => free(context, written, findings).map(|s| Box::new(s) as _),
    };
    let severity = severity(written, findings);
    match (signal, severity) {
        (Some(signal), Some(severity)) => vec![finish(context, written, Group::Alerts, signal, Duration(0), &severity, findings)],
        _ => Vec::new(),
    }
}

/// Keys that say nothing about an alert of its kind.
fn check_strays(written: &Written, kind: &str, findings: &mut Findings) {
    let alert = written.alert;
    let bad = alert.bad.keys().next().map(|k| k.span);
    let keys = [
        ("bad", bad, &["ratio"][..]),
        ("of", alert.of.span(), &["quantile"]),
        ("above", alert.above.span(), &["ratio", "quantile", "saturation", "log"]),
        ("window", alert.window.span(), &["ratio", "quantile", "saturation", "log"]),
        ("min_bad", alert.min_bad.span(), &["ratio"]),
        ("keep_firing_for", alert.keep_firing_for.span(), &KINDS[..7]),
    ];
    for (key, span, kinds) in keys {
        if let Some(span) = span.filter(|_| !kinds.contains(&kind)) {
            let message = format!("`{key}` says nothing about an alert of the kind `{kind}`");
            findings.add(
                Diagnostic::error("alert-kind", span, message).help("take it away, or give the alert another kind").path(&*written.path),
            );
        }
    }
}

/// The one severity of an alert.
pub(super) fn severity(written: &Written, findings: &mut Findings) -> Option<String> {
    match written.alert.severity.valid() {
        Some(Spanned { value: Severity::One(severity), .. }) => Some(severity.clone()),
        Some(Spanned { span, .. }) => {
            findings.add(
                Diagnostic::error(INVALID, *span, "only `burn` has a severity for each tier")
                    .help("write one, as in `severity: critical`")
                    .path(&*written.path),
            );
            None
        }
        None => {
            if written.alert.severity.is_missing() {
                let message = format!("the alert `{}` has no `severity`, so it cannot be routed", written.name);
                findings.add(
                    Diagnostic::error("missing-severity", written.span, message)
                        .help("add `severity: critical` or `severity: warning`")
                        .path(&*written.path),
                );
            }
            None
        }
    }
}

/// Puts an alert together: its labels and its texts.
pub(super) fn finish(
    context: &Context,
    written: &Written,
    group: Group,
    signal: Box<dyn Signal>,
    hold: Duration,
    severity: &str,
    findings: &mut Findings,
) -> Alert {
    let alert = written.alert;
    let (own_labels, words) = dress(context, written, findings);
    let hold = alert.hold.value().copied().unwrap_or(hold);
    Alert {
        name: written.name.to_owned(),
        group,
        signal,
        hold,
        keep_firing: alert.keep_firing_for.value().copied(),
        severity: severity.to_owned(),
        shared_labels: context.labels.clone(),
        own_labels,
        words,
        span: written.span,
    }
}

/// An alert's own labels and its words.
pub(super) fn dress(context: &Context, written: &Written, findings: &mut Findings) -> (Labels, Words) {
    let alert = written.alert;
    let mut labels = Labels::new();
    for (label, value) in alert.labels.valid() {
        match LabelName::parse(label) {
            Ok(_) if ["service", "severity", "alertname", "job", "slo", "burn"].contains(&label.value.as_str()) => {
                findings.add(
                    Diagnostic::error(INVALID, label.span, format!("the label `{}` is set by obsgen or by Prometheus", label.value))
                        .path(&*written.path),
                );
            }
            Ok(_) => drop(labels.insert(label.value.clone(), owned(value))),
            Err(why) => findings.add(Diagnostic::error(INVALID, label.span, why).path(&*written.path)),
        }
    }
    let own = |text: &crate::source::Lenient<Text>| text.value().map(|text| Sentence::new(text.0.clone()));
    let runbook = runbook(context, written).map(|url| ("runbook_url".to_owned(), Sentence::new(url)));
    let dashboard = dashboard_url(context).map(|url| ("dashboard_url".to_owned(), Sentence::new(url)));
    let mut more: Vec<_> = runbook.into_iter().chain(dashboard).collect();
    for (name, text) in alert.annotations.valid() {
        match LabelName::parse(name) {
            Ok(_) if ["summary", "description"].contains(&name.value.as_str()) || more.iter().any(|(known, _)| *known == name.value) => {
                findings.add(
                    Diagnostic::error(INVALID, name.span, format!("the annotation `{}` is written by obsgen", name.value))
                        .help("`summary`, `description` and `runbook` are keys of the alert")
                        .path(&*written.path),
                );
            }
            Ok(_) => more.push((name.value.clone(), Sentence::new(owned(text)))),
            Err(why) => findings.add(Diagnostic::error(INVALID, name.span, why).path(&*written.path)),
        }
    }
    (labels, Words { summary: own(&alert.summary), description: own(&alert.description), more })
}

fn runbook(context: &Context, written: &Written) -> Option<String> {
    if let Some(url) = written.alert.runbook.valid() {
        return Some(owned(url));
    }
    let base = context.manifest.service.value()?.runbooks.valid().map(owned)?;
    Some(format!("{}/{}", base.trim_end_matches('/'), segment(written.name)))
}

/// The dashboard as people reach it: the manifest's link, or the uid below Grafana's URL.
fn dashboard_url(context: &Context) -> Option<String> {
    let links = context.manifest.service.value().and_then(|s| s.links.value());
    if let Some(url) = links.and_then(|l| l.dashboard.valid()) {
        return Some(owned(url));
    }
    let grafana = context.stack.grafana_url.as_ref()?;
    Some(format!("{}/d/{}", grafana.trim_end_matches('/'), super::dashboard::uid(context)))
}

/// A counter of the catalogue.
pub(super) fn counter(context: &Context, name: &Spanned<MetricName>, path: &str, findings: &mut Findings) -> Option<Arc<Metric>> {
    of_type(context, name, MetricType::Counter, "a share of events is taken of a counter", path, findings)
}

/// A histogram of the catalogue.
pub(super) fn histogram(context: &Context, name: &Spanned<MetricName>, path: &str, findings: &mut Findings) -> Option<Arc<Metric>> {
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

fn of_type(
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
pub(super) fn bad_events(
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
fn unit_fits(metric: &Metric, threshold: &Spanned<Threshold>, path: &str, findings: &mut Findings) -> Option<()> {
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
pub(super) fn on_a_bound(
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

fn share(written: &Written, findings: &mut Findings) -> Option<Percent> {
    let above = needed_above(written, "above: 5%", findings)?;
    let Threshold::Percent(percent) = above.value else {
        findings.add(
            Diagnostic::error("unit-mismatch", above.span, format!("`{}` is not a share", above.value))
                .help("write a percentage, as in `above: 5%`")
                .path(&*written.path),
        );
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

fn ratio(context: &Context, written: &Written, findings: &mut Findings) -> Option<Ratio> {
    let metric = counter(context, written.alert.ratio.valid()?, &written.path, findings);
    let bad = metric.as_ref().and_then(|metric| bad_events(metric, &written.alert.bad, written.span, &written.path, findings));
    let above = share(written, findings);
    let window = window(context, written, findings);
    let events = Events::new(metric?, context.job.clone(), bad?);
    Some(Ratio {
        service: context.name.clone(),
        events,
        above: above?,
        window,
        min_bad: written.alert.min_bad.value().copied().unwrap_or(3),
    })
}

fn quantile(context: &Context, written: &Written, findings: &mut Findings) -> Option<Quantile> {
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

fn down(context: &Context, written: &Written, findings: &mut Findings) -> Option<Down> {
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

fn absent(context: &Context, written: &Written, findings: &mut Findings) -> Option<Absent> {
    let name = written.alert.absent.valid()?;
    let metric = context.metric(&name.value.0, name.span, &written.path, findings)?;
    Some(Absent { service: context.name.clone(), metric, job: context.job.clone() })
}

fn saturation(context: &Context, written: &Written, findings: &mut Findings) -> Option<Saturation> {
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

fn free(context: &Context, written: &Written, findings: &mut Findings) -> Option<Free> {
    let text = written.alert.expr.valid()?;
    let expr = context.parse(&text.value.0, &["alerts", written.name, "expr"], findings)?;
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

fn burn(context: &Context, written: &Written, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let Some(name) = written.alert.burn.valid() else { return Vec::new() };
    let Some(objective) = objectives.iter().find(|o| o.name == name.value.0) else {
        if !context.manifest.objectives.contains_key(&name.value.0) {
            let finding =
                Diagnostic::error("unknown-objective", name.span, format!("the manifest has no objective `{}`", shorten(&name.value.0)))
                    .path(&*written.path);
            findings.add(match did_you_mean(&name.value.0, objectives.iter().map(|o| o.name.as_str())) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("declare it under `objectives:`"),
            });
        }
        return Vec::new();
    };
    let (fast, slow) = match written.alert.severity.value() {
        Some(Severity::One(severity)) => (severity.clone(), severity.clone()),
        Some(Severity::Tiers { fast, slow }) => (fast.value.clone(), slow.value.clone()),
        None => ("critical".to_owned(), "warning".to_owned()),
    };
    if let Some(hold) = written.alert.hold.span() {
        findings.add(
            Diagnostic::error("alert-kind", hold, "each tier of `burn` has a `for` of its own").help("take it away").path(&*written.path),
        );
    }
    burn_alerts(context, written, objective, &fast, &slow, findings)
}

/// An alert for each tier of an objective that can fire.
pub(super) fn burn_alerts(
    context: &Context,
    written: &Written,
    objective: &Arc<Objective>,
    fast: &str,
    slow: &str,
    findings: &mut Findings,
) -> Vec<Alert> {
    let tier_alert = |tier: crate::model::signals::Tier| {
        let severity = if tier.fast { fast } else { slow };
        let signal = Box::new(Burn { objective: objective.clone(), tier });
        let mut alert = finish(context, written, Group::Objectives, signal, tier.hold, severity, &mut Findings::default());
        alert.hold = tier.hold;
        alert.own_labels.extend([("slo".to_owned(), objective.name.clone()), ("burn".to_owned(), tier.name.to_owned())]);
        alert
    };
    // The labels and annotations are the same for all tiers; what is wrong with them is said once.
    if let Some(tier) = tiers(objective).first() {
        finish(
            context,
            written,
            Group::Objectives,
            Box::new(Burn { objective: objective.clone(), tier: *tier }),
            tier.hold,
            fast,
            findings,
        );
    }
    tiers(objective).into_iter().map(tier_alert).collect()
}

/// Every severity reaches somebody.
pub(super) fn check_severities<'a>(
    alerts: impl Iterator<Item = (&'a str, &'a str, Span)>,
    manifest: &Manifest,
    routing: Option<&Routing>,
    findings: &mut Findings,
) {
    let Some(routing) = routing else {
        if manifest.routing.is_missing() {
            let span = manifest.service.value().and_then(|s| s.name.span()).unwrap_or_default();
            findings.add(
                Diagnostic::info(
                    "no-routing",
                    span,
                    "the manifest has no `routing`, so no `alertmanager.yml` is rendered and nobody is told",
                )
                .help("add `routing: { receivers: { critical: … } }`")
                .path("routing"),
            );
        }
        return;
    };
    let mut said: Vec<&str> = Vec::new();
    for (name, severity, span) in alerts {
        let known = routing.default.is_some() || severity == "none" || routing.receivers.iter().any(|(receiver, _)| receiver == severity);
        if !known && !said.contains(&severity) {
            said.push(severity);
            let receivers: Vec<&str> = routing.receivers.iter().map(|(severity, _)| severity.as_str()).collect();
            let finding = Diagnostic::error(
                "no-receiver",
                manifest.alerts.get(name).and_then(|written| written.value.severity.span()).unwrap_or(span),
                format!("`{name}` has the severity `{severity}`, and no receiver takes it"),
            )
            .related(routing.span, "the receivers");
            findings.add(match did_you_mean(severity, receivers) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help(format!("add `{severity}:` to `routing.receivers`, or a `routing.default`")),
            });
        }
    }
}

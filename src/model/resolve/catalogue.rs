//! The catalogue: what each metric's declaration means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::manifest::metrics::{self as written, Capacity, MetricType, MetricUnit, Presence};
use crate::manifest::scalars::{LabelName, MetricName};
use crate::model::catalogue::{Label, Metric};
use crate::model::values::{Values, anchored};
use crate::source::{Span, Spanned};

/// Every metric that could be understood.
pub(super) fn resolve(manifest: &Manifest, findings: &mut Findings) -> BTreeMap<String, Arc<Metric>> {
    let mut all = BTreeMap::new();
    for (name, metric) in manifest.metrics.valid() {
        if let Some(metric) = one(name, &metric.value, findings) {
            all.insert(name.value.clone(), Arc::new(metric));
        }
    }
    for (name, metric) in manifest.metrics.valid() {
        if let Some(Capacity::Metric(max)) = metric.value.max.value() {
            let known = all.get(&max.0).is_some_and(|m| m.kind == MetricType::Gauge);
            if !known {
                let span = metric.value.max.span().unwrap_or(name.span);
                findings.add(
                    Diagnostic::error("unknown-metric", span, format!("the manifest declares no gauge `{}`", max.0))
                        .path(format!("metrics.{}.max", name.value)),
                );
            }
        }
    }
    all
}

fn one(name: &Spanned<String>, metric: &written::Metric, findings: &mut Findings) -> Option<Metric> {
    let path = format!("metrics.{}", name.value);
    if let Err(why) = MetricName::parse(name) {
        findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
        return None;
    }
    let Some(kind) = metric.kind.value().copied() else {
        if metric.kind.is_missing() {
            let missing = Diagnostic::error(crate::source::MISSING_KEY, name.span, format!("the metric `{}` has no `type`", name.value));
            findings.add(missing.help("say `type: counter`, `gauge`, `histogram` or `summary`").path(path));
        }
        return None;
    };
    let reserved = ["up", "ALERTS", "ALERTS_FOR_STATE", "scrape_duration_seconds", "scrape_samples_scraped", "probe_success"];
    if reserved.contains(&name.value.as_str()) {
        findings.add(Diagnostic::error(INVALID, name.span, format!("`{}` is a series of Prometheus's own", name.value)).path(path));
        return None;
    }
    let native = metric.native.value().copied().unwrap_or(false);
    let labels = labels(name, metric, kind, findings);
    let buckets = buckets(name, metric, kind, native, findings);
    Some(Metric {
        name: name.value.clone(),
        kind,
        help: metric.help.valid().map(owned),
        labels,
        buckets,
        native,
        unit: metric.unit.value().copied().unwrap_or_else(|| unit_of_name(&name.value)),
        max: metric.max.value().cloned(),
        always: metric.presence.value().copied().unwrap_or_default() == Presence::Always,
        max_series: metric.max_series.value().copied(),
        allow: metric.allow.value().into_iter().flatten().filter_map(|rule| rule.value()).map(|rule| rule.0.clone()).collect(),
        span: name.span,
        buckets_span: metric.buckets.span(),
    })
}

/// The unit that a name ends in (Prometheus naming practice).
fn unit_of_name(name: &str) -> MetricUnit {
    let base = name.strip_suffix("_total").unwrap_or(name);
    match base.rsplit('_').next() {
        Some("seconds") => MetricUnit::Seconds,
        Some("bytes") => MetricUnit::Bytes,
        Some("ratio") => MetricUnit::Ratio,
        _ => MetricUnit::None,
    }
}

fn labels(name: &Spanned<String>, metric: &written::Metric, kind: MetricType, findings: &mut Findings) -> BTreeMap<String, Label> {
    let mut all = BTreeMap::new();
    let mut roles: BTreeMap<written::LabelRole, Span> = BTreeMap::new();
    for (label, declared) in metric.labels.valid() {
        let path = format!("metrics.{}.labels.{}", name.value, label.value);
        if let Err(why) = LabelName::parse(label) {
            findings.add(Diagnostic::error(INVALID, label.span, why).path(path));
            continue;
        }
        let taken = match label.value.as_str() {
            "job" | "instance" => Some("Prometheus sets it for every target, so an exposed one becomes `exported_…`"),
            "le" if kind == MetricType::Histogram => Some("the buckets of a histogram set it"),
            "quantile" if kind == MetricType::Summary => Some("the quantiles of a summary set it"),
            "le" | "quantile" => Some("it is kept for the buckets of histograms and the quantiles of summaries"),
            _ => None,
        };
        if let Some(why) = taken {
            findings.add(
                Diagnostic::error("reserved-label", label.span, format!("the label `{}` cannot be declared: {why}", label.value))
                    .path(path),
            );
            continue;
        }
        let role = declared.value.role.value().copied();
        if let Some(role) = role {
            let here = declared.value.role.span().unwrap_or(label.span);
            if let Some(first) = roles.insert(role, here) {
                let message = format!("two labels of `{}` have the role `{}`", name.value, role.name());
                findings.add(
                    Diagnostic::error(INVALID, here, message)
                        .related(first, "the other label")
                        .help("a role belongs to one label of a metric")
                        .path(path.clone()),
                );
            }
        }
        let values = values(&declared.value, role, label.span, &path, findings);
        all.insert(label.value.clone(), Label { values, role, optional: declared.value.optional.value().copied().unwrap_or(false) });
    }
    all
}

fn values(declared: &written::Label, role: Option<written::LabelRole>, at: Span, path: &str, findings: &mut Findings) -> Values {
    if let (Some(values), Some(pattern)) = (declared.values.valid(), declared.pattern.valid()) {
        let message = "a label has either `values` or a `pattern`";
        findings.add(Diagnostic::error(INVALID, pattern.span, message).related(values.span, "the values").path(path));
    }
    if let Some(values) = declared.values.valid() {
        let mut known = BTreeSet::new();
        for value in values.value.iter().filter_map(|v| v.valid()) {
            if !known.insert(value.value.0.clone()) {
                findings.add(Diagnostic::error(INVALID, value.span, format!("`{}` is listed twice", value.value.0)).path(path));
            }
            if role == Some(written::LabelRole::HttpStatus) && !Values::Status.allow(&value.value.0) {
                findings.add(
                    Diagnostic::error("impossible-value", value.span, format!("`{}` is no HTTP status", value.value.0))
                        .help("values of an `http_status` label are 100 to 599")
                        .path(path),
                );
            }
        }
        if known.is_empty() && values.value.iter().all(|v| v.valid().is_some()) {
            findings.add(Diagnostic::error(INVALID, values.span, "the list of values is empty").path(path));
        }
        return Values::Listed(values.value.iter().filter_map(|v| v.valid().map(owned)).collect());
    }
    let Some(pattern) = declared.pattern.valid() else { return Values::of_role(role) };
    let text = pattern.value.0.clone();
    match crate::promql::regex::check(&text).map_err(|error| error.message).and_then(|()| anchored(&text)) {
        Ok(regex) => Values::Pattern { text, regex },
        Err(why) => {
            let place = if pattern.span == Span::default() { at } else { pattern.span };
            findings
                .add(Diagnostic::error(INVALID, place, why).help("patterns are RE2 regular expressions, anchored at both ends").path(path));
            Values::Any
        }
    }
}

fn buckets(name: &Spanned<String>, metric: &written::Metric, kind: MetricType, native: bool, findings: &mut Findings) -> Vec<Decimal> {
    let path = format!("metrics.{}.buckets", name.value);
    let is_histogram = kind == MetricType::Histogram;
    let Some(written) = metric.buckets.valid() else {
        if is_histogram && !native && metric.buckets.is_missing() && !metric.native.is_invalid() {
            let missing =
                Diagnostic::error(crate::source::MISSING_KEY, name.span, format!("the histogram `{}` has no `buckets`", name.value));
            findings.add(missing.help("list their upper bounds, as in `buckets: [0.1, 0.5, 1, 5]`, or say `native: true`").path(path));
        }
        return Vec::new();
    };
    if !is_histogram || native {
        let what = if native { "a native histogram".to_owned() } else { format!("a {}", kind.name()) };
        findings.add(Diagnostic::error(INVALID, written.span, format!("{what} has no declared buckets")).path(path));
        return Vec::new();
    }
    let bounds: Vec<&Spanned<written::Bound>> = written.value.iter().filter_map(|b| b.valid()).collect();
    if bounds.is_empty() && written.value.is_empty() {
        findings.add(
            Diagnostic::error("metric-buckets", written.span, "the list of buckets is empty")
                .help("a histogram needs at least one finite bound")
                .path(path.clone()),
        );
    }
    // Of a list with an unreadable bound nobody can say what is between two others.
    if bounds.len() < written.value.len() {
        return Vec::new();
    }
    for pair in bounds.windows(2) {
        if let [low, high] = pair
            && high.value <= low.value
        {
            let message = format!("the bound {} does not follow {}", high.value.0, low.value.0);
            findings.add(
                Diagnostic::error("metric-buckets", high.span, message)
                    .related(low.span, "the bound before it")
                    .help("bounds must rise, each written once")
                    .path(path.clone()),
            );
        }
    }
    bounds.iter().map(|b| b.value.0).collect()
}

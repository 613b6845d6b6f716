//! The catalogue of a manifest: what of it lint asks for.

use crate::lint::world::declared::{
    Catalogue, CatalogueJob, DeclaredAlert, DeclaredLogging, Evidence, Label, Metric, MetricType, Objective,
};
use crate::lint::world::values::Values;
use crate::manifest::Manifest;
use crate::manifest::alerts::Severity;
use crate::manifest::metrics::{self as written, LabelRole, MetricUnit};
use crate::manifest::scalars::{Text, Threshold};
use crate::manifest::scrape::Scheme;
use crate::manifest::telemetry::{LogFormat, Logging};
use crate::source::{Entries, Lenient, OneOrMany, Spanned};

/// What a manifest declares.
pub fn of(manifest: &Manifest) -> Option<Catalogue> {
    let service = manifest.service.value()?;
    let name = service.name.valid()?;
    let name = Spanned::new(name.value.0.clone(), name.span);
    let stack = manifest.stack.value();
    let version = stack.and_then(|s| s.prometheus.value()).and_then(|p| p.version.value());
    let kept = stack.and_then(|s| s.prometheus.value()).and_then(|p| p.retention.valid());
    let scrape = manifest.scrape.value();
    let is_static = scrape.is_some_and(|s| s.targets.valid().is_some());
    let tracing = manifest.tracing.value().and_then(|tracing| {
        let protocol = tracing.protocol.valid()?;
        let word = match protocol.value {
            crate::manifest::telemetry::OtlpProtocol::Grpc => "grpc",
            crate::manifest::telemetry::OtlpProtocol::HttpProtobuf => "http/protobuf",
        };
        Some((Spanned::new(word.to_owned(), protocol.span), words(tracing.endpoint.valid()?)))
    });
    Some(Catalogue {
        evidence: Evidence::Manifest,
        jobs: jobs(manifest, &name),
        metrics: manifest.metrics.valid().filter_map(|(name, metric)| self::metric(name, &metric.value)).collect(),
        alerts: manifest.alerts.valid().map(|(name, alert)| self::alert(name, &alert.value, manifest)).collect(),
        objectives: manifest.objectives.valid().filter_map(|(name, objective)| self::objective(name, &objective.value)).collect(),
        rendered: Vec::new(),
        snapshot: None,
        target_labels: is_static.then(Vec::new),
        retention: kept.map(|kept| Spanned::new(kept.value.millis(), kept.span)),
        prometheus_version: version.map(|v| (v.major, v.minor)),
        alertmanager_version: stack.and_then(|s| s.alertmanager.value()).and_then(|a| a.version.value()).map(|v| (v.major, v.minor)),
        blackbox_version: stack.and_then(|s| s.blackbox.value()).and_then(|b| b.version.value()).map(|v| (v.major, v.minor)),
        tracing,
        logging: manifest.logging.value().map(logging),
        service: name,
    })
}

fn logging(written: &Logging) -> DeclaredLogging {
    let all = |texts: &Lenient<Vec<Lenient<Text>>>| -> Vec<Spanned<String>> {
        texts.value().into_iter().flatten().filter_map(|text| text.valid().map(words)).collect()
    };
    let plain = written.format.value() == Some(&LogFormat::Text);
    DeclaredLogging { plain, fields: all(&written.metadata), redacted: all(&written.redact) }
}

fn words(text: &Spanned<Text>) -> Spanned<String> {
    Spanned::new(text.value.0.clone(), text.span)
}

fn list(texts: &Lenient<Vec<Lenient<Text>>>) -> Vec<String> {
    texts.value().into_iter().flatten().filter_map(|text| text.value()).map(|text| text.0.clone()).collect()
}

fn jobs(manifest: &Manifest, service: &Spanned<String>) -> Vec<CatalogueJob> {
    let mut jobs = Vec::new();
    if let Some(scrape) = manifest.scrape.valid() {
        let named = manifest.service.value().and_then(|s| s.job.valid()).map(words);
        jobs.push(CatalogueJob {
            name: named.unwrap_or_else(|| service.clone()),
            interval: Some(scrape.value.interval.value().map_or(15_000, |interval| interval.millis())),
            path: Some(scrape.value.path.value().map_or_else(|| "/metrics".to_owned(), |path| path.0.clone())),
            targets: list(&scrape.value.targets),
            scheme: Some(match scrape.value.scheme.value() {
                Some(Scheme::Https) => "https".to_owned(),
                _ => "http".to_owned(),
            }),
        });
    }
    let other = |name: Spanned<String>, targets: Vec<String>| CatalogueJob { name, interval: None, path: None, targets, scheme: None };
    let is_probed = manifest.stack.value().is_some_and(|s| s.blackbox.valid().is_some());
    if is_probed && let Some(health) = manifest.health.valid() {
        jobs.push(other(Spanned::new(format!("{}-probe", service.value), health.span), Vec::new()));
    }
    for (name, dependency) in manifest.dependencies.valid() {
        let Some(exporter) = dependency.value.exporter.value() else { continue };
        let job = dependency.value.job.valid().map_or_else(|| Spanned::new(format!("{}-{}", service.value, name.value), name.span), words);
        jobs.push(other(job, vec![exporter.0.clone()]));
    }
    jobs
}

fn metric(name: &Spanned<String>, metric: &written::Metric) -> Option<Metric> {
    let kind = match metric.kind.value()? {
        written::MetricType::Counter => MetricType::Counter,
        written::MetricType::Gauge => MetricType::Gauge,
        written::MetricType::Histogram => MetricType::Histogram,
        written::MetricType::Summary => MetricType::Summary,
    };
    let unit = metric.unit.value().and_then(|unit| match unit {
        MetricUnit::Seconds => Some("seconds"),
        MetricUnit::Bytes => Some("bytes"),
        MetricUnit::Ratio => Some("ratio"),
        MetricUnit::None => None,
    });
    let bounds = |list: &Spanned<Vec<Lenient<written::Bound>>>| {
        let bounds = list.value.iter().filter_map(|bound| bound.value()).filter_map(|bound| bound.0.try_into().ok()).collect();
        Spanned::new(bounds, list.span)
    };
    Some(Metric {
        name: name.clone(),
        kind,
        labels: labels(&metric.labels),
        open: false,
        buckets: metric.buckets.valid().map(bounds),
        series: Vec::new(),
        spelt: Vec::new(),
        quantiles: Vec::new(),
        native: metric.native.value().copied().unwrap_or(false),
        max: metric.max.value().and_then(|max| match max {
            written::Capacity::Number(number) => f64::try_from(*number).ok(),
            written::Capacity::Metric(_) => None,
        }),
        values: metric
            .help
            .value()
            .filter(|_| kind == MetricType::Gauge)
            .map_or_else(Values::default, |help| Values::said(&name.value, &help.0)),
        unit: unit.map(str::to_owned),
        allow: list(&metric.allow),
    })
}

fn labels(labels: &Entries<written::Label>) -> Vec<Label> {
    let one = |(name, label): (&Spanned<String>, &Spanned<written::Label>)| {
        let listed = label.value.values.valid().map(|_| list(&label.value.values));
        let is_status = label.value.role.value() == Some(&LabelRole::HttpStatus);
        let statuses = || (100..600).map(|status| status.to_string()).collect();
        Label {
            name: name.clone(),
            values: listed.or_else(|| (is_status && label.value.pattern.is_missing()).then(statuses)),
            pattern: label.value.pattern.value().map(|pattern| pattern.0.clone()),
            seen: Vec::new(),
            optional: label.value.optional.value().copied().unwrap_or(false),
        }
    };
    labels.valid().map(one).collect()
}

fn alert(name: &Spanned<String>, alert: &crate::manifest::alerts::Alert, manifest: &Manifest) -> DeclaredAlert {
    let severity = alert.severity.valid().and_then(|severity| match &severity.value {
        Severity::One(one) => Some(Spanned::new(one.clone(), severity.span)),
        Severity::Tiers { .. } => None,
    });
    // An expression of its own is compared by whoever reads it.
    let known = alert.expr.is_missing();
    let bad = alert.bad.valid().filter_map(|(label, values)| match &values.value {
        OneOrMany::One(one) => Some((label.value.clone(), Spanned::new(one.0.clone(), values.span))),
        OneOrMany::Many(_) => None,
    });
    // Without a kind, or as a burn of several tiers, it has a `for` that obsgen chooses.
    let waits_not = alert.hold.is_missing()
        && (!known
            || alert.ratio.valid().is_some()
            || alert.quantile.valid().is_some()
            || alert.down.valid().is_some()
            || alert.absent.valid().is_some()
            || alert.saturation.valid().is_some());
    let hold = alert.hold.valid().map(|hold| Spanned::new(hold.value.millis(), hold.span));
    DeclaredAlert {
        name: name.clone(),
        hold: hold.or_else(|| waits_not.then(|| Spanned::new(0, name.span))),
        severity,
        quantile: alert.quantile.valid().and_then(|q| Some(Spanned::new(f64::try_from(q.value.0).ok()?, q.span))),
        above: alert.above.valid().filter(|_| known).map(|above| {
            let measured = alert.of.value().map_or("", |of| of.0.as_str());
            Spanned::new(readings(&above.value, measured), above.span)
        }),
        bad: bad.collect(),
        saturates: alert.saturation.value().map(|gauge| gauge.0.clone()),
        down: alert.down.valid().and_then(|of| {
            let (name, dependency) = manifest.dependencies.valid().find(|(name, _)| name.value == of.value.0)?;
            let job = dependency.value.job.value().map_or_else(|| default_job(manifest, &name.value), |job| job.0.clone());
            Some(Spanned::new(job, of.span))
        }),
    }
}

/// What the job of a dependency is called where the manifest does not say.
fn default_job(manifest: &Manifest, dependency: &str) -> String {
    let service = manifest.service.value().and_then(|service| service.name.value()).map_or("", |name| name.0.as_str());
    format!("{service}-{dependency}")
}

/// A threshold in each unit that an expression may count in: that of the name of what is measured, where it says one.
fn readings(threshold: &Threshold, measured: &str) -> Vec<f64> {
    match threshold {
        Threshold::Percent(percent) => {
            let share = f64::try_from(percent.0).unwrap_or(f64::NAN);
            vec![share, share * 100.0]
        }
        Threshold::Duration(duration) => {
            let seconds = duration.millis() as f64 / 1000.0;
            if measured.ends_with("_seconds") { vec![seconds] } else { vec![seconds, seconds * 1000.0] }
        }
        Threshold::Size(bytes) => vec![*bytes as f64],
        Threshold::Number(number) => f64::try_from(*number).into_iter().collect(),
    }
}

fn objective(name: &Spanned<String>, objective: &crate::manifest::alerts::Objective) -> Option<Objective> {
    let target = objective.target.valid()?;
    let within = objective.of.value().zip(objective.within.valid());
    Some(Objective {
        name: name.clone(),
        metric: objective.ratio.value().or_else(|| objective.of.value()).map(|metric| metric.0.clone()),
        target: Spanned::new(target.value.0.try_into().ok()?, target.span),
        within: within.and_then(|(of, within)| Some((of.0.clone(), Spanned::new(within.value.value().try_into().ok()?, within.span)))),
    })
}

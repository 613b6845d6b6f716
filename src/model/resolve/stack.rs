//! The programs behind the rendered files: the same for every service of a run.

use std::collections::BTreeMap;

use super::addresses::{check_address, check_url};
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::Text;
use crate::manifest::stack::{self as written, Version};
use crate::manifest::{Located, scalars::LabelName};
use crate::model::stack::{Blackbox, Stack, current, oldest};
use crate::source::{Entries, Lenient, Span};

/// What one manifest says of the programs.
#[derive(Default)]
struct Said {
    /// Path of a key, its value as text, and its place.
    values: Vec<(&'static str, String, Span)>,
}

impl Said {
    fn note<T: ToString>(&mut self, key: &'static str, value: &Lenient<T>) {
        if let Some(value) = value.valid() {
            self.values.push((key, value.value.to_string(), value.span));
        }
    }

    fn note_text(&mut self, key: &'static str, value: &Lenient<Text>) {
        if let Some(value) = value.valid() {
            self.values.push((key, owned(value), value.span));
        }
    }
}

/// The stack that all manifests of a run agree on.
pub(super) fn resolve(manifests: &[Located], findings: &mut Findings) -> Stack {
    let mut stack = Stack::default();
    let mut known: BTreeMap<&'static str, (String, Span)> = BTreeMap::new();
    for written in manifests.iter().filter_map(|located| located.manifest.stack.value()) {
        for (key, value, span) in said(written).values {
            match known.get(key) {
                Some((first, place)) if *first != value => {
                    let clash = Diagnostic::error(
                        "stack-conflict",
                        span,
                        format!("`stack.{key}` is `{value}` here and `{first}` in another manifest of this run"),
                    )
                    .related(*place, "the other value")
                    .help("the stack exists once: say it the same way everywhere, or in one manifest only");
                    findings.add(clash.path(format!("stack.{key}")));
                }
                Some(_) => {}
                None => drop(known.insert(key, (value, span))),
            }
        }
        apply(written, &mut stack, findings);
    }
    super::feeding::resolve(manifests, &mut stack, findings);
    stack
}

fn said(stack: &written::Stack) -> Said {
    let mut said = Said::default();
    if let Some(prometheus) = stack.prometheus.value() {
        said.note("prometheus.version", &prometheus.version);
        said.note("prometheus.retention", &prometheus.retention);
        said.note_text("prometheus.url", &prometheus.url);
        said.note("prometheus.agent", &prometheus.agent);
        said.note("prometheus.shards", &prometheus.shards);
        said.note("prometheus.shard", &prometheus.shard);
        said.note_text("prometheus.replica", &prometheus.replica);
        if let Some(remote) = prometheus.remote_write.value() {
            said.note_text("prometheus.remote_write.url", &remote.url);
            if let Some(to) = remote.to.valid() {
                said.values.push(("prometheus.remote_write.to", to.value.name().to_owned(), to.span));
            }
        }
        let labels: Vec<String> = prometheus.external_labels.valid().map(|(k, v)| format!("{}={}", k.value, v.value.0)).collect();
        if let Some((key, _)) = prometheus.external_labels.iter().next() {
            said.values.push(("prometheus.external_labels", labels.join(","), key.span));
        }
    }
    if let Some(grafana) = stack.grafana.value() {
        said.note("grafana.version", &grafana.version);
        said.note_text("grafana.dashboards_path", &grafana.dashboards_path);
        said.note_text("grafana.url", &grafana.url);
    }
    if let Some(alertmanager) = stack.alertmanager.value() {
        said.note("alertmanager.version", &alertmanager.version);
        said.note_text("alertmanager.address", &alertmanager.address);
    }
    if let Some(blackbox) = stack.blackbox.value() {
        said.note("blackbox.version", &blackbox.version);
        said.note_text("blackbox.address", &blackbox.address);
    }
    if let Some(collector) = stack.collector.value() {
        said.note("collector.version", &collector.version);
        if let Some(signals) = collector.signals.valid() {
            let names: Vec<&str> = signals.value.iter().filter_map(|signal| signal.value()).map(|signal| signal.name()).collect();
            said.values.push(("collector.signals", names.join(","), signals.span));
        }
    }
    if let Some(kubernetes) = stack.kubernetes.value() {
        said.note_text("kubernetes.namespace", &kubernetes.namespace);
    }
    if let Some(mimir) = stack.mimir.value() {
        said.note_text("mimir.namespace", &mimir.namespace);
        said.note_text("mimir.tenant", &mimir.tenant);
    }
    for (key, program) in [("tempo.address", &stack.tempo), ("loki.address", &stack.loki)] {
        if let Some(program) = program.value() {
            said.note_text(key, &program.address);
        }
    }
    said
}

fn apply(written: &written::Stack, stack: &mut Stack, findings: &mut Findings) {
    if let Some(prometheus) = written.prometheus.value() {
        set_version(&mut stack.prometheus, &prometheus.version, "Prometheus", oldest::PROMETHEUS..=current::PROMETHEUS, findings);
        stack.retention = prometheus.retention.value().copied().or(stack.retention);
        stack.features.extend(prometheus.features.value().into_iter().flatten().filter_map(|f| f.value()).map(|f| f.0.clone()));
        set(&mut stack.prometheus_url, &prometheus.url);
        check_own_url(&prometheus.url, "stack.prometheus.url", findings);
        for (name, value) in prometheus.external_labels.valid() {
            match LabelName::parse(name) {
                Ok(_) => drop(stack.external_labels.insert(name.value.clone(), owned(value))),
                Err(why) => findings.add(Diagnostic::error(INVALID, name.span, why).path("stack.prometheus.external_labels")),
            }
        }
    }
    if let Some(grafana) = written.grafana.value() {
        set_version(&mut stack.grafana, &grafana.version, "Grafana", oldest::GRAFANA..=current::GRAFANA, findings);
        set(&mut stack.dashboards_path, &grafana.dashboards_path);
        check_own_url(&grafana.url, "stack.grafana.url", findings);
        stack.grafana_url = grafana.url.valid().map(owned).or(stack.grafana_url.take());
    }
    if let Some(alertmanager) = written.alertmanager.value() {
        set_version(&mut stack.alertmanager, &alertmanager.version, "Alertmanager", oldest::ALERTMANAGER..=current::ALERTMANAGER, findings);
        set_address(&mut stack.alertmanager_address, &alertmanager.address, findings);
    }
    if let Some(blackbox) = written.blackbox.value() {
        let known = stack.blackbox.get_or_insert_with(|| Blackbox { version: current::BLACKBOX, address: "localhost:9115".to_owned() });
        set_version(&mut known.version, &blackbox.version, "blackbox_exporter", oldest::BLACKBOX..=current::BLACKBOX, findings);
        set_address(&mut known.address, &blackbox.address, findings);
    }
    if let Some(collector) = written.collector.value() {
        set_version(
            &mut stack.collector,
            &collector.version,
            "the OpenTelemetry Collector",
            oldest::COLLECTOR..=current::COLLECTOR,
            findings,
        );
        if let Some(signals) = collector.signals.value() {
            stack.collector_signals = signals.iter().filter_map(|signal| signal.value().copied()).collect();
        }
    }
    if let Some(kubernetes) = written.kubernetes.value() {
        let known = &mut stack.kubernetes;
        let pairs = |entries: &Entries<Text>| entries.valid().map(|(name, value)| (name.value.clone(), owned(value))).collect::<Vec<_>>();
        known.namespace = kubernetes.namespace.valid().map(owned).or(known.namespace.take());
        known.labels.extend(pairs(&kubernetes.labels));
        known.monitor = kubernetes.monitor.value().copied().unwrap_or(known.monitor);
        known.dashboards = kubernetes.dashboards.value().copied().unwrap_or(known.dashboards);
        known.grafana_selector.extend(pairs(&kubernetes.grafana_selector));
        known.secret = kubernetes.secret.valid().map(owned).or(known.secret.take());
    }
    if let Some(mimir) = written.mimir.value() {
        stack.mimir_tenant = mimir.tenant.valid().map(owned).or(stack.mimir_tenant.take());
        stack.mimir_namespace = mimir.namespace.valid().map(owned).or(stack.mimir_namespace.take());
    }
    for (place, program) in [(&mut stack.tempo_address, &written.tempo), (&mut stack.loki_address, &written.loki)] {
        if let Some(program) = program.value() {
            set_address(place, &program.address, findings);
        }
    }
}

fn set(place: &mut String, value: &Lenient<Text>) {
    if let Some(value) = value.valid() {
        *place = owned(value);
    }
}

fn check_own_url(url: &Lenient<Text>, path: &str, findings: &mut Findings) {
    if let Some(url) = url.valid() {
        check_url(&url.value.0, url.span, path, findings);
    }
}

fn set_address(place: &mut String, value: &Lenient<Text>, findings: &mut Findings) {
    if let Some(value) = value.valid() {
        *place = owned(value);
        check_address(value, findings);
    }
}

fn set_version(
    place: &mut Version,
    written: &Lenient<Version>,
    program: &str,
    known: std::ops::RangeInclusive<Version>,
    findings: &mut Findings,
) {
    let Some(version) = written.valid() else { return };
    *place = version.value;
    let (oldest, newest) = known.into_inner();
    if version.value < oldest {
        let message = format!("{program} {} is older than what obsgen renders for", version.value);
        findings.add(Diagnostic::error("unsupported-version", version.span, message).help(format!("the oldest is {oldest}")));
    } else if version.value > newest {
        let message = format!("{program} {} is newer than what obsgen knows", version.value);
        let help = format!("the newest that it knows is {newest}; `stack` says the oldest version that must accept what is rendered");
        findings.add(Diagnostic::warning("unknown-version", version.span, message).help(help));
    }
}

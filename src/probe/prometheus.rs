//! Metrics about the checks, in Prometheus's text format: for node_exporter's textfile collector.

use std::collections::BTreeMap;

use super::code::Phase;
use super::failure::{Failure, Level};
use super::report::{CheckReport, Report, Status};

/// What `obsgen probe --format prometheus` prints.
pub fn prometheus(report: &Report) -> String {
    let mut out = String::new();
    family(&mut out, "obsgen_probe_success", "Whether a check passed.", report, |check| {
        let passed = if check.status == Status::Fail { 0.0 } else { 1.0 };
        vec![(vec![("target", check.target.to_string())], passed)]
    });
    family(&mut out, "obsgen_probe_duration_seconds", "How long the last attempt at a check took, by phase and in all.", report, durations);
    family(&mut out, "obsgen_probe_attempts", "How often a check was made.", report, |check| vec![(Vec::new(), f64::from(check.attempts))]);
    family(&mut out, "obsgen_probe_failure_info", "What is wrong with a check, at every level.", report, |check| {
        let failures = counted(check, |failure| failure.phase != Phase::Contract);
        failures.into_keys().map(|labels| (labels, 1.0)).collect()
    });
    family(&mut out, "obsgen_metrics_contract_violations", "How often a page of metrics breaks its contract.", report, |check| {
        counted(check, |failure| failure.phase == Phase::Contract).into_iter().collect()
    });
    out
}

type Labels = Vec<(&'static str, String)>;

/// A family of gauges, if there is anything of it; each series has the service and the name of its check.
fn family(out: &mut String, name: &str, help: &str, report: &Report, series: impl Fn(&CheckReport) -> Vec<(Labels, f64)>) {
    let all: Vec<_> = report.checks.iter().flat_map(|check| series(check).into_iter().map(move |one| (check, one))).collect();
    if all.is_empty() {
        return;
    }
    *out += &format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    for (check, (labels, value)) in all {
        let of_check = [("service", check.service().to_owned()), ("check", check.name.to_string())];
        let labels: Vec<String> = of_check.iter().chain(&labels).map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        *out += &format!("{name}{{{}}} {value}\n", labels.join(","));
    }
}

fn durations(check: &CheckReport) -> Vec<(Labels, f64)> {
    let phases = &check.phases;
    let all = [
        ("dns", phases.dns_ms),
        ("connect", phases.connect_ms),
        ("tls", phases.tls_ms),
        ("first_byte", phases.first_byte_ms),
        ("body", phases.body_ms),
        ("all", Some(check.duration)),
    ];
    all.into_iter().filter_map(|(phase, time)| Some((vec![("phase", phase.to_owned())], time?.seconds()))).collect()
}

/// How often each code is among the failures of a check.
fn counted(check: &CheckReport, wanted: impl Fn(&Failure) -> bool) -> BTreeMap<Labels, f64> {
    let mut all = BTreeMap::new();
    for failure in check.failures.iter().filter(|failure| wanted(failure)) {
        let level = if failure.level == Level::Fail { "fail" } else { "warn" };
        *all.entry(vec![("code", failure.code.to_string()), ("level", level.to_owned())]).or_default() += 1.0;
    }
    all
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

//! A report for people: a line per check, and below it everything that is wrong.

use super::report::{CheckReport, Failure, Kind, Phases, Report, Status};

/// Above so many checks, those that passed are only counted.
const LISTED: usize = 20;

/// What `obsgen probe` prints; service names where there are several services.
pub fn text(report: &Report) -> String {
    let several = report.checks.iter().any(|check| Some(&check.service) != report.checks.first().map(|first| &first.service));
    let name = |check: &CheckReport| if several { format!("{}/{}", check.service, check.name) } else { check.name.clone() };
    let width = report.checks.iter().map(|check| name(check).chars().count()).max().unwrap_or(0);
    let all = report.checks.len() <= LISTED;
    let mut out = String::new();
    for check in report.checks.iter().filter(|check| all || check.status != Status::Pass) {
        out += &format!("{}  {:width$}  {}\n", word(check.status), name(check), asked(check));
        out.extend(check.failures.iter().map(failure));
        out.extend(unproven(check));
    }
    let summary = &report.summary;
    out + &format!("{} passed, {} failed, {} warned\n", summary.passed, summary.failed, summary.warned)
}

/// A line about a check whose state changed while it is waited for.
pub fn changed(check: &CheckReport) -> String {
    let said = check.failures.first().map(|f| format!("{}: {}", f.code, f.detail));
    format!("{}/{}: {}", check.service, check.name, said.unwrap_or_else(|| "passes".to_owned()))
}

/// Lines about the checks that fare differently than the round before.
pub fn changes(before: &Report, after: &Report) -> String {
    let pairs = before.checks.iter().zip(&after.checks);
    let changed = pairs.filter(|(before, after)| (before.status, before.code) != (after.status, after.code));
    changed.map(|(_, after)| self::changed(after) + "\n").collect()
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASS",
        Status::Warn => "WARN",
        Status::Fail => "FAIL",
    }
}

fn asked(check: &CheckReport) -> String {
    let verb = match check.kind {
        Kind::Http => "GET",
        Kind::Tcp => "TCP",
        Kind::Grpc => "gRPC",
        Kind::Metrics => "metrics",
        Kind::Redis => "PING",
        Kind::Postgres => "SELECT 1",
    };
    let mut out = format!("{verb} {}", check.target);
    if check.duration_ms > 0.0 {
        out += &format!("  {:.1} ms", check.duration_ms);
    }
    let phases = phases(&check.phases);
    if !phases.is_empty() {
        out += &format!(" ({phases})");
    }
    if let Some(kept) = &check.metrics {
        out += &format!("  {}", kept.sentence());
    }
    if check.attempts > 1 {
        out += &format!("  attempt {}", check.attempts);
    }
    out
}

fn phases(phases: &Phases) -> String {
    let all = [
        ("dns", phases.dns_ms),
        ("connect", phases.connect_ms),
        ("tls", phases.tls_ms),
        ("first byte", phases.first_byte_ms),
        ("body", phases.body_ms),
    ];
    all.into_iter().filter_map(|(name, ms)| ms.map(|ms| format!("{name} {ms:.1}"))).collect::<Vec<_>>().join(", ")
}

fn failure(failure: &Failure) -> String {
    let code = failure.code.to_string();
    let subject = failure.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
    let mut out = format!("      {code:14} {subject}{}\n", failure.detail);
    let place = failure.place.as_ref().map(|place| format!("at {place}"));
    let declared = failure.declared.as_ref().map(|place| format!("declared at {place}"));
    let places: Vec<String> = place.into_iter().chain(declared).collect();
    if !places.is_empty() {
        out += &format!("      {:14} {}\n", "", places.join(", "));
    }
    out + &format!("      {:14} {}\n", "", failure.hint)
}

/// The metrics of which nothing is known yet.
fn unproven(check: &CheckReport) -> Option<String> {
    let names = &check.metrics.as_ref()?.unproven_metrics;
    (!names.is_empty()).then(|| format!("      unproven, as nothing was emitted yet: {}\n", names.join(", ")))
}

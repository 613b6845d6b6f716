//! A report for people: a line per check, and below it everything that is wrong.

use std::io;
use std::time::Duration;

use super::failure::Failure;
use super::job::Kind;
use super::phases::Phases;
use super::report::{CheckReport, Report, Status};

/// Above so many checks, those that passed are only counted.
const LISTED: usize = 20;

/// Writes what `obsgen probe` prints; service names where there are several services.
///
/// # Errors
/// What the writer says.
pub fn text(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let several = report.checks.iter().any(|check| Some(check.service()) != report.checks.first().map(CheckReport::service));
    let name = |check: &CheckReport| if several { format!("{}/{}", check.service(), check.name) } else { check.name.to_string() };
    // Who wants to see the heads wants to see them of every check.
    let all = report.checks.len() <= LISTED || report.checks.iter().any(|check| !check.said().is_empty());
    let listed = || report.checks.iter().filter(|check| all || check.status != Status::Pass);
    let width = listed().map(|check| name(check).chars().count()).max().unwrap_or(0);
    for check in listed() {
        writeln!(out, "{}  {:width$}  {}", word(check.status), name(check), asked(check))?;
        for line in check.said() {
            writeln!(out, "      {line}")?;
        }
        for failure in &check.failures {
            out.write_all(self::failure(failure).as_bytes())?;
        }
        out.write_all(unproven(check).unwrap_or_default().as_bytes())?;
    }
    let summary = &report.summary;
    writeln!(out, "{} passed, {} failed, {} warned", summary.passed, summary.failed, summary.warned)
}

/// How far a run is: `412 of 1000 checks, 3 failed, 4 s`.
pub fn progress(done: usize, all: usize, failed: usize, time: Duration) -> String {
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    format!("{done} of {all} checks{failed}, {} s", time.as_secs())
}

/// A line about a check whose state changed while it is waited for.
pub fn changed(check: &CheckReport) -> String {
    let said = check.failures.first().map(|f| format!("{}: {}", f.code, f.detail));
    format!("{}/{}: {}", check.service(), check.name, said.unwrap_or_else(|| "passes".to_owned()))
}

/// Lines about the checks that fare differently than the round before.
pub fn changes(before: &Report, after: &Report) -> String {
    let pairs = before.checks.iter().zip(&after.checks);
    let changed = pairs.filter(|(before, after)| (before.status, before.code()) != (after.status, after.code()));
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
    if check.duration.millis() > 0.0 {
        out += &format!("  {:.1} ms", check.duration.millis());
    }
    let phases = phases(&check.phases);
    if !phases.is_empty() {
        out += &format!(" ({phases})");
    }
    if let Some(kept) = check.metrics() {
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
    all.into_iter().filter_map(|(name, ms)| ms.map(|time| format!("{name} {:.1}", time.millis()))).collect::<Vec<_>>().join(", ")
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
    let names = &check.metrics()?.unproven_metrics;
    (!names.is_empty()).then(|| format!("      unproven, as nothing was emitted yet: {}\n", names.join(", ")))
}

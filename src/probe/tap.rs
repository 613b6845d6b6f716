//! The Test Anything Protocol, version 14: a line per check, and below one that is not well everything that is wrong.

use std::io;

use super::report::{CheckReport, Failure, Report, Status};

/// Writes what `obsgen probe --format tap` prints.
///
/// # Errors
/// What the writer says.
pub fn tap(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{}", report.checks.len())?;
    for (index, check) in report.checks.iter().enumerate() {
        let verdict = if check.status == Status::Fail { "not ok" } else { "ok" };
        writeln!(out, "{verdict} {} - {}", index + 1, described(check))?;
        if !check.failures.is_empty() {
            writeln!(out, "  ---\n  target: {}", quoted(&check.target))?;
            writeln!(out, "  failures:")?;
            check.failures.iter().try_for_each(|failure| writeln!(out, "    - {}", quoted(&sentence(failure))))?;
            writeln!(out, "  ...")?;
        }
    }
    Ok(())
}

/// A check's name; `#` would begin a directive.
fn described(check: &CheckReport) -> String {
    format!("{}/{}", check.service(), check.name).replace('#', "\\#")
}

fn sentence(failure: &Failure) -> String {
    let subject = failure.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
    format!("{}: {subject}{}; {}", failure.code, failure.detail, failure.hint)
}

/// A text as YAML takes it in any place.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

//! The Test Anything Protocol: a line per check, and below one that is not well everything that is wrong, as remarks. Blocks of
//! YAML are read by few, and each reads another part of YAML.

use std::io;

use super::failure::Failure;
use super::report::{CheckReport, Report, Status};

/// Writes what `obsgen probe --format tap` prints.
///
/// # Errors
/// What the writer says.
pub fn tap(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "TAP version 13\n1..{}", report.checks.len())?;
    for (index, check) in report.checks.iter().enumerate() {
        let verdict = if check.status == Status::Fail { "not ok" } else { "ok" };
        writeln!(out, "{verdict} {} - {}", index + 1, described(check))?;
        check.failures.iter().try_for_each(|failure| writeln!(out, "#   {}", sentence(failure)))?;
    }
    Ok(())
}

/// A check's name; `#` would begin a directive.
fn described(check: &CheckReport) -> String {
    format!("{}/{}", check.service(), check.name).replace('#', "\\#")
}

/// What is wrong, in a line: its control characters are escaped already.
fn sentence(failure: &Failure) -> String {
    let subject = failure.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
    format!("{}: {subject}{}; {}", failure.code, failure.detail, failure.hint)
}

//! JUnit's XML: a suite per service, a case per check.

use super::failure::{Failure, Level};
use super::report::{CheckReport, Report, Status};
use crate::xml::escaped;

/// What `obsgen probe --format junit` prints. What fails is one failure of its case; what is only remarked stands in its output.
pub fn junit(report: &Report) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    out += &format!("<testsuites name=\"obsgen probe\" {}>\n", counts(&report.checks));
    for suite in report.checks.chunk_by(|a, b| a.service() == b.service()) {
        let service = suite.first().map(|check| escaped(check.service())).unwrap_or_default();
        out += &format!("  <testsuite name=\"{service}\" {}>\n", counts(suite));
        out.extend(suite.iter().map(case));
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn counts(checks: &[CheckReport]) -> String {
    let failures = checks.iter().filter(|check| check.status == Status::Fail).count();
    let seconds: f64 = checks.iter().map(|check| check.duration.seconds()).sum::<f64>();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"", checks.len())
}

fn case(check: &CheckReport) -> String {
    let (service, name) = (escaped(check.service()), escaped(&check.name));
    let mut out = format!("    <testcase classname=\"{service}\" name=\"{name}\" time=\"{:.3}\">\n", check.duration.seconds());
    let failed: Vec<&Failure> = check.failures.iter().filter(|failure| failure.level == Level::Fail).collect();
    if let Some(first) = failed.first() {
        let message = escaped(&format!("{}: {}", first.code, first.detail));
        let all = escaped(&lines(&check.target, &failed));
        out += &format!("      <failure type=\"{}\" message=\"{message}\">{all}</failure>\n", first.code);
    }
    let remarks: Vec<&Failure> = check.failures.iter().filter(|failure| failure.level == Level::Warn).collect();
    if !remarks.is_empty() {
        out += &format!("      <system-out>{}</system-out>\n", escaped(&lines(&check.target, &remarks)));
    }
    out + "    </testcase>\n"
}

/// All that there is to say, a line each.
fn lines(target: &str, failures: &[&Failure]) -> String {
    let line = |failure: &&Failure| {
        let subject = failure.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
        let place = failure.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        format!("{}: {subject}{}{place}; {}", failure.code, failure.detail, failure.hint)
    };
    std::iter::once(target.to_owned()).chain(failures.iter().map(line)).collect::<Vec<_>>().join("\n")
}

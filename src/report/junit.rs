//! JUnit's XML: a suite per file with findings, a case per finding. Errors and warnings are failures, remarks are not.

use std::io;

use super::Report;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::SourceMap;
use crate::xml::escaped;

pub(super) fn write(out: &mut dyn io::Write, report: &Report, sources: &SourceMap) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    if report.diagnostics.is_empty() {
        let name = format!("no findings in {} file{}", report.files, if report.files == 1 { "" } else { "s" });
        writeln!(out, "<testsuites name=\"obsgen\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(out, "  <testsuite name=\"obsgen\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(out, "    <testcase classname=\"obsgen\" name=\"{name}\"/>\n  </testsuite>\n</testsuites>")?;
        return Ok(());
    }
    writeln!(out, "<testsuites name=\"obsgen\" {}>", counts(&report.diagnostics))?;
    for suite in report.diagnostics.chunk_by(|a, b| a.span.source == b.span.source) {
        let Some(first) = suite.first() else { continue };
        writeln!(out, "  <testsuite name=\"{}\" {}>", escaped(&sources.get(first.span.source).path), counts(suite))?;
        for diagnostic in suite {
            case(out, diagnostic, sources)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn is_failure(diagnostic: &Diagnostic) -> bool {
    diagnostic.level > Level::Info
}

fn counts(diagnostics: &[Diagnostic]) -> String {
    let failures = diagnostics.iter().filter(|d| is_failure(d)).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", diagnostics.len())
}

fn case(out: &mut dyn io::Write, diagnostic: &Diagnostic, sources: &SourceMap) -> io::Result<()> {
    let source = sources.get(diagnostic.span.source);
    let (file, line) = (escaped(&source.path), source.position(diagnostic.span.start).line);
    let object = diagnostic.path.clone().unwrap_or_else(|| format!("line {line}"));
    let name = escaped(&format!("{}: {object}", diagnostic.rule));
    writeln!(out, "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\">")?;
    let text = escaped(&text(diagnostic, sources));
    if is_failure(diagnostic) {
        let message = escaped(&diagnostic.message);
        writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{text}</failure>", diagnostic.level.name())?;
    } else {
        writeln!(out, "      <system-out>{text}</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

/// All that there is to say, a line a place.
fn text(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = sources.place(diagnostic.span);
    let mut lines = vec![format!("{place}: {}[{}] {}", diagnostic.level.name(), diagnostic.rule, diagnostic.message)];
    lines.extend(diagnostic.related.iter().map(|related| format!("{}: {}", sources.place(related.span), related.message)));
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

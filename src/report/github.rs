//! Workflow commands of GitHub Actions, one line per finding: shown as annotations on the lines of a pull request.

use std::io;

use super::Report;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::SourceMap;

pub(super) fn write(out: &mut dyn io::Write, report: &Report, sources: &SourceMap) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        writeln!(out, "::{} {}::{}", command(diagnostic.level), properties(diagnostic, sources), data(&message(diagnostic)))?;
    }
    Ok(())
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    }
}

fn properties(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let source = sources.get(diagnostic.span.source);
    let (start, end) = (source.position(diagnostic.span.start), source.position(diagnostic.span.end));
    let file = property(source.path.trim_start_matches("./"));
    let mut properties = format!("file={file},line={},endLine={}", start.line, end.line);
    // GitHub refuses columns where the lines differ.
    if start.line == end.line {
        properties += &format!(",col={},endColumn={}", start.column, end.column);
    }
    properties + &format!(",title=obsgen[{}]", property(&diagnostic.rule))
}

fn message(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// What ends a command is written in the escapes that the runner knows.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! One line per finding, as compilers and `grep -n` put it, for editors and for `cut`.

use std::io;

use super::Report;
use crate::source::SourceMap;

pub(super) fn write(out: &mut dyn io::Write, report: &Report, sources: &SourceMap) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        let message = one_line(&diagnostic.message);
        writeln!(out, "{}: {}[{}] {message}", sources.place(diagnostic.span), diagnostic.level.name(), diagnostic.rule)?;
    }
    Ok(())
}

/// A message quotes what users wrote, which may hold anything; a line stays a line.
fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

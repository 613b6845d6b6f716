//! Findings to output: one file per format. What a finding says is decided elsewhere.

mod concise;
mod github;
mod human;
mod json;
mod junit;
mod sarif;
#[cfg(test)]
mod tests;

use std::io;

use crate::diagnostic::{Diagnostic, Level};
use crate::source::SourceMap;

pub use json::schema;

/// The outcome of a run, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings, in the order they are shown.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were judged.
    pub files: usize,
    /// How many files were of no known kind.
    pub skipped: usize,
    /// The manuals of the rules that may be among the findings; only [`Format::Sarif`] shows them.
    pub manuals: Vec<Manual>,
}

/// What there is to read of a rule.
#[derive(Clone, Debug)]
pub struct Manual {
    /// Its id.
    pub rule: String,
    /// The level of its findings where nothing else is said.
    pub level: Level,
    /// One sentence.
    pub summary: String,
    /// The whole manual, in Markdown.
    pub text: String,
}

impl Report {
    /// How many findings have this level.
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|d| d.level == level).count()
    }

    /// The gravest level found.
    pub fn worst(&self) -> Option<Level> {
        self.diagnostics.iter().map(|d| d.level).max()
    }
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: the source with the place underlined.
    #[default]
    Human,
    /// One line per finding: `path:line:col: level[rule] message`.
    Concise,
    /// For programs; versioned, see `schemas/report.schema.json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows as annotations.
    Github,
    /// JUnit's XML, for what shows test results.
    Junit,
}

impl Format {
    /// Every format, in the order of the help.
    pub const ALL: &[Self] = &[Self::Human, Self::Concise, Self::Json, Self::Sarif, Self::Github, Self::Junit];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
        }
    }
}

/// How the output is dressed; only [`Format::Human`] cares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// With ANSI colours.
    pub color: bool,
    /// The width of the terminal in columns, where there is one.
    pub width: Option<usize>,
}

/// Writes a report.
///
/// # Errors
/// Where the output cannot be written.
pub fn write(out: &mut dyn io::Write, format: Format, report: &Report, sources: &SourceMap, look: Look) -> io::Result<()> {
    match format {
        Format::Human => human::write(out, report, sources, look),
        Format::Concise => concise::write(out, report, sources),
        Format::Json => json::write(out, report, sources),
        Format::Sarif => sarif::write(out, report, sources),
        Format::Github => github::write(out, report, sources),
        Format::Junit => junit::write(out, report, sources),
    }
}

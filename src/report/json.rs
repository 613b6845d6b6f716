//! For programs: one JSON object, versioned. Every key of a finding is always there.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::Report;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::{SourceMap, Span};

/// What `obsgen lint --format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "obsgen report")]
struct JsonReport<'a> {
    /// The version of this format; keys may be added within a version, never removed.
    version: u32,
    /// Counts.
    summary: Summary,
    /// The findings, by file and place.
    findings: Vec<Finding<'a>>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Findings of level `error`.
    errors: usize,
    /// Findings of level `warning`.
    warnings: usize,
    /// Findings of level `info`.
    infos: usize,
    /// Files that were judged.
    files: usize,
    /// Files of no known kind.
    skipped: usize,
}

/// One finding.
#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    /// The id of the rule.
    rule: &'a str,
    /// How grave it is.
    level: LevelName,
    /// What is wrong.
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    /// The object inside its document, as in `groups[0].rules[2].expr`.
    path: Option<&'a str>,
    /// Further places, possibly in other files.
    related: Vec<JsonRelated<'a>>,
    /// What to do about it.
    help: Option<&'a str>,
    /// A safe mend, where there is one.
    fix: Option<JsonFix<'a>>,
    /// The same for the same finding of the same object, wherever in its file it moves.
    fingerprint: String,
}

/// Where, in lines and columns from 1; columns count characters, and the end is behind the last one.
#[derive(Serialize, JsonSchema)]
struct Place<'a> {
    /// The path as given.
    file: &'a str,
    /// First line.
    line: usize,
    /// First column.
    column: usize,
    /// Last line.
    end_line: usize,
    /// The column behind the last character.
    end_column: usize,
}

/// A further place.
#[derive(Serialize, JsonSchema)]
struct JsonRelated<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    /// What it has to do with the finding.
    message: &'a str,
}

/// A text edit.
#[derive(Serialize, JsonSchema)]
struct JsonFix<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    /// What to put there.
    replacement: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LevelName {
    Error,
    Warning,
    Info,
}

/// The JSON Schema of this format.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<JsonReport<'_>>()
}

pub(super) fn write(mut out: &mut dyn io::Write, report: &Report, sources: &SourceMap) -> io::Result<()> {
    let summary = Summary {
        errors: report.count(Level::Error),
        warnings: report.count(Level::Warning),
        infos: report.count(Level::Info),
        files: report.files,
        skipped: report.skipped,
    };
    let findings = report.diagnostics.iter().map(|d| finding(d, sources)).collect();
    serde_json::to_writer_pretty(&mut out, &JsonReport { version: 1, summary, findings })?;
    writeln!(out)
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    Finding {
        rule: &diagnostic.rule,
        level: match diagnostic.level {
            Level::Error => LevelName::Error,
            Level::Warning => LevelName::Warning,
            Level::Info => LevelName::Info,
        },
        message: &diagnostic.message,
        place: place(sources, diagnostic.span),
        path: diagnostic.path.as_deref(),
        related: diagnostic.related.iter().map(|r| JsonRelated { place: place(sources, r.span), message: &r.message }).collect(),
        help: diagnostic.help.as_deref(),
        fix: diagnostic.fix.as_ref().map(|f| JsonFix { place: place(sources, f.span), replacement: &f.replacement }),
        fingerprint: diagnostic.fingerprint(sources),
    }
}

fn place(sources: &SourceMap, span: Span) -> Place<'_> {
    let source = sources.get(span.source);
    let (start, end) = (source.position(span.start), source.position(span.end));
    Place { file: &source.path, line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

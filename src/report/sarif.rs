//! SARIF 2.1.0, for code scanning: findings with all their places, manuals, fixes, and fingerprints without line numbers.

use std::collections::HashMap;
use std::io;

use serde::Serialize;

use super::{Manual, Report};
use crate::diagnostic::{Diagnostic, Fix, Level};
use crate::source::{SourceMap, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'a str,
    results: Vec<ResultOf<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text<'a>,
    help: Help<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOf<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixOf<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "obsgen/v1")]
    first: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(rename = "physicalLocation")]
    place: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    fully_qualified_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixOf<'a> {
    description: Message,
    artifact_changes: [Change<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: [Replacement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Text<'a>,
}

pub(super) fn write(mut out: &mut dyn io::Write, report: &Report, sources: &SourceMap) -> io::Result<()> {
    let index: HashMap<&str, usize> = report.manuals.iter().enumerate().map(|(index, manual)| (manual.rule.as_str(), index)).collect();
    let results = report.diagnostics.iter().map(|diagnostic| result(diagnostic, &index, sources)).collect();
    let rules = report.manuals.iter().map(rule).collect();
    let driver = Driver { name: "obsgen", semantic_version: env!("CARGO_PKG_VERSION"), rules };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    serde_json::to_writer_pretty(&mut out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn rule(manual: &Manual) -> Rule<'_> {
    Rule {
        id: &manual.rule,
        short_description: Text { text: &manual.summary },
        help: Help { text: &manual.text, markdown: &manual.text },
        default_configuration: Configuration { level: level(manual.level) },
    }
}

fn result<'a>(diagnostic: &'a Diagnostic, index: &HashMap<&str, usize>, sources: &SourceMap) -> ResultOf<'a> {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let logical = diagnostic.path.iter().map(|path| Logical { fully_qualified_name: path }).collect();
    let related = diagnostic.related.iter().map(|related| Location {
        place: physical(related.span, sources),
        logical_locations: Vec::new(),
        message: Some(Message { text: related.message.clone() }),
    });
    ResultOf {
        rule_id: &diagnostic.rule,
        rule_index: index.get(diagnostic.rule.as_ref()).copied(),
        level: level(diagnostic.level),
        message: Message { text },
        locations: [Location { place: physical(diagnostic.span, sources), logical_locations: logical, message: None }],
        related_locations: related.collect(),
        partial_fingerprints: Fingerprints { first: diagnostic.fingerprint(sources) },
        fixes: diagnostic.fix.iter().map(|mend| fix(mend, diagnostic, sources)).collect(),
    }
}

fn fix<'a>(fix: &'a Fix, diagnostic: &Diagnostic, sources: &SourceMap) -> FixOf<'a> {
    let replacement = Replacement { deleted_region: region(fix.span, sources), inserted_content: Text { text: &fix.replacement } };
    let artifact_location = artifact(fix.span, sources);
    FixOf {
        description: Message { text: diagnostic.help.clone().unwrap_or_else(|| diagnostic.message.clone()) },
        artifact_changes: [Change { artifact_location, replacements: [replacement] }],
    }
}

fn physical(span: Span, sources: &SourceMap) -> Physical {
    Physical { artifact_location: artifact(span, sources), region: region(span, sources) }
}

fn artifact(span: Span, sources: &SourceMap) -> Artifact {
    Artifact { uri: uri(&sources.get(span.source).path) }
}

fn region(span: Span, sources: &SourceMap) -> Region {
    let source = sources.get(span.source);
    let (start, end) = (source.position(span.start), source.position(span.end));
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// A path as a URI reference: relative ones are below the root of the checkout.
pub(super) fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let is_drive = path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path[1..].starts_with(":/");
    let (prefix, drive, rest) = match path {
        _ if is_drive => ("file:///", &path[..2], &path[2..]),
        _ if path.starts_with('/') => ("file://", "", path),
        _ => ("", "", path),
    };
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded: Vec<String> =
        rest.bytes().map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    format!("{prefix}{drive}{}", encoded.concat())
}

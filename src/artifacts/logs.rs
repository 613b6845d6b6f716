//! `logs/<service>.…`: what ships a service's log lines to Loki: Grafana Alloy, Vector or Fluent Bit.
//!
//! All three do the same: follow the files, blank out the values of fields that must never be kept (a second lock behind the
//! service's own), take apart the declared format, and send each line with two labels, `service` and `level`. Declared fields,
//! which may be ids, go along as structured metadata and never as labels: every label value is a stream of its own in Loki.

use serde::Serialize;

use super::code::literal::is_bare;
use super::{Artifact, Engine, File, Subject, TemplateError};
use crate::manifest::telemetry::LogFormat;
use crate::model::Service;
use crate::model::query::escape_regex;
use crate::model::telemetry::{Logging, Shipper};

/// Log pipelines.
pub struct Logs;

#[derive(Serialize)]
struct Values<'a> {
    service: &'a str,
    /// The service's name as an identifier.
    label: String,
    format: &'static str,
    files: &'a [String],
    fields: Vec<Field<'a>>,
    /// Each finds, behind what stands before it, a value that must not be kept.
    secrets: Vec<Secret>,
    /// For a reader of whole fields: the names of those that must not be kept.
    removed: Option<String>,
    /// For Fluent Bit: the declared fields whose names it can take, each under its own name.
    structured: String,
    loki_host: &'a str,
    loki_port: &'a str,
    loki: &'a str,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    /// The name as a path of JMESPath, Alloy's language.
    jmespath: String,
    /// The name as a path of VRL, Vector's language.
    vrl: String,
}

/// An expression with two groups: what stands before a value, and the value.
#[derive(Serialize)]
struct Secret {
    /// With a group around the value alone.
    value: String,
    /// As a literal of VRL, with a group around what stands before it.
    vrl: String,
    /// What takes the value's place, so that a line of JSON stays one.
    instead: &'static str,
    /// The same as a literal of VRL, behind what stood before it.
    with: String,
}

impl Artifact for Logs {
    fn kind(&self) -> &'static str {
        "logs"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let Some((logging, shipper)) = service.logging.as_ref().and_then(|logging| Some((logging, logging.shipper?))) else {
            return Ok(Vec::new());
        };
        let template = match shipper {
            Shipper::Alloy => "logs.alloy.j2",
            Shipper::Vector => "vector.yml.j2",
            Shipper::FluentBit => "fluent-bit.yml.j2",
        };
        let loki = common.stack.loki_address.as_str();
        let (loki_host, loki_port) = loki.rsplit_once(':').unwrap_or((loki, "3100"));
        let files: Vec<String> = match shipper {
            Shipper::FluentBit => logging.files.iter().map(|path| one_path(path)).collect(),
            _ => logging.files.clone(),
        };
        let values = Values {
            service: &service.name,
            label: identifier(&service.name),
            format: logging.format.name(),
            files: &files,
            fields: logging.metadata.iter().map(|name| Field { name, jmespath: quoted(name), vrl: vrl_string(name) }).collect(),
            secrets: secrets(logging),
            removed: removed(logging),
            structured: structured(logging),
            loki_host,
            loki_port,
            loki,
        };
        let text = engine.render(template, values)?;
        // Vector takes a dollar sign for a variable of its environment, wherever it stands.
        let text = if shipper == Shipper::Vector { text.replace('$', "$$") } else { text };
        Ok(vec![File { path: path(service, shipper), text }])
    }
}

/// A path for Fluent Bit, which splits at commas and takes `${` for a variable of its environment, and lets neither be escaped: any
/// one character stands for them.
fn one_path(path: &str) -> String {
    path.replace("${", "?{").replace(',', "?")
}

fn path(service: &Service, shipper: Shipper) -> String {
    let ending = match shipper {
        Shipper::Alloy => "alloy",
        Shipper::Vector => "vector.yml",
        Shipper::FluentBit => "fluent-bit.yml",
    };
    format!("logs/{}.{ending}", service.name)
}

/// What runs a service's pipeline: the program with its flag, and the file below the output folder.
pub(crate) fn command(service: &Service) -> Option<(&'static str, String)> {
    let shipper = service.logging.as_ref()?.shipper?;
    let program = match shipper {
        Shipper::Alloy => "alloy run",
        Shipper::Vector => "vector --config",
        Shipper::FluentBit => "fluent-bit -c",
    };
    Some((program, path(service, shipper)))
}

/// A name as an identifier; two names never become the same.
pub(super) fn identifier(name: &str) -> String {
    let mut out = String::from(if name.starts_with(|c: char| c.is_ascii_digit()) { "s_" } else { "" });
    for c in name.chars() {
        match c {
            '_' => out.push_str("__"),
            '-' => out.push_str("_m"),
            '.' => out.push_str("_p"),
            c => out.push(c),
        }
    }
    out
}

/// What stands between two quotes.
const TEXT: &str = r#"(?:[^"\\]|\\.)*"#;
const PLAIN: &str = "[redacted]";

/// Expressions for the values of fields that must not be kept, in the syntax that RE2 and Rust share.
fn secrets(logging: &Logging) -> Vec<Secret> {
    let spelt = |name: &String| match logging.format {
        // As it stands between the quotes of a line.
        LogFormat::Json => escape_regex(quoted(name).trim_matches('"')),
        LogFormat::Logfmt | LogFormat::Text => escape_regex(name),
    };
    let mut names: Vec<String> = logging.redact.iter().map(spelt).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join("|");
    let pair = |before: &str, value: &str, instead: &'static str| Secret {
        value: format!("{before}({value})"),
        vrl: vrl_regex(&format!("({before})(?:{value})")),
        with: format!("\"${{1}}{}\"", instead.replace('"', "\\\"")),
        instead,
    };
    match logging.format {
        LogFormat::Json => {
            let key = format!("(?i:\"(?:{names})\"\\s*:\\s*)");
            vec![pair(&format!("{key}\""), TEXT, PLAIN), pair(&key, "-?[0-9][0-9.eE+-]*|true|false", "\"[redacted]\"")]
        }
        LogFormat::Logfmt | LogFormat::Text => {
            let key = format!("\\b(?i:{names})[=:]\\s*");
            vec![pair(&format!("{key}\""), TEXT, PLAIN), pair(&key, r#"[^"\s][^\s]*"#, PLAIN)]
        }
    }
}

/// An expression for the names of fields that must not be kept; nothing where a line has no fields.
fn removed(logging: &Logging) -> Option<String> {
    let names: Vec<String> = logging.redact.iter().map(|name| escape_regex(name)).collect();
    (!names.is_empty() && logging.format != LogFormat::Text).then(|| format!("^(?i:{})$", names.join("|")))
}

fn structured(logging: &Logging) -> String {
    let fields = logging.metadata.iter().filter(|name| is_bare(name) && logging.format != LogFormat::Text);
    fields.map(|name| format!("{name}=${name}")).collect::<Vec<_>>().join(",")
}

/// A name that JMESPath takes as it is.
fn quoted(name: &str) -> String {
    serde_json::json!(name).to_string()
}

/// A text as a string of VRL, in which two braces would begin a template.
fn vrl_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '{' | '}' => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// An expression as a literal of VRL, which ends at the first quote.
fn vrl_regex(expression: &str) -> String {
    format!("r'{}'", expression.replace('\'', "\\x27"))
}

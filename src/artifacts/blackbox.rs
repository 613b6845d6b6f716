//! `blackbox.yml`: a module for each health check.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ready::Mapping;
use super::{Artifact, Engine, File, TemplateError};
use crate::manifest::health::{HttpVersion, Statuses};
use crate::manifest::scalars::Duration;
use crate::model::health::{Check, Expect, Line, Target};
use crate::model::query::escape_regex;
use crate::model::{Model, Service};

/// The blackbox exporter's configuration.
pub struct BlackboxConfig;

#[derive(Serialize)]
struct Module {
    name: String,
    prober: &'static str,
    timeout: String,
    settings: Mapping,
}

#[derive(Serialize)]
struct Values {
    modules: Vec<Module>,
}

impl Artifact for BlackboxConfig {
    fn kind(&self) -> &'static str {
        "blackbox"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let modules: Vec<Module> =
            model.services.iter().flat_map(|service| service.probed().map(|check| module(service, check, model))).collect();
        if model.common.stack.blackbox.is_none() || modules.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![File { path: "blackbox.yml".to_owned(), text: engine.render("blackbox.yml.j2", Values { modules })? }])
    }
}

/// `<service>-<check>`
pub(crate) fn module_name(service: &Service, check: &Check) -> String {
    format!("{}-{}", service.name, check.name)
}

fn module(service: &Service, check: &Check, model: &Model) -> Module {
    let (_, scrape_timeout) = service.probe_times();
    // The exporter leaves half a second of the scrape's time for itself.
    let timeout = Duration(check.timeout.0.min(scrape_timeout.0.saturating_sub(500)));
    let (prober, settings) = match &check.target {
        Target::Http(url) => ("http", http(url, check, model.common.stack.has_cel())),
        Target::Tcp(_) => ("tcp", tcp(check)),
        Target::Grpc { service, .. } => ("grpc", grpc(service.as_deref(), check)),
    };
    let sorted: BTreeMap<&str, &Value> = settings.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let settings = Mapping::of(sorted.into_iter());
    Module { name: module_name(service, check), prober, timeout: timeout.to_string(), settings }
}

/// Settings that every prober has.
fn common(check: &Check) -> Map<String, Value> {
    let mut settings = Map::new();
    settings.insert("preferred_ip_protocol".to_owned(), json!("ip4"));
    settings.extend(check.tls().map(|tls| ("tls_config".to_owned(), tls.clone())));
    settings
}

fn http(url: &str, check: &Check, has_cel: bool) -> Map<String, Value> {
    let mut settings = common(check);
    let expect = &check.expect;
    settings.insert("method".to_owned(), json!("GET"));
    // The exporter follows ten or none, wherever they lead.
    settings.insert("follow_redirects".to_owned(), json!(check.redirects() > 0));
    if let Some(manner) = &check.manner {
        settings.extend(manner.credentials.as_ref().map(|(key, body)| ((*key).to_owned(), body.clone())));
        settings.extend(manner.proxy.as_ref().map(|url| ("proxy_url".to_owned(), json!(url))));
    }
    if let Some(version) = check.http_version() {
        settings.insert("valid_http_versions".to_owned(), json!([if version == HttpVersion::One { "HTTP/1.1" } else { "HTTP/2.0" }]));
        settings.extend((version == HttpVersion::One).then(|| ("enable_http2".to_owned(), json!(false))));
    }
    if expect.statuses != Statuses::default() {
        let all: Vec<u16> = expect.statuses.0.iter().flat_map(|range| range.first..=range.last).collect();
        settings.insert("valid_status_codes".to_owned(), json!(all));
    }
    if url.starts_with("https://") {
        settings.insert("fail_if_not_ssl".to_owned(), json!(true));
    }
    let headers: Vec<Value> =
        expect.headers.iter().map(|(name, pattern)| json!({ "header": name, "regexp": format!("^(?:{pattern})$") })).collect();
    if !headers.is_empty() {
        settings.insert("fail_if_header_not_matches".to_owned(), json!(headers));
    }
    let mut patterns: Vec<String> = expect.body.iter().cloned().collect();
    if has_cel && !expect.json.is_empty() {
        settings.insert("fail_if_body_json_not_matches_cel".to_owned(), json!(cel(expect)));
    } else {
        patterns.extend(expect.json.iter().map(|(path, value)| json_pattern(path, value)));
    }
    if !patterns.is_empty() {
        settings.insert("fail_if_body_not_matches_regexp".to_owned(), json!(patterns));
    }
    settings
}

fn tcp(check: &Check) -> Map<String, Value> {
    let mut settings = common(check);
    if check.tls().is_some() {
        settings.insert("tls".to_owned(), json!(true));
    }
    let dialogue = check.manner.iter().flat_map(|manner| &manner.dialogue);
    let lines: Vec<Value> = dialogue.map(line).collect();
    if !lines.is_empty() {
        settings.insert("query_response".to_owned(), json!(lines));
    }
    settings
}

fn line(line: &Line) -> Value {
    let mut said = Map::new();
    said.extend(line.expect.as_ref().map(|pattern| ("expect".to_owned(), json!(pattern))));
    said.extend(line.send.as_ref().map(|text| ("send".to_owned(), json!(text))));
    Value::Object(said)
}

fn grpc(service: Option<&str>, check: &Check) -> Map<String, Value> {
    let mut settings = common(check);
    settings.extend(service.map(|name| ("service".to_owned(), json!(name))));
    settings.insert("tls".to_owned(), json!(check.tls().is_some()));
    settings
}

/// A field and its value, somewhere in a JSON text: all that an exporter before 0.27 can look for.
fn json_pattern(path: &str, value: &Value) -> String {
    let field = path.rsplit('.').next().unwrap_or(path);
    let literal = |value: &Value| escape_regex(&value.to_string());
    format!("{}\\s*:\\s*{}", literal(&json!(field)), literal(value))
}

/// The same as an expression over the parsed body.
fn cel(expect: &Expect) -> String {
    let member = |path: &str| path.split('.').fold(String::new(), |text, field| text + &format!("[{}]", json!(field)));
    // JSON numbers are doubles in CEL, and a double never equals an int.
    let literal = |value: &Value| match value {
        Value::Number(n) if n.as_i64().is_some() => format!("{n}.0"),
        other => other.to_string(),
    };
    expect.json.iter().map(|(path, value)| format!("body{} == {}", member(path), literal(value))).collect::<Vec<_>>().join(" && ")
}

//! The Collector's own schemas of its core components judge our tables of keys.

use std::fmt::Write;
use std::path::Path;

use obsgen::internals::lint::{self, Input, Options};
use serde_yaml::Value;

use crate::common::shared;

/// Where a component's schema is, and where the component stands in a configuration.
const COMPONENTS: &[(&str, &str, &str)] = &[
    ("receiver/otlpreceiver", "receivers", "otlp"),
    ("processor/batchprocessor", "processors", "batch"),
    ("processor/memorylimiterprocessor", "processors", "memory_limiter"),
    ("exporter/otlpexporter", "exporters", "otlp"),
    ("exporter/otlphttpexporter", "exporters", "otlphttp"),
    ("exporter/debugexporter", "exporters", "debug"),
    ("extension/zpagesextension", "extensions", "zpages"),
    ("extension/memorylimiterextension", "extensions", "memory_limiter"),
];

fn read(root: &Path, folder: &str) -> Value {
    let text = std::fs::read_to_string(root.join(folder).join("config.schema.yaml")).unwrap_or_else(|error| panic!("{folder}: {error}"));
    serde_yaml::from_str(&text).expect("a schema")
}

/// The schema that a reference names, with the folder it is in.
fn follow(root: &Path, folder: &str, reference: &str, document: &Value) -> Option<(String, Value)> {
    let (path, name) = reference.rsplit_once('.').filter(|(path, _)| path.contains('/')).unwrap_or(("", reference));
    if path.is_empty() {
        return Some((folder.to_owned(), document.get("$defs")?.get(name)?.clone()));
    }
    let folder = match path.strip_prefix("./") {
        Some(below) => format!("{folder}/{below}"),
        None => path.trim_start_matches('/').to_owned(),
    };
    if !root.join(&folder).join("config.schema.yaml").exists() {
        return None;
    }
    let document = read(root, &folder);
    // A component's own schema has no name.
    let found = document.get("$defs").and_then(|defs| defs.get(name)).cloned();
    Some((folder, found?))
}

/// Every key of a schema with its type, those it takes in included.
fn keys(root: &Path, folder: &str, schema: &Value, document: &Value) -> Vec<(String, Value, String)> {
    let mut all = Vec::new();
    for (name, body) in schema.get("properties").and_then(Value::as_mapping).into_iter().flatten() {
        all.push((name.as_str().expect("a name").to_owned(), body.clone(), folder.to_owned()));
    }
    for part in schema.get("allOf").and_then(Value::as_sequence).into_iter().flatten() {
        let reference = part.get("$ref").and_then(Value::as_str).expect("a reference");
        if let Some((folder, found)) = follow(root, folder, reference, document) {
            let document = read(root, &folder);
            all.extend(keys(root, &folder, &found, &document));
        }
    }
    all
}

/// A mapping that has every key of a schema, as YAML below an indentation.
fn everything(root: &Path, folder: &str, schema: &Value, indent: usize, text: &mut String) {
    let document = read(root, folder);
    for (name, body, folder) in keys(root, folder, schema, &document) {
        let document = read(root, &folder);
        let (mut body, mut folder) = (body, folder);
        while let Some(reference) = body.get("$ref").and_then(Value::as_str).map(str::to_owned) {
            let Some((next, found)) = follow(root, &folder, &reference, &document) else { break };
            (body, folder) = (found, next);
        }
        let pad = " ".repeat(indent);
        let kind = body.get("type").and_then(Value::as_str).unwrap_or("");
        if body.get("properties").is_some() || body.get("allOf").is_some() {
            writeln!(text, "{pad}{name}:").unwrap();
            everything(root, &folder, &body, indent + 2, text);
            continue;
        }
        let value = match kind {
            // What has a form of its own is tested elsewhere; here only the names count.
            "string" if body.get("format").is_some() => "1s",
            "string" => "${env:ANY}",
            "integer" if body.get("x-customType").and_then(Value::as_str) == Some("int32") => "${env:ANY}",
            "integer" => "1",
            "number" => "0.5",
            "boolean" => "true",
            "array" => "[]",
            _ => "",
        };
        writeln!(text, "{pad}{name}: {value}").unwrap();
    }
}

fn findings(text: &str) -> Vec<String> {
    let outcome = lint::run(vec![Input { path: "collector.yml".into(), text: text.into(), named: true }], &Options::default());
    let shapes = ["unknown-key", "wrong-type", "bad-value", "bad-duration", "missing-key"];
    let found = outcome.diagnostics.iter().filter(|d| shapes.contains(&d.rule.as_ref()));
    found.map(|d| format!("{} {}", outcome.sources.place(d.span), d.message)).collect()
}

fn configuration(section: &str, id: &str, body: &str) -> String {
    format!("{section}:\n  {id}:\n{body}service:\n  pipelines:\n    traces: {{ receivers: [otlp], exporters: [otlp] }}\n{}", {
        if section == "receivers" || section == "exporters" { "" } else { "receivers: { otlp: { protocols: { grpc: {} } } }\n" }
    })
}

#[test]
fn every_key_of_the_core_components_is_known_and_no_other() {
    let Some(root) = shared("oracles/otelcol") else { return };
    for (folder, section, id) in COMPONENTS {
        let schema = read(&root, folder);
        let mut body = String::new();
        everything(&root, folder, &schema, 4, &mut body);
        assert!(body.lines().count() > 3, "{id}: {body}");
        // Keys that exclude one another are all here, which is another finding.
        let found = findings(&configuration(section, id, &body));
        assert!(found.is_empty(), "{section}.{id}: {found:#?}\n{body}");
        for line in body.lines().filter(|line| line.trim_end().ends_with(|c: char| c != ':')) {
            let (name, value) = line.split_once(':').expect("a key");
            let slip = body.replacen(&format!("{name}:{value}\n"), &format!("{name}x:{value}\n"), 1);
            assert!(!findings(&configuration(section, id, &slip)).is_empty(), "{section}.{id}: {name}x is taken");
        }
    }
}

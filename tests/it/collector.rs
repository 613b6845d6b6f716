//! The rendered Collector configuration, judged by the Collector's own schemas of its core components and by lint.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{example_text, render, run_in, shared};

/// The example with other lines in it.
fn manifest(tracing: &str, stack: &str) -> String {
    let text = example_text();
    let line = text.lines().find(|line| line.starts_with("tracing:")).expect("a line").to_owned();
    text.replace(&line, &format!("tracing: {{ {tracing} }}")).replace("  grafana: \"11\"", &format!("  grafana: \"11\"\n  {stack}"))
}

fn rendered(manifest: &str) -> (tempfile::TempDir, Value) {
    let (folder, run) = render(manifest);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = fs::read_to_string(folder.path().join("out/otel-collector.yml")).expect("a configuration");
    (folder, serde_yaml::from_str(&text).expect("YAML"))
}

/// The keys that a schema of the Collector's knows, each with the schema of its value, references followed.
struct Schema {
    top: PathBuf,
    file: PathBuf,
    node: Value,
}

impl Schema {
    fn of(top: &Path, component: &str) -> Self {
        let file = top.join(component);
        let node = read(&file);
        Self { top: top.to_owned(), file, node }
    }

    /// `/folder.name` from the top, `./folder.name` from here, `name` in this file.
    fn follow(&self, reference: &str) -> Self {
        let (folder, name) = reference.rsplit_once('.').filter(|(folder, _)| !folder.is_empty()).unwrap_or(("", reference));
        let file = match folder.strip_prefix('/') {
            Some(rest) => self.top.join(rest),
            None if folder.is_empty() => self.file.clone(),
            None => self.file.join(folder),
        };
        let node = read(&file)["$defs"][name].clone();
        assert!(!node.is_null(), "{reference} from {}", self.file.display());
        Self { top: self.top.clone(), file, node }
    }

    fn at(&self, node: &Value) -> Self {
        Self { top: self.top.clone(), file: self.file.clone(), node: node.clone() }
    }

    fn keys(&self) -> BTreeMap<String, Self> {
        let mut keys = BTreeMap::new();
        if let Some(reference) = self.node["$ref"].as_str() {
            keys.extend(self.follow(reference).keys());
        }
        for part in self.node["allOf"].as_array().into_iter().flatten() {
            keys.extend(self.at(part).keys());
        }
        for (name, node) in self.node["properties"].as_object().into_iter().flatten() {
            keys.insert(name.clone(), self.at(node));
        }
        keys
    }

    fn kind(&self) -> Option<String> {
        let own = self.node["type"].as_str().map(str::to_owned);
        own.or_else(|| self.follow(self.node["$ref"].as_str()?).kind())
    }

    /// What is wrong with a value: keys that there are not, and values of another type.
    fn judge(&self, value: &Value, path: &str, wrong: &mut Vec<String>) {
        let fits = match self.kind().as_deref() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            _ => true,
        };
        if !fits {
            wrong.push(format!("{path}: {value}"));
        }
        let keys = self.keys();
        for (name, inner) in value.as_object().into_iter().flatten() {
            match keys.get(name) {
                Some(schema) => schema.judge(inner, &format!("{path}.{name}"), wrong),
                None => wrong.push(format!("{path}.{name}: no such key")),
            }
        }
    }
}

fn read(folder: &Path) -> Value {
    let path = folder.join("config.schema.yaml");
    serde_yaml::from_str(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).expect("YAML")
}

fn faults(config: &Value) -> Option<Vec<String>> {
    let top = shared("oracles/otelcol")?;
    let mut wrong = Vec::new();
    let exporter = config["exporters"].as_object().and_then(|all| all.iter().next()).expect("an exporter");
    let known = [
        ("receiver/otlpreceiver", &config["receivers"]["otlp"]),
        ("processor/memorylimiterprocessor", &config["processors"]["memory_limiter"]),
        ("exporter/otlpexporter", exporter.1),
    ];
    for (component, value) in known {
        assert!(value.is_object(), "{component}");
        Schema::of(&top, component).judge(value, component, &mut wrong);
    }
    Some(wrong)
}

#[test]
fn the_collectors_own_schemas_know_every_key_and_lint_finds_nothing() {
    for (tracing, stack) in [
        ("protocol: http/protobuf, endpoint: \"http://localhost:4318\", sample: 10%", "collector: \"0.155\""),
        (
            "protocol: grpc, endpoint: \"http://collector:4317\", sample: 10%, sampling: tail",
            "tempo: { address: \"traces.example.com:4317\" }",
        ),
        ("protocol: grpc", "collector: \"0.120\""),
    ] {
        let (folder, config) = rendered(&manifest(tracing, stack));
        if let Some(wrong) = faults(&config) {
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        let run = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }
}

#[test]
fn the_judge_sees_keys_and_types_that_are_wrong() {
    let (_folder, mut config) = rendered(&manifest("protocol: grpc", "collector: \"0.155\""));
    config["receivers"]["otlp"]["protocols"]["grpc"]["endpoit"] = "localhost:4317".into();
    config["processors"]["memory_limiter"]["limit_percentage"] = "75%".into();
    config["exporters"]["otlp_grpc/tempo"]["sending_queue"]["batch"]["min"] = 1.into();
    if let Some(wrong) = faults(&config) {
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}

#[test]
fn versions_name_the_exporter_and_make_the_batches() {
    let (_folder, new) = rendered(&manifest("protocol: grpc", "collector: \"0.155\""));
    assert!(new["exporters"]["otlp_grpc/tempo"]["sending_queue"]["batch"].is_object());
    assert!(new["processors"]["batch"].is_null());
    let (_folder, old) = rendered(&manifest("protocol: grpc", "collector: \"0.120\""));
    assert_eq!(old["exporters"]["otlp/tempo"]["endpoint"], "tempo:4317");
    let processors = old["service"]["pipelines"]["traces"]["processors"].as_array().expect("a list").clone();
    assert_eq!((processors.first(), processors.last()), (Some(&"memory_limiter".into()), Some(&"batch".into())));
}

#[test]
fn ports_and_hosts_are_those_that_services_send_to() {
    let (_folder, here) =
        rendered(&manifest("protocol: http/protobuf, endpoint: \"http://localhost:14318/v1/traces\"", "tempo: { address: \"t:1\" }"));
    assert_eq!(here["receivers"]["otlp"]["protocols"]["http"]["endpoint"], "localhost:14318");
    assert_eq!(here["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"], "localhost:4317");
    assert_eq!(here["exporters"]["otlp_grpc/tempo"]["endpoint"], "t:1");
    let (_folder, there) = rendered(&manifest("protocol: grpc, endpoint: \"http://collector:4317\"", "collector: \"0.155\""));
    assert_eq!(there["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"], "0.0.0.0:4317");
}

#[test]
fn what_logs_redact_no_trace_holds_and_the_tail_keeps_what_matters() {
    let (_folder, config) = rendered(&manifest("protocol: grpc, sample: 2.5%, sampling: tail", "collector: \"0.155\""));
    let pattern = config["processors"]["attributes/redact"]["actions"][0]["pattern"].as_str().expect("a pattern").to_owned();
    let pattern = regex::Regex::new(&pattern).expect("an expression");
    for (name, gone) in
        [("password", true), ("user.password", true), ("Token", true), ("csrf_token", true), ("tokens", false), ("user_id", false)]
    {
        assert_eq!(pattern.is_match(name), gone, "{name}");
    }
    let policies = config["processors"]["tail_sampling"]["policies"].as_array().expect("policies").clone();
    let names: Vec<&str> = policies.iter().filter_map(|policy| policy["name"].as_str()).collect();
    assert_eq!(names, ["errors", "myapp-slow", "myapp-share"]);
    // The strictest latency objective of the example is 500 ms.
    assert_eq!(policies[1]["and"]["and_sub_policy"][1]["latency"]["threshold_ms"], 500);
    assert_eq!(policies[2]["and"]["and_sub_policy"][1]["probabilistic"]["sampling_percentage"], 2.5);
    assert_eq!(policies[2]["and"]["and_sub_policy"][0]["string_attribute"]["values"][0], "myapp");
}

#[test]
fn a_service_that_does_not_trace_needs_no_collector() {
    let text = example_text();
    let without = text.lines().filter(|line| !line.starts_with("tracing:")).collect::<Vec<_>>().join("\n");
    let (folder, run) = render(&without);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!folder.path().join("out/otel-collector.yml").exists());
}

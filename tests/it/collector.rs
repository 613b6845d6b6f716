//! The rendered Collector configuration, judged by the Collector's own schemas of its core components and by lint.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use obsgen::internals::lint::{self, Input, Options};

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
    let mut known = vec![
        ("receiver/otlpreceiver", &config["receivers"]["otlp"]),
        ("processor/memorylimiterprocessor", &config["processors"]["memory_limiter"]),
    ];
    for (id, exporter) in config["exporters"].as_object().expect("exporters") {
        match id.split('/').next() {
            Some("otlp" | "otlp_grpc") => known.push(("exporter/otlpexporter", exporter)),
            Some("otlphttp" | "otlp_http") => known.push(("exporter/otlphttpexporter", exporter)),
            // Contrib components are in lint's table.
            _ => assert_eq!(id, "prometheusremotewrite"),
        }
    }
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

/// The stack of a Collector that passes on everything, and the Prometheus that it sends to.
fn everything(collector: &str, prometheus: &str) -> String {
    let stack = format!("collector: {{ version: \"{collector}\", signals: [traces, metrics, logs] }}");
    manifest("protocol: grpc, sampling: tail", &stack).replace("prometheus: \"2.42\"", &format!("prometheus: \"{prometheus}\""))
}

#[test]
fn metrics_and_logs_pass_through_as_the_versions_allow() {
    for (collector, prometheus, exporter, endpoint, flag) in [
        ("0.155", "3.5", "otlp_http/prometheus", "http://localhost:9090/api/v1/otlp", "--web.enable-otlp-receiver"),
        ("0.120", "2.53", "otlphttp/prometheus", "http://localhost:9090/api/v1/otlp", "--enable-feature=otlp-write-receiver"),
        ("0.155", "2.42", "prometheusremotewrite", "http://localhost:9090/api/v1/write", "--web.enable-remote-write-receiver"),
    ] {
        let (folder, config) = rendered(&everything(collector, prometheus));
        if let Some(wrong) = faults(&config) {
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        let run = run_in(folder.path(), &["lint", "out", "-m", "obsgen.yaml", "--fail-on", "info"]);
        assert_eq!(run.code, 0, "{}", run.stdout);
        assert_eq!(config["exporters"][exporter]["endpoint"], endpoint);
        let logs = if collector == "0.155" { "otlp_http/loki" } else { "otlphttp/loki" };
        assert_eq!(config["exporters"][logs]["endpoint"], "http://loki:3100/otlp");
        let pipelines = config["service"]["pipelines"].as_object().expect("pipelines");
        assert_eq!(pipelines.keys().collect::<Vec<_>>(), ["traces", "metrics", "logs"]);
        for (signal, pipeline) in pipelines {
            let processors: Vec<&str> = pipeline["processors"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            assert_eq!(processors[0], "memory_limiter", "{signal}");
            assert!(processors.contains(&"attributes/redact"), "{signal}");
            assert_eq!(processors.contains(&"tail_sampling"), signal == "traces");
            assert_eq!(processors.contains(&"transform/redact"), signal == "logs");
            assert_eq!(processors.last() == Some(&"batch"), collector == "0.120");
        }
        // Whoever loads it is told what Prometheus needs.
        let again = run_in(folder.path(), &["render", "-m", "obsgen.yaml", "-o", "out"]);
        assert!(format!("{}{}", again.stdout, again.stderr).contains(flag), "{}", again.stderr);
        assert!(folder.path().join("out/grafana/provisioning/datasources/loki.yml").exists());
    }
}

#[test]
fn a_collector_of_logs_alone_needs_no_service_that_traces() {
    let text = example_text();
    let without = text.lines().filter(|line| !line.starts_with("tracing:")).collect::<Vec<_>>().join("\n");
    let (_folder, config) = rendered(&without.replace("  grafana: \"11\"", "  grafana: \"11\"\n  collector: { signals: [logs] }"));
    assert_eq!(
        config["service"]["pipelines"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["logs".to_owned()])
    );
    let wrong = example_text().replace("  grafana: \"11\"", "  grafana: \"11\"\n  collector: { signals: [profile] }");
    let (_folder, run) = render(&wrong);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("profile"), "{}", run.stderr);
}

/// What a statement `replace_pattern(body, expression, replacement)` makes of a line. Strings of OTTL are written as those of JSON.
fn replaced(statement: &str, line: &str) -> String {
    let strings = statement.strip_prefix("replace_pattern(body, ").expect("a replacement");
    let mut strings = serde_json::Deserializer::from_str(strings).into_iter::<String>();
    let expression = strings.next().expect("an expression").expect("a string");
    let rest = &statement["replace_pattern(body, ".len() + strings.byte_offset()..];
    let rest = rest.strip_prefix(", ").expect("a comma");
    let with = serde_json::Deserializer::from_str(rest).into_iter::<String>().next().expect("a replacement").expect("a string");
    let expression = regex::Regex::new(&expression).expect("an expression");
    // The Collector takes two dollar signs for one.
    expression.replace_all(line, with.replace("$$", "$")).into_owned()
}

fn statement(config: &Value) -> &str {
    config["processors"]["transform/redact"]["log_statements"][0]["statements"][0].as_str().expect("a statement")
}

#[test]
fn bodies_of_logs_lose_what_must_not_be_kept() {
    let (_folder, config) = rendered(&everything("0.155", "3.5"));
    let line = r#"{"message":"a \"token\" came","password":"s3cr\"et","in":{"Token": "s3cr3t","n":1},"token":4711,"tokens":2}"#;
    let kept: Value = serde_json::from_str(&replaced(statement(&config), line)).expect("JSON stays JSON");
    assert_eq!(
        (&kept["password"], &kept["token"], &kept["in"]["Token"]),
        (&"[redacted]".into(), &"[redacted]".into(), &"[redacted]".into())
    );
    assert_eq!((&kept["tokens"], &kept["in"]["n"], &kept["message"]), (&2.into(), &1.into(), &"a \"token\" came".into()));
    let kept = replaced(statement(&config), "level=info password=\"a b\" token=abc tokens=2");
    assert_eq!(kept, "level=info password=\"[redacted]\" token=\"[redacted]\" tokens=2");
}

#[test]
fn hostile_names_stay_names() {
    for name in ["a\"b", "a'b", "a\\b", "a`b", "a{{b}}", "a${env:HOME}", "a|b", "a: b", "# a", "a)b", "%{a}", "x\") where true //", "名前"]
    {
        let quoted = serde_json::json!(name).to_string();
        let text = everything("0.155", "3.5");
        let line = text.lines().find(|line| line.starts_with("logging:")).expect("a line").to_owned();
        let (folder, config) = rendered(&text.replace(&line, &format!("logging: {{ redact: [{quoted}] }}")));
        assert_eq!(config["service"]["pipelines"].as_object().map(serde_json::Map::len), Some(3), "{name:?}");
        assert!(statement(&config).ends_with("where IsString(body)"), "{name:?}");
        // As it stands in a line of text.
        let kept = replaced(statement(&config), &format!("x {name}=s3cret y"));
        assert_eq!(kept, format!("x {name}=\"[redacted]\" y"), "{name:?}");
        let attributes = config["processors"]["attributes/redact"]["actions"][0]["pattern"].as_str().expect("a pattern");
        assert!(regex::Regex::new(attributes).expect("an expression").is_match(name), "{name:?}");
        // Nothing that the Collector would take for a variable of its environment.
        let text = fs::read_to_string(folder.path().join("out/otel-collector.yml")).expect("a file");
        assert!(!text.replace("$$", "").contains("${"), "{name:?}: {text}");
    }
}

/// Single changes of a rendered configuration: what stands there, what it becomes, the rule that finds it, and a piece of the
/// line that it is found in.
const VARIANTS: &[(&str, &str, &str, &str)] = &[
    // Names.
    (
        "      receivers: [otlp]\n      processors: [memory_limiter, tail",
        "      receivers: [otpl]\n      processors: [memory_limiter, tail",
        "pipeline-component",
        "otpl",
    ),
    ("exporters: [otlp_http/loki]", "exporters: [otlp_http/lok]", "pipeline-component", "otlp_http/lok]"),
    ("exporters: [otlp_grpc/tempo]", "exporters: [otlp/tempo]", "pipeline-component", "[otlp/tempo]"),
    ("[memory_limiter, attributes/redact]", "[memory_limiter, attribute/redact]", "pipeline-component", "attribute/redact"),
    ("  otlp_http/prometheus:", "  otlp_http/prom:", "pipeline-component", "exporters: [otlp_http/prometheus]"),
    ("  transform/redact:", "  transform/body:", "unused-component", "transform/body:"),
    ("exporters: [otlp_http/loki]", "exporters: []", "pipeline-signal", "exporters: []"),
    ("  extensions: [health_check]", "  extensions: []", "unused-component", "health_check:"),
    ("  extensions: [health_check]", "  extensions: [healthcheck]", "unused-component", "[healthcheck]"),
    ("    logs:\n", "    log:\n", "pipeline-signal", "log:"),
    ("    metrics:\n      receivers", "    metric:\n      receivers", "pipeline-signal", "metric:"),
    // Signals.
    ("exporters: [otlp_http/loki]", "exporters: [otlp_http/prometheus]", "export-address", "exporters: [otlp_http/prometheus]"),
    ("exporters: [otlp_http/prometheus]", "exporters: [otlp_http/loki]", "export-address", "exporters: [otlp_http/loki]"),
    (
        "[memory_limiter, attributes/redact]",
        "[memory_limiter, tail_sampling, attributes/redact]",
        "pipeline-signal",
        "[memory_limiter, tail_sampling, attributes/redact]",
    ),
    ("exporters: [otlp_grpc/tempo]", "exporters: [otlp_grpc/tempo, otlp_http/loki]", "export-address", "otlp_http/loki]"),
    // Order.
    ("[memory_limiter, attributes/redact]", "[attributes/redact, memory_limiter]", "pipeline-order", "[attributes/redact, memory_limiter]"),
    (
        "[memory_limiter, attributes/redact, transform/redact]",
        "[attributes/redact, transform/redact]",
        "pipeline-order",
        "processors: [attributes/redact, transform",
    ),
    (
        "[memory_limiter, attributes/redact]",
        "[memory_limiter, attributes/redact, attributes/redact]",
        "pipeline-signal",
        "attributes/redact, attributes/redact]",
    ),
    // Ports and addresses.
    ("endpoint: \"localhost:4317\"", "endpoint: \"localhost:4318\"", "otlp-port", "localhost:4318"),
    ("endpoint: \"localhost:4318\"", "endpoint: \"localhost:4317\"", "listener", "localhost:4317"),
    ("endpoint: \"localhost:4318\"", "endpoint: \"http://localhost:4318\"", "listener", "http://localhost:4318"),
    ("endpoint: \"localhost:13133\"", "endpoint: \"localhost\"", "listener", "\"localhost\""),
    ("\"tempo:4317\"", "\"tempo:3200\"", "export-address", "tempo:3200"),
    ("\"tempo:4317\"", "\"tempo:4318\"", "otlp-port", "tempo:4318"),
    ("\"tempo:4317\"", "\"localhost:4317\"", "export-address", "localhost:4317"),
    ("http://loki:3100/otlp", "http://loki:3100/loki/api/v1/push", "export-address", "/push"),
    ("http://loki:3100/otlp", "http://loki:3100", "export-address", "http://loki:3100"),
    ("http://loki:3100/otlp", "loki:3100/otlp", "bad-url", "loki:3100/otlp"),
    ("/api/v1/otlp", "/api/v1/otlp/v1/metrics", "export-address", "/v1/metrics"),
    ("/api/v1/otlp", "/api/v1/otpl", "export-address", "/otpl"),
    ("      insecure: true", "      insecure: false", "export-address", "insecure: false"),
    // Keys and values.
    ("check_interval: 1s", "check_interval: 1", "bad-duration", "check_interval: 1"),
    ("    check_interval: 1s\n", "", "collector-setting", "memory_limiter:"),
    ("limit_percentage: 75\n    spike", "limit_percentag: 75\n    spike", "unknown-key", "limit_percentag:"),
    ("spike_limit_percentage: 20", "spike_limit_percentage: 80", "collector-setting", "80"),
    ("limit_percentage: 75", "limit_percentage: 750", "collector-setting", "750"),
    ("        min_size: 8192", "        min_siz: 8192", "unknown-key", "min_siz:"),
    ("        sizer: items", "        sizer: item", "bad-value", "sizer: item"),
    ("        action: delete", "        action: remove", "bad-value", "action: remove"),
    ("        action: delete", "        action: upsert", "collector-setting", "action: upsert"),
    ("      - name: errors\n        type: status_code", "      - name: errors\n        type: status_cod", "bad-value", "status_cod"),
    ("sampling_percentage: 100.0", "sampling_percentage: 1000", "collector-setting", "1000"),
    ("where IsString(body)", "where IsString(body", "collector-setting", "IsString(body"),
    ("error_mode: ignore", "error_mode: ignored", "bad-value", "ignored"),
    ("    protocols:\n", "    protocol:\n", "unknown-key", "protocol:"),
    // What is gone.
    ("  otlp_http/loki:", "  loki:", "removed-component", "  loki:"),
    ("  attributes/redact:", "  atributes/redact:", "removed-component", "atributes/redact:"),
    ("exporters:\n  otlp_grpc", "exporters:\n  logging: {}\n  otlp_grpc", "removed-component", "logging"),
];

#[test]
fn every_broken_variant_of_what_is_rendered_is_found_at_its_place() {
    let (folder, _) = rendered(&everything("0.155", "3.5"));
    let healthy = fs::read_to_string(folder.path().join("out/otel-collector.yml")).expect("a configuration");
    let judge = |text: &str| {
        let outcome = lint::run(vec![Input { path: "c.yml".into(), text: text.into(), named: true }], &Options::default());
        let lines: Vec<&str> = text.lines().collect();
        let found: Vec<(String, String)> = outcome
            .diagnostics
            .iter()
            .map(|d| {
                let place = outcome.sources.get(d.span.source).position(d.span.start);
                (d.rule.to_string(), lines.get(place.line - 1).copied().unwrap_or("").to_owned())
            })
            .collect();
        found
    };
    assert!(judge(&healthy).is_empty(), "{:?}", judge(&healthy));
    let mut wrong = Vec::new();
    for (from, to, rule, line) in VARIANTS {
        assert!(healthy.contains(from), "{from:?} is not in\n{healthy}");
        let found = judge(&healthy.replacen(from, to, 1));
        if !found.iter().any(|(id, place)| id == rule && place.contains(line)) {
            wrong.push(format!("{from:?} => {to:?} should be {rule} in {line:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), VARIANTS.len(), wrong.join("\n"));
    assert!(VARIANTS.len() >= 30, "{}", VARIANTS.len());
}

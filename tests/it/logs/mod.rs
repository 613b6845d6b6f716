//! Log pipelines. None of the three shippers can be had from the registries that these tests use, so Alloy's syntax is read by a
//! reader of our own, Vector's program is compiled and run by the language's own crate, and Fluent Bit's keys are compared.

mod alloy;
mod vector;

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;
use serde_json::{Value, json};

use crate::common::{example_text, render, run_in};
use alloy::Value as Alloy;

/// The example with another `logging:`.
fn manifest(logging: &str) -> String {
    let text = example_text();
    let line = text.lines().find(|line| line.starts_with("logging:")).expect("a line").to_owned();
    text.replace(&line, &format!("logging: {{ {logging} }}"))
}

/// The text of the pipeline that a manifest brings.
fn pipeline(logging: &str, file: &str) -> String {
    pipeline_of(&manifest(logging), file)
}

/// The same, of a manifest that names a field among those that are kept and those that are redacted.
fn pipeline_of_kept(logging: &str, file: &str) -> String {
    let ignored = "# obsgen: ignore[manifest-logging] kept without its value\nlogging: {";
    pipeline_of(&manifest(logging).replace("logging: {", ignored), file)
}

fn pipeline_of(manifest: &str, file: &str) -> String {
    let (folder, run) = render(manifest);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lint = run_in(folder.path(), &["lint", "out", "-m", "obsgen.yaml", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    fs::read_to_string(folder.path().join("out/logs").join(file)).expect("a pipeline")
}

const EXAMPLE: &str = "level: info, metadata: [request_id, user_id, \"user.name\"], redact: [password, token]";

fn texts(entries: &[(&str, &str)]) -> Alloy {
    Alloy::Object(entries.iter().map(|(key, value)| ((*key).to_owned(), Alloy::Text((*value).to_owned()))).collect::<BTreeMap<_, _>>())
}

#[test]
fn alloy_reads_what_is_rendered_and_every_component_is_there() {
    for format in ["json", "logfmt", "text"] {
        let text = pipeline(&format!("format: {format}, pipeline: loki, {EXAMPLE}"), "myapp.alloy");
        let file = alloy::read(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        assert!(alloy::dangling(&file).is_empty(), "{:?}", alloy::dangling(&file));
        let names: Vec<&str> = file.blocks.iter().map(|block| block.name.as_str()).collect();
        assert_eq!(names, ["local.file_match", "loki.source.file", "loki.process", "loki.write"]);
        let process = file.named("loki.process")[0];
        // Labels are few: ids are structured metadata.
        assert_eq!(process.named("stage.labels")[0].attributes["values"], texts(&[("level", "level")]));
        assert_eq!(process.named("stage.structured_metadata").len(), usize::from(format != "text"));
        if format == "json" {
            let fields = texts(&[("request_id", "request_id"), ("user_id", "user_id"), ("user.name", "user.name")]);
            assert_eq!(process.named("stage.structured_metadata")[0].attributes["values"], fields);
            let Alloy::Object(paths) = &process.named("stage.json")[0].attributes["expressions"] else { panic!("{text}") };
            // Without quotes JMESPath would look for `name` inside `user`.
            assert_eq!(paths["user.name"], Alloy::Text("\"user.name\"".to_owned()));
        }
        assert_eq!(file.named("loki.write")[0].named("endpoint")[0].text("url"), "http://loki:3100/loki/api/v1/push");
    }
}

/// What Alloy's `stage.replace` does: every text in the expression's group is replaced.
fn replaced(line: &str, expression: &str, with: &str) -> String {
    let expression = Regex::new(expression).expect("an expression of both engines");
    let (mut out, mut at) = (String::new(), 0);
    for found in expression.captures_iter(line).filter_map(|found| found.get(1)) {
        out.push_str(&line[at..found.start()]);
        out.push_str(with);
        at = found.end();
    }
    out + &line[at..]
}

#[test]
fn no_value_of_a_redacted_field_is_kept_and_json_stays_json() {
    let line = r#"{"message":"a \"token\" came","password":"s3cr\"et","in":{"Token": "s3cr3t","n":1},"token":4711,"tokens":2}"#;
    let text = pipeline(&format!("format: json, pipeline: alloy, {EXAMPLE}"), "myapp.alloy");
    let file = alloy::read(&text).expect("a configuration");
    let stages = file.named("loki.process")[0].named("stage.replace");
    assert_eq!(stages.len(), 2);
    let kept = stages.iter().fold(line.to_owned(), |line, stage| replaced(&line, stage.text("expression"), stage.text("replace")));
    let kept: Value = serde_json::from_str(&kept).unwrap_or_else(|error| panic!("{error}: {kept}"));
    let expected = json!({
        "message": "a \"token\" came", "password": "[redacted]", "in": { "Token": "[redacted]", "n": 1 }, "token": "[redacted]", "tokens": 2,
    });
    assert_eq!(kept, expected);
    let text = pipeline(&format!("format: logfmt, pipeline: alloy, {EXAMPLE}"), "myapp.alloy");
    let file = alloy::read(&text).expect("a configuration");
    let line = r#"level=info password="a b" token=abc tokens=2 message="my token""#;
    let stages = file.named("loki.process")[0].named("stage.replace");
    let kept = stages.iter().fold(line.to_owned(), |line, stage| replaced(&line, stage.text("expression"), stage.text("replace")));
    assert_eq!(kept, r#"level=info password="[redacted]" token=[redacted] tokens=2 message="my token""#);
}

#[test]
fn fluent_bit_takes_the_declared_fields_as_metadata_and_drops_the_redacted() {
    for (format, parser) in [("json", "json"), ("logfmt", "logfmt"), ("text", "regex")] {
        let text = pipeline(&format!("format: {format}, pipeline: fluent-bit, {EXAMPLE}"), "myapp.fluent-bit.yml");
        let config: Value = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(config["parsers"][0]["format"], parser);
        let pipeline = &config["pipeline"];
        let (input, output) = (&pipeline["inputs"][0], &pipeline["outputs"][0]);
        assert_eq!((&input["name"], &output["name"]), (&json!("tail"), &json!("loki")));
        assert_eq!((&input["tag"], &input["parser"]), (&output["match"], &config["parsers"][0]["name"]));
        assert_eq!((&output["labels"], &output["label_keys"]), (&json!("service=myapp"), &json!("$level")));
        if format == "text" {
            assert!(pipeline["filters"].is_null() && output["structured_metadata"].is_null());
            continue;
        }
        // A name with a dot would be a path there.
        assert_eq!(output["structured_metadata"], "request_id=$request_id,user_id=$user_id");
        let removed = Regex::new(pipeline["filters"][0]["remove_regex"].as_str().expect("an expression")).expect("an expression");
        assert!(removed.is_match("Token") && removed.is_match("password") && !removed.is_match("tokens"));
    }
}

#[test]
fn files_and_the_store_are_those_of_the_manifest() {
    let stack = |text: String| text.replace("  grafana: \"11\"", "  grafana: \"11\"\n  loki: { address: \"logs.example.com:3101\" }");
    for (shipper, file) in [("alloy", "myapp.alloy"), ("vector", "myapp.vector.yml"), ("fluent-bit", "myapp.fluent-bit.yml")] {
        let own = manifest(&format!("format: json, pipeline: {shipper}, files: [\"/srv/a $HOME/*.log\", /srv/b.log]"));
        let (folder, run) = render(&stack(own));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let text = fs::read_to_string(folder.path().join("out/logs").join(file)).expect("a pipeline");
        let dollar = if shipper == "vector" { "/srv/a $$HOME/*.log" } else { "/srv/a $HOME/*.log" };
        assert!(text.contains(dollar) && text.contains("/srv/b.log") && text.contains("logs.example.com"), "{text}");
        assert!(text.contains("3101"), "{text}");
    }
    // Fluent Bit cannot be told that these are characters of a name.
    let text = pipeline("format: json, pipeline: fluent-bit, files: [\"/srv/a,b ${HOME}.log\"]", "myapp.fluent-bit.yml");
    assert!(text.contains("/srv/a?b ?{HOME}.log"), "{text}");
}

#[test]
fn without_a_pipeline_there_is_none() {
    let (folder, run) = render(&manifest("format: json"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!folder.path().join("out/logs").exists());
}

/// Names that break out of places that are not quoted well.
const HOSTILE: &[&str] = &["a\"b", "a'b", "a\\b", "a`b", "a{{b}}", "a${b}", "a|b", "a: b", "# a", "a\"}\n", "%{a}", "a)b", "名前"];

#[test]
fn hostile_names_stay_names() {
    for name in HOSTILE {
        let quoted = json!(name.trim()).to_string();
        let logging = |shipper: &str| format!("format: json, pipeline: {shipper}, metadata: [{quoted}], redact: [{quoted}]");
        let text = pipeline_of_kept(&logging("alloy"), "myapp.alloy");
        let file = alloy::read(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        let process = file.named("loki.process")[0];
        assert_eq!(process.named("stage.structured_metadata")[0].attributes["values"], texts(&[(name.trim(), name.trim())]), "{name:?}");
        let line = json!({ name.trim(): "secret" }).to_string();
        let stages = process.named("stage.replace");
        let kept = stages.iter().fold(line, |line, stage| replaced(&line, stage.text("expression"), stage.text("replace")));
        assert!(!kept.contains("secret"), "{kept}");
        let fluent: Value = serde_yaml::from_str(&pipeline_of_kept(&logging("fluent-bit"), "myapp.fluent-bit.yml")).expect("YAML");
        assert_eq!(fluent["pipeline"]["outputs"].as_array().map(Vec::len), Some(1), "{name:?}");
        let vector: Value = serde_yaml::from_str(&pipeline_of_kept(&logging("vector"), "myapp.vector.yml")).expect("YAML");
        assert_eq!(vector["transforms"].as_object().map(serde_json::Map::len), Some(1), "{name:?}");
    }
}

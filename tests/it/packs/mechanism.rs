//! Packs are folders: what a folder needs to be one, what it is told, and how values get into its files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use obsgen::internals::artifacts::code::literal::{self, Language};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::common::{Run, example_text, files, root, run_in};
use crate::engines::on_path;

/// Renders a manifest's text with a folder of templates.
fn render_with(manifest: &str, templates: &[(&str, &str)]) -> (tempfile::TempDir, Run) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    fs::create_dir(folder.path().join("templates")).expect("a folder");
    for (name, text) in templates {
        let path = folder.path().join("templates").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a template");
    }
    let run = run_in(folder.path(), &["render", "-o", "out", "--templates", "templates"]);
    (folder, run)
}

fn in_language(language: &str) -> String {
    example_text().replace("language: elixir", &format!("language: {language}"))
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("out").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_folder_of_templates_is_a_pack_without_any_rust() {
    let templates = [
        ("instrumentation/go/README.md", "Ours. {{ not a value }} {% endraw %} {# kept #}\n"),
        ("instrumentation/go/deep/metrics.go.j2", "package {{ service.identifier|bare }}\nvar first = {{ metrics[0].name }}\n"),
        ("instrumentation/go/nothing.go.j2", "{% if metrics|length > 100 %}many{% endif %}\n"),
        ("instrumentation/go/.hidden", "x"),
    ];
    let (folder, run) = render_with(&in_language("go"), &templates);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rendered: Vec<String> = files(&folder.path().join("out/instrumentation")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(rendered, ["go/README.md", "go/deep/metrics.go"]);
    assert_eq!(read(folder.path(), "instrumentation/go/README.md"), templates[0].1);
    assert_eq!(read(folder.path(), "instrumentation/go/deep/metrics.go"), "package myapp\nvar first = \"db_connections_active\"\n");
    assert!(run.stderr.contains("less out/instrumentation/go/README.md"), "{}", run.stderr);
}

#[test]
fn a_file_of_a_pack_can_be_replaced_or_added() {
    let templates =
        [("instrumentation/python/requirements.txt.j2", "ours\n"), ("instrumentation/python/more.py.j2", "x = {{ metrics_path }}\n")];
    let (folder, run) = render_with(&in_language("python"), &templates);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(read(folder.path(), "instrumentation/python/requirements.txt"), "ours\n");
    assert_eq!(read(folder.path(), "instrumentation/python/more.py"), "x = \"/metrics\"\n");
    assert!(read(folder.path(), "instrumentation/python/observability/metrics.py").contains("HTTP_REQUESTS_TOTAL"));
}

#[test]
fn a_language_without_a_pack_is_said_and_nothing_else_is_lost() {
    for language in ["cobol", "'../python'", "'python/observability'", "Python"] {
        let (folder, run) = render_with(&in_language(language), &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("no instrumentation code for myapp ("), "{}", run.stderr);
        assert!(run.stderr.contains("there are packs for elixir, node, python, rust"), "{}", run.stderr);
        assert!(!folder.path().join("out/instrumentation").exists());
    }
    let (_, run) = render_with(&example_text().replace("  language: elixir\n", ""), &[]);
    assert!(run.code == 0 && !run.stderr.contains("instrumentation"), "{}", run.stderr);
}

#[test]
fn what_is_neither_a_name_nor_a_number_cannot_stand_without_quotes() {
    let (folder, run) = render_with(&in_language("go"), &[("instrumentation/go/a.go.j2", "\n{{ service.description|bare }}\n")]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("instrumentation/go/a.go.j2:2") && run.stderr.contains("neither a name nor a number"), "{}", run.stderr);
    assert!(!folder.path().join("out").exists());
    let (_, run) = render_with(&in_language("go"), &[("instrumentation/go/a.go.j2", "{{ servce.name }}")]);
    assert!(run.code == 2 && run.stderr.contains("a.go.j2:1"), "{}", run.stderr);
}

#[test]
fn services_of_a_fleet_have_a_folder_each() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["shop", "users"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
        let text =
            in_language("python").replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\""));
        let text = text
            .replace("localhost:4000", &format!("{name}:4000"))
            .replace("localhost:9187", &format!("{name}:9187"))
            .replace("localhost:9121", &format!("{name}:9121"));
        fs::write(folder.path().join(name).join("obsgen.yaml"), text).expect("a manifest");
    }
    let run = run_in(folder.path(), &["render", "-m", ".", "-o", "out", "--only", "code"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(read(folder.path(), "instrumentation/python/shop/observability/traces.py").contains("\"shop\""));
    assert!(read(folder.path(), "instrumentation/python/users/observability/traces.py").contains("\"users\""));
}

#[test]
fn what_the_example_renders_is_clean_in_every_language() {
    for language in ["elixir", "node", "python", "rust"] {
        let (folder, run) = render_with(&in_language(language), &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let linted = run_in(folder.path(), &["lint", "out", "-m", "obsgen.yaml", "--fail-on", "info"]);
        assert_eq!(linted.code, 0, "{language}: {}", linted.stdout);
    }
}

/// The keys of a value, at any depth.
fn keys(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            all.insert(key.clone());
            // What a health check answers is the manifest's to name.
            if key != "body" {
                keys(value, all);
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, all)),
        _ => {}
    }
}

#[test]
fn the_manual_names_everything_that_a_pack_is_told() {
    let dump = "{{ dict(service=service, metrics_path=metrics_path, metrics=metrics, health=health, logging=logging, tracing=tracing, sentry=sentry) }}";
    let (folder, run) = render_with(&in_language("go"), &[("instrumentation/go/dump.json.j2", dump)]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let told: Value = serde_json::from_str(&read(folder.path(), "instrumentation/go/dump.json")).expect("JSON");
    let mut all = BTreeSet::new();
    keys(&told, &mut all);
    let manual = fs::read_to_string(root().join("docs/artifacts/code.md")).expect("the manual");
    let missing: Vec<&String> = all.iter().filter(|key| !manual.contains(&format!("`{key}`"))).collect();
    assert!(all.len() > 30 && missing.is_empty(), "docs/artifacts/code.md does not name {missing:?}");
}

/// What packs are told of metrics, by name.
fn told(metrics: &Value) -> BTreeMap<String, Value> {
    let mut manifest: Value = serde_yaml::from_str(&in_language("go")).expect("YAML");
    for (name, metric) in metrics.as_object().expect("metrics") {
        manifest["metrics"][name] = metric.clone();
    }
    let (folder, run) = render_with(&manifest.to_string(), &[("instrumentation/go/dump.json.j2", "{{ metrics }}")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let all: Vec<Value> = serde_json::from_str(&read(folder.path(), "instrumentation/go/dump.json")).expect("JSON");
    all.into_iter().map(|metric| (metric["name"].as_str().expect("a name").to_owned(), metric)).collect()
}

#[test]
fn what_a_pack_measures_unasked_is_what_is_about_its_own_requests() {
    let cases = [
        ("requests", json!({ "api_calls_total": { "type": "counter", "labels": { "code": { "role": "http_status" } } } })),
        ("requests", json!({ "http_requests_by_verb_total": { "type": "counter", "labels": { "verb": {} } } })),
        ("request_duration", json!({ "request_latency": { "type": "histogram", "unit": "seconds", "buckets": [1] } })),
        ("requests_in_flight", json!({ "http_requests_in_progress": { "type": "gauge" } })),
        ("lost_events", json!({ "sentry_events_lost_total": { "type": "counter" } })),
        ("", json!({ "http_client_requests_total": { "type": "counter", "labels": { "code": { "role": "http_status" } } } })),
        ("requests", json!({ "shop_requests_total": { "type": "counter", "labels": { "status_code": {} } } })),
        ("", json!({ "payment_requests_total": { "type": "counter", "labels": { "provider": {} } } })),
        ("", json!({ "http_requests_active": { "type": "gauge", "labels": { "pool": {} } } })),
        ("", json!({ "http_request_errors_total": { "type": "counter" } })),
        ("", json!({ "http_request_size_bytes": { "type": "histogram", "buckets": [1] } })),
        ("", json!({ "job_duration_seconds": { "type": "histogram", "buckets": [1] } })),
        ("", json!({ "orders_total": { "type": "counter", "labels": { "method": { "values": ["card", "cash"] } } } })),
    ];
    for (measures, metric) in cases {
        let name = metric.as_object().and_then(|all| all.keys().next()).expect("a name").clone();
        let said = told(&metric)[&name]["measures"].as_str().unwrap_or_default().to_owned();
        assert_eq!(said, measures, "{name}");
    }
}

#[test]
fn labels_of_requests_are_known_by_their_names_where_their_values_agree() {
    let labels = json!({
        "verb": { "values": ["GET", "other"] }, "code": {}, "handler": { "optional": true }, "tenant": {},
        "method": { "values": ["card"] }, "status": { "role": "http_status", "values": ["200", "503"] },
    });
    let all = told(
        &json!({ "http_requests_total": { "type": "counter", "labels": labels }, "paid_total": { "type": "counter", "labels": { "code": {} } } }),
    );
    let said: Vec<(String, Value, Value)> = all["http_requests_total"]["labels"]
        .as_array()
        .expect("labels")
        .iter()
        .map(|label| (label["name"].as_str().expect("a name").to_owned(), label["role"].clone(), label["other"].clone()))
        .collect();
    let expected = [
        ("code", json!("http_status"), Value::Null),
        ("handler", json!("http_route"), json!("")),
        ("method", Value::Null, Value::Null),
        ("status", json!("http_status"), Value::Null),
        ("tenant", Value::Null, Value::Null),
        ("verb", json!("method"), json!("other")),
    ];
    assert_eq!(said, expected.map(|(name, role, other)| (name.to_owned(), role, other)));
    assert_eq!(all["paid_total"]["labels"][0]["role"], Value::Null);
}

#[test]
fn label_sets_are_there_from_the_start_where_they_are_finite_and_few() {
    let many: Vec<String> = (0..201).map(|n| n.to_string()).collect();
    let all = told(&json!({
        "a_total": { "type": "counter", "labels": { "x": { "values": ["1", "2"] }, "y": { "values": ["3"] } } },
        "b_total": { "type": "counter", "labels": { "x": { "values": ["1"] }, "y": {} } },
        "c_total": { "type": "counter", "labels": { "x": { "values": many } } },
        "d_total": { "type": "counter", "labels": { "x": { "values": ["1", "2"] } }, "max_series": 1 },
        "e_total": { "type": "counter", "labels": { "x": { "values": ["1"] } }, "presence": "on_first_use" },
        "f_total": { "type": "counter" },
    }));
    let initial = |name: &str| all[name]["initial"].clone();
    assert_eq!(initial("a_total"), json!([["1", "3"], ["2", "3"]]));
    for none in ["b_total", "c_total", "d_total", "e_total"] {
        assert_eq!(initial(none), json!([]), "{none}");
    }
    assert_eq!(initial("f_total"), json!([[]]));
    assert_eq!(all["db_connections_active"]["fed"], true);
}

#[test]
fn two_files_of_a_folder_cannot_make_the_same_one_and_a_copy_replaces_a_template() {
    let (folder, run) = render_with(&in_language("python"), &[("instrumentation/python/README.md", "Ours, as it is: {{ x }}\n")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(read(folder.path(), "instrumentation/python/README.md"), "Ours, as it is: {{ x }}\n");
    let both = [("instrumentation/go/a.go", ""), ("instrumentation/go/a.go.j2", "")];
    let (_, run) = render_with(&in_language("go"), &both);
    assert!(run.code == 2 && run.stderr.contains("make the same file"), "{}", run.stderr);
}

#[test]
fn the_manuals_example_is_a_pack() {
    let manual = fs::read_to_string(root().join("docs/artifacts/code.md")).expect("the manual");
    let example = manual.split("```jinja\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let (folder, run) = render_with(&in_language("ruby"), &[("instrumentation/ruby/metrics.rb.j2", example)]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let code = read(folder.path(), "instrumentation/ruby/metrics.rb");
    assert!(
        code.contains("HTTP_REQUESTS_TOTAL = ")
            && code.contains("labels: [:method, :status]")
            && code.contains("buckets: [0.1, 0.5, 1.0, 5.0]"),
        "{code}"
    );
}

/// Texts of all kinds, always the same ones.
fn texts() -> Vec<String> {
    let pieces = prop::sample::select(vec![
        "\"",
        "'",
        "\\",
        "\n",
        "\r",
        "\t",
        "#{",
        "${",
        "}",
        "{{",
        "}}",
        "`",
        "*/",
        "//",
        "\"\"\"",
        "'''",
        "\\u0022",
        "\\x",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "\u{fffe}",
        "\u{1f525}",
        "\u{10ffff}",
        "é",
        "%s",
        "#",
        "$",
        "~s",
        "__proto__",
        " ",
        "a",
    ]);
    let any = prop_oneof![prop::collection::vec(pieces, 0..8).prop_map(|all| all.concat()), any::<String>()];
    let mut runner = TestRunner::deterministic();
    let mut texts: Vec<String> = (0..300).map(|_| any.new_tree(&mut runner).expect("a text").current()).collect();
    texts.extend(["", "\\", "\"", "#{1}", "x\\"].map(str::to_owned));
    texts
}

/// Literals of one language, one a line.
fn literals(language: Language, values: &[Value]) -> String {
    values.iter().map(|value| language.literal(value) + "\n").collect()
}

/// What a program makes of a file of literals, one a line, as JSON.
fn judged(command: &mut Command, text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("literals");
    fs::write(&file, text).expect("a file");
    let output = command.arg(&file).output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The values that go through every language: the texts alone, and inside lists and maps.
fn values() -> Vec<Value> {
    let texts = texts();
    let mut all: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    all.extend(
        texts.chunks(7).map(|chunk| json!({ "list": chunk, (chunk[0].clone()): [true, null, 0.1, 1.0, 7, -3, 1e21], "__proto__": {} })),
    );
    all
}

#[test]
fn literals_of_python_mean_what_they_were_made_of() {
    let Some(python) = on_path("python3") else { return };
    let script =
        "import ast, json, sys\nfor line in open(sys.argv[1], encoding='utf-8', newline='\\n'): print(json.dumps(ast.literal_eval(line)))";
    let values = values();
    assert_eq!(judged(Command::new(python).args(["-c", script]), &literals(Language::Python, &values)), values);
}

#[test]
fn literals_of_javascript_mean_what_they_were_made_of() {
    let Some(node) = on_path("node") else { return };
    let script = "for (const line of require('fs').readFileSync(process.argv[1], 'utf8').split('\\n').slice(0, -1)) console.log(JSON.stringify(eval(`(${line})`)))";
    let values = values();
    let judged = judged(Command::new(node).args(["-e", script]), &literals(Language::JavaScript, &values));
    // JavaScript has one kind of number.
    let floats = |value: &Value| serde_json::from_str::<Value>(&value.to_string().replace("1.0", "1")).expect("JSON");
    assert_eq!(judged.iter().map(floats).collect::<Vec<_>>(), values.iter().map(floats).collect::<Vec<_>>());
}

#[test]
fn literals_of_elixir_mean_what_they_were_made_of() {
    let Some(elixir) = on_path("elixir") else { return };
    // It has no JSON of its own yet: the code points of a text are as good.
    let script = "for line <- File.stream!(hd(System.argv())), do: line |> Code.eval_string() |> elem(0) |> String.to_charlist() |> inspect(charlists: :as_lists, limit: :infinity) |> IO.puts()";
    let texts = texts();
    let points: Vec<Value> = texts.iter().map(|text| json!(text.chars().map(u32::from).collect::<Vec<_>>())).collect();
    let values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    assert_eq!(judged(Command::new(elixir).args(["-e", script]), &literals(Language::Elixir, &values)), points);
}

#[test]
fn literals_of_rust_mean_what_they_were_made_of() {
    let texts = texts();
    let values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let (folder, list) = (tempfile::tempdir().expect("a folder"), Language::Rust.literal(&json!(values)));
    let source = format!(
        "const ALL: &[&str] = {list};\nfn main() {{ for text in ALL {{ println!(\"{{:?}}\", text.chars().map(u32::from).collect::<Vec<_>>()); }} }}\n"
    );
    fs::write(folder.path().join("main.rs"), source).expect("a file");
    let compiled = Command::new("rustc").args(["--edition", "2024", "main.rs"]).current_dir(folder.path()).output().expect("rustc");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let points: Vec<Value> = texts.iter().map(|text| json!(text.chars().map(u32::from).collect::<Vec<_>>())).collect();
    assert_eq!(judged(&mut Command::new(folder.path().join("main")), ""), points);
}

#[test]
fn literals_of_other_languages_hold_nothing_that_means_something() {
    for text in texts() {
        let literal = Language::Other.literal(&json!(text));
        assert_eq!(serde_json::from_str::<String>(&literal).expect("JSON"), text);
        assert!(!literal.contains(['$', '#', '{', '}', '`', '\'', '%', '\n', '\u{2028}']), "{literal}");
    }
}

#[test]
fn a_comment_stays_a_comment() {
    for text in texts() {
        for mark in ["#", "//", "    ///"] {
            let comment = literal::comment(&text, mark);
            assert!(comment.split('\n').all(|line| line.starts_with(mark) && !line.ends_with('\\')), "{comment:?}");
            assert!(!comment.contains(|c: char| c.is_control() && c != '\n' || matches!(c, '\u{2028}' | '\u{202e}')), "{comment:?}");
        }
    }
    assert_eq!(literal::comment("one\n\ntwo \\", "#"), "# one\n#\n# two \\ .");
}

#[test]
fn a_value_in_markdown_is_code_on_one_line() {
    for text in texts() {
        let span = Language::Markdown.literal(&json!(text));
        let fence = span.chars().take_while(|c| *c == '`').count();
        let inner = &span[fence..span.len() - fence];
        assert!(inner.split(|c| c != '`').all(|run| run.len() < fence) && !span.contains('\n'), "{span:?}");
    }
}

//! The same rules for other engines: what is inside is what Prometheus gets, so that its tests prove both.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{example_text, run_in};

const KINDS: &[(&str, Option<(&str, &str)>)] =
    &[("mimir", None), ("thanos", Some(("partial_response_strategy", "abort"))), ("victoriametrics", Some(("type", "prometheus")))];

fn groups(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_yaml::from_str(&text).expect("YAML");
    file["groups"].as_array().expect("groups").clone()
}

fn rendered(manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    let run = run_in(folder.path(), &["render", "-o", "out", "--target", "mimir,thanos,victoriametrics"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder
}

#[test]
fn every_engine_gets_the_rules_that_are_proven() {
    let folder = rendered(&example_text());
    let out = folder.path().join("out");
    let expected = [groups(&out.join("recording.yml")), groups(&out.join("alerts.yml"))].concat();
    for (kind, extra) in KINDS {
        let mut found = groups(&out.join(kind).join("rules.yml"));
        for group in &mut found {
            if let Some((key, value)) = extra {
                assert_eq!(group.as_object_mut().expect("a group").remove(*key), Some(json!(value)), "{kind}");
            }
        }
        assert_eq!(found, expected, "{kind}");
    }
}

#[test]
fn a_file_of_mimir_says_its_namespace() {
    let namespace = |folder: &Path, file: &str| {
        let text = fs::read_to_string(folder.join("out/mimir").join(file)).expect("rules");
        serde_yaml::from_str::<Value>(&text).expect("YAML")["namespace"].clone()
    };
    let folder = rendered(&example_text());
    assert_eq!(namespace(folder.path(), "rules.yml"), "myapp");
    let named = example_text().replace("  grafana: \"11\"", "  grafana: \"11\"\n  mimir: { namespace: web }");
    let folder = rendered(&named);
    assert_eq!(namespace(folder.path(), "rules.yml"), "web");
}

#[test]
fn lint_judges_each_folder_as_a_set_of_its_own() {
    let folder = rendered(&example_text());
    let run = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    // A folder of any other name is a part of the set.
    fs::create_dir(folder.path().join("out/more")).expect("a folder");
    fs::copy(folder.path().join("out/thanos/rules.yml"), folder.path().join("out/more/rules.yml")).expect("a copy");
    let run = run_in(folder.path(), &["lint", "out", "--format", "concise"]);
    assert!(run.stdout.contains("more/rules.yml"), "{}", run.stdout);
}

#[test]
fn a_slip_in_an_engines_own_key_is_found() {
    let folder = rendered(&example_text());
    for (file, key, slip) in [
        ("mimir/rules.yml", "namespace:", "namespce:"),
        ("thanos/rules.yml", "partial_response_strategy:", "partial_respons_strategy:"),
        ("victoriametrics/rules.yml", "    type:", "    tpye:"),
    ] {
        let path = folder.path().join("out").join(file);
        let text = fs::read_to_string(&path).expect("rules");
        fs::write(&path, text.replacen(key, slip, 1)).expect("a slip");
        let run = run_in(folder.path(), &["lint", &format!("out/{file}"), "--format", "concise"]);
        assert_eq!(run.code, 1, "{file}: {}", run.stdout);
        fs::write(&path, text).expect("the rules");
    }
}

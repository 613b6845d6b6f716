//! Compose files, judged by the specification's schema. Docker itself cannot be had here.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::common::{example_text, run_in, shared};

fn rendered(manifest: &str, more: &[&str]) -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("obsgen.yaml"), manifest).unwrap();
    let run = run_in(folder.path(), &[&["render", "-o", "out", "--target", "compose"], more].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let document = serde_yaml::from_str(&fs::read_to_string(folder.path().join("out/compose.yml")).unwrap()).unwrap();
    (folder, document)
}

fn with_logs() -> String {
    example_text().replace("pipeline: loki", "pipeline: loki, files: [\"/var/log/myapp/*.log\"]").replacen(
        "alerts:\n",
        "alerts:\n  Panics: { log: { contains: panic, level: error }, for: 0s, severity: critical }\n",
        1,
    )
}

#[test]
fn the_specification_takes_it_and_lint_finds_nothing() {
    for (manifest, more) in [(example_text(), &[][..]), (example_text(), &["--env", "production"]), (with_logs(), &[])] {
        let (folder, document) = rendered(&manifest, more);
        if let Some(schema) = shared("oracles/compose/compose-spec.json") {
            let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let wrong: Vec<String> = validator.iter_errors(&document).map(|error| format!("{} {error}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
            let mut broken = document.clone();
            broken["services"]["prometheus"]["imagee"] = json!("x");
            assert!(!validator.is_valid(&broken));
        }
        let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
        assert_eq!(lint.code, 0, "{}", lint.stdout);
    }
}

#[test]
fn every_file_that_is_mounted_is_rendered_and_every_program_is_pinned() {
    let (folder, document) = rendered(&with_logs(), &[]);
    let services = document["services"].as_object().unwrap();
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["alertmanager", "alloy-myapp", "blackbox", "grafana", "loki", "otel-collector", "prometheus", "tempo"]);
    for (name, service) in services {
        let (_, version) = service["image"].as_str().unwrap().rsplit_once(':').unwrap();
        assert!(version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()), "{name}: {version}");
        for volume in service["volumes"].as_array().unwrap() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            let is_ours = source.starts_with('.');
            assert!(!is_ours || folder.path().join("out").join(source).exists(), "{name}: {volume}");
        }
    }
    assert_eq!(services["prometheus"]["image"], "prom/prometheus:v2.42.0");
    assert!(services["alloy-myapp"]["volumes"].as_array().unwrap().contains(&json!("/var/log/myapp:/var/log/myapp:ro")));
    // What Alertmanager reads from files is asked for where its own configuration looks.
    let config = fs::read_to_string(folder.path().join("out/alertmanager.yml")).unwrap();
    let secrets = services["alertmanager"]["secrets"].as_array().unwrap();
    let targets: BTreeSet<&str> = secrets.iter().map(|secret| secret["target"].as_str().unwrap()).collect();
    assert!(!targets.is_empty() && targets.iter().all(|target| config.contains(target)), "{targets:?}");
    let guide = fs::read_to_string(folder.path().join("out/compose/README.md")).unwrap();
    for secret in secrets {
        let name = secret["source"].as_str().unwrap();
        assert_eq!(document["secrets"][name]["file"], format!("./secrets/{name}"));
        assert!(guide.replace('\\', "").contains(&format!("secrets/{name}")), "{name}: {guide}");
    }
}

#[test]
fn addresses_mean_in_a_container_what_they_mean_outside() {
    let (_folder, document) = rendered(&with_logs(), &["--env", "production"]);
    let services = &document["services"];
    // Prometheus is asked at localhost, Alertmanager by its name.
    assert_eq!(services["prometheus"]["network_mode"], "host");
    assert_eq!(services["alertmanager"]["network_mode"], Value::Null);
    assert_eq!(services["alertmanager"]["ports"], json!(["127.0.0.2:9093:9093"]));
    assert_eq!(services["tempo"]["ports"], json!(["127.0.0.2:4317:4317", "127.0.0.2:3200:3200"]));
    for name in ["prometheus", "grafana", "otel-collector"] {
        let known: Vec<&str> = services[name]["extra_hosts"].as_array().unwrap().iter().map(|host| host.as_str().unwrap()).collect();
        assert_eq!(known, ["alertmanager=127.0.0.2", "blackbox=127.0.0.2", "loki=127.0.0.2", "tempo=127.0.0.2"], "{name}");
    }
    // No two programs of one network share a port.
    assert_eq!(services["loki"]["networks"]["default"]["aliases"], json!(["loki"]));
    let (folder, document) = rendered(&with_logs(), &[]);
    let loki = fs::read_to_string(folder.path().join("out/compose/loki.yml")).unwrap();
    assert!(loki.contains("alertmanager_url: \"http://host.docker.internal:9093\""), "{loki}");
    let of = |name: &str| document["services"][name].clone();
    assert_eq!(of("alertmanager")["network_mode"], "host");
    assert!(of("alertmanager")["command"].as_array().unwrap().contains(&json!("--web.listen-address=:9093")));
    assert_eq!(of("tempo")["network_mode"], Value::Null);
}

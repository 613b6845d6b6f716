//! Objects of Kubernetes, judged by the schemas of the Prometheus Operator's custom resources.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{example_text, run_in, shared};

fn rendered(manifest: &str) -> (tempfile::TempDir, Vec<(String, Value)>) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    let run = run_in(folder.path(), &["render", "-o", "out", "--target", "kubernetes"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut objects: Vec<(String, Value)> = fs::read_dir(folder.path().join("out/kubernetes"))
        .expect("objects")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("an object");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), serde_yaml::from_str(&text).expect("YAML"))
        })
        .collect();
    objects.sort_by(|a, b| a.0.cmp(&b.0));
    (folder, objects)
}

/// What a custom resource's own schema says of an object, unknown keys included, which Kubernetes would drop without a word.
fn faults(object: &Value, schemas: &Path) -> Vec<String> {
    let kind = object["kind"].as_str().expect("a kind").to_lowercase();
    let path = schemas.join(format!("0{kind}CustomResourceDefinition.yaml"));
    let resource: Value = serde_yaml::from_str(&fs::read_to_string(&path).expect("a schema")).expect("YAML");
    let version = object["apiVersion"].as_str().and_then(|api| api.rsplit_once('/')).expect("a version").1;
    let versions = resource["spec"]["versions"].as_array().expect("versions");
    let schema = &versions.iter().find(|known| known["name"] == version).expect("the version")["schema"]["openAPIV3Schema"];
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let mut wrong: Vec<String> = validator.iter_errors(object).map(|error| error.to_string()).collect();
    unknown(object, schema, "", &mut wrong);
    wrong
}

fn unknown(value: &Value, schema: &Value, path: &str, wrong: &mut Vec<String>) {
    if path == ".metadata" || schema["x-kubernetes-preserve-unknown-fields"] == true {
        return;
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Null) => wrong.push(format!("{path}: no such key")),
            (Value::Null, more) => unknown(inner, more, &path, wrong),
            (known, _) => unknown(inner, known, &path, wrong),
        }
    }
    for item in value.as_array().into_iter().flatten() {
        unknown(item, &schema["items"], path, wrong);
    }
}

/// Everything that the manifest can say of these objects.
fn full() -> String {
    example_text()
        .replace(
            "  interval: 15s",
            "  interval: 15s\n  scheme: https\n  tls: { ca_file: /etc/ca.pem, server_name: myapp, insecure_skip_verify: false }",
        )
        .replace(
            "  grafana: \"11\"",
            "  grafana: \"11\"\n  kubernetes: { namespace: web, labels: { release: kube-prometheus, \"a/b\": \"on\" } }",
        )
}

#[test]
fn the_operators_schemas_take_every_object() {
    let Some(schemas) = shared("oracles/kubernetes") else { return };
    for manifest in [example_text(), full()] {
        let (folder, objects) = rendered(&manifest);
        let names: Vec<&str> = objects.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "dashboard",
            "deployment-patch",
            "probe-liveness",
            "probe-readiness",
            "rules",
            "scrape-cache",
            "scrape-database",
            "service-monitor",
        ];
        assert_eq!(names, expected.map(|name| format!("{name}.yml")));
        for (name, object) in objects.iter().filter(|(name, _)| !["dashboard.yml", "deployment-patch.yml"].contains(&name.as_str())) {
            let wrong = faults(object, &schemas);
            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        }
        let run = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let Some(schemas) = shared("oracles/kubernetes") else { return };
    let (_folder, objects) = rendered(&full());
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let mut monitor = object("service-monitor.yml");
    monitor["spec"]["endpoints"][0]["scrape_timeout"] = json!("10s");
    monitor["spec"]["endpoints"][0]["interval"] = json!(15);
    assert_eq!(faults(&monitor, &schemas).len(), 2);
    let mut rules = object("rules.yml");
    rules["spec"]["groups"][0]["rules"][0].as_object_mut().expect("a rule").remove("expr");
    assert_eq!(faults(&rules, &schemas).len(), 1);
}

#[test]
fn what_is_inside_is_what_prometheus_and_grafana_get() {
    let (folder, objects) = rendered(&full());
    let out = folder.path().join("out");
    let read = |name: &str| serde_yaml::from_str::<Value>(&fs::read_to_string(out.join(name)).expect("rules")).expect("YAML");
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let expected = ["recording.yml", "alerts.yml"].map(|name| read(name)["groups"].as_array().expect("groups").clone()).concat();
    assert_eq!(object("rules.yml")["spec"]["groups"], json!(expected));
    let dashboard = fs::read_to_string(out.join("dashboards/myapp.json")).expect("a dashboard");
    assert_eq!(object("dashboard.yml")["data"]["myapp.json"].as_str(), Some(dashboard.as_str()));
    // Kubernetes takes an object of 1 MiB.
    assert!(dashboard.len() < 1 << 20);
    for (name, object) in &objects {
        assert_eq!(object["metadata"]["namespace"], "web", "{name}");
        assert_eq!(object["metadata"]["labels"]["release"], "kube-prometheus", "{name}");
        // A word that some readers of YAML take for true.
        assert_eq!(object["metadata"]["labels"]["a/b"], "on", "{name}");
        assert!(fs::read_to_string(out.join("kubernetes").join(name)).expect("an object").contains("a/b: \"on\""), "{name}");
    }
}

#[test]
fn the_containers_probes_are_those_of_the_manifest() {
    let manifest = example_text().replace("base: http://localhost:4000", "base: https://localhost").replace(
        "covers: [database, cache] }",
        "covers: [database, cache], timeout: 2500ms, failure_threshold: 4, success_threshold: 2 }\n  login: { url: \"https://example.com/\" }",
    );
    let (_folder, objects) = rendered(&manifest);
    let patch = &objects.iter().find(|(name, _)| name == "deployment-patch.yml").expect("a patch").1;
    assert_eq!((&patch["apiVersion"], &patch["kind"]), (&json!("apps/v1"), &json!("Deployment")));
    let expected = json!({
        "name": "myapp",
        "livenessProbe": { "httpGet": { "path": "/health/live", "port": 443, "scheme": "HTTPS" }, "timeoutSeconds": 5 },
        "readinessProbe": {
            "httpGet": { "path": "/health/ready", "port": 443, "scheme": "HTTPS" },
            "timeoutSeconds": 3, "failureThreshold": 4, "successThreshold": 2,
        },
    });
    // The login is not the container's own.
    assert_eq!(patch["spec"]["template"]["spec"]["containers"], json!([expected]));
}

#[test]
fn jobs_are_those_that_rules_ask_for() {
    let (_folder, objects) = rendered(&example_text());
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let endpoint = object("service-monitor.yml")["spec"]["endpoints"][0].clone();
    assert_eq!(endpoint["relabelings"][0], json!({ "targetLabel": "job", "replacement": "myapp" }));
    assert_eq!(endpoint["targetPort"], 4000);
    assert_eq!(object("probe-readiness.yml")["spec"]["jobName"], "myapp-probe");
    assert_eq!(object("scrape-database.yml")["spec"]["jobName"], "myapp-database");
    let (_folder, objects) = rendered(&example_text().replace("[\"localhost:4000\"]", "[\"a:4000\", \"b:4001\"]"));
    let monitor = &objects.iter().find(|(name, _)| name == "service-monitor.yml").expect("a monitor").1;
    assert_eq!(
        (&monitor["spec"]["endpoints"][0]["port"], &monitor["spec"]["endpoints"][0]["targetPort"]),
        (&json!("metrics"), &Value::Null)
    );
}

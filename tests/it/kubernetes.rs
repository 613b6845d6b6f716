//! Objects of Kubernetes, judged by the schemas of the Prometheus Operator's custom resources.

use std::fs;
use std::path::{Path, PathBuf};

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
    let wanted = format!("0{kind}customresourcedefinition.yaml");
    let files = fs::read_dir(schemas).expect("schemas").map(|entry| entry.expect("an entry").path());
    let is_it = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase() == wanted);
    let path = files.into_iter().find(is_it).expect("a schema of this kind");
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
            "alertmanager-config",
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

/// Every integration with every key that the manifest takes.
const RECEIVERS: &str = r##"
routing:
  group_by: [alertname, service]
  watchdog: { webhook: { url_file: /etc/alertmanager/deadman } }
  default: { email: { to: a@example.com, from: b@example.com, smarthost: "mail:25", auth_username: u, auth_password_file: /etc/mail, headers: { X-A: b }, require_tls: true, tls_config: { ca_file: /etc/ca.pem, min_version: TLS12 } } }
  receivers:
    critical:
      - pagerduty: { routing_key_file: /etc/pagerduty, severity: critical, details: { a: b, n: 1 }, images: [{ src: "http://a/b.png", alt: x }], links: [{ href: "http://a/", text: x }], client_url: "http://a/" }
      - slack: { api_url_file: "/etc/slack hook", channel: "#web", icon_url: "http://a/", link_names: true, fields: [{ title: a, value: b, short: true }], actions: [{ type: button, text: a, url: "http://a/", confirm: { text: sure, ok_text: "yes", dismiss_text: "no" } }] }
    warning:
      webhook: { url: "http://hooks/", max_alerts: 5, http_config: { basic_auth: { username: u, password_file: /etc/pw }, proxy_url: "http://proxy:3128", follow_redirects: false, tls_config: { cert_file: /etc/c.pem, key_file: /etc/k.pem } } }
    info:
      - msteams: { webhook_url_file: /etc/teams, title: x }
      - discord: { webhook_url_file: /etc/discord, username: x }
      - webhook: { url_file: /etc/url, http_config: { oauth2: { client_id: a, client_secret_file: /etc/oauth, token_url: "http://a/", scopes: [b], endpoint_params: { c: d } } } }
      - webhook: { url: "http://hooks/", http_config: { authorization: { type: Bearer, credentials_file: /etc/token } } }
"##;

fn with_receivers() -> String {
    let text = full();
    let before = text.split_once("routing:").expect("routing").0.to_owned();
    let after = &text[text.find("dashboard: {").expect("a dashboard")..];
    format!("{before}{}{after}", RECEIVERS.trim_start()).replace("version: \"0.25\"", "version: \"0.28\"")
}

#[test]
fn receivers_are_those_of_the_manifest_and_their_files_are_keys_of_a_secret() {
    let (_folder, objects) = rendered(&with_receivers());
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let config = object("alertmanager-config.yml");
    if let Some(schemas) = shared("oracles/kubernetes") {
        for name in ["alertmanager-config.yml", "watchdog-config.yml"] {
            let wrong = faults(&object(name), &schemas);
            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        }
    }
    let spec = &config["spec"];
    let route = &spec["route"];
    assert_eq!(route["matchers"], json!([{ "name": "service", "value": "myapp", "matchType": "=" }]));
    assert_eq!((&route["receiver"], &route["groupBy"]), (&json!("default"), &json!(["alertname", "service"])));
    let to: Vec<(&str, &str)> = route["routes"]
        .as_array()
        .expect("routes")
        .iter()
        .map(|route| (route["matchers"][0]["value"].as_str().expect("a severity"), route["receiver"].as_str().expect("a receiver")))
        .collect();
    assert_eq!(to, [("critical", "critical"), ("warning", "warning"), ("info", "info")]);
    let receiver =
        |name: &str| spec["receivers"].as_array().expect("receivers").iter().find(|r| r["name"] == name).expect("a receiver").clone();
    let secret = |key: &str| json!({ "name": "myapp-monitoring", "key": key });
    let critical = receiver("critical");
    assert_eq!(critical["pagerdutyConfigs"][0]["routingKey"], secret("pagerduty"));
    assert_eq!(critical["pagerdutyConfigs"][0]["details"], json!([{ "key": "a", "value": "b" }, { "key": "n", "value": "1" }]));
    assert_eq!(critical["slackConfigs"][0]["apiURL"], secret("slack-hook"));
    assert_eq!(critical["slackConfigs"][0]["actions"][0]["confirm"], json!({ "text": "sure", "okText": "yes", "dismissText": "no" }));
    let warning = receiver("warning");
    let http = &warning["webhookConfigs"][0]["httpConfig"];
    assert_eq!(http["basicAuth"], json!({ "username": secret("pw-user"), "password": secret("pw") }));
    assert_eq!(http["tlsConfig"], json!({ "cert": { "secret": secret("c.pem") }, "keySecret": secret("k.pem") }));
    let info = receiver("info");
    assert_eq!((&info["msteamsConfigs"][0]["webhookUrl"], &info["discordConfigs"][0]["apiURL"]), (&secret("teams"), &secret("discord")));
    assert_eq!(info["webhookConfigs"][0]["httpConfig"]["oauth2"]["clientSecret"], secret("oauth"));
    assert_eq!(info["webhookConfigs"][1]["httpConfig"]["authorization"], json!({ "type": "Bearer", "credentials": secret("token") }));
    assert_eq!(object("watchdog-config.yml")["spec"]["receivers"][0]["webhookConfigs"][0]["urlSecret"], secret("deadman"));
    // No literal of the manifest's is lost on the way, and the files are nowhere.
    let text = config.to_string();
    assert!(!text.contains("/etc/") && !text.contains("_file"), "{text}");
}

#[test]
fn what_keeps_quiet_is_the_same_as_in_alertmanagers_own_file() {
    let (folder, objects) = rendered(&example_text());
    let config = &objects.iter().find(|(name, _)| name == "alertmanager-config.yml").expect("receivers").1;
    let own: Value = serde_yaml::from_str(&fs::read_to_string(folder.path().join("out/alertmanager.yml")).expect("a file")).expect("YAML");
    let notation = |matchers: &Value| -> Vec<String> {
        let one = |m: &Value| format!("{}{}{}", m["name"].as_str().unwrap(), m["matchType"].as_str().unwrap(), m["value"]);
        matchers.as_array().expect("matchers").iter().map(one).collect()
    };
    let rules = config["spec"]["inhibitRules"].as_array().expect("rules");
    assert_eq!(rules.len(), own["inhibit_rules"].as_array().expect("rules").len());
    for (rule, own) in rules.iter().zip(own["inhibit_rules"].as_array().expect("rules")) {
        assert_eq!(json!(notation(&rule["sourceMatch"])), own["source_matchers"]);
        assert_eq!(json!(notation(&rule["targetMatch"])), own["target_matchers"]);
        assert_eq!(rule["equal"], own["equal"]);
    }
}

#[test]
fn pods_are_scraped_by_themselves_and_dashboards_are_the_operators_where_the_manifest_says_so() {
    let keys = "namespace: web, monitor: pod, dashboards: operator, grafana_selector: { grafana: main }, secret: keys,";
    let manifest = full()
        .replace("namespace: web,", keys)
        .replace("server_name: myapp,", "server_name: myapp, cert_file: /etc/c.pem, key_file: /etc/k.pem,");
    let (folder, objects) = rendered(
        &manifest
            .replace("insecure_skip_verify: false }", "insecure_skip_verify: false }\n  authorization: { credentials_file: /etc/token }"),
    );
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let monitor = object("pod-monitor.yml");
    if let Some(schemas) = shared("oracles/kubernetes") {
        let wrong = faults(&monitor, &schemas);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    assert_eq!((&endpoint["portNumber"], &endpoint["targetPort"]), (&json!(4000), &Value::Null));
    assert_eq!(endpoint["relabelings"][0]["replacement"], "myapp");
    assert_eq!(endpoint["tlsConfig"]["cert"], json!({ "secret": { "name": "keys", "key": "c.pem" } }));
    assert_eq!(endpoint["authorization"]["credentials"], json!({ "name": "keys", "key": "token" }));
    // Grafana's operator can be had from no registry of these tests: its keys are compared with its own definition, as read.
    let dashboard = object("dashboard.yml");
    assert_eq!((&dashboard["apiVersion"], &dashboard["kind"]), (&json!("grafana.integreatly.org/v1beta1"), &json!("GrafanaDashboard")));
    let known = ["allowCrossNamespaceImport", "folder", "instanceSelector", "json"];
    let keys: Vec<&str> = dashboard["spec"].as_object().expect("a spec").keys().map(String::as_str).collect();
    assert!(keys.iter().all(|key| known.contains(key)), "{keys:?}");
    assert_eq!(dashboard["spec"]["instanceSelector"]["matchLabels"], json!({ "grafana": "main" }));
    let own = fs::read_to_string(folder.path().join("out/dashboards/myapp.json")).expect("a dashboard");
    assert_eq!(dashboard["spec"]["json"].as_str(), Some(own.as_str()));
    let run = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

/// What an object of Kubernetes's own loses when its types read it and write it again: nothing but what they do not know.
fn reread<T: serde::de::DeserializeOwned + serde::Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).expect("the type takes it");
    serde_json::to_value(typed).expect("JSON")
}

/// Every place of one value that the other does not have as it is.
fn lost(value: &Value, other: &Value, path: &str, found: &mut Vec<String>) {
    match (value, other) {
        (Value::Object(entries), Value::Object(others)) => {
            for (key, value) in entries {
                lost(value, others.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"), found);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            items.iter().zip(others).for_each(|(item, other)| lost(item, other, path, found));
        }
        _ if value == other => {}
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn kubernetes_own_types_take_its_own_objects() {
    use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap};
    let manifest = full().replace("covers: [database, cache] }", "covers: [database, cache], failure_threshold: 4, success_threshold: 2 }");
    let (_folder, objects) = rendered(&manifest);
    let object = |name: &str| objects.iter().find(|(known, _)| known == name).expect(name).1.clone();
    let faults = |object: &Value, again: &Value| {
        let mut found = Vec::new();
        lost(object, again, "", &mut found);
        found
    };
    let (dashboard, mut patch) = (object("dashboard.yml"), object("deployment-patch.yml"));
    assert_eq!(faults(&dashboard, &reread::<ConfigMap>(&dashboard)), Vec::<String>::new());
    assert_eq!(faults(&patch, &reread::<Deployment>(&patch)), Vec::<String>::new());
    // The judge sees what is wrong.
    patch["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["failure_threshold"] = json!(4);
    assert_eq!(faults(&patch, &reread::<Deployment>(&patch)), [".spec.template.spec.containers.readinessProbe.failure_threshold"]);
}

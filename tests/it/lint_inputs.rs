//! Inputs as people have them: nothing has to be unwrapped by hand.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{obsgen, run_in};

/// What lint says of one file: files, skipped, and `line:column rule path` of everything found.
fn lint(name: &str, text: &str) -> (u64, u64, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), text).expect("a file");
    lint_in(folder.path(), &[name])
}

fn lint_in(folder: &Path, args: &[&str]) -> (u64, u64, Vec<String>) {
    let run = run_in(folder, &[&["lint", "--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    let found = findings.map(|f| format!("{}:{} {} {}", f["line"], f["column"], text(&f["rule"]), text(&f["path"]))).collect();
    (report["summary"]["files"].as_u64().expect("a count"), report["summary"]["skipped"].as_u64().expect("a count"), found)
}

const DEAD: &str = "histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m]))) > 1";

#[test]
fn rules_in_a_list_and_in_a_bundle_of_documents_are_judged() {
    let rule = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{ name: r }}\nspec:\n  groups:\n    - name: g\n      rules:\n        - alert: A\n          expr: {DEAD}\n          labels: {{ severity: critical }}\n"
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: s }\n";
    let bundle = format!("---\n# Source: chart/templates/a.yaml\n{service}---\n# Source: chart/templates/b.yaml\n{rule}---\n");
    assert_eq!(lint("all.yml", &bundle), (1, 0, vec!["16:49 quantile-missing-le spec.groups[0].rules[0].expr".to_owned()]));
    let item = rule.replace('\n', "\n    ");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n  - {}\n  - {}\n", service.replace('\n', "\n    ").trim_end(), item.trim_end());
    let (files, _, found) = lint("list.yml", &list);
    assert_eq!((files, found), (1, vec!["15:53 quantile-missing-le items[1].spec.groups[0].rules[0].expr".to_owned()]));
}

#[test]
fn files_in_a_configmap_are_judged_together_and_where_they_stand() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: prometheus }}\ndata:\n  note.txt: |\n    nothing\n    to see\n  prometheus.yml: |\n    global: {{ scrape_interval: 15s }}\n    rule_files: [/etc/prometheus/alerts.yml]\n    scrape_configs:\n      - job_name: app\n        static_configs: [{{ targets: [\"http://app:1\"] }}]\n    alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: [\"a:9093\"] }}] }}] }}\n  alerts.yml: |\n    groups:\n      - name: g\n        rules:\n          - alert: A\n            expr: |\n              {DEAD}\n              and up{{job=\"gone\"}}\n            labels: {{ severity: critical }}\n"
    );
    let (files, _, found) = lint("cm.yml", &text);
    let expected = [
        "13:38 bad-target data[\"prometheus.yml\"].scrape_configs[0].static_configs",
        "21:47 quantile-missing-le data[\"alerts.yml\"].groups[0].rules[0].expr",
        "22:22 unknown-job data[\"alerts.yml\"].groups[0].rules[0].expr",
    ];
    assert_eq!(files, 1);
    for finding in expected {
        assert!(found.contains(&finding.to_owned()), "{finding}: {found:#?}");
    }
    assert!(!found.iter().any(|f| f.contains("rule-file-not-loaded") || f.contains("empty-file-glob")), "{found:#?}");
}

#[test]
fn comments_inside_and_outside_of_an_embedded_file_silence_its_findings() {
    let text = |outside: &str, inside: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: r }}\ndata:\n{outside}  a.yml: |\n    groups:\n      - name: g\n        rules:\n{inside}          - alert: A\n            expr: up == 0\n"
        )
    };
    let rules = |text: &str| lint("cm.yml", text).2.into_iter().map(|f| f.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(rules(&text("", "")), ["missing-severity"]);
    assert_eq!(rules(&text("", "          # obsgen: ignore[missing-severity] known\n")), Vec::<String>::new());
    assert_eq!(rules(&text("  # obsgen: ignore[missing-severity] known\n", "")), Vec::<String>::new());
    assert_eq!(rules(&text("", "          # obsgen: ignore[unknown-job] known\n")), ["unused-ignore", "missing-severity"]);
}

const PANEL: &str = r#"{"type": "stat", "title": "One", "id": 1, "datasource": {"uid": "x"}, "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4}, "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"refId": "A", "expr": "a{b=\"$gone\"}"}]}"#;

fn board() -> String {
    format!("{{\"title\": \"T\", \"uid\": \"shop\", \"schemaVersion\": 39, \"panels\": [\n{PANEL}]}}")
}

#[test]
fn a_dashboard_in_a_configmap_or_a_grafana_dashboard_is_judged_where_it_stands() {
    let column = 1 + PANEL.find("$gone").expect("a variable");
    let literal = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: d }}\ndata:\n  shop.json: |\n    {}\n",
        board().replace('\n', "\n    ")
    );
    let place = format!("7:{} undefined-variable data[\"shop.json\"].panels[0].targets[0].expr", column + 4);
    assert!(lint("cm.yml", &literal).2.contains(&place), "{place}: {:#?}", lint("cm.yml", &literal).2);
    let operator = literal
        .replace("v1\nkind: ConfigMap", "grafana.integreatly.org/v1beta1\nkind: GrafanaDashboard")
        .replace("data:\n  shop.json:", "spec:\n  json:");
    let place = format!("7:{} undefined-variable spec.json.panels[0].targets[0].expr", column + 4);
    assert!(lint("gd.yml", &operator).2.contains(&place), "{:#?}", lint("gd.yml", &operator).2);
    // In a quoted string every quote of the inner text is two characters.
    let quoted = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{}}, \"data\": {{\"shop.json\":\n{}}}}}",
        serde_json::to_string(&board()).unwrap()
    );
    let text = quoted.lines().nth(1).unwrap();
    let place = format!("2:{} undefined-variable data[\"shop.json\"].panels[0].targets[0].expr", 1 + text.find("$gone").unwrap());
    assert!(lint("cm.json", &quoted).2.contains(&place), "{place}: {:#?}", lint("cm.json", &quoted).2);
}

#[test]
fn dashboard_resources_of_the_new_api_are_dashboards() {
    let v1 = format!(
        "{{\"apiVersion\": \"dashboard.grafana.app/v1beta1\", \"kind\": \"Dashboard\", \"metadata\": {{\"name\": \"shop\"}}, \"spec\": {}}}",
        board()
    );
    let (files, skipped, found) = lint("d.json", &v1);
    assert_eq!((files, skipped), (1, 0));
    assert!(found.iter().any(|f| f.ends_with("undefined-variable spec.panels[0].targets[0].expr")), "{found:#?}");
    assert!(!found.iter().any(|f| f.contains("dashboard-without-uid") || f.contains("api-envelope")), "{found:#?}");
    let v2 = r#"{"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "metadata": {"name": "shop"}, "spec": {"title": "T", "elements": {
"panel-1": {"kind": "Panel", "spec": {"id": 1, "title": "One", "data": {"kind": "QueryGroup", "spec": {"queries": [
{"kind": "PanelQuery", "spec": {"refId": "A", "query": {"kind": "DataQuery", "group": "prometheus", "version": "v0", "datasource": {"name": "x"}, "spec": {"expr": "a{b=\"$gone\", c=\"$here\"}"}}}},
{"kind": "PanelQuery", "spec": {"refId": "B", "query": {"kind": "DataQuery", "group": "loki", "spec": {"expr": "{a=\"$b\"} |= \"x\""}}}}]}},
"vizConfig": {"kind": "VizConfig", "group": "timeseries", "spec": {"fieldConfig": {"defaults": {"unit": "s"}}}}}}},
"variables": [{"kind": "QueryVariable", "spec": {"name": "here", "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"query": "label_values(c)"}}}}]}}"#;
    let (files, skipped, found) = lint("d.json", v2);
    assert_eq!((files, skipped), (1, 0));
    let place = format!(
        "3:{} undefined-variable spec.elements.panel-1.spec.data.spec.queries[0].spec.query.spec.expr",
        1 + v2.lines().nth(2).unwrap().find("$gone").unwrap()
    );
    assert_eq!(found, [place]);
}

#[test]
fn keys_of_other_engines_are_known() {
    let engines = [
        ("namespace: team\n", "    source_tenants: [a, b]\n    evaluation_delay: 1m\n    align_evaluation_time_on_interval: true\n", ""),
        ("", "    partial_response_strategy: warn\n", ""),
        (
            "",
            "    type: prometheus\n    concurrency: 2\n    params: { nocache: [\"1\"] }\n    headers: [\"X: y\"]\n    notifier_headers: [\"X: y\"]\n\
             \x20   eval_delay: 1s\n    eval_alignment: false\n    debug: true\n    tenant: a\n",
            "        debug: true\n        update_entries_limit: 4\n",
        ),
    ];
    for (file, group, rule) in engines {
        let text = format!(
            "{file}groups:\n  - name: g\n    interval: 30s\n    limit: 10\n    query_offset: 1m\n    labels: {{ a: b }}\n{group}    rules:\n\
             \x20     - alert: A\n        expr: up == 0\n        labels: {{ severity: critical }}\n        keep_firing_for: 5m\n{rule}\
             \x20     - record: a:b\n        expr: sum(up)\n{rule}"
        );
        let unknown: Vec<String> = lint("r.yml", &text).2.into_iter().filter(|f| f.contains("unknown-key")).collect();
        assert!(unknown.is_empty(), "{text}: {unknown:?}");
    }
}

#[test]
fn fragments_of_scrape_configurations_are_judged() {
    let (files, _, found) =
        lint("scrape.yml", "scrape_configs:\n  - job_name: a\n    static_configs: [{ targets: [\"http://a:1/metrics\"] }]\n");
    assert_eq!((files, found), (1, vec!["3:34 bad-target scrape_configs[0].static_configs".to_owned()]));
}

#[test]
fn globs_folders_and_what_git_ignores() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 0\n";
    for path in ["a/one.yml", "a/b/two.yml", "a/b/three.yaml", "gone/four.yml", "a/notes.txt"] {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), rules).unwrap();
    }
    fs::write(folder.path().join(".gitignore"), "gone/\n").unwrap();
    let files = |args: &[&str]| {
        let run = run_in(folder.path(), &[&["lint", "--format", "concise"], args].concat());
        let mut files: Vec<String> = run.stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect();
        files.dedup();
        (run.code, files, run.stderr)
    };
    assert_eq!(files(&["."]).1, ["./a/b/three.yaml", "./a/b/two.yml", "./a/one.yml"]);
    assert_eq!(files(&["a/**/*.yml"]).1, ["a/b/two.yml", "a/one.yml"]);
    assert_eq!(files(&["a/*.yml", "a/b/t[wx]o.{yml,json}"]).1, ["a/one.yml", "a/b/two.yml"]);
    assert_eq!(files(&["./a/**/*.yml"]).1, ["./a/b/two.yml", "./a/one.yml"]);
    assert_eq!(files(&[&format!("{}/a/*.yml", folder.path().display())]).1.len(), 1);
    // What is named counts, whatever git ignores; a glob that fits nothing is said.
    assert_eq!(files(&["gone/four.yml"]).1, ["gone/four.yml"]);
    let (code, _, stderr) = files(&["a/*.json"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("a/*.json"), "{stderr}");
    // A file whose name looks like a glob is a file.
    fs::write(folder.path().join("a/[x].yml"), rules).unwrap();
    assert_eq!(files(&["a/[x].yml"]).1, ["a/[x].yml"]);
}

#[test]
fn standard_input_is_read_as_what_it_is() {
    let mut child =
        obsgen().args(["lint", "--format", "concise", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a start");
    child.stdin.take().unwrap().write_all(board().as_bytes()).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(output.contains("-:2:") && output.contains("undefined-variable"), "{output}");
}

#[test]
fn what_is_of_no_known_kind_is_skipped_inside_of_documents_too() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata:\n  nginx.conf: |\n    server {\n      listen 80;\n    }\n  app.yml: |\n    a: 1\n    b: [\n";
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cm.yml"), text).unwrap();
    fs::write(folder.path().join("r.yml"), "groups: []\n").unwrap();
    assert_eq!(lint_in(folder.path(), &["."]), (1, 1, Vec::new()));
}

#[test]
fn a_file_of_templates_is_no_broken_json() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("web.tmpl"), "{{ define \"web.title\" }}{{ .Status }}{{ end }}\n").unwrap();
    fs::write(folder.path().join("r.yml"), "groups: []\n").unwrap();
    assert_eq!(lint_in(folder.path(), &["web.tmpl", "r.yml"]), (1, 1, Vec::new()));
}

#[test]
fn a_file_that_is_given_twice_is_read_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "apiVersion: obsgen/v1\nservice: { name: web }\nhealth: { base: web }\n";
    fs::create_dir(folder.path().join("rules")).expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a file");
    let once = lint_in(folder.path(), &["obsgen.yaml"]);
    assert_eq!((once.0, once.2.len()), (1, 2), "{once:?}");
    for args in [&[".", "-m", "obsgen.yaml"][..], &["obsgen.yaml", "./obsgen.yaml"], &["rules/../obsgen.yaml", "."], &["*.yaml", "."]] {
        assert_eq!(lint_in(folder.path(), args), once, "{args:?}");
    }
}

#[test]
fn checks_are_probed_whether_their_target_has_a_scheme_or_not() {
    let prometheus = |target: &str| {
        format!(
            "global: {{ scrape_interval: 15s }}\nscrape_configs:\n  - job_name: probe\n    metrics_path: /probe\n    params: {{ module: [ready] }}\n    \
            static_configs: [{{ targets: [\"{target}\"] }}]\n    relabel_configs:\n      - {{ source_labels: [__address__], target_label: __param_target }}\n      \
            - {{ source_labels: [__param_target], target_label: instance }}\n      - {{ target_label: __address__, replacement: \"blackbox:9115\" }}\n"
        )
    };
    let manifest = |liveness: &str| {
        format!(
            "apiVersion: obsgen/v1\nservice: {{ name: web }}\nhealth:\n  base: http://web:8080\n  liveness: {{ {liveness} }}\n  readiness: {{ path: /readyz }}\n"
        )
    };
    let drift = |liveness: &str, target: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("obsgen.yaml"), manifest(liveness)).expect("a file");
        fs::write(folder.path().join("prometheus.yml"), prometheus(target)).expect("a file");
        fs::write(folder.path().join("blackbox.yml"), "modules: { ready: { prober: http, timeout: 5s } }\n").expect("a file");
        lint_in(folder.path(), &["."]).2.iter().filter(|found| found.contains(" probe-drift ")).count()
    };
    for liveness in ["path: /healthz", "url: \"http://web:8080/healthz\""] {
        for target in ["http://web:8080/readyz", "web:8080/readyz"] {
            assert_eq!(drift(liveness, target), 0, "{liveness} {target}");
        }
    }
    assert_ne!(drift("path: /healthz", "web:8080/ready"), 0, "the path is another one");
}

#[test]
fn one_file_that_is_named_and_lies_in_the_folder_is_judged_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = "apiVersion: obsgen/v1\nservice: { name: shop }\nlogging: { format: json, files: [/var/log/shop/*.log] }\n";
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a file");
    fs::write(folder.path().join("collector.yaml"), "receivers:\n  filelog:\n    include: [/var/log/web/*.log]\nexporters: { debug: {} }\nservice: { pipelines: { logs: { receivers: [filelog], exporters: [debug] } } }\n")
        .expect("a file");
    for path in ["obsgen.yaml", "./obsgen.yaml"] {
        let (files, _, found) = lint_in(folder.path(), &[".", "-m", path]);
        assert_eq!(files, 2);
        assert!(found.iter().any(|f| f.contains("manifest-contradiction logging.files")), "{found:#?}");
    }
}

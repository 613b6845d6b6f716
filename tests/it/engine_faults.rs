//! Rule files of each engine with one thing wrong in them, which the engine would refuse or never evaluate: lint finds all.

use std::fs;

use serde_json::Value;

use crate::common::{example_text, run_in};

/// What is replaced where it stands first, and by what. `RULES` is the line of the first group that its own keys stand before.
type Fault = (&'static str, &'static str);

const MIMIR: &[Fault] = &[
    ("namespace:", "namespce:"),
    ("namespace: \"myapp\"", "namespace: [myapp]"),
    ("groups:", "group:"),
    ("RULES", "evaluation_delay: soon"),
    ("RULES", "evaluation_dealy: 1m"),
    ("RULES", "query_offset: 1 minute"),
    ("RULES", "source_tenants: team-a"),
    ("RULES", "source_tenants: [\"\"]"),
    ("RULES", "source_tenant: [team-a]"),
    ("RULES", "source_tenants: { a: b }"),
    ("RULES", "align_evaluation_time_on_interval: maybe"),
    ("RULES", "interval: 60"),
    ("RULES", "limit: many"),
    ("RULES", "evaluation_delay: 1m\n    query_offset: 2m"),
    ("RULES", "partial_response_strategy: abort"),
    ("RULES", "concurrency: 2"),
    ("RULES", "eval_delay: 30s"),
    ("- record:", "- recrod:"),
    ("rate(", "rat("),
    ("\"myapp-latency-objective\"", "\"myapp-availability-objective\""),
    ("for: \"5m\"", "for: \"5 m\""),
];

const THANOS: &[Fault] = &[
    ("partial_response_strategy: abort", "partial_response_strategy: abrot"),
    ("partial_response_strategy: abort", "partial_response_strategy: true"),
    ("partial_response_strategy: abort", "partial_response_strategy: [abort]"),
    ("partial_response_strategy: abort", "partial_response_strategy: ignore"),
    ("partial_response_strategy:", "partial_response_stategy:"),
    ("partial_response_strategy:", "partial_response:"),
    ("partial_response_strategy: abort", "partial_response_strategy: abort\n    partial_response_strategy: warn"),
    ("RULES", "source_tenants: [team-a]"),
    ("RULES", "evaluation_delay: 1m"),
    ("RULES", "type: prometheus"),
    ("RULES", "concurrency: 2"),
    ("RULES", "interval: soon"),
    ("RULES", "limit: all"),
    ("RULES", "query_offset: x"),
    ("groups:", "namespace: web\ngroups:"),
    ("groups:", "gruops:"),
    ("expr: \"(sum", "exrp: \"(sum"),
    ("sum by (job)", "sum by job"),
    ("for: \"5m\"", "for: \"5\""),
    ("- record: \"job:slo_errors_per_request:ratio_rate5m\"", "- record: \"job:{}:ratio\""),
];

const VMALERT: &[Fault] = &[
    ("type: prometheus", "type: promethues"),
    ("type: prometheus", "type: [prometheus]"),
    ("type: prometheus", "tpye: prometheus"),
    ("RULES", "concurrency: two"),
    ("RULES", "concurrency: -1"),
    ("RULES", "eval_delay: soon"),
    ("RULES", "eval_offset: x"),
    ("RULES", "interval: 1m\n    eval_offset: 2m"),
    ("RULES", "interval: 5m\n    eval_offset: 2m\n    eval_delay: 30s"),
    ("RULES", "eval_alignment: sometimes"),
    ("RULES", "debug: perhaps"),
    ("RULES", "params: nocache=1"),
    ("RULES", "params: { nocache: \"1\" }"),
    ("RULES", "headers: { a: b }"),
    ("RULES", "headers: [\"CustomHeader\"]"),
    ("RULES", "notifier_headers: [\"TenantID\"]"),
    ("RULES", "tenant: [a]"),
    ("RULES", "evaluation_delay: 1m"),
    ("RULES", "partial_response_strategy: abort"),
    ("RULES", "limit: x"),
    ("groups:", "namespace: web\ngroups:"),
    ("- record:", "- update_entries_limit: all\n        record:"),
    ("- record:", "- debug: perhaps\n        record:"),
];

const KUBERNETES: &[Fault] = &[
    ("monitoring.coreos.com/v1", "monitoring.coreos.com/v1beta1"),
    ("monitoring.coreos.com/v1", "monitoring.coreos.com"),
    ("apiVersion:", "apiVerson:"),
    ("kind: PrometheusRule", "kind: PrometheusRules"),
    ("  name: myapp\n", "  name: My_App\n"),
    ("  name: myapp\n", "  nmae: myapp\n"),
    ("metadata:", "metdata:"),
    ("name: myapp\n", "name: \"my app!\"\n"),
    ("spec:", "sepc:"),
    ("  groups:", "  gruops:"),
    ("  groups:", "  tenant: web\n  groups:"),
    ("RULES", "limit: x"),
    ("RULES", "type: prometheus"),
    ("RULES", "source_tenants: [team-a]"),
    ("RULES", "partial_response_strategy: abrot"),
    ("RULES", "interval: 15"),
    ("RULES", "evaluation_delay: 1m"),
    ("RULES", "query_offset: x"),
    ("- expr:", "- debug: true\n          expr:"),
    ("- expr:", "- update_entries_limit: 5\n          expr:"),
    ("service: myapp", "service: { name: myapp }"),
    ("alert: ", "alret: "),
    ("rate(http", "rat(http"),
];

/// What is right in each engine's file, although it is not what obsgen writes.
const RIGHT: &[(&str, &[&str])] = &[
    (
        "mimir/rules.yml",
        &[
            "source_tenants: [a, b]",
            "evaluation_delay: 1m",
            "evaluation_delay: 1m\n    query_offset: 60s",
            "align_evaluation_time_on_interval: true",
            "limit: 10",
        ],
    ),
    ("thanos/rules.yml", &["limit: 10", "query_offset: 30s"]),
    (
        "victoriametrics/rules.yml",
        &[
            "concurrency: 2",
            "eval_delay: 1.5m",
            "interval: 5m\n    eval_offset: 2m",
            "eval_alignment: false",
            "params: { nocache: [\"1\"] }",
            "headers: [\"CustomHeader: a\"]",
            "tenant: \"1:2\"",
            "debug: true",
        ],
    ),
    ("kubernetes/rules.yml", &["partial_response_strategy: warn", "limit: 10", "query_offset: 30s"]),
];

/// The file with a fault in it.
fn broken(text: &str, (from, to): Fault) -> String {
    let (from, to) = if from == "RULES" {
        let line = text.lines().find(|line| line.trim() == "rules:").expect("a group");
        let indent = &line[..line.len() - "rules:".len()];
        let to: String = to.lines().map(|key| format!("{indent}{}\n", key.trim_start())).collect();
        (format!("{line}\n"), format!("{to}{line}\n"))
    } else {
        (from.to_owned(), to.to_owned())
    };
    assert!(text.contains(&from), "{from:?} is not in\n{text}");
    text.replacen(&from, &to, 1)
}

/// Rendered for every engine.
fn rendered() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), example_text()).expect("a manifest");
    let run = run_in(folder.path(), &["render", "-o", "out", "--target", "kubernetes,mimir,thanos,victoriametrics"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder
}

/// How lint ends, and what it finds at warning or above.
fn findings(folder: &std::path::Path, path: &str) -> (i32, Vec<String>) {
    let run = run_in(folder, &["lint", path, "--format", "json"]);
    let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else { return (run.code, Vec::new()) };
    let grave = report["findings"].as_array().expect("findings").iter().filter(|found| found["level"] != "info");
    (
        run.code,
        grave
            .map(|found| format!("{}: {}", found["rule"].as_str().unwrap_or_default(), found["message"].as_str().unwrap_or_default()))
            .collect(),
    )
}

#[test]
fn every_fault_in_an_engines_file_is_found() {
    let folder = rendered();
    let mut missed = Vec::new();
    for (engine, faults) in [("mimir", MIMIR), ("thanos", THANOS), ("victoriametrics", VMALERT), ("kubernetes", KUBERNETES)] {
        assert!(faults.len() >= 20, "{engine}");
        let path = format!("out/{engine}/rules.yml");
        let text = fs::read_to_string(folder.path().join(&path)).expect("rules");
        for fault in faults {
            fs::write(folder.path().join(&path), broken(&text, *fault)).expect("a fault");
            let (code, found) = findings(folder.path(), &path);
            // 2: nothing in it is known for what it is, which is said too.
            if code != 2 && found.is_empty() {
                missed.push(format!("{path}: {fault:?}"));
            }
        }
        fs::write(folder.path().join(&path), text).expect("the rules");
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn what_an_engine_takes_is_no_fault() {
    let folder = rendered();
    for (file, keys) in RIGHT {
        let path = format!("out/{file}");
        let text = fs::read_to_string(folder.path().join(&path)).expect("rules");
        for key in *keys {
            // A key that is there already is replaced.
            let name = key.split(':').next().expect("a key");
            let without: String =
                text.lines().filter(|line| !line.trim().starts_with(&format!("{name}:"))).map(|line| format!("{line}\n")).collect();
            fs::write(folder.path().join(&path), broken(&without, ("RULES", key))).expect("a key");
            let (code, found) = findings(folder.path(), &path);
            assert!(code == 0 && found.is_empty(), "{path}: {key}: {found:?}");
        }
        fs::write(folder.path().join(&path), text).expect("the rules");
    }
}

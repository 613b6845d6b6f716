//! The examples of every manual are run, so documentation, example and test are one thing.

use super::world::declared::{
    Catalogue, CatalogueJob, DeclaredAlert, DeclaredLogging, Evidence, Label, Metric, MetricType, Objective, RenderedRule,
};
use super::world::values::Values;
use super::*;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::{Node, SourceMap, Spanned};

/// The parts of a manifest that the examples use; the program reads manifests in a room of their own.
fn read_catalogue(_: &SourceMap, root: &Node, _: Option<&Node>) -> (Option<Catalogue>, Vec<Diagnostic>) {
    let text = |node: &Node| Spanned::new(node.as_str().unwrap_or("").to_owned(), node.span);
    let service = root.get("service").and_then(|s| s.get("name")).map(text).unwrap_or_default();
    let seconds = |node: &Node| Spanned::new(node.as_str().unwrap().trim_end_matches("ms").parse::<f64>().unwrap() / 1000.0, node.span);
    let millis = |text: &str| crate::promql::duration::parse_duration(text).ok();
    let interval = root.get("scrape").and_then(|s| s.get("interval")?.as_str()).and_then(millis);
    let metrics = root.entries_of("metrics").map(|(name, key, body)| Metric {
        name: Spanned::new(name.to_owned(), key.span),
        kind: match body.get("type").and_then(Node::as_str) {
            Some("counter") => MetricType::Counter,
            Some("histogram") => MetricType::Histogram,
            Some("summary") => MetricType::Summary,
            _ => MetricType::Gauge,
        },
        labels: body
            .entries_of("labels")
            .map(|(name, key, body)| Label {
                name: Spanned::new(name.to_owned(), key.span),
                values: body.get("values").map(|list| list.items().map(|v| v.as_str().unwrap().to_owned()).collect()),
                pattern: None,
                seen: Vec::new(),
                optional: false,
            })
            .collect(),
        open: false,
        buckets: body.get("buckets").map(|list| Spanned::new(list.items().map(|b| b.as_f64().unwrap()).collect(), list.span)),
        series: Vec::new(),
        spelt: Vec::new(),
        quantiles: Vec::new(),
        native: body.get("native").and_then(Node::as_bool) == Some(true),
        unit: body.get("unit").and_then(Node::as_str).map(str::to_owned),
        values: Values::default(),
        max: body.get("max").and_then(Node::as_f64),
        allow: Vec::new(),
    });
    let objectives = root.entries_of("objectives").map(|(name, key, body)| Objective {
        name: Spanned::new(name.to_owned(), key.span),
        target: body.get("target").map_or(Spanned::new(0.99, key.span), |node| {
            let percent = node.as_str().and_then(|text| text.strip_suffix('%')?.parse::<f64>().ok());
            Spanned::new(percent.expect("a target in percent") / 100.0, node.span)
        }),
        metric: None,
        within: body.get("within").map(|node| (body.get("of").unwrap().as_str().unwrap().to_owned(), seconds(node))),
    });
    let alerts = root.entries_of("alerts").map(|(name, key, body)| DeclaredAlert {
        name: Spanned::new(name.to_owned(), key.span),
        hold: body.get("for").and_then(|node| Some(Spanned::new(millis(node.as_str()?)?, node.span))),
        severity: body.get("severity").map(text),
        quantile: body.get("quantile").and_then(|node| Some(Spanned::new(node.as_f64()?, node.span))),
        above: body.get("above").and_then(|node| {
            let share = node.as_str()?.strip_suffix('%')?.parse::<f64>().ok()?;
            Some(Spanned::new(vec![share / 100.0], node.span))
        }),
        bad: Vec::new(),
        saturates: body.get("saturation").and_then(Node::as_str).map(str::to_owned),
        down: None,
    });
    let named = service.value.clone();
    let recording = root.entries_of("recording").map(|(name, key, body)| RenderedRule {
        is_alert: false,
        name: name.to_owned(),
        expr: crate::promql::parse(body.as_str().unwrap(), &crate::promql::Options::all()).unwrap(),
        hold: 0,
        labels: [("service".to_owned(), named.clone())].into(),
        span: key.span,
    });
    let version = |program: &str| {
        let (major, minor) = root.get("stack")?.get(program)?.get("version")?.as_str()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let catalogue = Catalogue {
        evidence: Evidence::Manifest,
        alerts: alerts.collect(),
        jobs: vec![CatalogueJob { name: service.clone(), interval, path: None, targets: Vec::new(), scheme: None }],
        service,
        metrics: metrics.collect(),
        objectives: objectives.collect(),
        rendered: recording.collect(),
        target_labels: Some(Vec::new()),
        retention: None,
        snapshot: None,
        prometheus_version: None,
        alertmanager_version: version("alertmanager"),
        blackbox_version: version("blackbox"),
        tracing: None,
        logging: root.get("logging").map(|node| DeclaredLogging {
            plain: node.get("format").and_then(Node::as_str) == Some("text"),
            fields: node.items_of("metadata").map(text).collect(),
            redacted: node.items_of("redact").map(text).collect(),
        }),
    };
    (Some(catalogue), Vec::new())
}

/// A file `JOB.job.prom` is the page of metrics of that job, and given to judge by.
fn lint(files: &[(&str, &str)]) -> Outcome {
    let job = |path: &str| path.strip_suffix(".job.prom").map(str::to_owned);
    let (pages, inputs): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| job(path).is_some());
    let pages = pages.into_iter().map(|(path, text)| Page { path: (*path).to_owned(), text: (*text).into(), job: job(path) }).collect();
    let inputs = inputs.into_iter().map(|(path, text)| Input { path: (*path).to_owned(), text: (*text).into(), named: true }).collect();
    run(inputs, &Options { read_manifest: Some(&read_catalogue), pages, ..Options::default() })
}

fn shown(outcome: &Outcome) -> Vec<String> {
    outcome.diagnostics.iter().map(|d| format!("{} {}[{}] {}", outcome.sources.place(d.span), d.level.name(), d.rule, d.message)).collect()
}

/// The rules' examples: language, `fires` or `silent`, text.
fn examples(manual: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut lines = manual.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    while let Some(line) = lines.next() {
        let Some((language, expected)) = line.strip_prefix("```").and_then(|head| head.split_once(' ')) else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push((language.to_owned(), expected.to_owned(), text.join("\n") + "\n"));
    }
    found
}

/// The files of an example, each behind a line `# file: name`.
fn files(language: &str, text: &str) -> Vec<(String, String)> {
    let default = if language == "json" { "dashboard.json" } else { "alerts.yml" };
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# file: ") {
            Some(name) => files.push((name.to_owned(), String::new())),
            None if files.is_empty() => files.push((default.to_owned(), format!("{line}\n"))),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    *text += &format!("{line}\n");
                }
            }
        }
    }
    files
}

#[test]
fn the_examples_of_every_manual_fire_and_stay_silent() {
    let mut wrong = Vec::new();
    for rule in all() {
        let meta = rule.meta();
        let examples = examples(meta.manual);
        for kind in ["fires", "silent"] {
            assert!(examples.iter().any(|(_, expected, _)| expected == kind), "{} has no example that {kind}", meta.id);
        }
        for (language, expected, text) in &examples {
            let files = files(language, text);
            let outcome = lint(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>());
            let fires = outcome.diagnostics.iter().any(|d| d.rule == meta.id);
            let broken = outcome.diagnostics.iter().any(|d| d.rule != "promql-syntax" && SHAPES.iter().any(|(id, ..)| *id == d.rule));
            if fires != (expected == "fires") || broken {
                wrong.push(format!("{}: {expected}\n{text}{:#?}", meta.id, shown(&outcome)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn ids_are_kebab_case_and_once() {
    let mut ids: Vec<&str> = all().map(|rule| rule.meta().id).chain(SHAPES.iter().map(|(id, ..)| *id)).collect();
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn one_broken_rule_does_not_hide_the_next() {
    let outcome = lint(&[(
        "rules.yml",
        concat!(
            "groups:\n  - name: g\n    rules:\n      - alert: Broken\n        expr: rate(http_requests_total[5m]\n        labels: &l {severity: warning}\n",
            "      - alert: Dead\n        expr: histogram_quantile(0.99,\n          http_request_duration_seconds_bucket) > 1\n        labels: *l\n        fro: 5m\n        for: 5 m\n",
        ),
    )]);
    let lines: Vec<usize> = outcome.diagnostics.iter().map(|d| outcome.sources.get(d.span.source).position(d.span.start).line).collect();
    assert_eq!(lines, [5, 9, 11, 12], "{:#?}", shown(&outcome));
}

#[test]
fn the_world_is_open_without_a_configuration() {
    let text = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up{job=\"database\"} == 0\n        labels: {severity: critical}\n";
    assert!(lint(&[("rules.yml", text)]).diagnostics.is_empty());
}

#[test]
fn discovery_that_may_set_the_job_makes_a_warning_of_an_error() {
    let rules = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up{job=\"database\"} == 0\n        labels: {severity: critical}\n";
    let level = |job: &str| {
        let config = format!("global: {{scrape_interval: 15s}}\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: app\n{job}");
        let outcome = lint(&[("rules.yml", rules), ("prometheus.yml", &config)]);
        outcome.diagnostics.iter().find(|d| d.rule == "unknown-job").map(|d| d.level)
    };
    assert_eq!(level("    static_configs: [{targets: [a]}]\n"), Some(Level::Error));
    assert_eq!(level("    file_sd_configs: [{files: [a.json]}]\n"), Some(Level::Warning));
    assert_eq!(level("    honor_labels: true\n"), Some(Level::Warning));
    assert_eq!(level("    honor_labels: true\n    static_configs: [{targets: [\"kube-state-metrics:8080\"]}]\n"), Some(Level::Error));
    assert_eq!(level("    relabel_configs: [{source_labels: [x], target_label: job}]\n"), Some(Level::Warning));
    assert_eq!(level("    static_configs: [{targets: [a], labels: {job: database}}]\n"), None);
    assert_eq!(level("scrape_config_files: [more.yml]\n"), None);
}

#[test]
fn labels_of_files_of_targets_are_known_where_each_of_the_files_is_there() {
    let rules = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up{job=\"app\"} == 0\n        for: 5m\n        labels: {severity: critical}\n        annotations: {summary: \"{{ $labels.zone }} {{ $labels.region }}\"}\n";
    let config = "global: {scrape_interval: 15s}\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: app\n    file_sd_configs: [{files: [a.yml]}]\n";
    let list = "- targets: [\"app-1:9100\"]\n  labels: {region: eu}\n";
    let found = |files: &[(&str, &str)]| {
        let outcome = lint(files);
        let unknown = outcome.diagnostics.into_iter().filter(|d| d.rule == "template-unknown-label");
        unknown.map(|d| (d.level, d.message)).collect::<Vec<_>>()
    };
    assert!(found(&[("rules.yml", rules), ("prometheus.yml", config)]).is_empty());
    let with_list = found(&[("rules.yml", rules), ("prometheus.yml", config), ("a.yml", list)]);
    assert!(matches!(with_list.as_slice(), [(Level::Warning, message)] if message.contains("`zone`")), "{with_list:?}");
}

#[test]
fn ignores_cover_a_line_a_rule_a_group_or_a_file() {
    let rule = |before: &str, behind: &str| format!("{before}      - alert: A\n        expr: up == 0{behind}\n");
    let ids = |text: &str| lint(&[("rules.yml", text)]).diagnostics.iter().map(|d| d.rule.to_string()).collect::<Vec<_>>();
    let head = "groups:\n  - name: g\n    rules:\n";
    assert_eq!(ids(&format!("{head}{}", rule("", ""))), ["missing-severity"]);
    assert_eq!(ids(&format!("{head}{}", rule("      # obsgen: ignore[missing-severity] known\n", ""))), Vec::<String>::new());
    assert_eq!(ids(&format!("# obsgen: ignore[missing-severity] known\n{head}{}", rule("", ""))), Vec::<String>::new());
    assert_eq!(
        ids(&format!("groups:\n  # obsgen: ignore[missing-severity] known\n  - name: g\n    rules:\n{}{}", rule("", ""), rule("", ""))),
        ["duplicate-rule"]
    );
    assert_eq!(
        ids(&format!("{head}{}", rule("", " # obsgen: ignore[missing-severity] wrong line"))),
        ["missing-severity", "unused-ignore"]
    );
    assert_eq!(
        ids(&format!("{head}{}{}", rule("      # obsgen: ignore[missing-severity] known\n", ""), rule("", "").replace("up", "down"))),
        ["missing-severity"]
    );
    assert_eq!(
        ids(&format!("{head}{}", rule("      # obsgen: ignore[missing-severty] known\n", ""))),
        ["unused-ignore", "missing-severity"]
    );
}

#[test]
fn what_is_of_no_known_kind_is_skipped_and_counted() {
    let outcome = lint(&[("a.yml", "name: ci\non: [push]\n"), ("b.yml", "groups: []\n"), ("c.json", "[1]")]);
    assert_eq!((outcome.files, outcome.skipped), (1, 2), "{:?}", shown(&outcome));
    let inputs = vec![Input { path: "t.yml".into(), text: "a: {{ .Values }}\nb: - x\n".into(), named: false }];
    let outcome = run(inputs, &Options::default());
    assert_eq!((outcome.files, outcome.skipped, outcome.diagnostics.len()), (0, 1, 0));
}

#[test]
fn a_broken_rule_file_of_a_folder_is_not_skipped() {
    let text = "groups:\n\t- name: g\n";
    let outcome = run(vec![Input { path: "t.yml".into(), text: text.into(), named: false }], &Options::default());
    assert_eq!((outcome.files, outcome.diagnostics.len()), (1, 1), "{:?}", shown(&outcome));
    let helm = "groups:\n{{- range .Values.x }}\n- name: {{ . }}\n{{- end }}\n";
    let outcome = run(vec![Input { path: "t.yml".into(), text: helm.into(), named: false }], &Options::default());
    assert_eq!((outcome.files, outcome.skipped), (0, 1), "{:?}", shown(&outcome));
}

#[test]
fn labels_are_not_missed_where_rules_are_cut_off() {
    let alertmanager = "route:\n  receiver: web\n  group_by: [alertname, queue]\n  routes:\n    - {receiver: web, matchers: ['team=\"web\"']}\nreceivers: [{name: web}]\n";
    let alert = |name: &str| format!("      - {{alert: {name}, expr: 'count(up) == 0', labels: {{severity: critical}}}}\n");
    let rules = format!("groups:\n  - name: g\n    rules:\n{}{}", alert("One"), alert("Two"));
    let of_routes = |rules: &str| {
        let outcome = lint(&[("alertmanager.yml", alertmanager), ("rules.yml", rules)]);
        let own = |d: &&Diagnostic| matches!(d.rule.as_ref(), "group-by-label" | "route-dead-label");
        outcome.diagnostics.iter().filter(own).count()
    };
    assert_eq!(of_routes(&rules), 2);
    assert_eq!(of_routes(&format!("{rules}  - name: [h\n")), 0);
}

#[test]
fn a_manifest_alone_says_nothing_of_other_jobs() {
    let manifest = "apiVersion: obsgen/v1\nservice: {name: myapp}\nscrape: {interval: 60s}\n";
    let found = |expr: &str| {
        let rules =
            format!("groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expr}\n        labels: {{severity: critical}}\n");
        lint(&[("obsgen.yaml", manifest), ("rules.yml", &rules)])
            .diagnostics
            .iter()
            .map(|d| (d.rule.to_string(), d.level))
            .collect::<Vec<_>>()
    };
    assert_eq!(found("up{job=\"node\"} == 0"), []);
    assert_eq!(found("rate(x_total[30s]) > 1"), []);
    assert_eq!(found("up{job=\"my-app\"} == 0"), [("unknown-job".to_owned(), Level::Warning)]);
    assert_eq!(found("rate(x_total{job=\"myapp\"}[30s]) > 1").last(), Some(&("range-below-scrape".to_owned(), Level::Error)));
}

#[test]
fn logql_in_a_rule_file_is_left_alone() {
    let text = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: sum(rate({app=\"x\"} |= \"error\" [5m])) > 1\n        labels: {severity: warning}\n";
    assert!(lint(&[("loki.yml", text)]).diagnostics.is_empty());
}

#[test]
fn a_component_that_is_gone_is_gone_since_a_version() {
    let vector = "sources: { a: { type: docker } }\nsinks: { b: { type: blackhole, inputs: [a] } }\n";
    let collector = "receivers: { otlp: { protocols: { grpc: {} } } }\nexporters: { loki: { endpoint: 'http://loki:3100' } }\n\
                     service: { pipelines: { logs: { receivers: [otlp], exporters: [loki] } } }\n";
    for (name, text, message) in [
        ("a.yml", vector, "Vector 0.25 has no `docker` any more"),
        ("a.alloy", "otelcol.exporter.logging \"a\" {}\n", "Alloy 1.5 has no `otelcol.exporter.logging` any more"),
        ("a.yml", collector, "`loki` was deprecated in 2024 and removed in 0.131"),
    ] {
        let outcome = lint(&[(name, text)]);
        let said: Vec<&str> = outcome.diagnostics.iter().filter(|d| d.rule == "removed-component").map(|d| d.message.as_str()).collect();
        assert_eq!(said, [message]);
    }
}

#[test]
fn keys_that_only_begin_as_known_ones_do_are_no_slips() {
    let text = "pipeline:\n  inputs:\n    - { name: tail, path: a, tag: a, multiline: on, parser_firstline: x, parser_1: y, buffer_max_size: 1M }\n  \
                outputs:\n    - { name: loki, match: a, host: loki, tls: on, tls.min_version: '1.2', net.keepalive: off }\n";
    let outcome = lint(&[("fluent-bit.yml", text)]);
    assert!(outcome.diagnostics.is_empty(), "{:?}", shown(&outcome));
}

#[test]
fn a_word_that_begins_as_a_variable_does_is_none() {
    let found = |summary: &str| {
        let text = format!(
            "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 0\n        for: 5m\n        labels: {{severity: warning}}\n        annotations: {{summary: '{summary}'}}\n"
        );
        lint(&[("rules.yml", &text)]).diagnostics.iter().filter(|d| d.rule == "template-outside-braces").count()
    };
    assert_eq!((found("the $values are wrong"), found("{{ \"$value\" }} is text"), found("it is $value.")), (0, 0, 1));
}

#[test]
fn findings_in_panels_point_into_the_json_string() {
    let text = "{\"title\": \"é\", \"uid\": \"x\", \"panels\": [{\"type\": \"stat\", \"title\": \"t\", \"datasource\": {\"uid\": \"${ds}\"}, \"gridPos\": {\"w\": 1, \"h\": 1},\n \"fieldConfig\": {\"defaults\": {\"unit\": \"s\"}}, \"targets\": [{\"refId\": \"A\", \"expr\": \"rate(x{a=\\\"$b\\\"}[$__rate_interval]) +\"}]}]}";
    let outcome = lint(&[("d.json", text)]);
    let found = shown(&outcome);
    assert!(found.iter().any(|f| f.starts_with("d.json:2:") && f.contains("promql-syntax")), "{found:#?}");
    assert!(found.iter().any(|f| f.contains("no variable `b`")), "{found:#?}");
}

/// Findings about the two sides of an operation in one rule with this expression, ids alone.
fn found_in(expr: &str) -> Vec<String> {
    let text = format!(
        "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: |\n          {expr}\n        labels: {{severity: critical}}\n"
    );
    let outcome = lint(&[("rules.yml", &text)]);
    let matching = outcome.diagnostics.iter().filter(|d| d.rule == "vector-mismatch");
    matching.map(|d| format!("{}[{}]", d.level.name(), d.rule)).collect()
}

#[test]
fn labels_that_may_be_taken_away_are_not_certain() {
    let silent: [&str; 8] = [
        "a{x=\"1\"} * on (i) group_left (x) b and on (x, i) sum by (i) (c)",
        "label_replace(a{x=\"1\"}, \"x\", \"\", \"\", \"\") and sum(b)",
        "sum by (job) (a) or vector(0)",
        "a{x=\"1\"} * on () group_left sum(b)",
        "a{x=\"1\"} * ignoring (x) group_left sum without (x) (b)",
        "(a{x=\"1\"} or b) and sum(c)",
        "absent(up{job=\"a\", job=~\"b|a\"}) and sum(c)",
        "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 1 and sum(rate(x_count[5m])) > 0",
    ];
    for expr in silent {
        assert_eq!(found_in(expr), Vec::<String>::new(), "{expr}");
    }
    for expr in
        ["a{x=\"1\"} and sum(b)", "a{x=~\"5..\"} / sum(b)", "a{x=\"1\"} * on (x) sum(b)", "a{x!=\"\"} / ignoring (y) sum by (y) (b)"]
    {
        assert_eq!(found_in(expr), ["error[vector-mismatch]"], "{expr}");
    }
}

#[test]
fn a_probe_job_whose_address_is_the_exporter_is_sound() {
    let config = concat!(
        "global: {scrape_interval: 15s}\nscrape_configs:\n  - job_name: probe\n    metrics_path: /probe\n    params: {module: [http_2xx]}\n",
        "    static_configs: [{targets: [\"blackbox:9115\"], labels: {url: \"https://x\"}}]\n",
        "    relabel_configs: [{source_labels: [url], target_label: __param_target}, {source_labels: [url], target_label: instance}]\n",
    );
    assert!(lint(&[("prometheus.yml", config)]).diagnostics.is_empty());
}

#[test]
fn what_prometheus_refuses_of_a_configuration_is_collected() {
    let config = concat!(
        "global: {scrape_interval: 15s, scrape_intervall: 5s}\nscrape_configs:\n",
        "  - job_name: a\n    scrape_timeout: 20s\n    static_configs: [{targets: [\"http://localhost:4000/metrics\"], label: {}}]\n",
        "  - job_name: a\n    scrape_interval: 5 s\n    made_up: 1\n  - static_configs: {targets: []}\n",
    );
    let outcome = lint(&[("prometheus.yml", config)]);
    let found: Vec<String> = outcome
        .diagnostics
        .iter()
        .map(|d| format!("{} {}[{}]", outcome.sources.get(d.span.source).position(d.span.start).line, d.level.name(), d.rule))
        .collect();
    let expected = [
        "1 error[unknown-key]",
        "4 error[timeout-above-interval]",
        "5 error[bad-target]",
        "5 error[unknown-key]",
        "6 error[duplicate-name]",
        "6 warning[job-without-targets]",
        "7 error[bad-duration]",
        "8 warning[unknown-key]",
        "9 error[missing-key]",
        "9 error[wrong-type]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_set_in_an_absolute_folder_is_judged_as_one_here() {
    let rules = "groups: [{ name: web, rules: [{ record: \"job:up:sum\", expr: sum by (job) (up) }] }]\n";
    let config = "global: { scrape_interval: 15s }\nrule_files: [\"rules/*.yml\"]\nscrape_configs: [{ job_name: web, static_configs: [{ targets: [\"web:80\"] }] }]\n";
    let alertmanager =
        "route: { receiver: team }\nreceivers: [{ name: team, webhook_configs: [{ url: \"https://hooks.example.com/a\" }] }]\n";
    for folder in ["", "/srv/set/"] {
        let files = [("prometheus.yml", config), ("rules/web.yml", rules), ("alertmanager.yml", alertmanager)];
        let files = files.map(|(path, text)| (format!("{folder}{path}"), text));
        let found = shown(&lint(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>()));
        assert!(!found.iter().any(|finding| finding.contains("glob") || finding.contains("not-loaded")), "{found:#?}");
    }
}

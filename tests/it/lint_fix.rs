//! `--fix`, `--fix --diff` and baselines.

use std::fs;
use std::path::Path;

use crate::common::run_in;

/// What `--fix` makes of files: `(path, text)` each; the texts afterwards.
fn fixed(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        fs::write(folder.path().join(path), text).expect("a file");
    }
    let before = crate::common::files(folder.path());
    let diff = run_in(folder.path(), &["lint", "--fix", "--diff", "."]);
    assert_eq!((diff.code, crate::common::files(folder.path())), (0, before), "{}", diff.stderr);
    let run = run_in(folder.path(), &["lint", "--fix", "."]);
    assert!(run.code < 2, "{}", run.stderr);
    let texts: Vec<String> = files.iter().map(|(path, _)| fs::read_to_string(folder.path().join(path)).expect("a file")).collect();
    let changed = files.iter().zip(&texts).any(|((_, old), new)| old != new);
    assert_eq!(changed, diff.stdout.contains("@@"), "{}", diff.stdout);
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), files.len());
    // A second run has nothing left to do.
    assert!(run_in(folder.path(), &["lint", "--fix", "."]).stderr.contains("0 findings mended in 0 files"));
    texts
}

fn rules(expr: &str) -> String {
    format!("# kept\ngroups:\n- name: g   # odd   layout\n  rules:\n    - alert: A\n      {expr}\n      labels: {{ severity: critical }}\n")
}

#[test]
fn a_quantile_gets_its_bound_back_in_every_style_of_scalar() {
    let expr = |by: &str| format!("histogram_quantile(0.9, sum by ({by}) (rate(x_bucket{{a=\"b\"}}[5m]))) > 1");
    let escaped = |by: &str| expr(by).replace('"', "\\\"");
    for (before, after) in [
        (format!("expr: {}", expr("job")), format!("expr: {}", expr("job, le"))),
        (format!("expr: '{}'", expr("job")), format!("expr: '{}'", expr("job, le"))),
        (format!("expr: \"{}\"", escaped("job")), format!("expr: \"{}\"", escaped("job, le"))),
        (format!("expr: |\n        # why\n        {}", expr("job")), format!("expr: |\n        # why\n        {}", expr("job, le"))),
        (
            format!("expr: >-\n        {}", expr("job").replace(" (rate", "\n        (rate")),
            format!("expr: >-\n        {}", expr("job, le").replace(" (rate", "\n        (rate")),
        ),
    ] {
        assert_eq!(fixed(&[("r.yml", &rules(&before))]), [rules(&after)]);
    }
}

#[test]
fn dashboards_are_mended_character_by_character() {
    let before = "{ \"title\":\"T\",\n\t\"uid\": \"x\", \"panels\": [\n {\"id\": 1, \"type\": \"stat\", \"title\": \"a\", \"gridPos\": {\"x\": 0, \"y\": 0, \"w\": 1, \"h\": 1}, \"datasource\": {\"uid\": \"d\"},\n  \"fieldConfig\": {\"defaults\": {\"unit\": \"ms\"}}, \"targets\": [{\"expr\": \"histogram_quantile(0.9, sum by (job) (rate(x_seconds_bucket{a=\\\"b\\\"}[5m])))\"}]},\n {\"id\": 1, \"type\": \"stat\", \"title\": \"b\", \"gridPos\": {\"x\": 1, \"y\": 0, \"w\": 1, \"h\": 1}, \"datasource\": {\"uid\": \"d\"},\n  \"fieldConfig\": {\"defaults\": {\"unit\": \"s\"}}, \"targets\": [{\"refId\": \"A\", \"expr\": \"a_seconds\"}, {\"refId\": \"A\", \"expr\": \"b_seconds\"}]}\n]}\n";
    let after = before
        .replace("\"ms\"", "\"s\"")
        .replace("[{\"expr\"", "[{\"refId\": \"A\", \"expr\"")
        .replace("by (job)", "by (job, le)")
        .replace(" {\"id\": 1, \"type\": \"stat\", \"title\": \"b\"", " {\"id\": 2, \"type\": \"stat\", \"title\": \"b\"")
        .replace("{\"refId\": \"A\", \"expr\": \"b_seconds\"}", "{\"refId\": \"B\", \"expr\": \"b_seconds\"}");
    assert_eq!(fixed(&[("d.json", before)]), std::slice::from_ref(&after));
    let indented = |text: &str| text.trim_end().replace('\n', "\n    ");
    let config_map = |text: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: d }} # kept\ndata:\n  d.json: |\n    {}\n",
            indented(text).replace('\t', " ")
        )
    };
    assert_eq!(fixed(&[("cm.yml", &config_map(before))]), [config_map(&after)]);
    let string = |text: &str| {
        format!("{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {{\"d.json\": {}}}}}\n", serde_json::to_string(text).unwrap())
    };
    assert_eq!(fixed(&[("cm.json", &string(before))]), [string(&after)]);
}

#[test]
fn an_envelope_is_taken_off_and_what_is_inside_stays_as_it_was() {
    let inner = "{\"title\": \"T\",  \"uid\": \"x\",\n   \"panels\": []}";
    assert_eq!(fixed(&[("d.json", &format!("{{\"meta\": {{}}, \"dashboard\": {inner}, \"overwrite\": true}}\n"))]), [format!("{inner}\n")]);
}

#[test]
fn configurations_are_mended_between_their_comments() {
    let job = |steps: &str| {
        format!(
            "global: {{ scrape_interval: 15s }}\nscrape_configs:\n  - job_name: p\n    metrics_path: /probe\n    params: {{ module: [http_2xx] }}\n    static_configs: [{{ targets: [a] }}]\n    relabel_configs:\n{steps}"
        )
    };
    let before = job("      # first\n      - { target_label: __address__, replacement: \"b:9115\" } # last\n");
    let after = job(
        "      # first\n      - { source_labels: [__address__], target_label: __param_target }\n      - { target_label: __address__, replacement: \"b:9115\" }\n      - { source_labels: [__param_target], target_label: instance } # last\n",
    );
    assert_eq!(fixed(&[("prometheus.yml", &before)]), [after]);
    let collector = |port: &str| {
        format!(
            "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: 0.0.0.0:4317 }} }} }} }}\nexporters:\n  otlp: {{ endpoint: \"tempo:{port}\" }} # to tempo\nservice: {{ pipelines: {{ traces: {{ receivers: [otlp], exporters: [otlp] }} }} }}\n"
        )
    };
    assert_eq!(fixed(&[("otel.yml", &collector("4318"))]), [collector("4317")]);
}

#[test]
fn unused_comments_are_taken_out() {
    let text = "groups:\n  - name: g\n    rules:\n      # obsgen: ignore[unknown-job] no more\n      - alert: A\n        expr: up == 0  # obsgen: ignore[unknown-metric] neither\n        labels: { severity: critical }\n";
    assert_eq!(
        fixed(&[("r.yml", text)]),
        ["groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 0\n        labels: { severity: critical }\n"]
    );
}

#[test]
fn buckets_of_a_manifest_are_sorted_as_they_were_written() {
    let text = |buckets: &str| crate::common::example_text().replace("[0.1, 0.5, 1.0, 5.0]", buckets);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), text("[0.1, 1.0, 0.5, 5.0, 5.0]")).expect("a manifest");
    run_in(folder.path(), &["lint", "--fix", "obsgen.yaml"]);
    assert_eq!(fs::read_to_string(folder.path().join("obsgen.yaml")).unwrap(), text("[0.1, 0.5, 1.0, 5.0]"));
}

#[test]
fn the_diff_says_what_would_change_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("r.yml"), rules("expr: histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))")).expect("a file");
    let run = run_in(folder.path(), &["lint", "--fix", "--diff", "r.yml"]);
    let changed: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    let line = |by: &str| format!("      expr: histogram_quantile(0.9, sum by ({by}) (rate(x_bucket[5m])))");
    assert_eq!(changed, ["--- a/r.yml", "+++ b/r.yml", &format!("-{}", line("job")), &format!("+{}", line("job, le"))]);
    assert_eq!(run_in(folder.path(), &["lint", "--diff", "r.yml"]).code, 2);
}

fn baseline(folder: &Path, args: &[&str]) -> crate::common::Run {
    run_in(folder, &[&["lint", "--format", "concise"], args].concat())
}

#[test]
fn a_baseline_leaves_out_what_was_there_and_nothing_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let rule = |name: &str| format!("      - alert: {name}\n        expr: up == 0\n");
    let write = |rules: &[&str]| fs::write(folder.join("r.yml"), format!("groups:\n  - name: g\n    rules:\n{}", rules.concat())).unwrap();
    write(&[&rule("A"), &rule("B")]);
    let run = baseline(folder, &["--write-baseline", "b.json", "r.yml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let text = fs::read_to_string(folder.join("b.json")).unwrap();
    assert!(text.contains("\"object\": \"groups[g].rules[A].alert\"") && text.contains("\"rule\": \"missing-severity\""), "{text}");
    assert_eq!(baseline(folder, &["--baseline", "b.json", "r.yml"]).stdout, "");
    // Moved lines and another spelling of the path change nothing; a new finding is shown.
    write(&["\n# above\n", &rule("New"), &rule("B"), &rule("A")]);
    let run = baseline(folder, &["--baseline", "b.json", "."]);
    let lines: Vec<&str> = run.stdout.lines().filter(|line| line.contains("missing-severity")).collect();
    assert_eq!(lines.len(), 1, "{}", run.stdout);
    assert!(lines[0].starts_with("./r.yml:6:"), "{}", lines[0]);
    // What is gone is said, as a remark that fails nothing, where the file was looked at.
    write(&[&rule("A").replace("expr", "labels: { severity: critical }\n        expr"), &rule("B")]);
    let run = baseline(folder, &["--baseline", "b.json", "r.yml"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.contains("info[stale-baseline] `missing-severity` is found less often in `groups[g].rules[A].alert`"),
        "{}",
        run.stdout
    );
    fs::write(folder.join("other.yml"), "groups: []\n").unwrap();
    assert_eq!(baseline(folder, &["--baseline", "b.json", "other.yml"]).stdout, "");
    // The same findings give the same bytes.
    let again = baseline(folder, &["--write-baseline", "c.json", "r.yml"]);
    baseline(folder, &["--write-baseline", "d.json", "r.yml"]);
    assert_eq!((again.code, fs::read(folder.join("c.json")).unwrap()), (0, fs::read(folder.join("d.json")).unwrap()));
}

#[test]
fn a_second_finding_of_the_same_kind_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let rule = "      - alert: A\n        expr: up == 0\n";
    let write =
        |count: usize| fs::write(folder.join("r.yml"), format!("groups:\n  - name: g\n    rules:\n{}", rule.repeat(count))).unwrap();
    write(1);
    baseline(folder, &["--write-baseline", "b.json", "r.yml"]);
    write(2);
    let run = baseline(folder, &["--baseline", "b.json", "r.yml"]);
    assert_eq!(run.stdout.matches("missing-severity").count(), 1, "{}", run.stdout);
}

#[test]
fn a_baseline_that_cannot_be_read_is_an_error_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("r.yml"), "groups: []\n").unwrap();
    for (text, place) in [
        ("{\"version\": 1,}", "b.json:1:15"),
        ("{\"version\": 2, \"findings\": []}", "b.json:1:1"),
        ("{\"version\": 1, \"findings\": [{\"rule\": \"x\"}]}", "b.json:1:30"),
        ("[]", "b.json:1:1"),
    ] {
        fs::write(folder.join("b.json"), text).unwrap();
        let run = baseline(folder, &["--baseline", "b.json", "r.yml"]);
        assert_eq!(run.code, 1, "{text}");
        assert!(run.stdout.starts_with(place), "{text}: {}", run.stdout);
    }
    assert_eq!(baseline(folder, &["--baseline", "gone.json", "r.yml"]).code, 2);
}

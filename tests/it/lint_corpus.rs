//! Lint through the program, over files that people wrote.

use std::fs;

use serde_json::Value;

use crate::common::{run_in, shared};

/// One finding, as programs read it.
struct Finding {
    file: String,
    line: usize,
    level: String,
    rule: String,
    words: String,
}

/// What lint says of some files, and how it ended.
fn lint(folder: &std::path::Path, paths: &[&str]) -> (i32, Vec<Finding>) {
    let run = run_in(folder, &[&["lint", "--format", "json"], paths].concat());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("findings").iter().map(|f| Finding {
        file: text(&f["file"]),
        line: f["line"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        level: text(&f["level"]),
        rule: text(&f["rule"]),
        words: format!("{} {} {}", text(&f["rule"]), text(&f["message"]), text(&f["help"])).to_lowercase(),
    });
    (run.code, findings.collect())
}

/// The article's three files, cut out of its text.
fn article_files(article: &str, folder: &std::path::Path) {
    let mut written = 0;
    for block in article.split("\n```").skip(1).step_by(2) {
        let Some((language, body)) = block.split_once('\n') else { continue };
        let name = match language {
            _ if body.contains("global:") => "prometheus.yml",
            _ if body.contains("groups:") => "alerts.yml",
            "json" => "dashboard.json",
            _ => continue,
        };
        fs::write(folder.join(name), format!("{body}\n")).expect("a file");
        written += 1;
    }
    assert_eq!(written, 3, "the article shows three files");
}

#[test]
fn the_faults_of_the_article_are_found_at_their_lines() {
    let Some(article) = shared("article.md") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    article_files(&fs::read_to_string(article).expect("the article"), folder.path());
    let (code, findings) = lint(folder.path(), &["prometheus.yml", "alerts.yml", "dashboard.json"]);
    assert_eq!(code, 1);
    let alerts = fs::read_to_string(folder.path().join("alerts.yml")).expect("the alerts");
    let lines: Vec<&str> = alerts.lines().collect();
    let block = |alert: &str| {
        let start = lines.iter().position(|line| line.contains(&format!("alert: {alert}"))).expect("the alert");
        let length = lines[start + 1..].iter().position(|line| line.contains("alert:")).unwrap_or(lines.len() - start - 1);
        start + 1..=start + 1 + length
    };
    let anywhere = || 1..=usize::MAX;
    for (file, words, lines, fault) in [
        ("alerts.yml", &["base-name", "base name", "_bucket"][..], block("HighLatency"), "a histogram queried by its base name"),
        ("alerts.yml", &["without-rate", "rate("], block("HighLatency"), "a quantile without a rate"),
        ("alerts.yml", &["unknown-job", "no scrape job", "no job"], block("DatabaseDown"), "a job that nothing scrapes"),
        ("alerts.yml", &["ratio", "denominator", "divide", "per second"], block("HighErrorRate"), "an absolute value used as a ratio"),
        ("alerts.yml", &["5..", "5xx"], block("HighErrorRate"), "only the status 500"),
        ("alerts.yml", &["severity"], anywhere(), "no severity"),
        ("dashboard.json", &["envelope", "wrapp"], anywhere(), "the envelope of the API"),
        ("dashboard.json", &["base-name", "base name", "_bucket"], anywhere(), "a panel on the base name"),
        ("dashboard.json", &["type"], anywhere(), "a panel without a type"),
        ("dashboard.json", &["gridpos"], anywhere(), "a panel without a place"),
        ("dashboard.json", &["unit"], anywhere(), "a panel without a unit"),
        ("dashboard.json", &["datasource", "data source"], anywhere(), "a panel without a data source"),
    ] {
        let found =
            findings.iter().any(|f| f.file.ends_with(file) && lines.contains(&f.line) && words.iter().any(|word| f.words.contains(word)));
        assert!(found, "missed: {fault}");
    }
}

#[test]
fn rules_of_the_world_have_few_errors_and_those_are_true() {
    let Some(rules) = shared("corpus/awesome-prometheus-alerts/rules") else { return };
    let (_, findings) = lint(&rules, &["."]);
    let errors: Vec<_> = findings.iter().filter(|f| f.level == "error").collect();
    // Each error was looked at by hand: the exporter's rules, the rule that finds it, how often, and why it is true.
    let known = [
        ("grafana-mimir/", "vector-mismatch", 5, "`ignoring` drops `limit` on the left, the right side has it, so `and` never matches"),
        ("memcached/", "vector-mismatch", 2, "hits and misses differ in `status`, so no two of their series match and their sum is empty"),
        ("mongodb/", "vector-mismatch", 4, "current and available connections differ in a label, so their sum is empty"),
        ("grafana-mimir/", "never-holds", 1, "the sum of what was filtered by `== 0` is 0, which is not above 0"),
        ("grafana-tempo/", "never-holds", 1, "the sum of what was filtered by `== 0` is 0, which is not above 0"),
        ("traefik/embedded-exporter-v1.yml", "never-holds", 1, "`count` of nothing is nothing, not 0"),
        ("traefik/embedded-exporter-v2.yml", "never-holds", 1, "`count` of nothing is nothing, not 0"),
    ];
    for (file, rule, times, why) in known {
        let found = errors.iter().filter(|e| e.file.contains(file) && e.rule == rule).count();
        assert_eq!(found, times, "{file} {rule}: {why}");
    }
    let unknown = errors.iter().filter(|e| !known.iter().any(|(file, rule, ..)| e.file.contains(file) && e.rule == *rule));
    assert_eq!(unknown.map(|e| format!("{}:{}: {} {}", e.file, e.line, e.rule, e.words)).collect::<Vec<_>>(), Vec::<String>::new());
}

/// Of the warnings about these rules, a hundred were taken by a fixed stride and judged by hand: 98 are true without doubt, and two
/// (alerts of severity `info` on machines that have nothing to do, which wait for a week) are not said any more. A label is gone
/// where an aggregation, `absent` without a matcher, `vector` or a matching with `on` takes it away; a `for` of a day or more keeps a
/// warning from whoever could act on it; and a fraction that is compared by `==` is hardly ever met.
#[test]
fn warnings_about_rules_of_the_world_are_of_families_that_are_true() {
    let Some(rules) = shared("corpus/awesome-prometheus-alerts/rules") else { return };
    let (_, findings) = lint(&rules, &["."]);
    let warnings: Vec<_> = findings.iter().filter(|f| f.level == "warning").collect();
    let of = |rule: &str| warnings.iter().filter(|f| f.rule == rule).count();
    assert_eq!(of("template-unknown-label"), 231);
    assert_eq!(of("equality-of-fraction"), 1);
    // Compactions that ran out of disk and connections that a socket refused: both start at 0 again with their process.
    assert_eq!(of("delta-on-counter"), 2);
    // The changes of `node_uname_info`, which is always 1: a new kernel has a series of its own.
    assert_eq!(warnings.iter().filter(|f| f.rule == "never-holds" && f.file.contains("node-exporter")).count(), 1);
    assert_eq!(warnings.len(), 235 + of("hold-too-long"), "a family that nobody has judged");
    assert!(of("hold-too-long") <= 4, "those of severity `info` are left alone");
}

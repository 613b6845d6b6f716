//! Formats for programs, judged by their own schemas.

use std::fs;

use crate::common::{run_in, shared};

const RULES: &str = "groups:
  - name: app
    rules:
      - alert: Dead
        expr: up{job=\"database\"} == 0
        labels: { severity: critical }
      - record: job:x:p99
        expr: histogram_quantile(0.99, sum by (job) (rate(x_bucket[5m])))
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.yml"), RULES).expect("rules");
    let config = "global: { scrape_interval: 15s }\nrule_files: [rules.yml]\nscrape_configs: [{ job_name: app }]\n";
    fs::write(folder.path().join("prometheus.yml"), config).expect("a configuration");
    folder
}

fn sarif(folder: &std::path::Path) -> serde_json::Value {
    let run = run_in(folder, &["lint", "--format", "sarif", "."]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let folder = folder();
    let log = sarif(folder.path());
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().any(|r| r["fixes"].is_array()) && results.iter().any(|r| r["relatedLocations"].is_array()), "{results:#?}");
    let Some(schema) = shared("oracles/sarif/sarif-schema-2.1.0.json") else { return };
    // The pattern for languages has a stray bracket, which no strict reader of regexes takes.
    let schema = fs::read_to_string(schema).expect("the schema").replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_result_of_sarif_has_its_rule_with_a_manual() {
    let folder = folder();
    let log = sarif(folder.path());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in log["runs"][0]["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(rules[index]["help"]["markdown"].as_str().expect("a manual").len() > 40);
    }
}

#[test]
fn fingerprints_outlive_what_is_put_in_before() {
    let fingerprints = |folder: &std::path::Path| {
        let log = sarif(folder);
        let results = log["runs"][0]["results"].as_array().expect("results");
        let mut all: Vec<String> = results.iter().map(|r| r["partialFingerprints"]["obsgen/v1"].to_string()).collect();
        all.sort();
        all
    };
    let folder = folder();
    let before = fingerprints(folder.path());
    let rules = RULES.replace("    rules:\n", "    # moved\n\n    rules:\n      - { record: a:b:c, expr: sum(up) }\n");
    fs::write(folder.path().join("rules.yml"), rules).expect("rules");
    assert_eq!(fingerprints(folder.path()), before);
}

#[test]
fn github_and_junit_are_printed() {
    let folder = folder();
    let run = run_in(folder.path(), &["lint", "--format", "github", "."]);
    assert!(
        run.stdout.contains("::error file=rules.yml,line=5,endLine=5,col=18,endColumn=32,title=obsgen[unknown-job]::"),
        "{}",
        run.stdout
    );
    let run = run_in(folder.path(), &["lint", "--format", "junit", "."]);
    assert!(run.stdout.contains("name=\"unknown-job: groups[0].rules[0].expr\""), "{}", run.stdout);
}

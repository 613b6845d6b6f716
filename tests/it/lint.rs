//! Lint over real rule files: an error must be provable, so each one is known and was looked at.

use std::fs;

use obsgen::internals::diagnostic::Level;
use obsgen::internals::lint::{Input, Options, run};

use crate::source::corpus;

/// Errors that are true: the left side drops `limit` by `ignoring`, the right side has it, so `and` never matches
/// (tried with `promtool test rules`).
const TRUE_ERRORS: &[(&str, &str, usize)] = &[("grafana-mimir/embedded-exporter.yml", "vector-mismatch", 5)];

#[test]
fn errors_over_real_rule_files_are_known_and_true() {
    let files = corpus();
    let inputs = files.iter().map(|path| Input {
        path: path.display().to_string(),
        text: fs::read_to_string(path).expect("the corpus is text").into(),
        named: true,
    });
    let outcome = run(inputs.collect(), &Options::default());
    assert_eq!((outcome.files, outcome.skipped), (files.len(), 0));
    let mut errors: Vec<(String, String)> = outcome
        .diagnostics
        .iter()
        .filter(|d| d.level == Level::Error)
        .map(|d| (outcome.sources.get(d.span.source).path.clone(), d.rule.to_string()))
        .collect();
    for (file, rule, count) in TRUE_ERRORS.iter().filter(|_| !files.is_empty()) {
        let before = errors.len();
        errors.retain(|(path, id)| !(path.ends_with(file) && id == rule));
        assert_eq!(before - errors.len(), *count, "{file}");
    }
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_order_of_findings_does_not_depend_on_threads() {
    let rules: String = (0..2000).map(|i| format!("      - alert: A{i}\n        expr: rate(x_total[5m]\n")).collect();
    let text = format!("groups:\n  - name: g\n    rules:\n{rules}");
    let judged = || {
        let outcome = run(vec![Input { path: "r.yml".into(), text: text.as_str().into(), named: true }], &Options::default());
        outcome.diagnostics
    };
    let first = judged();
    assert_eq!(first.len(), 4000);
    assert!((0..3).all(|_| judged() == first));
}

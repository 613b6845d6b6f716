//! Lint as a library: what does not depend on the machine.

mod collector;
mod faults;
mod owners;

use obsgen::internals::lint::{Input, Options, run};

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

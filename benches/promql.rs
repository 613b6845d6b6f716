//! How fast expressions are read, beside the crate `promql-parser`.
//!
//! Reads the real rule expressions of the corpus where it is present and a few built in where not. Both readers take turns
//! over the same expressions in one run, so that a busy machine slows both alike; medians of the rounds are compared.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

use std::hint::black_box;
use std::time::Instant;

use obsgen::internals::promql::{Options, parse};

const ROUNDS: usize = 9;
/// Expressions per reader and round.
const BATCH: usize = 20_000;

const BUILT_IN: [&str; 5] = [
    "up == 0",
    r#"sum by (job, le) (rate(http_request_duration_seconds_bucket{job=~"api|web",code!~"5.."}[5m])) > 0.5"#,
    r#"100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))) > 80 and on (instance) up == 1"#,
    "histogram_quantile(0.99, sum without (pod) (rate(latency_bucket[10m] offset 1h))) / 1e3",
    "absent(up{job=\"prometheus\"}) or max_over_time(deriv(disk_free_bytes[6h:5m])[1d:]) < 0",
];

fn main() {
    let expressions = rule_expressions().unwrap_or_else(|| BUILT_IN.map(str::to_owned).to_vec());
    let expressions: Vec<&str> = expressions.iter().map(String::as_str).cycle().take(BATCH).collect();
    let bytes: usize = expressions.iter().map(|expression| expression.len()).sum();
    let options = Options::stock();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(seconds(&expressions, |expression| black_box(parse(expression, &options)).is_ok()));
        theirs.push(seconds(&expressions, |expression| black_box(promql_parser::parser::parse(expression)).is_ok()));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    for (name, time) in [("obsgen", ours), ("promql-parser", theirs)] {
        println!("{name:14} {:>9.0} expressions/s {:>7.1} MB/s", per_second(BATCH, time), per_second(bytes, time) / 1e6);
    }
    println!("ratio          {:>9.1}", theirs / ours);
}

/// The rule expressions of the corpus that Prometheus accepts.
fn rule_expressions() -> Option<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/promql/cases.jsonl");
    let text = std::fs::read_to_string(path).ok()?;
    let cases = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let rules = cases.filter(|case| case["stock"] == true && case["source"].as_str().is_some_and(|source| source.starts_with("rules/")));
    Some(rules.filter_map(|case| case["expr"].as_str().map(str::to_owned)).collect())
}

fn seconds(expressions: &[&str], read: impl Fn(&str) -> bool) -> f64 {
    let start = Instant::now();
    let accepted = expressions.iter().filter(|expression| read(expression)).count();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(accepted, expressions.len(), "every expression is valid");
    seconds
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

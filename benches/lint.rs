//! How long lint takes for many rules, and how much memory, beside promtool and pint: `cargo bench --bench lint`.
//!
//! Whole processes, taking turns over the same file in one run, so that a busy machine slows all alike. Two thirds of the
//! rules are alerts with labels and templated annotations. promtool (`check rules --lint=none`) and pint (`--offline lint`)
//! are run where they are on the PATH; ratios are theirs to obsgen's. `--large` has pint read 100,000 rules, too.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod peak;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 5;
/// Rules of one group: as many as people write into one.
const GROUP: usize = 20;

/// A program and its arguments before the file.
type Tool = (&'static str, &'static [&'static str]);

const TOOLS: [Tool; 3] = [
    (env!("CARGO_BIN_EXE_obsgen"), &["lint", "--quiet", "--fail-on", "none"]),
    ("promtool", &["check", "rules", "--lint=none"]),
    ("pint", &["--offline", "--no-color", "--log-level=error", "lint"]),
];

fn main() {
    let large = std::env::args().any(|arg| arg == "--large");
    println!("{:>8} {:<9} {:>10} {:>12} {:>8} {:>8}", "rules", "", "median", "peak memory", "time", "memory");
    for count in [1_000, 10_000, 100_000_usize] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yml"), rules(count)).unwrap();
        let wanted = TOOLS.iter().filter(|(name, _)| (large || count < 100_000 || *name != "pint") && starts(name));
        let mut runs: Vec<(&Tool, Vec<(Duration, u64)>)> = wanted.map(|tool| (tool, Vec::new())).collect();
        for _ in 0..if count < 100_000 { ROUNDS } else { 3 } {
            for (tool, times) in &mut runs {
                times.push(run(tool, folder.path()));
            }
        }
        let mut ours = None;
        for ((name, _), mut times) in runs {
            times.sort();
            let (median, peak) = (times[times.len() / 2].0, times.iter().map(|(_, peak)| *peak).max().unwrap_or(0));
            let (time, memory) = *ours.get_or_insert((median, peak));
            let name = Path::new(name).file_name().unwrap().to_string_lossy();
            let times = median.as_secs_f64() / time.as_secs_f64();
            #[allow(clippy::cast_precision_loss, reason = "kilobytes")]
            let held = peak as f64 / memory.max(1) as f64;
            println!("{count:>8} {name:<9} {median:>10.1?} {:>9} MB {times:>7.1}x {held:>7.1}x", peak / 1024);
        }
    }
}

/// A rule file of this many rules.
fn rules(count: usize) -> String {
    let mut text = "groups:\n".to_owned();
    for i in 0..count {
        if i % GROUP == 0 {
            let _ = write!(text, "  - name: service-{:05}\n    interval: 30s\n    rules:\n", i / GROUP);
        }
        match i % 3 {
            0 => recording(&mut text, i),
            1 => errors(&mut text, i),
            _ => latency(&mut text, i),
        }
    }
    text
}

fn recording(text: &mut String, i: usize) {
    let _ = write!(
        text,
        "      - record: job_route:http_requests_{i}:rate5m\n        expr: sum by (job, route) (rate(http_requests_{i}_total{{job=\"service-{i}\"}}[5m]))\n"
    );
}

fn errors(text: &mut String, i: usize) {
    let _ = write!(
        text,
        "      - alert: HighErrorRate{i}
        expr: |
          sum by (job, route) (rate(http_requests_{i}_total{{job=\"service-{i}\",status=~\"5..\"}}[5m]))
            / sum by (job, route) (rate(http_requests_{i}_total{{job=\"service-{i}\"}}[5m])) > 0.05
        for: 5m
        labels:
          severity: critical
          team: team-{}
        annotations:
          summary: \"{{{{ $labels.job }}}}: more than 5% of requests to {{{{ $labels.route }}}} fail\"
          description: \"{{{{ $value | humanizePercentage }}}} of requests fail on {{{{ $externalLabels.cluster }}}}.\"
          runbook_url: https://runbooks.example.com/service-{i}/HighErrorRate
",
        i % 17
    );
}

fn latency(text: &mut String, i: usize) {
    let _ = write!(
        text,
        "      - alert: HighLatency{i}
        expr: histogram_quantile(0.99, sum by (job, le) (rate(http_request_{i}_duration_seconds_bucket{{job=\"service-{i}\"}}[5m]))) > 1
        for: 10m
        keep_firing_for: 5m
        labels: {{ severity: warning, team: team-{} }}
        annotations:
          summary: \"{{{{ $labels.job }}}}: p99 is above 1s\"
          description: \"The p99 of {{{{ $labels.job }}}} is {{{{ $value | humanizeDuration }}}}.\"
          runbook_url: https://runbooks.example.com/service-{i}/HighLatency
",
        i % 17
    );
}

/// Whether a program is there.
fn starts(name: &str) -> bool {
    Command::new(name).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Runs a tool on the file: the time, and the most memory that was held, in kilobytes.
fn run((name, arguments): &Tool, folder: &Path) -> (Duration, u64) {
    let mut command = Command::new(name);
    command.current_dir(folder).args(*arguments).arg("rules.yml").stderr(Stdio::null());
    let (time, peak, status) = peak::run(&mut command, Duration::from_millis(1));
    assert!(status.success(), "{name}: {status}");
    (time, peak)
}

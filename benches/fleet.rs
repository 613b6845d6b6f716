//! How long a fleet takes, and how much memory: `cargo bench --bench fleet [-- --large]`. It is rendered into an empty folder, again after one
//! of its manifests has changed, compared by `--check`, and what was rendered is linted.
//!
//! Every service is the example under a name of its own, so each has 21 alerts with their tests, 20 recording rules and
//! a dashboard. `--large` adds 10,000 services, which need about two gigabytes of disk. Beside it, in the same run, `sloth`
//! where it is on the PATH, on a specification of two objectives for every service (it renders the rules of these, nothing else).

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod peak;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

fn main() {
    let large = std::env::args().any(|arg| arg == "--large");
    println!("{:>9} {:<12} {:>9} {:>14} {:>14}", "services", "", "median", "a service", "peak memory");
    for count in [1, 100, 1_000, 10_000_usize].into_iter().filter(|count| large || *count < 10_000) {
        let folder = tempfile::tempdir().unwrap();
        write_fleet(folder.path(), count);
        let rounds = if count > 1_000 { 1 } else { ROUNDS };
        let first = folder.path().join("fleet/service-00000/obsgen.yaml");
        let (text, mut changed) = (fs::read_to_string(&first).unwrap(), false);
        let mut change = || {
            changed = !changed;
            fs::write(&first, if changed { text.replacen("for: 5m", "for: 6m", 1) } else { text.clone() }).unwrap();
        };
        let empty = || drop(fs::remove_dir_all(folder.path().join("out")));
        let nothing = &mut || {};
        let median = measured("render", count, rounds, &mut || empty(), &|| run(folder.path(), RENDER));
        measured("one changed", count, rounds, &mut change, &|| run(folder.path(), RENDER));
        measured("check", count, rounds, nothing, &|| run(folder.path(), &[RENDER, &["--check"]].concat()));
        measured("lint", count, rounds, nothing, &|| run(folder.path(), &["lint", "-q", "out"]));
        if let Some(time) = sloth(folder.path(), count) {
            println!(
                "{:>9} {:<12} {time:>9.1?}   sloth, the rules of two objectives each; obsgen takes {:.2} times as long",
                "",
                "",
                median.as_secs_f64() / time.as_secs_f64()
            );
        }
    }
}

fn write_fleet(folder: &Path, count: usize) {
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/myapp/obsgen.yaml")).unwrap();
    for i in 0..count {
        let name = format!("service-{i:05}");
        let service = folder.join("fleet").join(&name);
        fs::create_dir_all(&service).unwrap();
        fs::write(
            service.join("obsgen.yaml"),
            example.replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\"")),
        )
        .unwrap();
    }
}

const RENDER: &[&str] = &["render", "-q", "-m", "fleet", "-o", "out"];

/// Runs a command some times, each after some preparation, and prints its time and the most memory that it held.
fn measured(what: &str, count: usize, rounds: usize, prepare: &mut dyn FnMut(), run: &dyn Fn() -> (Duration, u64)) -> Duration {
    let mut runs: Vec<(Duration, u64)> = (0..rounds)
        .map(|_| {
            prepare();
            run()
        })
        .collect();
    runs.sort();
    let (median, _) = runs[runs.len() / 2];
    let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
    println!("{count:>9} {what:<12} {:>9.1?} {:>14.2?} {:>11} MB", median, median / u32::try_from(count).unwrap(), peak / 1024);
    median
}

/// Runs the program in a folder: the time, and the most memory that was held, in kilobytes.
fn run(folder: &Path, args: &[&str]) -> (Duration, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    command.current_dir(folder).args(args).stdout(Stdio::null());
    let (time, peak, status) = peak::run(&mut command, Duration::from_millis(2));
    assert!(status.success(), "{args:?}");
    (time, peak)
}

fn sloth(folder: &Path, count: usize) -> Option<Duration> {
    let specs = folder.join("sloth");
    fs::create_dir_all(&specs).ok()?;
    for i in 0..count {
        let slo = |name: &str| {
            format!(
                "  - {{ name: {name}, objective: 99.9, sli: {{ events: {{ error_query: 'sum(rate(e{{job=\"s{i}\"}}[{{{{.window}}}}]))', total_query: 'sum(rate(t{{job=\"s{i}\"}}[{{{{.window}}}}]))' }} }}, alerting: {{ name: A, page_alert: {{ disable: false }}, ticket_alert: {{ disable: false }} }} }}\n"
            )
        };
        let text = format!("version: prometheus/v1\nservice: s{i}\nslos:\n{}{}", slo("one"), slo("two"));
        fs::write(specs.join(format!("s{i}.yml")), text).ok()?;
    }
    let start = Instant::now();
    let status = Command::new("sloth")
        .args(["generate", "-i"])
        .arg(&specs)
        .arg("-o")
        .arg(folder.join("sloth-out"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| start.elapsed())
}

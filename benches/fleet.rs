//! How long a fleet takes, and how much memory: `cargo bench --bench fleet [-- --large]`. It is rendered into an empty folder with nothing
//! remembered, again after one of its manifests has changed, compared by `--check` with what is remembered and without, and what was
//! rendered is linted.
//!
//! Every service is the example, so each has 21 alerts with their tests, 20 recording rules and a dashboard. In one fleet they are alike but for their
//! names; in the other each has metrics, limits, objectives, targets and a team of its own. `--large` adds 10,000 services, which need three
//! gigabytes of disk. Beside it, in the same run, `sloth` where it is on the PATH, on a specification of two objectives for every service
//! (it renders the rules of these, nothing else).

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod peak;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

fn main() {
    let large = std::env::args().any(|arg| arg == "--large");
    println!("{:>9} {:<8} {:<12} {:>9} {:>14} {:>14}", "services", "", "", "median", "a service", "peak memory");
    for count in [1, 100, 1_000, 10_000_usize].into_iter().filter(|count| large || *count < 10_000) {
        for (name, write) in [("alike", alike as fn(usize) -> String), ("differ", of_its_own)] {
            measure_fleet(name, count, write);
        }
    }
}

fn measure_fleet(name: &str, count: usize, text: fn(usize) -> String) {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..count {
        let service = folder.path().join(format!("fleet/service-{number:05}"));
        fs::create_dir_all(&service).unwrap();
        fs::write(service.join("obsgen.yaml"), text(number)).unwrap();
    }
    let rounds = if count > 1_000 { 1 } else { ROUNDS };
    let first = folder.path().join("fleet/service-00000/obsgen.yaml");
    let (text, mut changed) = (fs::read_to_string(&first).unwrap(), false);
    let mut change = || {
        changed = !changed;
        fs::write(&first, if changed { text.replacen("for: 10m", "for: 12m", 1) } else { text.clone() }).unwrap();
    };
    let mut empty = || {
        for there in ["out", "cache"] {
            // The first time there is none.
            let _ = fs::remove_dir_all(folder.path().join(there));
        }
    };
    let nothing = &mut || {};
    let measured =
        |what: &str, prepare: &mut dyn FnMut(), args: &[&str]| measured(name, what, count, rounds, prepare, &|| run(folder.path(), args));
    let median = measured("render", &mut empty, RENDER);
    measured("one changed", &mut change, RENDER);
    measured("check", nothing, &[RENDER, &["--check"]].concat());
    measured("check anew", nothing, &[RENDER, &["--check", "--no-cache"]].concat());
    measured("lint", nothing, &["lint", "-q", "out"]);
    if let Some(time) = sloth(folder.path(), count) {
        println!(
            "{:>9} {:<21} {time:>9.1?}   sloth, the rules of two objectives each; obsgen takes {:.2} times as long",
            "",
            "",
            median.as_secs_f64() / time.as_secs_f64()
        );
    }
}

/// The example under another name.
fn alike(number: usize) -> String {
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/myapp/obsgen.yaml")).unwrap();
    let name = format!("service-{number:05}");
    example.replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\""))
}

/// The example with metrics, limits, objectives, targets and a team of its own.
fn of_its_own(number: usize) -> String {
    alike(number)
        .replace("http_request", &format!("app{}_request", number % 97))
        .replace("above: 5%", &format!("above: {}%", 2 + number % 7))
        .replace("for: 5m", &format!("for: {}m", 5 + number % 4))
        .replace("target: 99.9%", &format!("target: 99.{}%", 1 + number % 9))
        .replace("localhost:4000", &format!("host-{number}:4000"))
        .replace("team: web", &format!("team: team-{}", number % 20))
}

const RENDER: &[&str] = &["render", "-q", "-m", "fleet", "-o", "out"];

/// Runs a command some times, each after some preparation, and prints its time and the most memory that it held.
fn measured(
    fleet: &str,
    what: &str,
    count: usize,
    rounds: usize,
    prepare: &mut dyn FnMut(),
    run: &dyn Fn() -> (Duration, u64),
) -> Duration {
    let mut runs: Vec<(Duration, u64)> = (0..rounds)
        .map(|_| {
            prepare();
            run()
        })
        .collect();
    runs.sort();
    let (median, _) = runs[runs.len() / 2];
    let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
    println!("{count:>9} {fleet:<8} {what:<12} {:>9.1?} {:>14.2?} {:>11} MB", median, median / u32::try_from(count).unwrap(), peak / 1024);
    median
}

/// Runs the program in a folder: the time, and the most memory that was held, in kilobytes.
fn run(folder: &Path, args: &[&str]) -> (Duration, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).args(args).stdout(Stdio::null());
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

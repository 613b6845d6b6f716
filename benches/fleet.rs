//! How long a fleet takes to render, and how much memory: `cargo bench --bench fleet [-- --large]`.
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
    println!("{:>9} {:>11} {:>14} {:>12}", "services", "median", "a service", "peak memory");
    for count in [1, 100, 1_000, 10_000_usize].into_iter().filter(|count| large || *count < 10_000) {
        let folder = tempfile::tempdir().unwrap();
        write_fleet(folder.path(), count);
        let mut runs: Vec<(Duration, u64)> = (0..if count > 1_000 { 1 } else { ROUNDS }).map(|_| render(folder.path())).collect();
        runs.sort();
        let (median, _) = runs[runs.len() / 2];
        let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
        println!("{count:>9} {:>9.1?} {:>12.2?} {:>9} MB", median, median / u32::try_from(count).unwrap(), peak / 1024);
        if let Some(time) = sloth(folder.path(), count) {
            println!(
                "{:>9} {time:>9.1?}   sloth, the rules of two objectives each; obsgen takes {:.2} times as long",
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

/// Renders into an empty folder: the time, and the most memory that was held, in kilobytes.
fn render(folder: &Path) -> (Duration, u64) {
    let out = folder.join("out");
    let _ = fs::remove_dir_all(&out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    command.current_dir(folder).args(["render", "-q", "-m", "fleet", "-o", "out"]);
    let (time, peak, status) = peak::run(&mut command, Duration::from_millis(2));
    assert!(status.success());
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

//! The owners of the formats judge the faults: what the tables of keys call an error, the real program refuses.

use std::fs;
use std::path::Path;

use obsgen::internals::diagnostic::Level;

use super::faults::{Fault, Set, faults, judge, set};
use crate::engines::{Engine, all, run};

/// Rules that say what an owner refuses when it loads a file.
const LOADING: &[&str] = &[
    "unknown-key",
    "wrong-type",
    "missing-key",
    "bad-duration",
    "bad-value",
    "bad-regex",
    "bad-url",
    "conflicting-keys",
    "duplicate-key",
    "duplicate-name",
    "timeout-above-interval",
    "bad-target",
];

/// Values that an owner loads and that fail on every use: the program looks at them only then.
const FAILS_IN_USE: &[&str] = &[
    "prober: htpp",
    "prober: https",
    "prober: ping",
    "valid_http_versions: [\"1.1\", \"2.0\"]",
    "valid_http_versions: [\"HTTP/2\"]",
    "compression: zip",
    "transport_protocol: UDP",
    "transport_protocol: http",
    "valid_rcodes: [NOEROR]",
    "valid_rcodes: [0]",
    "fail_if_not_matches_regexp: [\"shop\\\\.example\\\\.com\\\\.(.*A.*\"]",
    "payload_size: -1",
    "scheme: htpp",
    "timeout: 0s",
    "url: mimir:9009/api/v1/push",
    "url: \"\"",
];

/// Whether the program of a kind of file takes a set.
fn accepts(engine: &Engine, file: &str, folder: &Path) -> bool {
    let run = match file {
        "blackbox.yml" => run(&engine.blackbox, folder, &["--config.check", "--config.file", file]),
        _ => run(&engine.promtool, folder, &["check", "config", file]),
    };
    run.code == 0
}

fn write(files: &Set, folder: &Path) {
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
}

/// What the program and lint disagree about.
fn disagreement(healthy: &Set, fault: &Fault) -> Option<String> {
    let mut files = healthy.clone();
    let text = files.get(&fault.file)?.replacen(&fault.from, &fault.to, 1);
    files.insert(fault.file.clone(), text);
    let outcome = judge(&files);
    let errors = outcome.diagnostics.iter().filter(|d| d.level == Level::Error && LOADING.contains(&d.rule.as_ref()));
    let error = errors.into_iter().find(|d| outcome.sources.get(d.span.source).path == fault.file)?;
    let folder = tempfile::tempdir().expect("a folder");
    write(&files, folder.path());
    let known = FAILS_IN_USE.iter().any(|value| fault.to.contains(value));
    // A module without a prober fails on use as well.
    let no_prober = fault.from.contains("prober: ") && fault.to.trim().is_empty();
    let refused = all().iter().any(|engine| !accepts(engine, &fault.file, folder.path()));
    if !refused && !all().iter().any(|engine| engine.newest) {
        eprintln!("SKIPPED: {:?} is taken by the older engines, and the newest that may refuse it are absent", fault.to);
        return None;
    }
    (!refused && !known && !no_prober).then(|| format!("{:?} => {:?}: {} {}", fault.from, fault.to, error.rule, error.message))
}

#[test]
fn what_tables_call_an_error_the_owner_refuses() {
    if all().is_empty() {
        return;
    }
    let healthy = set("shop");
    let folder = tempfile::tempdir().expect("a folder");
    write(&healthy, folder.path());
    for engine in all() {
        assert!(accepts(engine, "blackbox.yml", folder.path()), "{engine:?}");
        assert!(accepts(engine, "prometheus.yml", folder.path()), "{engine:?}");
    }
    let faults: Vec<Fault> = ["shop.blackbox", "shop.prometheus"].iter().flat_map(|name| faults(name)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let healthy = &healthy;
        let chunks = faults.chunks(faults.len().div_ceil(threads).max(1));
        let running: Vec<_> = chunks
            .map(|chunk| scope.spawn(move || chunk.iter().filter_map(|fault| disagreement(healthy, fault)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), faults.len(), wrong.join("\n"));
}

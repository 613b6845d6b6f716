//! The command line: help, streams, exit codes.

use std::io::Write;
use std::process::Stdio;

use crate::common::{example, obsgen, run_in};

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&[][..], &["init"], &["render"], &["lint"], &["test"], &["probe"], &["schema"], &["completions"], &["man"]] {
        let run = run_in(folder.path(), &[command, &["--help"]].concat());
        assert_eq!(run.code, 0, "{command:?}");
        assert!(run.stdout.len() > 100 && run.stdout.contains("Usage: obsgen"), "{command:?}: {}", run.stdout);
    }
}

#[test]
fn completions_and_manual_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(run_in(folder.path(), &["completions", shell]).stdout.contains("obsgen"), "{shell}");
    }
    assert!(run_in(folder.path(), &["man"]).stdout.contains(".TH"));
}

#[test]
fn usage_errors_exit_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["render", "--no-such-flag"][..],
        &["no-such-command"],
        &["lint", "--format", "xml"],
        &["render"],
        &["render", "-m", "gone.yaml"],
        &["lint", "--explain", "no-such-rule"],
    ] {
        let run = run_in(folder.path(), args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_manifest_is_found_in_a_folder_above() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(example(), folder.path().join("obsgen.yaml")).unwrap();
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    let run = run_in(&deep, &["render", "--diff"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("+++ b/prometheus.yml"));
    assert!(!deep.join("monitoring").exists());
}

#[test]
fn standard_input_is_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = obsgen()
        .current_dir(folder.path())
        .args(["render", "-m", "-", "-o", "out"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(example()).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join("out/alerts.yml").exists());
}

#[test]
fn a_starter_manifest_works_as_it_is_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(folder.path(), &["init", "shop", "--language", "python", "--target", "shop-1:8080", "--target", "shop-2:8080"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = std::fs::read_to_string(folder.path().join("shop/obsgen.yaml")).unwrap();
    assert!(text.contains("name: \"shop\"") && text.contains("shop-2:8080"), "{text}");
    let render = run_in(folder.path(), &["render", "-m", "shop/obsgen.yaml", "-o", "out"]);
    assert_eq!(render.code, 0, "{}", render.stderr);
    let lint = run_in(folder.path(), &["lint", "out", "shop/obsgen.yaml", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let again = run_in(folder.path(), &["init", "shop"]);
    assert!(again.code == 2 && again.stderr.contains("never overwrites"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(folder.path().join("shop/obsgen.yaml")).unwrap(), text);
}

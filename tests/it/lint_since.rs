//! `obsgen lint --diff-base`: only what a change brought, while all files count.

use std::path::Path;
use std::process::Command;

use crate::common::{Run, run_in};

const PROMETHEUS: &str = "global: { scrape_interval: 15s, external_labels: { cluster: a } }\nrule_files: [\"rules/*.yml\"]\nscrape_configs:\n  - job_name: shop\n    static_configs: [{ targets: ['shop:8080'] }]\n";

fn rules(exprs: &[&str]) -> String {
    let rule = |(i, expr): (usize, &&str)| {
        format!(
            "      - alert: A{i}\n        expr: '{expr}'\n        for: 5m\n        labels: {{ severity: warning }}\n        annotations: {{ summary: a, description: b, runbook_url: 'https://example.com/{i}' }}\n"
        )
    };
    format!("groups:\n  - name: g\n    rules:\n{}", exprs.iter().enumerate().map(rule).collect::<String>())
}

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A work tree whose only commit has an alert on a job that nobody scrapes.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "prometheus.yml", PROMETHEUS);
    write(folder.path(), "rules/a.yml", &rules(&["up{job=\"old\"} == 0", "up{job=\"shop\"} == 0"]));
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "first"]);
    folder
}

fn since(folder: &Path, revision: &str, args: &[&str]) -> Run {
    run_in(folder, &[&["lint", "--format", "concise", "--diff-base", revision], args].concat())
}

fn unknown_jobs(run: &Run) -> Vec<&str> {
    run.stdout.lines().filter(|line| line.contains("unknown-job")).filter_map(|line| line.split('`').nth(1)).collect()
}

#[test]
fn what_was_there_is_left_out_wherever_its_lines_are_now() {
    let folder = tree();
    let run = since(folder.path(), "HEAD", &[]);
    assert_eq!((unknown_jobs(&run), run.code), (vec![], 0), "{}{}", run.stdout, run.stderr);
    let without = run_in(folder.path(), &["lint", "--format", "concise"]);
    assert_eq!((unknown_jobs(&without), without.code), (vec!["old"], 1), "{}", without.stdout);
    // Lines move, and a second alert of the same kind comes with the change.
    let moved = format!("# one\n# two\n{}", rules(&["up{job=\"old\"} == 0", "up{job=\"shop\"} == 0", "up{job=\"new\"} == 0"]));
    write(folder.path(), "rules/a.yml", &moved);
    let run = since(folder.path(), "HEAD", &[]);
    assert_eq!((unknown_jobs(&run), run.code), (vec!["new"], 1), "{}", run.stdout);
}

#[test]
fn renamed_files_are_the_same_files() {
    let folder = tree();
    // Told to git, and not told.
    git(folder.path(), &["mv", "rules/a.yml", "rules/b.yml"]);
    let run = since(folder.path(), "HEAD", &["."]);
    assert_eq!(unknown_jobs(&run), Vec::<&str>::new(), "{}", run.stdout);
    std::fs::rename(folder.path().join("rules/b.yml"), folder.path().join("rules/c.yml")).expect("it moves");
    git(folder.path(), &["reset", "-q"]);
    let run = since(folder.path(), "HEAD", &["."]);
    assert_eq!(unknown_jobs(&run), Vec::<&str>::new(), "{}", run.stdout);
    // Named one by one, and from a folder below.
    git(folder.path(), &["add", "-A"]);
    let run = since(folder.path(), "HEAD", &["prometheus.yml", "rules/c.yml"]);
    assert_eq!(unknown_jobs(&run), Vec::<&str>::new(), "{}", run.stdout);
    let run = since(&folder.path().join("rules"), "HEAD", &["../prometheus.yml", "c.yml"]);
    assert_eq!(unknown_jobs(&run), Vec::<&str>::new(), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_change_elsewhere_that_breaks_a_file_is_reported_in_it() {
    let folder = tree();
    write(folder.path(), "prometheus.yml", &PROMETHEUS.replace("job_name: shop", "job_name: store"));
    let run = since(folder.path(), "HEAD", &[]);
    assert_eq!(unknown_jobs(&run), vec!["shop"], "{}", run.stdout);
}

#[test]
fn files_that_are_gone_were_there() {
    let folder = tree();
    let named = PROMETHEUS.replace("rules/*.yml", "rules/a.yml\", \"rules/b.yml");
    write(folder.path(), "prometheus.yml", &named);
    write(folder.path(), "rules/b.yml", &rules(&["up{job=\"shop\"} == 1"]).replace("A0", "B"));
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "second"]);
    assert!(!since(folder.path(), "HEAD", &[]).stdout.contains("empty-file-glob"));
    std::fs::remove_file(folder.path().join("rules/b.yml")).expect("it goes");
    let run = since(folder.path(), "HEAD", &[]);
    assert!(run.stdout.contains("empty-file-glob"), "{}", run.stdout);
}

#[test]
fn new_files_are_all_new_and_of_a_branch_the_parting_counts() {
    let folder = tree();
    git(folder.path(), &["checkout", "-qb", "work"]);
    write(folder.path(), "rules/new.yml", &rules(&["up{job=\"new\"} == 0"]).replace("A0", "N"));
    assert_eq!(unknown_jobs(&since(folder.path(), "main", &[])), vec!["new"], "not known to git yet");
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "second"]);
    git(folder.path(), &["checkout", "-q", "main"]);
    write(folder.path(), "rules/a.yml", &rules(&["up{job=\"shop\"} == 0"]));
    git(folder.path(), &["commit", "-qam", "mended on main"]);
    git(folder.path(), &["checkout", "-q", "work"]);
    let run = since(folder.path(), "main", &[]);
    assert_eq!(unknown_jobs(&run), vec!["new"], "`old` was there when the branch began: {}", run.stdout);
}

#[test]
fn no_work_tree_and_no_revision_are_said() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "prometheus.yml", PROMETHEUS);
    let run = since(folder.path(), "HEAD", &[]);
    assert!(run.stderr.contains("is in no work tree of git"), "{}", run.stderr);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    let folder = tree();
    for unknown in ["nothing", "--help", ""] {
        let run = run_in(folder.path(), &["lint", &format!("--diff-base={unknown}")]);
        assert!(run.stderr.contains(&format!("git knows no revision `{unknown}` here")), "{}", run.stderr);
        assert_eq!(run.code, 2);
    }
}

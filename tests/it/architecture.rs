//! The house: imports point downwards, side effects have one door each.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::root;

/// Each room may import from those named with it, and from itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("parallel", &[]),
    ("xml", &[]),
    ("text", &[]),
    ("diagnostic", &["text"]),
    ("source", &["text", "parallel", "diagnostic"]),
    ("promql", &[]),
    ("logql", &["diagnostic", "promql"]),
    ("manifest", &["source", "diagnostic", "promql"]),
    ("formats", &["source", "diagnostic", "promql", "parallel"]),
    ("model", &["source", "diagnostic", "promql", "parallel", "manifest"]),
    ("artifacts", &["source", "diagnostic", "promql", "logql", "parallel", "manifest", "model"]),
    ("lint", &["source", "diagnostic", "promql", "logql", "parallel", "manifest", "formats"]),
    ("probe", &["source", "diagnostic", "promql", "xml", "manifest", "formats", "model"]),
    ("proof", &["source", "diagnostic", "promql", "parallel", "manifest", "model"]),
    ("report", &["source", "diagnostic", "parallel", "xml"]),
    ("cli", &["manifest"]),
];

/// The rooms within `lint`, from the lowest: each may import from those before it, and from itself.
const OF_LINT: &[&str] = &[
    "words",
    "template",
    "query",
    "views",
    "world",
    "context",
    "inference",
    "alert_labels",
    "fields",
    "probes",
    "routing",
    "shipping",
    "rule",
    "rules",
    "run",
];

/// What may be named only in one place: the words and the paths that may hold them.
const DOORS: &[(&str, &[&str])] = &[
    ("granit_parser", &["source/yaml.rs"]),
    ("toml::", &["source/toml.rs", "source/mod.rs"]),
    ("annotate_snippets", &["report/human.rs"]),
    ("reqwest", &["probe/fetch.rs"]),
    ("hyper", &["probe/client/"]),
    ("TcpStream", &["probe/client/"]),
    ("process::Command", &["proof/"]),
    ("fs::write", &["artifacts/plan/disk.rs"]),
    ("fs::rename", &["artifacts/plan/disk.rs"]),
    ("fs::remove", &["artifacts/plan/disk.rs", "artifacts/plan/journal.rs"]),
    ("minijinja", &["artifacts/engine.rs", "artifacts/ready.rs"]),
    ("promql_parser", &["artifacts/readback.rs"]),
];

pub fn sources() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                let name = entry.strip_prefix(root().join("src")).expect("below").to_string_lossy().into_owned();
                all.push((name, fs::read_to_string(&entry).expect("a file")));
            }
        }
    }
    all.sort();
    all
}

/// The lines of a file before its tests, numbered, without comments.
pub fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn room(path: &str) -> &str {
    let first = Path::new(path).components().next().expect("a name").as_os_str().to_str().expect("UTF-8");
    first.trim_end_matches(".rs")
}

/// Rooms that a line names as `crate::room`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    named_in(line, "crate::")
}

/// The names that stand behind a path in a line.
fn named_in<'l>(line: &'l str, path: &'static str) -> impl Iterator<Item = &'l str> {
    line.match_indices(path).map(|(at, word)| {
        let rest = &line[at + word.len()..];
        &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
    })
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let here = room(&path);
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == here) else { continue };
        for (line, words) in code(&text) {
            for there in named(words).filter(|there| ROOMS.iter().any(|(room, _)| room == there) || *there == "commands") {
                if there != here && !allowed.contains(&there) {
                    wrong.push(format!("src/{path}:{line}: {here} must not know {there}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_within_lint_point_downwards() {
    let level = |name: &str| OF_LINT.iter().position(|room| *room == name);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(rest) = path.strip_prefix("lint/").filter(|rest| !matches!(*rest, "mod.rs" | "tests.rs")) else { continue };
        let here = room(rest);
        let Some(own) = level(here) else {
            wrong.push(format!("src/{path}: say where the room `{here}` stands within lint"));
            continue;
        };
        for (line, words) in code(&text) {
            for there in named_in(words, "crate::lint::").filter(|there| level(there).is_some_and(|level| level > own)) {
                wrong.push(format!("src/{path}:{line}: {here} must not know {there}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_rule() {
    for (path, _) in sources() {
        let here = room(&path);
        let known = ROOMS.iter().any(|(room, _)| *room == here) || ["main", "lib", "commands"].contains(&here);
        assert!(known, "src/{path}: say what the room `{here}` may import");
    }
}

#[test]
fn every_kind_of_artifact_has_its_page() {
    let folder = root().join("docs/artifacts");
    let pages: Vec<String> =
        fs::read_dir(&folder).expect("pages").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    let kinds: Vec<String> = obsgen::internals::artifacts::ALL.iter().map(|artifact| format!("{}.md", artifact.kind())).collect();
    let without: Vec<&String> = kinds.iter().filter(|page| !pages.contains(page)).collect();
    let of_nothing: Vec<&String> = pages.iter().filter(|page| !kinds.contains(page)).collect();
    assert!(without.is_empty() && of_nothing.is_empty(), "kinds without a page: {without:?}; pages of no kind: {of_nothing:?}");
}

#[test]
fn side_effects_have_one_door_each() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (word, doors) in DOORS {
            if doors.iter().any(|door| path.starts_with(door)) || path.ends_with("/tests.rs") {
                continue;
            }
            wrong.extend(
                code(&text)
                    .filter(|(_, line)| line.contains(word))
                    .map(|(line, _)| format!("src/{path}:{line}: `{word}` belongs into {doors:?}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "without a prologue: {silent:?}");
}

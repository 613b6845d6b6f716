//! promtool: is the configuration one, do the rules load, and do the stories come out as told.
//!
//! `promtool test rules` tells of failures in text only. It is the same text in 2.42 and in 3.x: a block per failed
//! check, with the test's name, the alert, the time, and what was expected and seen.

use std::collections::BTreeSet;
use std::path::Path;

use super::Files;
use super::cases::Case;
use super::process::{self, Output};
use super::test_file::{self, Known};
use super::verdict::{Failure, FileVerdict};

/// So many files in one process at most, lest the command line grow too long.
const AT_ONCE: usize = 500;

/// Asks whether the configuration and the rules load.
pub(super) fn check(promtool: &Path, folder: &Path, files: &Files) -> anyhow::Result<Vec<FileVerdict>> {
    let mut verdicts = Vec::new();
    if let Some(config) = &files.prometheus {
        // Secrets and discovery files lie where Prometheus runs, not here.
        let output = process::run(promtool, folder, &["check", "config", "--syntax-only", config])?;
        verdicts.push(FileVerdict::new(config, "promtool check config", &output));
    }
    for some in files.rules.chunks(AT_ONCE) {
        let output = check_rules(promtool, folder, some)?;
        if output.success {
            verdicts.extend(some.iter().map(|file| FileVerdict::new(file, "promtool check rules", &output)));
            continue;
        }
        // One by one, to know which of them it is.
        for file in some {
            verdicts.push(FileVerdict::new(file, "promtool check rules", &check_rules(promtool, folder, std::slice::from_ref(file))?));
        }
    }
    Ok(verdicts)
}

fn check_rules(promtool: &Path, folder: &Path, files: &[String]) -> anyhow::Result<Output> {
    let arguments: Vec<&str> =
        ["check", "rules", "--lint=all", "--lint-fatal"].into_iter().chain(files.iter().map(String::as_str)).collect();
    process::run(promtool, folder, &arguments)
}

/// What came of a test file.
#[derive(Debug)]
pub(super) struct TestRun {
    /// The file.
    file: String,
    /// The tests that the file has.
    known: Known,
    /// The tests that stand for some alert.
    claimed: BTreeSet<String>,
    /// Checks that failed.
    blocks: Vec<Block>,
    /// What promtool said beyond that.
    other: String,
    /// Whether promtool says that all is well.
    success: bool,
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    test: String,
    alert: String,
    at: String,
    expected: Vec<String>,
    got: Vec<String>,
}

/// Runs a test file, with these tests standing for alerts.
pub(super) fn test(promtool: &Path, folder: &Path, file: &str, claimed: BTreeSet<String>) -> anyhow::Result<TestRun> {
    let known = test_file::read(folder, file)?;
    let output = process::run(promtool, folder, &["test", "rules", file])?;
    let (blocks, other) = blocks(&output.stderr);
    Ok(TestRun { file: file.to_owned(), known, claimed, blocks, other, success: output.success })
}

/// How a test says that it tells a story of an alert.
pub(super) fn test_name(alert: &str, story: &str) -> String {
    format!("{alert}: {story}")
}

/// Whether a test tells a story; it can tell several, of several alerts, with `; ` between them.
fn tells(test: &str, story: &str) -> bool {
    test == story || format!("; {test}; ").contains(&format!("; {story}; "))
}

impl TestRun {
    /// What speaks against an alert that these stories stand for.
    pub(super) fn failures_of(&self, case: &Case, stories: &[String]) -> Vec<Failure> {
        let told =
            |test: &str| stories.iter().filter(|story| tells(test, &test_name(&case.alert, story))).map(String::as_str).collect::<Vec<_>>();
        let mut failures = Vec::new();
        for story in stories {
            let name = test_name(&case.alert, story);
            if !self.known.iter().any(|(test, alert)| *alert == case.alert && tells(test, &name)) {
                failures.push(Failure::said(story, format!("{} has no such test; render it again", self.file)));
            }
        }
        for block in self.blocks.iter().filter(|block| block.alert == case.alert) {
            let told = told(&block.test);
            // A test that somebody added speaks against every rule of the name.
            let added = || !self.claimed.iter().any(|name| tells(&block.test, name));
            if !told.is_empty() || added() {
                let story = if told.is_empty() { block.test.clone() } else { told.join("; ") };
                failures.push(Failure {
                    story,
                    at: Some(block.at.clone()),
                    expected: block.expected.clone(),
                    got: block.got.clone(),
                    message: None,
                });
            }
        }
        if self.is_unclear() {
            failures.push(Failure::said("all", format!("{} could not be judged as a whole", self.file)));
        }
        failures
    }

    /// Whether promtool failed for a reason that is not a test's.
    fn is_unclear(&self) -> bool {
        !self.success && (self.blocks.is_empty() || !self.other.is_empty())
    }

    /// The file as a whole.
    pub(super) fn verdict(&self) -> FileVerdict {
        let output = if self.is_unclear() && self.other.is_empty() { "it failed and said nothing".to_owned() } else { self.other.clone() };
        FileVerdict { file: self.file.clone(), tool: "promtool test rules", ok: self.success, output }
    }
}

const ALERT: &str = "    alertname: ";
const EXPECTED: &str = ", \n        exp:";
const GOT: &str = ", \n        got:";

/// The failed checks in promtool's output, and everything else that it said.
fn blocks(text: &str) -> (Vec<Block>, String) {
    let (mut blocks, mut other) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some((before, block, after)) = next_block(rest) {
        other += before;
        blocks.push(block);
        rest = after;
    }
    other += rest;
    let other: Vec<&str> = other.lines().map(str::trim).filter(|line| !matches!(*line, "" | "FAILED:")).collect();
    (blocks, other.join("\n"))
}

/// The first block, with what stands before and behind it.
fn next_block(text: &str) -> Option<(&str, Block, &str)> {
    let expected_at = text.find(EXPECTED)?;
    let head_at = text[..expected_at].rfind(ALERT)?;
    let (alert, at) = text[head_at + ALERT.len()..expected_at].rsplit_once(", time: ")?;
    let body = &text[expected_at + EXPECTED.len()..];
    let got_at = body.find(GOT)?;
    let got = &body[got_at + GOT.len()..];
    let end = end_of_list(got)?;
    let (before, test) = match text[..head_at].find("    name: ") {
        Some(name_at) => {
            (&text[..name_at], text[name_at..head_at].trim_start().strip_prefix("name: ").unwrap_or_default().trim_end_matches(",\n"))
        }
        None => (&text[..head_at], ""),
    };
    let block = Block {
        test: test.to_owned(),
        alert: alert.to_owned(),
        at: at.to_owned(),
        expected: alerts(&body[..got_at]),
        got: alerts(&got[..end]),
    };
    Some((before, block, &got[end..]))
}

/// Where a printed list of alerts ends. Labels and annotations are quoted in it, so no text can pretend to be its end.
fn end_of_list(text: &str) -> Option<usize> {
    if text.starts_with("[]") {
        return Some(2);
    }
    text.find("\n            ]").map(|at| at + "\n            ]".len())
}

/// The alerts of a printed list, each on one line.
fn alerts(list: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in list.lines().map(str::trim) {
        if let Some(labels) = line.strip_prefix("Labels:") {
            all.push(labels.to_owned());
        } else if let (Some(annotations), Some(last)) = (line.strip_prefix("Annotations:"), all.last_mut()) {
            last.push(' ');
            last.push_str(annotations);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "  FAILED:\n    name: A: fires above, with \"quotes\"\nand newline,\n    alertname: A, time: 5m, \n        exp:[\n            0:\n              Labels:{alertname=\"A\", job=\"a\"}\n              Annotations:{summary=\"x is 3\"}\n            ], \n        got:[]\n    name: A: second,\n    alertname: A, time: 5m, \n        exp:[], \n        got:[\n            0:\n              Labels:{alertname=\"A\"}\n              Annotations:{}\n            ]\n1:12: parse error: unexpected identifier\n";

    #[test]
    fn a_test_of_several_stories_tells_each_of_them() {
        let test = "A: fires; B: quiet";
        assert!(tells(test, "A: fires") && tells(test, "B: quiet"));
        assert!(!tells(test, "A: fire") && !tells(test, "quiet"));
    }

    #[test]
    fn failed_checks_are_told_apart_from_other_output() {
        let (blocks, other) = blocks(OUTPUT);
        let [first, second] = blocks.as_slice() else { panic!("two blocks: {blocks:?}") };
        assert_eq!(first.test, "A: fires above, with \"quotes\"\nand newline");
        assert_eq!((first.alert.as_str(), first.at.as_str()), ("A", "5m"));
        assert_eq!(first.expected, ["{alertname=\"A\", job=\"a\"} {summary=\"x is 3\"}"]);
        assert!(first.got.is_empty());
        assert_eq!((second.test.as_str(), second.got.len()), ("A: second", 1));
        assert_eq!(other, "1:12: parse error: unexpected identifier");
    }
}

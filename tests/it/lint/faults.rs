//! Faults, one at a time: a healthy set is changed in one place, and lint says so in the file that was changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use obsgen::internals::commands::read_manifest;
use obsgen::internals::diagnostic::{Diagnostic, Level};
use obsgen::internals::lint::{self, Input, Options, Outcome, Page};
use obsgen::internals::model::resolve::rules;

use crate::common::{example_text, files, render, root};

/// Files by name.
pub(super) type Set = BTreeMap<String, String>;

/// The files of a healthy set; `rendered` is the example and what is rendered of it.
pub(super) fn set(name: &str) -> Set {
    if name == "rendered" {
        let (folder, run) = render(&example_text());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let is_judged = |path: &str| !["tests/", "runbooks/", "instrumentation/", "."].iter().any(|start| path.starts_with(start));
        let all = files(&folder.path().join("out")).into_iter().filter(|(path, _)| is_judged(path));
        let all = all.map(|(path, bytes)| (path, String::from_utf8(bytes).expect("text")));
        return all.chain([("obsgen.yaml".to_owned(), example_text())]).collect();
    }
    let folder = root().join("tests/it/lint/sets").join(name);
    let files = fs::read_dir(folder).expect("a set").map(|entry| entry.expect("a file").path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).expect("text"))).collect()
}

/// A file `JOB.job.prom` is the page of metrics of that job, and given to judge by.
pub(super) fn judge(files: &Set) -> Outcome {
    let job = |path: &str| path.strip_suffix(".job.prom").map(str::to_owned);
    let pages = files.iter().filter(|(path, _)| job(path).is_some());
    let pages = pages.map(|(path, text)| Page { path: path.clone(), text: text.as_str().into(), job: job(path) }).collect();
    let inputs = files
        .iter()
        .filter(|(path, _)| job(path).is_none())
        .map(|(path, text)| Input { path: path.clone(), text: text.as_str().into(), named: true })
        .collect();
    lint::run(
        inputs,
        &Options {
            read_manifest: Some(&|sources, node, defaults| read_manifest(sources, node, defaults, None)),
            pages,
            ..Options::default()
        },
    )
}

fn shown(outcome: &Outcome, d: &Diagnostic) -> String {
    format!("{} {}[{}] {}", outcome.sources.place(d.span), d.level.name(), d.rule, d.message)
}

/// Every rule with the level of its findings.
fn levels() -> BTreeMap<&'static str, Level> {
    let of_lint = lint::all().map(|rule| (rule.meta().id, rule.meta().level));
    let of_shapes = lint::SHAPES.iter().map(|(id, level, _)| (*id, *level));
    let level = |name: &str| [Level::Error, Level::Warning, Level::Info].into_iter().find(|level| level.name() == name).expect("a level");
    of_lint.chain(of_shapes).chain(rules::RULES.iter().map(|rule| (rule.id, level(rule.level)))).collect()
}

/// Rules that no change of one file of a set can fire, and why; each has tests of its own.
const ELSEWHERE: &[(&str, &str)] = &[
    ("invalid-baseline", "it is about a file of lint's own"),
    ("stale-baseline", "it is about a file of lint's own"),
    ("invalid-config", "it is about a file of lint's own"),
    ("stack-conflict", "it takes two manifests"),
];

#[test]
fn every_rule_is_fired_by_a_single_change() {
    let mut fired = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/it/lint/faults")).expect("the faults") {
        let name = entry.expect("faults").path().file_stem().unwrap().to_string_lossy().into_owned();
        fired.extend(faults(&name).into_iter().map(|fault| fault.rules[0].clone()));
    }
    let missing: Vec<&str> =
        levels().into_keys().filter(|id| !fired.contains(*id) && !ELSEWHERE.iter().any(|(known, _)| known == id)).collect();
    assert!(missing.is_empty(), "{} rules are fired by no fault: {missing:?}", missing.len());
    let needless: Vec<&str> = ELSEWHERE.iter().map(|(id, _)| *id).filter(|id| fired.contains(*id) || !levels().contains_key(id)).collect();
    assert!(needless.is_empty(), "{needless:?}");
}

#[test]
fn healthy_sets_have_no_findings() {
    let sets = fs::read_dir(root().join("tests/it/lint/sets")).expect("the sets");
    let names = sets.map(|entry| entry.expect("a set").file_name().to_string_lossy().into_owned());
    for name in names.chain(["rendered".to_owned()]) {
        let outcome = judge(&set(&name));
        let found: Vec<String> = outcome.diagnostics.iter().map(|d| shown(&outcome, d)).collect();
        assert!(found.is_empty(), "{name}: {found:#?}");
        assert_eq!(outcome.skipped, 0, "{name}");
    }
}

/// One change: the file, the text that is replaced where it stands first, what is put there, and the rules that find it: the
/// first one in the changed file, at error or warning unless it is for infos; the others are errors that follow from it.
pub(super) struct Fault {
    pub(super) file: String,
    pub(super) from: String,
    pub(super) to: String,
    rules: Vec<String>,
}

/// The faults of a set, as `faults/<set>.txt` or `faults/<set>.<kind>.txt` lists them: blocks behind `## file rule…`, with `<<<` before the text, `===`
/// between both and `>>>` behind what it becomes; or on one line, `from => to`.
pub(super) fn faults(name: &str) -> Vec<Fault> {
    let text = fs::read_to_string(root().join("tests/it/lint/faults").join(format!("{name}.txt"))).expect("faults");
    let mut faults = Vec::new();
    let (mut file, mut rules) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(head) = line.strip_prefix("## ") {
            let mut words = head.split_whitespace().map(str::to_owned);
            file = words.next().expect("a file");
            rules = words.collect();
        } else if line == "<<<" {
            let from: Vec<&str> = lines.by_ref().take_while(|line| *line != "===").collect();
            let to: Vec<&str> = lines.by_ref().take_while(|line| *line != ">>>").collect();
            let end = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            faults.push(Fault { file: file.clone(), from: end(&from), to: end(&to), rules: rules.clone() });
        } else if let Some((from, to)) = line.split_once(" => ") {
            let unescape = |text: &str| text.replace("\\n", "\n");
            faults.push(Fault { file: file.clone(), from: unescape(from), to: unescape(to), rules: rules.clone() });
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{name}: {line}");
        }
    }
    faults
}

/// What is wrong with how a fault is reported.
fn missed(healthy: &Set, fault: &Fault) -> Option<String> {
    let title = format!("{}: {:?} => {:?} should be {}", fault.file, fault.from, fault.to, fault.rules.join(" "));
    let Some(text) = healthy.get(&fault.file).filter(|text| text.contains(&fault.from)) else {
        return Some(format!("{title}\n  the healthy file has no such text"));
    };
    let mut files = healthy.clone();
    files.insert(fault.file.clone(), text.replacen(&fault.from, &fault.to, 1));
    let outcome = judge(&files);
    let here = |d: &&Diagnostic| outcome.sources.get(d.span.source).path == fault.file;
    let wanted = levels().get(fault.rules[0].as_str()).copied().unwrap_or(Level::Error);
    let grave = |d: &Diagnostic| d.level != Level::Info || wanted == Level::Info;
    let found = outcome.diagnostics.iter().filter(here).any(|d| grave(d) && *d.rule == fault.rules[0]);
    let others = outcome.diagnostics.iter().filter(|d| d.level == Level::Error && !fault.rules.iter().any(|rule| d.rule == rule.as_str()));
    let others: Vec<String> = others.map(|d| shown(&outcome, d)).collect();
    if found && others.is_empty() {
        return None;
    }
    let all: Vec<String> = outcome.diagnostics.iter().map(|d| shown(&outcome, d)).collect();
    let what = if found { "there are other errors" } else { "it is not reported" };
    Some(format!("{title}\n  {what}\n    {}", all.join("\n    ")))
}

#[test]
fn single_faults_are_found_in_the_file_that_was_changed() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/it/lint/faults")).expect("the faults") {
        let name = entry.expect("faults").path().file_stem().unwrap().to_string_lossy().into_owned();
        let healthy = set(name.split('.').next().unwrap_or(&name));
        let faults = faults(&name);
        count += faults.len();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let chunks: Vec<&[Fault]> = faults.chunks(faults.len().div_ceil(threads).max(1)).collect();
        let results: Vec<Vec<String>> = std::thread::scope(|scope| {
            let healthy = &healthy;
            let running: Vec<_> =
                chunks.iter().map(|chunk| scope.spawn(move || chunk.iter().filter_map(|fault| missed(healthy, fault)).collect())).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        wrong.extend(results.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{} of {count} faults:\n{}", wrong.len(), wrong.join("\n"));
}

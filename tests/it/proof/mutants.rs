//! Mutations: every alert of the example is broken in every way that a hand could break it, and each break must be
//! caught, by the rule tests or by lint.
//!
//! Mutants of one alert are judged together: each is a rule of its own beside the others, and each check of the
//! alert's tests is made for each of them. A mutant of a recorded rule brings the alerts that read it along.

mod kinds;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread;

use obsgen::internals::promql::{Options, parse, walk};
use serde_json::{Map, Value, json};

use crate::common::{example_text, render, run_in};
use crate::engines::{self, Engine};
use kinds::Places;

/// Mutants that mean the same as what they were made of: parts of the rule's name and of what was changed, and the reason.
const EQUIVALENT: &[(&str, &str, &str)] = &[
    ("HighErrorRate", ": job dropped: ", "the other side of the match still asks for the job"),
    ("ErrorBudgetBurn", ": job dropped: ", "the other side of the match still asks for the job"),
    ("MetricsAbsent", ": job dropped: ", "the other side of the match still asks for the job"),
    ("slo_errors_per_request", ": job dropped: ", "the other side of the match still asks for the job"),
    ("ErrorBudgetBurn", "[[,slo=", "the other side of the match still asks for the objective"),
    ("ErrorBudgetBurn", ": label dropped: service", "the recorded series carries it"),
    ("ErrorBudgetBurn", ": label dropped: slo", "the recorded series carries it"),
    ("MetricsAbsent", ": operands swapped: ", "both sides are one series of value 1 with the same labels"),
    ("MetricsAbsent", ": sum dropped: ", "behind `and on (job)` one series does as well as their maximum"),
    ("HighErrorRate", ": guard dropped: …m by (job) (rate", "nothing divided by nothing is NaN, which is above no limit"),
    ("slo_errors_per_request", ": guard dropped: ", "nothing divided by nothing is NaN, which is above no limit"),
    ("HighErrorRate", "or 0 * sum", "a share of zero fires as little as none"),
    ("slo_errors_per_request", "or 0 * sum", "a share of zero fires as little as none"),
    ("HighErrorRate", "or 0  [[*]] became [[/]]", "zero divided by something is zero, too"),
    ("slo_errors_per_request", "or 0  [[*]] became [[/]]", "zero divided by something is zero, too"),
    ("HighErrorRate", "[[or]] became [[and]]", "where nothing is bad, nothing fires either way"),
    ("slo_errors_per_request", "[[or]] became [[and]]", "where nothing is bad, nothing fires either way"),
    ("HighLatency", "[[rat]] became [[increas]]", "a quantile does not depend on the scale"),
    ("NoTraffic", "[[rat]] became [[increas]]", "zero events a second are zero events"),
    ("NotReady", ": sum dropped: ", "a check is one series"),
    ("PoolExhausted", ": sum dropped: ", "the pool has one series on each instance"),
];

/// Mutants that nothing catches: part of a rule's name, part of what was changed, how many there are at most, and why.
/// None of these numbers may grow, and nothing else may survive.
const SURVIVING: &[(&str, &str, usize, &str)] = &[
    (
        "slo_errors_per_request",
        ": window ",
        12,
        "where a ratio's sides have different windows, even traffic has the same share: lint could say it",
    ),
    ("slo_errors_per_request", ": wrong value: ", 5, "prometheus.erl's spelling of `le` is told for the shortest windows only"),
    ("ErrorBudgetBurn", ": wrong value: ", 3, "prometheus.erl's spelling of `le` is told for the shortest windows only"),
    ("ErrorBudgetBurn", ": operands swapped: ", 8, "the alert fires alike, and its text names the share of the shorter window"),
    ("ErrorBudgetBurn", ": window ", 22, "the window of the fewest events that count: no story lasts for two of them"),
    ("ErrorBudgetBurn", ": rate dropped: ", 7, "a counter that starts at zero is its own increase until the window has passed"),
    ("ErrorBudgetBurn availability fast", ": threshold halved: ", 1, "the story of too few events is told for longer holds"),
    ("ErrorBudgetBurn latency fast", ": threshold halved: ", 1, "the story of too few events is told for longer holds"),
    ("long", ": threshold halved: ", 4, "the two windows of the slowest tier are told apart in stories of hours, which promtool is spared"),
    ("long", ": guard dropped: ", 6, "the two windows of the slowest tier are told apart in stories of hours, which promtool is spared"),
    ("long", ": branch dropped: ", 2, "the two windows of the slowest tier are told apart in stories of hours, which promtool is spared"),
    (
        "long",
        ": set operation changed: ",
        2,
        "the two windows of the slowest tier are told apart in stories of hours, which promtool is spared",
    ),
    ("NoTraffic", ": window ", 2, "a free condition's story holds from the beginning"),
    ("DatabaseDown", ": for much shorter: ", 1, "the tests evaluate every minute, which is as long as its `for`"),
    ("AllTargetsDown", ": for much shorter: ", 1, "the tests evaluate every minute, which is as long as its `for`"),
];

/// One rule of a file.
#[derive(Clone, Debug)]
struct Rule {
    /// Its index among all rules of its file.
    index: usize,
    name: String,
    body: Value,
}

/// A rule that was broken in one way.
#[derive(Clone, Debug)]
struct Mutant {
    kind: &'static str,
    /// What was broken, as it reads now.
    shown: String,
    /// The broken rule.
    rule: Value,
}

/// The rules of a file, in order.
fn rules(folder: &Path, file: &str) -> Vec<Rule> {
    let text = fs::read_to_string(folder.join(file)).expect("a file of rules");
    let all: Value = serde_yaml::from_str(&text).expect("YAML");
    let groups = all["groups"].as_array().expect("groups");
    let bodies = groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone());
    let name = |body: &Value| body.get("alert").or(body.get("record")).and_then(Value::as_str).expect("a name").to_owned();
    bodies.enumerate().map(|(index, body)| Rule { index, name: name(&body), body }).collect()
}

/// The recorded series that an expression reads.
fn reads(expr: &str, recorded: &BTreeSet<String>) -> BTreeSet<String> {
    let tree = parse(expr, &Options::stock()).expect("a rendered expression");
    walk::selectors(&tree)
        .into_iter()
        .filter_map(|found| found.selector.metric_name().map(str::to_owned))
        .filter(|name| recorded.contains(name))
        .collect()
}

fn expr(body: &Value) -> &str {
    body["expr"].as_str().expect("an expression")
}

/// The rendered set, read.
struct Set {
    alerts: Vec<Rule>,
    recording: Vec<Rule>,
    tests: Value,
}

impl Set {
    fn read(folder: &Path) -> Self {
        let tests = fs::read_to_string(folder.join("tests/alerts_test.yml")).expect("tests");
        Self {
            alerts: rules(folder, "alerts.yml"),
            recording: rules(folder, "recording.yml"),
            tests: serde_yaml::from_str(&tests).expect("YAML"),
        }
    }

    fn recorded(&self) -> BTreeSet<String> {
        self.recording.iter().map(|rule| rule.name.clone()).collect()
    }
}

/// One alert under test: its mutants by name, and the rules that stand beside each.
struct Trial<'a> {
    set: &'a Set,
    alert: &'a Rule,
    /// Name of the alert that stands for a mutant, and the rules to write for it.
    entries: BTreeMap<String, Vec<Value>>,
    /// Recorded rules to write beside the original ones.
    recorded: Vec<Value>,
}

impl Trial<'_> {
    /// The rules with which an alert must be told apart from nothing else: those of its name that no label tells apart.
    fn siblings(&self) -> impl Iterator<Item = &Rule> {
        let same = |other: &&Rule| {
            other.name == self.alert.name && other.index != self.alert.index && other.body["labels"] == self.alert.body["labels"]
        };
        self.set.alerts.iter().filter(same)
    }

    fn add(&mut self, name: &str, body: &Value) {
        let beside: Vec<Value> = self.siblings().map(|rule| rule.body.clone()).collect();
        let named = beside.into_iter().chain([body.clone()]).map(|mut body| {
            body["alert"] = json!(name);
            body
        });
        let all = named.collect();
        self.entries.insert(name.to_owned(), all);
    }

    /// Adds a broken recorded rule, and the alert as it reads that instead.
    fn add_recorded(&mut self, name: &str, recorded: &str, body: &Value) {
        let renamed = format!("{recorded}_{name}");
        let mut body = body.clone();
        body["record"] = json!(renamed);
        self.recorded.push(body);
        let mut alert = self.alert.body.clone();
        alert["expr"] = json!(expr(&alert).replace(&format!("{recorded}{{"), &format!("{renamed}{{")));
        self.add(name, &alert);
    }

    /// The names of those that the tests caught.
    fn run(mut self, engine: &Engine) -> BTreeSet<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut caught = BTreeSet::new();
        loop {
            let tests = self.tests();
            fs::write(folder.path().join("rules.yml"), json!({ "groups": self.groups() }).to_string()).expect("a file");
            fs::write(folder.path().join("tests.yml"), tests.to_string()).expect("a file");
            let run = engines::run(&engine.promtool, folder.path(), &["test", "rules", "tests.yml"]);
            let said = format!("{}{}", run.stdout, run.stderr);
            let failing: BTreeSet<String> =
                self.entries.keys().filter(|name| said.contains(&format!("    alertname: {name}, time: "))).cloned().collect();
            // A rule that cannot be evaluated ends its whole test, so what it hides is judged again without it.
            let erring: BTreeSet<String> =
                self.entries.keys().filter(|name| said.contains(&format!("    rule: {name}, time: "))).cloned().collect();
            caught.extend(failing);
            caught.extend(erring.iter().cloned());
            if erring.is_empty() {
                assert!(run.code == 0 || !caught.is_empty(), "{}: {said}", self.alert.name);
                return caught;
            }
            self.entries.retain(|name, _| !erring.contains(name));
        }
    }

    fn groups(&self) -> Value {
        let read = reads(expr(&self.alert.body), &self.set.recorded());
        let is_read = |rule: &&Rule| read.contains(&rule.name) && rule.body["labels"]["slo"] == self.alert.body["labels"]["slo"];
        let mut recording: Vec<Value> = self.set.recording.iter().filter(is_read).map(|rule| rule.body.clone()).collect();
        recording.extend(self.recorded.iter().cloned());
        let alerts: Vec<Value> = self.entries.values().flatten().cloned().collect();
        json!([{ "name": "recorded", "rules": recording }, { "name": "alerts", "rules": alerts }])
    }

    /// The alert's tests, each check made for every mutant.
    fn tests(&self) -> Value {
        let mut tests = Vec::new();
        for test in self.set.tests["tests"].as_array().expect("tests") {
            let checks: Vec<&Value> = test["alert_rule_test"]
                .as_array()
                .expect("checks")
                .iter()
                .filter(|check| check["alertname"] == self.alert.name.as_str())
                .collect();
            if checks.is_empty() {
                continue;
            }
            let mut test = test.clone();
            test["alert_rule_test"] = checks.iter().flat_map(|check| self.entries.keys().map(|name| self.check(check, name))).collect();
            tests.push(test);
        }
        json!({
            "rule_files": ["rules.yml"],
            "evaluation_interval": self.set.tests["evaluation_interval"],
            "group_eval_order": ["recorded", "alerts"],
            "tests": tests,
        })
    }

    /// A check for one mutant; of alerts that share a name, only those that come from this rule.
    fn check(&self, check: &Value, name: &str) -> Value {
        let mut check = check.clone();
        check["alertname"] = json!(name);
        let own = self.alert.body["labels"].as_object().cloned().unwrap_or_default();
        let is_own = |labels: &Map<String, Value>| own.iter().all(|(key, value)| labels.get(key) == Some(value));
        let expected = check["exp_alerts"].as_array().cloned().unwrap_or_default();
        check["exp_alerts"] = expected.into_iter().filter(|alert| alert["exp_labels"].as_object().is_some_and(&is_own)).collect();
        check
    }
}

/// What a mutant is called, the rule it was made of, and the broken rule.
type Known = (String, Value, Value);

/// Every mutant of every rule, by a name of its own.
#[derive(Default)]
struct Survey {
    mutants: BTreeMap<String, Known>,
    kinds: BTreeMap<&'static str, usize>,
}

impl Survey {
    /// Takes a mutant in and gives it a name.
    fn add(&mut self, rule: &Rule, mutant: Mutant) -> String {
        let name = format!("m{}", self.mutants.len());
        *self.kinds.entry(mutant.kind).or_default() += 1;
        self.mutants.insert(name.clone(), (title(rule, &mutant), rule.body.clone(), mutant.rule));
        name
    }

    /// Those that the tests do not catch.
    fn survivors(&self, caught: &BTreeSet<String>) -> Vec<&Known> {
        self.mutants.iter().filter(|(name, _)| !caught.contains(*name)).map(|(_, known)| known).collect()
    }
}

/// How thoroughly a rule is broken. The rules of objectives are many and alike, and their tests last for days.
fn places(rule: &Rule) -> Places {
    let is_of_an_objective = rule.body["labels"].get("slo").is_some();
    match std::env::var_os("OBSGEN_ALL_MUTANTS") {
        Some(_) => Places::All,
        None if is_of_an_objective => Places::One(rule.index),
        None => Places::Three,
    }
}

/// Makes every mutant, and the trials that judge them.
fn survey(set: &Set) -> (Survey, Vec<Trial<'_>>) {
    let mut survey = Survey::default();
    let mut trials: Vec<Trial> = Vec::new();
    for alert in &set.alerts {
        let mut trial = Trial { set, alert, entries: BTreeMap::new(), recorded: Vec::new() };
        trial.add("original", &alert.body);
        for mutant in kinds::of_alert(&alert.body, places(alert)) {
            let rule = mutant.rule.clone();
            trial.add(&survey.add(alert, mutant), &rule);
        }
        trials.push(trial);
    }
    let recorded = set.recorded();
    for rule in &set.recording {
        let is_reader = |trial: &&mut Trial| {
            reads(expr(&trial.alert.body), &recorded).contains(&rule.name)
                && trial.alert.body["labels"]["slo"] == rule.body["labels"]["slo"]
        };
        let mut readers: Vec<&mut Trial> = trials.iter_mut().filter(is_reader).collect();
        // What no alert reads is drawn only: a mutant of it can make nobody miss anything.
        if readers.is_empty() {
            continue;
        }
        for mutant in kinds::of_recorded(&rule.body, places(rule)) {
            let body = mutant.rule.clone();
            let name = survey.add(rule, mutant);
            for trial in &mut readers {
                trial.add_recorded(&name, &rule.name, &body);
            }
        }
    }
    (survey, trials)
}

fn title(rule: &Rule, mutant: &Mutant) -> String {
    let labels = &rule.body["labels"];
    let tell = ["slo", "burn"].iter().filter_map(|label| labels[label].as_str()).collect::<Vec<_>>().join(" ");
    let place = if mutant.rule["expr"] == rule.body["expr"] { mutant.shown.clone() } else { difference(expr(&rule.body), &mutant.shown) };
    format!("{} {tell}: {}: {place}", rule.name, mutant.kind)
}

/// What is different, with a little of what stands around it.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count().min(old.len().min(new.len()) - head);
    let text = |part: &[char]| part.iter().collect::<String>();
    let around = text(&old[head.saturating_sub(60)..head]);
    format!("…{around} [[{}]] became [[{}]]", text(&old[head..old.len() - tail]), text(&new[head..new.len() - tail]))
}

/// Runs the trials on two threads; the names of all mutants that some test caught.
fn judge(trials: Vec<Trial>, engine: &Engine) -> BTreeSet<String> {
    let queue = std::sync::Mutex::new(trials.into_iter());
    let next = || queue.lock().expect("the queue").next();
    let work = || {
        let mut all = BTreeSet::new();
        while let Some(trial) = next() {
            let alert = trial.alert.name.clone();
            let caught = trial.run(engine);
            assert!(!caught.contains("original"), "{alert}: its own tests fail where it stands alone");
            all.extend(caught);
        }
        all
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a trial")).collect()
    })
}

/// What lint finds in a folder, without the places.
fn findings(folder: &Path) -> BTreeSet<String> {
    let run = run_in(folder, &["lint", "out", "-m", "obsgen.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let all = report["findings"].as_array().expect("findings");
    all.iter().filter(|f| f["level"] != "info").map(|f| format!("{} {}", f["rule"], f["message"])).collect()
}

/// Whether lint finds anything new where a rule is replaced by another.
fn lint_catches(folder: &Path, known: &BTreeSet<String>, rule: &Value, mutant: &Value) -> bool {
    let file = folder.join("out").join(if rule.get("alert").is_some() { "alerts.yml" } else { "recording.yml" });
    let original = fs::read_to_string(&file).expect("a file of rules");
    let mut all: Value = serde_yaml::from_str(&original).expect("YAML");
    for group in all["groups"].as_array_mut().expect("groups") {
        for body in group["rules"].as_array_mut().expect("rules").iter_mut().filter(|body| *body == rule) {
            *body = mutant.clone();
        }
    }
    fs::write(&file, all.to_string()).expect("a file");
    let found = findings(folder);
    fs::write(&file, original).expect("a file");
    found.difference(known).next().is_some()
}

#[test]
fn mutations_are_caught_by_the_tests_or_by_lint() {
    let Some(engine) = engines::all().first() else { return };
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let set = Set::read(&folder.path().join("out"));
    let (survey, trials) = survey(&set);
    let caught = judge(trials, engine);
    let survivors = survey.survivors(&caught);
    let known = findings(folder.path());
    let unlinted = survivors.iter().filter(|(_, rule, mutant)| !lint_catches(folder.path(), &known, rule, mutant));
    let left: Vec<&str> = unlinted.map(|(title, ..)| title.as_str()).collect();
    let is = |title: &str, rule: &str, change: &str| head(title).contains(rule) && title.contains(change);
    let (equivalent, alive): (Vec<&str>, Vec<&str>) =
        left.iter().partition(|title| EQUIVALENT.iter().any(|(rule, change, _)| is(title, rule, change)));
    eprintln!(
        "{} mutants of {} kinds: {} caught by the tests, {} by lint alone, {} mean the same, {} survive",
        survey.mutants.len(),
        survey.kinds.len(),
        survey.mutants.len() - survivors.len(),
        survivors.len() - left.len(),
        equivalent.len(),
        alive.len()
    );
    eprintln!("survivors:\n{}", alive.join("\n"));
    assert!(survey.kinds.len() >= 15, "{:?}", survey.kinds);
    for (rule, change, most, why) in SURVIVING {
        let count = alive.iter().filter(|title| is(title, rule, change)).count();
        assert!(count <= *most, "{count} mutants of {rule} ({change}) survive, and {most} did when it was said why: {why}");
    }
    let unexplained: Vec<_> = alive.iter().filter(|title| !SURVIVING.iter().any(|(rule, change, ..)| is(title, rule, change))).collect();
    assert!(unexplained.is_empty(), "survivors:\n{unexplained:#?}");
}

/// The rule that a mutant's title names, without what was changed in it.
fn head(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(rule, _)| rule)
}

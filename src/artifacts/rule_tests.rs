//! `tests/alerts_test.yml`: the stories of every signal as unit tests of promtool.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use serde::Serialize;

use super::ready::{self, Items, Mapping};
use super::subject::Condition;
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError, recording};
use crate::manifest::scalars::Duration;
use crate::model::Model;
use crate::model::alert::Alert;
use crate::model::signals::Proof;
use crate::model::synthetic::{Identity, Instance, Outcome, STEP, Scenario, Series};
use crate::model::text::Sentence;
use crate::promql::{self, walk};

/// Rule tests.
pub struct RuleTests;

#[derive(Serialize)]
struct TestFile<'a> {
    rule_files: Vec<String>,
    evaluation_interval: String,
    group_eval_order: Vec<String>,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Test<'a> {
    name: String,
    interval: String,
    input_series: Items,
    checks: Vec<Check<'a>>,
    /// Every metric that it has to do with.
    #[serde(skip)]
    touched: Vec<&'a str>,
    /// When its last check is made, in milliseconds.
    #[serde(skip)]
    end: u64,
}

#[derive(PartialEq, Serialize)]
struct Check<'a> {
    eval_time: String,
    alertname: &'a str,
    firing: Vec<Firing>,
}

#[derive(PartialEq, Serialize)]
struct Firing {
    labels: Mapping,
    annotations: Mapping,
}

impl Artifact for RuleTests {
    fn kind(&self) -> &'static str {
        "rule-tests"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let mut tests = service_tests(subject);
        if !common.is_fleet {
            tests.extend(common.watchdog.iter().map(always));
        }
        if tests.is_empty() {
            return Ok(Vec::new());
        }
        let recorded = recording::group_names(service);
        let alerts = super::rule_path(common, "alerts", &service.name);
        let recording = (!recorded.is_empty()).then(|| super::rule_path(common, "recording", &service.name));
        let values = TestFile {
            rule_files: [alerts].into_iter().chain(recording).map(|path| format!("../{path}")).collect(),
            evaluation_interval: evaluation_interval(&service.alerts).to_string(),
            // What is recorded comes first, so that alerts see it in the same moment. A group that is not named
            // would come before all others.
            group_eval_order: recorded.into_iter().chain(super::alerts::group_names(service, common)).collect(),
            tests,
        };
        let name = if common.is_fleet { service.name.as_str() } else { "alerts" };
        Ok(vec![file(engine, name, &values)?])
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let Some(watchdog) = model.common.watchdog.as_ref().filter(|_| model.common.is_fleet) else { return Ok(Vec::new()) };
        let values = TestFile {
            rule_files: vec![format!("../{}", super::rule_path(&model.common, "alerts", SHARED))],
            evaluation_interval: STEP.to_string(),
            group_eval_order: Vec::new(),
            tests: vec![always(watchdog)],
        };
        Ok(vec![file(engine, SHARED, &values)?])
    }
}

fn file(engine: &Engine, name: &str, values: &TestFile<'_>) -> Result<File, TemplateError> {
    Ok(File { path: test_path(name), text: engine.render("rule-tests.yml.j2", values)? })
}

/// `tests/<name>_test.yml`
pub(crate) fn test_path(name: &str) -> String {
    format!("tests/{name}_test.yml")
}

/// A time that every `for` is a multiple of, and at most a minute.
fn evaluation_interval(alerts: &[Alert]) -> Duration {
    let common = alerts.iter().map(|alert| alert.hold.0).fold(STEP.0, gcd);
    // Finer than a second would only make the tests slow; such a `for` is tested to the second.
    Duration(common.max(1000))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn service_tests<'a>(subject: &'a Subject) -> Vec<Test<'a>> {
    let service = subject.service;
    let interval = evaluation_interval(&service.alerts);
    let mut written = Written::default();
    let mut tests = Vec::new();
    let rules: Vec<Rule> = service.alerts.iter().map(Rule::from).collect();
    for ((rule, (_, condition)), proof) in rules.iter().zip(subject.alerts()).zip(subject.proofs()) {
        if let Proof::Scenarios(scenarios) = proof {
            let touched = touched(condition, scenarios);
            tests.extend(
                scenarios.iter().map(|scenario| Test { touched: touched.clone(), ..test(rule, scenario, &rules, interval, &mut written) }),
            );
        }
    }
    share(tests)
}

/// Every metric that an alert reads or that its stories are told with. Recorded series are told by what they record.
fn touched<'a>(condition: &'a Condition, scenarios: &'a [Scenario]) -> Vec<&'a str> {
    let told = scenarios.iter().flat_map(|scenario| &scenario.series).map(|series| series.identity.metric.as_str());
    let read = walk::selectors(&condition.expr).into_iter().filter_map(|found| found.selector.metric_name());
    let mut all = Vec::new();
    for name in read.filter(|name| !name.contains(':')).chain(told) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Puts tests of different alerts into one that have nothing to do with each other, and tests that expose the same.
///
/// promtool opens a database for every test and evaluates every rule in it at every step, which is nearly all of its time.
fn share(tests: Vec<Test<'_>>) -> Vec<Test<'_>> {
    let mut shared: Vec<Test<'_>> = Vec::new();
    for test in tests {
        match shared.iter_mut().find(|known| known.takes(&test)) {
            Some(known) => known.join(test),
            None => shared.push(test),
        }
    }
    shared
}

impl Test<'_> {
    /// Whether another test can be made in this one without either noticing.
    fn takes(&self, other: &Self) -> bool {
        let same_length = self.end.abs_diff(other.end) <= STEP.0 * 4;
        let strangers = || !other.touched.iter().any(|metric| self.touched.contains(metric));
        self.interval == other.interval && same_length && (strangers() || self.input_series == other.input_series)
    }

    fn join(&mut self, other: Self) {
        self.name.extend(["; ", &other.name]);
        if self.input_series != other.input_series {
            self.input_series.append(&other.input_series);
        }
        for check in other.checks {
            if !self.checks.contains(&check) {
                self.checks.push(check);
            }
        }
        self.touched.extend(other.touched);
        self.end = self.end.max(other.end);
    }
}

/// The test of an alert that always fires.
fn always(alert: &Alert) -> Test<'_> {
    let instance = Instance::new([], 1.0);
    Test {
        name: format!("{}: fires always", alert.name),
        interval: STEP.to_string(),
        input_series: Items::default(),
        checks: vec![check(&alert.into(), alert.hold, &[instance], &[])],
        touched: Vec::new(),
        end: alert.hold.0,
    }
}

fn test<'a>(rule: &Rule<'a>, scenario: &'a Scenario, siblings: &[Rule<'a>], interval: Duration, written: &mut Written<'a>) -> Test<'a> {
    let alert = rule.alert;
    let hold = round_up(alert.hold.0, interval.0);
    let after = |from: &Duration| round_up(from.0, interval.0) + hold;
    let moments: Vec<(u64, &[Instance])> = match &scenario.outcome {
        Outcome::Holds { from, instances } => {
            let pending = (hold > 0).then(|| (after(from) - interval.0, &[][..]));
            pending.into_iter().chain([(after(from), &instances[..])]).collect()
        }
        Outcome::Exactly(moments) => moments.iter().map(|(at, instances)| (at.0, &instances[..])).collect(),
        Outcome::Quiet { from } => {
            let keep = alert.keep_firing.map_or(0, |keep| round_up(keep.0, interval.0));
            // What has fired ends with its condition, and not a moment later.
            let ended = (from.0 > 0).then(|| (round_up(from.0, interval.0) + keep, &[][..]));
            ended.into_iter().chain([(after(from) + keep + 2 * interval.0, &[][..])]).collect()
        }
    };
    let end = moments.iter().map(|(at, _)| *at).max().unwrap_or(0);
    let told_until = Duration(end + 2 * scenario.step.0);
    Test {
        name: format!("{}: {}", alert.name, scenario.name),
        interval: scenario.step.to_string(),
        input_series: written.inputs(&scenario.series, scenario.step, told_until),
        checks: moments.into_iter().map(|(at, instances)| check(rule, Duration(at), instances, siblings)).collect(),
        touched: Vec::new(),
        end,
    }
}

fn round_up(time: u64, interval: u64) -> u64 {
    time.div_ceil(interval) * interval
}

/// Series as they are written in tests. The stories of an alert tell of the same ones again and again.
#[derive(Default)]
struct Written<'a>(HashMap<*const Identity, String>, PhantomData<&'a Identity>);

impl<'a> Written<'a> {
    fn inputs(&mut self, all: &'a [Series], step: Duration, end: Duration) -> Items {
        let mut inputs = Items::default();
        let mut values = String::new();
        for (at, series) in all.iter().enumerate() {
            // Neighbours mostly tell the same of other labels.
            if at == 0 || all[at - 1].samples != series.samples {
                values = ready::quoted(&series.samples.notation(step, end));
            }
            inputs.push([("series", self.series(&series.identity)), ("values", &values)]);
        }
        inputs
    }

    fn series(&mut self, identity: &'a Identity) -> &str {
        // As long as it is borrowed, nothing else can be in its place.
        self.0.entry(std::ptr::from_ref(identity)).or_insert_with(|| {
            let labels = identity.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            ready::quoted(&promql::series(&identity.metric, labels))
        })
    }
}

/// A rule that fires, and what it says.
struct Rule<'a> {
    alert: &'a Alert,
    annotations: Vec<(String, Sentence)>,
}

impl<'a> From<&'a Alert> for Rule<'a> {
    fn from(alert: &'a Alert) -> Self {
        Self { alert, annotations: alert.annotations() }
    }
}

fn check<'a>(rule: &Rule<'a>, at: Duration, instances: &[Instance], siblings: &[Rule<'a>]) -> Check<'a> {
    let firing = instances.iter().map(|instance| firing(source(rule, instance, siblings), instance)).collect();
    Check { eval_time: at.to_string(), alertname: &rule.alert.name, firing }
}

/// The rule that an instance comes from: of several with one name, the one with its `burn` label.
fn source<'a, 'b>(rule: &'a Rule<'b>, instance: &Instance, siblings: &'a [Rule<'b>]) -> &'a Rule<'b> {
    let Some(tier) = instance.tier else { return rule };
    let of_tier =
        |sibling: &&Rule| sibling.alert.name == rule.alert.name && sibling.alert.own_labels.get("burn").is_some_and(|burn| burn == tier);
    siblings.iter().find(of_tier).unwrap_or(rule)
}

/// What Prometheus makes of a rule's labels and annotations.
fn firing(Rule { alert, annotations }: &Rule, instance: &Instance) -> Firing {
    let added = alert.labels();
    let labels: BTreeMap<&str, &str> = instance.labels.iter().chain(&added).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Templates see the labels of the expression, not those that the rule adds.
    let annotations = annotations.iter().map(|(name, text)| (name, text.rendered(&instance.labels, instance.value)));
    Firing { labels: labels.into_iter().collect(), annotations: annotations.collect() }
}

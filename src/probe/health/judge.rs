//! What a body says, against what the manifest says that the check covers.

use super::body::{Health, Part};
use super::reading::read;
use super::state::State;
use crate::manifest::dependencies::DependencyKind;
use crate::model::health::{Check, Covered};
use crate::probe::client::Answer;
use crate::probe::code::Code;
use crate::probe::failure::{Failure, Level};

/// What is wrong with what a body says of the service and of its dependencies.
pub(in crate::probe) fn judge(answer: &Answer, check: &Check) -> Vec<Failure> {
    let Some(health) = read(answer) else { return unknown(answer, check) };
    let mut failures = dependencies(&health, check);
    failures.extend(disagreement(answer, &health, check));
    failures.extend(liveness(&health, check));
    failures
}

/// A body that says nothing of parts has to speak for all of them.
fn unknown(answer: &Answer, check: &Check) -> Vec<Failure> {
    if check.covers.is_empty() || answer.trouble.is_some() || !is_fine(answer.status) {
        return Vec::new();
    }
    vec![unnamed(check)]
}

fn unnamed(check: &Check) -> Failure {
    let names: Vec<&str> = check.covers.iter().map(|covered| covered.name.as_str()).collect();
    let detail = format!("the answer names no dependency, so its word has to do for {}", names.join(", "));
    Failure::new(Code::DepMissing, detail).level(Level::Warn)
}

fn is_fine(status: u16) -> bool {
    (200..400).contains(&status)
}

fn dependencies(health: &Health, check: &Check) -> Vec<Failure> {
    let mut failures = Vec::new();
    if health.parts.is_empty() {
        let fine = health.overall.as_ref().is_none_or(|(state, _)| *state != State::Fail);
        return if check.covers.is_empty() || !fine { failures } else { vec![unnamed(check)] };
    }
    for covered in &*check.covers {
        let found: Vec<&Part> = health.parts.iter().filter(|part| is_of(part, covered)).collect();
        match found.iter().max_by_key(|part| part.state) {
            None => failures.push(absent(covered, health)),
            Some(part) if part.state != State::Pass => failures.push(down(&covered.name, part, level(part.state))),
            Some(_) => {}
        }
    }
    let others = health.parts.iter().filter(|part| part.state == State::Fail && !check.covers.iter().any(|covered| is_of(part, covered)));
    // The manifest says nothing of it, so the service's own word decides.
    failures.extend(others.filter(|part| !has_failing_part(part, health)).map(|part| down(&part.name, part, Level::Warn)));
    failures
}

/// Whether what ails a part is one of its own parts, which is told by itself.
fn has_failing_part(part: &Part, health: &Health) -> bool {
    let below = format!("{}/", part.name);
    health.parts.iter().any(|other| other.state == State::Fail && other.name.starts_with(&below))
}

fn level(state: State) -> Level {
    if state == State::Fail { Level::Fail } else { Level::Warn }
}

fn down(name: &str, part: &Part, level: Level) -> Failure {
    let detail = part.detail.as_ref().map(|detail| format!(" - \"{detail}\"")).unwrap_or_default();
    let of = if part.name == name { String::new() } else { format!(" (`{}`)", part.name) };
    let failure = Failure::new(Code::DepDown, format!("{}{of}{detail}", part.word)).level(level).about(Some(name.to_owned()));
    failure.against("pass", &part.word)
}

fn absent(covered: &Covered, health: &Health) -> Failure {
    let names: Vec<&str> = health.parts.iter().map(|part| part.name.as_str()).take(10).collect();
    let detail = format!("the answer says nothing of it (it names {})", names.join(", "));
    Failure::new(Code::DepMissing, detail).about(Some(covered.name.clone())).against("a state", "nothing")
}

/// Status and body must say the same, unless the manifest itself says what the body must say.
fn disagreement(answer: &Answer, health: &Health, check: &Check) -> Option<Failure> {
    let (state, word) = health.overall.as_ref()?;
    let judged = check.expect.json.iter().any(|(path, _)| ["status", "state", "health", "healthy", "ok", "ready"].contains(&path.as_str()));
    if judged {
        return None;
    }
    let status = answer.status;
    match (state, is_fine(status)) {
        (State::Fail, true) => {
            let failure = Failure::new(Code::StatusBodyDisagree, format!("{status}, but the body says `{word}`"));
            Some(failure.against("one verdict", format!("{status} and {word}")))
        }
        (State::Pass, false) if status >= 500 => {
            let failure = Failure::new(Code::StatusBodyDisagree, format!("{status}, but the body says `{word}`"));
            Some(failure.against("one verdict", format!("{status} and {word}")))
        }
        (State::Warn, true) => Some(Failure::new(Code::Degraded, format!("the body says `{word}`")).level(Level::Warn)),
        _ => None,
    }
}

/// A service that is restarted because its database is down is down as well.
fn liveness(health: &Health, check: &Check) -> Option<Failure> {
    if &*check.name != "liveness" {
        return None;
    }
    let names: Vec<&str> = health.parts.iter().map(|part| part.name.as_str()).filter(|name| is_dependency(name)).collect();
    if names.is_empty() {
        return None;
    }
    let detail = format!("it reports {}: where that is down, restarting this service does not help", names.join(", "));
    Some(Failure::new(Code::LivenessDepends, detail).level(Level::Warn))
}

/// What a kind of dependency is called in health bodies.
fn words(kind: DependencyKind) -> &'static [&'static str] {
    match kind {
        DependencyKind::Postgres => &["postgres", "postgresql", "pg", "database", "db", "sql", "repo", "ecto", "datasource"],
        DependencyKind::Mysql => &["mysql", "mariadb", "database", "db", "sql", "datasource"],
        DependencyKind::Redis => &["redis", "valkey", "cache"],
        DependencyKind::Memcached => &["memcached", "memcache", "cache"],
        DependencyKind::Mongodb => &["mongodb", "mongo", "database", "db"],
        DependencyKind::Rabbitmq => &["rabbitmq", "rabbit", "amqp", "broker", "queue"],
        DependencyKind::Kafka => &["kafka", "broker"],
        DependencyKind::Http => &[],
    }
}

/// The words that a part's name is made of: `postgres:responseTime` is about `postgres`.
fn own_words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// Whether a part is a dependency's: by its name, or by what its kind is called.
fn is_of(part: &Part, covered: &Covered) -> bool {
    let component = part.name.split(':').next().unwrap_or(&part.name);
    let is_named = |name: &str| component.eq_ignore_ascii_case(name) || component.split('/').any(|step| step.eq_ignore_ascii_case(name));
    is_named(&covered.name) || covered.only_of_its_kind && own_words(component).any(|word| words(covered.kind).contains(&word.as_str()))
}

fn is_dependency(name: &str) -> bool {
    const KINDS: [DependencyKind; 7] = [
        DependencyKind::Postgres,
        DependencyKind::Mysql,
        DependencyKind::Redis,
        DependencyKind::Memcached,
        DependencyKind::Mongodb,
        DependencyKind::Rabbitmq,
        DependencyKind::Kafka,
    ];
    own_words(name).any(|word| KINDS.iter().any(|kind| words(*kind).contains(&word.as_str())))
}

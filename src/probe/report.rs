//! What is reported, as `schemas/probe.schema.json` describes it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::code::{Code, Phase};
use super::contract::Kept;
use super::{Job, excerpt};

/// What `obsgen probe --format json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "obsgen probe")]
pub struct Report {
    /// The version of this format; keys may be added within a version, never removed.
    pub version: u32,
    /// Counts.
    pub summary: Summary,
    /// The checks, in the order of the manifest.
    pub checks: Vec<CheckReport>,
}

/// Counts.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Checks that passed.
    pub passed: usize,
    /// Checks that failed.
    pub failed: usize,
    /// Checks that passed with a remark.
    pub warned: usize,
}

/// What came of one check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The service that it belongs to.
    pub service: String,
    /// Its name.
    pub name: String,
    /// How it was made.
    pub kind: Kind,
    /// What was asked: a URL, or `host:port`.
    pub target: String,
    /// The verdict.
    pub status: Status,
    /// The code of the first failure.
    pub code: Option<Code>,
    /// What the first failure is.
    pub detail: Option<String>,
    /// What to try.
    pub hint: Option<String>,
    /// How often it was asked.
    pub attempts: u32,
    /// How long the last attempt took.
    pub duration_ms: f64,
    /// Where the time of the last attempt went.
    pub phases: Phases,
    /// Everything that is wrong, in the order of the phases.
    pub failures: Vec<Failure>,
    /// The beginning of the answer's body, where something is wrong: 200 bytes at most, with secrets masked.
    pub body_excerpt: Option<String>,
    /// The status of an answer over HTTP.
    pub http_status: Option<u16>,
    /// The version that it came in: `1.1` or `2`.
    pub http_version: Option<&'static str>,
    /// How much of the metrics contract is kept; null for other kinds of check.
    pub metrics: Option<Kept>,
}

/// How a check is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A GET over HTTP.
    Http,
    /// A TCP connection.
    Tcp,
    /// gRPC's health service.
    Grpc,
    /// The page of metrics against the manifest.
    Metrics,
    /// `PING` of Redis.
    Redis,
    /// `SELECT 1` of PostgreSQL.
    Postgres,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything is as expected.
    Pass,
    /// Everything is as expected, and there is something to say.
    Warn,
    /// Something is not as expected, or could not be found out.
    Fail,
}

/// Where the time went, in milliseconds; null for what did not happen.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the report, each with its unit")]
pub struct Phases {
    /// Resolving the name.
    pub dns_ms: Option<f64>,
    /// Connecting.
    pub connect_ms: Option<f64>,
    /// The TLS handshake.
    pub tls_ms: Option<f64>,
    /// From there to the first byte of the answer.
    pub first_byte_ms: Option<f64>,
    /// From there to the end of the body.
    pub body_ms: Option<f64>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// What kind of thing it is.
    pub code: Code,
    /// How grave it is.
    pub level: Level,
    /// The phase it happened in.
    pub phase: Phase,
    /// What was expected.
    pub expected: Option<String>,
    /// What was observed instead.
    pub observed: Option<String>,
    /// Both in a sentence.
    pub detail: String,
    /// What to try.
    pub hint: String,
    /// Whether asking again can help.
    pub retryable: bool,
    /// What it is about: a metric, a dependency.
    pub subject: Option<String>,
    /// Where it stands in what was answered: `http://…/metrics:41:7`.
    pub place: Option<String>,
    /// Where the manifest says it: `obsgen.yaml:31:3`.
    pub declared: Option<String>,
}

/// How grave something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The check passes nevertheless.
    Warn,
    /// The check fails.
    Fail,
}

impl Failure {
    /// A failure in words; secrets in them are masked.
    pub(super) fn new(code: Code, detail: impl AsRef<str>) -> Self {
        let level = if matches!(code, Code::TlsUnverified | Code::CertExpiring) { Level::Warn } else { Level::Fail };
        Self {
            code,
            level,
            phase: code.phase(),
            expected: None,
            observed: None,
            detail: excerpt::safe(detail.as_ref()),
            hint: code.hint().to_owned(),
            retryable: code.is_retryable(),
            subject: None,
            place: None,
            declared: None,
        }
    }

    /// With another level than that of its code.
    pub(super) fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// With what it is about.
    pub(super) fn about(mut self, subject: Option<String>) -> Self {
        self.subject = subject.map(|subject| excerpt::safe(&subject));
        self
    }

    /// With where it stands in the answer, and where in the manifest.
    pub(super) fn at(mut self, place: Option<String>, declared: Option<String>) -> Self {
        (self.place, self.declared) = (place, declared);
        self
    }

    /// With a hint that knows more.
    pub(super) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = excerpt::safe(hint.as_ref());
        self
    }

    /// With what was expected and what was observed.
    pub(super) fn against(mut self, expected: impl Into<String>, observed: impl AsRef<str>) -> Self {
        self.expected = Some(expected.into());
        self.observed = Some(excerpt::safe(observed.as_ref()));
        self
    }
}

impl CheckReport {
    /// What came of a check that took so long.
    pub(super) fn new(job: &Job, took: Duration, phases: Phases, failures: Vec<Failure>, body: Option<&[u8]>) -> Self {
        let worst = failures.iter().map(|f| if f.level == Level::Fail { Status::Fail } else { Status::Warn }).max().unwrap_or(Status::Pass);
        let first = failures.iter().find(|f| f.level == Level::Fail).or(failures.first());
        Self {
            service: job.service.clone(),
            name: job.name.clone(),
            kind: job.kind(),
            target: job.target(),
            status: worst,
            code: first.map(|f| f.code),
            detail: first.map(|f| f.detail.clone()),
            hint: first.map(|f| f.hint.clone()),
            attempts: 1,
            duration_ms: millis(took),
            phases,
            body_excerpt: body.filter(|body| worst == Status::Fail && !body.is_empty()).map(excerpt::of_body),
            failures,
            http_status: None,
            http_version: None,
            metrics: None,
        }
    }

    /// With how the answer came.
    pub(super) fn http(mut self, answer: &Answer) -> Self {
        (self.http_status, self.http_version) = (Some(answer.status), Some(answer.version));
        self
    }

    /// With how much of the metrics contract is kept.
    pub(super) fn kept(mut self, kept: Kept) -> Self {
        self.metrics = Some(kept);
        self
    }

    /// Adds what there is to say although it passes.
    pub(super) fn remark(&mut self, remark: Failure) {
        self.status = self.status.max(Status::Warn);
        if self.failures.is_empty() {
            (self.code, self.detail, self.hint) = (Some(remark.code), Some(remark.detail.clone()), Some(remark.hint.clone()));
        }
        self.failures.push(remark);
    }

    /// Whether asking again can help: it depends on the first thing that is wrong, as the others may follow from it.
    pub(super) fn is_retryable(&self) -> bool {
        self.code.is_some_and(Code::is_retryable)
    }
}

impl Report {
    /// The whole of it.
    pub(super) fn new(checks: Vec<CheckReport>) -> Self {
        let count = |status: Status| checks.iter().filter(|check| check.status == status).count();
        let summary = Summary { passed: count(Status::Pass), failed: count(Status::Fail), warned: count(Status::Warn) };
        Self { version: 1, summary, checks }
    }

    /// As `--format json` prints it.
    ///
    /// # Errors
    /// Never in practice: everything in a report can be written as JSON.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// As one line of JSON.
    ///
    /// # Errors
    /// Never in practice, as above.
    pub fn json_line(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// Milliseconds with three decimals.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// The JSON Schema of what `obsgen probe --format json` prints.
pub fn schema() -> serde_json::Value {
    schemars::SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12().for_serialize())
        .into_root_schema_for::<Report>()
        .to_value()
}

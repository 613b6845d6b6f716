//! What is reported, as `schemas/probe.schema.json` describes it.
//!
//! There may be tens of thousands of checks, and nearly all of them pass: one that does holds little more than its times.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::client::{Answer, Transcript};
use super::code::Code;
use super::contract::Kept;
use super::excerpt;
use super::failure::{Failure, Level};
use super::job::{Job, Kind, Owner};
use super::phases::{Phases, Spent};

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
#[derive(Clone, Debug)]
pub struct CheckReport {
    owner: Arc<Owner>,
    pub(super) name: Arc<str>,
    pub(super) kind: Kind,
    pub(super) target: Arc<str>,
    pub(super) status: Status,
    pub(super) attempts: u32,
    pub(super) duration: Spent,
    pub(super) phases: Phases,
    /// Everything that is wrong, in the order of the phases.
    pub(super) failures: Vec<Failure>,
    http: Option<Http>,
    /// What few have.
    more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default)]
struct More {
    body_excerpt: Option<String>,
    metrics: Option<Kept>,
    transcript: Vec<String>,
}

/// What came of a check, without what its job knows: so it is kept while thousands of others are made.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) status: Status,
    pub(super) attempts: u32,
    duration: Spent,
    phases: Phases,
    http: Option<Http>,
    rest: Option<Box<Rest>>,
}

/// What is wrong with a check, and what there is besides: few have any of it.
#[derive(Debug, Default)]
struct Rest {
    failures: Vec<Failure>,
    more: Option<Box<More>>,
}

impl Packed {
    /// With what its job knows.
    pub(super) fn unpack(self, job: &Job) -> CheckReport {
        let Self { status, attempts, duration, phases, http, rest } = self;
        let Rest { failures, more } = rest.map(|rest| *rest).unwrap_or_default();
        CheckReport { status, attempts, duration, http, more, ..CheckReport::new(job, Duration::ZERO, phases, failures, None) }
    }

    /// Everything that is wrong.
    pub(super) fn failures(&self) -> &[Failure] {
        self.rest.as_ref().map_or(&[], |rest| &rest.failures)
    }

    /// The code of the first failure.
    pub(super) fn code(&self) -> Option<Code> {
        first(self.failures()).map(|failure| failure.code)
    }
}

/// The failure that a verdict rests on, or else the first remark.
fn first(failures: &[Failure]) -> Option<&Failure> {
    failures.iter().find(|failure| failure.level == Level::Fail).or(failures.first())
}

/// How an answer over HTTP came.
#[derive(Clone, Copy, Debug)]
struct Http {
    status: u16,
    is_two: bool,
}

/// What came of one check.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckReport")]
struct Written<'r> {
    /// The service that it belongs to.
    service: &'r str,
    /// Its name.
    name: &'r str,
    /// How it was made.
    kind: Kind,
    /// What was asked: a URL, or `host:port`.
    target: &'r str,
    /// The verdict.
    status: Status,
    /// The code of the first failure.
    code: Option<Code>,
    /// What the first failure is.
    detail: Option<&'r str>,
    /// What to try.
    hint: Option<&'r str>,
    /// How often it was asked.
    attempts: u32,
    /// How long the last attempt took.
    duration_ms: Spent,
    /// Where the time of the last attempt went.
    phases: Phases,
    /// Everything that is wrong, in the order of the phases.
    failures: &'r [Failure],
    /// The beginning of the answer's body, where something is wrong: 200 bytes at most, with secrets masked.
    body_excerpt: Option<&'r str>,
    /// The status of an answer over HTTP.
    http_status: Option<u16>,
    /// The version that it came in: `1.1` or `2`.
    http_version: Option<&'static str>,
    /// How much of the metrics contract is kept; null for other kinds of check.
    metrics: Option<&'r Kept>,
    /// Under `--verbose`, the heads of requests (`>`) and answers (`<`), with secrets masked.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    transcript: &'r [String],
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let first = first(&self.failures);
        let written = Written {
            service: self.service(),
            name: &self.name,
            kind: self.kind,
            target: &self.target,
            status: self.status,
            code: first.map(|failure| failure.code),
            detail: first.map(|failure| failure.detail.as_str()),
            hint: first.map(|failure| &*failure.hint),
            attempts: self.attempts,
            duration_ms: self.duration,
            phases: self.phases,
            failures: &self.failures,
            body_excerpt: self.more.as_ref().and_then(|more| more.body_excerpt.as_deref()),
            http_status: self.http.map(|http| http.status),
            http_version: self.http.map(|http| if http.is_two { "2" } else { "1.1" }),
            metrics: self.metrics(),
            transcript: self.said(),
        };
        written.serialize(serializer)
    }
}

impl JsonSchema for CheckReport {
    fn schema_name() -> Cow<'static, str> {
        Written::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
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

impl CheckReport {
    /// What came of a check that took so long.
    pub(super) fn new(job: &Job, took: Duration, phases: Phases, failures: Vec<Failure>, body: Option<&[u8]>) -> Self {
        let worst = failures.iter().map(|f| if f.level == Level::Fail { Status::Fail } else { Status::Warn }).max().unwrap_or(Status::Pass);
        let excerpt = body.filter(|body| worst == Status::Fail && !body.is_empty()).map(excerpt::of_body);
        Self {
            owner: Arc::clone(&job.owner),
            name: job.name(),
            kind: job.kind(),
            target: job.target(),
            status: worst,
            attempts: 1,
            duration: Spent::of(took),
            phases,
            failures,
            http: None,
            more: excerpt.map(|excerpt| Box::new(More { body_excerpt: Some(excerpt), ..More::default() })),
        }
    }

    /// With how the answer came.
    pub(super) fn http(mut self, answer: &Answer) -> Self {
        self.http = Some(Http { status: answer.status, is_two: answer.is_two });
        self
    }

    /// With how much of the metrics contract is kept.
    pub(super) fn kept(mut self, kept: Kept) -> Self {
        self.more.get_or_insert_default().metrics = Some(kept);
        self
    }

    /// With what was said, where that was noted.
    pub(super) fn transcript(mut self, transcript: Option<Transcript>) -> Self {
        if let Some(transcript) = transcript {
            self.more.get_or_insert_default().transcript = transcript.into_lines();
        }
        self
    }

    /// The heads of requests and answers, where they were noted.
    pub(super) fn said(&self) -> &[String] {
        self.more.as_ref().map_or(&[], |more| &more.transcript)
    }

    /// The service that it belongs to.
    pub(super) fn service(&self) -> &str {
        &self.owner.service
    }

    /// How much of the metrics contract is kept.
    pub(super) fn metrics(&self) -> Option<&Kept> {
        self.more.as_ref()?.metrics.as_ref()
    }

    /// Adds something that there is to say.
    pub(super) fn remark(&mut self, remark: Failure) {
        let status = if remark.level == Level::Fail { Status::Fail } else { Status::Warn };
        self.status = self.status.max(status);
        self.failures.push(remark);
    }

    /// The code of the first failure.
    pub(super) fn code(&self) -> Option<Code> {
        first(&self.failures).map(|failure| failure.code)
    }

    /// The first failure in words.
    pub(super) fn detail(&self) -> Option<&str> {
        first(&self.failures).map(|failure| failure.detail.as_str())
    }

    /// Without what its job knows.
    pub(super) fn pack(self) -> Packed {
        let Self { status, attempts, duration, phases, http, failures, more, .. } = self;
        let rest = (!failures.is_empty() || more.is_some()).then(|| Box::new(Rest { failures, more }));
        Packed { status, attempts, duration, phases, http, rest }
    }
}

impl Report {
    /// The whole of it.
    pub(super) fn new(checks: Vec<CheckReport>) -> Self {
        let count = |status: Status| checks.iter().filter(|check| check.status == status).count();
        let summary = Summary { passed: count(Status::Pass), failed: count(Status::Fail), warned: count(Status::Warn) };
        Self { version: 1, summary, checks }
    }

    /// Writes it as `--format json` prints it.
    ///
    /// # Errors
    /// What the writer says.
    pub fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Writes it as one line of JSON.
    ///
    /// # Errors
    /// What the writer says.
    pub fn json_line(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// The JSON Schema of what `obsgen probe --format json` prints.
pub fn schema() -> serde_json::Value {
    SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12().for_serialize()).into_root_schema_for::<Report>().to_value()
}

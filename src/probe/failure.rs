//! One thing that is wrong with what was answered.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::code::{Code, Phase};
use super::excerpt;

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
    pub hint: Cow<'static, str>,
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
            hint: Cow::Borrowed(code.hint()),
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
        self.hint = Cow::Owned(excerpt::safe(hint.as_ref()));
        self
    }

    /// With what was expected and what was observed.
    pub(super) fn against(mut self, expected: impl Into<String>, observed: impl AsRef<str>) -> Self {
        self.expected = Some(expected.into());
        self.observed = Some(excerpt::safe(observed.as_ref()));
        self
    }
}

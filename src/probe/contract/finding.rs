//! What is found, before it becomes a failure of the report.

use super::terms::Terms;
use crate::probe::code::Code;
use crate::probe::failure::{Failure, Level};

/// Something that a page does not keep.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) level: Level,
    /// The metric it is about.
    pub(super) metric: Option<String>,
    /// What it is, as a sentence.
    pub(super) detail: String,
    pub(super) against: Option<(String, String)>,
    /// Where it stands on the page.
    pub(super) place: Option<String>,
    pub(super) hint: Option<String>,
}

impl Finding {
    /// The contract is broken.
    pub(super) fn error(code: Code, metric: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Fail, Some(metric.into()), detail)
    }

    /// It is not as it should be.
    pub(super) fn warning(code: Code, metric: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Warn, Some(metric.into()), detail)
    }

    /// Of the page as a whole.
    pub(super) fn of_page(code: Code, level: Level, detail: impl Into<String>) -> Self {
        Self::new(code, level, None, detail)
    }

    fn new(code: Code, level: Level, metric: Option<String>, detail: impl Into<String>) -> Self {
        Self { code, level, metric, detail: detail.into(), against: None, place: None, hint: None }
    }

    pub(super) fn against(mut self, expected: impl Into<String>, observed: impl Into<String>) -> Self {
        self.against = Some((expected.into(), observed.into()));
        self
    }

    pub(super) fn at(mut self, place: String) -> Self {
        self.place = Some(place);
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Everything that was found, in the order in which it is reported.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding, unless another page of the service gave the same.
    pub(super) fn add(&mut self, finding: Finding) {
        let same = |known: &Finding| (known.code, &known.metric, &known.detail) == (finding.code, &finding.metric, &finding.detail);
        if !self.0.iter().any(same) {
            self.0.push(finding);
        }
    }

    /// The metrics that fail, each maybe more than once.
    pub(super) fn failed_metrics(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|finding| finding.level == Level::Fail).filter_map(|finding| finding.metric.as_deref())
    }

    /// As they are reported: failures before warnings.
    pub(super) fn into_failures(self, terms: &Terms) -> Vec<Failure> {
        let mut all: Vec<Failure> = self.0.into_iter().map(|finding| failure(finding, terms)).collect();
        all.sort_by_key(|failure| failure.level == Level::Warn);
        all
    }
}

fn failure(finding: Finding, terms: &Terms) -> Failure {
    let declared = finding.metric.as_ref().and_then(|metric| terms.declared_at.get(metric).cloned());
    let mut failure = Failure::new(finding.code, finding.detail).level(finding.level).about(finding.metric).at(finding.place, declared);
    if let Some((expected, observed)) = finding.against {
        failure = failure.against(expected, observed);
    }
    match finding.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

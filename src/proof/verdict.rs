//! What was seen: about every alert, every route and every file.

use serde::Serialize;

use super::process::Output;
use crate::model::synthetic::Labels;

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The alerts, in the order of the model.
    pub alerts: Vec<AlertVerdict>,
    /// Whom each alert reaches.
    pub routes: Vec<RouteVerdict>,
    /// Whether the files load.
    pub files: Vec<FileVerdict>,
}

/// What is known about an alert now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It fires when it should and is quiet when it should be, and reaches whom it should.
    Proven,
    /// Nothing speaks for it, and nothing against it.
    Unproven,
    /// Something speaks against it.
    Failed,
}

/// What was seen about one alert.
#[derive(Clone, Debug, Serialize)]
pub struct AlertVerdict {
    /// Its service; `None` for an alert of all services.
    pub service: Option<String>,
    /// Its name.
    pub alert: String,
    /// The labels that the rule adds.
    pub labels: Labels,
    /// The verdict.
    pub status: Status,
    /// Why there is no proof.
    pub why: Option<String>,
    /// The stories that stand for it.
    pub stories: Vec<String>,
    /// What speaks against it.
    pub failures: Vec<Failure>,
}

/// Something that speaks against an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The story that came out otherwise.
    pub story: String,
    /// When, counted from the story's start.
    pub at: Option<String>,
    /// The alerts that should have fired then.
    pub expected: Vec<String>,
    /// Those that did.
    pub got: Vec<String>,
    /// What else there is to say.
    pub message: Option<String>,
}

/// Whom an alert reaches.
#[derive(Clone, Debug, Serialize)]
pub struct RouteVerdict {
    /// Its service; `None` for an alert of all services.
    pub service: Option<String>,
    /// Its name.
    pub alert: String,
    /// The labels that it arrives with.
    pub labels: Labels,
    /// The receiver that the manifest names.
    pub expected: String,
    /// The receiver that amtool names, or what it said instead.
    pub got: String,
    /// Whether they are the same.
    pub ok: bool,
}

/// Whether a file loads.
#[derive(Clone, Debug, Serialize)]
pub struct FileVerdict {
    /// The file, below the folder.
    pub file: String,
    /// What was asked.
    pub tool: &'static str,
    /// Whether it loads.
    pub ok: bool,
    /// What the tool said; empty where it loads.
    pub output: String,
}

impl Verdict {
    /// How many alerts have this status.
    pub fn count(&self, status: Status) -> usize {
        self.alerts.iter().filter(|alert| alert.status == status).count()
    }

    /// Whether something speaks against an alert, a route or a file.
    pub fn failed(&self) -> bool {
        self.count(Status::Failed) > 0 || self.files.iter().any(|file| !file.ok)
    }
}

impl Failure {
    /// A failure that is all words.
    pub(super) fn said(story: &str, message: String) -> Self {
        Self { story: story.to_owned(), at: None, expected: Vec::new(), got: Vec::new(), message: Some(message) }
    }
}

impl RouteVerdict {
    /// As something that speaks against its alert.
    pub(super) fn failure(&self) -> Option<Failure> {
        let failure = || Failure {
            story: "route".to_owned(),
            at: None,
            expected: vec![self.expected.clone()],
            got: vec![self.got.clone()],
            message: None,
        };
        (!self.ok).then(failure)
    }
}

impl FileVerdict {
    pub(super) fn new(file: &str, tool: &'static str, output: &Output) -> Self {
        Self { file: file.to_owned(), tool, ok: output.success, output: if output.success { String::new() } else { output.all() } }
    }
}

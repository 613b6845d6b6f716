//! An alert: a signal, when it counts, who is told, and in which words.

use std::fmt::Write as _;
use std::sync::Arc;

use super::signals::{Proof, Signal};
use super::synthetic::Labels;
use super::text::Sentence;
use crate::manifest::scalars::Duration;
use crate::promql::ast::Expr;
use crate::source::Span;

/// One alerting rule.
#[derive(Debug)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// The group of rules that it stands in.
    pub group: Group,
    /// What it watches.
    pub signal: Box<dyn Signal>,
    /// How long the condition must hold.
    pub hold: Duration,
    /// How long it keeps firing after the condition ended.
    pub keep_firing: Option<Duration>,
    /// How grave it is.
    pub severity: String,
    /// The labels of every alert of its service.
    pub shared_labels: Arc<Labels>,
    /// Those that it has beside these and `severity`.
    pub own_labels: Labels,
    /// What the manifest has it say: of an objective the same for every tier.
    pub words: Arc<Words>,
    /// Where it stands, or what brought it.
    pub span: Span,
}

impl Alert {
    /// Every label that the rule adds.
    pub fn labels(&self) -> Labels {
        labels(&self.shared_labels, &self.severity, &self.own_labels)
    }
}

/// Every label of a rule: those of its service, `severity`, and its own, which have the last word.
pub(super) fn labels(shared: &Labels, severity: &str, own: &Labels) -> Labels {
    let mut all = shared.clone();
    all.insert("severity".to_owned(), severity.to_owned());
    all.extend(own.clone());
    all
}

/// What a manifest has an alert say. Where it says nothing, its signal does, and only when it is asked: a fleet has too many
/// alerts to keep all their sentences.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// What is wrong, in one line.
    pub summary: Option<Sentence>,
    /// What that means.
    pub description: Option<Sentence>,
    /// Every other annotation, by name.
    pub more: Vec<(String, Sentence)>,
}

impl Words {
    /// Every annotation, by name, in the order in which they are written; the first two are these where the manifest has none.
    pub fn annotations(&self, summary: impl FnOnce() -> Sentence, description: impl FnOnce() -> Sentence) -> Vec<(String, Sentence)> {
        let summary = ("summary".to_owned(), self.summary.clone().unwrap_or_else(summary));
        let description = ("description".to_owned(), self.description.clone().unwrap_or_else(description));
        [summary, description].into_iter().chain(self.more.iter().cloned()).collect()
    }
}

/// Groups of alerting rules, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Alerts of the manifest.
    Alerts,
    /// Alerts that objectives bring.
    Objectives,
    /// Alerts that watch over the others.
    Safety,
}

impl Group {
    /// As it is written behind the service's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Objectives => "objectives",
            Self::Safety => "safety",
        }
    }
}

/// A name as one segment of a URL's path, and of a file's: `Disk full` is `Disk%20full`.
pub fn segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

impl Alert {
    /// The rule's expression.
    pub fn expr(&self) -> Expr {
        self.signal.condition()
    }

    /// Every annotation, by name, in the order in which they are written.
    pub fn annotations(&self) -> Vec<(String, Sentence)> {
        self.words.annotations(|| self.signal.summary(), || self.signal.description())
    }

    /// How its condition is proven.
    pub fn proof(&self) -> Proof {
        self.signal.proof(self.hold)
    }

    /// Why its condition is not proven, where it is not.
    pub fn unproven(&self) -> Option<String> {
        self.signal.unproven()
    }
}

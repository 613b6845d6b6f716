//! Who is told: receivers by severity, as Alertmanager reads them.

use std::hash::{Hash, Hasher};

use serde_json::Value;

use crate::manifest::scalars::Duration;
use crate::source::Span;

/// Who is told of a service's alerts.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Receivers, by severity.
    pub receivers: Vec<(String, Receiver)>,
    /// Whoever receives every other severity.
    pub default: Option<Receiver>,
    /// The dead man's switch.
    pub watchdog: Option<Receiver>,
    /// What notifications are grouped by.
    pub group_by: Vec<String>,
    /// How long to wait for further alerts of a new group.
    pub group_wait: Duration,
    /// How long to wait before a changed group is sent again.
    pub group_interval: Duration,
    /// How long to wait before an unchanged group is sent again.
    pub repeat_interval: Duration,
    /// Where it stands.
    pub span: Span,
}

/// Integrations: a key of Alertmanager's receiver and its entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receiver(pub Vec<(&'static str, Vec<Value>)>);

/// Two routings are the same where they tell the same people in the same way.
impl PartialEq for Routing {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl Eq for Routing {}

impl Hash for Routing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.said().hash(state);
    }
}

impl Routing {
    /// All that it says, wherever it stands.
    fn said(&self) -> impl Eq + Hash {
        let Self { receivers, default, watchdog, group_by, group_wait, group_interval, repeat_interval, span: _ } = self;
        (receivers, default, watchdog, group_by, group_wait, group_interval, repeat_interval)
    }
}

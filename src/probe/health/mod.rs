//! What a health check's body says, in whichever of the common formats it says it.
//!
//! Understood unasked: health+json (the expired draft that is widely copied), Spring Boot's actuator, ASP.NET Core,
//! Terminus, the lines of Kubernetes's `?verbose`, bare words, and JSON that looks like any of these.

mod json;
mod judge;
mod lines;
mod state;
mod word;

#[cfg(test)]
mod tests;

pub(super) use judge::judge;
pub(super) use state::State;

use super::answer::Answer;

/// What a body says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Health {
    /// The state of the whole, and the word for it.
    pub(super) overall: Option<(State, String)>,
    /// What it says of each part.
    pub(super) parts: Vec<Part>,
}

/// One part: a dependency, a component, a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its name as the body has it, with the names above it: `postgres:responseTime`, `db/primary`.
    pub(super) name: String,
    pub(super) state: State,
    /// The word for its state.
    pub(super) word: String,
    /// What else is said of it.
    pub(super) detail: Option<String>,
}

/// Reads a body; `None` where it is in none of the formats.
pub(super) fn read(answer: &Answer) -> Option<Health> {
    if answer.cut || answer.trouble.is_some() {
        return None;
    }
    if let Ok(value) = serde_json::from_slice(&answer.body) {
        return json::read(&value);
    }
    let text = answer.text();
    word::read(&text).or_else(|| lines::read(&text))
}

//! What a body says of the whole and of its parts.

use super::state::State;

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

//! A body is read in whichever of the formats it is in.

use super::body::Health;
use super::{json, lines, word};
use crate::probe::client::Answer;

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

//! A bare word, as ASP.NET Core answers: `Healthy`, `Degraded`, `Unhealthy`; others say `ok`.

use super::body::Health;
use super::state::State;

/// Longer texts are no word.
const LONGEST: usize = 32;

pub(super) fn read(text: &str) -> Option<Health> {
    let word = text.trim();
    let plain = word.len() <= LONGEST && word.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | ' '));
    let state = State::of(word).filter(|_| plain)?;
    Some(Health { overall: Some((state, word.to_owned())), parts: Vec::new() })
}

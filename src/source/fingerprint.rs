//! Fingerprints: whether something is made of the same as it was made of another time.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 of all that something is made of, in hexadecimal digits. It is good for one machine and for no exchange: numbers go into it as
/// they lie in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of whatever can be hashed.
    pub fn of(parts: &impl Hash) -> Self {
        let mut hasher = Sha(Sha256::new());
        parts.hash(&mut hasher);
        Self(digits(&hasher.0.finalize()).collect())
    }

    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// Bytes in hexadecimal digits, two for each.
pub fn digits(bytes: &[u8]) -> impl Iterator<Item = char> {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    halves.map(|half| char::from(b"0123456789abcdef"[usize::from(half)]))
}

/// Takes what is hashed into a SHA-256, which no two things share by chance.
struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The whole hash is taken instead.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::source::{SourceMap, read_yaml};

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_eq!(Fingerprint::of(&("ab", "c")), Fingerprint::of(&("ab", "c")));
        assert_ne!(Fingerprint::of(&("ab", "c")), Fingerprint::of(&("a", "bc")));
        assert_eq!(Fingerprint::of(&1).digits().len(), 64);
    }

    #[test]
    fn a_tree_is_what_it_says_wherever_it_stands() {
        let of = |text: &str| {
            let mut map = SourceMap::default();
            let id = map.add("a.yaml", text);
            Fingerprint::of(&read_yaml(&map, id).roots[0])
        };
        assert_eq!(of("a: [1, b]"), of("# said before\na:\n  - 1\n  - b\n"));
        assert_ne!(of("a: 1"), of("a: \"1\""), "a number is no string");
        assert_ne!(of("a: [b, c]"), of("a: [bc]"));
        assert_ne!(of("a: [[b], c]"), of("a: [[b, c]]"));
        assert_ne!(of("a: 1"), of("a: !!str 1"));
    }
}

//! What a text is known by.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::source::digits;

/// What the digits of a hash follow: how it was made.
const METHOD: &str = "sha256:";

/// The hash of a text. A fleet has too many of them to hold their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    /// The hash of a text.
    pub(super) fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// What is written: `sha256:` and two digits for each byte.
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(METHOD).map(str::as_bytes).filter(|digits| digits.len() == 64)?;
        let half = |digit: u8| char::from(digit).to_digit(16).and_then(|half| u8::try_from(half).ok());
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = half(pair[0])? << 4 | half(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(METHOD.len() + 64);
        text.push_str(METHOD);
        text.extend(digits(&self.0));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Hash;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "`{METHOD}` and 64 digits")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Hash, E> {
                Hash::read(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::Hash;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = Hash::of(b"up == 0\n");
        let text = serde_json::to_string(&hash).expect("text");
        assert_eq!(text.len(), "\"sha256:\"".len() + 64);
        assert_eq!(serde_json::from_str::<Hash>(&text).expect("a hash"), hash);
        for other in ["\"sha256:00\"".to_owned(), text.replace("sha256", "md5"), text.replacen(&text[8..10], "g0", 1)] {
            assert!(serde_json::from_str::<Hash>(&other).is_err(), "{other}");
        }
    }
}

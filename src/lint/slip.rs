//! Names that are nearly another.

use crate::diagnostic::misspelt;

/// The name that was meant, where the two differ in letters: `rate5m` and `rate1m` are two.
pub fn slip<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    misspelt(written, known).filter(|meant| digits(written) == digits(meant))
}

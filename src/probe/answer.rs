//! An answer over HTTP, as far as it came.

use super::client::Chain;
use super::code::Code;
use super::failure::Failure;
use super::phases::Phases;

/// An answer over HTTP, as far as it came.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Whether it came over HTTP/2.
    pub(super) is_two: bool,
    /// The status.
    pub(super) status: u16,
    /// The headers, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub(super) body: Vec<u8>,
    /// Whether there was more than is read.
    pub(super) cut: bool,
    /// What kept the rest of the body from coming.
    pub(super) trouble: Option<(Code, String)>,
    /// The certificates of the other side.
    pub(super) chain: Option<Chain>,
    /// Where the time went.
    pub(super) phases: Phases,
}

impl Answer {
    /// The values of a header.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Why there was no answer at all.
#[derive(Clone, Debug)]
pub(super) struct NoAnswer {
    /// The reason.
    pub(super) failure: Box<Failure>,
    /// Where the time went.
    pub(super) phases: Phases,
}

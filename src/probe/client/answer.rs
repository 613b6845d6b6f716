//! An answer over HTTP, as far as it came.

use super::certificate::Chain;
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::Phases;

/// An answer over HTTP, as far as it came.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Answer {
    /// Whether it came over HTTP/2.
    pub(in crate::probe) is_two: bool,
    /// The status.
    pub(in crate::probe) status: u16,
    /// The headers, names in lower case.
    pub(in crate::probe) headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub(in crate::probe) body: Vec<u8>,
    /// Whether there was more than is read.
    pub(in crate::probe) cut: bool,
    /// What kept the rest of the body from coming.
    pub(in crate::probe) trouble: Option<(Code, String)>,
    /// The certificates of the other side.
    pub(in crate::probe) chain: Option<Chain>,
    /// Where the time went.
    pub(in crate::probe) phases: Phases,
}

impl Answer {
    /// The values of a header.
    pub(in crate::probe) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(in crate::probe) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Why there was no answer at all.
#[derive(Clone, Debug)]
pub(in crate::probe) struct NoAnswer {
    /// The reason.
    pub(in crate::probe) failure: Box<Failure>,
    /// Where the time went.
    pub(in crate::probe) phases: Phases,
}

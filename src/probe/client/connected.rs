//! A connection that is open.

use tokio::io::{AsyncRead, AsyncWrite};

use super::certificate::Chain;
use super::tap;

/// What a connection is to whoever speaks over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection, with what was learned while it was made.
pub(super) struct Connected {
    pub(super) stream: Box<dyn Stream>,
    /// The first bytes that came, below TLS.
    pub(super) tap: tap::Heard,
    /// The peer's certificates.
    pub(super) chain: Option<Chain>,
    /// What was agreed on within TLS: `h2`, `http/1.1`.
    pub(super) protocol: Option<Vec<u8>>,
}

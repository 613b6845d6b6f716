//! A stream that remembers the first bytes it brought: they tell what speaks at the other end.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes are remembered.
const REMEMBERED: usize = 64;

/// The first bytes of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first bytes as people read them, with a guess at what sent them.
    pub(super) fn described(&self) -> String {
        let bytes = self.bytes();
        if bytes.is_empty() {
            return "no byte came".to_owned();
        }
        let readable = bytes.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\r' | b'\n' | b'\t'));
        let first = if readable {
            let text = String::from_utf8_lossy(&bytes);
            format!("`{}`", text.lines().next().unwrap_or_default())
        } else {
            bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
        };
        let guess = guess(&bytes).map(|guess| format!(", as of {guess}")).unwrap_or_default();
        format!("the first bytes are {first}{guess}")
    }
}

/// Which protocol begins like this.
fn guess(bytes: &[u8]) -> Option<&'static str> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    if starts(b"SSH-") {
        Some("SSH")
    } else if starts(b"HTTP/") {
        Some("plain HTTP")
    } else if bytes.len() >= 9 && bytes[0] == 0 && bytes[3] == 4 {
        Some("an HTTP/2 server")
    } else if bytes.len() >= 3 && matches!(bytes[0], 0x15 | 0x16) && bytes[1] == 3 {
        Some("a TLS server")
    } else if starts(b"-ERR") || starts(b"+") {
        Some("Redis")
    } else if starts(b"220 ") {
        Some("SMTP or FTP")
    } else if bytes.get(4) == Some(&0x0A) && bytes.get(3) == Some(&0) {
        Some("MySQL")
    } else {
        None
    }
}

/// The stream.
#[derive(Debug)]
pub(super) struct Tap<S> {
    inner: S,
    heard: Heard,
    full: bool,
}

impl<S> Tap<S> {
    pub(super) fn new(inner: S) -> (Self, Heard) {
        let heard = Heard::default();
        (Self { inner, heard: heard.clone(), full: false }, heard)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if !self.full && polled.is_ready() {
            let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let new = &buffer.filled()[before..];
            let room = REMEMBERED - heard.len();
            heard.extend_from_slice(&new[..new.len().min(room)]);
            let full = heard.len() == REMEMBERED;
            drop(heard);
            self.full = full;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

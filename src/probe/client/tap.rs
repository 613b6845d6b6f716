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

    /// Whether the other side begins as a server of HTTP/2 does: with a frame of settings.
    pub(super) fn is_http2(&self) -> bool {
        is_settings(&self.bytes())
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

fn is_settings(bytes: &[u8]) -> bool {
    bytes.len() >= 9 && bytes[0] == 0 && bytes[3] == 4
}

/// Which protocol begins like this.
fn guess(bytes: &[u8]) -> Option<&'static str> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    if starts(b"SSH-") {
        Some("SSH")
    } else if starts(b"HTTP/") {
        Some("plain HTTP")
    } else if is_settings(bytes) {
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
    /// Why writing failed, until it is told.
    broken: Option<std::io::Error>,
}

impl<S> Tap<S> {
    pub(super) fn new(inner: S) -> (Self, Heard) {
        let heard = Heard::default();
        (Self { inner, heard: heard.clone(), full: false, broken: None }, heard)
    }

    fn remember(&mut self, new: &[u8]) {
        if self.full {
            return;
        }
        let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = REMEMBERED - heard.len();
        heard.extend_from_slice(&new[..new.len().min(room)]);
        let full = heard.len() == REMEMBERED;
        drop(heard);
        self.full = full;
    }
}

impl<S: AsyncRead + Unpin> Tap<S> {
    /// Hears the last words of a peer that takes nothing any longer, before that is told: it may have answered and hung
    /// up while we were still writing, and what it answered says more than that it hung up.
    fn hear_out<T>(&mut self, context: &mut Context<'_>, error: std::io::Error) -> Poll<std::io::Result<T>> {
        let mut bytes = [0; REMEMBERED];
        let mut buffer = ReadBuf::new(&mut bytes);
        if Pin::new(&mut self.inner).poll_read(context, &mut buffer).is_pending() {
            self.broken = Some(error);
            return Poll::Pending;
        }
        self.remember(buffer.filled());
        Poll::Ready(Err(error))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if polled.is_ready() {
            self.remember(&buffer.filled()[before..]);
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<std::io::Result<usize>> {
        if let Some(error) = self.broken.take() {
            return self.hear_out(context, error);
        }
        match Pin::new(&mut self.inner).poll_write(context, data) {
            Poll::Ready(Err(error)) => self.hear_out(context, error),
            polled => polled,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpStream;

    use super::*;

    #[test]
    fn what_a_peer_said_before_it_hung_up_is_heard_although_nobody_read() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (mut stream, heard) = Tap::new(TcpStream::connect(address).await.expect("a connection"));
            let (mut peer, _) = listener.accept().expect("a caller");
            peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("written");
            drop(peer);
            let mut writes = 0;
            while stream.write_all(b"and").await.is_ok() {
                writes += 1;
                assert!(writes < 1000, "the peer has hung up");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert!(heard.bytes().starts_with(b"HTTP/1.1 400"), "{}", heard.described());
        });
    }
}

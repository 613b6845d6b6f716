//! A conversation over a stream, for protocols that are not HTTP: what is said, and what comes back, both with a limit.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connected::Stream;

/// The longest answer that a health check needs.
const LONGEST: usize = 64 * 1024;

/// A stream with what was read of it and not yet used.
pub(super) struct Talk {
    pub(super) stream: Box<dyn Stream>,
    pub(super) read: Vec<u8>,
}

impl Talk {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(super) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Reads more; an error where there is no more, or too much.
    pub(super) async fn more(&mut self) -> io::Result<()> {
        if self.read.len() >= LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is longer than a health check needs"));
        }
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.read.extend_from_slice(&buffer[..n]);
                Ok(())
            }
        }
    }

    /// The next line, without its end.
    pub(super) async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.read[..end].to_vec();
                self.read.drain(..end + 2);
                return Ok(line);
            }
            self.more().await?;
        }
    }

    /// The next line, whichever way its end is written; the last one may have none.
    pub(super) async fn any_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.read.drain(..=end).collect();
                line.pop();
                line.pop_if(|byte| *byte == b'\r');
                return Ok(line);
            }
            match self.more().await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !self.read.is_empty() => {
                    return Ok(std::mem::take(&mut self.read));
                }
                more => more?,
            }
        }
    }
}

//! A bar that shows people how far work is: on a terminal, and only where the work lasts.

use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, Instant};

/// Work that ends sooner needs none.
const LASTS: Duration = Duration::from_secs(1);
/// It is drawn no more often.
const PAUSE: Duration = Duration::from_millis(100);
/// Its length in characters.
const LENGTH: usize = 24;
/// From the beginning of the line, and what stood there is gone.
const ANEW: &str = "\r\x1b[K";

/// The bar, below everything else that standard error shows.
#[derive(Debug)]
pub(super) struct Bar {
    /// Whether anybody is there to see it.
    is_wanted: bool,
    /// When it was drawn, as long as it is on the screen.
    drawn: Option<Instant>,
}

impl Bar {
    pub(super) fn new(quiet: bool) -> Self {
        // A terminal that can do nothing cannot take it away again.
        let is_plain = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self { is_wanted: !quiet && !is_plain && io::stderr().is_terminal(), drawn: None }
    }

    /// Draws it, where it is time for that; the text is to be short.
    pub(super) fn show(&mut self, done: usize, all: usize, time: Duration, text: impl FnOnce() -> String) {
        if !self.is_wanted || time < LASTS || self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE) {
            return;
        }
        let full = (done * LENGTH).checked_div(all).unwrap_or(LENGTH).min(LENGTH);
        let mut out = io::stderr().lock();
        // Nothing can be done where not even standard error takes it.
        let _ = write!(out, "{ANEW}[{:<LENGTH$}] {}", "#".repeat(full), text());
        let _ = out.flush();
        self.drawn = Some(Instant::now());
    }

    /// Takes it away, so that something else can be said.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let mut out = io::stderr().lock();
            let _ = write!(out, "{ANEW}");
            let _ = out.flush();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

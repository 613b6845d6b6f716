//! The heads of requests and answers, for people who want to see what was said.

use std::sync::{Mutex, PoisonError};

use hyper::header::HeaderMap;
use hyper::{Request, Response, Version};

use crate::probe::excerpt;

/// Lines as they were said, each with who said it: `>` the probe, `<` the other side. Secrets are masked.
#[derive(Debug, Default)]
pub(in crate::probe) struct Transcript(Mutex<Vec<String>>);

impl Transcript {
    /// Notes the head of a request, as it is sent in this version of HTTP.
    pub(super) fn asked<B>(&self, request: &Request<B>, is_two: bool) {
        let version = if is_two { "HTTP/2" } else { "HTTP/1.1" };
        self.note('>', &format!("{} {} {version}", request.method(), request.uri()), request.headers());
    }

    /// Notes the head of an answer.
    pub(super) fn answered<B>(&self, response: &Response<B>) {
        let version = match response.version() {
            Version::HTTP_2 => "HTTP/2",
            Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        self.note('<', &format!("{version} {}", response.status()), response.headers());
    }

    fn note(&self, who: char, first: &str, headers: &HeaderMap) {
        let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
            let shown = if value.is_sensitive() { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            format!("{name}: {shown}")
        };
        let lines = std::iter::once(first.to_owned()).chain(headers.iter().map(header));
        let lines = lines.map(|line| format!("{who} {}", excerpt::of_body(line.as_bytes())));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    }

    /// What was said.
    pub(in crate::probe) fn into_lines(self) -> Vec<String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Redirects, as far as they are followed: to the same scheme, host and port, so that nobody else is given credentials.

use super::client::Answer;

/// Where a redirect leads, if it stays with the host.
pub(super) fn next(url: &str, answer: &Answer) -> Option<String> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = answer.header("location").next()?;
    let (scheme, rest) = url.split_once("://")?;
    let origin = format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if to.starts_with('/') && !to.starts_with("//") {
        return Some(format!("{origin}{to}"));
    }
    to.strip_prefix(&origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).then(|| to.to_owned())
}

//! What is asked over HTTP.

use super::headers::Header;
use super::settings::Tls;
use super::transcript::Transcript;
use super::watch::Limits;
use crate::manifest::health::HttpVersion;

/// One request.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Request<'r> {
    pub(in crate::probe) url: &'r str,
    pub(in crate::probe) tls: &'r Tls,
    /// Headers beyond those that every request has.
    pub(in crate::probe) headers: &'r [Header],
    /// The version of HTTP that is spoken, where that is said.
    pub(in crate::probe) version: Option<HttpVersion>,
    /// Where the heads are noted, if somebody wants to see them.
    pub(in crate::probe) transcript: Option<&'r Transcript>,
    /// The URL of the proxy that leads there.
    pub(in crate::probe) proxy: Option<&'r str>,
    pub(in crate::probe) limits: Limits,
    /// So much of a body is read.
    pub(in crate::probe) body_limit: usize,
}

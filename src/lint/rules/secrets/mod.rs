//! Secrets and certificates: what a file must not hold, and how a client shows who it is.

mod client_setting;
mod literal_secret;
mod tls_not_verified;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[&client_setting::ClientSetting, &literal_secret::LiteralSecret, &tls_not_verified::TlsNotVerified];

//! Who a dependency is asked as, and the phases that all dependencies have in common.

use std::fmt;

use super::answer::NoAnswer;
use super::certificate::Chain;
use super::clients::Clients;
use super::connected::Connected;
use super::open::open;
use super::settings::Tls;
use super::url::Address;
use super::watch::{Limits, Watch};
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::Phases;
use crate::probe::trouble;

/// A password, which nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("***")
    }
}

/// How a dependency is reached and asked.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Login<'l> {
    /// `host:port`
    pub(in crate::probe) address: &'l str,
    pub(in crate::probe) user: Option<&'l str>,
    pub(in crate::probe) password: Option<&'l Secret>,
    /// `None` for plain text.
    pub(in crate::probe) tls: Option<&'l Tls>,
    pub(in crate::probe) limits: Limits,
}

/// What came of it: what is wrong, where the time went, and who the other side is.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Asked {
    pub(in crate::probe) failures: Vec<Failure>,
    pub(in crate::probe) phases: Phases,
    pub(in crate::probe) chain: Option<Chain>,
}

/// Connects, with TLS from the first byte where it is asked for.
pub(super) async fn enter(clients: &Clients, login: &Login<'_>, watch: &mut Watch) -> Result<(Connected, Address), NoAnswer> {
    let address = Address::parse(login.address, None).map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let connected = open(clients, &address, login.tls.map(|tls| (tls, &[][..])), watch).await?;
    Ok((connected, address))
}

/// Why a conversation broke off.
pub(super) fn broken(error: &std::io::Error, other: Code) -> Failure {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return Failure::new(other, error.to_string());
    }
    match trouble::code_of(error) {
        Some((Code::Reset, _)) => Failure::new(Code::Reset, "closed in the middle of the conversation"),
        Some((code, said)) => Failure::new(code, said),
        None => Failure::new(other, error.to_string()),
    }
}

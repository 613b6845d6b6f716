//! How hosts are reached.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::headers::Headers;

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Four,
    /// IPv6.
    Six,
}

impl Family {
    /// Whether an address is of it.
    pub(super) fn has(self, address: &SocketAddr) -> bool {
        address.is_ipv4() == (self == Self::Four)
    }

    /// As it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Four => "IPv4",
            Self::Six => "IPv6",
        }
    }
}

/// What is said of reaching hosts.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Whether only addresses of one family are asked.
    pub family: Option<Family>,
    /// How long each phase before the request may last.
    pub connect_timeout: Option<Duration>,
    /// Names that nobody has to be asked for.
    pub resolve: Vec<Resolve>,
    /// Whether requests to one host share connections.
    pub reuse: bool,
    /// What requests to the service itself have besides.
    pub headers: Headers,
}

/// A host and a port, and the addresses that are asked in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

impl Resolve {
    /// Reads `HOST:PORT:ADDRESS`, or several addresses separated by commas.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `HOST:PORT:ADDRESS`, as in `example.com:443:127.0.0.1`");
        let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (port, addresses) = rest.split_once(':').ok_or_else(wrong)?;
        let address =
            |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse().map_err(|_| format!("`{text}` is not an IP address"));
        let addresses = addresses.split(',').map(address).collect::<Result<_, _>>()?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        if host.is_empty() { Err(wrong()) } else { Ok(Self { host: host.to_ascii_lowercase(), port, addresses }) }
    }

    /// The addresses of a host and a port, where they are the ones that are meant.
    pub(super) fn of(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let is_meant = self.port == port && self.host.eq_ignore_ascii_case(host);
        is_meant.then(|| self.addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }
}

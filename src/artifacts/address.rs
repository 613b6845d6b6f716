//! Addresses taken apart: `host:port`, or a URL that has one.

/// `host:port` of a URL; an address by itself stays as it is.
fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// The host, an IPv6 address in its brackets.
pub(super) fn host(address: &str) -> &str {
    let authority = authority(address);
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// The port, where one is named.
pub(super) fn port(address: &str) -> Option<u16> {
    authority(address).rsplit_once(':')?.1.parse().ok()
}

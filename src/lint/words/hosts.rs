//! The hosts that addresses name.

/// The host of a target, without scheme, path and port.
pub fn host(target: &str) -> &str {
    let authority = target.split_once("://").map_or(target, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    if authority.starts_with('[') {
        return authority.split(']').next().unwrap_or("").trim_start_matches('[');
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// The port of a target, without scheme, host and path; "" where none is named.
pub fn port(target: &str) -> &str {
    let authority = target.split_once("://").map_or(target, |(_, rest)| rest).split('/').next().unwrap_or("");
    authority.rsplit_once(':').map_or("", |(_, port)| port)
}

/// Whether two targets are one host with one port.
pub fn are_one(one: &str, other: &str) -> bool {
    (host(one), port(one)) == (host(other), port(other))
}

/// Whether a host is a name with a domain, and no address.
pub fn is_domain(host: &str) -> bool {
    host.contains('.') && !host.contains(':') && host.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether an address names a container: a name without a dot.
pub fn is_container(address: &str) -> bool {
    let host = host(address);
    !host.is_empty()
        && !is_own(host)
        && host.starts_with(|c: char| c.is_ascii_alphabetic())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether a host is the machine, or the container, of whoever asks.
pub fn is_own(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

/// The last part of a path at which storages take samples, of which that of a path is a slip: `push` for `/api/v1/pus`.
pub fn slip_of_taking(path: &str) -> Option<&'static str> {
    const TAKES: &[&str] = &["push", "write", "receive"];
    let last = path.trim_end_matches('/').rsplit('/').next().filter(|last| !TAKES.contains(last) && last.len() > 2)?;
    TAKES.iter().find(|known| strsim::damerau_levenshtein(known, last) == 1).copied()
}

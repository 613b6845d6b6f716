//! URLs, and addresses of a host and a port.

use super::bodies::{credentials_in_url, has_credentials};
use super::findings::{Findings, INVALID};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::{Text, shorten};
use crate::source::{Span, Spanned};

/// Says what is wrong with a URL.
pub(super) fn check_url(text: &str, span: Span, path: &str, findings: &mut Findings) {
    if let Err(why) = url(text) {
        let finding = Diagnostic::error(INVALID, span, format!("`{}` is not a URL{why}", shorten(text))).path(path);
        findings.add(finding.help("write it whole, as in `http://localhost:4000`"));
    } else if has_credentials(text) {
        findings.add(credentials_in_url(span, path));
    }
}

/// Reads a URL as far as everybody who asks for it has to; the error ends a sentence that says that it is none.
fn url(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).ok_or_else(String::new)?;
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(String::new());
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    // The colons of an IPv6 address stand within brackets.
    let is_bare = |port: &str| port.contains(']') || address.starts_with('[') && !address.contains(']');
    let (host, port) = match address.rsplit_once(':').filter(|(_, port)| !is_bare(port)) {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    };
    if let Some(port) = port.filter(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err(format!(": a port is a number from 1 to 65535, and this says `{}`", shorten(port)));
    }
    let is_fine = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && !host.contains(|c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || "-._~%".contains(c))),
    };
    if is_fine { Ok(()) } else { Err(format!(": `{}` is no host", shorten(host))) }
}

/// Says what is wrong with a `host:port`.
pub(super) fn check_address(address: &Spanned<Text>, findings: &mut Findings) {
    let text = &address.value.0;
    let port = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    let message = match port {
        _ if text.contains("://") => format!("`{}` is a URL, and `host:port` is needed here", shorten(text)),
        Some((host, Ok(port)))
            if !host.is_empty() && port > 0 && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\"'{}".contains(c)) =>
        {
            return;
        }
        _ => format!("`{}` is not an address", shorten(text)),
    };
    findings.add(Diagnostic::error(INVALID, address.span, message).help("write `host:port`, as in `localhost:4000`"));
}

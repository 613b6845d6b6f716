//! A URL, taken apart as far as a request needs it.

use hyper::Uri;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The name or the address, without the brackets of IPv6.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `host:port`, or `host` where there is a port to fall back to.
    pub(super) fn parse(text: &str, default: Option<u16>) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `host:port`");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (text, default.ok_or_else(wrong)?),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() { Err(wrong()) } else { Ok(Self { host: host.to_owned(), port }) }
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

/// An absolute URL of HTTP.
#[derive(Clone, Debug)]
pub(super) struct Url {
    pub(super) is_tls: bool,
    pub(super) address: Address,
    /// As the `host` header has it.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let escaped = escape(text);
        let uri: Uri = escaped.parse().map_err(|error| format!("not a URL: {error}"))?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("not a URL of HTTP".to_owned()),
        };
        let authority = uri.authority().ok_or("the URL has no host")?.as_str();
        // Credentials are not for the URL, and never leave.
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned();
        let address = Address::parse(&authority, Some(if is_tls { 443 } else { 80 }))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { is_tls, address, authority, path: if path.starts_with('/') { path } else { format!("/{path}") } })
    }
}

/// What no request may hold as it is: blanks and what is not ASCII.
fn escape(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    text.bytes().map(|byte| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse("https://user:secret@[::1]:8443/a b?c=ü#d").expect("a URL");
        assert!(url.is_tls);
        assert_eq!((url.address.shown().as_str(), url.authority.as_str()), ("[::1]:8443", "[::1]:8443"));
        assert_eq!(url.path, "/a%20b?c=%C3%BC");
        let url = Url::parse("http://example.com?x=1").expect("a URL");
        assert_eq!((url.address.shown().as_str(), url.path.as_str()), ("example.com:80", "/?x=1"));
        for wrong in ["", "localhost:4000", "ftp://x/", "http://", "http://x:y/", "http://x:99999/"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}

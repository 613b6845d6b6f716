//! Headers of requests, and which of them nobody may be shown.

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};

/// A header; a value that nobody may be shown is marked as sensitive.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Header {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
}

impl Header {
    /// A header that anybody may see; `None` where the value holds what no header can.
    pub(in crate::probe) fn shown(name: &'static str, value: &str) -> Option<Self> {
        Some(Self { name: HeaderName::from_static(name), value: HeaderValue::from_str(value).ok()? })
    }

    /// `Authorization`; `None` where the value holds what no header can.
    pub(in crate::probe) fn authorization(value: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some(Self { name: AUTHORIZATION, value })
    }

    /// Whether it says who is asking.
    pub(in crate::probe) fn is_authorization(&self) -> bool {
        self.name == AUTHORIZATION
    }
}

/// What requests have anyhow, or what says how they are sent: nobody's to choose.
const OWN: [&str; 8] = ["accept", "connection", "content-length", "host", "te", "transfer-encoding", "upgrade", "user-agent"];

/// Headers that somebody wants every request to the service itself to have.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// Reads lines such as `X-Tenant: shop`; empty ones, and those that begin with `#`, say nothing.
    ///
    /// # Errors
    /// Which line is wrong, in words that do not tell what is in it: it may be a secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines.map(|(index, line)| header(line).map_err(|why| format!("line {}: {why}", index + 1))).collect::<Result<_, _>>().map(Self)
    }

    /// Adds them to others, which give way where they have the same name.
    pub(in crate::probe) fn over(&self, others: &mut Vec<Header>) {
        others.retain(|other| !self.0.iter().any(|own| own.name == other.name));
        others.extend(self.0.iter().cloned());
    }
}

fn header(line: &str) -> Result<Header, String> {
    let (name, value) = line.split_once(':').ok_or("a header is written `Name: value`")?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| "what stands before the `:` is no name of a header")?;
    if OWN.contains(&name.as_str()) {
        return Err(format!("`{name}` is the probe's own"));
    }
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| format!("the value of `{name}` holds what no header can"))?;
    value.set_sensitive(true);
    Ok(Header { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_line_by_line_and_replace_what_has_their_name() {
        let read = Headers::parse("# of the gateway\n\nX-Tenant: shop\nauthorization:  Bearer abc \n").expect("headers");
        let mut others: Vec<Header> = [Header::authorization("Basic xyz"), Header::shown("accept", "*/*")].into_iter().flatten().collect();
        read.over(&mut others);
        let shown: Vec<String> = others.iter().map(|header| format!("{}={}", header.name, header.value.to_str().expect("text"))).collect();
        assert_eq!(shown, ["accept=*/*", "x-tenant=shop", "authorization=Bearer abc"]);
        assert!(others[1..].iter().all(|header| header.value.is_sensitive()));
    }

    #[test]
    fn a_wrong_line_is_named_and_not_shown() {
        for (text, said) in [
            ("a: b\nhunter2", "line 2: a header is written `Name: value`"),
            ("hunter2 x: y", "line 1: what stands before the `:` is no name of a header"),
            ("x-key: hunter2\u{1}", "line 1: the value of `x-key` holds what no header can"),
            ("Host: hunter2", "line 1: `host` is the probe's own"),
        ] {
            assert_eq!(Headers::parse(text).expect_err(text), said);
        }
    }
}

//! A way through an HTTP proxy: for TLS a tunnel to the host itself, else the whole URL in the request.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::answer::NoAnswer;
use super::connected::Stream;
use super::url::{Address, Url};
use super::watch::{Watch, shown};
use crate::probe::code::Code;
use crate::probe::failure::Failure;

/// The longest answer to `CONNECT`.
const LONGEST: usize = 8 * 1024;

/// Where a proxy is.
pub(super) fn address(url: &str) -> Result<Address, String> {
    let parsed = Url::parse(url).map_err(|why| format!("the proxy `{url}`: {why}"))?;
    if parsed.is_tls {
        Err(format!("the proxy `{url}`: only proxies that are spoken to in plain text can be used"))
    } else {
        Ok(parsed.address)
    }
}

/// Has a proxy connect to a host.
pub(super) async fn tunnel(stream: &mut impl Stream, to: &Address, watch: &mut Watch) -> Result<(), NoAnswer> {
    let (time, said) = watch.within(watch.limits.connect, ask(stream, to)).await;
    let failure = match said {
        Some(Ok(status)) if status.starts_with("HTTP/1.") && status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) => {
            return Ok(());
        }
        Some(Ok(status)) => Failure::new(Code::Proxy, format!("the proxy does not lead to {}: `{status}`", to.shown())),
        Some(Err(error)) => Failure::new(Code::Proxy, format!("the proxy broke off before it led to {}: {error}", to.shown())),
        None => Failure::new(Code::Proxy, format!("the proxy did not lead to {} in {}", to.shown(), shown(time))),
    };
    Err(watch.fail(failure))
}

/// Asks for a tunnel; the line of the answer that says whether there is one.
async fn ask(stream: &mut impl Stream, to: &Address) -> io::Result<String> {
    let host = to.shown();
    stream.write_all(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    // Byte by byte: what comes behind the head belongs to the host.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer has no end"));
        }
        head.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

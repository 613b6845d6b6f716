//! The network's one door. Each phase has its own time and its own limit, and what stops it has a code.
//!
//! hyper is driven by hand, over connections of our own: only so the phases can be told apart, and only so the
//! certificates of a handshake that failed can be shown. Every request has a connection to itself, unless sharing is asked
//! for: a shared one would hide that connecting fails. Redirects are not followed here.

mod answer;
mod certificate;
mod clients;
mod connect;
mod connected;
mod dialogue;
mod grpc;
mod headers;
mod http;
mod idle;
mod login;
mod open;
mod postgres;
mod proxy;
mod reach;
mod redis;
mod request;
mod settings;
mod talk;
mod tap;
mod tls;
mod transcript;
mod unverified;
mod url;
mod watch;

pub(super) use answer::{Answer, NoAnswer};
pub(super) use certificate::{Chain, days};
pub(super) use clients::Clients;
pub(super) use dialogue::converse;
pub(super) use grpc::{Call, Reply, call};
pub(super) use headers::Header;
pub use headers::Headers;
pub use login::Secret;
pub(super) use login::{Asked, Login};
pub(super) use postgres::select;
pub use reach::{Family, Reach, Resolve};
pub(super) use redis::ping;
pub(super) use request::Request;
pub(super) use settings::Tls;
pub(super) use transcript::Transcript;
pub(super) use watch::Limits;

use super::code::Code;
use super::failure::Failure;
use crate::manifest::health::HttpVersion;
use open::open_through;
use url::Url;
use watch::Watch;

/// Gets a URL.
pub(super) async fn get(clients: &Clients, request: &Request<'_>) -> Result<Answer, NoAnswer> {
    let mut watch = Watch::new(request.limits);
    let url = Url::parse(request.url).map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let way = clients.reach.reuse.then(|| idle::Way::of(&url, request));
    let known = way.as_ref().and_then(|way| clients.idle.take(way));
    if let Some(session) = known
        && let Some((answer, session)) = http::ask_again(session, &url, request, &mut watch).await?
    {
        keep(clients, way, &answer, session);
        return Ok(answer);
    }
    let offered: &[&[u8]] = match request.version {
        Some(HttpVersion::One) => &[b"http/1.1"],
        Some(HttpVersion::Two) => &[b"h2"],
        None => &[b"h2", b"http/1.1"],
    };
    let tls = url.is_tls.then_some((request.tls, offered));
    let connected = open_through(clients, &url.address, request.proxy, tls, &mut watch).await?;
    let (answer, session) = http::exchange(connected, &url, request, &mut watch).await?;
    keep(clients, way, &answer, session);
    Ok(answer)
}

/// Keeps a connection for the next who goes the same way, if its last answer was read to the end.
fn keep(clients: &Clients, way: Option<idle::Way>, answer: &Answer, session: http::Session) {
    if let Some(way) = way.filter(|_| !answer.cut && answer.trouble.is_none()) {
        clients.idle.give(way, session);
    }
}

/// Connects to `host:port`, and shakes hands where TLS is asked for.
pub(super) async fn reach(clients: &Clients, address: &str, tls: Option<&Tls>, limits: Limits) -> Result<Asked, NoAnswer> {
    converse(clients, address, tls, &[], limits).await
}

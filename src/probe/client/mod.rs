//! The network's one door. Each phase has its own time and its own limit, and what stops it has a code.
//!
//! hyper is driven by hand, over connections of our own: only so the phases can be told apart, and only so the
//! certificates of a handshake that failed can be shown. Every request has a connection to itself, unless sharing is asked
//! for: a shared one would hide that connecting fails. Redirects are not followed here.

mod certificate;
mod connect;
mod dialogue;
mod grpc;
mod headers;
mod http;
mod idle;
mod login;
mod postgres;
mod proxy;
mod redis;
mod settings;
mod talk;
mod tap;
mod tls;
mod transcript;
mod url;

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

pub(super) use certificate::{Chain, days};
pub(super) use dialogue::converse;
pub(super) use grpc::{Call, Reply, call};
pub(super) use headers::Header;
pub use headers::Headers;
pub use login::Secret;
pub(super) use login::{Asked, Login};
pub(super) use postgres::select;
pub(super) use redis::ping;
pub(super) use settings::{Clients, Tls};
pub use settings::{Family, Reach, Resolve};
pub(super) use transcript::Transcript;

use super::answer::{Answer, NoAnswer};
use super::code::Code;
use super::report::{Failure, Phases};
use crate::manifest::health::HttpVersion;
use url::Url;

/// What a connection is to whoever speaks over it.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How long each phase may last; none lasts longer than what is left of the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// All of it.
    pub(super) total: Duration,
    pub(super) dns: Duration,
    pub(super) connect: Duration,
    pub(super) tls: Duration,
    pub(super) first_byte: Duration,
    pub(super) body: Duration,
}

impl Limits {
    /// Every phase may last as long as the whole.
    pub(super) fn of(total: Duration) -> Self {
        Self { total, dns: total, connect: total, tls: total, first_byte: total, body: total }
    }

    /// With less for each phase before the request.
    fn before_request(self, limit: Option<Duration>) -> Self {
        let limit = limit.unwrap_or(Duration::MAX);
        Self { dns: self.dns.min(limit), connect: self.connect.min(limit), tls: self.tls.min(limit), ..self }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Request<'r> {
    pub(super) url: &'r str,
    pub(super) tls: &'r Tls,
    /// Headers beyond those that every request has.
    pub(super) headers: &'r [Header],
    /// The version of HTTP that is spoken, where that is said.
    pub(super) version: Option<HttpVersion>,
    /// Where the heads are noted, if somebody wants to see them.
    pub(super) transcript: Option<&'r Transcript>,
    /// The URL of the proxy that leads there.
    pub(super) proxy: Option<&'r str>,
    pub(super) limits: Limits,
    /// So much of a body is read.
    pub(super) body_limit: usize,
}

/// A clock that keeps the time of each phase.
struct Watch {
    start: Instant,
    limits: Limits,
    phases: Phases,
}

impl Watch {
    fn new(limits: Limits) -> Self {
        Self { start: Instant::now(), limits, phases: Phases::default() }
    }

    /// What is left of the whole.
    fn left(&self) -> Duration {
        self.limits.total.saturating_sub(self.start.elapsed())
    }

    /// Does something within a limit; how long it took, and what came of it, `None` where the time was over.
    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> (Duration, Option<T>) {
        let start = Instant::now();
        let done = timeout(limit.min(self.left()), work).await.ok();
        (start.elapsed(), done)
    }

    fn fail(&self, failure: Failure) -> NoAnswer {
        NoAnswer { failure: Box::new(failure), phases: self.phases }
    }
}

/// A time as people read it.
fn shown(time: Duration) -> String {
    crate::manifest::scalars::Duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).to_string()
}

/// A connection, with what was learned while it was made.
struct Connected {
    stream: Box<dyn Stream>,
    /// The first bytes that came, below TLS.
    tap: tap::Heard,
    /// The peer's certificates.
    chain: Option<Chain>,
    /// What was agreed on within TLS: `h2`, `http/1.1`.
    protocol: Option<Vec<u8>>,
}

/// Resolves, connects and, where it is asked for, shakes hands.
async fn open(clients: &Clients, address: &url::Address, tls: Option<(&Tls, &[&[u8]])>, watch: &mut Watch) -> Result<Connected, NoAnswer> {
    open_through(clients, address, None, tls, watch).await
}

/// The same, through a proxy where there is one.
async fn open_through(
    clients: &Clients,
    address: &url::Address,
    proxy: Option<&str>,
    tls: Option<(&Tls, &[&[u8]])>,
    watch: &mut Watch,
) -> Result<Connected, NoAnswer> {
    // What cannot be used is said before anybody is asked.
    let config = match tls {
        Some((settings, _)) => Some(clients.config(settings).map_err(|why| watch.fail(Failure::new(Code::TlsConfig, why)))?),
        None => None,
    };
    let proxy = proxy.map(proxy::address).transpose().map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let mut stream = connect::connect(clients, proxy.as_ref().unwrap_or(address), watch).await?;
    if proxy.is_some() && tls.is_some() {
        proxy::tunnel(&mut stream, address, watch).await?;
    }
    let (stream, tap) = tap::Tap::new(stream);
    match (tls, config) {
        (Some((settings, protocols)), Some(config)) => tls::shake_hands(stream, tap, address, settings, &config, protocols, watch).await,
        _ => Ok(Connected { stream: Box::new(stream), tap, chain: None, protocol: None }),
    }
}

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

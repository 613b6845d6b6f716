//! Request and answer, over HTTP/1.1 or HTTP/2.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::ACCEPT;
use hyper::{Method, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use super::answer::{Answer, NoAnswer};
use super::certificate::Chain;
use super::connected::Connected;
use super::request::Request;
use super::tap::Heard;
use super::url::Url;
use super::watch::{Watch, shown};
use crate::manifest::health::HttpVersion;
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::Spent;
use crate::probe::trouble;

/// So long a head is read.
const HEAD_LIMIT: usize = 64 * 1024;

/// Drives a connection for as long as it is asked over.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    pub(super) fn new(connection: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(connection))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection that requests are made over.
pub(super) struct Session {
    wire: Wire,
    /// For as long as the session is there.
    _driver: Driver,
    chain: Option<Chain>,
    /// Whether a proxy that is spoken to in plain text has to be told the whole URL.
    whole: bool,
}

enum Wire {
    One(http1::SendRequest<Empty<Bytes>>),
    Two(http2::SendRequest<Empty<Bytes>>),
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Session").field("is_two", &self.is_two()).finish_non_exhaustive()
    }
}

impl Session {
    async fn begin(connected: Connected, is_two: bool, whole: bool) -> hyper::Result<Self> {
        let Connected { stream, chain, .. } = connected;
        let io = TokioIo::new(stream);
        let (wire, driver) = if is_two {
            let limit = u32::try_from(HEAD_LIMIT).unwrap_or(u32::MAX);
            let (sender, connection) = http2::Builder::new(TokioExecutor::new()).max_header_list_size(limit).handshake(io).await?;
            (Wire::Two(sender), Driver::new(async move { drop(connection.await) }))
        } else {
            let (sender, connection) = http1::Builder::new().max_buf_size(HEAD_LIMIT).handshake(io).await?;
            (Wire::One(sender), Driver::new(async move { drop(connection.await) }))
        };
        Ok(Self { wire, _driver: driver, chain, whole })
    }

    fn is_two(&self) -> bool {
        matches!(self.wire, Wire::Two(_))
    }

    async fn send(&mut self, url: &Url, request: &Request<'_>) -> Result<Response<Incoming>, Trouble> {
        let asked = build(url, request, self.is_two(), self.whole)?;
        if let Some(transcript) = request.transcript {
            transcript.asked(&asked, self.is_two());
        }
        let response = match &mut self.wire {
            Wire::One(sender) => {
                sender.ready().await?;
                sender.send_request(asked).await?
            }
            Wire::Two(sender) => {
                sender.ready().await?;
                sender.send_request(asked).await?
            }
        };
        if let Some(transcript) = request.transcript {
            transcript.answered(&response);
        }
        Ok(response)
    }
}

/// Asks over a connection that is new.
pub(super) async fn exchange(
    connected: Connected,
    url: &Url,
    request: &Request<'_>,
    watch: &mut Watch,
) -> Result<(Answer, Session), NoAnswer> {
    let tap = connected.tap.clone();
    let whole = request.proxy.is_some() && !url.is_tls;
    let is_two = if url.is_tls { connected.protocol.as_deref() == Some(b"h2") } else { request.version == Some(HttpVersion::Two) };
    if request.version == Some(HttpVersion::Two) && !is_two {
        let failure = Failure::new(Code::TlsFail, "the server agrees on no version of HTTP, expected HTTP/2: it knows no ALPN");
        return Err(watch.fail(failure.against("h2", "nothing")));
    }
    let sent = async {
        let mut session = Session::begin(connected, is_two, whole).await?;
        let response = session.send(url, request).await?;
        Ok((session, response))
    };
    let (time, done) = watch.within(watch.limits.first_byte, sent).await;
    watch.phases.first_byte_ms = Some(Spent::of(time));
    match done {
        Some(Ok((session, response))) => Ok(answered(session, response, request, watch).await),
        Some(Err(Trouble::Request(why))) => Err(watch.fail(Failure::new(Code::Unsupported, why))),
        Some(Err(Trouble::Hyper(error))) => Err(watch.fail(no_answer(&error, &tap, time, is_two))),
        None => Err(watch.fail(silent(&tap, time, watch))),
    }
}

/// Asks over a connection that was asked over before; `None` where the other side has closed it since.
pub(super) async fn ask_again(
    mut session: Session,
    url: &Url,
    request: &Request<'_>,
    watch: &mut Watch,
) -> Result<Option<(Answer, Session)>, NoAnswer> {
    let (time, done) = watch.within(watch.limits.first_byte, session.send(url, request)).await;
    match done {
        Some(Ok(response)) => {
            watch.phases.first_byte_ms = Some(Spent::of(time));
            Ok(Some(answered(session, response, request, watch).await))
        }
        Some(Err(Trouble::Request(why))) => Err(watch.fail(Failure::new(Code::Unsupported, why))),
        Some(Err(Trouble::Hyper(_))) => Ok(None),
        None => {
            watch.phases.first_byte_ms = Some(Spent::of(time));
            let detail = format!("no first byte in {} over a connection that had answered before", shown(time));
            Err(watch.fail(Failure::new(Code::FirstByteTimeout, detail)))
        }
    }
}

/// Nothing came in time, or no end of it.
fn silent(tap: &Heard, time: Duration, watch: &Watch) -> Failure {
    let connected = watch.phases.connect_ms.unwrap_or_default().millis();
    let detail = if tap.bytes().is_empty() {
        format!("connected in {connected:.1} ms, no first byte in {}", shown(time))
    } else {
        format!("the head of the answer did not end in {}: {}", shown(time), tap.described())
    };
    Failure::new(Code::FirstByteTimeout, detail)
}

/// The answer whose head came, with its body.
async fn answered(session: Session, response: Response<Incoming>, request: &Request<'_>, watch: &mut Watch) -> (Answer, Session) {
    let mut answer = Answer {
        is_two: session.is_two(),
        status: response.status().as_u16(),
        headers: headers(&response),
        body: Vec::new(),
        cut: false,
        trouble: None,
        chain: session.chain.clone(),
        phases: watch.phases,
    };
    read_body(response, &mut answer, request, watch).await;
    (answer, session)
}

/// Why nothing could be sent.
enum Trouble {
    Request(String),
    Hyper(hyper::Error),
}

impl From<hyper::Error> for Trouble {
    fn from(error: hyper::Error) -> Self {
        Self::Hyper(error)
    }
}

/// The request; over HTTP/2, and to a proxy, with the whole URL.
fn build(url: &Url, request: &Request, is_two: bool, whole: bool) -> Result<hyper::Request<Empty<Bytes>>, Trouble> {
    let scheme = if url.is_tls { "https" } else { "http" };
    let target = if is_two || whole { format!("{scheme}://{}{}", url.authority, url.path) } else { url.path.clone() };
    let mut builder =
        hyper::Request::builder().method(Method::GET).uri(target).header("user-agent", concat!("obsgen/", env!("CARGO_PKG_VERSION")));
    if !is_two {
        builder = builder.header("host", &url.authority);
    }
    if !request.headers.iter().any(|header| header.name == ACCEPT) {
        builder = builder.header("accept", "*/*");
    }
    for header in request.headers {
        builder = builder.header(&header.name, &header.value);
    }
    builder.body(Empty::new()).map_err(|error| Trouble::Request(format!("cannot be asked for: {error}")))
}

fn headers(response: &Response<Incoming>) -> Vec<(String, String)> {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Why there was no answer on a connection that stood.
fn no_answer(error: &hyper::Error, tap: &Heard, time: Duration, is_two: bool) -> Failure {
    let words = trouble::last_words(error);
    let heard = tap.bytes();
    if words.contains("message head is too large") {
        return Failure::new(Code::HeadTooLarge, format!("the head of the answer is longer than {} KiB", HEAD_LIMIT / 1024));
    }
    let began = heard.starts_with(b"HTTP/");
    if is_two && began {
        let failure = Failure::new(Code::NotHttp, format!("the answer is not HTTP/2: {}", tap.described()));
        return failure.hint("does the server speak HTTP/1.1 only? Take `http_version` away");
    }
    if !is_two && tap.is_http2() {
        let failure = Failure::new(Code::NotHttp, format!("the answer is not HTTP/1.1: {}", tap.described()));
        return failure.hint("the server speaks HTTP/2 without being asked: write `http_version: 2`");
    }
    if error.is_incomplete_message() && began {
        return Failure::new(Code::Reset, format!("closed after {} in the middle of the answer's head", shown(time)));
    }
    if error.is_parse() || error.is_incomplete_message() && !heard.is_empty() {
        return Failure::new(Code::NotHttp, format!("the answer is not HTTP: {}", tap.described()));
    }
    if let Some((code, said)) = trouble::code_of(error).filter(|(code, _)| *code != Code::Reset) {
        return Failure::new(code, said);
    }
    Failure::new(Code::Reset, format!("closed after {} without an answer", shown(time)))
}

/// Reads what there is of a body, up to the limit.
async fn read_body(response: Response<Incoming>, answer: &mut Answer, request: &Request<'_>, watch: &mut Watch) {
    let announced = response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut body = response.into_body();
    let start = Instant::now();
    let limit = watch.limits.body.min(watch.left());
    let read = async {
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            let room = request.body_limit - answer.body.len();
            answer.body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                answer.cut = true;
                break;
            }
        }
        Ok::<(), hyper::Error>(())
    };
    let read = tokio::time::timeout(limit, read).await;
    let length = answer.body.len();
    let got = announced.map_or_else(|| format!("got {length} bytes"), |all| format!("got {length} of {all} bytes"));
    answer.trouble = match read {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(cut_off(&error, &got)),
        Err(_) => Some((Code::BodyTimeout, format!("{got} in {}, and no end", shown(start.elapsed())))),
    };
    watch.phases.body_ms = Some(Spent::of(start.elapsed()));
    answer.phases = watch.phases;
}

fn cut_off(error: &hyper::Error, got: &str) -> (Code, String) {
    let words = trouble::last_words(error);
    // What stands where the length of a chunk should is no answer of HTTP's.
    if error.is_parse() || words.to_ascii_lowercase().contains("invalid chunk") {
        return (Code::NotHttp, format!("{got}, and then what is not HTTP: {words}"));
    }
    (Code::BodyTruncated, format!("{got}, and then the end of the connection"))
}

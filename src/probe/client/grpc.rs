//! One unary call of gRPC: a message there, a message and a status back.

use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::HeaderMap;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::answer::NoAnswer;
use super::certificate::Chain;
use super::clients::Clients;
use super::connected::Connected;
use super::http::Driver;
use super::open::open;
use super::settings::Tls;
use super::url::Address;
use super::watch::{Limits, Watch, shown};
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::{Phases, Spent};
use crate::probe::trouble;

/// So much of an answer is read.
const BODY_LIMIT: usize = 256 * 1024;

/// What is called.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Call<'c> {
    /// `host:port`
    pub(in crate::probe) address: &'c str,
    /// `None` for plain text.
    pub(in crate::probe) tls: Option<&'c Tls>,
    /// `/grpc.health.v1.Health/Check`
    pub(in crate::probe) method: &'static str,
    /// The message, without its frame.
    pub(in crate::probe) message: Vec<u8>,
    pub(in crate::probe) limits: Limits,
}

/// What came back.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Reply {
    /// gRPC's status; `None` where the server gave none.
    pub(in crate::probe) status: Option<u32>,
    /// What the status says in words.
    pub(in crate::probe) said: String,
    /// HTTP's status.
    pub(in crate::probe) http_status: u16,
    /// The message, without its frame.
    pub(in crate::probe) message: Option<Vec<u8>>,
    pub(in crate::probe) chain: Option<Chain>,
    pub(in crate::probe) phases: Phases,
}

/// Why an answer was not read to its end.
enum Stopped {
    Broken(hyper::Error),
    TooLong,
}

/// Calls.
pub(in crate::probe) async fn call(clients: &Clients, call: &Call<'_>) -> Result<Reply, NoAnswer> {
    let mut watch = Watch::new(call.limits);
    let address = Address::parse(call.address, None).map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let offered: &[&[u8]] = &[b"h2"];
    let connected = open(clients, &address, call.tls.map(|tls| (tls, offered)), &mut watch).await?;
    exchange(connected, &address, call, &mut watch).await
}

async fn exchange(connected: Connected, address: &Address, call: &Call<'_>, watch: &mut Watch) -> Result<Reply, NoAnswer> {
    let Connected { stream, tap, chain, .. } = connected;
    let scheme = if call.tls.is_some() { "https" } else { "http" };
    let request = hyper::Request::post(format!("{scheme}://{}{}", address.shown(), call.method))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", concat!("obsgen/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(framed(&call.message)))
        .map_err(|error| watch.fail(Failure::new(Code::Unsupported, format!("cannot be asked for: {error}"))))?;
    let sent = async {
        let (mut sender, connection) = http2::Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await?;
        let driver = Driver::new(async move { drop(connection.await) });
        let response = sender.send_request(request).await?;
        Ok::<_, hyper::Error>((response, driver, sender))
    };
    let (time, done) = watch.within(watch.limits.first_byte, sent).await;
    watch.phases.first_byte_ms = Some(Spent::of(time));
    let (response, _driver, _sender) = match done {
        Some(Ok(sent)) => sent,
        Some(Err(error)) => return Err(watch.fail(no_reply(&error, &tap, time))),
        None => return Err(watch.fail(Failure::new(Code::FirstByteTimeout, format!("connected, no answer in {}", shown(time))))),
    };
    let (head, mut body) = response.into_parts();
    let mut reply =
        Reply { status: None, said: String::new(), http_status: head.status.as_u16(), message: None, chain, phases: watch.phases };
    read_status(&head.headers, &mut reply);
    let start = Instant::now();
    let mut data = Vec::new();
    let (_, read) = watch
        .within(watch.limits.body, async {
            while let Some(frame) = body.frame().await {
                match frame.map_err(Stopped::Broken)?.into_data() {
                    Ok(chunk) if data.len() + chunk.len() <= BODY_LIMIT => data.extend_from_slice(&chunk),
                    Ok(_) => return Err(Stopped::TooLong),
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            read_status(&trailers, &mut reply);
                        }
                    }
                }
            }
            Ok(())
        })
        .await;
    watch.phases.body_ms = Some(Spent::of(start.elapsed()));
    reply.phases = watch.phases;
    let failure = match read {
        Some(Ok(())) => {
            reply.message = unframed(&data);
            return Ok(reply);
        }
        // With a status, all was said.
        Some(Err(Stopped::Broken(_))) if reply.status.is_some() => return Ok(reply),
        Some(Err(Stopped::Broken(error))) => {
            let detail = format!("got {} bytes and no status, and then: {}", data.len(), trouble::last_words(&error));
            Failure::new(Code::BodyTruncated, detail)
        }
        Some(Err(Stopped::TooLong)) => Failure::new(Code::BodyTooLarge, format!("the answer is longer than {} KiB", BODY_LIMIT / 1024)),
        None => Failure::new(Code::BodyTimeout, format!("got {} bytes in {}, and no end", data.len(), shown(start.elapsed()))),
    };
    Err(watch.fail(failure))
}

fn no_reply(error: &hyper::Error, tap: &super::tap::Heard, time: Duration) -> Failure {
    let words = trouble::last_words(error);
    let heard = tap.bytes();
    let is_http2 = heard.len() >= 9 && heard[0] == 0 && heard[3] == 4;
    if !heard.is_empty() && !is_http2 {
        return Failure::new(Code::NotHttp, format!("the answer is not HTTP/2: {}", tap.described()));
    }
    match trouble::code_of(error).filter(|(code, _)| *code != Code::Reset) {
        Some((code, said)) => Failure::new(code, said),
        None => Failure::new(Code::Reset, format!("closed after {} without an answer: {words}", shown(time))),
    }
}

fn read_status(headers: &HeaderMap, reply: &mut Reply) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(status) = text("grpc-status").and_then(|status| status.parse().ok()) {
        reply.status = Some(status);
        reply.said = text("grpc-message").unwrap_or_default().replace("%20", " ");
    }
}

/// A message with its frame: not compressed, so many bytes.
fn framed(message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(message.len() + 5);
    out.put_u8(0);
    out.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    out.put_slice(message);
    out.freeze()
}

/// The message in the first frame, where it is whole and not compressed.
fn unframed(data: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = data.split_at_checked(5)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    (head[0] == 0).then(|| rest.get(..length).map(<[u8]>::to_vec)).flatten()
}

//! A receiver of spans (OTLP over HTTP, protobuf, and over gRPC) and of crash reports (Sentry's envelopes), as small as a test needs it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::peers::{Body, Service, grpc, http2};

/// One span as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub trace: String,
    pub parent: String,
    pub name: String,
    pub kind: u64,
    pub is_error: bool,
    pub attributes: BTreeMap<String, String>,
    pub resource: BTreeMap<String, String>,
}

/// A running receiver.
pub struct Receiver {
    pub port: u16,
    pub crashes: Arc<Mutex<Vec<String>>>,
    spans: Arc<Mutex<Vec<Span>>>,
    refusing: Arc<AtomicBool>,
}

impl Receiver {
    /// Starts one on a port of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let all = Self { port, crashes: Arc::default(), spans: Arc::default(), refusing: Arc::default() };
        let (crashes, spans, refusing) = (Arc::clone(&all.crashes), Arc::clone(&all.spans), Arc::clone(&all.refusing));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (crashes, spans, refusing) = (Arc::clone(&crashes), Arc::clone(&spans), Arc::clone(&refusing));
                thread::spawn(move || {
                    let mut stream = stream;
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                    while let Some((path, body)) = request(&mut stream) {
                        let mut status = "200 OK";
                        if path == "/v1/traces" {
                            spans.lock().expect("spans").extend(spans_of(&body));
                        } else if refusing.load(Ordering::SeqCst) {
                            // The connection breaks, as that of a Sentry that is gone does.
                            return;
                        } else if path.contains("/envelope") {
                            crashes.lock().expect("crashes").push(String::from_utf8_lossy(&body).into_owned());
                        } else {
                            status = "404 Not Found";
                        }
                        if write!(stream, "HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n").is_err()
                        {
                            return;
                        }
                    }
                });
            }
        });
        all
    }

    /// Takes spans over gRPC too, at the port that it returns.
    pub fn listen_for_grpc(&self) -> u16 {
        let spans = Arc::clone(&self.spans);
        let service: Service<Body> = Arc::new(move |request| {
            let spans = Arc::clone(&spans);
            Box::pin(async move {
                use http_body_util::BodyExt as _;
                let path = request.uri().path().to_owned();
                let body = request.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
                if path != "/opentelemetry.proto.collector.trace.v1.TraceService/Export" {
                    return grpc(&[], "12");
                }
                spans.lock().expect("spans").extend(spans_of(&unframed(&body)));
                grpc(&[], "0")
            })
        });
        http2(None, service)
    }

    /// Whether reports of crashes from here on.
    pub fn refuse(&self, refusing: bool) {
        self.refusing.store(refusing, Ordering::SeqCst);
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("spans").clone()
    }
}

/// The message in a frame of gRPC: a byte that says whether it is packed, four of its length, and itself.
fn unframed(body: &[u8]) -> Vec<u8> {
    let message = body.get(5..).unwrap_or_default();
    if body.first() == Some(&1) { unzip(message) } else { message.to_owned() }
}

/// The path of a request and its body, unpacked.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16384]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        bytes.extend_from_slice(some(stream, &mut chunk)?);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let path = head.split(' ').nth(1)?.split('?').next()?.to_owned();
    let mut rest = bytes.split_off(end + 4);
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned()));
    if head.contains("expect: 100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let body = if header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        loop {
            match unchunked(&rest) {
                Some(body) => break body,
                None => rest.extend_from_slice(some(stream, &mut chunk)?),
            }
        }
    } else {
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while rest.len() < length {
            rest.extend_from_slice(some(stream, &mut chunk)?);
        }
        rest
    };
    Some((path, if header("content-encoding").is_some_and(|coding| coding == "gzip") { unzip(&body) } else { body }))
}

fn some<'c>(stream: &mut TcpStream, chunk: &'c mut [u8]) -> Option<&'c [u8]> {
    match stream.read(chunk) {
        Ok(0) | Err(_) => None,
        Ok(n) => Some(&chunk[..n]),
    }
}

/// A chunked body, once it is whole.
fn unchunked(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let end = at + bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[at..end]).ok()?.split(';').next()?.trim(), 16).ok()?;
        let data = bytes.get(end + 2..end + 2 + length)?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(data);
        at = end + 2 + length + 2;
        bytes.get(at)?;
    }
}

/// What `gzip` makes of packed bytes.
fn unzip(bytes: &[u8]) -> Vec<u8> {
    use std::process::{Command, Stdio};
    let mut child = Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    let mut input = child.stdin.take().expect("an input");
    let bytes = bytes.to_owned();
    let writer = thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().expect("an output");
    let _ = writer.join();
    output.stdout
}

/// The fields of a protobuf message: number, and the value or the bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let (mut value, mut data) = (0, &[][..]);
        match key & 7 {
            0 => value = varint(&mut bytes),
            1 => bytes = bytes.get(8..).unwrap_or_default(),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap_or(0).min(bytes.len());
                (data, bytes) = bytes.split_at(length);
            }
            5 => bytes = bytes.get(4..).unwrap_or_default(),
            _ => return all,
        }
        all.push((key >> 3, value, data));
    }
    all
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some((&first, rest)) = bytes.split_first() else { return value };
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    value
}

/// The messages in a field that may be there several times.
fn messages(bytes: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    fields(bytes).into_iter().filter(move |(n, ..)| *n == number).map(|(_, _, data)| data)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `KeyValue`s: text and numbers, as text.
fn attributes<'b>(all: impl Iterator<Item = &'b [u8]>) -> BTreeMap<String, String> {
    all.map(|entry| {
        let key = messages(entry, 1).next().map(text).unwrap_or_default();
        let value = messages(entry, 2).next().unwrap_or_default();
        let value = fields(value).first().map(|(number, value, data)| if *number == 1 { text(data) } else { value.to_string() });
        (key, value.unwrap_or_default())
    })
    .collect()
}

/// The spans of an `ExportTraceServiceRequest` (opentelemetry-proto 1.x, trace/v1/trace.proto).
fn spans_of(body: &[u8]) -> Vec<Span> {
    let mut all = Vec::new();
    for resource_spans in messages(body, 1) {
        let resource = messages(resource_spans, 1).next().map(|resource| attributes(messages(resource, 1))).unwrap_or_default();
        for span in messages(resource_spans, 2).collect::<Vec<_>>().into_iter().flat_map(|scope| messages(scope, 2).collect::<Vec<_>>()) {
            let bytes = |number| messages(span, number).next().unwrap_or_default();
            all.push(Span {
                trace: hex(bytes(1)),
                parent: hex(bytes(4)),
                name: text(bytes(5)),
                kind: fields(span).into_iter().find(|(number, ..)| *number == 6).map_or(0, |(_, kind, _)| kind),
                is_error: fields(bytes(15)).into_iter().any(|(number, code, _)| number == 3 && code == 2),
                attributes: attributes(messages(span, 9)),
                resource: resource.clone(),
            });
        }
    }
    all
}

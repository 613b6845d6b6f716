//! gRPC's health service: `Check` of one service, and `List` of all where the server has it.

use super::client::{self, Call, Clients, Limits, Reply, Tls};
use super::code::Code;
use super::expect;
use super::failure::{Failure, Level};
use super::job::Job;
use super::report::CheckReport;
use crate::model::health::Check;
use std::time::Instant;

const CHECK: &str = "/grpc.health.v1.Health/Check";
const LIST: &str = "/grpc.health.v1.Health/List";

/// Asks for a service, or for the whole server and then for every service that it lists.
pub(super) async fn check(
    job: &Job,
    check: &Check,
    address: &str,
    service: Option<&str>,
    tls: Option<&Tls>,
    clients: &Clients,
    limits: Limits,
) -> CheckReport {
    let start = Instant::now();
    let message = service.map(|name| field(1, name.as_bytes())).unwrap_or_default();
    let call = Call { address, tls, method: CHECK, message, limits };
    let reply = match client::call(clients, &call).await {
        Ok(reply) => reply,
        Err(no) => return CheckReport::new(job, start.elapsed(), no.phases, vec![*no.failure], None),
    };
    let took = start.elapsed();
    let mut failures: Vec<Failure> = judge(&reply, service).into_iter().collect();
    let unknown = failures.first().is_some_and(|failure| failure.code == Code::GrpcUnknownService);
    if service.is_none() && failures.is_empty() || unknown {
        let limits = Limits::of(limits.total.saturating_sub(start.elapsed()));
        let list = Call { method: LIST, message: Vec::new(), limits, ..call };
        if let Some(all) = client::call(clients, &list).await.ok().and_then(|reply| listed(&reply)) {
            if unknown {
                failures = failures.into_iter().map(|failure| known(failure, &all)).collect();
            } else {
                failures.extend(all.iter().filter(|(_, state)| *state != SERVING).map(|(name, state)| not_serving(name, *state)));
            }
        }
    }
    failures.extend(expect::slow(&check.expect, took, reply.phases.first_byte_ms));
    failures.extend(expect::expiring(reply.chain.as_ref(), &check.expect));
    failures.extend(expect::unverified(tls));
    CheckReport::new(job, took, reply.phases, failures, None)
}

const SERVING: u64 = 1;

fn state(number: u64) -> &'static str {
    match number {
        1 => "SERVING",
        2 => "NOT_SERVING",
        3 => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    }
}

fn judge(reply: &Reply, service: Option<&str>) -> Option<Failure> {
    let asked = service.map_or_else(|| "the server".to_owned(), |name| format!("`{name}`"));
    let said = if reply.said.is_empty() { String::new() } else { format!(": {}", reply.said) };
    match reply.status {
        Some(0) => {}
        Some(5) => return Some(Failure::new(Code::GrpcUnknownService, format!("the server does not know {asked}{said}"))),
        Some(12) => return Some(Failure::new(Code::GrpcUnimplemented, format!("the server has no health service{said}"))),
        Some(7 | 16) => return Some(Failure::new(Code::Auth, format!("gRPC status {}{said}", reply.status.unwrap_or_default()))),
        Some(other) => return Some(Failure::new(Code::GrpcStatus, format!("gRPC status {other}{said}")).against("0", other.to_string())),
        None => {
            let detail = format!("the answer is not gRPC's: HTTP status {} and no `grpc-status`", reply.http_status);
            return Some(Failure::new(Code::NotGrpc, detail));
        }
    }
    let Some(message) = reply.message.as_deref() else {
        return Some(Failure::new(Code::NotGrpc, "the status is 0, and no whole message came with it"));
    };
    let serving = number(message);
    if serving == SERVING {
        return None;
    }
    Some(Failure::new(Code::GrpcNotServing, format!("{asked} is {}", state(serving))).against("SERVING", state(serving)))
}

fn not_serving(name: &str, number: u64) -> Failure {
    let failure = Failure::new(Code::GrpcNotServing, format!("it is {}", state(number))).level(Level::Warn);
    failure.about(Some(name.to_owned())).against("SERVING", state(number))
}

fn known(failure: Failure, all: &[(String, u64)]) -> Failure {
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()).take(10).collect();
    if names.is_empty() { failure } else { failure.hint(format!("it knows {}", names.join(", "))) }
}

/// A field of bytes, as protocol buffers write it.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7F).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or(0));
    out.extend_from_slice(bytes);
    out
}

/// A field as protocol buffers write it: its number, and its value.
enum Field<'f> {
    Number(u64),
    Bytes(&'f [u8]),
}

/// The fields of a message, up to where it is none.
fn fields(mut rest: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut all = Vec::new();
    while let Some((tag, after)) = varint(rest) {
        let (value, after) = match tag & 7 {
            0 => match varint(after) {
                Some((value, after)) => (Field::Number(value), after),
                None => break,
            },
            2 => match varint(after).and_then(|(length, after)| after.split_at_checked(usize::try_from(length).ok()?)) {
                Some((bytes, after)) => (Field::Bytes(bytes), after),
                None => break,
            },
            _ => break,
        };
        all.push((tag >> 3, value));
        rest = after;
    }
    all
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F) << (7 * i).min(63);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

/// `HealthCheckResponse { status = 1 }`; a message without the field means its zero.
fn number(message: &[u8]) -> u64 {
    let found = fields(message).into_iter().find_map(|(number, field)| match field {
        Field::Number(value) if number == 1 => Some(value),
        _ => None,
    });
    found.unwrap_or(0)
}

/// `HealthListResponse { map<string, HealthCheckResponse> statuses = 1 }`; `None` where the server has no `List`.
fn listed(reply: &Reply) -> Option<Vec<(String, u64)>> {
    if reply.status != Some(0) {
        return None;
    }
    let entry = |bytes: &[u8]| {
        let (mut name, mut state) = (String::new(), 0);
        for (number_of, field) in fields(bytes) {
            match (number_of, field) {
                (1, Field::Bytes(bytes)) => name = String::from_utf8_lossy(bytes).into_owned(),
                (2, Field::Bytes(bytes)) => state = number(bytes),
                _ => {}
            }
        }
        (name, state)
    };
    let message = reply.message.as_deref()?;
    let mut all: Vec<(String, u64)> = fields(message)
        .into_iter()
        .filter_map(|(number, field)| match field {
            Field::Bytes(bytes) if number == 1 => Some(entry(bytes)),
            _ => None,
        })
        .collect();
    all.sort();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_and_read_as_protocol_buffers() {
        assert_eq!(field(1, b"a.B"), [0x0A, 3, b'a', b'.', b'B']);
        assert_eq!(field(1, &[7; 300])[..3], [0x0A, 0xAC, 2]);
        assert_eq!(number(&[0x08, 2]), 2);
        assert_eq!(number(&[]), 0);
        // What cannot be read ends the message and nothing else.
        assert_eq!(number(&[0xFF; 20]), 0);
        let list = [field(1, &[field(1, b"x"), field(2, &[0x08, 1])].concat()), field(1, &field(1, b"a"))].concat();
        let reply = Reply {
            status: Some(0),
            said: String::new(),
            http_status: 200,
            message: Some(list),
            chain: None,
            phases: super::super::phases::Phases::default(),
        };
        assert_eq!(listed(&reply), Some(vec![("a".to_owned(), 0), ("x".to_owned(), 1)]));
    }
}

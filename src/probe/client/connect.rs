//! The first two phases: the name and the connection.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::net::{TcpStream, lookup_host};

use super::answer::NoAnswer;
use super::clients::Clients;
use super::reach::Family;
use super::url::Address;
use super::watch::{Watch, shown};
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::{Spent, millis};
use crate::probe::trouble;

/// Connects to an address, to each that its name has in turn.
pub(super) async fn connect(clients: &Clients, address: &Address, watch: &mut Watch) -> Result<TcpStream, NoAnswer> {
    watch.limits = watch.limits.before_request(clients.reach.connect_timeout);
    let found = of_family(lookup(clients, address, watch).await?, address, clients.reach.family, watch)?;
    let start = Instant::now();
    let (time, connected) = watch.within(watch.limits.connect, first_that_answers(&found)).await;
    watch.phases.connect_ms = Some(Spent::of(time));
    match connected {
        Some(Ok(stream)) => {
            // Requests are small and wait for nothing.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Some(Err(refused)) => Err(watch.fail(not_connected(address, refused, millis(start.elapsed())))),
        None => Err(watch.fail(Failure::new(Code::ConnectTimeout, format!("no TCP answer from {} in {}", address.shown(), shown(time))))),
    }
}

async fn lookup(clients: &Clients, address: &Address, watch: &mut Watch) -> Result<Vec<SocketAddr>, NoAnswer> {
    if let Some(known) = clients.reach.resolve.iter().find_map(|resolve| resolve.of(&address.host, address.port)) {
        return Ok(known);
    }
    if let Ok(ip) = address.host.parse() {
        return Ok(vec![SocketAddr::new(ip, address.port)]);
    }
    let (time, found) = watch.within(watch.limits.dns, lookup_host((address.host.as_str(), address.port))).await;
    watch.phases.dns_ms = Some(Spent::of(time));
    match found {
        Some(Ok(found)) => {
            let mut all: Vec<SocketAddr> = found.collect();
            all.dedup();
            Ok(all)
        }
        Some(Err(error)) => Err(watch.fail(not_found(address, &error))),
        None => {
            let detail = format!("the resolver did not answer for {} in {}", address.host, shown(time));
            Err(watch.fail(Failure::new(Code::DnsTimeout, detail)))
        }
    }
}

/// Addresses of the family that is asked for, if one is.
fn of_family(mut found: Vec<SocketAddr>, address: &Address, family: Option<Family>, watch: &Watch) -> Result<Vec<SocketAddr>, NoAnswer> {
    let Some(family) = family else { return Ok(found) };
    let before = found.len();
    found.retain(|at| family.has(at));
    if found.is_empty() && before > 0 {
        let detail = format!("{} has no address of {}, and only those are asked for", address.host, family.name());
        return Err(watch.fail(Failure::new(Code::NoAddressInFamily, detail)));
    }
    Ok(found)
}

fn not_found(address: &Address, error: &std::io::Error) -> Failure {
    if let Some((code @ Code::LocalLimit, detail)) = trouble::io_code(error) {
        return Failure::new(code, detail);
    }
    let (code, said) = trouble::lookup_code(error);
    let detail = match code {
        Code::DnsNxdomain => format!("name does not exist: {} ({said})", address.host),
        _ => format!("{} could not be resolved: {said}", address.host),
    };
    Failure::new(code, detail)
}

/// A connection to the first address that takes one, or why none did.
async fn first_that_answers(all: &[SocketAddr]) -> Result<TcpStream, Vec<(SocketAddr, std::io::Error)>> {
    let mut refused = Vec::new();
    for address in all {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused.push((*address, error)),
        }
    }
    Err(refused)
}

/// Why there is no connection: what the last address said, and then what those before it did.
fn not_connected(address: &Address, mut refused: Vec<(SocketAddr, std::io::Error)>, ms: f64) -> Failure {
    let Some((at, error)) = refused.pop() else {
        return Failure::new(Code::DnsNxdomain, format!("{} has no address", address.host));
    };
    let said = |(at, error): &(SocketAddr, std::io::Error)| format!("; {at}: {}", trouble::last_words(error));
    let before = refused.iter().map(said).collect::<Vec<_>>().concat();
    let at = if at.ip().to_string() == address.host { address.shown() } else { format!("{} ({at})", address.shown()) };
    match trouble::io_code(&error) {
        Some((code @ Code::Refused, _)) => Failure::new(code, format!("nothing listens on {at} (refused in {ms:.1} ms){before}")),
        Some((code @ Code::LocalLimit, detail)) => Failure::new(code, detail),
        Some((code, said)) => Failure::new(code, format!("{at}: {said}{before}")),
        None => Failure::new(Code::Unreachable, format!("{at}: {error}{before}")),
    }
}

//! A conversation in lines over a TCP connection, as blackbox_exporter's `query_response` has it.

use std::io;

use super::answer::NoAnswer;
use super::clients::Clients;
use super::login::Asked;
use super::open::open;
use super::settings::Tls;
use super::talk::Talk;
use super::url::Address;
use super::watch::{Limits, Watch, shown};
use crate::model::health::Line;
use crate::probe::code::Code;
use crate::probe::excerpt;
use crate::probe::failure::Failure;
use crate::probe::phases::Spent;
use crate::probe::trouble;

/// Connects to `host:port`, shakes hands where TLS is asked for, and says what is to be said.
pub(in crate::probe) async fn converse(
    clients: &Clients,
    address: &str,
    tls: Option<&Tls>,
    lines: &[Line],
    limits: Limits,
) -> Result<Asked, NoAnswer> {
    let mut watch = Watch::new(limits);
    let address = Address::parse(address, None).map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let connected = open(clients, &address, tls.map(|tls| (tls, &[][..])), &mut watch).await?;
    let mut failures = Vec::new();
    if !lines.is_empty() {
        let mut talk = Talk::new(connected.stream);
        let mut heard = Heard::default();
        let (time, done) = watch.within(watch.limits.first_byte, talk_through(&mut talk, lines, &mut heard)).await;
        watch.phases.first_byte_ms = Some(Spent::of(time));
        failures.extend(match done {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(heard.missed(&broken_off(&error))),
            None => Some(heard.missed(&format!("in {}", shown(time)))),
        });
    }
    Ok(Asked { failures, phases: watch.phases, chain: connected.chain })
}

/// What came, and what is waited for.
#[derive(Default)]
struct Heard {
    wanted: Option<String>,
    last: Option<String>,
}

impl Heard {
    /// What is waited for did not come.
    fn missed(&self, how: &str) -> Failure {
        let Some(wanted) = &self.wanted else {
            return Failure::new(Code::Reset, format!("nothing could be said: {how}"));
        };
        let last = match &self.last {
            Some(line) => format!("the last line was `{}`", excerpt::of_body(line.as_bytes())),
            None => "no line came".to_owned(),
        };
        Failure::new(Code::LineMissing, format!("no line matches {wanted} {how}; {last}")).against(wanted, last)
    }
}

async fn talk_through(talk: &mut Talk, lines: &[Line], heard: &mut Heard) -> io::Result<()> {
    for line in lines {
        if let Some(pattern) = &line.expect {
            heard.wanted = Some(pattern.clone());
            let unusable = |error: regex::Error| io::Error::new(io::ErrorKind::InvalidInput, error);
            let regex = regex::bytes::Regex::new(pattern).map_err(unusable)?;
            loop {
                let came = talk.any_line().await?;
                heard.last = Some(String::from_utf8_lossy(&came).into_owned());
                if regex.is_match(&came) {
                    break;
                }
            }
            heard.wanted = None;
        }
        if let Some(text) = &line.send {
            talk.say(format!("{text}\n").as_bytes()).await?;
        }
    }
    Ok(())
}

fn broken_off(error: &io::Error) -> String {
    match trouble::code_of(error) {
        Some((Code::Reset, _)) => "before the connection was closed".to_owned(),
        Some((_, said)) => format!("before the connection broke: {said}"),
        None => format!("before it broke off: {error}"),
    }
}

//! PostgreSQL: log in and `SELECT 1`, over TLS where it is asked for.

use std::io;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{ErrorFields, Message};
use postgres_protocol::message::frontend;

use super::answer::NoAnswer;
use super::clients::Clients;
use super::login::{Asked, Login, broken};
use super::talk::Talk;
use super::url::Address;
use super::watch::{Watch, shown};
use super::{connect, tap, tls};
use crate::probe::code::Code;
use crate::probe::failure::{Failure, Level};
use crate::probe::phases::Spent;

/// The database that every cluster has.
const DATABASE: &str = "postgres";

/// Asks a server whether it answers a query.
pub(in crate::probe) async fn select(clients: &Clients, login: &Login<'_>) -> Result<Asked, NoAnswer> {
    let mut watch = Watch::new(login.limits);
    let address = Address::parse(login.address, None).map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let config = match login.tls {
        Some(settings) => Some(clients.config(settings).map_err(|why| watch.fail(Failure::new(Code::TlsConfig, why)))?),
        None => None,
    };
    let stream = connect::connect(clients, &address, &mut watch).await?;
    let (stream, heard) = tap::Tap::new(stream);
    let mut talk = Talk::new(Box::new(stream));
    let mut chain = None;
    if let (Some(settings), Some(config)) = (login.tls, config) {
        offers_tls(&mut talk, &mut watch).await?;
        let connected = tls::shake_hands(talk.stream, heard, &address, settings, &config, &[], &mut watch).await?;
        chain = connected.chain;
        talk = Talk::new(connected.stream);
    }
    let (time, done) = watch.within(watch.limits.first_byte, converse(&mut talk, login)).await;
    watch.phases.first_byte_ms = Some(Spent::of(time));
    match done {
        Some(Ok(failure)) => Ok(Asked { failures: failure.into_iter().collect(), phases: watch.phases, chain }),
        Some(Err(error)) => Err(watch.fail(broken(&error, Code::NotPostgres))),
        None => Err(watch.fail(Failure::new(Code::FirstByteTimeout, format!("connected, no answer to `SELECT 1` in {}", shown(time))))),
    }
}

/// Asks for TLS, which PostgreSQL speaks on the port of plain text.
async fn offers_tls(talk: &mut Talk, watch: &mut Watch) -> Result<(), NoAnswer> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    let asked = async {
        talk.say(&request).await?;
        talk.more().await
    };
    let (time, done) = watch.within(watch.limits.tls, asked).await;
    let failure = match (done, talk.read.first()) {
        (Some(Ok(())), Some(b'S')) => {
            talk.read.clear();
            return Ok(());
        }
        (Some(Ok(())), Some(b'N')) => Failure::new(Code::TlsNotTls, "the server has TLS turned off"),
        (Some(Ok(())), _) => Failure::new(Code::NotPostgres, "the answer to the request for TLS is not PostgreSQL's"),
        (Some(Err(error)), _) => broken(&error, Code::NotPostgres),
        (None, _) => Failure::new(Code::TlsTimeout, format!("no answer to the request for TLS in {}", shown(time))),
    };
    Err(watch.fail(failure))
}

async fn converse(talk: &mut Talk, login: &Login<'_>) -> io::Result<Option<Failure>> {
    let Some(user) = login.user else { return without_user(talk, login.tls.is_some()).await };
    let mut out = BytesMut::new();
    frontend::startup_message([("user", user), ("database", DATABASE), ("application_name", "obsgen")], &mut out)?;
    talk.say(&out).await?;
    if let Some(failure) = authenticate(talk, user, login).await? {
        return Ok(Some(failure));
    }
    let mut out = BytesMut::new();
    frontend::query("SELECT 1", &mut out)?;
    talk.say(&out).await?;
    answered(talk).await
}

/// Without a user there is nobody to ask as: that it is PostgreSQL is all that can be found out.
async fn without_user(talk: &mut Talk, is_tls: bool) -> io::Result<Option<Failure>> {
    if !is_tls {
        let mut request = BytesMut::new();
        frontend::ssl_request(&mut request);
        talk.say(&request).await?;
        talk.more().await?;
        if !matches!(talk.read.first(), Some(b'S' | b'N')) {
            return Ok(Some(Failure::new(Code::NotPostgres, "the answer is not PostgreSQL's")));
        }
    }
    let detail = "it answers, but was not asked for anything: the manifest names no `user`";
    Ok(Some(Failure::new(Code::DepAuth, detail).level(Level::Warn)))
}

/// The next message; what cannot be one is an error.
async fn next(talk: &mut Talk) -> io::Result<Message> {
    loop {
        let mut buffer = BytesMut::from(&talk.read[..]);
        // A length beyond all measure is not PostgreSQL's.
        if buffer.len() >= 5 && (buffer[1] != 0 || !buffer[0].is_ascii_alphanumeric()) {
            let text = String::from_utf8_lossy(&buffer[..buffer.len().min(40)]).into_owned();
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("the answer is not PostgreSQL's: `{}`", text.trim_end())));
        }
        if let Some(message) = Message::parse(&mut buffer).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
            talk.read = buffer.to_vec();
            return Ok(message);
        }
        talk.more().await?;
    }
}

async fn authenticate(talk: &mut Talk, user: &str, login: &Login<'_>) -> io::Result<Option<Failure>> {
    let mut scram: Option<ScramSha256> = None;
    let password = login.password.map_or("", |secret| &secret.0).as_bytes();
    loop {
        let mut out = BytesMut::new();
        match next(talk).await? {
            Message::AuthenticationCleartextPassword => frontend::password_message(password, &mut out)?,
            Message::AuthenticationMd5Password(body) => {
                frontend::password_message(md5_hash(user.as_bytes(), password, body.salt()).as_bytes(), &mut out)?;
            }
            Message::AuthenticationSasl(body) => {
                let mechanisms: Vec<String> = body.mechanisms().map(|name| Ok(name.to_owned())).collect()?;
                if !mechanisms.iter().any(|name| name == SCRAM_SHA_256) {
                    return Ok(Some(unknown_way(&mechanisms.join(", "))));
                }
                let state = ScramSha256::new(password, ChannelBinding::unsupported());
                frontend::sasl_initial_response(SCRAM_SHA_256, state.message(), &mut out)?;
                scram = Some(state);
            }
            Message::AuthenticationSaslContinue(body) => {
                let Some(state) = scram.as_mut() else { return Ok(Some(unknown_way("an answer to what was not asked"))) };
                state.update(body.data())?;
                frontend::sasl_response(state.message(), &mut out)?;
            }
            Message::AuthenticationSaslFinal(body) => {
                let Some(state) = scram.as_mut() else { return Ok(Some(unknown_way("an answer to what was not asked"))) };
                state.finish(body.data())?;
            }
            Message::ErrorResponse(body) => return error(body.fields(), login.password.is_some()).map(Some),
            Message::ReadyForQuery(_) => return Ok(None),
            Message::AuthenticationOk | Message::ParameterStatus(_) | Message::BackendKeyData(_) | Message::NoticeResponse(_) => {}
            _ => return Ok(Some(unknown_way("a way of its own"))),
        }
        if !out.is_empty() {
            talk.say(&out).await?;
        }
    }
}

fn unknown_way(way: &str) -> Failure {
    Failure::new(Code::DepAuth, format!("the server wants a login that obsgen does not know: {way}"))
}

async fn answered(talk: &mut Talk) -> io::Result<Option<Failure>> {
    let mut one = false;
    loop {
        match next(talk).await? {
            Message::DataRow(body) => {
                let ranges: Vec<_> = body.ranges().collect()?;
                one = ranges.first().and_then(Option::as_ref).is_some_and(|range| &body.buffer()[range.clone()] == b"1");
            }
            Message::ErrorResponse(body) => return error(body.fields(), true).map(Some),
            Message::ReadyForQuery(_) if one => return Ok(None),
            Message::ReadyForQuery(_) => return Ok(Some(Failure::new(Code::PostgresError, "`SELECT 1` did not answer `1`"))),
            _ => {}
        }
    }
}

/// What the server refused, with its code of five characters.
fn error(mut fields: ErrorFields<'_>, has_password: bool) -> io::Result<Failure> {
    let (mut state, mut said) = (String::new(), String::new());
    while let Some(field) = fields.next()? {
        let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => state = text(),
            b'M' => said = text(),
            _ => {}
        }
    }
    let code = if state.starts_with("28") { Code::DepAuth } else { Code::PostgresError };
    let more = if code == Code::DepAuth && !has_password { "; the manifest names no `password_env`" } else { "" };
    Ok(Failure::new(code, format!("{said} ({state}){more}")))
}

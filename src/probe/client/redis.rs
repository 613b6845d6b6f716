//! Redis and Valkey: log in where there is a password, and `PING`.

use std::io;

use super::answer::NoAnswer;
use super::clients::Clients;
use super::login::{Asked, Login, broken, enter};
use super::talk::Talk;
use super::watch::{Watch, shown};
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::Spent;

/// Asks a server whether it serves.
pub(in crate::probe) async fn ping(clients: &Clients, login: &Login<'_>) -> Result<Asked, NoAnswer> {
    let mut watch = Watch::new(login.limits);
    let (connected, _) = enter(clients, login, &mut watch).await?;
    let mut talk = Talk::new(connected.stream);
    let (time, done) = watch.within(watch.limits.first_byte, converse(&mut talk, login)).await;
    watch.phases.first_byte_ms = Some(Spent::of(time));
    match done {
        Some(Ok(failure)) => Ok(Asked { failures: failure.into_iter().collect(), phases: watch.phases, chain: connected.chain }),
        Some(Err(error)) => Err(watch.fail(broken(&error, Code::NotRedis))),
        None => Err(watch.fail(Failure::new(Code::FirstByteTimeout, format!("connected, no answer to `PING` in {}", shown(time))))),
    }
}

async fn converse(talk: &mut Talk, login: &Login<'_>) -> io::Result<Option<Failure>> {
    if let Some(password) = login.password {
        let words: Vec<&str> = ["AUTH"].into_iter().chain(login.user).chain([password.0.as_str()]).collect();
        talk.say(&command(&words)).await?;
        let answer = talk.line().await?;
        if let Some(failure) = judge(&answer, b"+OK", true) {
            return Ok(Some(failure));
        }
    }
    talk.say(&command(&["PING"])).await?;
    let answer = talk.line().await?;
    Ok(judge(&answer, b"+PONG", login.password.is_some()))
}

/// A command as Redis reads it: so many words, each with its length.
fn command(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len());
    for word in words {
        out += &format!("${}\r\n{word}\r\n", word.len());
    }
    out.into_bytes()
}

fn judge(answer: &[u8], expected: &[u8], has_password: bool) -> Option<Failure> {
    if answer == expected {
        return None;
    }
    let said = String::from_utf8_lossy(answer).into_owned();
    let Some(error) = said.strip_prefix('-') else {
        let failure = Failure::new(Code::NotRedis, format!("the answer is not Redis's: `{said}`"));
        return Some(failure.against(String::from_utf8_lossy(expected), said));
    };
    let code = match error.split(' ').next().unwrap_or_default() {
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Code::DepAuth,
        _ if error.contains("AUTH") => Code::DepAuth,
        _ => Code::RedisError,
    };
    let more = if code == Code::DepAuth && !has_password { "; the manifest names no `password_env`" } else { "" };
    Some(Failure::new(code, format!("{error}{more}")).against(String::from_utf8_lossy(expected), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_framed_and_answers_judged() {
        assert_eq!(command(&["AUTH", "obs", "pä"]), "*3\r\n$4\r\nAUTH\r\n$3\r\nobs\r\n$3\r\npä\r\n".as_bytes());
        let code = |answer: &[u8]| judge(answer, b"+PONG", false).map(|failure| failure.code);
        assert_eq!(code(b"+PONG"), None);
        assert_eq!(code(b"-NOAUTH Authentication required."), Some(Code::DepAuth));
        assert_eq!(code(b"-LOADING Redis is loading the dataset in memory"), Some(Code::RedisError));
        assert_eq!(code(b"HTTP/1.1 400 Bad Request"), Some(Code::NotRedis));
    }
}

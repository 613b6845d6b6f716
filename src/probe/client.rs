//! The network's one door: HTTP by reqwest, TCP by tokio. Times each phase and says in codes why there is no answer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url};
use serde_json::Value;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::answer::{Answer, NoAnswer};
use super::code::Code;
use super::report::{Phases, millis};
use super::trouble::{self, LookupError};

/// So much of a body is read.
const BODY_LIMIT: usize = 64 * 1024;
/// A limit inside reqwest is reached first, so that it can say what it was waiting for.
const GRACE: Duration = Duration::from_millis(25);

tokio::task_local! {
    /// How far the lookup of the request that runs is.
    static LOOKUP: Lookup;
}

/// How far a lookup is.
#[derive(Clone, Debug, Default)]
struct Lookup(Arc<Mutex<LookupState>>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum LookupState {
    /// There is none: the host is an address.
    #[default]
    None,
    /// It runs.
    Running,
    /// It took so long.
    Done(Duration),
}

impl Lookup {
    fn set(&self, state: LookupState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn get(&self) -> LookupState {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn took(&self) -> Option<Duration> {
        match self.get() {
            LookupState::Done(took) => Some(took),
            LookupState::None | LookupState::Running => None,
        }
    }
}

/// Resolves names as the system does, and keeps the time. A server name that stands in for a host resolves as the host.
struct Resolver {
    stands_for: Option<String>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = self.stands_for.clone().unwrap_or_else(|| name.as_str().to_owned());
        let lookup = LOOKUP.try_with(Clone::clone).unwrap_or_default();
        Box::pin(async move {
            let start = Instant::now();
            lookup.set(LookupState::Running);
            let found = lookup_host((host.trim_matches(['[', ']']), 0)).await;
            lookup.set(LookupState::Done(start.elapsed()));
            match found {
                Ok(addresses) => Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs),
                Err(error) => Err(LookupError(error).into()),
            }
        })
    }
}

/// TLS settings of a check, under Prometheus's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tls {
    ca_file: Option<PathBuf>,
    cert_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    server_name: Option<String>,
    /// Whether any certificate will do.
    pub(super) unverified: bool,
}

impl Tls {
    /// Reads settings; files are named from a folder. Says so where a setting cannot be honoured.
    pub(super) fn read(value: Option<&Value>, folder: &Path) -> Result<Self, String> {
        let mut tls = Self::default();
        for (key, value) in value.and_then(Value::as_object).into_iter().flatten() {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("`tls.{key}` is not a text"));
            match key.as_str() {
                "ca_file" => tls.ca_file = Some(folder.join(text()?)),
                "cert_file" => tls.cert_file = Some(folder.join(text()?)),
                "key_file" => tls.key_file = Some(folder.join(text()?)),
                "server_name" => tls.server_name = Some(text()?),
                "insecure_skip_verify" => tls.unverified = value == &Value::Bool(true),
                _ => return Err(format!("`tls.{key}` cannot be honoured by a probe")),
            }
        }
        Ok(tls)
    }
}

/// What tells clients apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// `None` for plain HTTP.
    tls: Option<Tls>,
    stands_for: Option<String>,
    limit: Duration,
}

/// Clients, each made when it is first needed: reading the system's certificates takes a while.
#[derive(Debug, Default)]
pub(super) struct Clients(Mutex<HashMap<Key, Client>>);

impl Clients {
    fn get(&self, key: &Key) -> Result<Client, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(key) {
            return Ok(client.clone());
        }
        let client = build(key)?;
        known.insert(key.clone(), client.clone());
        Ok(client)
    }
}

fn build(key: &Key) -> Result<Client, String> {
    let provider = rustls::crypto::ring::default_provider();
    // It fails where it was done before, which is as good.
    let _ = provider.install_default();
    let builder = Client::builder()
        .user_agent(concat!("obsgen/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Resolver { stands_for: key.stands_for.clone() })
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        // Each check has a connection of its own: a shared one hides that connecting fails.
        .pool_max_idle_per_host(0)
        .connect_timeout(key.limit);
    let builder = match &key.tls {
        Some(tls) => with_tls(builder, tls)?,
        None => without_tls(builder),
    };
    builder.build().map_err(|error| trouble::last_words(&error))
}

/// Plain HTTP needs no certificates, so none are read.
fn without_tls(builder: ClientBuilder) -> ClientBuilder {
    let nobody = rustls::RootCertStore::empty();
    builder.tls_backend_preconfigured(rustls::ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth())
}

fn with_tls(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    if let Some(path) = &tls.ca_file {
        let unusable = |error: reqwest::Error| format!("{}: {}", path.display(), trouble::last_words(&error));
        let certificates = reqwest::Certificate::from_pem_bundle(&read(path)?).map_err(unusable)?;
        if certificates.is_empty() {
            return Err(format!("{}: there is no certificate in it", path.display()));
        }
        builder = builder.tls_certs_only(certificates);
    }
    match (&tls.cert_file, &tls.key_file) {
        (Some(certificate), Some(key)) => {
            let pem = [read(key)?, vec![b'\n'], read(certificate)?].concat();
            let unusable =
                |error: reqwest::Error| format!("{} and {}: {}", certificate.display(), key.display(), trouble::last_words(&error));
            builder = builder.identity(reqwest::Identity::from_pem(&pem).map_err(unusable)?);
        }
        (None, None) => {}
        _ => return Err("`cert_file` and `key_file` need each other".to_owned()),
    }
    Ok(if tls.unverified { builder.tls_danger_accept_invalid_certs(true) } else { builder })
}

/// Gets a URL within a limit.
pub(super) async fn get(clients: &Clients, url: &str, tls: &Tls, limit: Duration) -> Result<Answer, NoAnswer> {
    let start = Instant::now();
    let unusable = |code: Code, detail: String| NoAnswer { code, detail, phases: Phases::default() };
    let mut url: Url = url.parse().map_err(|error| unusable(Code::Unsupported, format!("not a URL: {error}")))?;
    let is_tls = url.scheme() == "https";
    let authority = url.host_str().map(|host| url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")));
    let stands_for = tls.server_name.as_ref().filter(|_| is_tls).and_then(|name| {
        let host = url.host_str()?.to_owned();
        url.set_host(Some(name)).ok().map(|()| host)
    });
    let key = Key { tls: is_tls.then(|| tls.clone()), stands_for: stands_for.clone(), limit };
    let client = clients.get(&key).map_err(|detail| unusable(Code::TlsConfig, detail))?;
    let mut request = client.get(url.clone()).header("accept", "*/*");
    if let Some(authority) = authority.as_ref().filter(|_| stands_for.is_some()) {
        request = request.header("host", authority);
    }
    let lookup = Lookup::default();
    let sent = timeout(limit.saturating_sub(start.elapsed()) + GRACE, LOOKUP.scope(lookup.clone(), request.send())).await;
    let mut phases = Phases { dns_ms: lookup.took().map(millis), ..Phases::default() };
    let response = match sent {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            let (code, detail) = why(&error, &lookup, is_tls, authority.as_deref().unwrap_or_default(), limit).await;
            return Err(NoAnswer { code, detail, phases });
        }
        Err(_) => {
            let (code, detail) = match lookup.get() {
                LookupState::Running => (Code::DnsTimeout, format!("the resolver did not answer in {}", shown(limit))),
                _ => (Code::FirstByteTimeout, format!("connected, but no first byte in {}", shown(limit))),
            };
            return Err(NoAnswer { code, detail, phases });
        }
    };
    let first_byte = start.elapsed();
    phases.first_byte_ms = Some(millis(first_byte.saturating_sub(lookup.took().unwrap_or_default())));
    let mut answer =
        Answer { status: response.status().as_u16(), headers: headers(&response), body: Vec::new(), cut: false, trouble: None, phases };
    read_body(response, &mut answer, limit.saturating_sub(first_byte), limit).await;
    answer.phases.body_ms = Some(millis(start.elapsed().saturating_sub(first_byte)));
    Ok(answer)
}

fn headers(response: &reqwest::Response) -> Vec<(String, String)> {
    response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

async fn read_body(mut response: reqwest::Response, answer: &mut Answer, left: Duration, limit: Duration) {
    let announced = response.content_length();
    let read = timeout(left + GRACE, async {
        while let Some(chunk) = response.chunk().await? {
            let room = BODY_LIMIT - answer.body.len();
            answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                answer.cut = true;
                break;
            }
        }
        Ok::<(), reqwest::Error>(())
    })
    .await;
    let got = || announced.map_or_else(|| format!("{} bytes", answer.body.len()), |all| format!("{} of {all} bytes", answer.body.len()));
    answer.trouble = match read {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            let words = trouble::last_words(&error);
            // What stands where the length of a chunk should is no answer of HTTP's.
            let code = if words.to_ascii_lowercase().contains("invalid chunk") { Code::NotHttp } else { Code::BodyTruncated };
            Some((code, format!("got {}, then: {words}", got())))
        }
        Err(_) => Some((Code::BodyTimeout, format!("got {} in {}, and then nothing", got(), shown(limit)))),
    };
}

/// Why there is no answer.
async fn why(error: &reqwest::Error, lookup: &Lookup, is_tls: bool, authority: &str, limit: Duration) -> (Code, String) {
    if error.is_timeout() && error.is_connect() {
        if lookup.get() == LookupState::Running {
            return (Code::DnsTimeout, format!("the resolver did not answer in {}", shown(limit)));
        }
        // reqwest does not say which of the two it was waiting for. Connecting again does.
        let port_named = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let address = if port_named { authority.to_owned() } else { format!("{authority}:443") };
        if is_tls && connect(&address, limit.min(Duration::from_millis(500))).await.is_ok() {
            return (Code::TlsTimeout, format!("TCP connects, but TLS was silent for {}", shown(limit)));
        }
        return (Code::ConnectTimeout, format!("no TCP answer in {}", shown(limit)));
    }
    let words = trouble::last_words(error);
    if let Some((code, detail)) = trouble::code_of(error) {
        return match code {
            Code::Refused => (code, format!("nothing listens on {authority} (refused)")),
            Code::DnsNxdomain => (code, format!("name does not exist: {authority} ({detail})")),
            Code::Reset if error.is_connect() && is_tls => (code, format!("closed during the TLS handshake: {detail}")),
            Code::Reset => (code, format!("closed without an answer: {detail}")),
            _ => (code, detail),
        };
    }
    // hyper's kinds of error have no names outside it.
    if words.starts_with("invalid HTTP") || words.starts_with("invalid ") || words.contains("message head is too large") {
        return (Code::NotHttp, format!("the answer is not HTTP: {words}"));
    }
    let closed = error.is_request() || error.is_connect();
    (if closed { Code::Reset } else { Code::NotHttp }, format!("closed without an answer: {words}"))
}

/// Connects to `host:port` within a limit, to each of its addresses in turn.
pub(super) async fn connect(address: &str, limit: Duration) -> Result<Phases, NoAnswer> {
    let start = Instant::now();
    let mut phases = Phases::default();
    let found = match timeout(limit, lookup_host(address)).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(error)) => {
            let (code, detail) = trouble::lookup_code(&error);
            return Err(NoAnswer { code, detail: format!("{address}: {detail}"), phases });
        }
        Err(_) => {
            return Err(NoAnswer { code: Code::DnsTimeout, detail: format!("the resolver did not answer in {}", shown(limit)), phases });
        }
    };
    let resolved = start.elapsed();
    phases.dns_ms = Some(millis(resolved));
    let mut last = (Code::DnsFail, format!("{address} has no address"));
    for socket in found {
        last = match timeout(limit.saturating_sub(start.elapsed()), TcpStream::connect(socket)).await {
            Ok(Ok(_)) => {
                phases.connect_ms = Some(millis(start.elapsed().saturating_sub(resolved)));
                return Ok(phases);
            }
            Ok(Err(error)) => match trouble::io_code(&error) {
                Some((Code::Refused, _)) => (Code::Refused, format!("nothing listens on {socket} (refused)")),
                known => known.unwrap_or((Code::Unreachable, error.to_string())),
            },
            Err(_) => (Code::ConnectTimeout, format!("no TCP answer from {socket} in {}", shown(limit))),
        };
    }
    let (code, detail) = last;
    Err(NoAnswer { code, detail, phases })
}

fn shown(limit: Duration) -> String {
    crate::manifest::scalars::Duration(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)).to_string()
}

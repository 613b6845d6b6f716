//! A page of metrics from a URL, for those who want to read it rather than to judge how it came.
//!
//! Asked for as Prometheus asks, except that nothing compressed is asked for. What the probe has of its own for the phases
//! of a check, reqwest does here; both say what went wrong in the same words.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, Url};
use rustls::{ClientConfig, RootCertStore};

use super::{excerpt, scrape, trouble};

/// So much of a page is read.
const LIMIT: usize = 32 << 20;
/// So many redirects are followed, and only where scheme, host and port stay the same.
const REDIRECTS: usize = 5;

/// A page as it came.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The bytes.
    pub body: Vec<u8>,
    /// What the server calls it.
    pub content_type: Option<String>,
}

/// Whether a text names a page on the network rather than a file.
pub fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Where a URL says that a service is scraped.
#[derive(Clone, Debug)]
pub struct Place {
    /// `host:port`
    pub target: String,
    /// Whether it is asked over TLS.
    pub is_tls: bool,
    /// The path of the page.
    pub path: String,
}

impl Place {
    /// Takes a URL apart; `None` for what is none.
    pub fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|_| is_url(text))?;
        let target = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        Some(Self { target, is_tls: url.scheme() == "https", path: url.path().to_owned() })
    }
}

/// Gets a page of metrics, in the given time or not at all.
///
/// # Errors
/// Where there is no whole answer with status 200; the text names the URL, without its credentials, and says what to try.
pub fn fetch(url: &str, timeout: Duration) -> anyhow::Result<Fetched> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot begin to ask")?;
    let fetched = runtime.block_on(page(url, timeout)).with_context(|| excerpt::without_credentials(url).into_owned());
    // A lookup that hangs must not keep the program from ending.
    runtime.shutdown_background();
    fetched
}

/// Somebody who looks at other paths of a page's host.
pub(super) struct Visitor {
    client: Client,
    page: Url,
}

/// What a path answers.
pub(super) struct Visited {
    pub(super) status: u16,
    /// Whether it is this path that answers, and no other one that it sends to.
    pub(super) itself: bool,
    /// Whether people are meant.
    pub(super) is_html: bool,
}

impl Visitor {
    /// `None` where the page has no URL.
    pub(super) fn of(page: &str, timeout: Duration) -> Option<Self> {
        Some(Self { client: client(timeout).ok()?, page: Url::parse(page).ok()? })
    }

    /// Asks a path; `None` where nobody answers in time.
    pub(super) async fn visit(&self, path: &str, timeout: Duration) -> Option<Visited> {
        let response = self.client.get(self.page.join(path).ok()?).timeout(timeout).send().await.ok()?;
        let is_html = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        Some(Visited { status: response.status().as_u16(), itself: response.url().path() == path, is_html })
    }
}

async fn page(url: &str, timeout: Duration) -> anyhow::Result<Fetched> {
    let url = Url::parse(url).context("not a URL")?;
    let request = client(timeout)?.get(url).header(ACCEPT, scrape::ACCEPT);
    let response = request.header(scrape::TIMEOUT_HEADER, timeout.as_secs_f64().to_string()).send().await;
    let response = response.map_err(|error| failed(&error, timeout))?;
    if response.status() != 200 {
        bail!(refused(&response));
    }
    let content_type = response.headers().get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Ok(Fetched { body: body(response, timeout).await?, content_type })
}

/// A client that trusts whom the system trusts, and goes where it is told to.
fn client(timeout: Duration) -> anyhow::Result<Client> {
    let mut roots = RootCertStore::empty();
    // A system without certificates trusts nobody; the handshake says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = rustls::crypto::ring::default_provider();
    let tls = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions()?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth())
        .user_agent(concat!("obsgen/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(follow))
        .timeout(timeout)
        // What is asked is mostly inside, where a proxy of the environment does not lead.
        .no_proxy();
    Ok(client.build()?)
}

/// Stays with the server that was asked: another one was not meant, and must not be given its credentials.
fn follow(attempt: Attempt) -> reqwest::redirect::Action {
    let first = attempt.previous().first().map(Url::origin);
    if first == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// The whole body, if it is not longer than anybody reads.
async fn body(mut response: Response, timeout: Duration) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error, timeout))? {
        if body.len() + chunk.len() > LIMIT {
            bail!("the page is longer than {} MiB, and no more is read", LIMIT >> 20);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An answer that is no page.
fn refused(response: &Response) -> String {
    let status = response.status().as_u16();
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    match to.filter(|_| response.status().is_redirection()) {
        Some(to) => format!("status {status}, which sends to {}: name that URL if it is the page", excerpt::without_credentials(to)),
        None => format!("status {status}, expected 200: is it the path of the metrics?"),
    }
}

/// What went wrong, in the words of the probe where it has some.
fn failed(error: &reqwest::Error, timeout: Duration) -> anyhow::Error {
    if error.is_timeout() {
        return anyhow!("no whole answer in {} s", timeout.as_secs_f64());
    }
    match trouble::code_of(error) {
        Some((code, said)) => anyhow!("{said}; {}", code.hint()),
        None => anyhow!(trouble::last_words(error)),
    }
}

//! Scraping as Prometheus does it: the same headers, the same credentials, every instance.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::bounds::Bounds;
use super::client::{self, Answer, Clients, Header, Limits, NoAnswer, Request, Tls, Transcript};
use super::code::Code;
use super::contract::{self, ContentType, Seen, Terms};
use super::failure::Failure;
use super::job::{Job, Scraped};
use super::phases::Phases;
use super::report::CheckReport;
use super::{credentials, excerpt, expect, redirect};
use crate::manifest::stack::Version;
use crate::model::health::Expect;

/// So much of a page is read where nothing else is said.
const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// So many redirects are followed, and only where host and port stay the same.
const REDIRECTS: usize = 5;

/// What a scrape of Prometheus 3 asks for.
pub(super) const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
/// What a scrape of Prometheus 2 asks for.
const ACCEPT_TWO: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
     text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
/// How long Prometheus waits, in seconds: exporters that gather for long read it.
pub(super) const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

fn accept(version: Version) -> &'static str {
    if version < Version::new(3, 0) { ACCEPT_TWO } else { ACCEPT }
}

/// How an instance is asked.
struct How {
    tls: Tls,
    headers: Vec<Header>,
    timeout: Duration,
    body_limit: usize,
    transcript: Option<Transcript>,
}

/// Scrapes every instance and judges what came.
pub(super) async fn check(job: &Job, terms: &Terms, scraped: &Scraped, clients: &Clients, bounds: Bounds) -> CheckReport {
    let start = Instant::now();
    let how = match how(scraped, &job.owner.folder, clients, terms.timeout.min(bounds.time), bounds) {
        Ok(how) => how,
        Err(failure) => return CheckReport::new(job, start.elapsed(), Phases::default(), vec![*failure], None),
    };
    let (mut failures, mut pages, mut phases, mut body) = (Vec::new(), Vec::new(), Phases::default(), None);
    for url in &scraped.urls {
        match page(clients, url, &how, terms.prometheus).await {
            Ok((seen, answer)) => {
                failures.extend(expect::expiring(answer.chain.as_ref(), &Expect::default()));
                failures.extend(expect::unverified(Some(&how.tls).filter(|_| url.starts_with("https://"))));
                phases = answer.phases;
                pages.push(seen);
            }
            Err((mut no, excerpt)) => {
                if scraped.urls.len() > 1 {
                    no.failure.place = Some(url.clone());
                }
                phases = no.phases;
                body = excerpt;
                failures.push(*no.failure);
            }
        }
    }
    let took = start.elapsed();
    let (found, kept) = contract::judge(terms, &pages);
    let unreached = pages.is_empty();
    if !unreached {
        failures.extend(found);
    }
    let report = CheckReport::new(job, took, phases, failures, body.as_deref()).transcript(how.transcript);
    if unreached { report } else { report.kept(kept) }
}

/// The credentials and the TLS settings, read.
fn how(scraped: &Scraped, folder: &Path, clients: &Clients, timeout: Duration, bounds: Bounds) -> Result<How, Box<Failure>> {
    let setting = |name: &str| scraped.settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
    let tls = Tls::read(setting("tls_config"), folder).map_err(|why| Box::new(Failure::new(Code::TlsConfig, why)))?;
    let said = ["basic_auth", "authorization"].into_iter().find_map(|key| Some((key, setting(key)?)));
    let mut headers = Vec::from_iter(said.map(|(key, body)| credentials::header(key, body, folder)).transpose()?);
    clients.reach.headers.over(&mut headers);
    let transcript = bounds.heads.then(Transcript::default);
    Ok(How { tls, headers, timeout, body_limit: bounds.body.unwrap_or(BODY_LIMIT), transcript })
}

type Unscraped = (NoAnswer, Option<Vec<u8>>);

/// An instance's page, in the format that Prometheus asks for, and once more as text.
async fn page(clients: &Clients, url: &str, how: &How, version: Version) -> Result<(Seen, Answer), Unscraped> {
    let start = Instant::now();
    let mut answer = ask(clients, url, how, accept(version)).await?;
    let took = start.elapsed();
    let again = ask(clients, url, how, "text/plain;version=0.0.4").await.ok().map(|mut again| Box::new(seen(url, &mut again, None)));
    let mut seen = seen(url, &mut answer, Some(took));
    seen.again = again;
    Ok((seen, answer))
}

fn seen(url: &str, answer: &mut Answer, took: Option<Duration>) -> Seen {
    let header = ContentType(answer.header("content-type").next().map(str::to_owned));
    Seen { from: url.to_owned(), content_type: Some(header), body: std::mem::take(&mut answer.body), took, again: None }
}

/// Asks once, and follows redirects that stay with the host.
async fn ask(clients: &Clients, url: &str, how: &How, accept: &str) -> Result<Answer, Unscraped> {
    let own = [Header::shown("accept", accept), Header::shown(TIMEOUT_HEADER, &how.timeout.as_secs_f64().to_string())];
    let headers: Vec<Header> = own.into_iter().flatten().chain(how.headers.iter().cloned()).collect();
    let mut url = url.to_owned();
    let start = Instant::now();
    for _ in 0..=REDIRECTS {
        let limits = Limits::of(how.timeout.saturating_sub(start.elapsed()));
        let request = Request {
            url: &url,
            tls: &how.tls,
            headers: &headers,
            version: None,
            transcript: how.transcript.as_ref(),
            proxy: None,
            limits,
            body_limit: how.body_limit,
        };
        let answer = client::get(clients, &request).await.map_err(|no| (no, None))?;
        let Some(next) = redirect::next(&url, &answer) else { return whole(answer, &url, how) };
        if next == url {
            return whole(answer, &url, how);
        }
        url = next;
    }
    let failure = Failure::new(Code::RedirectLoop, format!("{REDIRECTS} redirects, and then one more to {url}"));
    Err((NoAnswer { failure: Box::new(failure), phases: Phases::default() }, None))
}

/// An answer that Prometheus would read.
fn whole(answer: Answer, url: &str, how: &How) -> Result<Answer, Unscraped> {
    let mut failures = expect::judge(&answer, &Expect::only(200), url, Duration::ZERO, how.headers.iter().any(Header::is_authorization));
    if answer.cut {
        let detail = format!("the page is longer than {}, and no more is read", excerpt::size(how.body_limit));
        failures.push(Failure::new(Code::BodyTooLarge, detail));
    }
    if failures.is_empty() {
        return Ok(answer);
    }
    let failure = failures.swap_remove(0);
    Err((NoAnswer { failure: Box::new(failure), phases: answer.phases }, Some(answer.body)))
}

/// The URLs of a service's instances, where they are known without asking anybody.
pub fn urls(discovery: &(&'static str, Value), scheme: &str, path: &str) -> Option<Vec<String>> {
    if discovery.0 != "static_configs" {
        return None;
    }
    let targets = discovery.1.as_array()?.iter().filter_map(|group| group["targets"].as_array()).flatten().filter_map(Value::as_str);
    Some(targets.map(|target| format!("{scheme}://{target}{path}")).collect())
}

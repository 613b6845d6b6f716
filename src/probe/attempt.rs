//! One attempt at one check: asked once, and its answer judged.

use std::time::{Duration, Instant};

use super::bounds::Bounds;
use super::client::{self, Clients, Header, Limits, Request, Tls, Transcript};
use super::code::Code;
use super::failure::Failure;
use super::job::{Ask, Job};
use super::phases::Phases;
use super::report::CheckReport;
use super::{contract, credentials, dependency, expect, grpc, health, redirect, scrape};
use crate::model::health::{Check, Target};

/// So much of a health check's body is read where nothing else is said.
const BODY_LIMIT: usize = 64 * 1024;

/// Makes a check once.
pub(super) async fn attempt(job: &Job, clients: &Clients, bounds: Bounds) -> CheckReport {
    let check = match &job.ask {
        Ask::Check(check) => check,
        // Of thousands of checks hardly one is of these kinds: none of the others is to be as large as they are.
        Ask::Dependency(asked) => return Box::pin(dependency::check(job, asked, clients, bounds.time)).await,
        Ask::Scrape(terms, scraped) => return Box::pin(scrape::check(job, terms, scraped, clients, bounds)).await,
        Ask::Page(terms, seen) => {
            let (failures, kept) = contract::judge(terms, std::slice::from_ref(seen));
            return CheckReport::new(job, Duration::ZERO, Phases::default(), failures, None).kept(kept);
        }
    };
    let limits = Limits::of(bounds.time.min(Duration::from_millis(check.timeout.0)));
    let tls = match Tls::read(check.tls(), &job.owner.folder) {
        Ok(tls) => tls,
        Err(why) => return CheckReport::new(job, Duration::ZERO, Phases::default(), vec![Failure::new(Code::TlsConfig, why)], None),
    };
    // What is no URL speaks TLS where there are settings for it.
    let settings = Some(&tls).filter(|_| check.tls().is_some());
    match &check.target {
        Target::Http(url) => http(job, check, url, &tls, clients, limits, bounds).await,
        Target::Tcp(address) => Box::pin(tcp(job, check, address, settings, clients, limits)).await,
        Target::Grpc { address, service } => {
            Box::pin(grpc::check(job, check, address, service.as_deref(), settings, clients, limits)).await
        }
    }
}

async fn http(job: &Job, check: &Check, url: &str, tls: &Tls, clients: &Clients, limits: Limits, bounds: Bounds) -> CheckReport {
    let transcript = bounds.heads.then(Transcript::default);
    let report = ask(job, check, url, tls, clients, limits, bounds, transcript.as_ref()).await;
    report.transcript(transcript)
}

#[expect(clippy::too_many_arguments, reason = "all that an attempt knows")]
async fn ask(
    job: &Job,
    check: &Check,
    url: &str,
    tls: &Tls,
    clients: &Clients,
    limits: Limits,
    bounds: Bounds,
    transcript: Option<&Transcript>,
) -> CheckReport {
    let start = Instant::now();
    let failed = |phases, failure| CheckReport::new(job, start.elapsed(), phases, vec![failure], None);
    let manner = check.manner.as_deref();
    let mut headers = Vec::new();
    if let Some((key, body)) = manner.and_then(|manner| manner.credentials.as_ref()) {
        match credentials::header(key, body, &job.owner.folder) {
            Ok(header) => headers.push(header),
            Err(failure) => return failed(Phases::default(), *failure),
        }
    }
    if check.is_own {
        clients.reach.headers.over(&mut headers);
    }
    let proxy = manner.and_then(|manner| manner.proxy.as_deref());
    let most = if check.redirects() > 0 { check.redirects() } else { bounds.redirects };
    let mut followed = Vec::new();
    let answer = loop {
        let url = followed.last().map_or(url, String::as_str);
        let limits = Limits::of(limits.total.saturating_sub(start.elapsed()));
        let request = Request {
            url,
            tls,
            headers: &headers,
            version: check.http_version(),
            transcript,
            proxy,
            limits,
            body_limit: bounds.body.unwrap_or(BODY_LIMIT),
        };
        let answer = match client::get(clients, &request).await {
            Ok(answer) => answer,
            Err(no) => return failed(no.phases, *no.failure),
        };
        // A redirect that is expected has arrived.
        let next = redirect::next(url, &answer).filter(|_| most > 0 && !check.expect.statuses.contain(answer.status));
        match next {
            Some(next) if followed.len() < most as usize => followed.push(next),
            Some(next) => {
                let detail = format!("{} redirects, and then one more to {next}", followed.len());
                return failed(answer.phases, Failure::new(Code::RedirectLoop, detail));
            }
            None => break answer,
        }
    };
    let took = start.elapsed();
    let url = followed.last().map_or(url, String::as_str);
    let mut failures = expect::judge(&answer, &check.expect, url, took, headers.iter().any(Header::is_authorization));
    failures.extend(health::judge(&answer, check));
    failures.extend(expect::expiring(answer.chain.as_ref(), &check.expect));
    failures.extend(expect::unverified(Some(tls).filter(|_| check.target.is_tls())));
    CheckReport::new(job, took, answer.phases, failures, Some(&answer.body)).http(&answer)
}

async fn tcp(job: &Job, check: &Check, address: &str, tls: Option<&Tls>, clients: &Clients, limits: Limits) -> CheckReport {
    let start = Instant::now();
    let dialogue = check.manner.as_ref().map_or(&[][..], |manner| &manner.dialogue);
    let reached = client::converse(clients, address, tls, dialogue, limits).await;
    let took = start.elapsed();
    match reached {
        Ok(asked) => {
            let mut failures = asked.failures;
            failures.extend(expect::slow(&check.expect, took, asked.phases.first_byte_ms));
            failures.extend(expect::expiring(asked.chain.as_ref(), &check.expect));
            failures.extend(expect::unverified(tls));
            CheckReport::new(job, took, asked.phases, failures, None)
        }
        Err(no) => CheckReport::new(job, took, no.phases, vec![*no.failure], None),
    }
}

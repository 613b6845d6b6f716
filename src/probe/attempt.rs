//! One attempt at one check: asked once, and its answer judged.

use std::time::{Duration, Instant};

use super::client::{self, Clients, Limits, Request, Tls};
use super::code::Code;
use super::report::{CheckReport, Failure, Phases};
use super::{Ask, Job};
use super::{contract, dependency, expect, grpc, health, scrape};
use crate::model::health::{Check, Target};

/// So much of a health check's body is read.
const BODY_LIMIT: usize = 64 * 1024;

/// Makes a check once, within its own limit and another.
pub(super) async fn attempt(job: &Job, clients: &Clients, limit: Duration) -> CheckReport {
    let check = match &job.ask {
        Ask::Check(check) => check,
        // Of thousands of checks hardly one is of these kinds: none of the others is to be as large as they are.
        Ask::Dependency(asked) => return Box::pin(dependency::check(job, asked, clients, limit)).await,
        Ask::Scrape(terms, scraped) => return Box::pin(scrape::check(job, terms, scraped, clients, limit)).await,
        Ask::Page(terms, seen) => {
            let (failures, kept) = contract::judge(terms, std::slice::from_ref(seen));
            return CheckReport::new(job, Duration::ZERO, Phases::default(), failures, None).kept(kept);
        }
    };
    let limits = Limits::of(limit.min(Duration::from_millis(check.timeout.0)));
    let tls = match Tls::read(check.tls.as_ref(), &job.folder) {
        Ok(tls) => tls,
        Err(why) => return CheckReport::new(job, Duration::ZERO, Phases::default(), vec![Failure::new(Code::TlsConfig, why)], None),
    };
    // What is no URL speaks TLS where there are settings for it.
    let settings = Some(&tls).filter(|_| check.tls.is_some());
    match &check.target {
        Target::Http(url) => http(job, check, url, &tls, clients, limits).await,
        Target::Tcp(address) => tcp(job, check, address, settings, clients, limits).await,
        Target::Grpc { address, service } => {
            Box::pin(grpc::check(job, check, address, service.as_deref(), settings, clients, limits)).await
        }
    }
}

async fn http(job: &Job, check: &Check, url: &str, tls: &Tls, clients: &Clients, limits: Limits) -> CheckReport {
    let start = Instant::now();
    let request = Request { url, tls, headers: &[], limits, body_limit: BODY_LIMIT };
    match client::get(clients, &request).await {
        Ok(answer) => {
            let took = start.elapsed();
            let mut failures = expect::judge(&answer, &check.expect, url, took);
            failures.extend(health::judge(&answer, check));
            failures.extend(expect::expiring(answer.chain.as_ref()));
            failures.extend(expect::unverified(Some(tls).filter(|_| check.target.is_tls())));
            CheckReport::new(job, took, answer.phases, failures, Some(&answer.body)).http(&answer)
        }
        Err(no) => CheckReport::new(job, start.elapsed(), no.phases, vec![*no.failure], None),
    }
}

async fn tcp(job: &Job, check: &Check, address: &str, tls: Option<&Tls>, clients: &Clients, limits: Limits) -> CheckReport {
    let start = Instant::now();
    let reached = client::reach(clients, address, tls, limits).await;
    let took = start.elapsed();
    match reached {
        Ok(asked) => {
            let mut failures: Vec<Failure> = expect::slow(&check.expect, took, None).into_iter().collect();
            failures.extend(expect::expiring(asked.chain.as_ref()));
            failures.extend(expect::unverified(tls));
            CheckReport::new(job, took, asked.phases, failures, None)
        }
        Err(no) => CheckReport::new(job, took, no.phases, vec![*no.failure], None),
    }
}

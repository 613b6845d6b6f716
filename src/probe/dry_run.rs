//! What would be asked, without asking it.

use super::{Ask, Job, excerpt};
use crate::model::health::{Expect, Target};

/// Every request, with what is expected of its answer.
pub fn dry_run(jobs: &[Job]) -> String {
    jobs.iter().map(one).collect()
}

fn one(job: &Job) -> String {
    let check = match &job.ask {
        Ask::Check(check) => check,
        Ask::Scrape(terms, _) | Ask::Page(terms, _) => {
            return format!("{}/{}  metrics of {}\n  {} declared metrics\n", job.service, job.name, job.target(), terms.metrics.len());
        }
    };
    let address = excerpt::without_credentials(check.target.address());
    let (verb, expected) = match &check.target {
        Target::Http(_) => ("GET", expected(&check.expect)),
        Target::Tcp(_) => ("connect to", within(&check.expect).into_iter().collect()),
        Target::Grpc { .. } => ("gRPC health of", vec!["not supported yet: it will fail".to_owned()]),
    };
    let mut out = format!("{}/{}  {verb} {address}  timeout {}\n", job.service, job.name, check.timeout);
    out.extend(expected.into_iter().map(|line| format!("  {line}\n")));
    out
}

fn expected(expect: &Expect) -> Vec<String> {
    let mut all = vec![format!("status {}", expect.statuses)];
    all.extend(expect.headers.iter().map(|(name, pattern)| format!("header {name} matches {pattern}")));
    all.extend(expect.body.iter().map(|pattern| format!("body matches {pattern}")));
    all.extend(expect.json.iter().map(|(path, value)| format!("$.{path} is {value}")));
    all.extend(within(expect));
    all
}

fn within(expect: &Expect) -> Option<String> {
    expect.within.map(|within| format!("within {within}"))
}

//! What would be asked, without asking it.

use super::excerpt;
use super::job::{Ask, Job, Kind};
use crate::model::health::{Check, Expect, Target, Thresholds};

/// Every request, with what is expected of its answer.
pub fn dry_run(jobs: &[Job]) -> String {
    jobs.iter().map(one).collect()
}

fn one(job: &Job) -> String {
    let check = match &job.ask {
        Ask::Check(check) => check,
        Ask::Dependency(dependency) => {
            let verb = match dependency.how() {
                Kind::Postgres => "SELECT 1 of",
                Kind::Redis => "PING",
                _ => "connect to",
            };
            let user = dependency.user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
            return format!("{}/{}  {verb} {}{user}\n", job.owner.service, job.name(), dependency.address);
        }
        Ask::Scrape(terms, _) | Ask::Page(terms, _) => {
            return format!(
                "{}/{}  metrics of {}\n  {} declared metrics\n",
                job.owner.service,
                job.name(),
                job.target(),
                terms.metrics.len()
            );
        }
    };
    let address = excerpt::without_credentials(check.target.address());
    let (verb, expected) = match &check.target {
        Target::Http(_) => ("GET", expected(check)),
        Target::Tcp(_) => ("connect to", talk(check)),
        Target::Grpc { service, .. } => {
            let service = service.as_ref().map_or_else(|| "the server serves".to_owned(), |name| format!("{name} serves"));
            ("gRPC health of", std::iter::once(service).chain(within(&check.expect)).collect())
        }
    };
    let mut out = format!("{}/{}  {verb} {address}  timeout {}\n", job.owner.service, job.name(), check.timeout);
    out.extend(expected.into_iter().chain(thresholds(check)).map(|line| format!("  {line}\n")));
    out
}

/// How many attempts decide, where it is not the first.
fn thresholds(check: &Check) -> Option<String> {
    let Thresholds { success, failure } = check.thresholds;
    (check.thresholds != Thresholds::default())
        .then(|| format!("passes after {success} in a row that pass, fails after {failure} that fail"))
}

fn expected(check: &Check) -> Vec<String> {
    let expect = &check.expect;
    let mut all = vec![format!("status {}", expect.statuses)];
    if let Some(manner) = &check.manner {
        all.extend(manner.credentials.as_ref().map(|(key, _)| format!("with `{key}`")));
        all.extend(manner.http_version.map(|version| format!("over HTTP/{}", version.name())));
        all.extend(manner.proxy.as_ref().map(|url| format!("through {}", excerpt::without_credentials(url))));
        all.extend((manner.redirects > 0).then(|| format!("up to {} redirects to the same host", manner.redirects)));
    }
    all.extend(expect.headers.iter().map(|(name, pattern)| format!("header {name} matches {pattern}")));
    all.extend(expect.body.iter().map(|pattern| format!("body matches {pattern}")));
    all.extend(expect.json.iter().map(|(path, value)| format!("$.{path} is {value}")));
    all.extend(expect.valid_for.map(|time| format!("certificates valid for {time}")));
    all.extend(within(expect));
    all
}

/// What is said over a connection.
fn talk(check: &Check) -> Vec<String> {
    let mut all = Vec::new();
    for line in check.manner.iter().flat_map(|manner| &manner.dialogue) {
        all.extend(line.expect.as_ref().map(|pattern| format!("a line matches {pattern}")));
        all.extend(line.send.as_ref().map(|text| format!("say {text}")));
    }
    all.extend(within(&check.expect));
    all
}

fn within(expect: &Expect) -> Option<String> {
    expect.within.map(|within| format!("within {within}"))
}

//! When each check is made: so many at a time, again while there is time, and no longer than anybody wants to wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::client::{self, Clients, Limits, Request, Tls};
use super::code::Code;
use super::report::{CheckReport, Failure, Phases, Report, Status};
use super::{Ask, Job, Options};
use super::{contract, expect, health, scrape};
use crate::model::health::Target;

/// The first pause between two attempts, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// With more in flight, the prober's own queue is part of what it measures.
const UNDISTURBED: usize = 8;
/// So many slow checks are measured again; beyond that it is hardly the prober's fault.
const MEASURED_AGAIN: usize = 32;

/// So much of a health check's body is read.
const BODY_LIMIT: usize = 64 * 1024;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every check was made.
    Done,
    /// There was no time left, and something still failed that could have got better.
    WaitedOut,
    /// Somebody wanted it to end.
    Interrupted,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is reported.
    pub report: Report,
    /// How it ended.
    pub ended: Ended,
}

/// Makes every check. `on_change` is told when a check that is made again fares differently than before.
///
/// # Errors
/// Where this machine cannot begin.
pub fn run(jobs: Vec<Job>, options: Options, on_change: &mut dyn FnMut(&CheckReport)) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot begin to probe")?;
    let outcome = runtime.block_on(drive(jobs, options, on_change));
    // A lookup that hangs must not keep the program from ending.
    runtime.shutdown_background();
    Ok(outcome)
}

/// What a task tells.
enum Event {
    /// A check was made.
    Made(usize, Box<CheckReport>),
    /// Somebody wants it to end.
    Interrupt,
}

/// What every task shares.
struct Shared {
    clients: Clients,
    room: Semaphore,
    deadline: Option<Instant>,
    /// Whether nobody waits any longer.
    over: watch::Receiver<bool>,
}

async fn drive(jobs: Vec<Job>, options: Options, on_change: &mut dyn FnMut(&CheckReport)) -> Outcome {
    let (end, over) = watch::channel(false);
    let deadline = options.wait.map(|wait| Instant::now() + wait);
    let shared = Arc::new(Shared { clients: Clients::default(), room: Semaphore::new(options.concurrency.max(1)), deadline, over });
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for (index, job) in jobs.iter().cloned().enumerate() {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        tasks.spawn(async move { attempts(index, &job, &shared, &sender).await });
    }
    let listener = tokio::spawn(listen(sender.downgrade()));
    // The channel ends with the last attempt.
    drop(sender);
    let mut last: Vec<Option<CheckReport>> = vec![None; jobs.len()];
    let mut interrupted = false;
    while let Some(event) = receiver.recv().await {
        let Event::Made(index, report) = event else {
            interrupted = true;
            break;
        };
        let known: &mut Option<CheckReport> = &mut last[index];
        if options.wait.is_some() && known.as_ref().is_none_or(|k| k.code != report.code) {
            on_change(&report);
        }
        if report.status == Status::Fail && !report.is_retryable() {
            // Waiting cannot help any more. Nobody listens where everything is done already.
            let _ = end.send(true);
        }
        *known = Some(*report);
    }
    listener.abort();
    tasks.abort_all();
    if !interrupted && options.concurrency.min(jobs.len()) > UNDISTURBED {
        measure_again(&jobs, &mut last, &shared.clients).await;
    }
    let reports: Vec<CheckReport> = jobs.iter().zip(last).map(|(job, report)| report.unwrap_or_else(|| unfinished(job))).collect();
    let failing = |check: &CheckReport| check.status == Status::Fail;
    let waited_out =
        options.wait.is_some() && reports.iter().any(failing) && reports.iter().filter(|c| failing(c)).all(CheckReport::is_retryable);
    let ended = if interrupted {
        Ended::Interrupted
    } else if waited_out {
        Ended::WaitedOut
    } else {
        Ended::Done
    };
    Outcome { report: Report::new(reports), ended }
}

/// Tells of the interrupt that somebody sends.
async fn listen(sender: mpsc::WeakUnboundedSender<Event>) {
    if tokio::signal::ctrl_c().await.is_ok()
        && let Some(sender) = sender.upgrade()
    {
        // Nobody listens where everything is done already.
        let _ = sender.send(Event::Interrupt);
    }
}

/// Makes a check, again and again while it fails and there is time.
async fn attempts(index: usize, job: &Job, shared: &Shared, sender: &mpsc::UnboundedSender<Event>) {
    let (mut pause, longest) = PAUSES;
    let mut over = shared.over.clone();
    for count in 1.. {
        let Ok(permit) = shared.room.acquire().await else { return };
        let left = shared.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if count > 1 && (left.is_some_and(|left| left.is_zero()) || *over.borrow()) {
            return;
        }
        // The first attempt has at least a moment, even where `--wait` gives it none.
        let limit = left.map_or(Duration::MAX, |left| left.max(Duration::from_millis(50)));
        let mut report = attempt(job, &shared.clients, limit).await;
        drop(permit);
        report.attempts = count;
        let again = report.status == Status::Fail && report.is_retryable();
        if sender.send(Event::Made(index, Box::new(report))).is_err() || !again {
            return;
        }
        let Some(left) = shared.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) else { return };
        if left <= pause {
            return;
        }
        if tokio::time::timeout(pause, over.wait_for(|over| *over)).await.is_ok() {
            return;
        }
        pause = pause.mul_f64(1.6).min(longest);
    }
}

/// Makes a check once, within its own limit and another.
async fn attempt(job: &Job, clients: &Clients, limit: Duration) -> CheckReport {
    let check = match &job.ask {
        Ask::Check(check) => check,
        Ask::Scrape(terms, scraped) => return scrape::check(job, terms, scraped, clients, limit).await,
        Ask::Page(terms, seen) => {
            let (failures, kept) = contract::judge(terms, std::slice::from_ref(seen));
            return CheckReport::new(job, Duration::ZERO, Phases::default(), failures, None).kept(kept);
        }
    };
    let limit = limit.min(Duration::from_millis(check.timeout.0));
    let start = Instant::now();
    match &check.target {
        Target::Http(url) => {
            let tls = match Tls::read(check.tls.as_ref(), &job.folder) {
                Ok(tls) => tls,
                Err(why) => {
                    return CheckReport::new(job, start.elapsed(), Phases::default(), vec![Failure::new(Code::TlsConfig, why)], None);
                }
            };
            let request = Request { url, tls: &tls, headers: &[], limits: Limits::of(limit), body_limit: BODY_LIMIT };
            match client::get(clients, &request).await {
                Ok(answer) => {
                    let took = start.elapsed();
                    let mut failures = expect::judge(&answer, &check.expect, url, took);
                    failures.extend(health::judge(&answer, check));
                    failures.extend(expect::expiring(answer.chain.as_ref()));
                    if tls.unverified && check.target.is_tls() {
                        failures.push(Failure::new(Code::TlsUnverified, "the certificate was not looked at: `insecure_skip_verify`"));
                    }
                    CheckReport::new(job, took, answer.phases, failures, Some(&answer.body)).http(&answer)
                }
                Err(no) => CheckReport::new(job, start.elapsed(), no.phases, vec![*no.failure], None),
            }
        }
        Target::Tcp(address) => {
            let reached = client::reach(address, Limits::of(limit)).await;
            let took = start.elapsed();
            match reached {
                Ok(phases) => CheckReport::new(job, took, phases, expect::slow(&check.expect, took, None).into_iter().collect(), None),
                Err(no) => CheckReport::new(job, took, no.phases, vec![*no.failure], None),
            }
        }
        Target::Grpc { .. } => {
            let failure = Failure::new(Code::Unsupported, "gRPC checks are not supported yet, so nothing is known about it");
            CheckReport::new(job, start.elapsed(), Phases::default(), vec![failure], None)
        }
    }
}

/// Checks that were too slow among many are made once more, each alone.
async fn measure_again(jobs: &[Job], last: &mut [Option<CheckReport>], clients: &Clients) {
    let is_slow = |report: &CheckReport| report.failures.iter().any(|f| f.code == Code::Slow);
    let slow: Vec<usize> = (0..jobs.len()).filter(|i| last[*i].as_ref().is_some_and(is_slow)).collect();
    if slow.len() > MEASURED_AGAIN {
        return;
    }
    for index in slow {
        let attempts = last[index].as_ref().map_or(0, |report| report.attempts);
        let report = attempt(&jobs[index], clients, Duration::MAX).await;
        last[index] = Some(CheckReport { attempts: attempts + 1, ..report });
    }
}

/// A check that had no answer when the run ended.
fn unfinished(job: &Job) -> CheckReport {
    let failure = Failure::new(Code::Interrupted, "the run ended before there was an answer");
    CheckReport { attempts: 0, ..CheckReport::new(job, Duration::ZERO, Phases::default(), vec![failure], None) }
}

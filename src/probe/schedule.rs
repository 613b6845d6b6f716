//! When each check is made: so many at a time, again while that can help, and no longer than anybody wants to wait.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::attempt::attempt;
use super::bounds::Bounds;
use super::client::Clients;
use super::code::Code;
use super::failure::{Failure, Level};
use super::job::{Ask, Job};
use super::options::{Again, Options};
use super::phases::Phases;
use super::queue::{Next, Queue};
use super::report::{CheckReport, Packed, Report, Status};
use crate::model::health::Thresholds;

/// The first pause between two attempts, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// So many checks begin at the same time; more would only wait for this program itself.
const BEGINNING: usize = 32;
/// A check that lasts longer waits for its peer, and another one may begin.
const BEGUN: Duration = Duration::from_millis(25);
/// With more in flight, the prober's own queue is part of what it measures.
const UNDISTURBED: usize = 8;
/// So many slow checks are measured again; beyond that it is hardly the prober's fault.
const MEASURED_AGAIN: usize = 32;
/// So often whoever watches a run is told of it, also where nothing happens.
const TICK: Duration = Duration::from_millis(200);

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

/// What whoever watches a run is told.
#[derive(Debug)]
pub enum Happened<'h> {
    /// A check that is made again fares differently than before.
    Changed(&'h CheckReport),
    /// So far it is.
    Moved {
        /// Checks whose verdict is known.
        done: usize,
        /// All checks.
        all: usize,
        /// Those of the former that fail.
        failed: usize,
        /// Since it began.
        time: Duration,
    },
}

/// Makes every check.
///
/// # Errors
/// Where this machine cannot begin.
pub fn run(jobs: Vec<Job>, options: &Options, tell: &mut dyn FnMut(Happened)) -> anyhow::Result<Outcome> {
    let jobs = Arc::new(jobs);
    within_runtime(async |stop| Ok(drive(&jobs, options, &stop, tell).await))
}

/// Makes every check round after round, until somebody wants it to end. `on_round` is told what came of each.
///
/// # Errors
/// Where this machine cannot begin, or `on_round` cannot go on.
pub fn watch(
    jobs: Vec<Job>,
    options: &Options,
    pause: Duration,
    on_round: &mut dyn FnMut(Report) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let jobs = Arc::new(jobs);
    within_runtime(async |mut stop| {
        loop {
            let begun = Instant::now();
            let Outcome { report, ended } = drive(&jobs, options, &stop, &mut |_| {}).await;
            on_round(report)?;
            let rest = pause.saturating_sub(begun.elapsed());
            if ended == Ended::Interrupted || tokio::time::timeout(rest, stop.wait_for(|stop| *stop)).await.is_ok() {
                return Ok(());
            }
        }
    })
}

/// Whether somebody wants it to end.
type Stop = watch::Receiver<bool>;

/// Does work that ends early when it is interrupted.
fn within_runtime<T>(work: impl AsyncFnOnce(Stop) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot begin to probe")?;
    let outcome = runtime.block_on(async {
        let (interrupt, stop) = watch::channel(false);
        let listener = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                // Nobody listens where everything is done already.
                let _ = interrupt.send(true);
            }
            // Who waits for an interrupt must not take an end of this for one.
            interrupt.closed().await;
        });
        let outcome = work(stop).await;
        listener.abort();
        outcome
    });
    // A lookup that hangs must not keep the program from ending.
    runtime.shutdown_background();
    outcome
}

/// What a task tells.
enum Event {
    /// A check has begun and waits for its peer.
    Begun,
    /// A check was made; whether it had said that it has begun.
    Made(usize, Box<CheckReport>, bool),
    /// Somebody wants it to end.
    Interrupt,
}

/// When a check has passed or failed.
#[derive(Clone, Copy)]
struct Rule {
    thresholds: Thresholds,
    /// No more attempts are made.
    most: u32,
}

impl Rule {
    fn of(job: &Job, again: Again) -> Self {
        let declared = if let Ask::Check(check) = &job.ask { check.thresholds } else { Thresholds::default() };
        match again {
            Again::AsDeclared => Self { thresholds: declared, most: declared.attempts() },
            Again::Attempts(most) if declared == Thresholds::default() => {
                Self { thresholds: Thresholds { failure: most, ..declared }, most }
            }
            Again::Attempts(most) => Self { thresholds: declared, most },
            // Failing is no end of waiting.
            Again::Until { .. } => Self { thresholds: Thresholds { failure: u32::MAX, ..declared }, most: u32::MAX },
        }
    }
}

/// What is known of the attempts at a check that one did not decide.
struct Attempts {
    /// The pause before the next one.
    pause: Duration,
    /// How many passed in a row, up to the last one.
    passed: u32,
    /// How many failed in a row.
    failed: u32,
    /// What went wrong last.
    trouble: Option<(Code, String)>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { pause: PAUSES.0, passed: 0, failed: 0, trouble: None }
    }
}

impl Attempts {
    /// Takes note of one more.
    fn count(&mut self, report: &CheckReport) {
        if report.status == Status::Fail {
            (self.passed, self.failed) = (0, self.failed.saturating_add(1));
            self.trouble = report.code().zip(report.detail().map(str::to_owned));
        } else {
            (self.passed, self.failed) = (self.passed.saturating_add(1), 0);
        }
    }
}

/// A run: its jobs, and what is known of each.
struct Run<'r> {
    jobs: &'r Arc<Vec<Job>>,
    options: &'r Options,
    clients: Arc<Clients>,
    start: Instant,
    deadline: Option<Instant>,
    queue: Queue,
    reports: Vec<Option<Packed>>,
    /// Of those that are made again.
    attempts: Vec<Option<Box<Attempts>>>,
    /// How many have their verdict, and how many of these fail.
    done: usize,
    failed: usize,
    /// Whether asking again cannot help any more.
    over: bool,
}

async fn drive(jobs: &Arc<Vec<Job>>, options: &Options, stop: &Stop, tell: &mut dyn FnMut(Happened)) -> Outcome {
    let mut run = Run::new(jobs, options);
    let interrupted = run.make_all(stop, tell).await;
    if !interrupted && options.concurrency.min(jobs.len()) > UNDISTURBED {
        run.measure_again().await;
    }
    run.outcome(interrupted)
}

impl<'r> Run<'r> {
    fn new(jobs: &'r Arc<Vec<Job>>, options: &'r Options) -> Self {
        let start = Instant::now();
        Self {
            jobs,
            options,
            clients: Arc::new(Clients::new(options.reach.clone())),
            start,
            deadline: if let Again::Until { wait, .. } = options.again { Some(start + wait) } else { None },
            queue: Queue::new(jobs.iter().map(Job::host), options.per_host, options.rate),
            reports: jobs.iter().map(|_| None).collect(),
            attempts: jobs.iter().map(|_| None).collect(),
            done: 0,
            failed: 0,
            over: false,
        }
    }

    /// Makes every check as often as is wanted; whether that was interrupted.
    async fn make_all(&mut self, stop: &Stop, tell: &mut dyn FnMut(Happened)) -> bool {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let listener = tokio::spawn(listen(stop.clone(), sender.clone()));
        let mut tasks = JoinSet::new();
        let (mut beginning, mut running) = (0, 0);
        let interrupted = loop {
            let wake = loop {
                if running >= self.options.concurrency || beginning >= BEGINNING {
                    break None;
                }
                match self.queue.next(Instant::now()) {
                    Next::Now(index) => tasks.spawn(self.begin(index, sender.clone())),
                    Next::At(when) => break Some(when),
                    Next::Nobody => break None,
                };
                (beginning, running) = (beginning + 1, running + 1);
            };
            if running == 0 && wake.is_none() {
                break false;
            }
            let rest = wake.map_or(TICK, |when| when.saturating_duration_since(Instant::now()).min(TICK));
            match tokio::time::timeout(rest, receiver.recv()).await {
                Err(_) => {}
                Ok(Some(Event::Begun)) => beginning -= 1,
                Ok(Some(Event::Made(index, report, had_begun))) => {
                    (beginning, running) = (beginning - usize::from(!had_begun), running - 1);
                    self.made(index, *report, tell);
                    // What has ended is let go of.
                    while tasks.try_join_next().is_some() {}
                }
                Ok(Some(Event::Interrupt) | None) => break true,
            }
            let Self { done, failed, .. } = *self;
            tell(Happened::Moved { done, all: self.jobs.len(), failed, time: self.start.elapsed() });
        };
        listener.abort();
        tasks.abort_all();
        interrupted
    }

    /// What bounds an attempt; it has at least a moment, even where `--wait` gives it none.
    fn bounds(&self) -> Bounds {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(50)));
        let time = [left, self.options.timeout].into_iter().flatten().min().unwrap_or(Duration::MAX);
        Bounds { time, redirects: self.options.redirects, body: self.options.max_body, heads: self.options.heads }
    }

    /// An attempt at a check, as a task of its own.
    fn begin(&self, index: usize, sender: mpsc::UnboundedSender<Event>) -> impl Future<Output = ()> + use<> {
        let (jobs, clients, bounds) = (Arc::clone(self.jobs), Arc::clone(&self.clients), self.bounds());
        async move {
            let mut work = pin!(attempt(&jobs[index], &clients, bounds));
            // Nobody listens any more where the run was interrupted.
            let (report, had_begun) = if let Ok(report) = tokio::time::timeout(BEGUN, work.as_mut()).await {
                (report, false)
            } else {
                let _ = sender.send(Event::Begun);
                (work.await, true)
            };
            let _ = sender.send(Event::Made(index, Box::new(report), had_begun));
        }
    }

    /// Takes note of an attempt, and puts off the next one where there is to be one.
    fn made(&mut self, index: usize, mut report: CheckReport, tell: &mut dyn FnMut(Happened)) {
        self.queue.ended(index);
        let rule = Rule::of(&self.jobs[index], self.options.again);
        let before = self.reports[index].as_ref();
        report.attempts = before.map_or(1, |before| before.attempts + 1);
        if rule.most > 1 && before.is_none_or(|before| before.code() != report.code()) {
            tell(Happened::Changed(&report));
        }
        let mut attempts = self.attempts[index].take().unwrap_or_default();
        attempts.count(&report);
        if self.is_to_go_on(rule, &attempts, &report) {
            self.queue.put_off(index, Instant::now() + jittered(attempts.pause, index));
            attempts.pause = if attempts.failed == 0 { PAUSES.0 } else { attempts.pause.mul_f64(1.6).min(PAUSES.1) };
            self.attempts[index] = Some(attempts);
        } else {
            self.settle(rule, &attempts, &mut report);
        }
        if self.deadline.is_some() && report.status == Status::Fail && !self.can_change(report.code()) {
            // Waiting cannot help any more.
            self.over = true;
            self.queue.forget_later();
        }
        self.reports[index] = Some(report.pack());
    }

    /// Whether another attempt is to be made.
    fn is_to_go_on(&self, rule: Rule, attempts: &Attempts, report: &CheckReport) -> bool {
        let Rule { thresholds: Thresholds { success, failure }, most } = rule;
        let is_open = attempts.passed < success && attempts.failed < failure && report.attempts < most;
        let in_time = self.deadline.is_none_or(|deadline| deadline > Instant::now() + attempts.pause);
        let can_help = self.deadline.is_none() || report.status != Status::Fail || self.can_change(report.code());
        is_open && in_time && can_help && !self.over
    }

    /// Whether a failure is one that waiting can mend, or is waited for all the same. It depends on the first thing that is wrong:
    /// the others may follow from it.
    fn can_change(&self, code: Option<Code>) -> bool {
        matches!(self.options.again, Again::Until { whatever: true, .. }) || code.is_some_and(Code::is_retryable)
    }

    /// The verdict on all attempts: neither a retry nor a single success hides that something is not steady.
    fn settle(&mut self, rule: Rule, attempts: &Attempts, report: &mut CheckReport) {
        let (count, success) = (report.attempts, rule.thresholds.success);
        let before = attempts.trouble.as_ref().map(|(code, detail)| format!("; before: {code}: {detail}"));
        if report.status != Status::Fail && attempts.passed < success {
            let detail =
                format!("passed {} in a row of the {success} that must, at attempt {count}{}", attempts.passed, before.unwrap_or_default());
            report.remark(Failure::new(Code::Flaky, detail));
        } else if let (true, Some(before), None) = (report.status != Status::Fail, before, self.deadline) {
            let detail = format!("passed at attempt {count} of {}{before}", rule.most);
            report.remark(Failure::new(Code::Flaky, detail).level(Level::Warn));
        }
        self.done += 1;
        self.failed += usize::from(report.status == Status::Fail);
    }

    /// Checks that were too slow among many are made once more, each alone.
    async fn measure_again(&mut self) {
        let is_slow = |report: &Option<Packed>| report.iter().flat_map(Packed::failures).any(|failure| failure.code == Code::Slow);
        let slow: Vec<usize> = (0..self.jobs.len()).filter(|index| is_slow(&self.reports[*index])).collect();
        if slow.len() > MEASURED_AGAIN {
            return;
        }
        for index in slow {
            let attempts = self.reports[index].as_ref().map_or(0, |report| report.attempts);
            let mut report = attempt(&self.jobs[index], &self.clients, self.bounds()).await;
            report.attempts = attempts + 1;
            self.reports[index] = Some(report.pack());
        }
    }

    fn outcome(mut self, interrupted: bool) -> Outcome {
        // Of those that were to be made again nobody knows more.
        for index in 0..self.jobs.len() {
            let Some(attempts) = self.attempts[index].take() else { continue };
            if let Some(report) = self.reports[index].take() {
                let mut report = report.unpack(&self.jobs[index]);
                self.settle(Rule::of(&self.jobs[index], self.options.again), &attempts, &mut report);
                self.reports[index] = Some(report.pack());
            }
        }
        let mut failing = self.reports.iter().flatten().filter(|check| check.status == Status::Fail).peekable();
        let waited_out = self.deadline.is_some() && failing.peek().is_some() && failing.all(|check| self.can_change(check.code()));
        let ended = match (interrupted, waited_out) {
            (true, _) => Ended::Interrupted,
            (false, true) => Ended::WaitedOut,
            (false, false) => Ended::Done,
        };
        // The report takes the room that these took.
        drop((self.queue, self.attempts));
        let made = self.jobs.iter().zip(self.reports);
        let reports = made.map(|(job, report)| report.map_or_else(|| unfinished(job), |report| report.unpack(job))).collect();
        Outcome { report: Report::new(reports), ended }
    }
}

/// Tells of the interrupt that somebody sends.
async fn listen(mut stop: Stop, sender: mpsc::UnboundedSender<Event>) {
    if stop.wait_for(|stop| *stop).await.is_ok() {
        // Nobody listens where everything is done already.
        let _ = sender.send(Event::Interrupt);
    }
}

/// A pause that is a fifth longer or shorter, so that those who fail together do not come together.
fn jittered(pause: Duration, index: usize) -> Duration {
    pause.mul_f64(0.8 + 0.4 * ((index.wrapping_mul(0x9E37) & 0xFF) as f64 / 255.0))
}

/// A check that had no answer when the run ended.
fn unfinished(job: &Job) -> CheckReport {
    let failure = Failure::new(Code::Interrupted, "the run ended before there was an answer");
    let mut report = CheckReport::new(job, Duration::ZERO, Phases::default(), vec![failure], None);
    report.attempts = 0;
    report
}

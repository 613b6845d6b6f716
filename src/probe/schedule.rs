//! When each check is made: so many at a time, again while that can help, and no longer than anybody wants to wait.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::attempt::attempt;
use super::client::Clients;
use super::code::Code;
use super::queue::{Next, Queue};
use super::report::{CheckReport, Failure, Level, Phases, Report, Status};
use super::{Again, Job, Options};

/// The first pause between two attempts, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// So many checks begin at the same time; more would only wait for this program itself.
const BEGINNING: usize = 64;
/// A check that lasts longer waits for its peer, and another one may begin.
const BEGUN: Duration = Duration::from_millis(50);
/// With more in flight, the prober's own queue is part of what it measures.
const UNDISTURBED: usize = 8;
/// So many slow checks are measured again; beyond that it is hardly the prober's fault.
const MEASURED_AGAIN: usize = 32;

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
pub fn run(jobs: Vec<Job>, options: &Options, on_change: &mut dyn FnMut(&CheckReport)) -> anyhow::Result<Outcome> {
    let jobs: Vec<Arc<Job>> = jobs.into_iter().map(Arc::new).collect();
    within_runtime(async |stop| Ok(drive(&jobs, options, &stop, on_change).await))
}

/// Makes every check round after round, until somebody wants it to end. `on_round` is told what came of each.
///
/// # Errors
/// Where this machine cannot begin, or `on_round` cannot go on.
pub fn watch(
    jobs: Vec<Job>,
    options: &Options,
    pause: Duration,
    on_round: &mut dyn FnMut(&Report) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let jobs: Vec<Arc<Job>> = jobs.into_iter().map(Arc::new).collect();
    within_runtime(async |mut stop| {
        loop {
            let begun = Instant::now();
            let outcome = drive(&jobs, options, &stop, &mut |_| {}).await;
            on_round(&outcome.report)?;
            let rest = pause.saturating_sub(begun.elapsed());
            let interrupted = outcome.ended == Ended::Interrupted || tokio::time::timeout(rest, stop.wait_for(|stop| *stop)).await.is_ok();
            if interrupted {
                return Ok(Outcome { ended: Ended::Interrupted, ..outcome });
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

/// What is known of a check.
struct Progress {
    report: Option<CheckReport>,
    pause: Duration,
    /// What went wrong at the attempts before.
    failed: Option<(Code, String)>,
}

/// A run: its jobs, and what is known of each.
struct Run<'r> {
    jobs: &'r [Arc<Job>],
    options: &'r Options,
    clients: Arc<Clients>,
    deadline: Option<Instant>,
    queue: Queue,
    all: Vec<Progress>,
    /// Whether asking again cannot help any more.
    over: bool,
}

async fn drive(jobs: &[Arc<Job>], options: &Options, stop: &Stop, on_change: &mut dyn FnMut(&CheckReport)) -> Outcome {
    let mut run = Run::new(jobs, options);
    let interrupted = run.make_all(stop, on_change).await;
    if !interrupted && options.concurrency.min(jobs.len()) > UNDISTURBED {
        run.measure_again().await;
    }
    run.outcome(interrupted)
}

impl<'r> Run<'r> {
    fn new(jobs: &'r [Arc<Job>], options: &'r Options) -> Self {
        let deadline = if let Again::Until(wait) = options.again { Some(Instant::now() + wait) } else { None };
        let fresh = || Progress { report: None, pause: PAUSES.0, failed: None };
        Self {
            jobs,
            options,
            clients: Arc::new(Clients::new(options.family, options.connect_timeout)),
            deadline,
            queue: Queue::new(jobs.iter().map(|job| job.host()), options.per_host, options.rate),
            all: jobs.iter().map(|_| fresh()).collect(),
            over: false,
        }
    }

    /// Makes every check as often as is wanted; whether that was interrupted.
    async fn make_all(&mut self, stop: &Stop, on_change: &mut dyn FnMut(&CheckReport)) -> bool {
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
            // Without a moment to wake at, something is running, and it will tell.
            let rest = wake.map_or(Duration::MAX, |when| when.saturating_duration_since(Instant::now()));
            match tokio::time::timeout(rest, receiver.recv()).await {
                Err(_) => {}
                Ok(Some(Event::Begun)) => beginning -= 1,
                Ok(Some(Event::Made(index, report, had_begun))) => {
                    (beginning, running) = (beginning - usize::from(!had_begun), running - 1);
                    self.made(index, *report, on_change);
                    // What has ended is let go of.
                    while tasks.try_join_next().is_some() {}
                }
                Ok(Some(Event::Interrupt) | None) => break true,
            }
        };
        listener.abort();
        tasks.abort_all();
        interrupted
    }

    /// An attempt at a check, as a task of its own.
    fn begin(&self, index: usize, sender: mpsc::UnboundedSender<Event>) -> impl Future<Output = ()> + use<> {
        let (job, clients) = (Arc::clone(&self.jobs[index]), Arc::clone(&self.clients));
        // An attempt has at least a moment, even where `--wait` gives it none.
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(50)));
        let limit = [left, self.options.timeout].into_iter().flatten().min().unwrap_or(Duration::MAX);
        async move {
            let mut work = pin!(attempt(&job, &clients, limit));
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
    fn made(&mut self, index: usize, mut report: CheckReport, on_change: &mut dyn FnMut(&CheckReport)) {
        self.queue.ended(index);
        let progress = &mut self.all[index];
        report.attempts = progress.report.as_ref().map_or(1, |before| before.attempts + 1);
        let is_again = self.options.again != Again::Never;
        if is_again && progress.report.as_ref().is_none_or(|before| before.code != report.code) {
            on_change(&report);
        }
        let failed = report.status == Status::Fail;
        let pause = jittered(self.all[index].pause, index);
        let again = failed && !self.over && self.is_worth_it(&report, pause);
        if let (Again::Attempts(most), Some((code, detail)), false) = (self.options.again, &self.all[index].failed, failed) {
            report = flaky(report, most, *code, detail);
        }
        let progress = &mut self.all[index];
        if again {
            progress.failed = report.code.zip(report.detail.clone());
            self.queue.put_off(index, Instant::now() + pause);
            progress.pause = progress.pause.mul_f64(1.6).min(PAUSES.1);
        }
        if self.deadline.is_some() && failed && !report.is_retryable() {
            // Waiting cannot help any more.
            self.over = true;
            self.queue.forget_later();
        }
        self.all[index].report = Some(report);
    }

    /// Whether a check that failed is to be made again, after a pause.
    fn is_worth_it(&self, report: &CheckReport, pause: Duration) -> bool {
        match (self.options.again, self.deadline) {
            (Again::Attempts(most), _) => report.attempts < most,
            (Again::Until(_), Some(deadline)) => report.is_retryable() && deadline > Instant::now() + pause,
            _ => false,
        }
    }

    /// Checks that were too slow among many are made once more, each alone.
    async fn measure_again(&mut self) {
        let is_slow =
            |progress: &Progress| progress.report.as_ref().is_some_and(|report| report.failures.iter().any(|f| f.code == Code::Slow));
        let slow: Vec<usize> = (0..self.jobs.len()).filter(|index| is_slow(&self.all[*index])).collect();
        if slow.len() > MEASURED_AGAIN {
            return;
        }
        for index in slow {
            let attempts = self.all[index].report.as_ref().map_or(0, |report| report.attempts);
            let report = attempt(&self.jobs[index], &self.clients, self.options.timeout.unwrap_or(Duration::MAX)).await;
            self.all[index].report = Some(CheckReport { attempts: attempts + 1, ..report });
        }
    }

    fn outcome(self, interrupted: bool) -> Outcome {
        let reports: Vec<CheckReport> =
            self.jobs.iter().zip(self.all).map(|(job, progress)| progress.report.unwrap_or_else(|| unfinished(job))).collect();
        let mut failing = reports.iter().filter(|check| check.status == Status::Fail).peekable();
        let waited_out = self.deadline.is_some() && failing.peek().is_some() && failing.all(CheckReport::is_retryable);
        let ended = match (interrupted, waited_out) {
            (true, _) => Ended::Interrupted,
            (false, true) => Ended::WaitedOut,
            (false, false) => Ended::Done,
        };
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

/// A check that passes now and did not before: a retry must not hide that.
fn flaky(mut report: CheckReport, most: u32, code: Code, detail: &str) -> CheckReport {
    let count = report.attempts;
    let detail = format!("passed at attempt {count} of {most}; before: {code}: {detail}");
    report.remark(Failure::new(Code::Flaky, detail).level(Level::Warn));
    report
}

/// A pause that is a fifth longer or shorter, so that those who fail together do not come together.
fn jittered(pause: Duration, index: usize) -> Duration {
    pause.mul_f64(0.8 + 0.4 * ((index.wrapping_mul(0x9E37) & 0xFF) as f64 / 255.0))
}

/// A check that had no answer when the run ended.
fn unfinished(job: &Job) -> CheckReport {
    let failure = Failure::new(Code::Interrupted, "the run ended before there was an answer");
    CheckReport { attempts: 0, ..CheckReport::new(job, Duration::ZERO, Phases::default(), vec![failure], None) }
}

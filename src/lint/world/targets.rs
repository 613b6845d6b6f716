//! How many targets the jobs of a `prometheus.yml` have, behind their relabelling.

use std::collections::HashMap;

use crate::formats::prometheus::{Job, Prometheus};
use crate::lint::world::declared::Catalogue;
use crate::lint::world::jobs::{hands_on, hands_on_others};
use crate::lint::world::relabel::{self, Labels};

/// The jobs of a `prometheus.yml`, and how many targets each has. A fleet has thousands of jobs, and asks for one of them at a time.
pub struct Targets {
    by_job: HashMap<String, Of>,
    /// What the targets of a job are labelled with, of jobs with few.
    labels: HashMap<String, Vec<Labels>>,
    /// Whether series may call themselves by the name of another job.
    pub is_handed_on: bool,
}

/// Targets of more than these are counted alone.
const FEW: usize = 128;

/// Jobs, and the targets that they have together.
#[derive(Clone, Copy)]
pub struct Of {
    /// How many jobs.
    pub jobs: u64,
    /// How many targets; `None` where nobody knows.
    pub targets: Option<u64>,
}

impl Targets {
    /// Those of a configuration; `None` where there may be other jobs, or where what another Prometheus has may say itself of which it is.
    pub(super) fn of(config: &Prometheus<'_>, catalogues: &[Catalogue]) -> Option<Self> {
        let federates = |job: &Job<'_>| hands_on(job) && job.metrics_path() == "/federate";
        if !config.is_whole() || config.jobs.iter().any(federates) {
            return None;
        }
        let mut by_job: HashMap<String, Of> = HashMap::new();
        let mut labels: HashMap<String, Vec<Labels>> = HashMap::new();
        for job in &config.jobs {
            let kept = relabel::targets(job).map(|all| all.into_iter().filter(|outcome| outcome.dropped.is_none()).collect::<Vec<_>>());
            if let Some(all) = kept.as_ref().filter(|all| all.len() <= FEW) {
                labels.entry(job.name().to_owned()).or_default().extend(all.iter().map(|outcome| outcome.labels.clone()));
            }
            let kept = kept.map(|all| all.len() as u64);
            let own = Of { jobs: 1, targets: kept };
            by_job.entry(job.name().to_owned()).and_modify(|known| *known = known.with(own)).or_insert(own);
        }
        Some(Self { by_job, labels, is_handed_on: config.jobs.iter().any(|job| hands_on_others(job, catalogues)) })
    }

    /// What the targets of one job are labelled with, where it is known of all of them and they are few.
    pub fn labels(&self, job: &str) -> Option<&[Labels]> {
        let all = self.labels.get(job).filter(|all| all.iter().all(|own| own.get("job").is_none_or(|name| name == job)))?;
        let of = self.by_job.get(job)?;
        (of.targets == Some(all.len() as u64)).then_some(all)
    }

    /// The jobs that are read: of one name where that is asked for, and whose name fits; `None` where there are none.
    pub fn read(&self, asked: Option<&str>, fits: impl Fn(&str) -> bool) -> Option<Of> {
        match asked {
            Some(name) => self.by_job.get(name).copied().filter(|_| fits(name)),
            None => self.by_job.iter().filter(|(name, _)| fits(name)).map(|(_, of)| *of).reduce(Of::with),
        }
    }
}

impl Of {
    fn with(self, other: Self) -> Self {
        let targets = self.targets.zip(other.targets).and_then(|(one, other)| one.checked_add(other));
        Self { jobs: self.jobs + other.jobs, targets }
    }
}

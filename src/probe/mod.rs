//! The live service, asked whether it keeps its promises.
//!
//! A check is made, its answer judged, and everything that is wrong with it reported: each failure with a stable code,
//! the phase it happened in, and what was observed against what was expected. What could not be evaluated has failed.
//! The network has one door, `client`.

mod answer;
mod attempt;
mod client;
mod code;
mod contract;
mod credentials;
mod dependency;
mod draft;
mod dry_run;
mod excerpt;
mod expect;
mod fetch;
mod grpc;
mod health;
mod human;
mod json_path;
mod junit;
mod prometheus;
mod queue;
mod redirect;
mod report;
mod room;
mod schedule;
mod scrape;
mod tap;
mod trouble;
mod well_known;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use client::{Family, Headers, Reach, Resolve, Secret};
pub use contract::{Asked, ContentType, Seen, Terms};
pub use dependency::Dependency;
pub use draft::Draft;
pub use dry_run::dry_run;
pub use excerpt::without_credentials;
#[allow(unused_imports, reason = "the type of what `fetch` returns: who fetches may want to name it")]
pub use fetch::Fetched;
pub use fetch::{Place, fetch, is_url};
pub use human::{changed, changes, progress, text};
pub use junit::junit;
pub use prometheus::prometheus;
pub use report::{Kind, Report, schema};
pub use room::room;
pub use schedule::{Ended, Happened, run, watch};
pub use scrape::{Scraped, urls};
pub use tap::tap;
pub use well_known::endpoints;

use crate::model::health::{Check, Target};

/// What the metrics contract is called among the checks.
const METRICS: &str = "metrics";

/// Something that is to be asked.
#[derive(Clone, Debug)]
pub struct Job {
    /// Whose it is.
    pub owner: Arc<Owner>,
    /// What is asked.
    pub ask: Ask,
}

/// The service that jobs belong to.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Its name.
    pub service: String,
    /// The folder that files of its settings are named from.
    pub folder: PathBuf,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A health check.
    Check(Check),
    /// Whether a dependency answers.
    Dependency(Box<Dependency>),
    /// Whether the live pages keep the contract.
    Scrape(Arc<Terms>, Arc<Scraped>),
    /// Whether a page that was read from a file keeps the contract.
    Page(Arc<Terms>, Arc<Seen>),
}

/// How checks are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many at the same time.
    pub concurrency: usize,
    /// How many of one host and port at the same time.
    pub per_host: usize,
    /// How many a second, at most.
    pub rate: Option<u32>,
    /// Whether those that fail are made again.
    pub again: Again,
    /// No check lasts longer.
    pub timeout: Option<Duration>,
    /// How hosts are reached.
    pub reach: Reach,
    /// How many redirects are followed where the manifest does not say.
    pub redirects: u32,
    /// So much of a body is read; of health checks and of pages of metrics, each to their own limit where nothing is said.
    pub max_body: Option<usize>,
    /// Whether the heads of requests and answers are shown.
    pub heads: bool,
}

/// Whether checks that fail are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Only until the manifest's thresholds decide.
    AsDeclared,
    /// So many attempts at most, of which one must pass where the manifest has no thresholds; one that does not pass at once is
    /// flaky.
    Attempts(u32),
    /// For so long, where that can help.
    Until {
        /// How long.
        wait: Duration,
        /// Whether also where it hardly can.
        whatever: bool,
    },
}

impl Job {
    /// What it is called.
    pub fn name(&self) -> Arc<str> {
        match &self.ask {
            Ask::Check(check) => Arc::clone(&check.name),
            Ask::Dependency(dependency) => Arc::clone(&dependency.name),
            Ask::Scrape(..) | Ask::Page(..) => METRICS.into(),
        }
    }

    /// How it is made.
    fn kind(&self) -> Kind {
        match &self.ask {
            Ask::Check(check) => match check.target {
                Target::Http(_) => Kind::Http,
                Target::Tcp(_) => Kind::Tcp,
                Target::Grpc { .. } => Kind::Grpc,
            },
            Ask::Dependency(dependency) => dependency.how(),
            Ask::Scrape(..) | Ask::Page(..) => Kind::Metrics,
        }
    }

    /// The host and the port that are asked.
    fn host(&self) -> String {
        let target = self.target();
        let address = target.split_once("://").map_or(&*target, |(_, rest)| rest);
        let address = address.split(['/', '?', '#', ',']).next().unwrap_or(address);
        address.rsplit_once('@').map_or(address, |(_, host)| host).to_owned()
    }

    /// What is asked: a URL, `host:port`, or a file.
    fn target(&self) -> Arc<str> {
        match &self.ask {
            Ask::Check(check) => match without_credentials(check.target.address()) {
                Cow::Borrowed(_) => Arc::clone(check.target.address()),
                Cow::Owned(masked) => masked.into(),
            },
            Ask::Dependency(dependency) => dependency.address.as_str().into(),
            Ask::Scrape(_, scraped) => scraped.urls.iter().map(|url| without_credentials(url)).collect::<Vec<_>>().join(", ").into(),
            Ask::Page(_, seen) => seen.from.as_str().into(),
        }
    }
}

//! The live service, asked whether it keeps its promises.
//!
//! A check is made, its answer judged, and everything that is wrong with it reported: each failure with a stable code,
//! the phase it happened in, and what was observed against what was expected. What could not be evaluated has failed.
//! The network has one door, `client`.

mod answer;
mod client;
mod code;
mod contract;
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
mod report;
mod schedule;
mod scrape;
mod trouble;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use client::Secret;
pub use contract::{Asked, ContentType, Seen, Terms};
pub use dependency::Dependency;
pub use draft::Draft;
pub use dry_run::dry_run;
#[allow(unused_imports, reason = "the type of what `fetch` returns: who fetches may want to name it")]
pub use fetch::Fetched;
pub use fetch::{Place, fetch, is_url};
pub use human::{changed, text};
pub use report::{Kind, Report, schema};
pub use schedule::{Ended, run};
pub use scrape::{Scraped, urls};

use crate::model::health::{Check, Target};

/// What the metrics contract is called among the checks.
pub const METRICS: &str = "metrics";

/// Something that is to be asked.
#[derive(Clone, Debug)]
pub struct Job {
    /// The service that it belongs to.
    pub service: String,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub ask: Ask,
    /// The folder that files of its settings are named from.
    pub folder: PathBuf,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A health check.
    Check(Box<Check>),
    /// Whether a dependency answers.
    Dependency(Box<Dependency>),
    /// Whether the live pages keep the contract.
    Scrape(Arc<Terms>, Arc<Scraped>),
    /// Whether a page that was read from a file keeps the contract.
    Page(Arc<Terms>, Arc<Seen>),
}

/// How checks are made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many at the same time.
    pub concurrency: usize,
    /// For how long checks that fail are made again.
    pub wait: Option<Duration>,
}

impl Job {
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

    /// What is asked: a URL, `host:port`, or a file.
    fn target(&self) -> String {
        match &self.ask {
            Ask::Check(check) => excerpt::without_credentials(check.target.address()),
            Ask::Dependency(dependency) => dependency.address.clone(),
            Ask::Scrape(_, scraped) => scraped.urls.iter().map(|url| excerpt::without_credentials(url)).collect::<Vec<_>>().join(", "),
            Ask::Page(_, seen) => seen.from.clone(),
        }
    }
}

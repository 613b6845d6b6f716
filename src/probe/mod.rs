//! The live service, asked whether it keeps its promises.
//!
//! A check is made, its answer judged, and everything that is wrong with it reported: each failure with a stable code,
//! the phase it happened in, and what was observed against what was expected. What could not be evaluated has failed.
//! The network has one door, `client`.

mod attempt;
mod bounds;
mod client;
mod code;
mod contract;
mod credentials;
mod dependency;
mod draft;
mod dry_run;
mod excerpt;
mod expect;
mod failure;
mod fetch;
mod grpc;
mod health;
mod human;
mod job;
mod json_path;
mod junit;
mod options;
mod phases;
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

pub use client::{Family, Headers, Reach, Resolve, Secret};
pub use contract::{Asked, ContentType, Seen, Terms};
pub use draft::Draft;
pub use dry_run::dry_run;
pub use excerpt::without_credentials;
#[allow(unused_imports, reason = "the type of what `fetch` returns: who fetches may want to name it")]
pub use fetch::Fetched;
pub use fetch::{Place, fetch, is_url};
pub use human::{changed, changes, progress, text};
pub use job::{Ask, Dependency, Job, Owner, Scraped};
pub use junit::junit;
pub use options::{Again, Options};
pub use prometheus::prometheus;
pub use report::{Report, schema};
pub use room::room;
pub use schedule::{Ended, Happened, run, watch};
pub use scrape::urls;
pub use tap::tap;
pub use well_known::endpoints;

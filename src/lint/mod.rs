//! Documents to findings: what cannot work in a set of monitoring files, and why.
//!
//! [`run()`] takes texts and touches no disk. Files are read and judged in parallel where it pays; all files of
//! a run are judged together, for much of what is wrong shows only between two of them.

mod alert_labels;
mod context;
mod fields;
pub mod inference;
mod probes;
pub mod query;
mod routing;
mod rule;
mod rules;
pub mod run;
mod shipping;
pub mod template;
#[cfg(test)]
mod tests;
pub mod views;
mod words;
pub mod world;

pub use rules::{AREAS, SHAPES, all};
pub use run::config::schema;
pub use run::judging::judge_expressions;
pub use run::request::{ConfigFile, Input, Options, Outcome};
pub use run::run;
pub use world::pages::Page;

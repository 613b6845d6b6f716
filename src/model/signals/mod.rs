//! Signals: the quantities about which a manifest promises something. One file per kind.
//!
//! A kind knows all there is to know about its quantity: the expression and the labels that remain, its unit, what
//! well and broken look like as series, how it is drawn, how it is said in a sentence. Alerts, panels, rule tests and
//! texts ask the signal; none of them builds a query of its own, so they cannot drift apart.

mod absent;
mod all_targets_down;
mod burn;
mod certificate;
mod down;
mod events;
mod free;
mod histogram;
mod metrics_absent;
mod not_ready;
mod objective;
mod quantile;
mod ratio;
mod reports_lost;
mod saturation;
mod target_absent;
mod target_down;
mod tiers;
mod watchdog;

use std::fmt::Debug;

pub use absent::Absent;
pub use all_targets_down::AllTargetsDown;
pub use burn::Burn;
pub use certificate::Certificate;
pub use down::Down;
pub use events::{Bad, Events};
pub use free::Free;
pub use metrics_absent::MetricsAbsent;
pub use not_ready::NotReady;
pub use objective::{Objective, Recording, Sli};
pub use quantile::{Quantile, percentile, quantile_of, unit_of};
pub use ratio::Ratio;
pub use reports_lost::ReportsLost;
pub use saturation::Saturation;
pub use target_absent::TargetAbsent;
pub use target_down::TargetDown;
pub use tiers::Tier;
pub use watchdog::Watchdog;

use super::panel::Panel;
use super::synthetic::Scenario;
use super::text::Sentence;
use crate::manifest::scalars::Duration;
use crate::promql::ast::Expr;

/// A quantity with a condition on it.
pub trait Signal: Debug + Send + Sync {
    /// The condition under which somebody must be told, as a rule's expression.
    fn condition(&self) -> Expr;

    /// What is wrong when the condition holds, in one line.
    fn summary(&self) -> Sentence;

    /// What that means, with the value and what it was compared with.
    fn description(&self) -> Sentence;

    /// How it is drawn: the same quantity, the same threshold.
    fn panels(&self) -> Vec<Panel>;

    /// The stories that prove the condition, for the judge. `hold` is the alert's `for`: a story that is to stay
    /// quiet lasts at least as long.
    fn proof(&self, hold: Duration) -> Proof;

    /// Why no stories can be told of it, where none can. They are not told to find that out.
    fn unproven(&self) -> Option<String> {
        None
    }
}

/// How a condition is proven.
#[derive(Clone, Debug)]
pub enum Proof {
    /// By these stories.
    Scenarios(Vec<Scenario>),
    /// It holds always, by intention.
    Always,
    /// It cannot be proven, and why.
    Unproven(String),
}

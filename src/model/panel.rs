//! How a signal is drawn: what a panel shows, without a word of Grafana's JSON.

use crate::promql::ast::Expr;

/// One panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// What it shows and how to read it.
    pub description: String,
    /// How it is drawn.
    pub view: View,
    /// The unit of its values.
    pub unit: Unit,
    /// What it asks.
    pub queries: Vec<Query>,
    /// Values at which the colour changes, ascending. Drawn as lines where the view has an axis.
    pub steps: Vec<Step>,
    /// The colour below the first step.
    pub base: Colour,
    /// The row it stands in.
    pub row: Row,
    /// The lowest and the highest value that it can take, where these are known.
    pub range: (Option<f64>, Option<f64>),
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Lines over time.
    Lines,
    /// Lines that are stacked.
    Stacked,
    /// One number.
    Number,
    /// States over time.
    States,
    /// Counts per bucket over time.
    Heatmap,
    /// The labels of what there is now.
    Table,
}

/// One query of a panel.
#[derive(Clone, Debug)]
pub struct Query {
    /// The expression; ranges of [`crate::model::query::PANEL_WINDOW`] become Grafana's own window.
    pub expr: Ask,
    /// The legend, with Grafana's `{{label}}`.
    pub legend: String,
    /// Whether it asks for one moment only.
    pub instant: bool,
}

/// What a query asks.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A tree of ours.
    Tree(Box<Expr>),
    /// Text of the manifest, with Grafana's variables.
    Text(String),
}

/// A value at which the colour changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// From here on.
    pub value: f64,
    /// The colour.
    pub colour: Colour,
}

/// Colours with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// All is well.
    Good,
    /// Look at it.
    Warning,
    /// Somebody is told.
    Bad,
    /// It says nothing about good or bad.
    Plain,
}

/// Units of values, by their meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share of one.
    Ratio,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Events per second.
    PerSecond,
    /// Requests per second.
    RequestsPerSecond,
    /// Bytes per second.
    BytesPerSecond,
    /// A plain number.
    Count,
    /// 0 or 1.
    State,
    /// A unit id of Grafana's, from the manifest.
    Named(String),
}

/// Rows of the dashboard, from what matters most to what explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// What is wrong now.
    Now,
    /// What is promised.
    Objectives,
    /// Rate, errors, duration.
    Traffic,
    /// Utilisation, saturation.
    Resources,
    /// Targets, probes, dependencies, certificates.
    Availability,
    /// Panels of the manifest.
    Own,
}

impl Row {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Objectives => "Objectives",
            Self::Traffic => "Traffic, errors, latency",
            Self::Resources => "Resources",
            Self::Availability => "Availability",
            Self::Own => "More",
        }
    }
}

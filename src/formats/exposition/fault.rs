//! What is wrong with a page, where, and which Prometheus stops at it.

use std::ops::Range;

/// A generation of Prometheus: they do not read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Generation {
    /// Prometheus 2, as of 2.42.
    Two,
    /// Prometheus 3.
    Three,
}

/// Which generations lose the whole scrape over a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stops {
    /// None: every sample that can be read is stored, and the target counts as up.
    Nothing,
    /// Prometheus 2 alone, which knows less of the format.
    Two,
    /// Both.
    All,
}

impl Stops {
    /// Whether a generation loses the scrape.
    pub fn at(self, generation: Generation) -> bool {
        match self {
            Self::Nothing => false,
            Self::Two => generation == Generation::Two,
            Self::All => true,
        }
    }
}

/// Kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Something stands where something else must.
    Syntax,
    /// A carriage return, which is taken for a part of what stands before it.
    CarriageReturn,
    /// A type that the format does not have.
    UnknownType,
    /// What should be a value is not a number.
    Number,
    /// What should be a timestamp is none.
    Timestamp,
    /// Bytes that are not UTF-8.
    Utf8,
    /// Blanks before a name.
    Indented,
    /// A label that is twice in one series.
    DuplicateLabel,
    /// A quoted name, which Prometheus 2 does not know.
    QuotedName,
    /// A comma before `}` in OpenMetrics, which Prometheus 2 does not take.
    TrailingComma,
    /// An exemplar where none can be.
    Exemplar,
    /// A unit that the name of the metric does not end in.
    Unit,
    /// OpenMetrics without `# EOF`.
    MissingEof,
    /// Something after `# EOF`.
    AfterEof,
    /// The last line does not end.
    NoFinalNewline,
    /// A byte of zero, at which Prometheus takes the page to end.
    Nul,
    /// `# TYPE` after samples of the metric.
    LateType,
    /// A second `# TYPE`, `# HELP` or `# UNIT` of one metric.
    Repeated,
    /// Samples of a metric with others in between.
    Interleaved,
}

/// Something that is wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub kind: FaultKind,
    /// The bytes that are wrong.
    pub range: Range<usize>,
    /// Which Prometheus loses the whole scrape over it.
    pub stops: Stops,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// What is not quite right and stops nobody, or only Prometheus 2.
impl FaultKind {
    /// What to do about it.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Syntax => "let a client library write the page",
            Self::CarriageReturn => "end lines with a line feed alone",
            Self::UnknownType => "text 0.0.4 knows counter, gauge, histogram, summary and untyped; the others need OpenMetrics",
            Self::Number => "a value is a number of Go's: `1`, `0.5`, `1e-3`, `NaN`, `+Inf`",
            Self::Timestamp => "leave timestamps out: Prometheus knows when it scrapes",
            Self::Utf8 => "write UTF-8",
            Self::Indented => "begin the line with the name",
            Self::DuplicateLabel => "give every label once",
            Self::QuotedName => "use letters, digits and `_`, or Prometheus 3",
            Self::TrailingComma => "leave the last comma out",
            Self::Exemplar => {
                "exemplars need the Content-Type of OpenMetrics; Prometheus 2 takes them only on names that end in `_total` or `_bucket`"
            }
            Self::Unit => "end the name in `_` and the unit, or leave `# UNIT` out",
            Self::MissingEof => "end the page with `# EOF`",
            Self::AfterEof => "nothing may stand after `# EOF`",
            Self::NoFinalNewline => "end the last line with a line feed; promtool demands it",
            Self::Nul => "leave the byte out",
            Self::LateType => "write `# TYPE` before the first sample of the metric",
            Self::Repeated => "write it once",
            Self::Interleaved => "write all samples of a metric together, as the format demands",
        }
    }
}

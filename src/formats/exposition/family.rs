//! A metric with all of its series, and what the page says about it.

use std::borrow::Cow;
use std::ops::Range;

use super::sample::{Place, Sample};
use super::{Page, Syntax, range, unescape};

/// What `# TYPE` can say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FamilyKind {
    /// Only ever rises, until the process restarts.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Quantiles that the client computed.
    Summary,
    /// A histogram whose buckets may also fall; OpenMetrics only.
    GaugeHistogram,
    /// Labels that say something about the process; OpenMetrics only.
    Info,
    /// Which of some states it is in; OpenMetrics only.
    StateSet,
    /// Nothing is said.
    #[default]
    Unknown,
}

impl FamilyKind {
    /// The kind that a word names in either grammar.
    pub fn parse(word: &str) -> Option<Self> {
        Self::of(word, Syntax::Text).or_else(|| Self::of(word, Syntax::OpenMetrics))
    }

    /// The kind that a word names in a grammar.
    pub(super) fn of(word: &str, syntax: Syntax) -> Option<Self> {
        Some(match (word, syntax) {
            ("counter", _) => Self::Counter,
            ("gauge", _) => Self::Gauge,
            ("histogram", _) => Self::Histogram,
            ("summary", _) => Self::Summary,
            ("untyped", Syntax::Text) | ("unknown", Syntax::OpenMetrics) => Self::Unknown,
            ("gaugehistogram", Syntax::OpenMetrics) => Self::GaugeHistogram,
            ("info", Syntax::OpenMetrics) => Self::Info,
            ("stateset", Syntax::OpenMetrics) => Self::StateSet,
            _ => return None,
        })
    }

    /// As in `# TYPE` of OpenMetrics; what nothing is said of is `untyped`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "untyped",
        }
    }

    /// What its samples may add to the family's name.
    pub(super) fn suffixes(self, syntax: Syntax) -> &'static [&'static str] {
        match (self, syntax) {
            (Self::Histogram, Syntax::Text) => &["_bucket", "_sum", "_count"],
            (Self::Summary, Syntax::Text) => &["_sum", "_count"],
            (Self::Counter, Syntax::OpenMetrics) => &["_total", "_created"],
            (Self::Histogram, Syntax::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
            (Self::Summary, Syntax::OpenMetrics) => &["_sum", "_count", "_created"],
            (Self::GaugeHistogram, Syntax::OpenMetrics) => &["_bucket", "_gsum", "_gcount"],
            (Self::Info, Syntax::OpenMetrics) => &["_info"],
            _ => &[],
        }
    }
}

/// Every suffix that some family's samples have.
pub(super) const SUFFIXES: &[&str] = &["_bucket", "_sum", "_count", "_total", "_created", "_gsum", "_gcount", "_info"];

/// A family as it is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct FamilyData {
    pub(super) name: Place,
    pub(super) kind: FamilyKind,
    /// The word of `# TYPE`.
    pub(super) kind_at: Option<Place>,
    pub(super) help: Option<Place>,
    pub(super) unit: Option<Place>,
    /// Its samples among those of the page: one run, or several where others stand in between.
    pub(super) runs: Vec<Place>,
}

/// A metric with all of its series.
#[derive(Clone, Copy, Debug)]
pub struct Family<'p> {
    pub(super) page: &'p Page<'p>,
    pub(super) data: &'p FamilyData,
}

impl<'p> Family<'p> {
    /// Its name as the page gives it. OpenMetrics leaves out the `_total` of a counter and the `_info` of an info.
    pub fn name(&self) -> Cow<'p, str> {
        self.page.unescaped(self.data.name)
    }

    /// Its name as it is declared and asked for: the name of its samples, but for histograms and summaries their common part.
    pub fn full_name(&self) -> Cow<'p, str> {
        let suffix = match (self.data.kind, self.page.syntax) {
            (FamilyKind::Counter, Syntax::OpenMetrics) => "_total",
            (FamilyKind::Info, Syntax::OpenMetrics) => "_info",
            _ => return self.name(),
        };
        self.name() + suffix
    }

    /// Where it is named first.
    pub fn name_range(&self) -> Range<usize> {
        range(self.data.name)
    }

    /// What it is.
    pub fn kind(&self) -> FamilyKind {
        self.data.kind
    }

    /// Whether the page says what it is.
    pub fn is_typed(&self) -> bool {
        self.data.kind_at.is_some()
    }

    /// Where its type stands; where it is named, if nowhere.
    pub fn kind_range(&self) -> Range<usize> {
        range(self.data.kind_at.unwrap_or(self.data.name))
    }

    /// What it counts or measures.
    pub fn help(&self) -> Option<Cow<'p, str>> {
        let text = self.page.str(self.data.help?);
        Some(unescape(text, self.page.syntax == Syntax::OpenMetrics))
    }

    /// Where its help stands.
    pub fn help_range(&self) -> Option<Range<usize>> {
        self.data.help.map(range)
    }

    /// Its unit, which only OpenMetrics can give.
    pub fn unit(&self) -> Option<&'p str> {
        self.data.unit.map(|place| self.page.str(place))
    }

    /// Where its unit stands.
    pub fn unit_range(&self) -> Option<Range<usize>> {
        self.data.unit.map(range)
    }

    /// Its samples, in the order of the page.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'p>> + use<'p> {
        let (page, data) = (self.page, self.data);
        data.runs.iter().flat_map(move |run| page.samples[range(*run)].iter()).map(move |data| Sample { page, data })
    }

    /// How many samples it has.
    pub fn sample_count(&self) -> usize {
        self.data.runs.iter().map(|run| (run.1 - run.0) as usize).sum()
    }

    /// What a sample adds to the family's name: `_bucket`, `_total`, nothing.
    pub fn suffix(&self, sample: &Sample<'p>) -> &'p str {
        let length = (self.data.name.1 - self.data.name.0) as usize;
        self.page.str(sample.data.name).get(length..).unwrap_or("")
    }
}

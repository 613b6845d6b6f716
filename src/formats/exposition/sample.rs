//! One line of a page with a value: a series and what it is worth.

use std::borrow::Cow;
use std::ops::Range;

use super::{Page, range};

/// Offsets into the page.
pub(super) type Place = (u32, u32);

/// A sample as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleData {
    /// The name, without quotes.
    pub(super) name: Place,
    /// Its labels among those of the page.
    pub(super) labels: Place,
    pub(super) value: f64,
    /// The value as it is written.
    pub(super) value_at: Place,
    /// Zero where there is none; else the timestamp's length, after a space behind the value.
    pub(super) timestamp: Place,
    /// The family's number.
    pub(super) family: u32,
    /// The exemplar's number, from 1.
    pub(super) exemplar: u32,
}

/// A label as it is kept: both without quotes, with escapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelData {
    pub(super) name: Place,
    pub(super) value: Place,
}

/// An exemplar as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExemplarData {
    pub(super) labels: Place,
    pub(super) value: f64,
    pub(super) timestamp: Option<f64>,
}

/// A sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'p> {
    pub(super) page: &'p Page<'p>,
    pub(super) data: &'p SampleData,
}

impl<'p> Sample<'p> {
    /// Its name as Prometheus stores it: `http_requests_total`, `request_seconds_bucket`.
    pub fn name(&self) -> Cow<'p, str> {
        self.page.unescaped(self.data.name)
    }

    /// Where the name stands.
    pub fn name_range(&self) -> Range<usize> {
        range(self.data.name)
    }

    /// Its labels, in the order of the page.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = Label<'p>> + use<'p> {
        let (page, place) = (self.page, self.data.labels);
        page.labels[range(place)].iter().map(move |data| Label { page, data })
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<Cow<'p, str>> {
        self.labels().find(|label| label.name() == name).map(|label| label.value())
    }

    /// What it is worth.
    pub fn value(&self) -> f64 {
        self.data.value
    }

    /// Where the value stands.
    pub fn value_range(&self) -> Range<usize> {
        range(self.data.value_at)
    }

    /// The timestamp as it is written: milliseconds in text, seconds in OpenMetrics.
    pub fn timestamp(&self) -> Option<&'p str> {
        (self.data.timestamp != (0, 0)).then(|| self.page.str(self.data.timestamp))
    }

    /// Where the timestamp stands.
    pub fn timestamp_range(&self) -> Range<usize> {
        range(self.data.timestamp)
    }

    /// What it is an instance of.
    pub fn exemplar(&self) -> Option<Exemplar<'p>> {
        let index = (self.data.exemplar as usize).checked_sub(1)?;
        Some(Exemplar { page: self.page, data: &self.page.exemplars[index] })
    }

    /// From its name to its value.
    pub fn range(&self) -> Range<usize> {
        let quoted = usize::from(self.page.text.get(self.data.name.0 as usize - usize::from(self.data.name.0 > 0)) == Some(&b'"'));
        self.data.name.0 as usize - quoted..self.data.value_at.1 as usize
    }
}

/// A label of a sample or of an exemplar.
#[derive(Clone, Copy, Debug)]
pub struct Label<'p> {
    page: &'p Page<'p>,
    data: &'p LabelData,
}

impl<'p> Label<'p> {
    /// Its name.
    pub fn name(&self) -> Cow<'p, str> {
        self.page.unescaped(self.data.name)
    }

    /// Its value.
    pub fn value(&self) -> Cow<'p, str> {
        self.page.unescaped(self.data.value)
    }

    /// Where the name stands.
    pub fn name_range(&self) -> Range<usize> {
        range(self.data.name)
    }

    /// Where the value stands, without its quotes.
    pub fn value_range(&self) -> Range<usize> {
        range(self.data.value)
    }
}

/// One observation that a sample counts.
#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'p> {
    page: &'p Page<'p>,
    data: &'p ExemplarData,
}

impl<'p> Exemplar<'p> {
    /// Its labels.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = Label<'p>> + use<'p> {
        let (page, place) = (self.page, self.data.labels);
        page.labels[range(place)].iter().map(move |data| Label { page, data })
    }

    /// What was observed.
    pub fn value(&self) -> f64 {
        self.data.value
    }

    /// When, in seconds since 1970.
    pub fn timestamp(&self) -> Option<f64> {
        self.data.timestamp
    }
}

//! The page that Prometheus scrapes: text 0.0.4 and 1.0.0, and OpenMetrics 1.0.
//!
//! Two questions are answered: what does the page hold, with the place of every item; and would Prometheus take it.
//! Reading goes on after a fault, where Prometheus drops the whole scrape. It borrows from the text and costs linear time.
//!
//! ```text
//! let page = exposition::read(text, Syntax::Text);
//! page.stopped_by(Generation::Three)          the first fault over which Prometheus 3 loses the scrape
//! for family in page.families()               name, type, help, unit
//!     for sample in family.samples()          name, labels, value, timestamp, exemplar
//! ```

mod content_type;
mod family;
mod fault;
mod grpc;
mod histogram;
mod noise;
mod number;
mod reader;
mod sample;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

pub use content_type::{Announced, Syntax, announced};
pub use family::{Family, FamilyKind};
#[allow(unused_imports, reason = "the types of public fields: who reads a page may want to name them")]
pub use fault::{Fault, FaultKind, Generation, Stops};
pub use grpc::GRPC_CODES;
pub use histogram::{Histogram, histograms};
pub use noise::{is_noise, noise};
pub use reader::read;
#[allow(unused_imports, reason = "as above")]
pub use sample::{Exemplar, Label, Sample};

use crate::source::Position;

/// So many faults of a page are kept; of the others only the number.
pub const FAULTS_KEPT: usize = 200;

/// A page that was read.
#[derive(Debug)]
pub struct Page<'a> {
    text: &'a [u8],
    /// The same, where all of it is UTF-8: then no part of it needs to be judged again.
    whole: Option<&'a str>,
    /// Whether there is an escape anywhere.
    has_escapes: bool,
    syntax: Syntax,
    families: Vec<family::FamilyData>,
    samples: Vec<sample::SampleData>,
    labels: Vec<sample::LabelData>,
    exemplars: Vec<sample::ExemplarData>,
    faults: Vec<Fault>,
    more_faults: usize,
    lines: OnceCell<Vec<usize>>,
}

impl<'a> Page<'a> {
    /// The grammar it was read in.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// Its bytes.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Its families, in the order in which each is first named.
    pub fn families(&self) -> impl Iterator<Item = Family<'_>> {
        self.families.iter().map(|data| Family { page: self, data })
    }

    /// Every sample, in the order of the page.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        self.samples.iter().map(|data| Sample { page: self, data })
    }

    /// How many samples there are.
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }

    /// What is wrong with it, in the order of the page: the first [`FAULTS_KEPT`], and what costs the scrape wherever it is.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many faults were found beyond those that were kept.
    pub fn more_faults(&self) -> usize {
        self.more_faults
    }

    /// The first fault over which a generation of Prometheus loses the whole scrape.
    pub fn stopped_by(&self, generation: Generation) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.stops.at(generation))
    }

    /// The line and the column, in characters, of a byte; both from 1.
    pub fn position(&self, offset: usize) -> Position {
        let lines = self.lines.get_or_init(|| {
            let breaks = self.text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        });
        let offset = offset.min(self.text.len());
        let line = lines.partition_point(|start| *start <= offset);
        let before = &self.text[lines[line - 1]..offset];
        Position { line, column: String::from_utf8_lossy(before).chars().count() + 1 }
    }

    /// What stands in a range that the reader found to be UTF-8.
    fn str(&self, range: (u32, u32)) -> &'a str {
        let range = self::range(range);
        if let Some(part) = self.whole.and_then(|whole| whole.get(range.clone())) {
            return part;
        }
        std::str::from_utf8(&self.text[range]).expect("only what is UTF-8 is kept")
    }

    /// The same, without the escapes of a quoted text.
    fn unescaped(&self, range: (u32, u32)) -> Cow<'a, str> {
        if self.has_escapes { unescape(self.str(range), true) } else { Cow::Borrowed(self.str(range)) }
    }
}

/// `\\`, `\n` and, in quotes, `\"` stand for one character each; any other escape is left as it is.
fn unescape(text: &str, quotes: bool) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('\\', Some('\\')) => out.push('\\'),
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('"')) if quotes => out.push('"'),
            _ => {
                out.push(c);
                continue;
            }
        }
        rest.next();
    }
    Cow::Owned(out)
}

fn range(range: (u32, u32)) -> Range<usize> {
    range.0 as usize..range.1 as usize
}

/// Lines of a text that are looked at to recognise it.
const LOOKED_AT: usize = 50;

/// Whether a text is a page of metrics, in either grammar, judged by its first lines.
///
/// A mapping of YAML such as `a: 1` is none, although `a:` could name a metric.
pub fn looks_like(text: &str) -> bool {
    let mut telling = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT) {
        if line.starts_with('#') {
            let mut words = line.trim_start_matches('#').split_whitespace();
            telling |= words.next() == Some("TYPE") && words.nth(1).is_some_and(|kind| FamilyKind::parse(kind).is_some());
            continue;
        }
        if !reader::is_sample(line.trim_end_matches('\r')) {
            return false;
        }
        telling = true;
    }
    telling
}

//! One page, read, with what it is judged by.

use std::collections::BTreeMap;

use super::terms::{Seen, Terms};
use crate::formats::exposition::{Family, Generation, Page};
use crate::manifest::stack::Version;
use crate::model::catalogue::Metric;

/// A page in its context.
pub(super) struct Context<'c> {
    pub(super) terms: &'c Terms,
    pub(super) seen: &'c Seen,
    pub(super) page: &'c Page<'c>,
    /// Families by the name that a manifest gives them.
    pub(super) families: BTreeMap<String, Family<'c>>,
}

impl<'c> Context<'c> {
    pub(super) fn new(terms: &'c Terms, seen: &'c Seen, page: &'c Page<'c>) -> Self {
        let families = page.families().map(|family| (family.full_name().into_owned(), family)).collect();
        Self { terms, seen, page, families }
    }

    /// Declared metrics with their families, as far as there are samples of them.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'c Metric, Family<'c>)> {
        self.terms.metrics.values().filter_map(|metric| {
            let family = *self.families.get(&metric.name)?;
            (family.sample_count() > 0).then_some((metric.as_ref(), family))
        })
    }

    /// Where something stands: `http://…/metrics:41:7`.
    pub(super) fn place(&self, offset: usize) -> String {
        let at = self.page.position(offset);
        format!("{}:{}:{}", self.seen.from, at.line, at.column)
    }
}

/// The generation that a version belongs to.
pub(super) fn generation(version: Version) -> Generation {
    if version < Version::new(3, 0) { Generation::Two } else { Generation::Three }
}

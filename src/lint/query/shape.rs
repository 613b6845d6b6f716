//! The labels that a result can have.
//!
//! The world is open: where nothing is declared, a series may have any label that nothing took away. So a
//! shape is either closed (only these labels are possible) or open (any but these).

/// The labels of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape<'e> {
    /// Whether only `labels` are possible; else `labels` are those that are gone.
    pub closed: bool,
    /// The possible labels of a closed shape, the impossible ones of an open one.
    pub labels: Vec<&'e str>,
    /// Labels that every series of the result has, with a value.
    pub certain: Vec<&'e str>,
}

impl<'e> Shape<'e> {
    pub(in crate::lint) fn open() -> Self {
        Self { closed: false, labels: Vec::new(), certain: Vec::new() }
    }

    pub(in crate::lint) fn closed(labels: Vec<&'e str>) -> Self {
        Self { closed: true, labels, certain: Vec::new() }
    }

    /// Whether some series of the result may have this label.
    pub fn possible(&self, label: &str) -> bool {
        // Where target and metric have a label of one name, that of the metric is stored as `exported_…`.
        let stored = || label.strip_prefix("exported_").is_some_and(|own| self.closed && self.labels.contains(&own));
        self.labels.contains(&label) == self.closed || stored()
    }

    pub(in crate::lint) fn without(mut self, label: &str) -> Self {
        self.certain.retain(|name| *name != label);
        self.labels.retain(|name| *name != label);
        self
    }

    /// Takes a label away.
    pub(in crate::lint) fn remove(self, label: &'e str) -> Self {
        let mut shape = self.without(label);
        if !shape.closed {
            shape.labels.push(label);
        }
        shape
    }

    /// Makes a label possible.
    pub(in crate::lint) fn add(self, label: &'e str) -> Self {
        let certain = self.certain.clone();
        let mut shape = self.without(label);
        if shape.closed {
            shape.labels.push(label);
        }
        shape.certain = certain;
        shape
    }

    /// Makes it unknown whether every series has a label.
    pub(in crate::lint) fn uncertain(mut self, label: &str) -> Self {
        self.certain.retain(|name| *name != label);
        self
    }

    /// Keeps only some labels.
    pub(in crate::lint) fn keep(&self, labels: impl Iterator<Item = &'e str>) -> Self {
        let kept: Vec<&str> = labels.filter(|label| self.possible(label)).collect();
        let certain = self.certain.iter().copied().filter(|label| kept.contains(label)).collect();
        Self { closed: true, labels: kept, certain }
    }

    /// What may come out of either.
    pub(in crate::lint) fn either(&self, other: &Self) -> Self {
        let certain = self.certain.iter().copied().filter(|label| other.certain.contains(label)).collect();
        let closed = self.closed && other.closed;
        let impossible = |label: &&str| !self.possible(label) && !other.possible(label);
        let mut labels: Vec<&str> = self.labels.iter().chain(&other.labels).copied().filter(|label| closed || impossible(label)).collect();
        labels.sort_unstable();
        labels.dedup();
        Self { closed, labels, certain }
    }
}

//! Variables of a template.

use std::collections::BTreeMap;

/// So many variables are named where one is not known.
const NAMED: usize = 8;

/// The variables that are declared at some place, each as often as it is.
#[derive(Default)]
pub(super) struct Variables {
    in_order: Vec<String>,
    times: BTreeMap<String, usize>,
}

impl Variables {
    /// Adds some.
    pub(super) fn declare(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            *self.times.entry(name.clone()).or_default() += 1;
            self.in_order.push(name);
        }
    }

    /// Forgets all but the first so many.
    pub(super) fn forget(&mut self, but: usize) {
        for name in self.in_order.drain(but..) {
            if let Some(times) = self.times.get_mut(&name) {
                *times -= 1;
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Some of them, to be named in a message.
    pub(super) fn first(&self) -> impl Iterator<Item = &str> {
        self.in_order.iter().map(String::as_str).take(NAMED)
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.times.get(name).is_some_and(|times| *times > 0)
    }
}

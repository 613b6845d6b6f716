//! Go templates in labels and annotations: which labels of the alert they read.

use std::ops::Range;

/// A label that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRead {
    /// The label's name.
    pub name: String,
    /// Byte range of the name in the template's text.
    pub range: Range<usize>,
}

/// Every `$labels.name` of a template, and `.Labels.name` where the dot is still the alert.
pub fn label_reads(text: &str) -> Vec<LabelRead> {
    let mut found = Vec::new();
    if !text.contains("{{") {
        return found;
    }
    let (mut at, mut moved) = (0, false);
    while let Some(open) = text[at..].find("{{").map(|i| at + i + 2) {
        let close = text[open..].find("}}").map_or(text.len(), |i| open + i);
        let action = &text[open..close];
        // Inside `range` and `with` the dot is a sample of another query.
        moved |= ["range", "with", "define", "template"].iter().any(|word| action.trim_start_matches(['-', ' ']).starts_with(word));
        names_after(action, "$labels.", open, &mut found);
        if !moved {
            let bare = |i: usize| !matches!(action.as_bytes().get(i.wrapping_sub(1)), Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b')'));
            for (i, _) in action.match_indices(".Labels.").filter(|(i, _)| bare(*i)) {
                name_at(action, i + ".Labels.".len(), open, &mut found);
            }
        }
        at = close;
    }
    found
}

fn names_after(action: &str, prefix: &str, offset: usize, found: &mut Vec<LabelRead>) {
    for (i, _) in action.match_indices(prefix) {
        name_at(action, i + prefix.len(), offset, found);
    }
}

fn name_at(action: &str, start: usize, offset: usize, found: &mut Vec<LabelRead>) {
    let name: String = action[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    if !name.is_empty() {
        found.push(LabelRead { range: offset + start..offset + start + name.len(), name });
    }
}

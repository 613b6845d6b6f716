//! Labels that are shown where there is another one.

use std::ops::Range;

use crate::lint::template::pieces::{Piece, pieces};

/// A label is shown for the sake of so many conditions around it.
const DEEP: usize = 16;

/// A condition that asks for one label alone, and what stands behind it up to its `else` or `end`.
struct Guard<'t> {
    range: Range<usize>,
    asked: &'t str,
    depth: usize,
    is_shown: bool,
    other: Option<&'t str>,
}

/// Conditions that ask for one label, and show another one and not that: where the condition is, and both names.
pub(super) fn other_label(text: &str) -> Vec<(Range<usize>, &str, &str)> {
    let mut found = Vec::new();
    let (mut depth, mut open): (usize, Vec<Guard<'_>>) = (0, Vec::new());
    for piece in pieces(text).unwrap_or_default() {
        let Piece::Action(inner, at) = piece else { continue };
        let word = inner.split_whitespace().next().unwrap_or("");
        if matches!(word, "end" | "else") {
            let closed = open.pop_if(|guard| guard.depth == depth);
            let pair = closed.and_then(|guard| Some((guard.range, guard.asked, guard.other.filter(|_| !guard.is_shown)?)));
            found.extend(pair);
        }
        for (_, name) in labels(inner) {
            for guard in open.iter_mut().rev().take(DEEP) {
                guard.is_shown |= name == guard.asked;
                guard.other = guard.other.or(Some(name));
            }
        }
        match word {
            "end" => depth = depth.saturating_sub(1),
            "if" | "with" | "range" | "define" | "block" => {
                depth += 1;
                let only = inner.strip_prefix("if ").map(str::trim).filter(|rest| !rest.contains([' ', '(', '|']));
                if let Some((start, asked)) = only.and_then(|_| labels(inner).next()) {
                    let range = at + start..at + start + asked.len();
                    open.push(Guard { range, asked, depth, is_shown: false, other: None });
                }
            }
            _ => {}
        }
    }
    found
}

/// The labels that an action reads, with their places in it.
fn labels(inner: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts = [".Labels.", ".CommonLabels."].into_iter().flat_map(|start| inner.match_indices(start));
    starts.filter_map(|(at, start)| {
        let from = at + start.len();
        let rest = &inner[from..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        (!name.is_empty() && !name.starts_with(char::is_uppercase)).then_some((from, name))
    })
}

#[cfg(test)]
mod tests {
    use super::other_label;

    #[test]
    fn conditions_that_show_another_label_are_found() {
        let of = |text| other_label(text).into_iter().map(|(_, asked, shown)| format!("{asked} {shown}")).collect::<Vec<_>>();
        assert_eq!(of("{{ if .Labels.a }}x {{ .Labels.b }}{{ end }}"), ["a b"]);
        assert_eq!(of("{{ range .Alerts }}{{ if .Labels.a }}{{ if .x }}{{ .Labels.b }}{{ end }}{{ end }}{{ end }}"), ["a b"]);
        assert!(of("{{ if .Labels.a }}{{ .Labels.a }} {{ .Labels.b }}{{ end }}").is_empty());
        assert!(of("{{ if .Labels.a }}x{{ else }}{{ .Labels.b }}{{ end }}").is_empty());
        assert!(of("{{ if eq .Labels.a \"x\" }}{{ .Labels.b }}{{ end }}").is_empty());
    }
}

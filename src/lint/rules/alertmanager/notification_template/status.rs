//! What a notification is asked for where its status says that there is none.

use std::ops::Range;

use crate::lint::template::pieces::{Piece, pieces};

/// What is known of the status of a notification at some place of a template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Firing,
    Resolved,
    Unknown,
}

/// A part of a template between the word that opens it and its `end`.
#[derive(Clone, Copy)]
struct Block {
    status: Status,
    /// What is known behind its `else`.
    otherwise: Status,
    /// Whether the dot may be another than the notification.
    moved: bool,
}

const FIRING: &str = ".Alerts.Firing";

/// Places that read the alerts that fire where the notification is resolved: then none does.
pub(super) fn none_fires(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut blocks = vec![Block { status: Status::Unknown, otherwise: Status::Unknown, moved: false }];
    for piece in pieces(text).unwrap_or_default() {
        let Piece::Action(inner, open) = piece else { continue };
        let words: Vec<&str> = inner.split_whitespace().collect();
        let Some(&Block { status, moved, .. }) = blocks.last() else { break };
        if status == Status::Resolved {
            let start = inner.match_indices(FIRING).map(|(start, _)| open + start);
            found.extend(start.map(|start| start..start + FIRING.len()));
        }
        match words.as_slice() {
            ["if", condition @ ..] => {
                let (status, otherwise) = asked(condition, moved).unwrap_or((status, status));
                blocks.push(Block { status, otherwise, moved });
            }
            ["else", ..] => blocks.last_mut().into_iter().for_each(|block| block.status = block.otherwise),
            ["range" | "with", ..] => blocks.push(Block { status, otherwise: status, moved: true }),
            ["define" | "block", ..] => {
                blocks.push(Block { status: Status::Unknown, otherwise: Status::Unknown, moved: false });
            }
            ["end"] if blocks.len() > 1 => {
                blocks.pop();
            }
            _ => {}
        }
    }
    found
}

/// What a condition says of the status, and what its `else` does, where that is all that it asks.
fn asked(condition: &[&str], moved: bool) -> Option<(Status, Status)> {
    let [word, one, two] = condition else { return None };
    let (field, value) = if one.starts_with('"') { (two, one) } else { (one, two) };
    let is_own = *field == "$.Status" || *field == ".Status" && !moved;
    match (*word, value.trim_matches('"')) {
        _ if !is_own => None,
        ("eq", "firing") | ("ne", "resolved") => Some((Status::Firing, Status::Resolved)),
        ("eq", "resolved") | ("ne", "firing") => Some((Status::Resolved, Status::Firing)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::none_fires;

    #[test]
    fn firing_alerts_are_none_where_the_status_is_resolved() {
        let of = |text: &str| none_fires(text).len();
        assert_eq!(of("{{ if eq .Status \"resolved\" }}{{ .Alerts.Firing | len }}{{ end }}"), 1);
        assert_eq!(of("{{ if eq .Status \"firing\" }}a{{ else }}{{ len .Alerts.Firing }}{{ end }}"), 1);
        assert_eq!(of("{{ if ne .Status \"firing\" }}{{ if .x }}{{ range .Alerts.Firing }}{{ end }}{{ end }}{{ end }}"), 1);
        assert_eq!(of("{{ if eq .Status \"firing\" }}{{ .Alerts.Firing | len }}{{ end }}{{ .Alerts.Firing | len }}"), 0);
        assert_eq!(of("{{ range .Alerts }}{{ if eq .Status \"resolved\" }}{{ len $.Alerts.Firing }}{{ end }}{{ end }}"), 0);
        assert_eq!(of("{{ if eq .Status \"resolved\" }}a{{ else }}{{ .Alerts.Firing | len }}{{ end }}"), 0);
        assert_eq!(of("{{ if .x }}{{ else }}{{ .Alerts.Firing | len }}{{ end }}"), 0);
        // An inner `else` says nothing more of the status.
        assert_eq!(of("{{ if eq .Status \"firing\" }}{{ if .x }}{{ else }}{{ .Alerts.Firing | len }}{{ end }}{{ end }}"), 0);
    }
}

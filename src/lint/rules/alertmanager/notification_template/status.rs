//! What a notification is asked for where its status, or that of an alert, says that there is none.

use std::ops::Range;

use crate::lint::template::pieces::{Piece, pieces};

/// What is known of the status of a notification, or of an alert, at some place of a template.
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
    /// Of the alert that the dot is, where it is one; and behind the `else`.
    alert: Option<(Status, Status)>,
    /// Whether the dot may be another than the notification.
    moved: bool,
}

const FIRING: &str = ".Alerts.Firing";
const RESOLVED: &str = ".Alerts.Resolved";

type Found = (Range<usize>, &'static str, &'static str);

/// Places that read the alerts that fire where the notification is resolved, or when an alert has ended that fires; and lists of the
/// other alerts than those that are asked for.
pub(super) fn other_state(text: &str) -> Vec<Found> {
    let mut found = none_fires(text);
    found.extend(other_list(text));
    found
}

fn none_fires(text: &str) -> Vec<Found> {
    const OUTSIDE: Block = Block { status: Status::Unknown, otherwise: Status::Unknown, alert: None, moved: false };
    let mut found = Vec::new();
    let mut blocks = vec![OUTSIDE];
    for piece in pieces(text).unwrap_or_default() {
        let Piece::Action(inner, open) = piece else { continue };
        let words: Vec<&str> = inner.split_whitespace().collect();
        let Some(&block) = blocks.last() else { break };
        let Block { status, moved, .. } = block;
        if status == Status::Resolved {
            let start = inner.match_indices(FIRING).map(|(start, _)| open + start);
            let message = "a notification is resolved when none of its alerts fires any more, so there are none here";
            found.extend(
                start.map(|start| (start..start + FIRING.len(), message, "ask for `.Alerts.Resolved`, or for the status `firing`")),
            );
        }
        if matches!(block.alert, Some((Status::Firing, _))) {
            let start = inner.match_indices(".EndsAt").map(|(start, _)| start);
            let own = start.filter(|start| inner[..*start].chars().next_back().is_none_or(|c| c == '(' || c.is_whitespace()));
            let message = "an alert that fires has not ended, and this shows the year 1";
            found.extend(own.map(|start| (open + start..open + start + 7, message, "show `.StartsAt`, or ask for the status `resolved`")));
        }
        match words.as_slice() {
            ["if", condition @ ..] => {
                let (status, otherwise) = asked(condition, moved).unwrap_or((status, status));
                let of_alert = block.alert.map(|(known, _)| of_alert(condition).unwrap_or((known, known)));
                blocks.push(Block { status, otherwise, alert: of_alert, moved });
            }
            ["else", ..] => blocks.last_mut().into_iter().for_each(|block| {
                block.status = block.otherwise;
                block.alert = block.alert.map(|(_, otherwise)| (otherwise, otherwise));
            }),
            ["range" | "with", rest @ ..] => {
                let of_list = match rest {
                    [".Alerts.Firing" | "$.Alerts.Firing"] if words[0] == "range" => Some(Status::Firing),
                    [".Alerts" | "$.Alerts"] if words[0] == "range" => Some(Status::Unknown),
                    _ => None,
                };
                blocks.push(Block { status, otherwise: status, alert: of_list.map(|status| (status, Status::Unknown)), moved: true });
            }
            ["define" | "block", ..] => blocks.push(OUTSIDE),
            ["end"] if blocks.len() > 1 => {
                blocks.pop();
            }
            _ => {}
        }
    }
    found
}

/// What a condition says of the status of the alert that the dot is, and what its `else` does.
fn of_alert(condition: &[&str]) -> Option<(Status, Status)> {
    asked(condition, false).filter(|_| !condition.contains(&"$.Status"))
}

/// Blocks behind the question whether there are alerts of one kind that list those of the other alone; and a number of those that are
/// resolved where the notification is said to fire.
fn other_list(text: &str) -> Vec<Found> {
    let all = pieces(text).unwrap_or_default();
    let mut found = Vec::new();
    for (index, piece) in all.iter().enumerate() {
        let Piece::Action(inner, _) = piece else { continue };
        let Some(condition) = inner.strip_prefix("if ") else { continue };
        let plain: String = condition.chars().filter(|c| !matches!(c, '(' | ')')).collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let behind = || branch(&all[index + 1..]);
        let (asks, other, help) = match words.as_slice() {
            [RESOLVED] | ["gt", "len", RESOLVED, "0"] => (RESOLVED, FIRING, "list `.Alerts.Resolved`"),
            [FIRING] | ["gt", "len", FIRING, "0"] => (FIRING, RESOLVED, "list `.Alerts.Firing`"),
            ["eq", ".Status", "\"firing\""] => {
                found.extend(resolved_number(behind()));
                continue;
            }
            _ => continue,
        };
        let actions: Vec<(&str, usize)> = actions(behind()).collect();
        if actions.iter().any(|(inner, _)| inner.contains(asks)) {
            continue;
        }
        let lists = actions.iter().find(|(inner, _)| inner.strip_prefix("range ").is_some_and(|rest| rest.trim() == other));
        let message = "these are not the alerts that are asked for before";
        found.extend(lists.map(|(inner, open)| (open + inner.len() - other.len()..open + inner.len(), message, help)));
    }
    found
}

fn actions<'t>(all: &[Piece<'t>]) -> impl Iterator<Item = (&'t str, usize)> {
    all.iter().filter_map(|piece| if let Piece::Action(inner, open) = piece { Some((*inner, *open)) } else { None })
}

/// No branch that people write has more pieces.
const BRANCH: usize = 200;

/// What stands behind a condition, up to its `else` or `end`.
fn branch<'s, 't>(all: &'s [Piece<'t>]) -> &'s [Piece<'t>] {
    let all = &all[..all.len().min(BRANCH)];
    let mut depth = 0_usize;
    let ends = |piece: &Piece<'_>| {
        let Piece::Action(inner, _) = piece else { return false };
        match inner.split_whitespace().next() {
            Some("if" | "range" | "with" | "block" | "define") => depth += 1,
            Some("else" | "end") if depth == 0 => return true,
            Some("end") => depth -= 1,
            _ => {}
        }
        false
    };
    let end = all.iter().position(ends).unwrap_or(all.len());
    &all[..end]
}

/// The number of alerts that are resolved, where that of those that fire is not shown, nor is said that the number is of resolved ones.
fn resolved_number(behind: &[Piece<'_>]) -> Option<Found> {
    let says =
        behind.iter().any(|piece| matches!(piece, Piece::Text(text) if text.to_lowercase().contains("resolved") || text.contains('/')));
    if says || actions(behind).any(|(inner, _)| inner.contains(FIRING) || inner.starts_with("if ")) {
        return None;
    }
    let (inner, open) =
        actions(behind).find(|(inner, _)| inner.contains(RESOLVED) && inner.split_whitespace().any(|word| word == "len"))?;
    let start = open + inner.find(RESOLVED)?;
    Some((start..start + RESOLVED.len(), "this counts the alerts that are resolved where some fire", "count `.Alerts.Firing`"))
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

    #[test]
    fn what_has_not_ended_and_other_lists_are_found() {
        let of = |text| super::other_state(text).len();
        assert_eq!(of("{{ range .Alerts }}{{ if eq .Status \"firing\" }}{{ .EndsAt }}{{ else }}{{ .StartsAt }}{{ end }}{{ end }}"), 1);
        assert_eq!(of("{{ range .Alerts.Firing }}{{ .EndsAt.Format \"15:04\" }}{{ end }}"), 1);
        assert_eq!(of("{{ range .Alerts }}{{ if eq .Status \"resolved\" }}{{ .EndsAt }}{{ else }}{{ .StartsAt }}{{ end }}{{ end }}"), 0);
        assert_eq!(of("{{ range .Alerts }}{{ if eq $.Status \"firing\" }}{{ .EndsAt }}{{ end }}{{ end }}"), 0);
        assert_eq!(of("{{ if gt (len .Alerts.Resolved) 0 }}Resolved{{ range .Alerts.Firing }}x{{ end }}{{ end }}"), 1);
        assert_eq!(of("{{ if .Alerts.Firing }}{{ range .Alerts.Firing }}x{{ end }}{{ range .Alerts.Resolved }}y{{ end }}{{ end }}"), 0);
        assert_eq!(of("{{ if eq .Status \"firing\" }}:{{ .Alerts.Resolved | len }}{{ end }}"), 1);
        assert_eq!(of("{{ if eq .Status \"firing\" }}{{ len .Alerts.Firing }}, resolved {{ len .Alerts.Resolved }}{{ end }}"), 0);
        assert_eq!(of("{{ if eq .Status \"firing\" }}resolved {{ len .Alerts.Resolved }}{{ end }}"), 0);
    }
}

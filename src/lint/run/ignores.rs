//! `# obsgen: ignore[rule] reason`: takes out what a person has judged, and reports what silences nothing.
//!
//! On a line with something else, a comment covers that line. On a line of its own it covers the entry that
//! follows: a rule, a group, a job, a key, a metric with its samples. Before everything else it covers the file.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::rules;
use crate::source::{Ignore, Node, NodeKind, Source, SourceId, Span};

/// The id of the finding about a comment that silences nothing.
pub const UNUSED_IGNORE: &str = "unused-ignore";

/// Takes out the silenced findings of a list in order of place, and adds those about the comments at its end.
///
/// `roots` are the documents that were judged; where there is none, the comment is on a page of metrics, and covers the samples of
/// the family that follows.
pub(in crate::lint) fn apply(
    comments: &[(&Ignore, &Source)],
    roots: &[&Node],
    in_manifest: &dyn Fn(SourceId) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if comments.is_empty() {
        return;
    }
    let mut dropped = vec![false; diagnostics.len()];
    let mut unused = Vec::new();
    for (ignore, source) in comments {
        let covered = covered(ignore, source, roots);
        // The findings are in order of place.
        let first = diagnostics.partition_point(|d| (d.span.source, d.span.start) < (covered.source, covered.start));
        let last = diagnostics.partition_point(|d| (d.span.source, d.span.start) <= (covered.source, covered.end));
        for rule in &ignore.rules {
            let silenced: Vec<usize> = (first..last).filter(|at| diagnostics[*at].rule == rule.value).collect();
            if silenced.is_empty() {
                let mut diagnostic = report_unused(rule.span, &rule.value, in_manifest(ignore.span.source));
                // A name that is not known was meant to be another.
                if ignore.rules.len() == 1 && diagnostic.message.starts_with("nothing") {
                    diagnostic = diagnostic.fix(whole_comment(ignore, &source.text), "");
                }
                unused.push(diagnostic);
            }
            for at in silenced {
                dropped[at] = true;
            }
        }
    }
    let mut at = 0;
    diagnostics.retain(|_| {
        at += 1;
        !dropped[at - 1]
    });
    diagnostics.append(&mut unused);
}

/// A comment with what would be left of its line.
fn whole_comment(ignore: &Ignore, text: &str) -> Span {
    let range = ignore.span.range();
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
    if ignore.own_line {
        return Span::new(ignore.span.source, line..(end + 1).min(text.len()));
    }
    Span::new(ignore.span.source, line + text[line..range.start].trim_end().len()..end)
}

fn report_unused(span: Span, rule: &str, in_manifest: bool) -> Diagnostic {
    let known = || rules::all().map(|rule| rule.meta().id).chain(rules::SHAPES.iter().map(|(id, ..)| *id));
    // The room of manifests has rules of its own.
    if in_manifest || known().any(|id| id == rule) {
        return Diagnostic::warning(UNUSED_IGNORE, span, format!("nothing is found by `{rule}` here")).help("remove it from the comment");
    }
    let diagnostic = Diagnostic::warning(UNUSED_IGNORE, span, format!("there is no rule `{rule}`"));
    match did_you_mean(rule, known()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("`obsgen lint --list` prints all rules"),
    }
}

/// The range that a comment covers.
fn covered(ignore: &Ignore, source: &Source, roots: &[&Node]) -> Span {
    let text = source.text.as_ref();
    let at = ignore.span.range();
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |i| from + i);
    let line_start = text[..at.start].rfind('\n').map_or(0, |i| i + 1);
    if !ignore.own_line {
        return Span::new(ignore.span.source, line_start..line_end(at.end));
    }
    let before = &text[..line_start];
    if before.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line.trim() == "---") {
        return Span::new(ignore.span.source, 0..text.len());
    }
    if !roots.iter().any(|root| root.span.source == ignore.span.source) {
        return Span::new(ignore.span.source, line_end(at.end)..family_end(text, line_end(at.end)));
    }
    // The next line with content, and the largest entry that starts on it.
    let mut next = line_end(at.end);
    loop {
        next = (next + 1).min(text.len());
        let end = line_end(next);
        let line = text[next..end].trim();
        if next >= text.len() || !(line.is_empty() || line.starts_with('#')) {
            break;
        }
        next = end;
    }
    let first = next + (text[next..].len() - text[next..].trim_start_matches([' ', '-']).len());
    let mut end = line_end(first);
    for root in roots.iter().filter(|root| root.span.source == ignore.span.source) {
        entry_end(root, first, false, &mut end);
    }
    Span::new(ignore.span.source, next..end)
}

/// Where the samples end that follow a place on a page of metrics, before the next family begins.
fn family_end(text: &str, from: usize) -> usize {
    let mut sampled = false;
    let mut end = from;
    for line in text[from..].split_inclusive('\n') {
        let is_comment = line.starts_with('#');
        if is_comment && sampled {
            break;
        }
        sampled |= !is_comment && !line.trim().is_empty();
        end += line.len();
    }
    end
}

/// Where the largest entry ends that starts at `first`.
///
/// The first key of a mapping starts where the mapping does: in a list the comment is about the whole item, elsewhere
/// about that key.
fn entry_end(node: &Node, first: usize, is_item: bool, end: &mut usize) {
    let range = node.span.range();
    if range.start > first || range.end < first {
        return;
    }
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => {
            for item in items {
                if item.span.range().start == first {
                    *end = item.span.range().end.max(*end);
                }
                entry_end(item, first, true, end);
            }
        }
        NodeKind::Mapping(entries) => {
            for (key, value) in entries {
                if key.span.range().start == first && !(is_item && entries[0].0.span == key.span) {
                    *end = value.span.range().end.max(*end);
                }
                entry_end(value, first, false, end);
            }
        }
    }
}

//! For people: each finding with its source, in the manner of rustc, and a summary line.

use std::io;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Tone, Origin, Patch, Renderer, Snippet};

use super::{Look, Report};
use crate::diagnostic::{Diagnostic, Fix, Level};
use crate::parallel;
use crate::source::{Source, SourceMap, Span};

/// A related place further away than this gets a snippet of its own, so that none grows with the file.
const NEAR: usize = 12;
/// So many findings are drawn before they are written, lest all be held at once.
const AT_ONCE: usize = 512;
/// Longer lines are cut.
const LONG: usize = 4000;

pub(super) fn write(out: &mut dyn io::Write, report: &Report, sources: &SourceMap, look: Look) -> io::Result<()> {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() }.term_width(look.width.unwrap_or(140));
    for some in report.diagnostics.chunks(AT_ONCE) {
        for text in parallel::map(some, |diagnostic| renderer.render(&groups(diagnostic, sources))) {
            writeln!(out, "{text}\n")?;
        }
    }
    writeln!(out, "{}", summary(report))
}

fn tone(level: Level) -> Tone<'static> {
    match level {
        Level::Error => Tone::ERROR,
        Level::Warning => Tone::WARNING,
        Level::Info => Tone::INFO,
    }
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Group<'a>> {
    let primary = diagnostic.span;
    let mut places = vec![vec![(AnnotationKind::Primary, primary, diagnostic.label.as_deref())]];
    for related in &diagnostic.related {
        let place = (AnnotationKind::Context, related.span, Some(related.message.as_str()));
        match places.iter_mut().find(|snippet| near(sources, snippet[0].1, related.span)) {
            Some(snippet) => snippet.push(place),
            None => places.push(vec![place]),
        }
    }
    let title = tone(diagnostic.level).primary_title(diagnostic.message.as_str()).id(diagnostic.rule.as_ref());
    let mut group = places.into_iter().fold(Group::with_title(title), |group, places| snippet(group, sources, &places));
    let Some(help) = &diagnostic.help else { return vec![group] };
    if let Some(fix) = diagnostic.fix.as_ref().filter(|fix| is_short(fix, sources)) {
        return vec![group, Tone::HELP.secondary_title(help.as_str()).element(patch(sources, fix))];
    }
    group = group.element(Tone::HELP.message(help.as_str()));
    vec![group]
}

/// A mend of many lines says less than what the help says of it.
fn is_short(fix: &Fix, sources: &SourceMap) -> bool {
    let text = sources.text(fix.span);
    text.len() < LONG && text.matches('\n').count() <= NEAR && fix.replacement.len() < LONG
}

fn near(sources: &SourceMap, one: Span, other: Span) -> bool {
    let line = |span: Span| sources.get(span.source).position(span.start).line;
    one.source == other.source && line(one).abs_diff(line(other)) <= NEAR && one.start.abs_diff(other.start) < 2000
}

fn snippet<'a>(group: Group<'a>, sources: &'a SourceMap, places: &[(AnnotationKind, Span, Option<&'a str>)]) -> Group<'a> {
    let source = sources.get(places[0].1.source);
    let shown: Vec<Range<usize>> = places.iter().map(|(_, span, _)| shown_range(source, *span)).collect();
    let start = shown.iter().map(|r| r.start).min().unwrap_or(0);
    let end = shown.iter().map(|r| r.end).max().unwrap_or(0);
    let (lines, first) = lines(source, start..end);
    let cut = cut(source, &lines, start..end);
    let annotations =
        places.iter().zip(shown).map(|((kind, _, label), range)| kind.span(range.start - cut.start..range.end - cut.start).label(*label));
    let snippet = Snippet::source(&source.text[cut.clone()]).line_start(first).annotations(annotations.collect::<Vec<_>>());
    if cut == lines {
        return group.element(snippet.path(source.path.as_str()));
    }
    // Of a line that was cut the renderer cannot count the column.
    let at = source.position(places[0].1.start);
    group.element(Origin::path(source.path.as_str()).line(at.line).char_column(at.column)).element(snippet)
}

/// Lines as they are shown: of long ones, as in a minified file, only the surroundings.
fn cut(source: &Source, lines: &Range<usize>, range: Range<usize>) -> Range<usize> {
    if lines.len() <= LONG {
        return lines.clone();
    }
    let border = |mut at: usize| {
        while !source.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    border(range.start.saturating_sub(60).max(lines.start))..border((range.end + 60).min(lines.end))
}

/// The range to underline: a long one is cut to its first line.
fn shown_range(source: &Source, span: Span) -> Range<usize> {
    let written = span.range();
    // What is wrong with a text may lie within a character.
    let range = source.text.floor_char_boundary(written.start)..source.text.ceil_char_boundary(written.end);
    let text = &source.text[range.clone()];
    if text.matches('\n').count() > 4 { range.start..range.start + text.find('\n').unwrap_or(text.len()) } else { range }
}

/// The whole lines around a range, and the number of the first.
fn lines(source: &Source, range: Range<usize>) -> (Range<usize>, usize) {
    let (first, number) = source.line_at(range.start);
    (first.start..source.line_at(range.end).0.end, number)
}

fn patch<'a>(sources: &'a SourceMap, fix: &'a Fix) -> Snippet<'a, Patch<'a>> {
    let source = sources.get(fix.span.source);
    let (lines, first) = lines(source, fix.span.range());
    let range = fix.span.range();
    let patch = Patch::new(range.start - lines.start..range.end - lines.start, fix.replacement.as_str());
    Snippet::source(&source.text[lines]).line_start(first).path(source.path.as_str()).patch(patch)
}

fn summary(report: &Report) -> String {
    let counted = |count: usize, one: &str| (count > 0).then(|| format!("{count} {one}{}", if count == 1 { "" } else { "s" }));
    let found: Vec<String> = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "info")]
        .into_iter()
        .filter_map(|(level, name)| counted(report.count(level), name))
        .collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let files = counted(report.files, "file").unwrap_or_else(|| "0 files".to_owned());
    let skipped = if report.skipped > 0 { format!(" ({} of no known kind skipped)", report.skipped) } else { String::new() };
    format!("{found} in {files}{skipped}")
}

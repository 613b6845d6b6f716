//! What there is to read of every rule, whichever room it is of.

use crate::diagnostic::Level;
use crate::lint;
use crate::model::resolve::rules;
use crate::report::Manual;

/// Every rule once, by id.
pub(super) fn all() -> Vec<Manual> {
    let checks = lint::ALL.iter().map(|rule| rule.meta()).map(|meta| Manual {
        rule: meta.id.to_owned(),
        level: meta.level,
        summary: one_line(meta.summary()),
        text: meta.manual.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n").trim().to_owned(),
    });
    let shapes = lint::SHAPES.iter().map(|(id, level, summary)| Manual {
        rule: (*id).to_owned(),
        level: *level,
        summary: one_line(summary),
        text: format!("{summary}.\n\n{OF_SHAPES}"),
    });
    let of_manifests = rules::RULES.iter().map(|rule| Manual {
        rule: rule.id.to_owned(),
        level: [Level::Error, Level::Warning, Level::Info].into_iter().find(|level| level.name() == rule.level).unwrap_or(Level::Error),
        summary: one_line(&rule.summary()),
        text: rule.manual.trim().to_owned(),
    });
    let mut all: Vec<Manual> = checks.chain(shapes).chain(of_manifests).collect();
    all.sort_by(|a, b| a.rule.cmp(&b.rule));
    all.dedup_by(|a, b| a.rule == b.rule);
    all
}

const OF_SHAPES: &str = "This is about the shape of a file, before anything it means: the finding's own text says what is wrong at its place, \
what was expected there and, where a name is nearly right, which one was probably meant.";

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

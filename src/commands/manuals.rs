//! What there is to read of every rule, whichever room it is of.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::diagnostic::Level;
use crate::lint;
use crate::model::resolve::rules;
use crate::report::Manual;

/// Every rule once, by id.
pub(super) fn all() -> Vec<Manual> {
    let mut all = in_order();
    all.sort_by(|a, b| a.rule.cmp(&b.rule));
    all
}

/// Every rule once, in the order of the page.
fn in_order() -> Vec<Manual> {
    let checks = lint::all().map(|rule| {
        let meta = rule.meta();
        Manual {
            rule: meta.id.to_owned(),
            level: meta.level,
            summary: one_line(meta.summary()),
            text: meta.manual.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n").trim().to_owned(),
        }
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
    // What lint finds in other files too has its manual there.
    let mut known = HashSet::new();
    checks.chain(shapes).chain(of_manifests).filter(|manual| known.insert(manual.rule.clone())).collect()
}

/// The area that each rule begins, where it begins one.
fn area(id: &str) -> Option<&'static str> {
    let of_shapes = lint::SHAPES.first().filter(|(first, ..)| *first == id).map(|_| "Shapes of files");
    let of_manifests = rules::RULES.first().filter(|rule| rule.id == id).map(|_| "Manifests");
    lint::AREAS
        .iter()
        .find(|(_, rules)| rules.first().is_some_and(|rule| rule.meta().id == id))
        .map(|(area, _)| *area)
        .or(of_shapes)
        .or(of_manifests)
}

/// The manual of every rule as one page of Markdown, by area.
pub(super) fn page() -> String {
    let all = in_order();
    let (mut contents, mut manuals) = (String::new(), String::new());
    for manual in &all {
        let Manual { rule, summary, text, .. } = manual;
        if let Some(area) = area(rule) {
            let anchor = area.to_lowercase().replace(' ', "-");
            // Writing to a string cannot fail.
            let _ = write!(contents, "\n**[{area}](#{anchor})**\n\n");
            let _ = write!(manuals, "\n## {area}\n");
        }
        let level = manual.level.name();
        let _ = writeln!(contents, "- [`{rule}`](#{rule}) ({level}): {summary}");
        let _ = write!(manuals, "\n### {rule}\n\n{level}\n\n{text}\n");
    }
    format!("{HEAD}\n## Contents\n{contents}{manuals}")
}

const HEAD: &str = "\
<!-- Written by `OBSGEN_UPDATE=1 cargo test rules_are_current` from the doc comments of the rules. -->

# The rules of `obsgen lint`

An error cannot work as written; a warning misleads or will hurt; an info is hygiene. The level here is that of complete
evidence: where less is known, a finding is less grave. `obsgen lint --explain RULE` prints one of these manuals.

Examples marked `fires` give the finding, those marked `silent` do not; both run as tests. `# file:` begins another file.
";

const OF_SHAPES: &str = "This is about the shape of a file, before anything it means: the finding's own text says what is wrong at its place, \
what was expected there and, where a name is nearly right, which one was probably meant.";

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Which labels of the alert a template reads.

use std::ops::Range;

use super::parse::{Command, Dot, Located, Template, Term};

/// A label that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRead {
    /// The label's name.
    pub name: String,
    /// Byte range of the name in the template's text.
    pub range: Range<usize>,
}

/// What every template of an alert can read beside its dot.
pub const VARIABLES: &[&str] = &["labels", "externalLabels", "externalURL", "value"];

/// Every `$labels.name`, `index $labels "name"`, and `.Labels.name` where the dot is still the alert, of a template that was
/// read from this text.
pub fn label_reads(template: &Template, text: &str) -> Vec<LabelRead> {
    reads(template, text, "labels", "Labels")
}

/// The same of `$externalLabels`.
pub fn external_label_reads(template: &Template, text: &str) -> Vec<LabelRead> {
    reads(template, text, "externalLabels", "ExternalLabels")
}

fn reads(template: &Template, text: &str, variable: &str, field: &str) -> Vec<LabelRead> {
    let mut found = Vec::new();
    for action in &template.actions {
        action.pipeline.visit(&mut |command| {
            for located in command {
                let name = match &located.term {
                    Term::Variable(name, fields) if name == variable => fields.first(),
                    Term::Field(fields) if action.dot == Dot::Root && fields.first().is_some_and(|first| first == field) => fields.get(1),
                    _ => None,
                };
                if let Some(name) = name {
                    // The name is the last that was written of the fields up to it.
                    let written = &text[located.range.clone()];
                    let start = located.range.start + written.find(&format!(".{name}")).map_or(0, |at| at + 1);
                    found.push(LabelRead { name: name.clone(), range: start..start + name.len() });
                }
            }
            found.extend(indexed(command, variable, field, action.dot == Dot::Root));
        });
    }
    found
}

/// `index $labels "name"`.
fn indexed(command: &Command, variable: &str, field: &str, dot_is_root: bool) -> Option<LabelRead> {
    let [Located { term: Term::Function(function), .. }, of, Located { term: Term::Text(name), range }] = command.as_slice() else {
        return None;
    };
    let is_labels = match &of.term {
        Term::Variable(name, fields) => name == variable && fields.is_empty(),
        Term::Field(fields) => dot_is_root && fields.len() == 1 && fields.first().is_some_and(|first| first == field),
        _ => false,
    };
    (function == "index" && is_labels).then(|| LabelRead { name: name.clone(), range: range.start + 1..range.end - 1 })
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::{VARIABLES, label_reads};

    fn names(text: &str) -> Vec<String> {
        let template = parse(text, VARIABLES).expect("a template");
        label_reads(&template, text).into_iter().map(|read| format!("{}@{}", read.name, read.range.start)).collect()
    }

    #[test]
    fn labels_are_found_in_every_form() {
        assert_eq!(names("{{ $labels.a }} {{ .Labels.b | toUpper }}"), ["a@11", "b@27"]);
        assert_eq!(names("{{ index $labels \"c.d\" }}{{ printf \"%s\" (index .Labels \"e\") }}"), ["c.d@18", "e@56"]);
        assert_eq!(names("{{ range query \"up\" }}{{ .Labels.not }}{{ $labels.yes }}{{ end }}"), ["yes@50"]);
        assert!(names("$labels.a {{ $value }}").is_empty());
    }
}

//! What the template of a notification reads, and of what: of the whole notification, or of one of its alerts.

use std::ops::Range;

use super::parse::{Action, Dot, Located, Template, TemplateError, Term, parse};

/// What a field is read of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What a notification is about: its group and all of its alerts.
    Data,
    /// One alert.
    Alert,
    /// The list of alerts, which is no alert.
    Alerts,
    /// Something else.
    Other,
}

/// A field that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is read of.
    pub of: Subject,
    /// Its names, as in `CommonLabels`, `severity`.
    pub names: Vec<String>,
    /// Byte range in the template's text.
    pub range: Range<usize>,
    /// Whether it is asked whether it is there at all, by `if` or `with`.
    pub optional: bool,
}

/// What is in a template.
#[derive(Debug, Default)]
pub struct Notification {
    /// The fields.
    pub fields: Vec<Field>,
    /// Functions that are called.
    pub functions: Vec<(String, Range<usize>)>,
    /// Templates that are used by name.
    pub used: Vec<(String, Range<usize>)>,
    /// Templates that are defined.
    pub defined: Vec<String>,
}

/// Reads a template of a notification.
pub fn read(text: &str) -> Result<Notification, TemplateError> {
    let template = parse(text, &[])?;
    let mut found = Notification { defined: template.defines.clone(), ..Notification::default() };
    for action in &template.actions {
        found.used.extend(action.calls.clone());
        let of = subject(&template, action.dot);
        action.pipeline.visit(&mut |command| {
            for located in command {
                let optional = matches!(action.word, Some("if" | "with"));
                let mut field = |of, names: &Vec<String>| {
                    found.fields.push(Field { of, names: names.clone(), range: located.range.clone(), optional });
                };
                match &located.term {
                    Term::Field(names) => field(of, names),
                    Term::Variable(name, names) if name.is_empty() && !names.is_empty() && action.dot != Dot::Given => {
                        field(Subject::Data, names);
                    }
                    Term::Function(name) => found.functions.push((name.clone(), located.range.clone())),
                    _ => {}
                }
            }
        });
    }
    Ok(found)
}

fn subject(template: &Template, dot: Dot) -> Subject {
    match dot {
        Dot::Root => Subject::Data,
        Dot::Given => Subject::Other,
        Dot::Of(action) => template.actions.get(action).map_or(Subject::Other, |action| moved(template, action)),
    }
}

/// What `range` makes of the dot: over `.Alerts` of the notification it is an alert.
fn moved(template: &Template, action: &Action) -> Subject {
    let [command] = action.pipeline.commands.as_slice() else { return Subject::Other };
    let [Located { term, .. }] = command.as_slice() else { return Subject::Other };
    let (names, of) = match term {
        Term::Field(names) => (names, subject(template, action.dot)),
        Term::Variable(name, names) if name.is_empty() => (names, Subject::Data),
        _ => return Subject::Other,
    };
    let alerts = names.first().is_some_and(|name| name == "Alerts")
        && names.get(1).is_none_or(|name| name == "Firing" || name == "Resolved")
        && names.len() <= 2;
    if action.word == Some("with") && of == Subject::Data && names.len() == 1 && names[0] == "Alerts" {
        return Subject::Alerts;
    }
    if action.word == Some("range") && alerts && of == Subject::Data { Subject::Alert } else { Subject::Other }
}

#[cfg(test)]
mod tests {
    use super::{Subject, read};

    #[test]
    fn fields_are_read_of_what_the_dot_is() {
        let text = "{{ .CommonLabels.severity | toUpper }}{{ range .Alerts }}{{ .Annotations.summary }}{{ with .Labels.job }}{{ . }}\
            {{ .x }}{{ end }}{{ $.Status }}{{ end }}";
        let found: Vec<_> =
            read(text).expect("valid").fields.into_iter().map(|field| (field.of, field.names.join("."), field.optional)).collect();
        let expected = [
            (Subject::Data, "CommonLabels.severity", false),
            (Subject::Data, "Alerts", false),
            (Subject::Alert, "Annotations.summary", false),
            (Subject::Alert, "Labels.job", true),
            (Subject::Other, "x", false),
            (Subject::Data, "Status", false),
        ];
        assert_eq!(found, expected.map(|(of, names, optional)| (of, names.to_owned(), optional)));
    }

    #[test]
    fn functions_and_templates_are_named() {
        let text = "{{ .x | toUpper | join \",\" }}{{ if eq .a (len .b) }}{{ end }}{{ template \"slack.title\" . }}";
        let found = read(text).expect("valid");
        assert_eq!(found.functions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["toUpper", "join", "eq", "len"]);
        assert_eq!(found.used[0].0, "slack.title");
    }
}

//! What the template of a notification reads, and of what: of the whole notification, or of one of its alerts.

use std::ops::Range;

use super::parse::{Action, Dot, Located, Pipeline, Template, TemplateError, Term, parse};

/// What a field is read of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What a notification is about: its group and all of its alerts.
    Data,
    /// One alert.
    Alert,
    /// The list of alerts, which is no alert.
    Alerts,
    /// The pairs of a set of labels or annotations.
    Pairs,
    /// One of those.
    Pair,
    /// A label, an annotation or another text.
    Text,
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
    /// The defined template that reads it, by its number.
    pub inside: Option<usize>,
}

impl Field {
    /// The label of the group of a notification that it is; none where it may be missing.
    pub fn group_label(&self) -> Option<&str> {
        let [first, label, ..] = self.names.as_slice() else { return None };
        (self.of == Subject::Data && first == "GroupLabels" && !self.optional).then_some(label.as_str())
    }
}

/// A template that is called by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The name.
    pub name: String,
    /// Byte range of the name in the template's text.
    pub range: Range<usize>,
    /// What it is given.
    pub given: Given,
    /// The defined template that calls it, by its number.
    pub inside: Option<usize>,
}

/// What a template that is called by its name is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing at all.
    Nothing,
    /// Something that has fields, or may have.
    Subject(Subject),
}

/// A template that is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Define {
    /// Its name.
    pub name: String,
    /// Byte range of the name in the template's text.
    pub range: Range<usize>,
    /// The fields that it reads of what it is given.
    pub reads: Vec<String>,
}

/// What is in a template.
#[derive(Debug, Default)]
pub struct Notification {
    /// The fields.
    pub fields: Vec<Field>,
    /// Functions that are called.
    pub functions: Vec<(String, Range<usize>)>,
    /// What functions are given: the name, its place, and how much, with what is piped into it.
    pub arguments: Vec<(String, Range<usize>, usize)>,
    /// Templates that are used by name.
    pub used: Vec<Call>,
    /// Templates that are defined.
    pub defined: Vec<Define>,
}

/// Reads a template of a notification.
pub fn read(text: &str) -> Result<Notification, TemplateError> {
    read_given(text, &|_| Subject::Other)
}

/// As [`read`], where it is known what the templates that it defines are given.
pub fn read_given(text: &str, given: &dyn Fn(&str) -> Subject) -> Result<Notification, TemplateError> {
    let template = parse(text, &[])?;
    let mut of = Reader { template: &template, given, moved: Vec::with_capacity(template.actions.len()) };
    let defines = template.defines.iter().zip(&template.defined_at);
    let defined = defines.map(|(name, range)| Define { name: name.clone(), range: range.clone(), reads: Vec::new() }).collect();
    let mut found = Notification { defined, ..Notification::default() };
    for action in &template.actions {
        of.moved.push(of.moved(action));
        if let Some((name, range)) = action.calls.clone() {
            found.used.push(Call { name, range, given: of.argument(action), inside: action.inside });
        }
        arguments(&action.pipeline, &mut found.arguments);
        let subject = of.subject(action.dot);
        action.pipeline.visit(&mut |command| {
            for located in command {
                let optional = matches!(action.word, Some("if" | "with"));
                let mut field = |of, names: &Vec<String>| {
                    found.fields.push(Field { of, names: names.clone(), range: located.range.clone(), optional, inside: action.inside });
                };
                match &located.term {
                    Term::Field(names) => {
                        field(subject, names);
                        if let (Dot::Given(define), Some(first)) = (action.dot, names.first()) {
                            found.defined[define].reads.push(first.clone());
                        }
                    }
                    Term::Variable(name, names) if name.is_empty() && !names.is_empty() => field(of.root(action), names),
                    Term::Function(name) => found.functions.push((name.clone(), located.range.clone())),
                    _ => {}
                }
            }
        });
    }
    Ok(found)
}

/// How much each function of a pipeline is given.
fn arguments(pipeline: &Pipeline, found: &mut Vec<(String, Range<usize>, usize)>) {
    for (index, command) in pipeline.commands.iter().enumerate() {
        if let Some(Located { term: Term::Function(name), range }) = command.first() {
            found.push((name.clone(), range.clone(), command.len() - 1 + usize::from(index > 0)));
        }
        for located in command {
            if let Term::Group(inner) = &located.term {
                arguments(inner, found);
            }
        }
    }
}

/// Fields that are sets of labels or annotations.
pub const SETS: &[&str] = &["Annotations", "CommonAnnotations", "CommonLabels", "GroupLabels", "Labels"];

/// Tells what the dot is.
struct Reader<'r> {
    template: &'r Template,
    given: &'r dyn Fn(&str) -> Subject,
    /// What each action so far makes of the dot.
    moved: Vec<Subject>,
}

impl Reader<'_> {
    fn subject(&self, dot: Dot) -> Subject {
        match dot {
            Dot::Root => Subject::Data,
            Dot::Given(define) => self.template.defines.get(define).map_or(Subject::Other, |name| (self.given)(name)),
            Dot::Of(action) => self.moved.get(action).copied().unwrap_or(Subject::Other),
        }
    }

    /// What `$` is.
    fn root(&self, action: &Action) -> Subject {
        self.subject(action.inside.map_or(Dot::Root, Dot::Given))
    }

    /// What `range` makes of the dot: over `.Alerts` of the notification it is an alert.
    fn moved(&self, action: &Action) -> Subject {
        let of = self.value(action);
        match action.word {
            Some("with") => of,
            Some("range") if of == Subject::Alerts => Subject::Alert,
            Some("range") if of == Subject::Pairs => Subject::Pair,
            _ => Subject::Other,
        }
    }

    /// What a called template is given.
    fn argument(&self, action: &Action) -> Given {
        if action.pipeline.commands.is_empty() { Given::Nothing } else { Given::Subject(self.value(action)) }
    }

    /// What the pipeline of an action is.
    fn value(&self, action: &Action) -> Subject {
        let [command] = action.pipeline.commands.as_slice() else { return Subject::Other };
        let [Located { term, .. }] = command.as_slice() else { return Subject::Other };
        let (names, of) = match term {
            Term::Dot => (&[][..], self.subject(action.dot)),
            Term::Field(names) => (names.as_slice(), self.subject(action.dot)),
            Term::Variable(name, names) if name.is_empty() => (names.as_slice(), self.root(action)),
            _ => return Subject::Other,
        };
        let is_part = |name: &String| name == "Firing" || name == "Resolved";
        match (of, names) {
            (of, []) => of,
            (Subject::Data, [first]) if first == "Alerts" => Subject::Alerts,
            (Subject::Data, [first, second]) if first == "Alerts" && is_part(second) => Subject::Alerts,
            (Subject::Alerts, [first]) if is_part(first) => Subject::Alerts,
            (Subject::Data | Subject::Alert, [first, second]) if SETS.contains(&first.as_str()) && second == "SortedPairs" => {
                Subject::Pairs
            }
            (Subject::Data | Subject::Alert, [first, _]) if SETS.contains(&first.as_str()) => Subject::Text,
            _ => Subject::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, Subject, read, read_given};

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
            (Subject::Text, "x", false),
            (Subject::Data, "Status", false),
        ];
        assert_eq!(found, expected.map(|(of, names, optional)| (of, names.to_owned(), optional)));
    }

    #[test]
    fn functions_and_templates_are_named() {
        let text = "{{ .x | toUpper | join \",\" }}{{ if eq .a (len .b) }}{{ end }}{{ template \"slack.title\" . }}";
        let found = read(text).expect("valid");
        assert_eq!(found.functions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["toUpper", "join", "eq", "len"]);
        assert_eq!(found.used[0].name, "slack.title");
    }

    #[test]
    fn what_a_defined_template_reads_is_read_of_what_it_is_given() {
        let text = "{{ define \"one\" }}{{ .Labels.job }}{{ range .x }}{{ $.Status }}{{ end }}{{ end }}\
            {{ range .Alerts.Firing }}{{ template \"one\" . }}{{ end }}{{ template \"one\" }}";
        let found = read_given(text, &|_| Subject::Alert).expect("valid");
        assert_eq!(found.defined[0].reads, ["Labels", "x"]);
        assert_eq!(found.used.iter().map(|call| call.given).collect::<Vec<_>>(), [Given::Subject(Subject::Alert), Given::Nothing]);
        let fields: Vec<_> = found.fields.iter().map(|field| (field.of, field.names[0].as_str())).collect();
        assert_eq!(fields[..3], [(Subject::Alert, "Labels"), (Subject::Alert, "x"), (Subject::Alert, "Status")]);
    }
}

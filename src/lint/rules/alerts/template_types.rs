//! Templates of alerts that mix texts and numbers.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::parse::{Action, Command, Dot, Located, Pipeline, Term};
use crate::lint::views::RuleView;
use crate::lint::words::anchored::anchored;
use crate::promql::ast::MatchOp;
use crate::promql::walk::{calls_absent, makes_labels};
use crate::promql::{regex, walk};
use crate::source::text_map;

rule! {
    /// A template of an alert compares or formats what is of another type: Go compares a number with a fraction, as `$value` is, only
    /// with another such number, so `gt $value 10` fails and `gt $value 10.0` does not; `toUpper` takes a text; a label is a text, and
    /// `%.2f` is for numbers.
    ///
    /// The rule is loaded all the same; what people get is `<error expanding template>`, or `%!f(string=…)` in the middle of a text.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: latency > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ if gt $value 10 }}very slow{{ else }}slow{{ end }}" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: latency > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ if gt $value 10.0 }}very slow{{ else }}slow{{ end }}" }
    /// ```
    TemplateTypes, "template-types", Error
}

/// What a value of a template is to Go, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Fraction,
    Whole,
    /// What a query returns.
    Samples,
    Sample,
}

impl Kind {
    fn said(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Fraction => "a number with a fraction",
            Self::Whole => "a whole number",
            Self::Samples => "a list of samples",
            Self::Sample => "a sample",
        }
    }
}

/// A value and, of a text, the label that it is read from.
#[derive(Clone, Copy)]
struct Value<'t> {
    kind: Kind,
    label: Option<&'t str>,
}

/// What a command is handed by the one before it, as far as that is known.
struct Handed<'t>(Option<Value<'t>>);

/// Functions that take nothing but texts.
const OF_TEXTS: &[&str] = &[
    "toUpper",
    "toLower",
    "title",
    "stripPort",
    "stripDomain",
    "safeHtml",
    "reReplaceAll",
    "match",
    "graphLink",
    "tableLink",
    "urlQueryEscape",
];
/// Functions that read numbers, also from texts that are some.
const OF_NUMBERS: &[&str] =
    &["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime", "toDuration"];
/// Functions whose result is a text.
const TO_TEXT: &[&str] = &[
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "title",
    "toUpper",
    "toLower",
    "stripPort",
    "stripDomain",
    "reReplaceAll",
    "graphLink",
    "tableLink",
    "urlQueryEscape",
    "print",
    "printf",
    "println",
    "strvalue",
    "label",
];
const COMPARING: &[&str] = &["eq", "ne", "lt", "le", "gt", "ge"];

impl Rule for TemplateTypes {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for text in &view.texts {
            let Some(template) = text.template() else { continue };
            let renamed = |name: &String| matches!(name.as_str(), "value" | "labels" | "externalLabels");
            if template.actions.iter().any(|action| action.pipeline.declares.iter().any(renamed)) {
                continue;
            }
            for action in &template.actions {
                let of_text = match action.dot {
                    Dot::Of(at) => template.actions.get(at).is_some_and(is_text),
                    _ => false,
                };
                if of_text {
                    action.pipeline.visit(&mut |command| {
                        for located in command.iter().filter(|located| matches!(located.term, Term::Field(_))) {
                            let place = text_map::Map::new(view.text, text.node).span(located.range.clone());
                            let message = "the dot is the text of a label here, and has no fields: this fails when it is filled in";
                            let help = "write `{{ range $name, $text := $labels }}`, or `.` alone";
                            found.push(META.finding(place, message).path(view.text_path(text)).help(help));
                        }
                    });
                }
                action.pipeline.visit(&mut |command| {
                    let by_pattern = matches!(command.first(), Some(Located { term: Term::Function(name), .. }) if name == "match");
                    let never = |label: &str, value: &str| is_never(label, value, by_pattern, view, context);
                    if let Some((label, value, range)) = compared(command).filter(|(label, value, _)| never(label, value)) {
                        let place = text_map::Map::new(view.text, text.node).span(range);
                        let message = format!("`{label}` is never `{value}`");
                        found.push(META.finding_at(Level::Warning, place, message).path(view.text_path(text)).help("correct the value"));
                    }
                });
                pipeline(&action.pipeline, action, text, &mut |fault| {
                    // A label that may hold a number is one to the functions that read numbers.
                    if fault.of_label.is_some_and(|label| may_be_number(label, view, context)) {
                        return;
                    }
                    let place = text_map::Map::new(view.text, text.node).span(fault.range);
                    found.push(META.finding_at(fault.level, place, fault.message).path(view.text_path(text)).help(fault.help));
                });
            }
        }
    }
}

/// Whether what an action hands on as the dot is the text of a label.
fn is_text(outer: &Action) -> bool {
    let [command] = outer.pipeline.commands.as_slice() else { return false };
    let [Located { term: Term::Variable(name, fields), .. }] = command.as_slice() else { return false };
    name == "labels" && (outer.word == Some("range") && fields.is_empty() || outer.word == Some("with") && fields.len() == 1)
}

/// A label that is compared with a text: `eq $labels.queue "orders"`.
fn compared(command: &Command) -> Option<(&str, &str, Range<usize>)> {
    let [Located { term: Term::Function(function), .. }, one, other] = command.as_slice() else { return None };
    let (label, text) = match (&one.term, &other.term) {
        (Term::Variable(name, fields), Term::Text(text)) | (Term::Text(text), Term::Variable(name, fields)) if name == "labels" => {
            (fields.first()?, text)
        }
        _ => return None,
    };
    matches!(function.as_str(), "eq" | "ne" | "match").then(|| (label.as_str(), text.as_str(), one.range.start..other.range.end))
}

/// Whether all series that an alert reads have known values of a label, by a matcher or by what is declared, and none of them is this,
/// or has this pattern anywhere in it.
fn is_never(label: &str, value: &str, by_pattern: bool, view: &RuleView<'_>, context: &Context<'_>) -> bool {
    let Some((_, expr)) = view.alert().filter(|(_, expr)| !makes_labels(expr) && !calls_absent(expr)) else { return false };
    let pattern = if by_pattern { anchored(&format!(".*(?:{value}).*")) } else { None };
    let differs = |one: &str| match (&pattern, by_pattern) {
        (Some(pattern), _) => !pattern.is_match(one),
        (None, by_pattern) => !by_pattern && one != value,
    };
    let found = walk::selectors(expr);
    !value.is_empty()
        && !found.is_empty()
        && found.iter().all(|found| {
            let fixed = found.selector.matchers.iter().find(|m| m.label.text == label && m.op == MatchOp::Equal && !m.value.is_empty());
            if let Some(fixed) = fixed {
                return differs(&fixed.value);
            }
            let metric = context.world.metric_of(found.selector).map(|(_, metric, _)| metric);
            let known = metric.and_then(|metric| metric.labels.iter().find(|known| known.name.value == label));
            known.and_then(|known| known.values.as_ref()).is_some_and(|values| values.iter().all(|one| differs(one)))
        })
}

struct Fault<'t> {
    level: Level,
    range: Range<usize>,
    message: String,
    help: &'static str,
    /// The label whose values decide.
    of_label: Option<&'t str>,
}

/// Judges every call of a pipeline, and says what comes out of it.
fn pipeline<'t>(of: &'t Pipeline, action: &Action, text: &AlertText<'_>, add: &mut dyn FnMut(Fault<'t>)) -> Option<Value<'t>> {
    let mut handed = None;
    for (at, command) in of.commands.iter().enumerate() {
        handed = self::command(command, (at > 0).then_some(Handed(handed)), action, text, add);
    }
    handed
}

fn command<'t>(
    command: &'t Command,
    handed: Option<Handed<'t>>,
    action: &Action,
    text: &AlertText<'_>,
    add: &mut dyn FnMut(Fault<'t>),
) -> Option<Value<'t>> {
    let (first, rest) = command.split_first()?;
    let Term::Function(name) = &first.term else {
        if matches!(first.term, Term::Variable(..) | Term::Field(_)) && (!rest.is_empty() || handed.is_some()) {
            let message = "this is no function, and is given something: it fails when it is filled in";
            add(Fault {
                level: META.level,
                range: first.range.clone(),
                message: message.to_owned(),
                help: "write the function first",
                of_label: None,
            });
        }
        return value(first, action, text, add);
    };
    let name = name.as_str();
    let mut arguments: Vec<Option<Value<'t>>> = rest.iter().map(|term| value(term, action, text, add)).collect();
    arguments.extend(handed.map(|handed| handed.0));
    if COMPARING.contains(&name) {
        if let Some(one) = arguments.first().copied().flatten()
            && let Some(other) = arguments.iter().skip(1).copied().flatten().find(|other| other.kind != one.kind)
        {
            let message = format!(
                "`{name}` compares {} with {}, and Go refuses to: this fails when it is filled in",
                one.kind.said(),
                other.kind.said()
            );
            let numbers = one.kind != Kind::Text && other.kind != Kind::Text;
            let help = if numbers { "write the number with a fraction: `10.0`" } else { "compare what is of one type" };
            add(Fault { level: META.level, range: first.range.clone(), message, help, of_label: None });
        }
        return None;
    }
    if name == "len" && arguments.iter().copied().flatten().any(|value| matches!(value.kind, Kind::Fraction | Kind::Whole)) {
        let message = "a number has no length: this fails when it is filled in".to_owned();
        add(Fault { level: META.level, range: first.range.clone(), message, help: "show the number itself", of_label: None });
    }
    if OF_TEXTS.contains(&name)
        && let Some(number) = arguments.iter().copied().flatten().find(|value| matches!(value.kind, Kind::Fraction | Kind::Whole))
    {
        let message = format!("`{name}` takes texts, and is given {}: this fails when it is filled in", number.kind.said());
        add(Fault { level: META.level, range: first.range.clone(), message, help: "write `printf \"%v\" $value` first", of_label: None });
    }
    if matches!(name, "reReplaceAll" | "match")
        && let Some(Located { term: Term::Text(pattern), range }) = rest.first()
        && let Err(error) = regex::check(pattern)
    {
        let message = format!("this is no regular expression, so this fails when it is filled in: {}", error.message);
        add(Fault { level: META.level, range: range.clone(), message, help: "correct the pattern", of_label: None });
    }
    // What a query returns is a list of samples, of which `first` takes one.
    if let Some(last) = arguments.last().copied().flatten() {
        let wrong = match (name, last.kind) {
            ("value" | "strvalue" | "label", Kind::Samples) => Some("a sample"),
            ("first" | "sortByLabel", Kind::Sample) => Some("samples"),
            (name, Kind::Samples | Kind::Sample) if OF_NUMBERS.contains(&name) || OF_TEXTS.contains(&name) => Some("its value"),
            _ => None,
        };
        if let Some(wanted) = wrong {
            let message = format!("`{name}` is given {}, and takes {wanted}: this fails when it is filled in", last.kind.said());
            add(Fault {
                level: META.level,
                range: first.range.clone(),
                message,
                help: "write `query \"…\" | first | value`",
                of_label: None,
            });
        }
    }
    if OF_NUMBERS.contains(&name)
        && let Some(label) = arguments.last().copied().flatten().and_then(|value| value.label)
    {
        let message = format!("`{name}` takes a number, and the label `{label}` is none: this fails when it is filled in");
        add(Fault { level: META.level, range: first.range.clone(), message, help: "show the label as it is", of_label: Some(label) });
    }
    if name == "printf"
        && let Some(Located { term: Term::Text(format), range }) = rest.first()
    {
        printed(format, range, arguments.get(1..).unwrap_or_default(), add);
    }
    let kind = match name {
        _ if TO_TEXT.contains(&name) => Kind::Text,
        "query" | "sortByLabel" => Kind::Samples,
        "first" => Kind::Sample,
        "value" | "parseDuration" => Kind::Fraction,
        "len" => Kind::Whole,
        _ => return None,
    };
    Some(Value { kind, label: None })
}

/// The places of a format, and what is put in them.
fn printed<'t>(format: &str, range: &Range<usize>, given: &[Option<Value<'t>>], add: &mut dyn FnMut(Fault<'t>)) {
    let wanted = verbs(format).len();
    if given.len() < wanted {
        let message = format!("the format has {wanted} places and {} values: Go writes `(MISSING)` in its place", given.len());
        add(Fault { level: Level::Warning, range: range.clone(), message, help: "give a value for each place", of_label: None });
    }
    for (verb, value) in verbs(format).into_iter().zip(given.iter().copied()) {
        let wrong = matches!(verb, 'd' | 'f' | 'e' | 'g') && value.is_some_and(|value| value.kind == Kind::Text && value.label.is_some());
        if wrong {
            let message = format!("`%{verb}` is for numbers, and a label is a text: Go writes an error in its place");
            add(Fault { level: Level::Warning, range: range.clone(), message, help: "write `%s`", of_label: None });
        }
        if value.is_some_and(|value| value.kind == Kind::Fraction) && matches!(verb, 's' | 'd' | 't' | 'q' | 'c') {
            let message = format!("`%{verb}` is not for a number with a fraction: Go writes an error in its place");
            add(Fault { level: Level::Warning, range: range.clone(), message, help: "write `%.2f`", of_label: None });
        }
    }
}

/// The letters of the verbs of a format, one for each argument; none where a width is an argument of its own.
fn verbs(format: &str) -> Vec<char> {
    if format.contains(['*', '[']) {
        return Vec::new();
    }
    let rests = format.replace("%%", "");
    let flags = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | ' ' | '#');
    rests.split('%').skip(1).filter_map(|rest| rest.trim_start_matches(flags).chars().next()).collect()
}

fn value<'t>(located: &'t Located, action: &Action, text: &AlertText<'_>, add: &mut dyn FnMut(Fault<'t>)) -> Option<Value<'t>> {
    let some = |kind| Some(Value { kind, label: None });
    let mut label = |fields: &'t [String]| {
        if let [name, field, ..] = fields {
            let message = format!("the label `{name}` is a text and has no field `{field}`: this fails when it is filled in");
            add(Fault { level: META.level, range: located.range.clone(), message, help: "read the label alone", of_label: None });
        }
        fields.first().map(|name| Value { kind: Kind::Text, label: Some(name.as_str()) })
    };
    match &located.term {
        Term::Variable(name, fields) if name == "value" && fields.is_empty() => some(Kind::Fraction),
        Term::Variable(name, fields) if name == "labels" => label(fields),
        Term::Variable(name, fields) if name == "externalLabels" && !fields.is_empty() => some(Kind::Text),
        Term::Field(fields) if action.dot == Dot::Root => match fields.as_slice() {
            [value] if value == "Value" => some(Kind::Fraction),
            [labels, rest @ ..] if labels == "Labels" => label(rest),
            _ => None,
        },
        Term::Text(_) => some(Kind::Text),
        Term::Literal => {
            let written = text.text.get(located.range.clone())?;
            if !written.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) || written.contains(['x', 'X', 'i']) {
                return None;
            }
            some(if written.contains(['.', 'e', 'E']) { Kind::Fraction } else { Kind::Whole })
        }
        Term::Group(inner) => pipeline(inner, action, text, add),
        _ => None,
    }
}

/// Whether a label of an alert may hold a number: all that is declared of it says that it does not, or it names a target or its job.
fn may_be_number(label: &str, view: &RuleView<'_>, context: &Context<'_>) -> bool {
    if matches!(label, "job" | "instance" | "alertname") {
        return false;
    }
    let Some((_, expr)) = view.alert() else { return true };
    let is_number = |text: &String| text.is_empty() || text.parse::<f64>().is_ok();
    !walk::selectors(expr).iter().any(|found| {
        let Some((_, metric, _)) = context.world.metric_of(found.selector) else { return false };
        let known = metric.labels.iter().find(|known| known.name.value == label);
        known.and_then(|known| known.values.as_ref()).is_some_and(|values| !values.iter().any(is_number))
    })
}

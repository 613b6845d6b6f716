//! Texts of alerts that are no templates, or that fail when they are filled in.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::parse::{Action, Command, Dot, Located, Pipeline, Term};
use crate::lint::views::RuleView;
use crate::lint::world::World;
use crate::promql;
use crate::source::text_map;

rule! {
    /// A label or annotation of an alert is no valid template, calls a function that Prometheus does not have, reads a
    /// field that an alert does not have, or asks a query that is no PromQL.
    ///
    /// Prometheus refuses to load a rule whose template cannot be parsed. What fails only when the alert fires
    /// reaches people as `<error expanding template>`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: latency > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humaniseDuration }}" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: latency > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ .Instance }} is slow" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: latency > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} takes {{ $value | humanizeDuration }}" }
    /// ```
    TemplateSyntax, "template-syntax", Error
}

/// Functions of Go's templates and those that Prometheus adds for alerts.
const FUNCTIONS: &[&str] = &[
    "and",
    "args",
    "call",
    "eq",
    "externalURL",
    "first",
    "ge",
    "graphLink",
    "gt",
    "html",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "index",
    "js",
    "label",
    "le",
    "len",
    "lt",
    "match",
    "ne",
    "not",
    "now",
    "or",
    "parseDuration",
    "pathPrefix",
    "print",
    "printf",
    "println",
    "query",
    "reReplaceAll",
    "safeHtml",
    "slice",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "tmpl",
    "toDuration",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "urlquery",
    "value",
];

/// What an alert gives its templates.
const FIELDS: &[&str] = &["Labels", "ExternalLabels", "ExternalURL", "Value"];

/// Functions whose result is a text.
const TEXTS: &[&str] =
    &["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "title", "toUpper", "toLower"];

impl Rule for TemplateSyntax {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for text in &view.texts {
            let before = found.len();
            judge(text, view, context.world, found);
            for diagnostic in &mut found[before..] {
                diagnostic.path = Some(view.text_path(text));
            }
        }
    }
}

fn judge(text: &AlertText<'_>, view: &RuleView<'_>, world: &World<'_>, found: &mut Vec<Diagnostic>) {
    let place = |range| text_map::Map::new(view.text, text.node).span(range);
    let template = match &text.said.template {
        None => return,
        Some(Ok(template)) => template,
        Some(Err(error)) => {
            let help = "Prometheus would not load this rule; see the template reference of Prometheus";
            found.push(META.finding(place(error.range.clone()), format!("this is no template: {}", error.message)).help(help));
            return;
        }
    };
    for action in &template.actions {
        action.pipeline.visit(&mut |command| {
            for located in command {
                found
                    .extend(unknown(located, action).map(|(message, help)| META.finding(place(located.range.clone()), message).help(help)));
            }
            found.extend(query(command).map(|(range, message)| META.finding(place(range), message).help("correct the expression")));
            found.extend(unknown_metric(command, world).map(|(range, name, meant)| {
                let message = format!("this query reads `{name}`, which nothing declares or records");
                META.finding_at(Level::Warning, place(range), message).help(format!("did you mean `{meant}`?"))
            }));
        });
        if let Some((name, range)) = action.calls.as_ref().filter(|(name, _)| !template.defines.contains(name)) {
            let message = format!("no template `{name}` is defined in this text, so this fails when it is filled in");
            found.push(META.finding(place(range.clone()), message).help("write what it says here; templates of Alertmanager are its own"));
        }
        if let Some(range) = whole_number(&action.pipeline.commands) {
            let message = "the value is no whole number, and Go writes an error into the text";
            found.push(META.finding_at(Level::Warning, place(range), message).help("write `%.0f`"));
        }
        calls(&action.pipeline, &mut |command, piped| {
            found.extend(miscounted(command, piped).map(|(range, message, help)| META.finding(place(range), message).help(help)));
        });
        for pair in action.pipeline.commands.windows(2) {
            let [one, other] = pair else { continue };
            if let Some(range) = formats_text(one, other) {
                let message = "a number is asked for here, and what comes before the `|` is a text already";
                found.push(META.finding_at(Level::Warning, place(range), message).help("use `printf` on `$value` itself, or `%s`"));
            }
        }
    }
}

/// Every command of a pipeline, and whether it is handed the result of another.
fn calls<'p>(pipeline: &'p Pipeline, visitor: &mut dyn FnMut(&'p Command, bool)) {
    for (at, command) in pipeline.commands.iter().enumerate() {
        visitor(command, at > 0);
        for located in command {
            if let Term::Group(inner) = &located.term {
                calls(inner, visitor);
            }
        }
    }
}

/// How many arguments functions of a fixed number take: fewer and more, up to it.
const ARGUMENTS: &[(&str, usize)] = &[
    ("externalURL", 0),
    ("first", 1),
    ("graphLink", 1),
    ("humanize", 1),
    ("humanize1024", 1),
    ("humanizeDuration", 1),
    ("humanizePercentage", 1),
    ("humanizeTimestamp", 1),
    ("label", 2),
    ("len", 1),
    ("match", 2),
    ("not", 1),
    ("now", 0),
    ("parseDuration", 1),
    ("pathPrefix", 0),
    ("query", 1),
    ("reReplaceAll", 3),
    ("safeHtml", 1),
    ("sortByLabel", 2),
    ("stripDomain", 1),
    ("stripPort", 1),
    ("strvalue", 1),
    ("tableLink", 1),
    ("title", 1),
    ("toDuration", 1),
    ("toLower", 1),
    ("toTime", 1),
    ("toUpper", 1),
    ("urlQueryEscape", 1),
    ("value", 1),
];

/// A call with more or fewer arguments than its function takes.
fn miscounted(command: &Command, piped: bool) -> Option<(std::ops::Range<usize>, String, String)> {
    let (first, arguments) = command.split_first()?;
    let Term::Function(name) = &first.term else { return None };
    let given = arguments.len() + usize::from(piped);
    let wanted = match name.as_str() {
        "printf" if given == 0 => return Some((first.range.clone(), "`printf` has no format".to_owned(), "give it one".to_owned())),
        name => ARGUMENTS.iter().find(|(known, _)| *known == name)?.1,
    };
    if given == wanted {
        return None;
    }
    let times = if wanted == 1 { "1 argument".to_owned() } else { format!("{wanted} arguments") };
    let help = match (name.as_str(), wanted > given) {
        ("value", true) => "the alert's own value is `$value`".to_owned(),
        (_, true) => format!("write `{{{{ $value | {name} }}}}`, or give what is missing"),
        (_, false) => "leave the others out".to_owned(),
    };
    Some((first.range.clone(), format!("`{name}` takes {times} and has {given}, so this fails when it is filled in"), help))
}

/// A function or field that there is not.
fn unknown(located: &Located, action: &Action) -> Option<(String, String)> {
    match &located.term {
        Term::Function(name) if !FUNCTIONS.contains(&name.as_str()) => {
            let help = did_you_mean(name, FUNCTIONS.iter().copied())
                .map_or_else(|| "see the template reference of Prometheus".to_owned(), |meant| format!("did you mean `{meant}`?"));
            Some((format!("`{name}` is no function of Prometheus's templates"), help))
        }
        Term::Field(fields) if action.dot == Dot::Root => {
            let field = fields.first().filter(|field| !FIELDS.contains(&field.as_str()))?;
            let help = match did_you_mean(field, FIELDS.iter().copied()) {
                Some(meant) => format!("did you mean `.{meant}`?"),
                None => format!("for a label write `$labels.{}`", field.to_lowercase()),
            };
            Some((format!("an alert has no field `.{field}`, so this fails when it fires"), help))
        }
        Term::Variable(name, fields) if name == "value" && !fields.is_empty() => {
            Some(("`$value` is a number and has no fields".to_owned(), "write `$value` alone".to_owned()))
        }
        _ => None,
    }
}

/// What is wrong with the expression that a template asks, as Prometheus would say it.
fn query(command: &Command) -> Option<(std::ops::Range<usize>, String)> {
    let [Located { term: Term::Function(function), .. }, Located { term: Term::Text(text), range }] = command.as_slice() else {
        return None;
    };
    if !matches!(function.as_str(), "query" | "graphLink" | "tableLink") || text.contains('%') {
        return None;
    }
    let error = promql::parse(text, &promql::Options::all()).err()?;
    Some((range.clone(), format!("this query is no PromQL: {}", error.message)))
}

/// A metric that the query of a template reads, which is nearly one that there is.
fn unknown_metric(command: &Command, world: &World<'_>) -> Option<(std::ops::Range<usize>, String, String)> {
    let [Located { term: Term::Function(function), .. }, Located { term: Term::Text(text), range }] = command.as_slice() else {
        return None;
    };
    let expr = promql::parse(text, &promql::Options::all()).ok().filter(|_| function == "query" && !text.contains('%'))?;
    promql::walk::selectors(&expr).into_iter().find_map(|found| {
        let name = found.selector.metric_name()?;
        let is_known = name.len() < 5 || world.metric_of(found.selector).is_some() || !world.recorded(name).is_empty();
        let meant = did_you_mean(name, world.metric_names().chain(world.recorded_names())).filter(|_| !is_known)?;
        (strsim::damerau_levenshtein(name, meant) <= 2).then(|| (range.clone(), name.to_owned(), meant.to_owned()))
    })
}

/// A format of whole numbers that is given the value, which is none to Go.
fn whole_number(commands: &[Command]) -> Option<std::ops::Range<usize>> {
    let is_value = |located: &Located| match &located.term {
        Term::Variable(name, fields) => name == "value" && fields.is_empty(),
        Term::Field(fields) => fields.as_slice() == ["Value"],
        _ => false,
    };
    let (call, value) = match commands {
        [call] => (&call[..call.len().min(2)], call.get(2)?),
        [value, call] => (call.as_slice(), value.first().filter(|_| value.len() == 1)?),
        _ => return None,
    };
    let [Located { term: Term::Function(printf), .. }, Located { term: Term::Text(format), range }] = call else { return None };
    let mut verbs = format.split('%').skip(1).filter_map(|rest| rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().next());
    (printf == "printf" && is_value(value) && verbs.next() == Some('d') && verbs.next().is_none()).then(|| range.clone())
}

/// A format of numbers that is given a text.
fn formats_text(one: &Command, other: &Command) -> Option<std::ops::Range<usize>> {
    let Located { term: Term::Function(maker), .. } = one.first()? else { return None };
    let [Located { term: Term::Function(printf), .. }, Located { term: Term::Text(format), range }] = other.as_slice() else { return None };
    let asks_number = format.split('%').skip(1).filter_map(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | ' ' | '#')).chars().next()
    });
    let numbers = asks_number.filter(|verb| matches!(verb, 'f' | 'e' | 'g' | 'd')).count();
    (printf == "printf" && TEXTS.contains(&maker.as_str()) && numbers > 0).then(|| range.clone())
}

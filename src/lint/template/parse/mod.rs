//! Go's `text/template`, read with places: what an alert's annotations and a notifier's texts are written in.
//!
//! The tree keeps what can be judged without running it: which functions are called with what, which fields are read of
//! the dot and of variables, and where the dot is no longer what the template was given.

mod cursor;
mod tree;
mod variables;

use std::ops::Range;

use cursor::Cursor;
use variables::Variables;

use super::pieces::{closing, inside};

pub use tree::{Action, Command, Dot, Located, Pipeline, Template, TemplateError, Term};

/// Reads a template. `variables` are those that its surroundings declare, without their `$`.
pub fn parse(text: &str, variables: &[&str]) -> Result<Template, TemplateError> {
    let mut parser = Parser { text, template: Template::default(), blocks: Vec::new(), variables: Variables::default() };
    parser.variables.declare(variables.iter().map(|name| (*name).to_owned()));
    parser.run()?;
    Ok(parser.template)
}

/// A construct that waits for its `end`.
struct Block {
    word: &'static str,
    range: Range<usize>,
    /// How many variables there were before it.
    variables: usize,
    /// What the dot is outside of it, and here.
    outer: Dot,
    dot: Dot,
    /// The defined template that this is in, by its number.
    inside: Option<usize>,
    has_else: bool,
}

struct Parser<'t> {
    text: &'t str,
    template: Template,
    blocks: Vec<Block>,
    variables: Variables,
}

/// Parentheses within parentheses.
const DEPTH: usize = 50;

impl Parser<'_> {
    fn run(&mut self) -> Result<(), TemplateError> {
        let mut at = 0;
        while let Some(open) = self.text[at..].find("{{").map(|i| at + i) {
            let close = closing(self.text, open).ok_or_else(|| wrong(open..open + 2, "this `{{` is never closed"))?;
            self.action(open, close)?;
            at = close + 2;
        }
        match self.blocks.pop() {
            Some(block) => Err(wrong(block.range, format!("this `{}` has no `{{{{ end }}}}`", block.word))),
            None => Ok(()),
        }
    }

    fn action(&mut self, open: usize, close: usize) -> Result<(), TemplateError> {
        let Range { start, end } = inside(self.text, open, close);
        if self.text[start..end].trim_start().starts_with("/*") {
            let closed = self.text[start..end].trim_end().ends_with("*/");
            return if closed { Ok(()) } else { Err(wrong(open..close + 2, "a comment must fill its action")) };
        }
        let mut cursor = Cursor { text: self.text, at: start, end };
        let whole = open..close + 2;
        cursor.blanks();
        if cursor.at >= cursor.end {
            return Err(wrong(whole, "an action must not be empty"));
        }
        match cursor.keyword() {
            Some(word @ ("if" | "with" | "range")) => {
                cursor.at += word.len();
                let pipeline = self.pipeline(&mut cursor, whole.clone(), true, None)?;
                let declared = pipeline.declares.clone();
                self.push(Some(word), pipeline, whole.clone(), None);
                let moved = Dot::Of(self.template.actions.len() - 1);
                self.open(word, whole, (word != "if").then_some(moved));
                self.variables.declare(declared);
            }
            Some("else") => {
                cursor.at += 4;
                self.other(&mut cursor, whole)?;
            }
            Some("end") => {
                cursor.at += 3;
                cursor.nothing_more()?;
                let block = self.blocks.pop().ok_or_else(|| wrong(whole, "this `end` closes nothing"))?;
                self.variables.forget(block.variables);
            }
            Some(word @ ("define" | "block" | "template")) => {
                cursor.at += word.len();
                self.named(word, &mut cursor, whole)?;
            }
            Some(word @ ("break" | "continue")) => {
                cursor.at += word.len();
                cursor.nothing_more()?;
                if !self.blocks.iter().any(|block| block.word == "range") {
                    return Err(wrong(whole, format!("`{word}` outside of a `range`")));
                }
            }
            _ => {
                let pipeline = self.pipeline(&mut cursor, whole.clone(), true, None)?;
                self.variables.declare(pipeline.declares.clone());
                self.push(None, pipeline, whole, None);
            }
        }
        Ok(())
    }

    fn other(&mut self, cursor: &mut Cursor<'_>, whole: Range<usize>) -> Result<(), TemplateError> {
        cursor.blanks();
        let chained = cursor.keyword().filter(|word| matches!(*word, "if" | "with"));
        match chained {
            Some(word) => cursor.at += word.len(),
            None => cursor.nothing_more()?,
        }
        match self.blocks.last_mut() {
            Some(block) if ["if", "with", "range"].contains(&block.word) && !block.has_else => {
                block.has_else = chained.is_none();
                // The dot of an `else` is the one outside.
                block.dot = block.outer;
            }
            _ => return Err(wrong(whole, "this `else` belongs to nothing")),
        }
        if chained.is_some() {
            let pipeline = self.pipeline(cursor, whole.clone(), true, None)?;
            self.push(chained, pipeline, whole, None);
            if let Some(block) = self.blocks.last_mut().filter(|_| chained == Some("with")) {
                block.dot = Dot::Of(self.template.actions.len() - 1);
            }
        }
        Ok(())
    }

    fn named(&mut self, word: &'static str, cursor: &mut Cursor<'_>, whole: Range<usize>) -> Result<(), TemplateError> {
        cursor.blanks();
        let start = cursor.at;
        let Some(Located { term: Term::Text(name), range }) = cursor.quoted()? else {
            return Err(wrong(start..cursor.end.max(start), format!("`{word}` needs the name of a template in quotes")));
        };
        cursor.blanks();
        let more = cursor.at < cursor.end;
        let pipeline = if more { self.pipeline(cursor, whole.clone(), true, None)? } else { Pipeline::default() };
        match word {
            "template" => self.push(Some(word), pipeline, whole, Some((name, range))),
            "define" if more => return Err(wrong(whole, "`define` takes a name and nothing else")),
            "block" if !more => return Err(wrong(whole, "`block` needs a value after its name")),
            _ => {
                self.template.defines.push(name.clone());
                self.template.defined_at.push(range.clone());
                if word == "block" {
                    self.push(Some(word), pipeline, whole.clone(), Some((name, range)));
                }
                self.open(word, whole, Some(Dot::Given(self.template.defines.len() - 1)));
            }
        }
        Ok(())
    }

    fn open(&mut self, word: &'static str, range: Range<usize>, dot: Option<Dot>) {
        let (outer, inside) = self.here();
        let inside = if let Some(Dot::Given(define)) = dot { Some(define) } else { inside };
        let variables = self.variables.len();
        self.blocks.push(Block { word, range, variables, outer, dot: dot.unwrap_or(outer), inside, has_else: false });
    }

    /// What the dot is, and the defined template that this is in.
    fn here(&self) -> (Dot, Option<usize>) {
        self.blocks.last().map_or((Dot::Root, None), |block| (block.dot, block.inside))
    }

    fn push(&mut self, word: Option<&'static str>, pipeline: Pipeline, range: Range<usize>, calls: Option<(String, Range<usize>)>) {
        let (dot, inside) = self.here();
        self.template.actions.push(Action { pipeline, range, dot, inside, word, calls });
    }

    /// Reads a pipeline up to the end of the action, or of the parentheses that it stands in.
    fn pipeline(
        &self,
        cursor: &mut Cursor<'_>,
        whole: Range<usize>,
        may_declare: bool,
        group: Option<usize>,
    ) -> Result<Pipeline, TemplateError> {
        let depth = group.unwrap_or(0);
        if depth > DEPTH {
            return Err(wrong(whole, "the parentheses are too deep"));
        }
        let mut pipeline = Pipeline::default();
        if may_declare {
            pipeline.declares = cursor.declarations();
        }
        let mut command: Command = Vec::new();
        loop {
            cursor.blanks();
            if cursor.at >= cursor.end {
                if group.is_some() {
                    return Err(wrong(whole, "a parenthesis is never closed"));
                }
                break;
            }
            match cursor.peek() {
                b'|' => {
                    if command.is_empty() {
                        return Err(wrong(cursor.at..cursor.at + 1, "there is nothing before this `|`"));
                    }
                    cursor.at += 1;
                    pipeline.commands.push(std::mem::take(&mut command));
                }
                b')' => {
                    if group.is_none() {
                        return Err(wrong(cursor.at..cursor.at + 1, "this `)` closes nothing"));
                    }
                    cursor.at += 1;
                    break;
                }
                b'(' => {
                    let start = cursor.at;
                    cursor.at += 1;
                    let inner = self.pipeline(cursor, start..start + 1, false, Some(depth + 1))?;
                    cursor.fields();
                    command.push(Located { term: Term::Group(inner), range: start..cursor.at });
                }
                _ => command.push(self.term(cursor)?),
            }
        }
        if command.is_empty() {
            let message = if pipeline.commands.is_empty() { "a value is missing here" } else { "there is nothing after the last `|`" };
            return Err(wrong(whole, message));
        }
        pipeline.commands.push(command);
        for later in pipeline.commands.iter().skip(1) {
            if let Some(Located { term: Term::Text(_) | Term::Literal | Term::Dot, range }) = later.first() {
                return Err(wrong(range.clone(), "only a function can take the result of what is before the `|`"));
            }
        }
        Ok(pipeline)
    }

    fn term(&self, cursor: &mut Cursor<'_>) -> Result<Located, TemplateError> {
        if let Some(text) = cursor.quoted()? {
            return Ok(text);
        }
        let start = cursor.at;
        let term = match cursor.peek() {
            b'.' => {
                let fields = cursor.fields();
                if fields.is_empty() {
                    cursor.at += 1;
                    if cursor.at < cursor.end && cursor.peek().is_ascii_digit() {
                        cursor.number();
                        Term::Literal
                    } else {
                        Term::Dot
                    }
                } else {
                    Term::Field(fields)
                }
            }
            b'$' => {
                cursor.at += 1;
                let name = cursor.word();
                if !name.is_empty() && !self.variables.has(&name) {
                    let known: Vec<String> = self.variables.first().map(|name| format!("${name}")).collect();
                    let there = if known.is_empty() { String::new() } else { format!("; there are {}", known.join(", ")) };
                    return Err(wrong(start..cursor.at, format!("the variable `${name}` is not defined{there}")));
                }
                Term::Variable(name, cursor.fields())
            }
            b'0'..=b'9' | b'-' | b'+' => {
                cursor.number();
                Term::Literal
            }
            b'\'' => {
                cursor.at += 1;
                while cursor.at < cursor.end && cursor.peek() != b'\'' {
                    cursor.at += if cursor.peek() == b'\\' { 2 } else { 1 };
                }
                if cursor.at >= cursor.end {
                    return Err(wrong(start..cursor.end, "this quote is never closed; texts stand in double quotes"));
                }
                cursor.at += 1;
                if !is_character(&cursor.text[start + 1..cursor.at - 1]) {
                    return Err(wrong(start..cursor.at, "single quotes hold one character; texts stand in double quotes"));
                }
                Term::Literal
            }
            _ => {
                let name = cursor.word();
                if name.is_empty() {
                    let next = cursor.text[start..cursor.end].chars().next().unwrap_or(' ');
                    return Err(wrong(start..start + next.len_utf8(), format!("`{next}` means nothing here")));
                }
                match name.as_str() {
                    "true" | "false" | "nil" => Term::Literal,
                    "end" | "else" | "if" | "range" | "with" | "define" | "block" | "template" => {
                        return Err(wrong(start..cursor.at, format!("`{name}` can only begin an action")));
                    }
                    _ => Term::Function(name),
                }
            }
        };
        cursor.at_boundary(start)?;
        Ok(Located { term, range: start..cursor.at })
    }
}

/// Whether this is one character, as between single quotes.
fn is_character(inner: &str) -> bool {
    let mut chars = inner.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some(_)) => true,
        (first, second) => first.is_some() && second.is_none(),
    }
}

fn wrong(range: Range<usize>, message: impl Into<String>) -> TemplateError {
    TemplateError { range, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::{Dot, Term, parse};

    const KNOWN: &[&str] = &["labels", "value"];

    #[test]
    fn templates_of_alerts_are_read() {
        for text in [
            "plain { text } }}",
            "{{ $labels.instance }} is {{ $value | humanize }}",
            "{{- if gt $value 5.0 -}} much {{- else if eq $value 1.0 }} one {{ else }} some {{ end }}",
            "{{ range query \"up{job=\\\"x}}\\\"} == 0\" }}{{ .Labels.instance }}{{ end }}",
            "{{ with query `sum(up)` }}{{ . | first | value | printf \"%.2f\" }}{{ end }}",
            "{{/* a comment }} */}}{{ printf \"%s\" (index .Labels \"x\") }}",
            "{{ $x := .Value }}{{ $x }}",
            "{{ range $i, $e := .Alerts }}{{ $i }}{{ $e.Labels.x }}{{ end }}",
            "{{ define \"a\" }}{{ .X }}{{ end }}{{ template \"a\" . }}",
            "{{ (index .Alerts 0).Labels.x }}",
            "{{ -1 }}{{ 'x' }}{{ .5 }}",
        ] {
            assert!(parse(text, KNOWN).is_ok(), "{text}: {:?}", parse(text, KNOWN));
        }
    }

    #[test]
    fn faults_are_found_at_their_place() {
        for (text, place, part) in [
            ("a {{ $labels.x", 2..4, "never closed"),
            ("{{ if $value }}x", 0..15, "no `{{ end }}`"),
            ("{{ end }}", 0..9, "closes nothing"),
            ("{{ $label.x }}", 3..9, "`$label` is not defined"),
            ("{{ $value | }}", 0..14, "nothing after"),
            ("{{ }}", 0..5, "empty"),
            ("{{ printf \"x }}", 0..2, "never closed"),
            ("{{ ($value }}", 3..4, "never closed"),
            ("{{ $value ) }}", 10..11, "closes nothing"),
            ("{{ else }}", 0..10, "belongs to nothing"),
            ("{{ $labels-x }}", 3..11, "means nothing"),
            ("{{ template x }}", 12..14, "in quotes"),
            ("{{ break }}", 0..11, "outside"),
            ("{{ printf '%s' $value }}", 10..14, "one character"),
            ("{{ $value | \"x\" }}", 12..15, "only a function"),
        ] {
            let error = parse(text, KNOWN).expect_err(text);
            assert!(error.message.contains(part), "{text}: {error:?}");
            assert_eq!(error.range, place, "{text}: {error:?}");
        }
    }

    #[test]
    fn the_dot_moves_inside_range_and_with() {
        let template =
            parse("{{ .A }}{{ range .B }}{{ .C }}{{ else }}{{ .D }}{{ end }}{{ if .E }}{{ .F }}{{ end }}", KNOWN).expect("valid");
        let at_root: Vec<_> = template
            .actions
            .iter()
            .filter(|action| action.dot == Dot::Root)
            .filter_map(|action| match &action.pipeline.commands.first()?.first()?.term {
                Term::Field(fields) => fields.first().cloned(),
                _ => None,
            })
            .collect();
        assert_eq!(at_root, ["A", "B", "D", "E", "F"]);
    }
}

//! What a template says, as far as it can be judged without running it.

use std::ops::Range;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// Something that a template reads or calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `.a.b` of the dot.
    Field(Vec<String>),
    /// `$x.a.b`: the variable without its `$`, and the fields.
    Variable(String, Vec<String>),
    /// A function.
    Function(String),
    /// A quoted text, decoded.
    Text(String),
    /// A number, a character, `true`, `false` or `nil`.
    Literal,
    /// `.`
    Dot,
    /// What stands in parentheses.
    Group(Pipeline),
}

/// A term with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The term.
    pub term: Term,
    /// Byte range in the text.
    pub range: Range<usize>,
}

/// A call: what is called or read, and its arguments.
pub type Command = Vec<Located>;

/// Commands that pass their results on: `a | b | c`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Variables that take the result.
    pub declares: Vec<String>,
    /// The commands in order.
    pub commands: Vec<Command>,
}

/// What the dot is at some place of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dot {
    /// What the template was given.
    Root,
    /// What the `with` or `range` of this action, by its number, made it.
    Of(usize),
    /// Whatever a caller gives to the template that is defined here, by its number.
    Given(usize),
}

/// A pipeline of a template and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Byte range of the action with its braces.
    pub range: Range<usize>,
    /// What the dot is here.
    pub dot: Dot,
    /// The defined template that it is in, by its number.
    pub inside: Option<usize>,
    /// `if`, `with`, `range`, `template` or `block`, where it is more than a value to be shown.
    pub word: Option<&'static str>,
    /// The template that it calls, with `{{template "x"}}` or `{{block "x"}}`.
    pub calls: Option<(String, Range<usize>)>,
}

/// A template that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Every pipeline, in order.
    pub actions: Vec<Action>,
    /// Templates that it defines.
    pub defines: Vec<String>,
    /// Where their names stand.
    pub defined_at: Vec<Range<usize>>,
}

impl Pipeline {
    /// Visits every command, those in parentheses after the one they stand in.
    pub fn visit<'p>(&'p self, visitor: &mut dyn FnMut(&'p Command)) {
        for command in &self.commands {
            visitor(command);
            for located in command {
                if let Term::Group(inner) = &located.term {
                    inner.visit(visitor);
                }
            }
        }
    }
}

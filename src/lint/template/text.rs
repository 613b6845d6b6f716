//! The texts of an alert, each read once.

use std::rc::Rc;

use foldhash::HashMap;

use super::parse::{Template, TemplateError, parse};
use super::{LabelRead, VARIABLES, label_reads};
use crate::formats::rule_file::Rule;
use crate::lint::template::sentence::Sentence;
use crate::source::Node;

/// A label or annotation of an alert.
pub struct AlertText<'a> {
    /// `labels` or `annotations`.
    pub section: &'static str,
    /// The name of the label or annotation.
    pub name: &'a str,
    /// Its value.
    pub node: &'a Node,
    /// The text of the value.
    pub text: &'a str,
    /// What was read of it.
    pub said: Rc<Said>,
}

/// What was read of a text.
pub struct Said {
    /// What is filled in when the alert fires; `None` where there is nothing to be filled in.
    pub template: Option<Result<Template, TemplateError>>,
    /// The labels of the alert that it reads.
    pub label_reads: Vec<LabelRead>,
    /// Where a variable stands outside of `{{ … }}`, and is sent as it is.
    pub bare_variable: Option<usize>,
    /// What it says to people.
    pub sentence: Sentence,
}

impl AlertText<'_> {
    /// What is filled in when the alert fires, where that could be read.
    pub fn template(&self) -> Option<&Template> {
        self.said.template.as_ref()?.as_ref().ok()
    }
}

/// The texts that were read already: rules of one file say the same of different services.
#[derive(Default)]
pub struct AlertTexts<'a> {
    read: HashMap<&'a str, Rc<Said>>,
}

impl<'a> AlertTexts<'a> {
    /// The texts of a rule, its labels first; none of a recording rule, which has nothing to say.
    pub fn of(&mut self, rule: &Rule<'a>) -> Vec<AlertText<'a>> {
        if !rule.is_alert() {
            return Vec::new();
        }
        let labels = rule.labels().map(|(name, _, node)| ("labels", name, node));
        let all = labels.chain(rule.annotations().map(|(name, _, node)| ("annotations", name, node)));
        all.filter_map(|(section, name, node)| {
            let text = node.as_str()?;
            let said = self.read.entry(text).or_insert_with(|| Rc::new(read(text)));
            Some(AlertText { section, name, node, text, said: Rc::clone(said) })
        })
        .collect()
    }
}

fn read(text: &str) -> Said {
    let template = text.contains("{{").then(|| parse(text, VARIABLES));
    Said {
        label_reads: template.iter().flatten().flat_map(|template| label_reads(template, text)).collect(),
        template,
        bare_variable: bare_variable(text),
        sentence: Sentence::read(text),
    }
}

/// What alerts write for what is filled in.
const WRITTEN: &[&str] =
    &["$labels.", "$value", "$externalLabels.", ".Labels.", "$externalURL", "${labels.", "${value}", "${externalLabels."];

/// Where a variable stands outside of `{{ … }}`.
fn bare_variable(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let open = memchr::memmem::find(&text.as_bytes()[from..], b"{{").map_or(text.len(), |open| from + open);
        let outside = &text[from..open];
        let starts = memchr::memchr2_iter(b'$', b'.', outside.as_bytes());
        let found = starts.into_iter().find(|at| WRITTEN.iter().any(|variable| names(&outside[*at..], variable)));
        if let Some(at) = found {
            return Some(from + at);
        }
        from = open + memchr::memmem::find(text.as_bytes().get(open..)?, b"}}")? + 2;
    }
}

/// Whether a text begins with a variable: `$values` is none.
fn names(text: &str, variable: &str) -> bool {
    let goes_on = |rest: &str| !variable.ends_with('.') && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.strip_prefix(variable).is_some_and(|rest| !goes_on(rest))
}

//! The texts of a rule that Prometheus fills in when it fires, each parsed once.

use std::collections::HashMap;
use std::rc::Rc;

use super::VARIABLES;
use super::parse::{Template, TemplateError, parse};
use crate::formats::rule_file::Rule;
use crate::source::Node;

/// A label or annotation that has something to be filled in.
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
    pub template: Rc<Result<Template, TemplateError>>,
}

/// The templates that were read already: rules of one file say the same of different services.
#[derive(Default)]
pub struct AlertTexts<'a> {
    read: HashMap<&'a str, Rc<Result<Template, TemplateError>>>,
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
            let text = node.as_str().filter(|text| text.contains("{{"))?;
            let template = self.read.entry(text).or_insert_with(|| Rc::new(parse(text, VARIABLES)));
            Some(AlertText { section, name, node, text, template: Rc::clone(template) })
        })
        .collect()
    }
}

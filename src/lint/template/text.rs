//! The texts of a rule that Prometheus fills in when it fires, each parsed once.

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
    pub template: Result<Template, TemplateError>,
}

/// The texts of a rule, its labels first; none of a recording rule, which has nothing to say.
pub fn alert_texts<'a>(rule: &Rule<'a>) -> Vec<AlertText<'a>> {
    if !rule.is_alert() {
        return Vec::new();
    }
    let labels = rule.labels().map(|(name, _, node)| ("labels", name, node));
    let all = labels.chain(rule.annotations().map(|(name, _, node)| ("annotations", name, node)));
    all.filter_map(|(section, name, node)| {
        let text = node.as_str().filter(|text| text.contains("{{"))?;
        Some(AlertText { section, name, node, text, template: parse(text, VARIABLES) })
    })
    .collect()
}

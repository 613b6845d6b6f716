//! What `ALERTS` has: the labels of the alerts among the inputs.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::rule_file::RuleFile;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::source::Node;

/// What is known of the alerts of the set.
pub struct AlertLabels<'a> {
    /// What they have in the labels that people ask for.
    pub values: BTreeMap<&'static str, BTreeSet<&'a str>>,
    /// The names of all their labels.
    pub labels: BTreeSet<&'a str>,
    /// Whether those are all: nothing of what the alerts look at may have others.
    pub closed: bool,
    /// The names of all their annotations.
    pub annotations: BTreeSet<&'a str>,
}

impl<'a> AlertLabels<'a> {
    /// Gathers what the alerts of all inputs have.
    pub fn of(context: &Context<'a>) -> Self {
        let mut values: BTreeMap<&'static str, BTreeSet<&'a str>> = BTreeMap::new();
        let mut annotations = BTreeSet::new();
        let mut labels = BTreeSet::from(["alertname", "alertstate", "job", "instance", "severity"]);
        let files = context.rule_files();
        for rule in files.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()) {
            values.entry("alertname").or_default().insert(rule.name());
            labels.extend(rule.labels().map(|(name, ..)| name));
            annotations.extend(rule.annotations().map(|(name, ..)| name));
            for label in ["service", "severity", "team"] {
                values.entry(label).or_default().extend(rule.label(label).and_then(Node::as_str));
            }
        }
        let of_group = context.rule_files().flat_map(|file| &file.groups).any(|group| group.node.get("labels").is_some());
        let mut closed = !values.is_empty() && !of_group;
        for expr in context.queries.iter().filter(|query| query.is_alert()).map(|query| query.expr.as_ref()) {
            match expr.map(|expr| shape(expr, context.world)).filter(|result| result.closed) {
                Some(result) => labels.extend(result.labels),
                None => closed = false,
            }
        }
        Self { values, labels, closed, annotations }
    }
}

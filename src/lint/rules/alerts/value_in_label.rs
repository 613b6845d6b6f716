//! Labels that change with the value.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::parse::Term;
use crate::lint::views::RuleView;
use crate::source::text_map;

rule! {
    /// A label of an alert holds `$value`. Each change of the value makes another alert of it, which waits through `for` anew, is
    /// grouped and notified anew, and resolves the one before. Values belong into annotations.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: queue_depth > 100
    ///         for: 5m
    ///         labels: { severity: warning, depth: "{{ $value }}" }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: queue_depth > 100
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value }} wait" }
    /// ```
    ValueInLabel, "value-in-label", Warning
}

impl Rule for ValueInLabel {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for text in view.texts.iter().filter(|text| text.section == "labels") {
            let actions = text.template().into_iter().flat_map(|template| &template.actions);
            // What only decides between fixed texts changes as seldom as they do.
            for action in actions.filter(|action| action.word.is_none() || action.word == Some("template")) {
                let mut shows_value = false;
                action.pipeline.visit(&mut |command| {
                    shows_value |= command.iter().any(|located| match &located.term {
                        Term::Variable(name, _) => name == "value",
                        Term::Field(fields) => fields.first().is_some_and(|field| field == "Value"),
                        _ => false,
                    });
                });
                if shows_value {
                    let span = text_map::Map::new(view.text, text.node).span(action.range.clone());
                    found.push(
                        META.finding(span, format!("the label `{}` changes with the value, and each change is another alert", text.name))
                            .path(view.text_path(text))
                            .help("show the value in an annotation"),
                    );
                }
            }
        }
    }
}

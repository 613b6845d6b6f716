//! Templates that nobody fills in.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::source::text_map;

rule! {
    /// A text names `$labels` or `$value` outside of `{{ … }}`, and is sent as it stands.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "$labels.instance is down" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is down" }
    /// ```
    TemplateOutsideBraces, "template-outside-braces", Warning
}

impl Rule for TemplateOutsideBraces {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for text in &view.texts {
            let Some(at) = text.said.bare_variable else { continue };
            let rest = &text.text[at..];
            let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '$' | '{' | '.' | '_'))).unwrap_or(rest.len());
            let span = text_map::Map::new(view.text, text.node).span(at..at + length);
            found.push(
                META.finding(span, format!("`{}` stands outside of braces, and is sent as it is", &rest[..length]))
                    .path(view.text_path(text))
                    .help(format!("write `{{{{ {} }}}}`", rest[..length].replace('{', ""))),
            );
        }
    }
}

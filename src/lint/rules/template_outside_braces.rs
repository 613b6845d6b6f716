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

const VARIABLES: &[&str] =
    &["$labels.", "$value", "$externalLabels.", ".Labels.", "$externalURL", "${labels.", "${value}", "${externalLabels."];

impl Rule for TemplateOutsideBraces {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let labels = view.rule.labels().map(|(name, _, node)| ("labels", name, node));
        let texts = labels.chain(view.rule.annotations().map(|(name, _, node)| ("annotations", name, node)));
        for (section, name, node) in texts.filter(|_| view.rule.is_alert()) {
            let Some(text) = node.as_str() else { continue };
            let Some(at) = outside(text) else { continue };
            let rest = &text[at..];
            let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '$' | '{' | '.' | '_'))).unwrap_or(rest.len());
            let span = text_map::Map::new(view.text, node).span(at..at + length);
            found.push(
                META.finding(span, format!("`{}` stands outside of braces, and is sent as it is", &rest[..length]))
                    .path(format!("{}.{name}", view.path(section)))
                    .help(format!("write `{{{{ {} }}}}`", rest[..length].replace('{', ""))),
            );
        }
    }
}

/// Where a variable stands outside of `{{ … }}`.
fn outside(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let open = memchr::memmem::find(&text.as_bytes()[from..], b"{{").map_or(text.len(), |open| from + open);
        let outside = &text[from..open];
        let starts = memchr::memchr2_iter(b'$', b'.', outside.as_bytes());
        let found = starts.into_iter().find(|at| VARIABLES.iter().any(|variable| names(&outside[*at..], variable)));
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

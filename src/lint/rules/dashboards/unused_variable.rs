//! Variables that nothing uses.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::{Node, NodeKind};

rule! {
    /// A dashboard defines a variable that no panel, title, link or other variable uses: choosing a value changes nothing.
    ///
    /// ```json fires
    /// { "title": "Web", "uid": "web", "panels": [], "templating": { "list": [ { "name": "env", "type": "custom", "query": "prod,test" } ] } }
    /// ```
    /// ```json silent
    /// { "title": "Web in $env", "uid": "web", "panels": [], "templating": { "list": [ { "name": "env", "type": "custom", "query": "prod,test" } ] } }
    /// ```
    UnusedVariable, "unused-variable", Info
}

impl Rule for UnusedVariable {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut used = Vec::new();
        gather(view.dashboard.root, &mut used);
        for variable in &view.dashboard.variables {
            // Ad hoc filters work on every query by themselves.
            let Some(name) = variable.name.as_str().filter(|_| variable.kind != "adhoc") else { continue };
            if !used.iter().any(|text| uses(text, name)) {
                found.push(
                    META.finding(variable.name.span, format!("nothing uses the variable `{name}`"))
                        .path("templating.list")
                        .help("remove it, or use it in a query"),
                );
            }
        }
    }
}

/// Every text of the dashboard that may use a variable.
fn gather<'a>(node: &'a Node, texts: &mut Vec<&'a str>) {
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.text().contains(['$', '[']) => texts.push(scalar.text()),
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| gather(item, texts)),
        NodeKind::Mapping(entries) => {
            for (key, value) in entries {
                // A panel repeats by the bare name of a variable.
                if matches!(key.as_str(), Some("repeat")) {
                    texts.extend(value.as_str());
                }
                gather(value, texts);
            }
        }
    }
}

fn uses(text: &str, name: &str) -> bool {
    text == name
        || text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&text[..at], text[at + name.len()..].chars().next());
            let word_ends = after.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            word_ends && (before.ends_with('$') || before.ends_with("${") || before.ends_with("[["))
        })
}

//! Fields that a transformation takes away or renames, and that something reads behind it.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields::{self, Step};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A transformation takes a field away, or gives it another name, and a later one, an override or the panel itself asks for it by the
    /// name that it had. What asks does nothing.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "job": "Service" } } },
    ///     { "id": "sortBy", "options": { "sort": [ { "field": "job" } ] } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "job": "Service" } } },
    ///     { "id": "sortBy", "options": { "sort": [ { "field": "Service" } ] } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    RemovedField, "removed-field", Warning
}

impl Rule for RemovedField {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view) {
            let mut add = |node: &Node, key: &str, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(help));
            };
            let mut past = Past::default();
            for step in fields::steps(panel) {
                later(&step, &past, &mut add);
                left_out(panel, &step, &mut add);
                past.pass(&step);
            }
            shown(panel, &past, &mut add);
        }
    }
}

type Add<'r> = dyn FnMut(&Node, &str, String, String) + 'r;

/// What the steps so far have done to fields.
#[derive(Default)]
struct Past<'n> {
    /// The names of fields that are gone, and where that is said.
    gone: Vec<(&'n str, &'n Node)>,
    /// The names that fields had, and which they have now.
    renamed: Vec<(&'n str, &'n str)>,
}

impl<'n> Past<'n> {
    fn gone(&self, name: &str) -> Option<&'n Node> {
        self.gone.iter().find(|(other, _)| *other == name).map(|(_, place)| *place)
    }

    fn renamed(&self, name: &str) -> Option<&'n str> {
        self.renamed.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
    }

    fn pass(&mut self, step: &Step<'n>) {
        if step.id == "organize" {
            let excluded = step.options.entries_of("excludeByName").filter(|(.., value)| value.as_bool() == Some(true));
            self.gone.extend(excluded.map(|(name, key, _)| (name, key)));
            for (from, _, to) in step.options.entries_of("renameByName") {
                let Some(to) = to.as_str().filter(|to| !to.is_empty() && *to != from) else { continue };
                match self.gone(from) {
                    // What is called otherwise is gone under that name as well.
                    Some(place) => self.gone.push((to, place)),
                    None => self.renamed.push((from, to)),
                }
            }
        } else if !step.is_plain() && step.id != "convertFieldType" {
            // Others make fields of their own.
            *self = Self::default();
        }
    }
}

/// Fields that a step reads and that are gone, or called otherwise.
fn later(step: &Step<'_>, past: &Past<'_>, add: &mut Add<'_>) {
    // What is gone already may be left out once more.
    if step.id == "filterFieldsByName" {
        return;
    }
    for node in step.reads() {
        let name = node.as_str().unwrap_or("");
        if let Some(place) = past.gone(name) {
            let message = format!("a step before this takes the field {} away", node.describe());
            add(node, "transformations", message, format!("keep it, at {}", place.describe()));
        } else if let Some(to) = past.renamed(name) {
            let message = format!("a step before this calls the field {} `{to}`", node.describe());
            add(node, "transformations", message, format!("write `{to}`"));
        }
    }
}

/// Fields that the panel itself reads and that are not among those that a step keeps.
fn left_out(panel: &Panel<'_>, step: &Step<'_>, add: &mut Add<'_>) {
    let include = step.options.get("include").filter(|include| step.id == "filterFieldsByName" && include.get("pattern").is_none());
    let kept: Vec<&str> = include.into_iter().flat_map(|include| include.items_of("names")).filter_map(Node::as_str).collect();
    if kept.is_empty() {
        return;
    }
    for (node, key) in fields::read_by(panel) {
        if node.as_str().is_some_and(|name| !name.is_empty() && !kept.contains(&name)) {
            add(node, key, format!("a transformation takes the field {} away", node.describe()), "keep it".to_owned());
        }
    }
}

/// Fields that overrides and the panel itself read and that are gone, or called otherwise.
fn shown(panel: &Panel<'_>, past: &Past<'_>, add: &mut Add<'_>) {
    let overrides = fields::overridden(panel, "byName").map(|(node, _)| (node, "fieldConfig.overrides"));
    for (node, key) in overrides.chain(fields::read_by(panel)) {
        if node.as_str().is_some_and(|name| past.gone(name).is_some()) {
            add(node, key, format!("a transformation takes the field {} away", node.describe()), "keep it, or leave this out".to_owned());
        }
    }
    for node in fields::sorted_by(panel) {
        if let Some(to) = node.as_str().and_then(|name| past.renamed(name)) {
            add(node, "options.sortBy", format!("the column {} is called `{to}`", node.describe()), format!("write `{to}`"));
        }
    }
}

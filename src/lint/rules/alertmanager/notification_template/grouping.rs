//! Labels of a group that the route does not group by.

use super::META;
use super::known::METHODS;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::alertmanager::Route;
use crate::lint::template::notification::{self, Field, Subject};
use crate::lint::views::AlertmanagerView;
use crate::lint::views::library::Library;
use crate::source::{Node, text_map};

/// `.GroupLabels.x` of a receiver whose routes do not group by `x`, in its text or in a template that this calls.
pub(super) fn group_labels(
    node: &Node,
    view: &AlertmanagerView<'_>,
    receiver: &Node,
    (library, path): (&Library<'_>, &str),
    found: &mut Vec<Diagnostic>,
) {
    let Some(template) = node.as_str().and_then(|text| notification::read(text).ok()) else { return };
    let of_group = |field: &&Field| field.of == Subject::Data && field.names[0] == "GroupLabels" && field.names.len() > 1;
    if !template.fields.iter().any(|field| of_group(&field)) && template.used.iter().all(|call| library.groups(call).is_empty()) {
        return;
    }
    let mut groups = Vec::new();
    if let (Some(root), Some(name)) = (&view.config.route, receiver.as_str()) {
        gather(root, Inherited { receiver: None, group_by: None }, name, &mut groups);
    }
    let is_grouped = |label: &str| {
        let by = |list: &Node| list.items().any(|item| matches!(item.as_str(), Some(name) if name == label || name == "..."));
        METHODS.contains(&label) || groups.is_empty() || groups.iter().any(|list| list.is_some_and(by))
    };
    let places = text_map::Map::new(view.view.text, node);
    let mut report = |range, message: String, label: &str| {
        let finding = META.finding_at(Level::Warning, places.span(range), message).path(path);
        let related = groups.iter().flatten().next();
        let finding = related.into_iter().fold(finding, |finding, list| finding.related(list.span, "the labels grouped by"));
        found.push(finding.help(format!("use `.CommonLabels.{label}`, or group by it")));
    };
    for field in template.fields.iter().filter(of_group) {
        let label = field.names[1].as_str();
        if !is_grouped(label) {
            report(field.range.clone(), format!("no route to this receiver groups by `{label}`: this is blank"), label);
        }
    }
    for call in &template.used {
        for label in library.groups(call).iter().filter(|label| !is_grouped(label)) {
            let name = &call.name;
            let message = format!("no route to this receiver groups by `{label}`, which is blank in `{name}` therefore");
            report(call.range.clone(), message, label);
        }
    }
}

/// What a route has of those above it.
#[derive(Clone, Copy)]
struct Inherited<'r> {
    receiver: Option<&'r str>,
    group_by: Option<&'r Node>,
}

/// What each route to a receiver groups by, by itself or as a route above says.
fn gather<'r>(route: &'r Route<'_>, above: Inherited<'r>, receiver: &str, groups: &mut Vec<Option<&'r Node>>) {
    let own = route.node.get("group_by").filter(|list| list.items().next().is_some());
    let here = Inherited { receiver: route.receiver.and_then(Node::as_str).or(above.receiver), group_by: own.or(above.group_by) };
    if here.receiver == Some(receiver) {
        groups.push(here.group_by);
    }
    for child in &route.routes {
        gather(child, here, receiver, groups);
    }
}

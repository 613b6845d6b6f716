//! Labels of a group that the route does not group by.

use super::META;
use super::known::METHODS;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::template::notification::{self, Subject};
use crate::lint::views::AlertmanagerView;
use crate::source::{Node, text_map};

/// `.GroupLabels.x` of a receiver whose routes do not group by `x`.
pub(super) fn group_labels(node: &Node, view: &AlertmanagerView<'_>, receiver: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    let Some(template) = node.as_str().and_then(|text| notification::read(text).ok()) else { return };
    let root = view.config.route.as_ref().and_then(|root| root.node.get("group_by"));
    let leading = view.config.routes().into_iter().filter(|route| route.receiver.is_some_and(|name| name.as_str() == receiver.as_str()));
    let groups: Vec<&Node> = leading.filter_map(|route| route.node.get("group_by").or(root)).collect();
    for field in
        template.fields.iter().filter(|field| field.of == Subject::Data && field.names[0] == "GroupLabels" && field.names.len() > 1)
    {
        let label = field.names[1].as_str();
        let grouped = |list: &&Node| list.items().any(|item| matches!(item.as_str(), Some(name) if name == label || name == "..."));
        if METHODS.contains(&label) || groups.is_empty() || groups.iter().any(grouped) {
            continue;
        }
        let places = text_map::Map::new(view.view.text, node);
        found.push(
            META.finding_at(
                Level::Warning,
                places.span(field.range.clone()),
                format!("no route to this receiver groups by `{label}`: this is blank"),
            )
            .path(path)
            .related(groups[0].span, "the labels grouped by")
            .help(format!("use `.CommonLabels.{label}`, or group by it")),
        );
    }
}

//! Units that overrides give.

use super::META;
use super::units::contradiction;
use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::query::{Origin, Query};
use crate::source::Node;

/// Units that overrides give to one query of a panel, and that a heat map gives to its buckets.
pub(super) fn overridden(panel: &Panel<'_>, queries: &[Query<'_>], found: &mut Vec<Diagnostic>) {
    let mut judge = |node: &Node, query: &Query<'_>, what: Quantity, path: &str| {
        if let Some((what, right)) = node.as_str().and_then(|unit| contradiction(what, unit)) {
            let message = format!("the unit is {}, and the query returns {what}", node.describe());
            let finding = META.finding(node.span, message).path(format!("{}.{path}", panel.path)).related(query.node.span, "the query");
            found.push(finding.help(format!("use `{right}`")));
        }
    };
    let own = || queries.iter().filter(|query| query.is_of(panel));
    let buckets = panel.node.get("options").and_then(|options| options.get("yAxis")?.get("unit")).filter(|_| panel.kind == "heatmap");
    if let (Some(node), Some(query)) = (buckets, own().next())
        && query.selectors().iter().any(|used| used.selector.metric_name().is_some_and(|name| name.ends_with("_seconds_bucket")))
    {
        judge(node, query, Quantity::Seconds, "options.yAxis.unit");
    }
    let target = |query: &Query<'_>, key: &str| match query.origin {
        Origin::Target { target, .. } => target.node.get(key).and_then(Node::as_str).unwrap_or("").to_owned(),
        _ => String::new(),
    };
    let steps = panel.node.items_of("transformations");
    let renamed: Vec<(&str, &str)> = steps
        .filter_map(|step| step.get("options")?.get("renameByName"))
        .flat_map(Node::entries)
        .filter_map(|(from, _, to)| Some((from.strip_prefix("Value #")?, to.as_str()?)))
        .collect();
    for rule in panel.node.get("fieldConfig").and_then(|config| config.get("overrides")).into_iter().flat_map(Node::items) {
        let matcher = rule.get("matcher").and_then(|matcher| Some((matcher.get("id")?.as_str()?, matcher.get("options")?.as_str()?)));
        let is_meant = |query: &&Query<'_>| match matcher {
            Some(("byFrameRefID", id)) => target(query, "refId") == id,
            Some(("byName", name)) => {
                let id = target(query, "refId");
                target(query, "legendFormat") == name || renamed.iter().any(|(from, to)| *to == name && *from == id)
            }
            // Whatever series it takes, they are of the one query.
            Some(("byRegexp", _)) => panel.targets.len() == 1 && panel.kind != "table",
            _ => false,
        };
        let units = rule.items_of("properties");
        let units = units.filter(|property| property.get("id").and_then(Node::as_str) == Some("unit"));
        for node in units.filter_map(|property| property.get("value")) {
            let of_query = own().find(is_meant).and_then(|query| Some((query, quantity(query.expr.as_ref()?, query)?)));
            if let Some((query, what)) = of_query {
                judge(node, query, what, "fieldConfig.overrides");
            }
        }
    }
}

//! How long a webhook is waited for.

use super::Report;
use crate::diagnostic::Level;
use crate::lint::views::AlertmanagerView;
use crate::promql::duration::parse_duration;
use crate::source::Node;

/// How long the other side may take to answer.
pub(super) fn waiting(view: &AlertmanagerView<'_>, name: Option<&str>, node: &Node, path: &str, report: &mut Report<'_>) {
    let millis = |node: &Node| parse_duration(node.as_str()?).ok();
    let Some((timeout, wait)) = node.get("timeout").and_then(|node| Some((node, millis(node)?))).filter(|(_, wait)| *wait > 0) else {
        return;
    };
    // A route has the interval of the one above it.
    let interval = view.config.root.get("route").and_then(|route| route.get("group_interval")).and_then(millis).unwrap_or(300_000);
    let own = routes(view.config.root.get("route"), name).filter_map(|route| route.get("group_interval").and_then(millis));
    let longest = own.fold(interval, i64::max);
    if wait < 100 {
        report(Level::Warning, timeout, path, format!("hardly anybody answers within {}", timeout.describe()), "use seconds, as in `10s`");
    } else if wait > longest.max(60_000) {
        let message = format!("a notification is given up when the next is due, and not after {}", timeout.describe());
        report(Level::Warning, timeout, path, message, "use seconds, as in `10s`");
    }
}

/// The routes to a receiver.
fn routes<'a>(root: Option<&'a Node>, receiver: Option<&'a str>) -> impl Iterator<Item = &'a Node> {
    let mut all: Vec<&Node> = root.into_iter().collect();
    let mut at = 0;
    while let Some(route) = all.get(at) {
        let below: Vec<&Node> = route.items_of("routes").collect();
        all.extend(below);
        at += 1;
    }
    all.into_iter().filter(move |route| route.get("receiver").and_then(Node::as_str) == receiver)
}

//! Times and labels of notifications in a manifest that cannot be meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// Of the times of notifications `group_wait` is the shortest and `repeat_interval` the longest, and none of the intervals is zero.
    /// Without a label to group by, all alerts of all services are one notification.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { ops: { webhook: "http://hook" } }, routes: { page: ops }, group_wait: 20m, group_interval: 5m }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { ops: { webhook: "http://hook" } }, routes: { page: ops }, group_wait: 20s, group_interval: 5m }
    /// ```
    ManifestRouting, "manifest-routing", Warning
}

/// What Alertmanager takes where nothing is said, in milliseconds.
const GROUP_INTERVAL: i64 = 300_000;

impl Rule for ManifestRouting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for routing in context.manifests().filter_map(|view| view.root.get("routing")) {
            let mut add = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("routing.{key}")).help(help));
            };
            let time = |key: &str| routing.get_str(key).and_then(|(node, text)| Some((node, parse_duration(text).ok()?)));
            for key in ["group_interval", "repeat_interval"] {
                if let Some((node, 0)) = time(key) {
                    add(node, key, "Alertmanager refuses an interval of zero".to_owned(), "write minutes, as `5m`");
                }
            }
            if let Some(list) = routing.get("group_by").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
                let message = "without a label all alerts of all services are one notification".to_owned();
                add(list, "group_by", message, "group by `[alertname, service]`");
            }
            let interval = time("group_interval").map_or(GROUP_INTERVAL, |(_, millis)| millis);
            if let Some((node, _)) = time("repeat_interval").filter(|(_, repeat)| *repeat > 0 && *repeat < interval) {
                add(node, "repeat_interval", "nothing is sent again sooner than `group_interval`".to_owned(), "make it the longer one");
            }
            if let Some((node, _)) = time("group_wait").filter(|(_, wait)| *wait > interval) {
                let message = format!("the first notification waits {}, longer than any later one", node.describe());
                add(node, "group_wait", message, "write seconds, as `30s`");
            }
        }
    }
}

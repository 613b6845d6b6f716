//! Time intervals that no route uses.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A time interval is defined, and no route is muted or active in it: nothing is quiet when it was meant to be.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager }]
    /// time_intervals: [{ name: nights, time_intervals: [{ weekdays: ["saturday"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ matchers: ['team="web"'], mute_time_intervals: [nights] }] }
    /// receivers: [{ name: pager }]
    /// time_intervals: [{ name: nights, time_intervals: [{ weekdays: ["saturday"] }] }]
    /// ```
    UnusedTimeInterval, "unused-time-interval", Warning
}

impl Rule for UnusedTimeInterval {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let routes = view.config.routes();
        let lists = routes.iter().flat_map(|route| [route.node.get("mute_time_intervals"), route.node.get("active_time_intervals")]);
        let used: Vec<&str> = lists.flatten().flat_map(Node::items).filter_map(Node::as_str).collect();
        for interval in &view.config.intervals {
            let Some(name) = interval.name.as_str().filter(|name| !used.contains(name)) else { continue };
            found.push(
                META.finding(interval.name.span, format!("no route uses the time interval `{name}`"))
                    .path(interval.list)
                    .help("name it in `mute_time_intervals` or `active_time_intervals` of a route, or remove it"),
            );
        }
    }
}

//! Routes muted by time intervals that are not there.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A route is muted or active in a time interval that the configuration does not have: Alertmanager does not start.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ matchers: ['team="web"'], mute_time_intervals: [night] }] }
    /// receivers: [{ name: pager }]
    /// time_intervals: [{ name: nights, time_intervals: [{ weekdays: ["saturday"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ matchers: ['team="web"'], mute_time_intervals: [nights] }] }
    /// receivers: [{ name: pager }]
    /// time_intervals: [{ name: nights, time_intervals: [{ weekdays: ["saturday"] }] }]
    /// ```
    UndefinedTimeInterval, "undefined-time-interval", Error
}

impl Rule for UndefinedTimeInterval {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !view.view.complete {
            return;
        }
        let names: Vec<&str> = view.config.intervals.iter().filter_map(|interval| interval.name.as_str()).collect();
        for route in view.config.routes() {
            for key in ["mute_time_intervals", "active_time_intervals"] {
                for (index, node) in route.node.items_of(key).enumerate() {
                    let Some(name) = node.as_str().filter(|name| !names.contains(name) && !name.contains("{{")) else { continue };
                    let help = did_you_mean(name, names.iter().copied())
                        .map_or_else(|| "add it under `time_intervals:`".to_owned(), |meant| format!("did you mean `{meant}`?"));
                    let path = format!("{}.{key}[{index}]", route.path);
                    found.push(META.finding(node.span, format!("no time interval is named `{name}`")).path(path).help(help));
                }
            }
        }
    }
}

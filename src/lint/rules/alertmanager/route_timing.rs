//! Waiting times of routes that contradict one another.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{MatchOp, Matcher, Route};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::promql::duration::parse_duration;
use crate::source::{Node, Span};

rule! {
    /// The waiting times of a route do not fit together: `group_wait` longer than `group_interval`, `repeat_interval` shorter than
    /// `group_interval`, or longer than the five days for which Alertmanager remembers what it sent (`--data.retention`).
    /// A route of what is critical has times at which it is muted.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_wait: 10m, group_interval: 5m }
    /// receivers: [{ name: web }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
    /// receivers: [{ name: web }]
    /// ```
    RouteTiming, "route-timing", Warning
}

/// A time with the place it is written at, where it is.
type Time = (i64, Option<Span>);

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Rule for RouteTiming {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(root) = &view.config.route {
            root.routes.iter().for_each(|route| critical_muted(route, found));
            judge(root, [(MINUTE / 2, None), (5 * MINUTE, None), (4 * 60 * MINUTE, None)], found);
        }
        let timeout = view.config.root.get("global").and_then(|global| global.get("resolve_timeout"));
        if let Some((node, millis)) = timeout.and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)))
            && (1..MINUTE).contains(&millis)
        {
            let message = format!("alerts without an end are resolved after {}, before anybody repeats them", node.describe());
            found.push(META.finding(node.span, message).path("global.resolve_timeout").help("wait some minutes, as in `5m`"));
        }
    }
}

/// A route of what wakes people that holds it back at times.
fn critical_muted(route: &Route<'_>, found: &mut Vec<Diagnostic>) {
    let is_grave =
        |m: &Matcher<'_>| m.label == "severity" && m.op == MatchOp::Equal && matches!(m.value.as_str(), "critical" | "page" | "emergency");
    let muted = route.node.get("mute_time_intervals").filter(|list| list.items().next().is_some());
    if let Some(list) = muted.filter(|_| route.matchers.iter().any(is_grave)) {
        let finding = META.finding(list.span, "alerts that are to wake somebody are held back at these times");
        found.push(finding.path(format!("{}.mute_time_intervals", route.path)).help("mute what can wait"));
    }
    route.routes.iter().for_each(|child| critical_muted(child, found));
}

fn judge(route: &Route<'_>, above: [Time; 3], found: &mut Vec<Diagnostic>) {
    let own = |key: &str, above: Time| {
        let written = route.node.get(key).and_then(|node: &Node| Some((parse_duration(node.as_str()?).ok()?, Some(node.span))));
        written.unwrap_or(above)
    };
    let times = [own("group_wait", above[0]), own("group_interval", above[1]), own("repeat_interval", above[2])];
    let [wait, interval, repeat] = times;
    // Only what this route writes is said of it; what it takes over is said above.
    let here = |time: Time, other: Time| {
        let written = |time: Time| time.1.filter(|span| span.start >= route.node.span.start && span.end <= route.node.span.end);
        written(time).or(written(other))
    };
    let mut report = |span: Option<Span>, message: &str, help: &str| {
        if let Some(span) = span {
            found.push(META.finding(span, message).path(route.path.clone()).help(help));
        }
    };
    if wait.0 > interval.0 {
        let message = "`group_wait` is longer than `group_interval`: the first notification waits longer than later ones";
        report(here(wait, interval), message, "wait less before the first one");
    }
    if wait.0 >= 30 * MINUTE && wait.0 <= interval.0 {
        report(here(wait, wait), "the first notification waits for half an hour or more", "wait some seconds, as in `30s`");
    }
    if interval.0 >= DAY / 4 && interval.0 >= repeat.0 / 2 {
        report(here(interval, interval), "new alerts of a group wait for hours", "wait some minutes, as in `5m`");
    }
    if interval.0 > 0 && repeat.0 < interval.0 {
        let message = "`repeat_interval` is shorter than `group_interval`, which decides when anything is sent";
        report(here(repeat, interval), message, "repeat after hours, as in `4h`");
    }
    if interval.0 > 0 && repeat.0 > interval.0 && repeat.0 < 3 * interval.0 && repeat.0 % interval.0 != 0 {
        let message = "`repeat_interval` is no multiple of `group_interval`: what is due in between waits for the next round";
        report(here(repeat, interval), message, "repeat after a multiple of `group_interval`");
    }
    if repeat.0 > 5 * DAY {
        let message = "`repeat_interval` is longer than the five days for which Alertmanager remembers what it sent: it repeats sooner";
        report(here(repeat, repeat), message, "repeat within `120h`");
    }
    let parent = times.map(|time| (time.0, time.1));
    route.routes.iter().for_each(|route| judge(route, parent, found));
}

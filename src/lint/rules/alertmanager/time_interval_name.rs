//! Time intervals whose names say something else than their times.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::Interval;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::week::has_weekend;
use crate::source::Node;

rule! {
    /// A time interval is called after the weekend and has other days, or neither Saturday nor Sunday, or a route is active only in it: alerts then are sent at the
    /// weekend alone, where they were to be kept quiet.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: web
    ///   routes: [{ receiver: web, matchers: ['severity="warning"'], active_time_intervals: [weekends] }]
    /// receivers: [{ name: web, webhook_configs: [{ url: "https://example.com/hook" }] }]
    /// time_intervals: [{ name: weekends, time_intervals: [{ weekdays: [saturday, sunday] }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: web
    ///   routes: [{ receiver: web, matchers: ['severity="warning"'], mute_time_intervals: [weekends] }]
    /// receivers: [{ name: web, webhook_configs: [{ url: "https://example.com/hook" }] }]
    /// time_intervals: [{ name: weekends, time_intervals: [{ weekdays: [saturday, sunday] }] }]
    /// ```
    TimeIntervalName, "time-interval-name", Warning
}

impl Rule for TimeIntervalName {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for interval in &view.config.intervals {
            let Some(name) = interval.name.as_str() else { continue };
            let spans: Vec<&Node> = interval.node.items_of("time_intervals").collect();
            let keys = ["times", "weekdays", "days_of_month", "months", "years"];
            let whole = |span: &&&Node| keys.iter().all(|key| span.get(key).is_none_or(|list| list.items().next().is_none()));
            if let Some(span) = spans.iter().find(whole) {
                let message = format!("`{name}` has no times and no days here, and so is always");
                found.push(META.finding(span.span, message).path(interval.list).help("add `times:` or `weekdays:`"));
                continue;
            }
            let days: Vec<&Node> = spans.iter().filter_map(|span| span.get("weekdays")).flat_map(Node::items).collect();
            found.extend(month_end(interval, name, &spans));
            let of_weekend = |day: &&&Node| {
                day.as_str()
                    .is_some_and(|day| day.split(':').all(|end| matches!(end.trim().to_lowercase().as_str(), "saturday" | "sunday")))
            };
            if speaks_of_weekend(name)
                && let Some(day) = days.iter().find(|day| !of_weekend(day))
                && spans.iter().all(|span| span.get("times").is_none())
            {
                let message = format!("`{name}` is called after the weekend, and has {}", day.describe());
                found.push(META.finding(day.span, message).path(interval.list).help("correct the days, or the name"));
            } else if means_weekend(name) && has_weekend(interval) == Some(false) {
                let place = days.last().map_or(interval.name.span, |day| day.span);
                let message = format!("`{name}` is called after the weekend, and has neither Saturday nor Sunday");
                found.push(META.finding(place, message).path(interval.list).help("add the days, or correct the name"));
            }
        }
        for route in view.config.routes() {
            let names = |key: &str| -> Vec<&Node> { route.node.items_of(key).collect() };
            let (active, mute) = (names("active_time_intervals"), names("mute_time_intervals"));
            let is_muted = |node: &&Node| mute.iter().any(|other| other.as_str() == node.as_str());
            if let Some(node) = active.first().filter(|_| active.iter().all(is_muted)) {
                let message = format!("whenever {} is, this route is kept quiet, so it never notifies", node.describe());
                found.push(
                    META.finding(node.span, message)
                        .path(format!("{}.active_time_intervals", route.path))
                        .help("leave it out of one of the two"),
                );
                continue;
            }
            let judged = [("active_time_intervals", true), ("mute_time_intervals", false)];
            for (key, active) in judged {
                let list: Vec<&Node> = route.node.items_of(key).collect();
                let quiet = |node: &Node| node.as_str().is_some_and(|name| if active { is_quiet(name) } else { is_busy(name) });
                let Some(node) = list.iter().find(|node| quiet(node)).filter(|_| list.iter().all(|node| quiet(node))) else { continue };
                let message = if active {
                    format!("alerts are sent only during {}, which is called after a time of rest", node.describe())
                } else {
                    format!("alerts are kept quiet during {}, which is called after working time", node.describe())
                };
                let help = if active { "write `mute_time_intervals`" } else { "write `active_time_intervals`" };
                found.push(META.finding(node.span, message).path(format!("{}.{key}", route.path)).help(help));
            }
        }
    }
}

/// The last day of a month by a number that some months do not have.
fn month_end(interval: &Interval<'_>, name: &str, spans: &[&Node]) -> Option<Diagnostic> {
    let speaks = ["monthend", "endofmonth", "ultimo"].iter().any(|end| words(name).contains(end));
    let mut days = spans.iter().filter(|_| speaks).flat_map(|span| span.items_of("days_of_month")).filter_map(Node::with_str);
    let (day, text) = days.find(|(_, text)| text.rsplit(':').next().is_some_and(|last| matches!(last.trim(), "29" | "30" | "31")))?;
    let message = format!("`{name}` is called after the end of the month, and not every month has a day {text}");
    Some(META.finding(day.span, message).path(interval.list).help("count from the end: `-1` is the last day"))
}

fn words(name: &str) -> String {
    name.to_lowercase().replace(['-', '_', ' '], "")
}

fn speaks_of_weekend(name: &str) -> bool {
    let name = words(name);
    name.starts_with("weekend") && name.len() <= "weekends".len()
}

/// Whether the weekend is among what a name says, and nothing that leaves it out or is beside it.
fn means_weekend(name: &str) -> bool {
    const OTHERWISE: &[&str] = &[
        "after",
        "before",
        "begin",
        "but",
        "end",
        "except",
        "excl",
        "exclude",
        "excluding",
        "friday",
        "handover",
        "minus",
        "monday",
        "no",
        "non",
        "not",
        "out",
        "outside",
        "post",
        "pre",
        "start",
        "until",
        "without",
    ];
    let name = name.to_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    words().any(|word| matches!(word, "weekend" | "weekends")) && !words().any(|word| OTHERWISE.contains(&word))
}

/// A time in which nobody is to be bothered.
fn is_quiet(name: &str) -> bool {
    speaks_of_weekend(name)
        || matches!(
            words(name).as_str(),
            "night" | "nights" | "nighttime" | "offhours" | "outofhours" | "holidays" | "quiethours" | "maintenance"
        )
}

/// A time in which people work.
fn is_busy(name: &str) -> bool {
    matches!(words(name).as_str(), "businesshours" | "workinghours" | "workhours" | "officehours" | "workdays" | "weekdays")
}

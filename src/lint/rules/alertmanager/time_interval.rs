//! Time intervals that are none.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::alertmanager::{Alertmanager, Interval};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::timezone;
use crate::lint::words::week::are_always;
use crate::source::{Node, Span};

rule! {
    /// A time interval cannot be read, ends before it starts, lies in the past, or is never: Alertmanager does not start, or
    /// something is muted always or never. Or those that a route is muted in are always, all together: it never notifies. Or some
    /// hours are in UTC and others in a zone, or the days between Monday and Friday are left out of it alone.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ matchers: ['a="b"'], mute_time_intervals: [nights] }] }
    /// receivers: [{ name: web }]
    /// time_intervals: [{ name: nights, time_intervals: [{ times: [{ start_time: "22:00", end_time: "06:00" }] }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ matchers: ['a="b"'], mute_time_intervals: [nights] }] }
    /// receivers: [{ name: web }]
    /// time_intervals:
    ///   - name: nights
    ///     time_intervals: [{ times: [{ start_time: "22:00", end_time: "24:00" }, { start_time: "00:00", end_time: "06:00" }] }]
    /// ```
    TimeInterval, "time-interval", Error
}

const DAYS: &[&str] = &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: &[&str] =
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

impl Rule for TimeInterval {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for interval in &view.config.intervals {
            let spans = interval.node.get("time_intervals").filter(|list| list.items().next().is_some());
            let Some(spans) = spans else {
                let message = format!("the time interval {} has no times", interval.name.describe());
                found.push(
                    META.finding_at(Level::Warning, interval.name.span, message)
                        .path(interval.list)
                        .help("add `time_intervals:` with times or days"),
                );
                continue;
            };
            for span in spans.items() {
                judge(span, interval.list, found);
            }
            zones(spans, interval, view.config, found);
            days_between(spans, interval, found);
        }
        always(view.config, found);
    }
}

/// Intervals that leave no time out, where a route is muted in them or is to be active in them alone.
fn always(config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    let mut said: HashSet<Span> = HashSet::default();
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::default();
    for (at, name) in config.intervals.iter().enumerate().filter_map(|(at, interval)| Some((at, interval.name.as_str()?))) {
        by_name.entry(name).or_default().push(at);
    }
    for route in config.routes() {
        for (key, mutes) in [("mute_time_intervals", true), ("active_time_intervals", false)] {
            let named: BTreeSet<usize> =
                route.node.items_of(key).filter_map(Node::as_str).filter_map(|name| by_name.get(name)).flatten().copied().collect();
            // What has neither times nor days is told by its name.
            let is_bare = |span: &Node| span.entries().all(|(key, ..)| key == "location");
            let is_told = |interval: &&Interval<'_>| interval.node.items_of("time_intervals").any(is_bare);
            let own: Vec<&Interval<'_>> = named.iter().map(|at| &config.intervals[*at]).filter(|interval| !is_told(interval)).collect();
            let one = own.iter().find(|interval| are_always(&[interval]));
            // What is called so is meant.
            let meant = |name: &str| ["always", "24", "all", "any"].iter().any(|word| name.to_lowercase().contains(word));
            let (place, path, what) = match (one, route.node.entry(key)) {
                (Some(one), _) if !mutes && one.name.as_str().is_some_and(meant) => continue,
                (Some(one), _) => (one.name.span, one.list.to_owned(), format!("the time interval {} is always", one.name.describe())),
                (None, Some((node, _))) if mutes && own.len() > 1 && are_always(&own) => {
                    (node.span, format!("{}.{key}", route.path), "these time intervals are always, all together".to_owned())
                }
                _ => continue,
            };
            if !said.insert(place) {
                continue;
            }
            let effect =
                if mutes { "a route that is muted in it never notifies" } else { "a route that is active in it alone is never quiet" };
            let finding = META.finding_at(Level::Warning, place, format!("{what}: {effect}")).path(path);
            let used = route.node.get(key).map_or(route.node.span, |node| node.span);
            found.push(finding.related(used, "used here").help("leave some time out"));
        }
    }
}

fn judge(span: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    let mut report = |level: Level, node: &Node, message: String, help: &str| {
        found.push(META.finding_at(level, node.span, message).path(path).help(help));
    };
    for times in span.items_of("times") {
        let (Some(start), Some(end)) = (times.get("start_time"), times.get("end_time")) else { continue };
        match (minutes(start), minutes(end)) {
            (None, _) => report(Level::Error, start, format!("{} is no time of day", start.describe()), "write it as `\"08:30\"`"),
            (_, None) => report(Level::Error, end, format!("{} is no time of day", end.describe()), "write it as `\"17:00\"`"),
            (Some(from), Some(to)) if from >= to => {
                let help = "make two of it, up to `\"24:00\"` and from `\"00:00\"`";
                report(Level::Error, end, format!("the time ends at {}, before it starts", end.describe()), help);
            }
            _ => {}
        }
    }
    let lists: [(&str, &[&str], i64, i64); 4] =
        [("weekdays", DAYS, 0, 0), ("months", MONTHS, 1, 12), ("days_of_month", &[], -31, 31), ("years", &[], 1900, 9999)];
    for (key, names, least, most) in lists {
        let mut seen: Vec<&str> = Vec::new();
        for (node, text) in span.items_of(key).filter_map(Node::with_str) {
            if seen.contains(&text) {
                report(Level::Warning, node, format!("{} is there twice", node.describe()), "was another meant?");
            }
            seen.push(text);
        }
        for node in span.items_of(key) {
            let Some(text) = node.as_str() else { continue };
            let (from, to) = text.split_once(':').unwrap_or((text, text));
            let read = |text: &str| -> Option<i64> {
                let name = text.trim().to_lowercase();
                let named = names.iter().position(|known| *known == name).and_then(|at| i64::try_from(at).ok());
                let number = || name.parse::<i64>().ok().filter(|number| (least..=most).contains(number) && *number != 0);
                named.map(|at| at + i64::from(key == "months")).or_else(|| number().filter(|_| key != "weekdays"))
            };
            match (read(from), read(to)) {
                (Some(from), Some(to)) if from > to && (from < 0) == (to < 0) => {
                    report(Level::Error, node, format!("{} ends before it starts", node.describe()), "make two of it");
                }
                (Some(_), Some(to)) if key == "years" && to < 2025 => {
                    report(
                        Level::Warning,
                        node,
                        format!("{} is over: this interval is never again", node.describe()),
                        "remove the years, or correct them",
                    );
                }
                (Some(_), Some(_)) => {}
                _ => {
                    let help = [from, to].iter().find_map(|word| did_you_mean(word, names.iter().copied())).map_or_else(
                        || {
                            format!(
                                "write {}",
                                if names.is_empty() {
                                    "a number, or two as in `1:5`".to_owned()
                                } else {
                                    format!("a name, or two as in `{}:{}`", names[1], names[5])
                                }
                            )
                        },
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    report(Level::Error, node, format!("{} is none of the {}", node.describe(), key.replace('_', " ")), &help);
                }
            }
        }
    }
    never(span, &mut report);
    if let Some((node, zone)) = span.get_str("location") {
        let help = "write a name of the time zone database, as in `Europe/Berlin`";
        if !timezone::is_known(zone) {
            report(Level::Error, node, format!("{} is no time zone", node.describe()), help);
        }
    }
}

/// What intervals are called after that follow how people work and sleep.
const PEOPLE: &[&str] = &["hours", "office", "business", "work", "night", "evening", "morning", "weekend", "lunch", "shift", "holiday"];

/// Hours in UTC, beside others in a zone, of the same interval or else of another one: they are some hours apart.
fn zones(spans: &Node, interval: &Interval<'_>, config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    // Machines may be kept by another clock than people are.
    let is_of_people = |name: &str| PEOPLE.iter().any(|word| name.to_lowercase().contains(word));
    let is_judged = interval.name.as_str().is_some_and(is_of_people);
    let others = config.intervals.iter().filter(|_| is_judged).filter_map(|other| other.node.get("time_intervals"));
    let located = spans.items().chain(others.flat_map(Node::items)).filter_map(|span| span.get_str("location"));
    let Some((zone, _)) = located.into_iter().find(|(_, zone)| !timezone::is_utc(zone)) else { return };
    for span in spans.items().filter(|span| span.get("location").is_none()) {
        let Some((key, _)) = span.entry("times").filter(|(_, times)| times.items().next().is_some()) else { continue };
        let of = if spans.span.start <= zone.span.start && zone.span.end <= spans.span.end { " of the interval" } else { "" };
        let message = format!("these hours are in UTC, and others{of} in {}", zone.describe());
        let finding = META.finding_at(Level::Warning, key.span, message).path(interval.list);
        found.push(finding.related(zone.span, "the other one").help(format!("add `location: {}`", zone.as_str().unwrap_or(""))));
    }
}

/// The first and the last day of the working week by themselves, beside its end: what is between them was meant.
fn days_between(spans: &Node, interval: &Interval<'_>, found: &mut Vec<Diagnostic>) {
    let days = |span: &Node| -> Vec<String> { span.items_of("weekdays").filter_map(Node::as_str).map(str::to_lowercase).collect() };
    let ends_week = |span: &Node| {
        let own = days(span);
        ["saturday", "sunday"].iter().all(|day| own.iter().any(|own| own == day)) || own.iter().any(|own| own == "saturday:sunday")
    };
    if !spans.items().any(|span| ends_week(span) && span.get("times").is_none()) {
        return;
    }
    for span in spans.items().filter(|span| days(span) == ["monday", "friday"]) {
        let Some((key, _)) = span.entry("weekdays") else { continue };
        let message = "the interval has the end of the week, Monday and Friday, and none of the days between";
        let finding = META.finding_at(Level::Warning, key.span, message).path(interval.list);
        found.push(finding.help("write `monday:friday` for all of them"));
    }
}

/// Days of the month that none of the months has.
fn never(span: &Node, report: &mut dyn FnMut(Level, &Node, String, &str)) {
    let (Some(days), Some(months)) = (span.get("days_of_month"), span.get("months")) else { return };
    let ends = |node: &Node| -> Option<(String, String)> {
        let text = node.as_str()?;
        let (from, to) = text.split_once(':').unwrap_or((text, text));
        Some((from.trim().to_lowercase(), to.trim().to_lowercase()))
    };
    let month = |text: &str| {
        let named = MONTHS.iter().position(|known| *known == text).map(|at| at + 1);
        named.or_else(|| text.parse().ok()).filter(|month| (1..=12).contains(month))
    };
    let spans = months.items().map(|node| ends(node).and_then(|(from, to)| Some((month(&from)?, month(&to)?))));
    let Some(spans) = spans.collect::<Option<Vec<_>>>().filter(|spans| !spans.is_empty()) else { return };
    let length = |month: usize| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let longest = spans.iter().flat_map(|(from, to)| *from..=*to).map(length).max().unwrap_or(31);
    let first = |node: &Node| ends(node).and_then(|(from, _)| from.parse::<i64>().ok());
    if days.items().next().is_some() && days.items().all(|node| first(node).is_some_and(|day| day > longest)) {
        let message =
            format!("none of these months has a day {}: this interval is never", first(days.items().next().unwrap_or(days)).unwrap_or(0));
        report(Level::Warning, days, message, "correct the days or the months");
    }
}

/// A time of day in minutes.
fn minutes(node: &Node) -> Option<i64> {
    let (hours, minutes) = node.as_str()?.split_once(':')?;
    // Alertmanager wants two digits of each.
    let valid = hours.len() == 2 && minutes.len() == 2;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (valid && (0..60).contains(&minutes) && (0..=24 * 60).contains(&total)).then_some(total)
}

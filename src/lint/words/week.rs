//! Which part of a week the time intervals of an Alertmanager cover.

use crate::formats::alertmanager::Interval;
use crate::source::Node;

/// The minutes of a day.
const DAY: usize = 24 * 60;
const DAYS: &[&str] = &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: &[&str] =
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// Whether these are always, all together. What cannot be read, or is not of every week, counts for nothing.
pub fn are_always(intervals: &[&Interval<'_>]) -> bool {
    let mut covered = vec![false; 7 * DAY];
    let mut locations: Vec<&str> = Vec::new();
    for span in intervals.iter().flat_map(|interval| interval.node.items_of("time_intervals")) {
        let Some(own) = of_every_week(span).then(|| minutes(span)).flatten() else { continue };
        let location = span.get("location").and_then(Node::as_str).unwrap_or("UTC");
        if own.iter().all(|covered| *covered) {
            return true;
        }
        if !locations.contains(&location) {
            locations.push(location);
        }
        covered.iter_mut().zip(own).for_each(|(all, own)| *all |= own);
    }
    // Days of different zones do not fit together.
    locations.len() == 1 && covered.into_iter().all(|covered| covered)
}

/// Whether an interval has any time of a Saturday or a Sunday; nothing where it cannot be read. One without
/// any times is no other than it is called.
pub fn has_weekend(interval: &Interval<'_>) -> Option<bool> {
    let mut found = interval.node.items_of("time_intervals").next().is_none();
    for span in interval.node.items_of("time_intervals") {
        let own = minutes(span)?;
        found |= own[..DAY].iter().chain(&own[6 * DAY..]).any(|covered| *covered);
    }
    Some(found)
}

/// Whether an interval leaves no month, no day of the month and no year out.
fn of_every_week(span: &Node) -> bool {
    let whole = |key: &str, full: &dyn Fn(&str, &str) -> bool| {
        let mut list = span.items_of(key).peekable();
        list.peek().is_none() || list.any(|node| node.as_str().is_some_and(|text| ends(text).is_some_and(|(from, to)| full(from, to))))
    };
    let is_month = |text: &str, at: usize| text.eq_ignore_ascii_case(MONTHS[at]) || text.parse() == Ok(at + 1);
    whole("months", &|from, to| is_month(from, 0) && is_month(to, 11))
        && whole("days_of_month", &|from, to| from == "1" && matches!(to, "31" | "-1"))
        && span.items_of("years").next().is_none()
}

fn ends(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').map(|(from, to)| (from.trim(), to.trim()))
}

/// The minutes of a week that an interval covers, from Sunday.
fn minutes(span: &Node) -> Option<Vec<bool>> {
    let day = |text: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(text.trim()));
    let mut days = [span.items_of("weekdays").next().is_none(); 7];
    for text in span.items_of("weekdays").map(Node::as_str) {
        let text = text?;
        let (from, to) = ends(text).unwrap_or((text, text));
        days.get_mut(day(from)?..=day(to)?)?.fill(true);
    }
    let mut of_day = vec![span.items_of("times").next().is_none(); DAY];
    for times in span.items_of("times") {
        let at = |key: &str| -> Option<usize> {
            let (hours, minutes) = times.get(key)?.as_str()?.split_once(':')?;
            Some(hours.parse::<usize>().ok()? * 60 + minutes.parse::<usize>().ok()?)
        };
        let (from, to) = (at("start_time")?, at("end_time")?);
        // The last minute of a day is left out by habit, and nothing is sent in it alone.
        of_day.get_mut(from..if to == DAY - 1 { DAY } else { to })?.fill(true);
    }
    Some(days.into_iter().flat_map(|covered| of_day.iter().map(move |minute| covered && *minute)).collect())
}

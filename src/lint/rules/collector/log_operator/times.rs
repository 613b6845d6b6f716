//! Layouts of times.

use super::{text, type_of};
use crate::diagnostic::Level;
use crate::formats::tables::is_placeholder;
use crate::lint::rule::Section;
use crate::lint::words::layout::{another_year, day_before_month, without_hour};
use crate::lint::words::timezone;
use crate::source::Node;

/// What stands for a part of a time in a layout of Go's.
const PARTS_OF_GO: &[&str] = &["2006", "06", "Jan", "01", "02", "_2", "15", "03", "04", "05", "Mon"];

/// Whether a layout of Go's ends within its zone, as `Z07:0`.
fn has_cut_zone(layout: &str) -> bool {
    let zone = layout.rfind("Z07").or_else(|| layout.rfind("-07")).map(|at| &layout[at + 3..]);
    zone.is_some_and(|rest| !rest.is_empty() && !rest.starts_with("00") && !rest.starts_with(":00") && rest.len() < 3)
}

pub(super) fn times(operator: &Node, report: &mut Section<'_>) {
    let of_its_own = Some(operator).filter(|_| type_of(operator) == "time_parser");
    for time in operator.get("timestamp").into_iter().chain(of_its_own) {
        let kind = time.get("layout_type").and_then(Node::as_str).unwrap_or("strptime");
        let Some((node, layout)) = time.get_str("layout") else {
            if time.get("layout").is_none() {
                let place = time.get("parse_from").unwrap_or(time);
                let message = "a time is read by its `layout`, and there is none";
                report.add(Level::Error, place, "operators", message, "add it, as `%Y-%m-%dT%H:%M:%S`");
            }
            continue;
        };
        if let Some((node, text)) =
            text(time, "layout_type").filter(|(_, text)| !matches!(*text, "strptime" | "gotime" | "epoch" | "native"))
        {
            let message = format!("there is no type of layouts `{text}`");
            report.add(Level::Error, node, "operators", message, "use `strptime`, `gotime` or `epoch`");
            continue;
        }
        if let Some((node, zone)) = text(time, "location").filter(|(_, zone)| !zone.is_empty() && !timezone::is_known(zone)) {
            report.add(Level::Error, node, "operators", format!("there is no zone `{zone}`"), "write one as `Europe/Berlin`");
        }
        let ends_in_z = layout.ends_with('Z') && !layout.ends_with("%Z") && matches!(kind, "strptime" | "gotime");
        let zone = text(time, "location").filter(|(_, zone)| timezone::is_known(zone) && !timezone::is_utc(zone));
        if let Some((node, zone)) = zone.filter(|_| ends_in_z) {
            let message = format!("the `Z` at the end of the layout is UTC by habit, and the time is read as that of `{zone}`");
            report.add(Level::Warning, node, "operators", message, "write `location: UTC`");
        }
        let has_percent = layout.contains("%Y") || layout.contains("%H");
        let (message, help) = match kind {
            "gotime" | "epoch" if has_percent => ("this layout is written as `strptime` writes it", "leave `layout_type` out"),
            "epoch" if !matches!(layout, "s" | "ms" | "us" | "ns" | "s.ms" | "s.us" | "s.ns") && !is_placeholder(layout) => {
                ("this is no unit of an epoch", "use `s`, `ms`, `us`, `ns`, `s.ms`, `s.us` or `s.ns`")
            }
            "gotime" if has_cut_zone(layout) => ("the zone at the end of this layout is cut off", "write it as `Z07:00`"),
            "gotime" if !PARTS_OF_GO.iter().any(|part| layout.contains(part)) && !is_placeholder(layout) => {
                ("nothing in this layout is a part of Go's reference time", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "strptime" | "gotime" if twice(layout, kind).is_some() && !layout.contains("${") => {
                let part = twice(layout, kind).unwrap_or_default();
                let message = format!("`{part}` is there twice, so another part of the time is not read");
                report.add(Level::Warning, node, "operators", message, "name each part once: hours, minutes and seconds are `%H:%M:%S`");
                continue;
            }
            _ if day_before_month(layout) => {
                let message = "the day stands between the year and the month, as nobody writes a date";
                report.add(Level::Warning, node, "operators", message, "the year is followed by the month");
                continue;
            }
            "gotime" if layout.contains("03:04") && !layout.to_uppercase().contains("PM") => {
                ("hours are read up to 12, and nothing says which half of the day", "write `15` for the hours of a whole day")
            }
            "strptime" if layout.contains("%I") && !layout.contains("%p") && !layout.contains("%P") => {
                ("hours are read up to 12, and nothing says which half of the day", "write `%H` for the hours of a whole day")
            }
            "gotime" if without_hour(layout) && !is_placeholder(layout) => {
                ("Go's reference time has its hour at 15, which is not in this layout", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "gotime" if another_year(layout) => {
                ("Go reads a layout by its reference time, of the year 2006", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "strptime" if layout.contains("2006") => {
                ("this layout is written as Go writes it, and is read as `strptime` writes it", "add `layout_type: gotime`")
            }
            "strptime" if ["%Q", "%E", "%J", "%K", "%O"].iter().any(|part| layout.replace("%%", "").contains(part)) => {
                ("a part of this layout is none that there is", "write `%L` for milliseconds, `%f` for parts of a second")
            }
            "strptime" if !layout.contains('%') && !is_placeholder(layout) => {
                ("nothing in this layout is a part of a time", "write it as `%Y-%m-%dT%H:%M:%S`")
            }
            _ => continue,
        };
        report.add(Level::Error, node, "operators", message, help);
    }
}

/// A part of a time that a layout names twice.
fn twice(layout: &str, kind: &str) -> Option<String> {
    if kind == "gotime" {
        let is_twice = |part: &&&str| layout.matches(**part).count() > 1;
        return ["2006", "01", "02", "15", "04", "05"].iter().find(is_twice).map(|part| (*part).to_owned());
    }
    let bare = layout.replace("%%", "");
    let parts: Vec<char> = bare.split('%').skip(1).filter_map(|rest| rest.chars().next()).collect();
    let again = parts.iter().enumerate().find(|(at, part)| "YmdHMS".contains(**part) && parts[..*at].contains(part));
    again.map(|(_, part)| format!("%{part}"))
}

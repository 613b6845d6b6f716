//! The limits of memory, and when they are looked at.

use super::{number, time};
use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn memory(key: &Node, body: &Node, report: &mut Section<'_>) {
    let place = body.get("check_interval").unwrap_or(key);
    match time(body, "check_interval") {
        Some((_, 0.0)) => report.add(Level::Error, place, "check_interval", "memory is never looked at", "write `1s`"),
        None if body.get("check_interval").is_none() => {
            report.add(Level::Error, place, "check_interval", "`check_interval` is missing", "add `check_interval: 1s`");
        }
        Some((node, millis)) if millis > 10_000.0 => {
            report.add(Level::Warning, node, "check_interval", format!("memory can run out within {}", node.describe()), "write `1s`");
        }
        _ => {}
    }
    if body.get("limit_mib").is_none() && body.get("limit_percentage").is_none() {
        report.add(Level::Error, key, "limit_mib", "there is no limit", "add `limit_mib:` or `limit_percentage:`");
    }
    for (unit, other) in [("mib", "percentage"), ("percentage", "mib")] {
        let alone = body.get(&format!("limit_{unit}")).is_none() && body.get(&format!("limit_{other}")).is_some();
        if let Some(node) = body.get(&format!("spike_limit_{unit}")).filter(|_| alone) {
            let message = format!("the limit is `limit_{other}`, and this spike counts for `limit_{unit}` alone");
            report.add(Level::Warning, node, &format!("spike_limit_{unit}"), message, "write both in one unit");
        }
    }
    for unit in ["mib", "percentage"] {
        let (limit, spike) = (number(body, &format!("limit_{unit}")), number(body, &format!("spike_limit_{unit}")));
        if let (Some((_, limit)), Some((node, spike))) = (limit, spike)
            && spike >= limit
            && limit > 0
        {
            report.add(
                Level::Error,
                node,
                &format!("spike_limit_{unit}"),
                format!("the spike is no smaller than the limit, {limit}"),
                "a fifth of the limit is usual",
            );
        }
        if let (Some((_, limit)), Some((node, spike))) = (limit, spike)
            && spike < limit
            && spike * 10 >= limit * 9
        {
            let message = format!("data is refused above {}, which is what is left of the limit", limit - spike);
            report.add(Level::Warning, node, &format!("spike_limit_{unit}"), message, "a fifth of the limit is usual");
        }
        for (node, value) in limit.into_iter().chain(spike) {
            if unit == "percentage"
                && value == 0
                && limit.is_some_and(|(limit, _)| std::ptr::eq(limit, node))
                && body.get("limit_mib").is_none()
            {
                report.add(Level::Error, node, "limit_percentage", "a limit of 0 is none, and the Collector refuses it", "write 75 or so");
            } else if unit == "percentage" && value > 100 {
                report.add(Level::Error, node, "limit_percentage", "a share is 100 at most", "write 75 or so");
            } else if unit == "percentage" && value > 95 {
                report.add(Level::Warning, node, "limit_percentage", "the machine's memory ends before this limit does", "write 75 or so");
            }
        }
        if let Some((node, limit)) = limit.filter(|(_, limit)| unit == "mib" && (*limit == 0 || *limit < 32 || *limit > 1_000_000)) {
            let message = if limit > 32 { "hardly any machine has that much memory" } else { "the Collector itself takes more than that" };
            report.add(Level::Warning, node, "limit_mib", message, "write mebibytes, as `400`");
        }
    }
}

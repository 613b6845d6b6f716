//! Sizes of batches and how long they are waited for.

use super::{number, time};
use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn batch(body: &Node, report: &mut Section<'_>) {
    let size = number(body, "send_batch_size").map_or(8192, |(_, size)| size);
    if let Some((node, most)) = number(body, "send_batch_max_size").filter(|(_, most)| *most > 0)
        && most < size
    {
        let place = if body.get("send_batch_size").is_some() { body.get("send_batch_size").unwrap_or(node) } else { node };
        report.add(
            Level::Error,
            place,
            "send_batch_max_size",
            format!("a batch of {size} is larger than the largest batch, {most}"),
            "make `send_batch_max_size` the larger one",
        );
    }
    if let Some((node, _)) = number(body, "send_batch_size").filter(|(_, size)| (1..50).contains(size)) {
        report.add(Level::Warning, node, "send_batch_size", format!("batches of {} are none", node.describe()), "use `8192`");
    }
    if let Some((node, _)) = time(body, "timeout").filter(|(_, millis)| *millis < 0.0) {
        report.add(Level::Error, node, "timeout", "a time is not below zero, and the Collector refuses it", "write `1s`");
    } else if let Some((node, _)) =
        time(body, "timeout").filter(|(_, millis)| *millis <= 0.0 && number(body, "send_batch_size").is_some_and(|(_, size)| size > 0))
    {
        let message = "without a timeout everything is sent at once, and `send_batch_size` counts for nothing";
        report.add(Level::Warning, node, "timeout", message, "wait a moment, as in `1s`");
    }
    if let Some((node, _)) = number(body, "send_batch_size").filter(|(_, size)| *size == 0) {
        report.add(Level::Warning, node, "send_batch_size", "without a size only the timeout decides when a batch is sent", "use `8192`");
    }
    let mut seen: Vec<String> = Vec::new();
    for (node, name) in body.items_of("metadata_keys").filter_map(|node| Some((node, node.as_str()?.to_lowercase()))) {
        if seen.contains(&name) {
            report.add(Level::Error, node, "metadata_keys", format!("{} is there twice", node.describe()), "remove one");
        }
        seen.push(name);
    }
    if let Some((node, _)) = time(body, "timeout").filter(|(_, millis)| *millis > 60_000.0) {
        report.add(Level::Warning, node, "timeout", format!("data waits up to {} before it is sent", node.describe()), "use a few seconds");
    }
}

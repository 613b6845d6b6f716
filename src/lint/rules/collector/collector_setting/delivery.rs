//! Queues and retries of exporters.

use super::{number, time};
use crate::diagnostic::Level;
use crate::formats::tables::go_duration;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn delivery(body: &Node, report: &mut Section<'_>) {
    if let Some(retry) = body.get("retry_on_failure") {
        if retry.get("enabled").and_then(Node::as_bool) == Some(false) {
            let node = retry.get("enabled").unwrap_or(retry);
            report.add(Level::Warning, node, "retry_on_failure", "what fails once is lost", "retry, or leave the key out");
        }
        let elapsed = time(retry, "max_elapsed_time").filter(|(_, millis)| *millis > 0.0);
        let (first, longest) = (time(retry, "initial_interval"), time(retry, "max_interval"));
        if let (Some((node, first)), Some((_, longest))) = (first, longest)
            && first > longest
        {
            report.add(Level::Error, node, "retry_on_failure", "the first wait is longer than the longest", "swap the two");
        } else if let (Some((node, elapsed)), Some(other)) = (elapsed, longest.or(first))
            && elapsed < other.1
        {
            report.add(
                Level::Error,
                node,
                "retry_on_failure",
                "retries end before the longest wait is over",
                "make `max_elapsed_time` the largest",
            );
        }
        if let Some((node, _)) = longest.filter(|(_, millis)| *millis > 3_600_000.0) {
            report.add(Level::Warning, node, "retry_on_failure", format!("a retry waits up to {}", node.describe()), "use seconds");
        }
    }
    if let Some(queue) = body.get("sending_queue") {
        // Who tries for ever loses nothing: whatever is behind waits with it.
        let retry = body.get("retry_on_failure").filter(|retry| retry.get("enabled").and_then(Node::as_bool) != Some(false));
        let patient = retry
            .and_then(|retry| retry.get("max_elapsed_time"))
            .is_some_and(|node| node.as_i64() == Some(0) || node.as_str().and_then(go_duration) == Some(0.0));
        if let Some(node) = queue.get("enabled").filter(|node| node.as_bool() == Some(false) && !patient) {
            report.add(
                Level::Warning,
                node,
                "sending_queue",
                "whoever sends waits for the other side, and data is lost when it is away",
                "keep the queue",
            );
        }
        if let Some((node, size)) = number(queue, "queue_size").filter(|(_, size)| (1..10).contains(size) || *size > 10_000_000) {
            let message =
                if size < 10 { "a queue that short is full at once" } else { "a queue that long fills the memory before it is full" };
            report.add(Level::Warning, node, "sending_queue", message, "use `1000` to `10000` requests");
        }
        let flush = queue.get("batch").and_then(|batch| time(batch, "flush_timeout"));
        if let Some((node, _)) = flush.filter(|(_, millis)| *millis > 60_000.0) {
            let message = format!("what does not fill a batch waits {} before it is sent", node.describe());
            report.add(Level::Warning, node, "sending_queue", message, "use seconds");
        }
        let sizes = queue.get("batch").and_then(|batch| Some((number(batch, "min_size")?, number(batch, "max_size")?)));
        if let Some(((node, least), (_, most))) = sizes
            && most > 0
            && least > most
        {
            report.add(Level::Error, node, "sending_queue", "the smallest batch is larger than the largest", "swap the two");
        }
    }
    if let Some((node, millis)) =
        time(body, "timeout").filter(|(_, millis)| *millis < 0.0 || (*millis > 0.0 && *millis < 100.0) || *millis > 600_000.0)
    {
        let message = if millis < 0.0 {
            "no request lasts"
        } else if millis < 100.0 {
            "hardly any request is answered within"
        } else {
            "a request that is not answered holds a sender for"
        };
        report.add(Level::Warning, node, "timeout", format!("{message} {}", node.describe()), "use seconds");
    }
}

//! What of the copies for a remote storage is left out.

use std::collections::BTreeSet;

use super::step::judge;
use super::used::Used;
use crate::diagnostic::misspelt;
use crate::formats::prometheus::Relabel;
use crate::lint::context::Context;
use crate::lint::world::relabel::pattern;
use crate::source::Node;

/// What is wrong with a step for what is sent, and what to do about it.
pub(super) fn fault<'a>(step: &Relabel<'a>, context: &Context<'_>) -> Option<(&'a Node, String, String)> {
    if let Some((place, message)) = judge(step, &[], &Used::of_copies(), "on its way to the remote storage") {
        return Some((place, message, "leave out what is needed there".to_owned()));
    }
    if let Some(place) = drops_the_first(step) {
        let message = "this keeps `up` and `ALERTS` back, which are the first that is asked of a remote storage";
        return Some((place, message.to_owned(), "did you mean `keep`?".to_owned()));
    }
    if let Some(place) = sends_nothing_read(step, context) {
        let message = "this sends nothing of what rules or panels read, and nothing that rules record";
        return Some((place, message.to_owned(), "keep what is asked of the remote storage".to_owned()));
    }
    let (place, level, meant) = nearly_recorded(step, context)?;
    Some((place, format!("no rule records a series `{level}:…`, and so this keeps none"), format!("did you mean `{meant}:`?")))
}

/// A step that drops what everybody sends, as one does that was to keep.
fn drops_the_first<'a>(step: &Relabel<'a>) -> Option<&'a Node> {
    let pattern = pattern(step).filter(|_| step.action == "drop" && step.sources == ["__name__"])?;
    let place = step.node.get("action").unwrap_or(step.node);
    // What matches anything sends nothing, which is another's to say.
    (pattern.is_match("up") && pattern.is_match("ALERTS") && !pattern.is_match("scrape_samples_scraped")).then_some(place)
}

/// A step that lets nothing through that anybody here knows of. What is read and left out is no fault: rules and panels read the
/// storage of Prometheus itself, and the remote one has a share of it by design.
fn sends_nothing_read<'a>(step: &Relabel<'a>, context: &Context<'_>) -> Option<&'a Node> {
    if !matches!(step.action.as_str(), "keep" | "drop") || step.sources != ["__name__"] {
        return None;
    }
    let pattern = pattern(step)?;
    let is_gone = |name: &str| pattern.is_match(name) == (step.action == "drop");
    let used: Vec<_> = context.queries.iter().flat_map(|query| query.selectors()).collect();
    let read: BTreeSet<&str> = used.iter().filter_map(|used| used.selector.metric_name()).collect();
    let world = context.world;
    let series = ["", "_bucket", "_sum", "_count"];
    let declared = world.metric_names().flat_map(|name| series.iter().map(move |end| format!("{name}{end}")));
    let all_gone = is_gone("up") && is_gone("ALERTS") && read.iter().copied().chain(world.recorded_names()).all(is_gone);
    // What Prometheus tells of its scrapes is never all that is wanted there.
    // Nor is what a process tells of itself.
    let is_internal =
        |name: &str| ["go_", "jvm_", "nodejs_", "process_", "promhttp_", "python_"].iter().any(|start| name.starts_with(start));
    let is_of_scrapes = step.action == "keep" && pattern.is_match("scrape_samples_scraped");
    (read.len() > 1 && all_gone && (is_of_scrapes || declared.into_iter().all(|name| is_gone(&name) || is_internal(&name))))
        .then(|| step.regex.unwrap_or(step.node))
}

/// A part of a pattern for recorded series, whose level is nearly one that some have.
fn nearly_recorded<'a, 'r>(step: &'r Relabel<'a>, context: &Context<'r>) -> Option<(&'a Node, &'r str, &'r str)> {
    let (place, text) = step.regex.and_then(Node::with_str).filter(|_| step.action == "keep" && step.sources == ["__name__"])?;
    let levels: Vec<&str> = context.world.recorded_names().filter_map(|name| Some(name.split_once(':')?.0)).collect();
    let parts = text.split('|').filter_map(|part| Some(part.split_once(':')?.0));
    let is_plain = |level: &&str| level.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    parts.filter(is_plain).find_map(|level| Some((place, level, misspelt(level, &levels)?)))
}

//! What steps do to series once they are scraped.

use super::{place, push};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::Relabel;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::world::{exporters, relabel};
use crate::source::Node;

/// Steps that take the address from a target, write what cannot be read of it, or copy labels to where they are.
/// Labels that a step takes away before another reads them; those that nobody reads, and that are gone at the end; a mapping that
/// begins as no label does.
pub(super) fn lost(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    let of_targets = at.ends_with(".relabel_configs");
    for (index, step) in steps.iter().enumerate() {
        let later = &steps[index + 1..];
        let place = step.regex.unwrap_or(step.node);
        if step.action == "labeldrop"
            && let Some(pattern) = relabel::pattern(step)
        {
            let mut written: Vec<&str> = Vec::new();
            let mut read = None;
            for other in later {
                read = read.or_else(|| other.sources.iter().find(|source| pattern.is_match(source) && !written.contains(source)));
                written.extend(other.target.and_then(Node::as_str));
            }
            if let Some(source) = read {
                let message = format!("`{source}` is taken away here, and a later step reads it");
                push(found, place, format!("{at}[{index}]"), message, "take it away behind that step");
            }
        }
        let target = step.target.and_then(Node::with_str).filter(|(_, name)| name.starts_with("__tmp") && !name.contains('$'));
        if let Some((node, name)) = target.filter(|_| of_targets) {
            let maps = |other: &Relabel<'_>| {
                matches!(other.action.as_str(), "labelmap" | "labelkeep" | "labeldrop")
                    || other.node.get("target_label").and_then(Node::as_str) == Some(name)
            };
            if !later.iter().any(|other| other.sources.contains(&name) || maps(other)) {
                let message = format!("no later step reads `{name}`, and labels that begin with `__` are gone behind the last");
                push(found, node, format!("{at}[{index}].target_label"), message, "write a label that stays, or leave the step out");
            }
        }
        let mapped = step.regex.filter(|_| step.action == "labelmap" && of_targets).and_then(Node::with_str);
        if let Some((node, _)) = mapped.filter(|(_, text)| is_of_discovery(text)) {
            let message = format!("no label begins as {} does: patterns match whole names", node.describe());
            push(found, node, format!("{at}[{index}].regex"), message, "begin it with `__meta_`");
        }
    }
}

/// Whether a pattern means the labels of a discovery, without the underscores that they begin with. A file of targets may well have
/// labels that begin with `meta_`.
fn is_of_discovery(pattern: &str) -> bool {
    const KINDS: &[&str] =
        &["kubernetes", "consul", "ec2", "gce", "azure", "docker", "dns", "eureka", "nomad", "openstack", "hetzner", "puppetdb"];
    let text = pattern.trim_start_matches('^');
    let rest = text.strip_prefix("_meta_").or_else(|| text.strip_prefix("meta_"));
    rest.is_some_and(|rest| KINDS.iter().any(|kind| rest.starts_with(kind)))
}

/// Labels that are gone when samples are relabelled.
pub(super) fn behind_scrape(steps: &[Relabel<'_>], at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut written: Vec<&str> = vec!["__name__", "__type__", "__unit__"];
    for (index, step) in steps.iter().enumerate() {
        for source in step.sources.iter().filter(|source| source.starts_with("__") && !written.contains(source)) {
            let help = did_you_mean(source, ["__name__"]).map_or_else(
                || "labels that begin with `__` are dropped before samples are relabelled".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            push(found, place(step, source), format!("{at}[{index}].source_labels"), format!("no sample has the label `{source}`"), help);
        }
        let slip = |source: &&&str| {
            !source.starts_with("__")
                && (strsim::damerau_levenshtein("__name__", source) <= 2 || **source == "name" && speaks_of_metrics(step, context))
        };
        if let Some(source) = step.sources.iter().find(slip) {
            let message = format!("the name of a metric is its label `__name__`, and not `{source}`");
            push(found, place(step, source), format!("{at}[{index}].source_labels"), message, "did you mean `__name__`?");
        }
        written.extend(step.target.and_then(Node::as_str));
        let mapped = step.regex.filter(|_| step.action == "labelmap").and_then(Node::with_str);
        if let Some((node, _)) = mapped.filter(|(_, text)| text.trim_start_matches(['^', '(']).starts_with("__meta_")) {
            let message = "labels that begin with `__meta_` are gone when samples are relabelled".to_owned();
            push(found, node, format!("{at}[{index}].regex"), message, "map them under `relabel_configs`");
        }
        // Patterns are anchored, and no metric ends so.
        let plain = |text: &&str| {
            text.len() > 2 && text.ends_with(['_', ':']) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b))
        };
        let whole = step.regex.filter(|_| step.sources == ["__name__"] && matches!(step.action.as_str(), "keep" | "drop"));
        if let Some((node, text)) = whole.and_then(Node::with_str).filter(|(_, text)| plain(text)) {
            let message = format!("no metric is called {}, and a pattern has to match the whole name", node.describe());
            push(found, node, format!("{at}[{index}].regex"), message, format!("write `{text}.*`"));
        }
        let short = whole.filter(|_| step.action == "keep").and_then(Node::with_str).filter(|(_, text)| is_beginning(text, context));
        if let Some((node, text)) = short {
            let message = format!("no metric is called {}, and a pattern has to match the whole name", node.describe());
            push(found, node, format!("{at}[{index}].regex"), message, format!("write `{text}_.*`"));
        }
        let names_metrics = step
            .regex
            .and_then(Node::as_str)
            .is_some_and(|text| ["go_", "process_", "http_", "node_", "container_"].iter().any(|prefix| text.starts_with(prefix)));
        let lost = match step.action.as_str() {
            "labeldrop" => {
                relabel::pattern(step).filter(|pattern| pattern.is_match("__name__")).map(|_| "takes their names from all series")
            }
            "labelkeep" => relabel::pattern(step).filter(|pattern| !pattern.is_match("__name__")).map(|_| "keeps no series' name"),
            _ => None,
        };
        if let Some(lost) = lost {
            let place = step.regex.unwrap_or(step.node);
            push(found, place, format!("{at}[{index}].regex"), format!("this {lost}"), "leave `__name__` as it is");
        }
        if step.action == "labeldrop" && names_metrics {
            push(
                found,
                step.regex.unwrap_or(step.node),
                format!("{at}[{index}].regex"),
                "`labeldrop` compares names of labels, and this looks like names of metrics".to_owned(),
                "use `action: drop` with `source_labels: [__name__]`",
            );
        }
    }
}

/// Whether a text is no metric that is known, and begins the names of some that are.
fn is_beginning(text: &str, context: &Context<'_>) -> bool {
    let is_plain = text.contains('_') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !text.ends_with('_');
    if !is_plain || exporters::is_known(text) || context.world.metric(text).is_some() {
        return false;
    }
    let reads = |query: &Query<'_>| query.selectors().iter().any(|used| used.selector.metric_name() == Some(text));
    exporters::of_program(&format!("{text}_")).next().is_some() && !context.queries.iter().any(|query| reads(query))
}

/// Whether a pattern is one of names of metrics, which are of several words and name a unit or begin with a program's name; or one that
/// finds a metric that is read, and not any word.
fn speaks_of_metrics(step: &Relabel<'_>, context: &Context<'_>) -> bool {
    let pattern = step.regex.and_then(Node::as_str).unwrap_or("");
    let starts = ["go_", "process_", "http_", "erlang_", "jvm_", "python_"];
    let bare = pattern.trim_start_matches(['(', '^']);
    if starts.iter().any(|start| bare.starts_with(start)) || exporters::is_of_others(bare) {
        return true;
    }
    let Some(pattern) = relabel::pattern(step).filter(|pattern| !pattern.is_match("word") && !pattern.is_match("")) else { return false };
    let finds = |name: &str| name.contains(['_', ':']) && pattern.is_match(name);
    context.queries.iter().any(|query| query.selectors().iter().any(|used| used.selector.metric_name().is_some_and(finds)))
}

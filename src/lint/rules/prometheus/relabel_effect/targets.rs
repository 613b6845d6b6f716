//! What steps do to the targets that are written down.

use super::{META, place, push};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::{named_job, named_values};
use crate::lint::world::relabel;
use crate::lint::world::relabel::OF_SCRAPE;
use crate::source::Node;

/// What steps make of static targets.
pub(super) fn of_targets(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    let mut known: Vec<&str> = OF_SCRAPE.iter().copied().chain(["job", "instance"]).collect();
    let mut params: Vec<String> = job.node.entries_of("params").map(|(name, ..)| format!("__param_{name}")).collect();
    params.push("__param_target".to_owned());
    known.extend(params.iter().map(String::as_str));
    known.extend(job.targets.labels.iter().flat_map(|labels| labels.entries()).map(|(name, ..)| name));
    let open = !job.targets.discovery.is_empty() || job.relabel.iter().any(|step| step.action == "labelmap");
    let mut said = Vec::new();
    for (index, step) in job.relabel.iter().enumerate().filter(|(_, step)| step.action == "labelmap") {
        let of_discovery =
            step.regex.filter(|regex| regex.as_str().is_some_and(|text| text.trim_start_matches('^').starts_with("__meta_")));
        let given = job.targets.labels.iter().flat_map(|labels| labels.entries()).any(|(name, ..)| name.starts_with("__meta_"));
        if let Some(node) = of_discovery.filter(|_| job.targets.discovery.is_empty() && !given && !job.targets.addresses.is_empty()) {
            let message = "labels that begin with `__meta_` come from discovery, and this job has none".to_owned();
            push(found, node, format!("{at}[{index}].regex"), message, "remove the step, or discover the targets");
        }
    }
    for (index, step) in job.relabel.iter().enumerate() {
        if !open {
            for source in
                step.sources.iter().filter(|source| !known.contains(source) || (**source == "__param_target" && !set_before(job, index)))
            {
                let node = place(step, source);
                let help = did_you_mean(source, known.iter().copied().filter(|name| name != source))
                    .map_or_else(|| "name a label that the targets carry".to_owned(), |meant| format!("did you mean `{meant}`?"));
                push(
                    found,
                    node,
                    format!("{at}[{index}].source_labels"),
                    format!("no target of this job has the label `{source}` here"),
                    help,
                );
                said.push(index);
            }
        }
        if let Some((node, name)) = step.target.and_then(Node::with_str) {
            let read = OF_SCRAPE.contains(&name) || name.starts_with("__param_") || name.starts_with("__tmp") || name.contains('$');
            let later = job.relabel[index + 1..].iter().any(|later| later.sources.contains(&name) || later.action == "labelmap");
            if name.starts_with("__") && !read && !later {
                let help = did_you_mean(name, OF_SCRAPE.iter().copied())
                    .map_or_else(|| "labels that begin with `__` are dropped".to_owned(), |meant| format!("did you mean `{meant}`?"));
                push(
                    found,
                    node,
                    format!("{at}[{index}].target_label"),
                    format!("nothing reads `{name}`, and it is dropped behind relabelling"),
                    help,
                );
            }
            known.push(name);
        }
    }
    let Some(outcomes) = relabel::targets(job).filter(|outcomes| !outcomes.is_empty()) else { return };
    for (index, step) in job.relabel.iter().enumerate().filter(|(index, _)| !said.contains(index)) {
        // A step may well write what is there already.
        let reached: Vec<_> = outcomes.iter().filter(|outcome| outcome.dropped.is_none_or(|at| at >= index)).collect();
        let selective = matches!(step.regex.and_then(Node::as_str), Some(text) if !matches!(text, "(.*)" | ".*" | "(.+)" | ".+"));
        let idle = !reached.is_empty() && reached.iter().all(|outcome| !outcome.touched.contains(&index));
        // What drops targets without a label is a guard.
        let is_guard = step.regex.and_then(Node::as_str) == Some("^$");
        if idle && selective && !is_guard && matches!(step.action.as_str(), "drop" | "labeldrop") {
            let place = step.regex.unwrap_or(step.node);
            let what = if step.action == "drop" { "matches no target of this job" } else { "matches no label of its targets" };
            push(
                found,
                place,
                format!("{at}[{index}].regex"),
                format!("the pattern {} {what}", place.describe()),
                "correct the pattern, or remove the step",
            );
        } else if idle && selective && step.action == "replace" && !matches_any(step, &outcomes) {
            let place = step.regex.unwrap_or(step.node);
            push(
                found,
                place,
                format!("{at}[{index}].regex"),
                format!("the pattern {} matches no target of this job", place.describe()),
                "correct the pattern, or remove the step",
            );
        }
    }
}

fn matches_any(step: &Relabel<'_>, outcomes: &[relabel::Outcome<'_>]) -> bool {
    let Some(pattern) = relabel::pattern(step) else { return true };
    let separator = step.node.get("separator").and_then(Node::as_str).unwrap_or(";");
    outcomes.iter().any(|outcome| {
        let values: Vec<&str> = step.sources.iter().map(|source| outcome.labels.get(*source).map_or("", String::as_str)).collect();
        pattern.is_match(&values.join(separator))
    })
}

/// Whether a step before this one, or the configuration, sets `__param_target`.
fn set_before(job: &Job<'_>, index: usize) -> bool {
    let fixed = job.node.get("params").is_some_and(|params| params.get("target").is_some());
    let labelled = job.targets.labels.iter().any(|labels| labels.get("__param_target").is_some());
    fixed || labelled || job.relabel[..index].iter().any(|step| step.target.and_then(Node::as_str) == Some("__param_target"))
}

/// Addresses that are put together of a host and a port that discovery brings: what comes out has to be an address again.
pub(super) fn addressed(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in job.relabel.iter().enumerate() {
        let [first, port] = step.sources.as_slice() else { continue };
        let is_port = port.starts_with("__meta_") && (port.ends_with("_port") || port.ends_with("_port_number"));
        if *first != "__address__" || !is_port || step.action != "replace" || step.target.and_then(Node::as_str) != Some("__address__") {
            continue;
        }
        let Some((pattern, regex)) = relabel::pattern(step).zip(step.regex) else { continue };
        let separator = step.node.get("separator").and_then(Node::as_str).unwrap_or(";");
        let values = ["10.0.0.7:8080", "10.0.0.7"].map(|host| format!("{host}{separator}9464"));
        let replacement = step.replacement.and_then(Node::as_str).unwrap_or("$1");
        let place = step.replacement.unwrap_or(regex);
        let results: Vec<String> =
            values.iter().filter(|value| pattern.is_match(value)).map(|value| pattern.replace(value, replacement).into_owned()).collect();
        if results.is_empty() {
            let message = format!("{} matches no host and port: `{separator}` stands between them", regex.describe());
            push(found, regex, format!("{at}[{index}].regex"), message, r"write it as `([^:]+)(?::\d+)?;(\d+)`");
        } else if replacement.contains('$') && results.iter().all(|result| result != "10.0.0.7:9464") {
            let message = format!("the address becomes `{}`", results[0]);
            push(found, place, format!("{at}[{index}].replacement"), message, "write `$1:$2`");
        }
    }
}

pub(super) fn targeted(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in job.relabel.iter().enumerate() {
        let place = step.regex.unwrap_or(step.node);
        let takes = |name: &str| relabel::pattern(step).map(|pattern| pattern.is_match(name));
        let asks = matches!(step.sources.as_slice(), [source] if source.ends_with("_annotation_prometheus_io_scrape"));
        let turned = match step.action.as_str() {
            "drop" => takes("true") == Some(true) && takes("false") == Some(false),
            "keep" => takes("false") == Some(true) && takes("true") == Some(false),
            _ => false,
        };
        if asks && turned {
            let message = "this leaves out what asks to be scraped, and keeps the rest".to_owned();
            push(found, place, format!("{at}[{index}]"), message, "keep `\"true\"`");
        }
        match step.action.as_str() {
            "labelkeep" if takes("__address__") == Some(false) => {
                push(
                    found,
                    place,
                    format!("{at}[{index}]"),
                    "this takes its address from every target, so none is scraped".to_owned(),
                    "use `metric_relabel_configs`, or `labelmap`",
                );
            }
            "labelmap" if matches!(step.regex.and_then(Node::as_str), None | Some("(.+)" | "(.*)")) && step.replacement.is_none() => {
                push(
                    found,
                    place,
                    format!("{at}[{index}]"),
                    "this copies each label to where it is".to_owned(),
                    "name what the labels begin with, as `__meta_x_label_(.+)`",
                );
            }
            "labelmap" => {
                if let Some(node) = step.replacement.filter(|node| node.as_str().is_some_and(|text| !text.contains('$'))) {
                    push(
                        found,
                        node,
                        format!("{at}[{index}].replacement"),
                        format!("all labels become one, {}", node.describe()),
                        "write `$1`",
                    );
                }
            }
            "replace" => {
                let literal = step.replacement.and_then(Node::with_str).filter(|(_, text)| !text.contains(['$', '{']));
                let written = match (step.target.and_then(Node::as_str), literal) {
                    (Some("__scheme__"), Some((node, text))) if !matches!(text, "http" | "https" | "") => Some((node, "`http` or `https`")),
                    (Some("__metrics_path__"), Some((node, text))) if !text.starts_with('/') && !text.is_empty() => {
                        Some((node, "a path that begins with `/`"))
                    }
                    _ => None,
                };
                if let Some((node, wanted)) = written {
                    push(
                        found,
                        node,
                        format!("{at}[{index}].replacement"),
                        format!("{} is not what Prometheus reads here", node.describe()),
                        format!("write {wanted}"),
                    );
                }
            }
            _ => {}
        }
        // What is asked of Kubernetes is of these namespaces alone.
        let of_namespace = step.sources.as_slice() == ["__meta_kubernetes_namespace"] && step.action == "keep";
        let asked: Vec<&str> = job
            .node
            .items_of("kubernetes_sd_configs")
            .filter_map(|one| one.get("namespaces")?.get("names"))
            .flat_map(Node::items)
            .filter_map(Node::as_str)
            .collect();
        if of_namespace && job.targets.discovery.len() == 1 && !asked.is_empty() && asked.iter().all(|name| takes(name) == Some(false)) {
            let message = format!("only the namespace `{}` is asked for, and {} is kept", asked[0], place.describe());
            push(found, place, format!("{at}[{index}].regex"), message, "make the two say the same");
        }
    }
}

/// Values that are written in small letters, or in capitals, and that queries ask for otherwise.
pub(super) fn lettered(job: &Job<'_>, at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, step) in job.metric_relabel.iter().enumerate() {
        let is_other: fn(char) -> bool = match step.action.as_str() {
            "lowercase" => char::is_uppercase,
            "uppercase" => char::is_lowercase,
            _ => continue,
        };
        let Some((node, label)) = step.target.and_then(Node::with_str) else { continue };
        let asks = |matcher: &crate::promql::ast::Matcher| {
            let values = named_values(matcher);
            matcher.label.text == label && !values.is_empty() && values.iter().all(|value| value.contains(is_other) && !value.contains('$'))
        };
        let asking = context.queries.iter().find(|query| {
            query.selectors().iter().any(|used| named_job(used.selector) == Some(job.name()) && used.selector.matchers.iter().any(asks))
        });
        if let Some(query) = asking {
            let message = format!("`{label}` is written by `{}`, and asked for otherwise", step.action);
            let finding = META.finding(node.span, message).path(format!("{at}[{index}]"));
            found.push(finding.related(query.node.span, "asked for here").help("ask for what is written, or leave the step out"));
        }
    }
}

//! Relabelling steps that do nothing, or not what they say.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::{named_job, named_values};
use crate::lint::relabel;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A relabelling step never does anything, or loses what it writes: it reads a label that no target has, its pattern matches
    /// none of the targets, its replacement names a group that the pattern does not have (and so removes the label), or it writes a
    /// label that begins with `__` and that nothing reads.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     relabel_configs: [{ source_labels: [__adress__], target_label: host }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: host }]
    /// ```
    RelabelEffect, "relabel-effect", Warning
}

/// Labels that Prometheus itself brings before relabelling, or reads behind it.
const OWN: &[&str] = &["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];

impl Rule for RelabelEffect {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        for job in &config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            judge(&job.relabel, &format!("{at}.relabel_configs"), found);
            of_targets(job, &format!("{at}.relabel_configs"), found);
            addressed(job, &format!("{at}.relabel_configs"), found);
            lettered(job, &format!("{at}.metric_relabel_configs"), context, found);
            targeted(job, &format!("{at}.relabel_configs"), found);
            lost(&job.relabel, &format!("{at}.relabel_configs"), found);
            lost(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), found);
            judge(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), found);
            of_discovery(job, &format!("{at}.relabel_configs"), found);
            behind_scrape(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), context, found);
        }
        for (index, (_, steps)) in config.remote_write.iter().enumerate() {
            let at = format!("remote_write[{index}].write_relabel_configs");
            judge(steps, &at, found);
            behind_scrape(steps, &at, context, found);
        }
        judge(&config.alert_relabel, "alerting.alert_relabel_configs", found);
        for (index, one) in config.alertmanagers.iter().enumerate() {
            judge(&one.relabel, &format!("alerting.alertmanagers[{index}].relabel_configs"), found);
            judge(&one.alert_relabel, &format!("alerting.alertmanagers[{index}].alert_relabel_configs"), found);
        }
    }
}

fn push(found: &mut Vec<Diagnostic>, node: &Node, path: String, message: String, help: impl Into<String>) {
    found.push(META.finding(node.span, message).path(path).help(help));
}

/// The groups that a replacement names, against those of the pattern.
fn judge(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    unread(steps, at, found);
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action == "drop" && step.sources.is_empty()) {
        if step.regex.is_some() && relabel::pattern(step).is_some_and(|pattern| !pattern.is_match("")) {
            let message = "without `source_labels` there is nothing to compare, so this never drops".to_owned();
            push(found, step.node, format!("{at}[{index}]"), message, "add `source_labels`");
        }
    }
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| matches!(step.action.as_str(), "replace" | "labelmap")) {
        if let Some(regex) = step.regex.filter(|_| step.action == "labelmap" && step.replacement.is_none())
            && relabel::pattern(step).is_some_and(|pattern| pattern.captures_len() == 1)
        {
            let message = "the pattern has no group, so the labels are copied to no name".to_owned();
            push(found, regex, format!("{at}[{index}].regex"), message, "take the name in parentheses, as in `__meta_x_label_(.+)`");
        }
        let Some((node, text)) = step.replacement.and_then(Node::with_str) else { continue };
        let Some(pattern) = relabel::pattern(step) else { continue };
        let missing = groups(text).into_iter().find(|group| match group.parse::<usize>() {
            Ok(number) => number >= pattern.captures_len(),
            Err(_) => !pattern.capture_names().flatten().any(|name| *name == **group),
        });
        if let Some(group) = missing {
            let message = format!("the pattern has no group `{group}`, so nothing stands for `${group}`");
            push(found, node, format!("{at}[{index}].replacement"), message, "write `$1` for the first group, and `$$` for a dollar");
        }
    }
}

/// Replacements as other languages write them, and keys that an action does not read.
fn unread(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in steps.iter().enumerate() {
        if let Some((node, text)) = step.replacement.and_then(Node::with_str) {
            let back = text.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit());
            let open = text.rsplit_once("${").is_some_and(|(_, rest)| !rest.contains('}'));
            if back {
                let message = format!("groups are written `$1`, and {} stands for itself", node.describe());
                push(found, node, format!("{at}[{index}].replacement"), message, "write `$1`");
            } else if open {
                push(found, node, format!("{at}[{index}].replacement"), "a brace does not close".to_owned(), "write `${1}`");
            }
        }
        let written = ["target_label", "replacement"].into_iter().find_map(|key| step.node.entry(key));
        if let Some((key, _)) = written.filter(|_| matches!(step.action.as_str(), "keep" | "drop")) {
            let message = format!("`{}` writes nothing, and does not read {}", step.action, key.describe());
            push(found, key, format!("{at}[{index}]"), message, "remove it, or use `replace`");
        }
        if matches!(step.action.as_str(), "keepequal" | "dropequal")
            && let ([source], Some(target)) = (step.sources.as_slice(), step.target)
            && target.as_str() == Some(*source)
        {
            let effect = if step.action == "keepequal" { "so all are kept" } else { "so all are dropped" };
            push(
                found,
                target,
                format!("{at}[{index}]"),
                format!("`{source}` is always equal to itself, {effect}"),
                "compare it with another label",
            );
        }
    }
}

/// Parts of the names of labels that discovery in Kubernetes brings, which users' names may follow.
const KUBERNETES: &[&str] = &[
    "namespace",
    "pod_name",
    "pod_ip",
    "pod_label_",
    "pod_labelpresent_",
    "pod_annotation_",
    "pod_annotationpresent_",
    "pod_container_init",
    "pod_container_name",
    "pod_container_id",
    "pod_container_image",
    "pod_container_port_name",
    "pod_container_port_number",
    "pod_container_port_protocol",
    "pod_ready",
    "pod_phase",
    "pod_node_name",
    "pod_host_ip",
    "pod_uid",
    "pod_controller_kind",
    "pod_controller_name",
    "service_name",
    "service_type",
    "service_label_",
    "service_labelpresent_",
    "service_annotation_",
    "service_annotationpresent_",
    "service_cluster_ip",
    "service_loadbalancer_ip",
    "service_external_name",
    "service_port_name",
    "service_port_number",
    "service_port_protocol",
    "endpoint_address_target_kind",
    "endpoint_address_target_name",
    "endpoint_port_name",
    "endpoint_port_protocol",
    "endpoint_ready",
    "endpoint_hostname",
    "endpoint_node_name",
    "endpoints_name",
    "endpoints_label_",
    "endpoints_annotation_",
    "endpointslice_",
    "node_name",
    "node_label_",
    "node_labelpresent_",
    "node_annotation_",
    "node_annotationpresent_",
    "node_address_",
    "node_provider_id",
    "ingress_name",
    "ingress_label_",
    "ingress_annotation_",
    "ingress_scheme",
    "ingress_host",
    "ingress_path",
    "ingress_class_name",
];

/// Labels that a step writes and that are nearly those by which Prometheus finds the target.
const ADDRESSING: &[&str] =
    &["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__", "__param_target"];

/// Labels of discovery that are nearly known ones, and names that Prometheus would read if they were written without a slip.
fn of_discovery(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    const START: &str = "__meta_kubernetes_";
    let is_read = |name: &str| job.relabel.iter().any(|step| step.sources.contains(&name));
    for (index, step) in job.relabel.iter().enumerate() {
        // Of static targets all labels are known.
        for source in step.sources.iter().filter(|_| !job.targets.discovery.is_empty()) {
            let word = source.trim_matches('_');
            let meant = OWN.iter().find(|own| **own != *source && source.starts_with('_') && own.trim_matches('_') == word);
            if let Some(meant) = meant {
                let message = format!("no target has a label `{source}`");
                push(found, place(step, source), format!("{at}[{index}].source_labels"), message, format!("did you mean `{meant}`?"));
            }
        }
        let mapped = step.regex.filter(|_| step.action == "labelmap").and_then(Node::with_str);
        let mapped =
            mapped.map(|(node, text)| (node, &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]));
        let sources = step.sources.iter().map(|source| (place(step, source), *source));
        for (node, name) in sources.chain(mapped) {
            let Some(rest) = name.strip_prefix(START).filter(|rest| rest.len() > 4) else { continue };
            let is_known = |known: &&&str| rest == **known || (known.ends_with('_') && rest.starts_with(**known));
            if KUBERNETES.iter().any(|known| is_known(&known)) {
                continue;
            }
            // Of a name that users continue, as many letters as its beginning has, or one fewer or more.
            let head = |length: usize| rest.get(..length.min(rest.len())).unwrap_or(rest);
            let near = |known: &&&str| {
                let lengths = if known.ends_with('_') { vec![known.len() - 1, known.len(), known.len() + 1] } else { vec![rest.len()] };
                lengths.into_iter().any(|length| strsim::damerau_levenshtein(head(length), known) == 1)
            };
            let whole = || did_you_mean(rest, KUBERNETES.iter().copied().filter(|known| !known.ends_with('_')));
            if let Some(meant) = KUBERNETES.iter().find(|known| near(known)).copied().or_else(whole) {
                let message = format!("discovery brings no label `{name}`");
                let rest = if meant.ends_with('_') { "…" } else { "" };
                push(found, node, format!("{at}[{index}]"), message, format!("did you mean `{START}{meant}{rest}`?"));
            }
        }
        let target = step.target.and_then(Node::with_str);
        if let Some((node, name)) = target.filter(|(_, name)| name.starts_with("__") && !is_read(name) && !ADDRESSING.contains(name))
            && let Some(meant) = ADDRESSING.iter().find(|known| strsim::damerau_levenshtein(known, name) == 1)
        {
            let message = format!("Prometheus does not read `{name}`");
            push(found, node, format!("{at}[{index}].target_label"), message, format!("did you mean `{meant}`?"));
        }
    }
}

/// The names behind the dollars of a replacement.
fn groups(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
        } else if let Some(inner) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            // Configurations are often templates: only numbers are taken for groups here.
            names.extend(Some(inner.0).filter(|name| name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()));
            rest = inner.1;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            names.extend(Some(&rest[..end]).filter(|name| name.starts_with(|c: char| c.is_ascii_digit())));
        }
    }
    names
}

/// What steps make of static targets.
fn of_targets(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    let mut known: Vec<&str> = OWN.iter().copied().chain(["job", "instance"]).collect();
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
            let read = OWN.contains(&name) || name.starts_with("__param_") || name.starts_with("__tmp") || name.contains('$');
            let later = job.relabel[index + 1..].iter().any(|later| later.sources.contains(&name) || later.action == "labelmap");
            if name.starts_with("__") && !read && !later {
                let help = did_you_mean(name, OWN.iter().copied())
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
        if idle && selective && matches!(step.action.as_str(), "drop" | "labeldrop") {
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

fn place<'a>(step: &Relabel<'a>, source: &str) -> &'a Node {
    step.node.get("source_labels").and_then(|list| list.items().find(|item| item.as_str() == Some(source))).unwrap_or(step.node)
}

/// Addresses that are put together of a host and a port that discovery brings: what comes out has to be an address again.
fn addressed(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
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

/// Steps that take the address from a target, write what cannot be read of it, or copy labels to where they are.
/// Labels that a step takes away before another reads them; those that nobody reads, and that are gone at the end; a mapping that
/// begins as no label does.
fn lost(steps: &[Relabel<'_>], at: &str, found: &mut Vec<Diagnostic>) {
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
        if let Some((node, _)) =
            mapped.filter(|(_, text)| ["meta_", "_meta_", "^meta_", "^_meta_"].iter().any(|start| text.starts_with(start)))
        {
            let message = format!("no label begins as {} does: patterns match whole names", node.describe());
            push(found, node, format!("{at}[{index}].regex"), message, "begin it with `__meta_`");
        }
    }
}

fn targeted(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
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
fn lettered(job: &Job<'_>, at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
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

/// Labels that are gone when samples are relabelled.
fn behind_scrape(steps: &[Relabel<'_>], at: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
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

/// Whether a pattern is one of names of metrics, which are of several words and name a unit or begin with a program's name; or one that
/// finds a metric that is read, and not any word.
fn speaks_of_metrics(step: &Relabel<'_>, context: &Context<'_>) -> bool {
    let pattern = step.regex.and_then(Node::as_str).unwrap_or("");
    let starts = ["go_", "process_", "http_", "node_", "erlang_", "jvm_", "python_", "container_"];
    if starts.iter().any(|start| pattern.trim_start_matches(['(', '^']).starts_with(start)) {
        return true;
    }
    let Some(pattern) = relabel::pattern(step).filter(|pattern| !pattern.is_match("word") && !pattern.is_match("")) else { return false };
    let finds = |name: &str| name.contains(['_', ':']) && pattern.is_match(name);
    context.queries.iter().any(|query| query.selectors().iter().any(|used| used.selector.metric_name().is_some_and(finds)))
}

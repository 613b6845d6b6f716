//! What a scrape job makes of the labels of its series.

use crate::formats::prometheus::{Job, Prometheus, Relabel};
use crate::lint::world::declared::{Catalogue, Evidence};
use crate::lint::world::relabel;
use crate::source::Node;

/// The labels that targets of these jobs carry; `None` where any may be.
pub fn labels_of_all<'a>(jobs: &[&'a Job<'a>]) -> Option<Vec<&'a str>> {
    let mut labels: Vec<&str> = Vec::new();
    for job in jobs {
        labels.extend(labels_of_targets(job)?);
    }
    labels.sort_unstable();
    labels.dedup();
    Some(labels)
}

/// The labels that the targets of a job carry; `None` where any may be. Discovery gives labels that begin with `__meta_` and are
/// gone after relabelling; files that were not read and HTTP endpoints may give any.
pub fn labels_of_targets<'a>(job: &Job<'a>) -> Option<Vec<&'a str>> {
    if may_find_any_label(job) {
        return None;
    }
    // What is mapped of targets that are all known is known.
    if job.relabel.iter().any(|step| step.action == "labelmap") && job.metric_relabel.iter().all(|step| step.action != "labelmap") {
        return mapped(job);
    }
    let own = job.targets.labels.iter().flat_map(|labels| labels.entries()).map(|(name, ..)| name);
    let mut labels: Vec<&str> = own.chain(job.targets.listed.iter().flatten().copied()).collect();
    for (step, of_series) in job.relabel.iter().map(|step| (step, false)).chain(job.metric_relabel.iter().map(|step| (step, true))) {
        match (step.action.as_str(), step.target.and_then(Node::as_str)) {
            ("keep" | "drop" | "keepequal" | "dropequal", _) => {}
            // What Prometheus itself says of a target keeps its labels behind the scrape.
            ("labeldrop" | "labelkeep", _) if of_series => {}
            (action @ ("labeldrop" | "labelkeep"), _) => {
                if let Some(pattern) = relabel::pattern(step) {
                    labels.retain(|label| pattern.is_match(label) == (action == "labelkeep"));
                }
            }
            ("replace" | "lowercase" | "uppercase" | "hashmod", Some(target)) if !target.contains('$') => labels.push(target),
            _ => return None,
        }
    }
    // What only relabelling sees is gone behind it.
    labels.retain(|label| !label.starts_with("__"));
    Some(labels)
}

/// Whether discovery may give the targets of a job any label: files and HTTP endpoints do.
pub fn may_find_any_label(job: &Job<'_>) -> bool {
    let listed = job.targets.listed.is_some();
    job.targets.discovery.iter().any(|key| match key.as_str() {
        Some("file_sd_configs") => !listed,
        other => matches!(other, None | Some("http_sd_configs")),
    })
}

/// The labels of static targets, as `labelmap` leaves them, where each keeps the name that it has somewhere in the configuration.
fn mapped<'a>(job: &Job<'a>) -> Option<Vec<&'a str>> {
    let targets = relabel::targets(job)?;
    let written: Vec<&str> = job.targets.labels.iter().flat_map(|labels| labels.entries()).map(|(name, ..)| name).collect();
    let steps = job.relabel.iter().chain(&job.metric_relabel);
    let set: Vec<&str> = steps.filter_map(|step| step.target.and_then(Node::as_str)).collect();
    let mut labels = Vec::new();
    for name in targets.iter().flat_map(|target| target.labels.keys()).filter(|name| !name.starts_with("__")) {
        if matches!(name.as_str(), "job" | "instance") {
            continue;
        }
        // A mapped name ends the one that it is made of, as `env` does `target_env`.
        let whole = written.iter().chain(&set).find_map(|known| known.strip_suffix(name.as_str()).map(|before| &known[before.len()..]));
        labels.push(whole?);
    }
    Some(labels)
}

/// Whether native histograms are scraped, or may be sent.
pub fn turns_native_on(config: &Prometheus<'_>) -> bool {
    // Remote write and OTLP may bring native histograms that nobody scrapes.
    config.root.get("global").is_some_and(turns_on) || config.root.get("otlp").is_some() || config.jobs.iter().any(|job| turns_on(job.node))
}

/// Whether a job, or what holds for all, asks for native histograms.
pub fn turns_on(node: &Node) -> bool {
    let flag = node.get("scrape_native_histograms").and_then(Node::as_bool) == Some(true);
    let converted = node.get("convert_classic_histograms_to_nhcb").and_then(Node::as_bool) == Some(true);
    let protobuf = node.get("scrape_protocols").is_some_and(|list| list.items().any(|item| item.as_str() == Some("PrometheusProto")));
    flag || converted || protobuf
}

/// Whether series of a job may call themselves by another: labels are honoured, and what is scraped is none of those that are scraped so
/// for the sake of `namespace` and `pod`, and bring no `job`.
pub fn hands_on(job: &Job<'_>) -> bool {
    const OF_KUBERNETES: &[&str] = &["kube-state-metrics", "kubelet", "cadvisor", "kube-dns", "coredns"];
    let is_such = |name: &str| OF_KUBERNETES.iter().any(|known| name.contains(known));
    let addresses = &job.targets.addresses;
    let is_known = || is_such(job.name()) || !addresses.is_empty() && addresses.iter().all(|address| address.as_str().is_some_and(is_such));
    job.honor_labels && !is_known()
}

/// Whether a job hands on what others count, as far as pages tell: where one shows all that it exposes, and no label `job`, it is all
/// its own.
pub(super) fn hands_on_others(job: &Job<'_>, catalogues: &[Catalogue]) -> bool {
    let is_whole = |page: &&Catalogue| matches!(page.evidence, Evidence::Page { whole: true, .. }) && page.is_of(job.name());
    let mut pages = catalogues.iter().filter(is_whole).peekable();
    let tells_job = |page: &Catalogue| page.metrics.iter().flat_map(|metric| &metric.labels).any(|label| label.name.value == "job");
    hands_on(job) && (job.metrics_path() == "/federate" || pages.peek().is_none() || pages.any(tells_job))
}

/// Whether a step may give a label another value.
pub fn writes(step: &Relabel<'_>, label: &str) -> bool {
    match step.action.as_str() {
        "replace" | "lowercase" | "uppercase" | "hashmod" => {
            step.target.and_then(Node::as_str).is_some_and(|target| target == label || target.contains('$'))
        }
        // Labels copied under names taken from elsewhere.
        "labelmap" => true,
        _ => false,
    }
}

/// The fixed value that a step gives to a label, perhaps under a condition.
pub fn literal<'a>(step: &Relabel<'a>, label: &str) -> Option<(&'a Node, &'a str)> {
    let (replacement, text) = step.replacement?.with_str()?;
    let fixed = step.action == "replace" && step.target?.as_str() == Some(label) && !text.contains('$') && !text.is_empty();
    fixed.then_some((replacement, text))
}

/// The fixed value that a step gives to a label whatever the target.
pub fn fixed<'a>(step: &Relabel<'a>, label: &str) -> Option<(&'a Node, &'a str)> {
    let unconditional = step.regex.is_none_or(|regex| matches!(regex.as_str(), Some("(.*)" | ".*" | "")));
    literal(step, label).filter(|_| unconditional)
}

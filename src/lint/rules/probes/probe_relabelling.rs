//! Probe jobs whose relabelling does not lead to a probe.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Fix, Level, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::hosts::{are_one, host};
use crate::lint::world::relabel;
use crate::source::{Node, Span};

rule! {
    /// A job of the blackbox exporter lacks a step of its relabelling. The target must become `__param_target`, `__address__`
    /// must become the exporter, and `instance` should stay the target: else the exporter probes nothing, Prometheus scrapes
    /// the web site itself, or all targets look alike.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     file_sd_configs: [{ files: [sites.yml] }]
    ///     relabel_configs:
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: sites.yml
    /// - targets: ["https://a.example.com/"]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    ProbeRelabelling, "probe-relabelling", Error
}

impl Rule for ProbeRelabelling {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        exporters(view, found);
        of_own_job(view, found);
        of_others(view, found);
        let others = view.config.jobs.iter().filter(|job| job.metrics_path() == "/metrics" && writes(job, "__param_target"));
        for job in others.filter(|job| job.targets.discovery.is_empty()) {
            let is_database =
                |node: &&&Node| node.as_str().is_some_and(|text| ["redis://", "rediss://"].iter().any(|start| text.starts_with(start)));
            let Some(target) = job.targets.addresses.iter().find(is_database) else { continue };
            let place = job.node.get("metrics_path").or(job.name).unwrap_or(job.node);
            let message = format!("the exporter asks {} at `/scrape`, and at `/metrics` tells of its own", target.describe());
            found.push(
                META.finding_at(Level::Warning, place.span, message)
                    .path(format!("scrape_configs[{}].metrics_path", job.index))
                    .help("set `metrics_path: /scrape`"),
            );
        }
        for job in view.config.jobs.iter().filter(|job| job.metrics_path() != "/probe" && writes(job, "__param_target")) {
            // Other exporters probe at other paths; the module's name and the path of metrics tell the blackbox exporter.
            let place = job.node.get("metrics_path").or(job.name).unwrap_or(job.node);
            let slip = did_you_mean(job.metrics_path(), ["/probe"]).is_some();
            if (job.metrics_path() == "/metrics" && (job.modules().next().is_some() || labelled(job) || writes(job, "__param_module")))
                || slip
            {
                let message = format!("`{}` asks `{}`, and the exporter probes at `/probe`", job.name(), job.metrics_path());
                found.push(
                    META.finding(place.span, message)
                        .path(format!("scrape_configs[{}].metrics_path", job.index))
                        .help("set `metrics_path: /probe`"),
                );
            }
        }
        for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
            let fixed = job.node.get("params").is_some_and(|params| params.get("target").is_some());
            let labelled = |label: &str| job.targets.labels.iter().any(|labels| labels.get(label).is_some());
            parameters(job, found);
            misnamed(job, found);
            if fixed || writes(job, "") || labelled("__param_target") || !job.targets.discovery.is_empty() && job.relabel.is_empty() {
                continue;
            }
            chain(job, found);
            let missing = [
                (
                    "__param_target",
                    Level::Error,
                    "the exporter is not told what to probe",
                    "{ source_labels: [__address__], target_label: __param_target }",
                ),
                (
                    "__address__",
                    Level::Error,
                    "Prometheus scrapes the target itself and not the exporter",
                    "{ target_label: __address__, replacement: \"blackbox:9115\" }",
                ),
                (
                    "instance",
                    Level::Warning,
                    "all targets carry the exporter's address as `instance`",
                    "{ source_labels: [__param_target], target_label: instance }",
                ),
            ];
            // Where the target comes from another label, the address may be the exporter's all along.
            let from_address = job
                .relabel
                .iter()
                .any(|step| step.target.and_then(Node::as_str) == Some("__param_target") && step.sources.contains(&"__address__"));
            let needed = |label: &str| label != "__address__" || from_address || !writes(job, "__param_target");
            for (label, level, effect, step) in missing.into_iter().filter(|(label, ..)| !writes(job, label) && needed(label)) {
                let place = job.name.map_or(job.node.span, |name| name.span);
                let mut diagnostic = META
                    .finding_at(level, place, format!("no step of `{}` sets `{label}`: {effect}", job.name()))
                    .path(format!("scrape_configs[{}].relabel_configs", job.index))
                    .help(format!("add `{step}`"));
                // The exporter's address is not known here, and `instance` needs the target that was set before.
                diagnostic.fix = match label {
                    "__param_target" => put_first(job, step, context),
                    "instance" if writes(job, "__param_target") => put_last(job, step, context),
                    _ => None,
                };
                found.push(diagnostic);
            }
        }
    }
}

/// Whether targets name their module themselves.
fn labelled(job: &Job<'_>) -> bool {
    job.targets.labels.iter().any(|labels| labels.get("__param_module").is_some())
}

/// Steps that call a target by what is no target.
fn misnamed(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    for (index, step) in job.relabel.iter().enumerate().filter(|(_, step)| step.action == "replace") {
        let own = ["__param_module", "__scheme__", "__metrics_path__", "job"].iter().find(|own| step.sources == [**own]);
        let (Some(own), Some(target)) = (own, step.target.filter(|target| target.as_str() == Some("instance"))) else { continue };
        let message = format!("`instance` is taken from `{own}`, and does not say what is probed");
        let finding = META.finding_at(Level::Warning, target.span, message);
        found.push(finding.path(format!("scrape_configs[{}].relabel_configs[{index}]", job.index)).help("take it from `__param_target`"));
    }
}

/// Parameters that the exporter does not read, and modules beside the first.
fn parameters(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    const KNOWN: &[&str] = &["module", "target", "debug", "hostname"];
    let path = format!("scrape_configs[{}].params", job.index);
    for (name, key, _) in job.node.entries_of("params").filter(|(name, ..)| !KNOWN.contains(name)) {
        if let Some(meant) = did_you_mean(name, KNOWN.iter().copied()) {
            let message = format!("the exporter does not read the parameter `{name}`");
            found.push(META.finding_at(Level::Warning, key.span, message).path(path.clone()).help(format!("did you mean `{meant}`?")));
        }
    }
    let debug = job.node.at(["params", "debug"]).filter(|list| list.items().any(|node| node.as_str() == Some("true")));
    if let Some(list) = debug {
        let message = "with `debug` the exporter answers with its log, which is no page of metrics".to_owned();
        found.push(META.finding_at(Level::Warning, list.span, message).path(path.clone()).help("leave it out"));
    }
    if let Some(second) = job.modules().nth(1) {
        let message = format!("only the first module is asked for, so {} never is", second.describe());
        found.push(META.finding_at(Level::Warning, second.span, message).path(path.clone()).help("write a job for each module"));
    }
    let list = job.node.get("params").and_then(|params| params.get("module"));
    if let Some(list) = list.filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
        let message = "no module is named, so `http_2xx` is asked for";
        found.push(META.finding_at(Level::Warning, list.span, message).path(path).help("name the module"));
    }
}

/// Steps in an order that does not lead to the target: the exporter is asked to probe itself, or forgets the target's name.
fn chain(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    let Some(outcomes) = relabel::targets(job) else { return };
    if !writes(job, "__param_target") || !writes(job, "__address__") {
        return;
    }
    let Some(outcome) = outcomes.iter().find(|outcome| outcome.dropped.is_none()) else { return };
    let (path, written) = (format!("scrape_configs[{}].relabel_configs", job.index), outcome.address.as_str().unwrap_or(""));
    let label = |name: &str| outcome.labels.get(name).map_or("", String::as_str);
    let step = |name: &str| {
        let step = job.relabel.iter().find(|step| step.target.and_then(Node::as_str) == Some(name));
        step.map_or(job.node, |step| step.target.unwrap_or(step.node))
    };
    let (address, target) = (label("__address__"), label("__param_target"));
    if address.is_empty() {
        let message = format!("no address is left for `{}`", job.name());
        found.push(META.finding(step("__address__").span, message).path(path).help("set `replacement` to the exporter's address"));
    } else if target.is_empty() {
        let message = format!("`__param_target` stays empty, so nothing is probed for `{}`", job.name());
        found.push(META.finding(step("__param_target").span, message).path(path).help("take it from `__address__`"));
    } else if address == target && written != address {
        let message = format!("by then `__address__` is the exporter's, which `{}` asks to probe itself", job.name());
        found.push(
            META.finding(step("__param_target").span, message).path(path).help("set `__param_target` before `__address__` is replaced"),
        );
    } else if address == written && address == target {
        let message = "`__address__` stays the target's, so the target itself is scraped";
        found
            .push(META.finding(step("__address__").span, message).path(path).help("replace it by the exporter's address for every target"));
    } else if writes(job, "instance") && (label("instance").is_empty() || label("instance") == address) {
        let message = "all targets carry the exporter's address as `instance`";
        found.push(
            META.finding_at(Level::Warning, step("instance").span, message)
                .path(path)
                .help("set it from `__param_target`, behind the step that sets that"),
        );
    } else if let Some((one, other)) = one_request(&outcomes) {
        let message = format!("{} and {} are both asked for as `{target}`", one.describe(), other.describe());
        let finding = META.finding_at(Level::Warning, step("__param_target").span, message).path(path);
        found.push(finding.help("take it from `__address__`"));
    }
}

/// Two targets that relabelling makes the same question to the same exporter.
fn one_request<'a>(outcomes: &[relabel::Outcome<'a>]) -> Option<(&'a Node, &'a Node)> {
    let request = |outcome: &relabel::Outcome<'_>| -> Vec<(String, String)> {
        let read =
            |name: &&String| matches!(name.as_str(), "__address__" | "__scheme__" | "__metrics_path__") || name.starts_with("__param_");
        let labels = outcome.labels.iter().filter(|(name, _)| read(name) && *name != "__param_module");
        labels.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let kept: Vec<_> =
        outcomes.iter().filter(|outcome| outcome.dropped.is_none()).take(200).map(|one| (one.address, request(one))).collect();
    kept.iter().enumerate().find_map(|(at, (address, asked))| {
        // What is no address may be a name that somebody gave a probe.
        let is_address = |node: &Node| node.as_str().is_some_and(|text| text.contains(':'));
        let is_other = |known: &Node| known.as_str() != address.as_str() && is_address(known) && is_address(address);
        let other = kept[..at].iter().find(|(known, other)| other == asked && is_other(known))?;
        Some((other.0, *address))
    })
}

/// The exporter that one job asks, against the one that all others ask.
fn exporters(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let mut asked: Vec<(&Job<'_>, &Node, &str)> = Vec::new();
    for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
        let step = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"));
        let Some(place) = step.and_then(|step| step.replacement).filter(|node| node.as_str().is_some_and(|text| !text.contains('$')))
        else {
            continue;
        };
        asked.push((job, place, place.as_str().unwrap_or("")));
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, _, address) in &asked {
        *times.entry(*address).or_default() += 1;
    }
    let scraped: BTreeSet<&str> = view
        .config
        .jobs
        .iter()
        .filter(|job| job.metrics_path() != "/probe")
        .flat_map(|job| &job.targets.addresses)
        .filter_map(|node| node.as_str())
        .collect();
    let usual = asked.iter().map(|(_, _, address)| *address).find(|address| times[address] >= 2 && scraped.contains(address));
    let Some(usual) = usual else { return };
    for (job, place, _) in asked.iter().filter(|(_, _, address)| times[address] == 1 && !scraped.contains(address)) {
        let message = format!("`{}` asks an exporter at {}, and all others ask `{usual}`", job.name(), place.describe());
        found.push(
            META.finding_at(Level::Warning, place.span, message)
                .path(format!("scrape_configs[{}].relabel_configs", job.index))
                .help(format!("use `{usual}`, or scrape this exporter as well")),
        );
    }
}

/// The exporter that probes ask, against how its own job reaches it: at another port of a host that is called after it, or over another
/// scheme.
fn of_own_job(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let scheme = |job: &Job<'_>| job.node.get("scheme").and_then(Node::as_str).unwrap_or("http").to_lowercase();
    let own = view.config.jobs.iter().filter(|job| !writes(job, "__address__") && job.targets.discovery.is_empty());
    let own: Vec<(&Job<'_>, &Node)> = own.flat_map(|job| job.targets.addresses.iter().map(move |node| (job, *node))).collect();
    for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
        let step = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"));
        let Some((place, asked)) = step.and_then(|step| step.replacement.and_then(Node::with_str)) else { continue };
        let find = |fits: &dyn Fn(&str) -> bool| own.iter().find(|(_, node)| node.as_str().is_some_and(fits));
        let Some((of, scraped)) = find(&|text| are_one(text, asked)).or_else(|| find(&|text| host(text) == host(asked))) else { continue };
        let at = format!("scrape_configs[{}]", job.index);
        let is_same = scraped.as_str().is_some_and(|text| are_one(text, asked));
        if !is_same && host(asked).contains("blackbox") && !asked.contains('$') {
            let message = format!(
                "`{}` asks the exporter at {}, and `{}` scrapes it at {}",
                job.name(),
                place.describe(),
                of.name(),
                scraped.describe()
            );
            let finding = META.finding_at(Level::Warning, place.span, message).path(format!("{at}.relabel_configs"));
            found.push(finding.related(scraped.span, "scraped here").help("use one port"));
        } else if is_same && scheme(job) != scheme(of) && !writes(job, "__scheme__") {
            let node = job.node.get("scheme").unwrap_or(place);
            let message = format!("`{}` asks the exporter over `{}`, and `{}` over `{}`", job.name(), scheme(job), of.name(), scheme(of));
            let finding = META.finding_at(Level::Warning, node.span, message).path(format!("{at}.scheme"));
            found.push(finding.related(scraped.span, "scraped here").help("use one scheme"));
        }
    }
}

/// The exporter that a job asks, at another port than all other jobs of probes ask it at.
fn of_others(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let asked = view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe").filter_map(|job| {
        let step = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"))?;
        let (node, address) = step.replacement?.with_str()?;
        Some((job, node, address.rsplit_once(':')?))
    });
    let asked: Vec<_> = asked.collect();
    for (job, node, (host, port)) in asked.iter().filter(|(.., (_, port))| *port != BLACKBOX_PORT) {
        let mut others = asked.iter().filter(|(other, _, (of, _))| of == host && other.index != job.index).peekable();
        let Some((_, usual, _)) = others.peek().copied() else { continue };
        if others.all(|(.., (_, port))| *port == BLACKBOX_PORT) {
            let message = format!("this asks the exporter at port {port}, and other jobs at {}", usual.describe());
            let finding =
                META.finding_at(Level::Warning, node.span, message).path(format!("scrape_configs[{}].relabel_configs", job.index));
            found.push(finding.related(usual.span, "asked here").help("use one port"));
        }
    }
}

/// Where the blackbox exporter listens unless it is told otherwise.
const BLACKBOX_PORT: &str = "9115";

/// Whether a step writes a label; of "", whether one may write any.
fn writes(job: &Job<'_>, label: &str) -> bool {
    job.relabel.iter().any(|step| match step.target.and_then(Node::as_str) {
        Some(target) => {
            if label.is_empty() {
                target.contains('$')
            } else {
                target == label
            }
        }
        None => label.is_empty() && step.action == "labelmap",
    })
}

/// The steps of a job as lines of their own: the first, the last, and what stands before each of them.
fn steps<'a>(job: &Job<'a>, context: &Context<'_>) -> Option<(&'a Node, &'a Node, String)> {
    let steps = job.node.get("relabel_configs")?.as_sequence()?;
    let (first, last) = (steps.first()?, steps.last()?);
    // A file of targets is looked at, too, and the steps of its jobs are in another one.
    let text = &context.sources.get(first.span.source).text;
    let start = first.span.range().start;
    let before = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
    (before.trim() == "-").then(|| (first, last, before.to_owned()))
}

fn put_first(job: &Job<'_>, step: &str, context: &Context<'_>) -> Option<Fix> {
    let (first, _, before) = steps(job, context)?;
    Some(Fix { span: Span { end: first.span.start, ..first.span }, replacement: format!("{step}\n{before}") })
}

fn put_last(job: &Job<'_>, step: &str, context: &Context<'_>) -> Option<Fix> {
    let (_, last, before) = steps(job, context)?;
    Some(Fix { span: Span { start: last.span.end, ..last.span }, replacement: format!("\n{before}{step}") })
}

//! Who probes what: the jobs of a Prometheus that ask the blackbox exporter, with the modules they ask for.

use std::collections::HashMap;

use crate::formats::blackbox::Module;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{host, port};
use crate::source::Node;

/// A job with the one module that it asks for.
pub struct Probe<'a> {
    /// The job.
    pub job: &'a Job<'a>,
    /// The module.
    pub module: &'a Module<'a>,
    /// The targets that ask for it.
    addresses: Vec<&'a Node>,
}

/// Every probe whose job and module are both among the inputs.
pub fn probes<'a>(context: &Context<'a>) -> Vec<Probe<'a>> {
    let mut found = Vec::new();
    let known = known(context);
    for view in context.views {
        let Some(config) = view.prometheus() else { continue };
        for job in config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
            for (name, addresses) in modules(job) {
                found.extend(known.get(name).map(|module| Probe { job, module, addresses }));
            }
        }
    }
    found
}

/// Whether a job asks another exporter than the blackbox exporter, which has modules of its own or none: one that is called so, or is
/// told how to sign in.
pub fn is_of_other_exporter(job: &Job<'_>) -> bool {
    let step = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"));
    let asked = step.and_then(|step| step.replacement?.as_str()).unwrap_or("");
    let is_called = host(asked).contains("exporter") && !host(asked).contains("blackbox") && port(asked) != "9115";
    is_called || job.node.at(["params", "auth_module"]).is_some()
}

/// The probes of one job, whose targets stand in a file.
pub fn of_listed<'a>(job: &'a Job<'a>, context: &Context<'a>) -> Vec<Probe<'a>> {
    let known = known(context);
    let all = modules(job).into_iter();
    all.filter_map(|(name, addresses)| Some(Probe { job, module: known.get(name)?, addresses })).collect()
}

/// All probes of a job; `None` where a module is not among the inputs, or its targets may ask for others.
pub fn all_of<'a>(job: &'a Job<'a>, context: &Context<'a>) -> Option<Vec<Probe<'a>>> {
    let (known, asked) = (known(context), modules(job));
    let found = asked.into_iter().map(|(name, addresses)| Some(Probe { job, module: known.get(name)?, addresses }));
    found.collect::<Option<Vec<_>>>().filter(|found| !found.is_empty())
}

/// The modules among the inputs, the first of each name.
fn known<'a>(context: &Context<'a>) -> HashMap<&'a str, &'a Module<'a>> {
    let mut known: HashMap<&str, &Module> = HashMap::new();
    for view in context.views {
        let ViewKind::Blackbox(modules) = &view.kind else { continue };
        for module in modules {
            known.entry(module.name()).or_insert(module);
        }
    }
    known
}

/// The label of a target that the exporter takes for the module.
const PARAMETER: &str = "__param_module";

/// The label of target groups that says their module: that one itself, or another one that is copied to it; `None` where a step makes
/// the module of something else.
pub fn module_label<'a>(job: &Job<'a>) -> Option<&'a str> {
    let writes = |label: &str, other: &str| label == other || label.contains('$');
    let mut steps = job.relabel.iter().filter(|step| step.target.and_then(Node::as_str).is_some_and(|label| writes(label, PARAMETER)));
    let Some(step) = steps.next() else { return Some(PARAMETER) };
    let is_copy = step.action == "replace" && step.regex.is_none() && step.replacement.is_none_or(|node| node.as_str() == Some("$1"));
    let [source] = step.sources.as_slice() else { return None };
    let changed = job
        .relabel
        .iter()
        .any(|step| step.action == "labelmap" || step.target.and_then(Node::as_str).is_some_and(|label| writes(label, source)));
    (is_copy && steps.next().is_none() && !changed).then_some(*source)
}

/// The modules that the targets of a job ask for, each with those targets; none where they may ask for others.
fn modules<'a>(job: &Job<'a>) -> Vec<(&'a str, Vec<&'a Node>)> {
    let of_job = job.modules().next().map_or(Some("http_2xx"), Node::as_str);
    let Some(label) = module_label(job).filter(|_| job.targets.discovery.is_empty()) else { return Vec::new() };
    let mut all: Vec<(&str, Vec<&Node>)> = Vec::new();
    for group in &job.targets.groups {
        let labelled = group.get("labels").and_then(|labels| labels.get(label)).map(Node::as_str);
        // A label that is copied and not there leaves nothing to ask for.
        let Some(name) = labelled.unwrap_or(if label == PARAMETER { of_job } else { Some("http_2xx") }) else { continue };
        let targets = group.items_of("targets");
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, addresses)) => addresses.extend(targets),
            None => all.push((name, targets.collect())),
        }
    }
    all
}

impl<'a> Probe<'a> {
    /// The targets that are probed as they are written.
    pub fn targets(&self) -> impl Iterator<Item = (&'a Node, &'a str)> {
        // A target that is put together of several labels is not what is written.
        let plain = self.job.relabel.iter().all(|step| {
            step.target.and_then(Node::as_str) != Some("__param_target")
                || (step.sources == ["__address__"] && step.regex.is_none() && step.replacement.is_none())
        });
        // What is asked for by a parameter is not the address of the exporter.
        let asked = self.job.node.get("params").and_then(|params| params.get("target"));
        let is_led = self.job.relabel.iter().any(|step| step.target.and_then(Node::as_str).is_some_and(|label| label == "__param_target"));
        let asked: Vec<&Node> = asked.filter(|_| !is_led).into_iter().flat_map(Node::items).collect();
        let addresses = if asked.is_empty() { self.addresses.clone() } else { asked };
        addresses
            .into_iter()
            .filter(move |_| plain)
            .filter_map(|node| Some((node, node.as_str()?)))
            .filter(|(_, text)| !text.contains("${") && !text.contains("{{"))
    }

    /// The section of the module that its prober reads.
    pub fn section(&self) -> Option<&'a Node> {
        self.module.node.get(self.module.prober())
    }
}

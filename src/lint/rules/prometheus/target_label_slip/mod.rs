//! Labels of targets that are nearly those that others give or ask for.

mod environment;
mod files;
mod names;
mod services;

use names::{misnamed, nearly_shared};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::files::asked_for;
use self::services::crossed;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::blackbox::Module;
use crate::formats::prometheus::Job;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::formats::{Kind, alertmanager};
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{Query, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::words::slip::{is_slip_of_value, slip};
use crate::lint::world::jobs::{self, writes};
use crate::promql::ast::{ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit};
use crate::source::Node;

rule! {
    /// A target is given a label whose name or value is nearly one that the rest of the set has: a value that rules, routes, the
    /// manifest or other targets spell otherwise; a name that the other targets of the job spell otherwise; a label that begins with
    /// `__` and that nothing reads; or a module of the blackbox exporter that is another target's. The same goes for the
    /// values that relabelling writes, and for targets of one job that are labelled as those of another one, or in a
    /// file whose `instance` is nearly one that is asked for. Or one list of targets alone has a value by another name than all others,
    /// or is labelled as of another environment than its hosts are called after.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web
    ///     static_configs: [{ targets: ["web:8080"], labels: { service: web-shop } }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0
    ///         labels: { service: webshop }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web
    ///     static_configs: [{ targets: ["web:8080"], labels: { service: shop } }]
    ///   - job_name: shop
    ///     static_configs: [{ targets: ["shop:8080"], labels: { service: shop } }]
    ///   - job_name: node
    ///     static_configs: [{ targets: ["web:9100"], labels: { service: web } }]
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - { job_name: web, file_sd_configs: [{ files: [web.yml] }] }
    /// # file: web.yml
    /// - targets: ["checkot.example.com:8080"]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Gone, expr: 'absent(up{job="web",instance="checkout.example.com:8080"})', labels: { severity: warning } }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["web:8080"], labels: { zone: north } }] }
    ///   - { job_name: shop, static_configs: [{ targets: ["shop:8080"], labels: { zone: north } }] }
    ///   - { job_name: node, static_configs: [{ targets: ["web:9100"], labels: { zone: north } }] }
    ///   - { job_name: mail, static_configs: [{ targets: ["mail:8080"], labels: { place: north } }] }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: web
    ///     static_configs: [{ targets: ["web:8080"], labels: { service: webshop } }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="web"} == 0
    ///         labels: { service: webshop }
    /// ```
    TargetLabelSlip, "target-label-slip", Warning
}

/// Labels that Prometheus reads of a target, and parameters of the blackbox exporter.
const READ: &[&str] = &[
    "__address__",
    "__scheme__",
    "__metrics_path__",
    "__scrape_interval__",
    "__scrape_timeout__",
    "__param_module",
    "__param_target",
    "__param_hostname",
];

/// A label with more values has one for each target, and none of them is a slip of another.
const MANY: usize = 300;

impl Rule for TargetLabelSlip {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        relabelled(view, context, found);
        for job in &view.config.jobs {
            let path = job.node.get_str("metrics_path");
            if let Some((node, _)) = path.filter(|(_, path)| strsim::damerau_levenshtein(path, "/metrics") == 1 && *path != "/metrics/") {
                let message = format!("{} is nearly the path at which metrics are", node.describe());
                let at = format!("scrape_configs[{}].metrics_path", job.index);
                found.push(META.finding(node.span, message).path(at).help("did you mean `/metrics`?"));
            }
        }
        let groups = |job: &Job<'_>| job.targets.labels.iter().flat_map(|labels| labels.entries()).count();
        containers(view, context, found);
        written(view, context, found);
        asked_for(view, context, found);
        if view.config.jobs.iter().all(|job| groups(job) == 0) {
            return;
        }
        let known = Known::of(context);
        let mut values_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut given: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (name, _, value) in view.config.jobs.iter().flat_map(|job| &job.targets.labels).flat_map(|labels| labels.entries()) {
            *given.entry((name, value.as_str().unwrap_or(""))).or_default() += 1;
            values_of.entry(name).or_default().insert(value.as_str().unwrap_or(""));
        }
        for job in &view.config.jobs {
            let mut report = |node: &Node, message: String, help: String| {
                let path = format!("scrape_configs[{}].static_configs", job.index);
                found.push(META.finding(node.span, message).path(path).help(help));
            };
            let shared = nearly_shared(job);
            for labels in &job.targets.labels {
                for (name, key, value) in labels.entries() {
                    if name == "__address__" {
                        let message = "a target is its own address, and this is passed over".to_owned();
                        report(key, message, "write the address under `targets`".to_owned());
                        continue;
                    }
                    if name.starts_with("__") {
                        unread(job, name, key, &mut report);
                        continue;
                    }
                    misnamed(labels, &shared, (name, key), &known, &mut report);
                    let Some(text) = value.as_str().filter(|text| text.len() >= 4 && !text.contains('$')) else { continue };
                    let others = known.values.get(name);
                    let is_known = others.is_some_and(|others| others.contains(text)) || given.get(&(name, text)).is_some_and(|n| *n > 1);
                    if matches!(name, "job" | "instance") || is_known {
                        continue;
                    }
                    let of_targets = values_of.get(name).into_iter().flatten().copied().filter(|value| *value != text);
                    if others.map_or(0, BTreeSet::len) + values_of.get(name).map_or(0, BTreeSet::len) > MANY {
                        continue;
                    }
                    let mut near = others.into_iter().flatten().map(String::as_str).chain(of_targets.filter(|v| v.len() >= 4));
                    if let Some(meant) = near.find(|other| is_slip_of_value(text, other) || is_slip_of_value(other, text)) {
                        report(value, format!("`{name}` is `{text}` here, and `{meant}` elsewhere"), format!("did you mean `{meant}`?"));
                    }
                }
            }
            names::alone(view.config, job, &known, &mut report);
            environment::other(job, &mut report);
            modules(job, context, &mut report);
            crossed(job, view, context, &mut report);
        }
    }
}

/// Values that relabelling writes and nobody asks for, while one that is nearly so is asked for.
fn written(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let steps = view.config.jobs.iter().flat_map(|job| {
        job.relabel.iter().filter_map(move |step| {
            let label = step.target?.as_str().filter(|label| !label.starts_with("__") && !matches!(*label, "job" | "instance"))?;
            let (node, text) = jobs::literal(step, label)?;
            Some((job, label, node, text))
        })
    });
    let steps: Vec<_> = steps.filter(|(.., text)| text.len() >= 4).collect();
    if steps.is_empty() {
        return;
    }
    let known = Known::of(context);
    let of_targets = |label: &str, text: &str| {
        let given = context.world.prometheus.iter().flat_map(|config| &config.jobs).flat_map(|job| &job.targets.labels);
        given.filter_map(|labels| labels.get(label)?.as_str()).any(|other| other == text)
    };
    for (job, label, node, text) in &steps {
        let times = steps.iter().filter(|(_, other, _, value)| other == label && value == text).count();
        let Some(others) = known.values.get(*label).filter(|others| !others.contains(*text) && times == 1 && !of_targets(label, text))
        else {
            continue;
        };
        if let Some(meant) = others.iter().find(|other| slip(text, &[other.as_str()]).is_some()) {
            let finding = META.finding(node.span, format!("`{label}` is `{text}` here, and `{meant}` elsewhere"));
            let path = format!("scrape_configs[{}].relabel_configs", job.index);
            found.push(finding.path(path).help(format!("did you mean `{meant}`?")));
        }
    }
}

/// Jobs of nodes whose series of containers are asked for, and that are scraped at the path of the kubelet's own.
fn containers(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    const SERIES: &[&str] = &["container_cpu_", "container_memory_", "container_network_", "container_fs_"];
    for job in &view.config.jobs {
        let of_nodes = |one: &Node| one.get("role").and_then(Node::as_str) == Some("node");
        let is_plain = job.metrics_path() == "/metrics" && !job.relabel.iter().any(|step| writes(step, "__metrics_path__"));
        // The exporter of nodes listens on each of them, too.
        let is_replaced = job.relabel.iter().any(|step| writes(step, "__address__"));
        if !is_plain || is_replaced || !job.node.items_of("kubernetes_sd_configs").any(of_nodes) {
            continue;
        }
        let asks = |query: &&&Query<'_>| {
            query.selectors().iter().any(|used| {
                let name = used.selector.metric_name().unwrap_or("");
                named_job(used.selector) == Some(job.name()) && SERIES.iter().any(|start| name.starts_with(start))
            })
        };
        let Some(query) = context.queries.iter().find(asks) else { continue };
        let place = job.node.get("metrics_path").or(job.name).unwrap_or(job.node);
        let message = format!("`{}` asks this job for series of containers, and the kubelet has them at `/metrics/cadvisor`", query.name());
        let finding = META.finding(place.span, message).path(format!("scrape_configs[{}].metrics_path", job.index));
        found.push(finding.related(query.node.span, "asked for here").help("write `metrics_path: /metrics/cadvisor`"));
    }
}

/// Labels that relabelling writes and nobody reads, while series of the job are grouped by one that is nearly called so and that they
/// do not have.
fn relabelled(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let is_own = |name: &str| matches!(name, "job" | "instance") || name.starts_with("__") || name.contains('$') || name.len() < 3;
    let mut written = Vec::new();
    for job in &view.config.jobs {
        let steps = job.relabel.iter().filter(|step| step.action == "replace");
        let labels = steps.filter_map(|step| step.target.and_then(|node| Some((job, node, node.as_str()?))));
        written.extend(labels.filter(|(_, _, name)| !is_own(name)));
    }
    if written.is_empty() {
        return;
    }
    // There may be thousands of jobs and of queries.
    let mut readers: HashMap<&str, Vec<&Query<'_>>> = HashMap::new();
    for query in context.queries {
        let jobs: BTreeSet<&str> = query.expr.iter().flat_map(selectors).filter_map(|found| named_job(found.selector)).collect();
        for job in jobs {
            readers.entry(job).or_default().push(query);
        }
    }
    for (job, node, name) in written {
        let of_job = readers.get(job.name()).map_or(&[][..], Vec::as_slice);
        if of_job.iter().any(|query| query.node.as_str().is_some_and(|text| text.contains(name))) {
            continue;
        }
        let Some((query, wanted)) = of_job.iter().find_map(|query| Some((*query, grouped_by(query, name, context)?))) else { continue };
        let message = format!("`{}` groups the series of this job by `{wanted}`, and this writes `{name}`", query.name());
        let finding = META.finding(node.span, message).path(format!("scrape_configs[{}].relabel_configs", job.index));
        found.push(finding.related(query.node.span, "grouped here").help(format!("did you mean `{wanted}`?")));
    }
}

/// A label that series are grouped by, that they do not have, and that is called nearly as another.
fn grouped_by(query: &Query<'_>, other: &str, context: &Context<'_>) -> Option<String> {
    let mut wanted = None;
    visit(query.expr.as_ref()?, &mut |node| {
        let ExprKind::Aggregate(aggregate) = &node.kind else { return };
        let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without) else { return };
        let all = selectors(&aggregate.expr);
        let lacks = |label: &str| all.iter().all(|found| !selector_shape(found.selector, context.world).possible(label));
        let near = grouping.labels.iter().map(|label| label.text.as_str()).find(|label| {
            label.len() >= 3 && *label != other && (is_slip_of_value(other, label) || is_slip_of_value(label, other)) && lacks(label)
        });
        wanted = wanted.take().or_else(|| near.map(str::to_owned));
    });
    wanted
}

type Report<'r> = dyn FnMut(&Node, String, String) + 'r;

/// What rules, queries, routes and manifests know of labels.
struct Known {
    /// Values by label.
    values: BTreeMap<String, BTreeSet<String>>,
    /// Names of labels that are asked for.
    names: BTreeSet<String>,
}

impl Known {
    fn of(context: &Context<'_>) -> Self {
        let mut known = Self { values: BTreeMap::new(), names: BTreeSet::new() };
        for query in context.queries {
            for (name, _, value) in query.rule().into_iter().flat_map(RuleOfFile::labels) {
                known.add(name, value.as_str().filter(|text| !text.contains("{{")));
            }
            for matcher in query.selectors().iter().flat_map(|found| &found.selector.matchers) {
                let is_plain = matcher.op == MatchOp::Equal && !query.is_variable(&matcher.value_range);
                known.add(&matcher.label.text, Some(matcher.value.as_str()).filter(|_| is_plain));
                known.names.insert(matcher.label.text.clone());
            }
        }
        for view in context.views {
            match &view.kind {
                ViewKind::Alertmanager(config) => {
                    for matcher in config.routes().into_iter().flat_map(|route| &route.matchers) {
                        known.add(&matcher.label, Some(matcher.value.as_str()).filter(|_| matcher.op == alertmanager::MatchOp::Equal));
                        known.names.insert(matcher.label.clone());
                    }
                }
                ViewKind::Other(Kind::Manifest) => {
                    let service = view.root.get("service");
                    known.add("service", service.and_then(|service| service.get("name")?.as_str()));
                    known.add("team", service.and_then(|service| service.get("team")?.as_str()));
                    for (name, ..) in view.root.entries_of("health") {
                        known.add("check", Some(name).filter(|name| *name != "base"));
                    }
                }
                _ => {}
            }
        }
        known
    }

    fn add(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| value.len() >= 4) {
            self.values.entry(label.to_owned()).or_default().insert(value.to_owned());
        }
    }
}

/// A label for relabelling or for the request that nothing reads.
fn unread(job: &Job<'_>, name: &str, key: &Node, report: &mut Report<'_>) {
    let is_read = READ.contains(&name) || name.starts_with("__tmp") || name.starts_with("__meta_");
    let used = job.relabel.iter().any(|step| step.sources.contains(&name) || step.action == "labelmap");
    let own_param = name.starts_with("__param_") && job.metrics_path() != "/probe";
    if is_read || used || own_param {
        return;
    }
    match did_you_mean(name, READ.iter().copied()) {
        Some(meant) => report(key, format!("nothing reads `{name}`"), format!("did you mean `{meant}`?")),
        None if name.starts_with("__param_") => {}
        None => report(key, format!("nothing reads `{name}`, and labels that begin with `__` are dropped"), "take it away".to_owned()),
    }
}

/// The module of a target that is labelled as another one's.
fn modules(job: &Job<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let named = context.views.iter().filter_map(|view| if let ViewKind::Blackbox(modules) = &view.kind { Some(modules) } else { None });
    let named: BTreeSet<&str> = named.flatten().map(Module::name).collect();
    let of = |labels: &Node| -> Vec<(String, String)> {
        let Some(module) = labels.get("__param_module").and_then(Node::as_str) else { return Vec::new() };
        let visible = labels.entries().filter(|(name, ..)| !name.starts_with("__"));
        visible.filter_map(|(_, _, value)| Some((value.as_str()?.to_owned(), module.to_owned()))).filter(|(v, _)| v.len() >= 4).collect()
    };
    // Only where modules are called after what the targets are labelled with.
    let fits = job.targets.labels.iter().any(|labels| of(labels).iter().any(|(value, module)| module.contains(value.as_str())));
    for labels in job.targets.labels.iter().filter(|_| fits) {
        for (value, module) in
            of(labels).iter().filter(|(value, module)| !module.contains(value.as_str()) && named.contains(module.as_str()))
        {
            let mut meant = named.iter().filter(|name| name.contains(value.as_str()));
            if let (Some(meant), None, Some(node)) = (meant.next(), meant.next(), labels.get("__param_module")) {
                let message = format!("what is labelled `{value}` is probed by the module `{module}`, and there is a module `{meant}`");
                report(node, message, format!("ask for `{meant}`, or correct the label"));
            }
        }
    }
}

//! Series of probes that nobody makes.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::blackbox::Module;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::probes::module_label;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::query::{matches, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::pattern::alternatives;
use crate::lint::world::Jobs;
use crate::lint::world::exporters;
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp, Matcher};
use crate::source::Node;

rule! {
    /// `probe_success` and its like come of jobs that ask a prober, and the jobs that a selector asks for are none: they scrape
    /// metrics of their own. The end of a certificate is known only of targets that are probed over TLS. Of several jobs that a
    /// selector names, each is to have the series.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["myapp:4000"] }]
    ///   - job_name: web
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'probe_success{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["myapp:4000"] }]
    ///   - job_name: web
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'probe_success{job="web"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ProbeSeries, "probe-series", Error
}

impl Rule for ProbeSeries {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        if world.jobs_known == Jobs::Open {
            return;
        }
        for used in &query.selectors {
            let Some(name) = used.selector.metric_name() else { continue };
            let gauge = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).filter(|base| SERIES.contains(base));
            if let Some(gauge) = gauge.filter(|_| world.recorded(name).is_empty() && world.metric(name).is_none()) {
                let message = format!("`{gauge}` of the blackbox exporter is a gauge, and there is no `{name}`");
                let finding = META.finding_at(Level::Warning, query.span(&used.range), message);
                found.push(finding.help("look at the gauge over time: `quantile_over_time(0.99, …[1h])`, `avg_over_time(…[5m])`"));
                continue;
            }
            found.extend(slip(query, used, name, context));
            found.extend(of_phases(query, used, name));
            if !SERIES.contains(&name) {
                continue;
            }
            if !world.recorded(name).is_empty() || is_shown(used, name, context) || query.is_variable(&used.range) {
                continue;
            }
            let Some(matcher) = used.selector.matchers.iter().find(|matcher| matcher.label.text == "job") else { continue };
            let mut probing = world.configured(matcher).filter(|job| asks_a_prober(job));
            let asks_for_tls = name.starts_with("probe_ssl");
            // There may be thousands of jobs, and one that may have the series is enough.
            let asks_for_http = name.starts_with("probe_http_");
            let kind = ["icmp", "grpc"].into_iter().find(|kind| name.strip_prefix("probe_").is_some_and(|rest| rest.starts_with(kind)));
            let is_other = |job: &Job<'_>| kind.is_some_and(|kind| prober(job, context).is_some_and(|prober| prober != kind));
            let fits = |job: &Job<'_>| {
                (!asks_for_tls || may_use_tls(job, context)) && (!asks_for_http || may_use_http(job, context)) && !is_other(job)
            };
            if probing.any(fits) {
                of_some(query, matcher, name, context, found);
                continue;
            }
            let jobs: Vec<&Job<'_>> = world.configured(matcher).collect();
            if jobs.is_empty() || jobs.iter().any(|job| job.honor_labels) {
                continue;
            }
            let message = if !jobs.iter().any(|job| asks_a_prober(job)) {
                format!("no job that this asks for makes probes, so there is no `{name}` of it")
            } else if asks_for_tls && !jobs.iter().any(|job| may_use_tls(job, context)) {
                format!("no target that this asks for is probed over TLS, so there is no `{name}` of it")
            } else if jobs.iter().all(|job| is_other(job)) {
                format!("no target that this asks for is probed in that way, so there is no `{name}` of it")
            } else if asks_for_http {
                format!("no target that this asks for is probed over HTTP, so there is no `{name}` of it")
            } else {
                continue;
            };
            // What honours labels, or is discovered, may bring series that call themselves by this job.
            let level = if world.jobs_known == Jobs::Closed { META.level } else { Level::Warning };
            let diagnostic = META.finding_at(level, query.span(&matcher.range), message).help("name a job that does");
            found.push(jobs.iter().filter_map(|job| job.name).take(3).fold(diagnostic, |d, name| d.related(name.span, "this job")));
        }
    }
}

/// A job among several that are named one by one, of which there is no such series for want of TLS.
fn of_some(query: &Expression<'_, '_>, matcher: &Matcher, name: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if matcher.op != MatchOp::Regex || !name.starts_with("probe_ssl") {
        return;
    }
    let lacks = |job: &str| {
        let jobs = context.world.jobs_named(job);
        context.world.is_configured(job) && jobs.iter().all(|job| asks_for_a_module(job) && !may_use_tls(job, context))
    };
    let all = alternatives(&matcher.value);
    let Some(job) = all.iter().find_map(|name| Some(context.world.jobs_named(name).first()?).filter(|_| lacks(name))) else { return };
    let place = job.modules().next().or(job.name).map_or(job.node.span, |node| node.span);
    let asked = query.span(&matcher.value_range);
    let message = format!("no target of `{}` is probed over TLS, so there is no `{name}` of it", job.name());
    let finding = META.finding_at(Level::Warning, asked, message).related(place, "this job");
    found.push(finding.help("take the job away, or probe it with a module that uses TLS"));
    let message = format!("`{}` asks for the `{name}` of this job, and nothing is probed over TLS here", query.name());
    let finding = META.finding_at(Level::Warning, place, message).path(format!("scrape_configs[{}]", job.index));
    found.push(finding.related(asked, "asked for here").help("name a module that uses TLS"));
}

/// What the blackbox exporter tells of every probe, or of one over TLS.
const SERIES: &[&str] = &[
    "probe_success",
    "probe_duration_seconds",
    "probe_grpc_healthcheck_response",
    "probe_grpc_status_code",
    "probe_http_status_code",
    "probe_http_duration_seconds",
    "probe_icmp_duration_seconds",
    "probe_ssl_earliest_cert_expiry",
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "probe_tls_version_info",
];

/// Whether somebody is known to have a series: the job that is asked for, or any where none is named that makes probes.
fn is_shown(used: &Use<'_>, name: &str, context: &Context<'_>) -> bool {
    let world = context.world;
    let job = named_job(used.selector).filter(|job| world.jobs_named(job).iter().any(|job| asks_a_prober(job)));
    match job {
        Some(job) => world.catalogues.iter().any(|page| page.is_of(job) && page.metrics.iter().any(|metric| metric.name.value == name)),
        None => world.metric(name).is_some(),
    }
}

/// The mean of the phases of a probe, of which each takes its part of the whole.
fn of_phases(query: &Expression<'_, '_>, used: &Use<'_>, name: &str) -> Option<Diagnostic> {
    let has_phases = matches!(name, "probe_http_duration_seconds" | "probe_dns_duration_seconds" | "probe_icmp_duration_seconds");
    let node = used.ancestors.last().filter(|_| has_phases && !used.is_range)?;
    let ExprKind::Aggregate(mean) = &node.kind else { return None };
    let keeps = mean.grouping.as_ref().is_some_and(|grouping| grouping.keeps("phase"));
    let is_one = used.selector.matchers.iter().any(|matcher| matcher.label.text == "phase" && matcher.op == MatchOp::Equal);
    if mean.op != AggregateOp::Avg || keeps || is_one {
        return None;
    }
    let message = format!("`{name}` has a series for each phase of a probe, and their mean is no time that a probe takes");
    let finding = META.finding_at(Level::Warning, query.span(&node.range), message);
    Some(finding.help("take the `sum` of the phases, or `probe_duration_seconds`"))
}

/// A name of no series of the blackbox exporter, of jobs that all ask it for a module: nearly one of those, or any other.
fn slip(query: &Expression<'_, '_>, used: &Use<'_>, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let world = context.world;
    if !name.starts_with("probe_") || exporters::is_known(name) || !world.recorded(name).is_empty() || world.metric(name).is_some() {
        return None;
    }
    let job = used.selector.matchers.iter().find(|matcher| matcher.label.text == "job")?;
    let mut jobs = world.prometheus.iter().flat_map(|config| &config.jobs).filter(|known| matches(job, known.name()) != Some(false));
    let meant = SERIES.iter().find(|known| strsim::damerau_levenshtein(name, known) == 1);
    // Other programs may be asked so, too, but hardly for a module under `/probe` and with series called like these.
    let asks_it = |job: &Job<'_>| if meant.is_some() { asks_a_prober(job) } else { asks_for_a_module(job) };
    if used.selector.metric.is_none() || jobs.clone().next().is_none() || !jobs.all(asks_it) {
        return None;
    }
    let place = query.span(&used.selector.metric.as_ref()?.range);
    let finding = META.finding_at(Level::Warning, place, format!("the blackbox exporter has no `{name}`"));
    let meant = meant.copied().or_else(|| exporters::of_program("probe_").find(|known| known.starts_with(name) || name.starts_with(known)));
    Some(finding.help(meant.map_or_else(|| "ask for a series that it has".to_owned(), |meant| format!("did you mean `{meant}`?"))))
}

/// Whether a job asks for a module, as the blackbox exporter is asked.
fn asks_for_a_module(job: &Job<'_>) -> bool {
    let labelled =
        || job.targets.groups.iter().any(|group| group.get("labels").is_some_and(|labels| labels.get("__param_module").is_some()));
    job.node.get("metrics_path").and_then(Node::as_str) == Some("/probe") && (job.modules().next().is_some() || labelled())
}

fn asks_a_prober(job: &Job<'_>) -> bool {
    let path = job.node.get("metrics_path").and_then(Node::as_str).unwrap_or("/metrics");
    path.contains("probe") || job.node.get("params").is_some() || !job.relabel.is_empty()
}

/// The module of a name, where the configuration of a blackbox exporter is among the inputs.
fn module<'a>(name: &str, context: &Context<'a>) -> Option<&'a Module<'a>> {
    context.views.iter().find_map(|view| match &view.kind {
        ViewKind::Blackbox(modules) => modules.iter().find(|known| known.name() == name),
        _ => None,
    })
}

/// Whether a job asks for a module whose prober may be `http`.
fn may_use_http(job: &Job<'_>, context: &Context<'_>) -> bool {
    let name = job.modules().next().and_then(Node::as_str).unwrap_or("");
    module(name, context).is_none_or(|known| matches!(known.prober(), "http" | ""))
}

fn asked_by_target(job: &Job<'_>) -> bool {
    job.targets.labels.iter().any(|labels| labels.get("__param_module").is_some())
}

/// How the module of a job probes: as its configuration says, or as it is called.
fn prober<'a>(job: &Job<'a>, context: &Context<'a>) -> Option<&'a str> {
    // The module may be told by the target, or by relabelling.
    if module_label(job) != Some("__param_module") || asked_by_target(job) {
        return None;
    }
    let name = job.modules().next().and_then(Node::as_str).unwrap_or("http_2xx");
    let called = || ["http", "tcp", "icmp", "dns", "grpc"].into_iter().find(|prober| name.starts_with(prober));
    module(name, context).map(Module::prober).filter(|prober| !prober.is_empty()).or_else(called)
}

/// Whether a target of a job may speak TLS: one that is no `http://` URL, of a module that is not known to speak plainly.
fn may_use_tls(job: &Job<'_>, context: &Context<'_>) -> bool {
    let name = job.node.get("params").and_then(|params| params.get("module")).and_then(|list| list.items().next()?.as_str()).unwrap_or("");
    let plain_module = module(name, context).is_some_and(speaks_plainly)
        || ["icmp", "ping", "dns"].iter().any(|word| name.contains(word))
        || matches!(name, "tcp_connect" | "grpc_plain");
    let targets: Vec<&str> = job.targets.addresses.iter().filter_map(|target| target.as_str()).collect();
    let plain_targets = !targets.is_empty() && targets.iter().all(|target| target.starts_with("http://"));
    !plain_module && !plain_targets
}

/// Whether a module never begins TLS, whatever its target is.
fn speaks_plainly(module: &Module<'_>) -> bool {
    let is = |section: &str, key: &str| module.node.get(section).and_then(|section| section.get(key)?.as_bool()) == Some(true);
    let steps = || module.node.get("tcp").and_then(|tcp| tcp.get("query_response")).into_iter().flat_map(Node::items);
    let starts = || steps().any(|step| step.get("starttls").is_some());
    match module.prober() {
        "grpc" => !is("grpc", "tls"),
        "tcp" => !is("tcp", "tls") && !starts(),
        "dns" => !is("dns", "dns_over_tls"),
        "icmp" => true,
        _ => false,
    }
}

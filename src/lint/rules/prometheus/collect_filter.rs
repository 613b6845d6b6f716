//! Collectors of the node exporter that are not asked for.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::named_job;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A job asks the node exporter for some of its collectors (`collect[]`), or for all but some (`exclude[]`), and an expression reads a
    /// metric of one that is not asked for: the exporter is well, and the metric never arrives.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: node
    ///     params: { "collect[]": [cpu, meminfo] }
    ///     static_configs: [{ targets: ["node-1:9100"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - { alert: DiskFull, expr: 'node_filesystem_avail_bytes{job="node"} < 1e9', for: 5m, labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: node
    ///     params: { "collect[]": [cpu, filesystem] }
    ///     static_configs: [{ targets: ["node-1:9100"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - { alert: DiskFull, expr: 'node_filesystem_avail_bytes{job="node"} < 1e9', for: 5m, labels: { severity: warning } }
    /// ```
    CollectFilter, "collect-filter", Warning
}

/// How the names of the metrics of a collector begin.
const COLLECTORS: &[(&str, &[&str])] = &[
    ("conntrack", &["node_nf_conntrack_"]),
    ("cpu", &["node_cpu_"]),
    ("diskstats", &["node_disk_"]),
    ("entropy", &["node_entropy_"]),
    ("filefd", &["node_filefd_"]),
    ("filesystem", &["node_filesystem_"]),
    ("hwmon", &["node_hwmon_"]),
    ("loadavg", &["node_load1", "node_load5"]),
    ("mdadm", &["node_md_"]),
    ("meminfo", &["node_memory_"]),
    ("netdev", &["node_network_receive_", "node_network_transmit_"]),
    ("netstat", &["node_netstat_"]),
    ("pressure", &["node_pressure_"]),
    ("sockstat", &["node_sockstat_"]),
    ("stat", &["node_boot_time_", "node_context_switches_", "node_intr_", "node_procs_"]),
    ("systemd", &["node_systemd_"]),
    ("time", &["node_time_"]),
    ("timex", &["node_timex_"]),
    ("uname", &["node_uname_"]),
    ("vmstat", &["node_vmstat_"]),
];

impl Rule for CollectFilter {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let params = job.node.get("params");
            let (asked, left_out) = (params.and_then(|params| params.get("collect[]")), params.and_then(|params| params.get("exclude[]")));
            let Some(place) = asked.or(left_out) else { continue };
            let lists = |list: Option<&Node>, name: &str| list.is_some_and(|list| list.items().any(|item| item.as_str() == Some(name)));
            let is_asked = |name: &str| (asked.is_none() || lists(asked, name)) && !lists(left_out, name);
            for (name, starts) in COLLECTORS.iter().filter(|(name, _)| !is_asked(name)) {
                let Some((metric, span)) = read(job, view, starts, context) else { continue };
                let message = format!("the collector `{name}` is not asked for, and `{metric}` is read of this job");
                let path = format!("scrape_configs[{}].params", job.index);
                found.push(
                    META.finding(place.span, message).path(path).related(span, "read here").help(format!("ask for `{name}` as well")),
                );
            }
        }
    }
}

/// A metric of a collector that an expression reads of a job, and where.
fn read<'a>(job: &Job<'_>, view: &PrometheusView<'_>, starts: &[&str], context: &Context<'a>) -> Option<(&'a str, crate::source::Span)> {
    let is_only =
        view.config.jobs.iter().filter(|other| other.node.get("params").is_some_and(|params| params.get("collect[]").is_some())).count()
            == 1
            && !view.config.jobs.iter().any(|other| other.index != job.index && other.name().contains("node"));
    context.selectors().find_map(|(query, used)| {
        let name = used.selector.metric_name().filter(|name| starts.iter().any(|start| name.starts_with(start)))?;
        let is_of_job = named_job(used.selector).map_or(is_only, |named| named == job.name());
        is_of_job.then(|| (name, query.span(used.place)))
    })
}

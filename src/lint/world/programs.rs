//! Programs that everybody knows by their series, and the jobs that scrape them.

use crate::formats::prometheus::Job;
use crate::lint::words::hosts::host;
use crate::lint::world::exporters;
use crate::lint::world::jobs::writes;

/// A program that exposes series of its own.
pub(in crate::lint) struct Program {
    /// How its series begin.
    start: &'static str,
    /// What it is called.
    pub(in crate::lint) name: &'static str,
    /// Words of jobs and hosts that have it.
    words: &'static [&'static str],
    /// Its usual port.
    port: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program { start: "alertmanager_", name: "Alertmanager", words: &["alertmanager"], port: "9093" },
    Program { start: "container_", name: "cAdvisor", words: &["cadvisor", "kubelet", "container", "docker"], port: "8080" },
    Program { start: "kube_", name: "kube-state-metrics", words: &["kube-state", "ksm"], port: "8080" },
    Program { start: "node_", name: "the exporter of machines", words: &["node", "machine"], port: "9100" },
    Program { start: "otelcol_", name: "the Collector", words: &["otel", "collector"], port: "8888" },
    Program { start: "prometheus_", name: "Prometheus", words: &["prometheus"], port: "9090" },
];

/// Exporters that expose nothing but what they tell of one program: words of jobs and hosts that have them, and their usual port.
const EXPORTERS: &[(&str, &str)] = &[
    ("alertmanager", "9093"),
    ("blackbox", "9115"),
    ("elasticsearch", "9114"),
    ("haproxy", "8404"),
    ("kafka", "9308"),
    ("kube-state", "8080"),
    ("memcached", "9150"),
    ("mongo", "9216"),
    ("mysql", "9104"),
    ("nginx", "9113"),
    ("node", "9100"),
    ("otel", "8888"),
    ("collector", "8888"),
    ("postgres", "9187"),
    ("prometheus", "9090"),
    ("rabbit", "15692"),
    ("redis", "9121"),
];

/// Whether a job has no series that is called as one of a service: it asks for probes, or scrapes a well-known exporter at its usual
/// port. What runtimes expose, an exporter may have as well.
pub(in crate::lint) fn is_foreign(job: &Job<'_>, series: &str) -> bool {
    if is_of_probes(job) {
        return !series.starts_with("probe_") && !series.starts_with("scrape_") && !exporters::BUILT_IN.contains(&series);
    }
    if exporters::comes_unasked(series) || exporters::is_of_others(series) || !job.targets.discovery.is_empty() {
        return false;
    }
    is_of_collector(job) || !job.honor_labels && exporters_at(job).next().is_some()
}

/// Whether a job scrapes the Collector alone, about itself and for what applications push: what is pushed is not scraped elsewhere as
/// well.
pub(in crate::lint) fn is_of_collector(job: &Job<'_>) -> bool {
    words(job).any(|name| name.contains("otel") || name.contains("collector")) && is_at_one_of(job, &["8888", "8889"])
}

/// Whether a job is called after the Pushgateway that it scrapes, as no job is that pushes to it.
pub(in crate::lint) fn is_pushgateway(job: &Job<'_>) -> bool {
    let name = job.name().to_lowercase().replace(['-', '_'], "");
    name.contains("pushgateway")
}

/// Whether a job scrapes nothing but the exporter of the program that a series is called after.
pub(in crate::lint) fn is_exporter_of(job: &Job<'_>, series: &str) -> bool {
    !job.honor_labels && job.targets.discovery.is_empty() && exporters_at(job).any(|word| series.starts_with(word))
}

/// The exporters that a job scrapes by its name, or that of a host, and by the port of all its targets: the words for them.
fn exporters_at<'j>(job: &'j Job<'_>) -> impl Iterator<Item = &'static str> + 'j {
    // Ports are told apart sooner than names.
    let here = EXPORTERS.iter().filter(|(_, port)| is_at_one_of(job, &[port])).map(|(word, _)| *word);
    here.filter(|word| words(job).any(|name| name.contains(word)))
}

/// Whether a job asks an exporter of probes for a module, of targets that it is led to.
pub(in crate::lint) fn is_of_probes(job: &Job<'_>) -> bool {
    job.metrics_path() == "/probe" && job.relabel.iter().any(|step| writes(step, "__param_target")) && !job.honor_labels
}

/// Whether all targets of a job are at one of these ports.
fn is_at_one_of(job: &Job<'_>, ports: &[&str]) -> bool {
    let mut targets = job.targets.addresses.iter().filter_map(|node| node.as_str()).peekable();
    targets.peek().is_some() && targets.all(|target| target.rsplit_once(':').is_some_and(|(_, own)| ports.contains(&own)))
}

/// The program that a series comes of.
pub(in crate::lint) fn of_series(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| name.starts_with(program.start)).filter(|_| exporters::is_known(name))
}

/// Whether a job or a host of its targets is called after one of these programs.
pub(in crate::lint) fn is_one(job: &Job<'_>) -> bool {
    PROGRAMS.iter().any(|program| program.is_named_by(job))
}

/// The name of a job and the hosts of its targets, in small letters.
pub(in crate::lint) fn words<'j>(job: &'j Job<'_>) -> impl Iterator<Item = String> + 'j {
    let targets = job.targets.addresses.iter().filter_map(|node| node.as_str());
    std::iter::once(job.name().to_lowercase()).chain(targets.map(|target| host(target).to_lowercase()))
}

impl Program {
    fn is_named_by(&self, job: &Job<'_>) -> bool {
        words(job).any(|word| self.words.iter().any(|name| word.contains(name)))
    }

    /// Whether a job may scrape it.
    pub(in crate::lint) fn may_be_of(&self, job: &Job<'_>) -> bool {
        self.is_named_by(job) || self.is_at_port_of(job)
    }

    /// Whether a job scrapes it by all that is known: at its port, which says nothing where it is everybody's.
    pub(in crate::lint) fn is_of(&self, job: &Job<'_>) -> bool {
        self.is_at_port_of(job) && (self.port != "8080" || self.is_named_by(job))
    }

    fn is_at_port_of(&self, job: &Job<'_>) -> bool {
        let mut targets = job.targets.addresses.iter().filter_map(|node| node.as_str());
        targets.any(|target| target.rsplit_once(':').is_some_and(|(_, port)| port == self.port))
    }
}

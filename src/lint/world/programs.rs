//! Programs that everybody knows by their series, and the jobs that scrape them.

use crate::formats::prometheus::Job;
use crate::lint::words::hosts::host;
use crate::lint::world::exporters;

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

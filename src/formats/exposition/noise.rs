//! Metrics that client libraries bring along: they say something about a runtime, and nothing about the service.

const PREFIXES: &[&str] = &[
    "go_",
    "process_",
    "promhttp_",
    "python_",
    "nodejs_",
    "jvm_",
    "erlang_vm_",
    "erlang_mnesia_",
    "ruby_",
    "dotnet_",
    "scrape_",
    "otel_scope_info",
    "target_info",
];

/// Whether a metric is one of those.
pub fn is_noise(name: &str) -> bool {
    noise(name).is_some()
}

/// What the names of those begin with that a metric is one of.
pub fn noise(name: &str) -> Option<&'static str> {
    PREFIXES.iter().copied().find(|prefix| name.starts_with(prefix))
}

//! How names begin that need no declaration: of what Prometheus makes, of what runtimes expose and of what others' programs serve.

/// What Prometheus makes itself.
pub const BUILT_IN: &[&str] = &["up", "ALERTS", "ALERTS_FOR_STATE", "target_info"];

/// What runtimes and client libraries expose without being asked.
pub const UNASKED: &[&str] = &[
    "scrape_",
    "probe_",
    "process_",
    "go_",
    "jvm_",
    "python_",
    "nodejs_",
    "erlang_",
    "beam_",
    "ruby_",
    "dotnet_",
    "promhttp_",
    "prometheus_",
    "puma_",
    "http_client_",
];

/// Whether a series may be there without anybody having declared it.
pub fn comes_unasked(name: &str) -> bool {
    BUILT_IN.contains(&name) || UNASKED.iter().any(|prefix| name.starts_with(prefix))
}

/// How the names begin that well-known exporters and agents give, which nobody here can change.
const OF_OTHERS: &[&str] = &[
    "DCGM_",
    "celery_",
    "container_",
    "elasticsearch_",
    "envoy_",
    "etcd_",
    "executor_pool_",
    "haproxy_",
    "hikaricp_",
    "jdbc_connections_",
    "jetty_",
    "kafka_",
    "kube_",
    "kubelet_",
    "logback_",
    "machine_",
    "memcached_",
    "mongodb_",
    "mysql_",
    "nginx_",
    "node_",
    "otelcol_",
    "pg_",
    "probe_",
    "puma_",
    "rabbitmq_",
    "redis_",
    "resilience4j_",
    "sidekiq_",
    "spring_",
    "system_cpu_",
    "system_load_average_",
    "tomcat_",
    "windows_",
];

/// Whether a name begins as those that a well-known exporter or agent gives.
pub fn is_of_others(name: &str) -> bool {
    OF_OTHERS.iter().any(|start| name.starts_with(start))
}

/// How the names of programs begin each of whose metrics has a name of three words or more.
const OF_THREE_WORDS: &[&str] = &["envoy_", "istio_", "kube_"];

/// Whether a name is of two words where such a program has three, and so only the beginning of some.
pub fn is_section(name: &str) -> bool {
    OF_THREE_WORDS.iter().any(|start| name.strip_prefix(start).is_some_and(|rest| !rest.is_empty() && !rest.contains('_')))
}

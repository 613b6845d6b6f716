//! What the name of a metric alone says of its values.

/// Whether a well-known metric is 1 for yes and 0 for no.
pub(in crate::lint) fn is_flag(name: &str) -> bool {
    const FLAGS: &[&str] = &[
        "pg_up",
        "redis_up",
        "mysql_up",
        "mongodb_up",
        "rabbitmq_up",
        "memcached_up",
        "nginx_up",
        "haproxy_up",
        "node_filesystem_readonly",
        "node_systemd_unit_state",
        "kube_node_status_condition",
        "kube_pod_status_ready",
        "kube_pod_status_phase",
        "kube_node_spec_unschedulable",
        "kube_cronjob_spec_suspend",
        "kube_deployment_spec_paused",
        "kube_pod_container_status_waiting_reason",
        "kube_pod_container_status_terminated_reason",
        "kube_pod_container_status_last_terminated_reason",
        "pg_replication_is_replica",
    ];
    // Whether as much is under way as may be.
    let is_breaker = || name.starts_with("envoy_") && name.contains("_circuit_breakers_") && name.ends_with("_open");
    let last = name.as_bytes().last();
    let of_exporter =
        || name.strip_suffix("_up").is_some_and(|program| program.len() > 1 && program.bytes().all(|byte| byte.is_ascii_lowercase()));
    matches!(last, Some(b'p' | b'y' | b'e' | b'n' | b'l' | b'd' | b's' | b'r' | b'a'))
        && (FLAGS.contains(&name) || of_exporter() || is_breaker() || well(name).is_some() || name.ends_with("_last_reload_successful"))
}

/// Which value of a well-known flag says that all is well: true for 1.
pub(in crate::lint) fn well(name: &str) -> Option<bool> {
    const AT_ONE: &[&str] = &[
        "kafka_topic_partition_leader_is_preferred",
        "node_network_up",
        "node_scrape_collector_success",
        "node_timex_sync_status",
        "probe_dns_query_succeeded",
        "probe_http_ssl",
        "redis_aof_last_bgrewrite_status",
        "redis_aof_last_write_status",
        "redis_master_link_up",
        "redis_rdb_last_bgsave_status",
    ];
    const AT_NONE: &[&str] = &[
        "kafka_topic_partition_under_replicated_partition",
        "node_filesystem_device_error",
        "node_filesystem_readonly",
        "pg_exporter_last_scrape_error",
        "probe_failed_due_to_regex",
        "redis_exporter_last_scrape_error",
    ];
    if AT_ONE.contains(&name) { Some(true) } else { AT_NONE.contains(&name).then_some(false) }
}

/// Whether a metric says by its labels alone which build runs.
pub(in crate::lint) fn is_build(name: &str) -> bool {
    name.ends_with("_build_info") && !name.contains(':')
}

/// Whether a metric of the orchestrator's exporter says something by its labels alone.
pub(in crate::lint) fn is_labels(name: &str) -> bool {
    name.starts_with("kube_") && !name.contains(':') && ["_labels", "_annotations", "_info"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a metric says something by its labels, and is always 1.
pub(in crate::lint) fn is_information(name: &str) -> bool {
    name.ends_with("_info") && !name.contains(':') || is_labels(name)
}

/// How many of what the name of a moment counts make a second: 1000 for milliseconds since 1970; `None` for what is no moment.
pub(in crate::lint) fn moment_scale(name: &str) -> Option<f64> {
    let is = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if is(&["_timestamp_milliseconds", "_timestamp_ms", "_timestamp_millis"]) {
        Some(1000.0)
    } else {
        let in_seconds = name.ends_with("_timestamp_seconds")
            || is_start(name)
            || name == "ALERTS_FOR_STATE"
            || is_moment_of_orchestrator(name)
            || name.starts_with("pg_stat_user_tables_last_")
            || is_end(name);
        in_seconds.then_some(1.0)
    }
}

/// Whether a metric says when a process or a machine began to run.
pub(in crate::lint) fn is_start(name: &str) -> bool {
    name.ends_with("_start_time_seconds") || name.ends_with("_boot_time_seconds")
}

/// Whether the orchestrator's exporter says by a metric when something was, or will be.
pub(in crate::lint) fn is_moment_of_orchestrator(name: &str) -> bool {
    name.starts_with("kube_") && !name.contains(':') && (name.ends_with("_time") || name.ends_with("_created"))
}

/// Whether a metric says when something ends.
pub(in crate::lint) fn is_end(name: &str) -> bool {
    let of_timestamp = || ["expiration_timestamp", "expiry_timestamp", "not_after_timestamp"].iter().any(|what| name.contains(what));
    name.ends_with("_cert_expiry")
        || name.ends_with("_not_after")
        || name.ends_with("_ssl_expire_time_seconds")
        || name.contains("_timestamp") && of_timestamp()
}

/// No moment is further away than the year 9999, in seconds: some say `never` by that.
pub(in crate::lint) const MOMENTS: f64 = 2.6e11;

/// Whether a well-known gauge of a process says how much there is of something.
pub(in crate::lint) fn is_amount(name: &str) -> bool {
    const AMOUNTS: &[&str] = &[
        "go_goroutines",
        "go_threads",
        "process_open_fds",
        "process_max_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_start_time_seconds",
    ];
    AMOUNTS.contains(&name) || name.strip_prefix("go_memstats_").is_some_and(|rest| rest.ends_with("_bytes"))
}

/// Whether a well-known gauge of a process says how much there is of what every process has some of.
pub(in crate::lint) fn is_some(name: &str) -> bool {
    matches!(name, "go_goroutines" | "go_threads" | "process_open_fds" | "process_max_fds" | "jvm_threads_live_threads")
}

/// Whether a gauge says for how many seconds something has been running.
pub(in crate::lint) fn is_uptime(name: &str) -> bool {
    let words = || name.split('_');
    !name.contains(':')
        && words().any(|word| word == "uptime")
        && !words().any(|word| matches!(word, "ms" | "milliseconds" | "minutes" | "hours" | "days"))
}

//! What the name of a metric alone says of its values.

/// Well-known metrics that are 1 for yes and 0 for no, in order, but for those that their ending says it of; with which of the two says that all is well, where one does.
const FLAGS: &[(&str, Option<bool>)] = &[
    ("kafka_topic_partition_leader_is_preferred", Some(true)),
    ("kafka_topic_partition_under_replicated_partition", Some(false)),
    ("kube_cronjob_spec_suspend", None),
    ("kube_deployment_spec_paused", None),
    ("kube_node_spec_unschedulable", None),
    ("kube_node_status_condition", None),
    ("kube_pod_container_status_last_terminated_reason", None),
    ("kube_pod_container_status_terminated_reason", None),
    ("kube_pod_container_status_waiting_reason", None),
    ("kube_pod_status_phase", None),
    ("kube_pod_status_ready", None),
    ("node_filesystem_device_error", Some(false)),
    ("node_filesystem_readonly", Some(false)),
    ("node_network_up", Some(true)),
    ("node_scrape_collector_success", Some(true)),
    ("node_systemd_unit_state", None),
    ("node_timex_sync_status", Some(true)),
    ("pg_exporter_last_scrape_error", Some(false)),
    ("pg_replication_is_replica", None),
    ("probe_dns_query_succeeded", Some(true)),
    ("probe_failed_due_to_regex", Some(false)),
    ("probe_http_ssl", Some(true)),
    ("redis_aof_last_bgrewrite_status", Some(true)),
    ("redis_aof_last_write_status", Some(true)),
    ("redis_exporter_last_scrape_error", Some(false)),
    ("redis_master_link_up", Some(true)),
    ("redis_rdb_last_bgsave_status", Some(true)),
];

/// Whether a well-known metric is 1 for yes and 0 for no.
pub(in crate::lint) fn is_flag(name: &str) -> bool {
    // Whether as much is under way as may be.
    let is_breaker = || name.starts_with("envoy_") && name.contains("_circuit_breakers_") && name.ends_with("_open");
    let of_exporter =
        || name.strip_suffix("_up").is_some_and(|program| program.len() > 1 && program.bytes().all(|byte| byte.is_ascii_lowercase()));
    flag(name).is_some() || of_exporter() || is_breaker() || name.ends_with("_last_reload_successful")
}

/// Whether a series is 1 for yes and 0 for no: a well-known flag, or what is said of a target that is scraped or probed.
pub(in crate::lint) fn is_yes_or_no(name: &str) -> bool {
    matches!(name, "up" | "probe_success") || is_flag(name)
}

/// Which value of a well-known flag says that all is well: true for 1.
pub(in crate::lint) fn well(name: &str) -> Option<bool> {
    flag(name)?.1
}

fn flag(name: &str) -> Option<&'static (&'static str, Option<bool>)> {
    FLAGS.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| &FLAGS[at])
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

/// Words for things that are counted, as the last of a name.
const THINGS: &[&str] = &[
    "brokers",
    "clients",
    "connections",
    "consumers",
    "containers",
    "entries",
    "files",
    "goroutines",
    "items",
    "jobs",
    "members",
    "messages",
    "nodes",
    "objects",
    "partitions",
    "pods",
    "processes",
    "replicas",
    "requests",
    "rows",
    "servers",
    "sessions",
    "sockets",
    "tasks",
    "threads",
    "workers",
];

/// Words that make a difference of a number of things.
const DIFFERENCES: &[&str] = &[
    "balance",
    "change",
    "delta",
    "deviation",
    "diff",
    "difference",
    "drift",
    "excess",
    "gap",
    "growth",
    "headroom",
    "lag",
    "missing",
    "net",
    "offset",
    "remaining",
    "skew",
    "surplus",
];

/// Whether a name ends with the things of which it says how many there are.
pub(in crate::lint) fn ends_with_things(name: &str) -> bool {
    name.rsplit('_').next().is_some_and(|last| THINGS.contains(&last))
}

/// Whether the name of a gauge says how many of some things there are, bytes among them, which are never fewer than none.
pub(in crate::lint) fn counts_things(name: &str) -> bool {
    !name.contains(':') && (ends_with_things(name) || name.ends_with("_bytes")) && !name.split('_').any(|word| DIFFERENCES.contains(&word))
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

#[cfg(test)]
mod tests {
    use super::FLAGS;

    #[test]
    fn flags_are_in_order() {
        assert!(FLAGS.is_sorted_by_key(|(name, _)| name));
    }
}

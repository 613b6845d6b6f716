//! The labels that exporters give to their metrics, and the values that some of them have.

use super::is_known;

/// Labels of what a Collector tells of itself, in any version: of one of its parts, and of itself as a resource and a scope.
macro_rules! of_collector {
    ($($part:literal),*) => {
        &[
            $($part,)*
            "service_instance_id",
            "service_name",
            "service_version",
            "otel_scope_name",
            "otel_scope_version",
            "otel_scope_schema_url",
        ]
    };
}

/// Metrics by the start of their names, and the labels that the exporter gives them in any version: no others.
const LABELS: &[(&str, &[&str])] = &[
    ("kafka_brokers", &[]),
    ("kafka_consumergroup_current_offset_sum", &["consumergroup", "topic"]),
    ("kafka_consumergroup_current_offset", &["consumergroup", "partition", "topic"]),
    ("kafka_consumergroup_lag_sum", &["consumergroup", "topic"]),
    ("kafka_consumergroup_lag", &["consumergroup", "partition", "topic"]),
    ("kafka_consumergroup_members", &["consumergroup"]),
    ("kafka_topic_partition_", &["partition", "topic"]),
    ("kafka_topic_partitions", &["topic"]),
    ("node_boot_time_seconds", &[]),
    ("node_context_switches_total", &[]),
    ("node_cpu_seconds_total", &["cpu", "mode"]),
    ("node_disk_", &["device"]),
    ("node_filefd_", &[]),
    ("node_filesystem_avail_bytes", &["device", "device_error", "fstype", "mountpoint"]),
    ("node_filesystem_files", &["device", "device_error", "fstype", "mountpoint"]),
    ("node_filesystem_free_bytes", &["device", "device_error", "fstype", "mountpoint"]),
    ("node_filesystem_readonly", &["device", "device_error", "fstype", "mountpoint"]),
    ("node_filesystem_size_bytes", &["device", "device_error", "fstype", "mountpoint"]),
    ("node_hwmon_temp_celsius", &["chip", "sensor"]),
    ("node_load", &[]),
    ("node_md_disks", &["device", "state"]),
    ("node_memory_", &[]),
    ("node_network_receive_", &["device"]),
    ("node_network_transmit_", &["device"]),
    ("node_nf_conntrack_", &[]),
    ("node_pressure_", &[]),
    ("node_scrape_collector_success", &["collector"]),
    ("node_systemd_unit_state", &["name", "state", "type"]),
    ("node_time_seconds", &[]),
    ("node_timex_", &[]),
    ("node_uname_info", &["domainname", "machine", "nodename", "release", "sysname", "version"]),
    ("node_vmstat_", &[]),
    ("otelcol_exporter_", of_collector!("exporter", "data_type", "otel_signal")),
    ("otelcol_process_", of_collector!()),
    ("otelcol_processor_", of_collector!("processor", "otel_signal", "pipeline")),
    ("otelcol_receiver_", of_collector!("receiver", "transport", "otel_signal")),
    ("pg_database_size_bytes", &["datname", "server"]),
    ("pg_locks_count", &["datname", "mode", "server"]),
    ("pg_replication_lag_seconds", &["server"]),
    ("pg_settings_", &["server"]),
    ("pg_stat_activity_", &["application_name", "backend_type", "datname", "server", "state", "usename", "wait_event", "wait_event_type"]),
    ("pg_stat_database_", &["datid", "datname", "server"]),
    ("pg_up", &[]),
    ("probe_dns_duration_seconds", &["phase"]),
    ("probe_dns_", &[]),
    ("probe_duration_seconds", &[]),
    ("probe_failed_due_to_", &[]),
    ("probe_grpc_duration_seconds", &["phase"]),
    ("probe_grpc_healthcheck_response", &["serving_status"]),
    ("probe_grpc_", &[]),
    ("probe_http_duration_seconds", &["phase"]),
    ("probe_http_", &[]),
    ("probe_icmp_duration_seconds", &["phase"]),
    ("probe_icmp_", &[]),
    ("probe_ip_", &[]),
    ("probe_ssl_last_chain_info", &["fingerprint_sha256", "issuer", "serialnumber", "subject", "subjectalternative"]),
    ("probe_ssl_", &[]),
    ("probe_success", &[]),
    ("probe_tls_cipher_info", &["cipher"]),
    ("probe_tls_version_info", &["version"]),
    ("prometheus_build_info", &["branch", "goarch", "goos", "goversion", "revision", "tags", "version"]),
    ("prometheus_config_last_reload_", &[]),
    ("prometheus_remote_storage_highest_timestamp_in_seconds", &[]),
    ("prometheus_remote_storage_queue_", &["remote_name", "url"]),
    ("prometheus_remote_storage_samples_failed_total", &["remote_name", "url"]),
    ("prometheus_remote_storage_samples_pending", &["remote_name", "url"]),
    ("prometheus_rule_evaluation_failures_total", &["rule_group"]),
    ("prometheus_rule_group_", &["rule_group"]),
    ("prometheus_target_scrapes_", &[]),
    ("prometheus_tsdb_compactions_failed_total", &[]),
    ("prometheus_tsdb_head_series", &[]),
    ("prometheus_tsdb_reloads_failures_total", &[]),
    ("prometheus_tsdb_wal_corruptions_total", &[]),
    ("redis_commands_processed_total", &["addr", "alias"]),
    ("redis_connected_clients", &["addr", "alias"]),
    ("redis_db_keys", &["addr", "alias", "db"]),
    ("redis_evicted_keys_total", &["addr", "alias"]),
    ("redis_expired_keys_total", &["addr", "alias"]),
    ("redis_keyspace_", &["addr", "alias"]),
    ("redis_memory_", &["addr", "alias"]),
    ("redis_rejected_connections_total", &["addr", "alias"]),
    ("redis_up", &[]),
];

/// The labels that an exporter gives to a metric, where they are known and there are no others.
pub fn labels_of(name: &str) -> Option<&'static [&'static str]> {
    if !is_known(name) {
        return None;
    }
    LABELS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, labels)| *labels)
}

/// Labels that discovery, orchestrators and exporters bring which are not listed.
const USUAL: &[&str] = &[
    "cluster",
    "container",
    "controller",
    "cpu",
    "deployment",
    "endpoint",
    "env",
    "environment",
    "host",
    "hostname",
    "image",
    "interface",
    "ip",
    "name",
    "namespace",
    "node",
    "path",
    "pod",
    "port",
    "prometheus",
    "region",
    "replica",
    "service",
    "statefulset",
    "target",
    "type",
    "version",
    "zone",
];

/// Whether some exporter, or what scrapes it, is known to give a label to something.
pub fn bring(label: &str) -> bool {
    USUAL.contains(&label) || LABELS.iter().any(|(_, labels)| labels.contains(&label))
}

/// Values that a label of a metric usually has, where others may come up.
pub fn usual_values(name: &str, label: &str) -> &'static [&'static str] {
    match (name, label) {
        ("kube_pod_container_status_waiting_reason", "reason") => &[
            "ContainerCreating",
            "CrashLoopBackOff",
            "CreateContainerConfigError",
            "CreateContainerError",
            "ErrImageNeverPull",
            "ErrImagePull",
            "ImagePullBackOff",
            "InvalidImageName",
            "PodInitializing",
            "PostStartHookError",
            "RunContainerError",
        ],
        ("kube_pod_container_status_last_terminated_reason" | "kube_pod_container_status_terminated_reason", "reason") => {
            &["Completed", "ContainerCannotRun", "DeadlineExceeded", "Error", "Evicted", "OOMKilled", "StartError"]
        }
        ("kube_pod_status_reason", "reason") => &["Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError"],
        ("kube_node_status_condition", "condition") => &["DiskPressure", "MemoryPressure", "NetworkUnavailable", "PIDPressure", "Ready"],
        ("kube_job_status_failed", "reason") => &["BackoffLimitExceeded", "DeadlineExceeded", "Evicted"],
        _ => &[],
    }
}

/// The values that a label of a metric has on any system.
pub fn values_of(name: &str, label: &str) -> Option<&'static [&'static str]> {
    match (name, label) {
        ("node_cpu_seconds_total", "mode") => Some(&[
            "idle",
            "iowait",
            "irq",
            "nice",
            "softirq",
            "steal",
            "system",
            "user",
            "guest",
            "guest_nice",
            "interrupt",
            "kernel",
            "wait",
        ]),
        ("probe_tls_version_info", "version") => Some(&["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]),
        ("node_md_disks", "state") => Some(&["active", "failed", "spare"]),
        ("node_md_state", "state") => Some(&["active", "check", "inactive", "recovering", "resync"]),
        ("pg_stat_activity_count" | "pg_stat_activity_max_tx_duration", "state") => Some(&[
            "active",
            "disabled",
            "fastpath function call",
            "idle",
            "idle in transaction",
            "idle in transaction (aborted)",
            "starting",
            "unknown",
        ]),
        ("pg_locks_count", "mode") => Some(&[
            "accessexclusivelock",
            "accesssharelock",
            "exclusivelock",
            "rowexclusivelock",
            "rowsharelock",
            "sharelock",
            "sharerowexclusivelock",
            "shareupdateexclusivelock",
            "sireadlock",
        ]),
        ("redis_db_keys" | "redis_db_keys_expiring", "db") => {
            Some(&["db0", "db1", "db2", "db3", "db4", "db5", "db6", "db7", "db8", "db9", "db10", "db11", "db12", "db13", "db14", "db15"])
        }
        ("probe_http_duration_seconds", "phase") => Some(&["resolve", "connect", "tls", "processing", "transfer"]),
        ("probe_icmp_duration_seconds", "phase") => Some(&["resolve", "setup", "rtt"]),
        ("probe_dns_duration_seconds", "phase") => Some(&["resolve", "connect", "request"]),
        ("kube_pod_status_phase", "phase") => Some(&["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
        ("kube_pod_status_ready", "condition") | ("kube_node_status_condition", "status") => Some(&["true", "false", "unknown"]),
        ("node_systemd_unit_state", "state") => Some(&["activating", "active", "deactivating", "failed", "inactive"]),
        _ => None,
    }
}

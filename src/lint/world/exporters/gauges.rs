//! Which metrics of exporters go up and down.

use super::is_known;

/// How the names of gauges begin that well-known exporters serve, where no counter begins so.
const GAUGES: &[&str] = &[
    "kafka_brokers",
    "kafka_consumergroup_lag",
    "kafka_consumergroup_members",
    "kafka_topic_partition_in_sync_replica",
    "kafka_topic_partition_replicas",
    "kafka_topic_partition_under_replicated_partition",
    "kafka_topic_partitions",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_",
    "node_filesystem_avail_bytes",
    "node_filesystem_files",
    "node_filesystem_free_bytes",
    "node_filesystem_size_bytes",
    "node_hwmon_temp_celsius",
    "node_load",
    "node_memory_Buffers_bytes",
    "node_memory_Cached_bytes",
    "node_memory_Mem",
    "node_memory_Swap",
    "otelcol_exporter_queue_",
    "pg_database_size_bytes",
    "pg_locks_count",
    "pg_replication_lag",
    "pg_settings_",
    "pg_stat_activity_",
    "pg_stat_database_numbackends",
    "pg_stat_user_tables_last_",
    "pg_stat_user_tables_n_dead_tup",
    "pg_stat_user_tables_n_live_tup",
    "pg_up",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_virtual_memory_",
    "redis_blocked_clients",
    "redis_config_",
    "redis_connected_",
    "redis_db_keys",
    "redis_memory_max_bytes",
    "redis_memory_used_",
    "redis_slowlog_length",
    "redis_up",
];

/// Whether an exporter serves a gauge of this name.
pub fn is_gauge(name: &str) -> bool {
    is_known(name) && GAUGES.iter().any(|start| name.starts_with(start))
}

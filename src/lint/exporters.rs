//! Metrics of exporters that everybody uses, by name. The list is not whole and does not have to be: a name that is not in it may
//! well exist, and only one that is a letter away from one that is in it is taken for a slip.

/// The names, in order.
pub const METRICS: &[&str] = &[
    "alertmanager_alerts", "alertmanager_cluster_members", "alertmanager_config_last_reload_successful",
    "alertmanager_notifications_failed_total", "alertmanager_notifications_total", "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total", "container_cpu_usage_seconds_total", "container_fs_limit_bytes",
    "container_fs_usage_bytes", "container_last_seen", "container_memory_cache", "container_memory_rss",
    "container_memory_usage_bytes", "container_memory_working_set_bytes", "container_network_receive_bytes_total",
    "container_network_receive_errors_total", "container_network_transmit_bytes_total", "container_network_transmit_errors_total",
    "container_oom_events_total", "container_spec_cpu_quota", "container_spec_memory_limit_bytes", "container_start_time_seconds",
    "go_gc_duration_seconds", "go_goroutines", "go_info", "go_memstats_alloc_bytes", "go_memstats_heap_alloc_bytes",
    "go_memstats_heap_inuse_bytes", "go_memstats_heap_sys_bytes", "go_threads", "grpc_server_handled_total",
    "grpc_server_handling_seconds", "grpc_server_msg_received_total", "grpc_server_msg_sent_total", "grpc_server_started_total",
    "kafka_consumergroup_lag", "kube_cronjob_next_schedule_time", "kube_daemonset_status_desired_number_scheduled",
    "kube_daemonset_status_number_ready", "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available",
    "kube_deployment_status_replicas_updated", "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_current_replicas", "kube_job_failed", "kube_job_status_failed",
    "kube_node_status_condition", "kube_persistentvolumeclaim_status_phase", "kube_pod_container_resource_limits",
    "kube_pod_container_resource_requests", "kube_pod_container_status_last_terminated_reason", "kube_pod_container_status_ready",
    "kube_pod_container_status_restarts_total", "kube_pod_container_status_waiting_reason", "kube_pod_info", "kube_pod_labels",
    "kube_pod_status_phase", "kube_statefulset_replicas", "kube_statefulset_status_replicas_ready",
    "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes", "kubelet_volume_stats_used_bytes",
    "mysql_global_status_connections", "mysql_global_status_queries", "mysql_global_status_slow_queries",
    "mysql_global_status_threads_connected", "mysql_global_status_threads_running", "mysql_global_variables_max_connections",
    "mysql_slave_status_seconds_behind_master", "mysql_up", "node_boot_time_seconds", "node_context_switches_total",
    "node_cpu_seconds_total", "node_disk_io_now", "node_disk_io_time_seconds_total", "node_disk_io_time_weighted_seconds_total",
    "node_disk_read_bytes_total", "node_disk_read_time_seconds_total", "node_disk_reads_completed_total",
    "node_disk_write_time_seconds_total", "node_disk_writes_completed_total", "node_disk_written_bytes_total",
    "node_filefd_allocated", "node_filefd_maximum", "node_filesystem_avail_bytes", "node_filesystem_device_error",
    "node_filesystem_files", "node_filesystem_files_free", "node_filesystem_free_bytes", "node_filesystem_readonly",
    "node_filesystem_size_bytes", "node_load1", "node_load15", "node_load5", "node_memory_Buffers_bytes",
    "node_memory_Cached_bytes", "node_memory_MemAvailable_bytes", "node_memory_MemFree_bytes", "node_memory_MemTotal_bytes",
    "node_memory_SwapFree_bytes", "node_memory_SwapTotal_bytes", "node_network_receive_bytes_total",
    "node_network_receive_drop_total", "node_network_receive_errs_total", "node_network_receive_packets_total",
    "node_network_transmit_bytes_total", "node_network_transmit_drop_total", "node_network_transmit_errs_total",
    "node_network_transmit_packets_total", "node_network_up", "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit",
    "node_scrape_collector_success", "node_time_seconds", "node_timex_offset_seconds", "node_timex_sync_status",
    "node_uname_info", "node_vmstat_oom_kill", "node_vmstat_pgmajfault", "pg_database_size_bytes",
    "pg_exporter_last_scrape_error", "pg_locks_count", "pg_replication_is_replica", "pg_replication_lag_seconds",
    "pg_settings_max_connections", "pg_stat_activity_count", "pg_stat_activity_max_tx_duration",
    "pg_stat_bgwriter_buffers_backend_total", "pg_stat_database_blks_hit", "pg_stat_database_blks_read",
    "pg_stat_database_conflicts", "pg_stat_database_deadlocks", "pg_stat_database_numbackends", "pg_stat_database_temp_bytes",
    "pg_stat_database_tup_deleted", "pg_stat_database_tup_fetched", "pg_stat_database_tup_inserted",
    "pg_stat_database_tup_returned", "pg_stat_database_tup_updated", "pg_stat_database_xact_commit",
    "pg_stat_database_xact_rollback", "pg_stat_replication_pg_wal_lsn_diff", "pg_stat_user_tables_n_dead_tup", "pg_up",
    "probe_dns_lookup_time_seconds", "probe_duration_seconds", "probe_failed_due_to_regex", "probe_http_content_length",
    "probe_http_duration_seconds", "probe_http_redirects", "probe_http_ssl", "probe_http_status_code", "probe_http_version",
    "probe_icmp_duration_seconds", "probe_ip_protocol", "probe_ssl_earliest_cert_expiry",
    "probe_ssl_last_chain_expiry_timestamp_seconds", "probe_success", "probe_tls_version_info", "process_cpu_seconds_total",
    "process_max_fds", "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds",
    "process_virtual_memory_bytes", "prometheus_build_info", "prometheus_config_last_reload_success_timestamp_seconds",
    "prometheus_config_last_reload_successful", "prometheus_notifications_alertmanagers_discovered",
    "prometheus_notifications_dropped_total", "prometheus_notifications_errors_total", "prometheus_notifications_queue_capacity",
    "prometheus_notifications_queue_length", "prometheus_notifications_sent_total",
    "prometheus_remote_storage_samples_failed_total", "prometheus_remote_storage_samples_pending",
    "prometheus_remote_storage_samples_total", "prometheus_rule_evaluation_failures_total",
    "prometheus_rule_group_iterations_missed_total", "prometheus_rule_group_last_duration_seconds",
    "prometheus_target_scrapes_exceeded_sample_limit_total", "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_tsdb_compactions_failed_total", "prometheus_tsdb_head_samples_appended_total", "prometheus_tsdb_head_series",
    "prometheus_tsdb_reloads_failures_total", "prometheus_tsdb_wal_corruptions_total", "push_failure_time_seconds",
    "push_time_seconds", "rabbitmq_connections", "rabbitmq_consumers", "rabbitmq_queue_messages", "rabbitmq_queue_messages_ready",
    "rabbitmq_queue_messages_unacked", "redis_blocked_clients", "redis_commands_processed_total", "redis_commands_total",
    "redis_config_maxclients", "redis_config_maxmemory", "redis_connected_clients", "redis_connected_slaves", "redis_db_keys",
    "redis_db_keys_expiring", "redis_evicted_keys_total", "redis_expired_keys_total", "redis_exporter_last_scrape_error",
    "redis_instance_info", "redis_keyspace_hits_total", "redis_keyspace_misses_total", "redis_master_link_up",
    "redis_mem_fragmentation_ratio", "redis_memory_max_bytes", "redis_memory_used_bytes", "redis_memory_used_rss_bytes",
    "redis_net_input_bytes_total", "redis_net_output_bytes_total", "redis_rdb_last_bgsave_status",
    "redis_rdb_last_save_timestamp_seconds", "redis_rejected_connections_total", "redis_up", "redis_uptime_in_seconds",
];

/// Whether an exporter serves a metric of this name.
pub fn is_known(name: &str) -> bool {
    METRICS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::METRICS;

    #[test]
    fn names_are_in_order() {
        assert!(METRICS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

//! Which metrics of exporters count, though their names do not say so.

use super::is_known;

/// How the names of counters without `_total` begin that well-known exporters serve, where no gauge begins so.
const COUNTERS: &[&str] = &[
    "mysql_global_status_aborted_connects",
    "mysql_global_status_connections",
    "mysql_global_status_innodb_row_lock_waits",
    "mysql_global_status_queries",
    "mysql_global_status_slow_queries",
    "node_vmstat_oom_kill",
    "node_vmstat_pgfault",
    "node_vmstat_pgmajfault",
    "pg_stat_archiver_failed_count",
    "pg_stat_database_blk_",
    "pg_stat_database_blks_",
    "pg_stat_database_conflicts",
    "pg_stat_database_deadlocks",
    "pg_stat_database_temp_",
    "pg_stat_database_tup_",
    "pg_stat_database_xact_",
    "pg_stat_user_tables_seq_scan",
];

/// Whether an exporter serves a counter of this name that does not end as counters do.
pub fn is_counter(name: &str) -> bool {
    is_known(name) && COUNTERS.iter().any(|start| name.starts_with(start))
}

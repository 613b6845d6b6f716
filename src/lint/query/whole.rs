//! Which metric is a part of which, as their names say.

/// Parts and wholes of libraries that everybody uses, where the whole is all there is.
const KNOWN: &[(&str, &str)] = &[
    ("hikaricp_connections", "hikaricp_connections_max"),
    ("hikaricp_connections_active", "hikaricp_connections_max"),
    ("hikaricp_connections_idle", "hikaricp_connections_max"),
    ("jvm_threads_states_threads", "jvm_threads_live_threads"),
    ("process_files_open_files", "process_files_max_files"),
    ("mysql_global_status_threads_running", "mysql_global_status_threads_connected"),
    ("node_filesystem_files_free", "node_filesystem_files"),
    ("pg_stat_activity_count", "pg_settings_max_connections"),
    ("mysql_global_status_threads_connected", "mysql_global_variables_max_connections"),
    ("container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"),
    ("container_memory_working_set_bytes", "container_spec_memory_limit_bytes"),
    ("kubelet_volume_stats_used_bytes", "kubelet_volume_stats_capacity_bytes"),
    ("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"),
    ("kafka_topic_partition_in_sync_replica", "kafka_topic_partition_replicas"),
    ("node_filefd_allocated", "node_filefd_maximum"),
    ("node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"),
    ("redis_connected_clients", "redis_config_maxclients"),
    ("process_open_fds", "process_max_fds"),
    ("tomcat_threads_busy_threads", "tomcat_threads_config_max_threads"),
    ("tomcat_threads_current_threads", "tomcat_threads_config_max_threads"),
];

/// Those whose whole may be passed for a while, or is no limit where it is 0.
const SOFT: &[(&str, &str)] = &[
    ("container_memory_working_set_bytes", "kube_pod_container_resource_limits"),
    ("kube_horizontalpodautoscaler_status_current_replicas", "kube_horizontalpodautoscaler_spec_max_replicas"),
    ("go_sql_idle_connections", "go_sql_max_open_connections"),
    ("go_sql_in_use_connections", "go_sql_max_open_connections"),
    ("go_sql_open_connections", "go_sql_max_open_connections"),
    ("kube_deployment_status_replicas_available", "kube_deployment_spec_replicas"),
    ("kube_deployment_status_replicas_ready", "kube_deployment_spec_replicas"),
    ("kube_statefulset_status_replicas_ready", "kube_statefulset_replicas"),
];

/// Whether a whole is all there is, rather than a limit that may be passed.
pub(in crate::lint) fn is_hard(part: &str, whole: &str) -> bool {
    let is_of_all = || part.strip_prefix(whole).and_then(|rest| rest.strip_prefix('_')).is_some_and(|word| PARTS.contains(&word));
    if KNOWN.contains(&(part, whole)) || is_of_all() {
        return true;
    }
    whole.to_ascii_lowercase().split('_').any(|word| matches!(word, "size" | "capacity" | "memtotal" | "swaptotal"))
}

/// Whether a whole is called the most that there may be of a part: `connections_max` of `connections`.
pub(in crate::lint) fn is_most(part: &str, whole: &str) -> bool {
    let is_limit = whole.split('_').any(|word| matches!(word, "max" | "maximum"));
    is_limit && is_part(part, whole) && !SOFT.contains(&(part, whole)) && !is_soft(part)
}

/// What a share of a part by its whole is at most: a deployment has more pods than it should while it is rolled out.
pub(in crate::lint) fn most_of_share(part: &str) -> f64 {
    if is_soft(part) { 3.0 } else { 1.0 }
}

/// Whether a part is more than its whole now and then, so that how many times the whole it is may be asked.
pub(in crate::lint) fn is_soft(part: &str) -> bool {
    part.starts_with("kube_")
}

/// The one word by which two names of as many words differ: that of the first, and that of the second; and what stands between words.
pub(in crate::lint) fn apart_by_word<'n>(one: &'n str, other: &'n str, between: &[char]) -> Option<(&'n str, &'n str)> {
    let words = |name: &'n str| name.split(between).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let mut apart = one.iter().zip(&other).filter(|(one, other)| one != other);
    let (one_word, other_word) = apart.next().filter(|_| apart.next().is_none() && one.len() == other.len())?;
    Some((*one_word, *other_word))
}

const PARTS: &[&str] =
    &["used", "usage", "use", "avail", "available", "free", "memavailable", "memfree", "swapfree", "working", "open", "active", "busy"];
const WHOLES: &[&str] = &["size", "max", "limit", "capacity", "maximum", "memtotal", "swaptotal", "total"];

/// What a gauge is called after, where another says how high it may go.
const MOST: &[&str] = &["max", "limit", "capacity", "maximum"];
/// Words for some of what was asked for, and for all of it.
const HITS: &[&str] = &["hits", "misses"];
const LOOKUPS: &[&str] = &["lookups", "requests", "gets", "queries", "accesses"];

/// How some of all events went.
const OUTCOMES: &[&str] =
    &["failed", "failure", "failures", "errored", "rejected", "dropped", "refused", "succeeded", "successful", "discarded", "aborted"];

/// Whether one counter counts those of another's events that went so: `orders_failed` of `orders`.
fn is_outcome(part: &str, whole: &str) -> bool {
    let words: Vec<&str> = part.split('_').collect();
    let without = |at: usize| words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| *word).eq(whole.split('_'));
    words.iter().enumerate().any(|(at, word)| OUTCOMES.contains(word) && without(at))
}

/// Whether names say that one metric is a part of another: both begin alike, one goes on with a word for a part, the other with
/// one for the whole.
pub(in crate::lint) fn is_part(part: &str, whole: &str) -> bool {
    // Most divisions are of one metric.
    if part == whole {
        return false;
    }
    if KNOWN.iter().chain(SOFT).any(|known| *known == (part, whole)) {
        return true;
    }
    let of = |name: &str| -> Vec<String> { name.to_ascii_lowercase().split('_').map(str::to_owned).collect() };
    // `_total` at the end of a name says that it counts.
    let counted = |name: &str| name.strip_suffix("_total").map(str::to_owned);
    let counters = counted(part).zip(counted(whole));
    let (part, whole) = (of(part), of(whole.strip_suffix("_total").unwrap_or(whole)));
    let alike = part.iter().zip(&whole).take_while(|(one, other)| one == other).count();
    let has = |words: &[String], known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let (own, rest) = (&part[alike..], &whole[alike..]);
    if let Some((part, whole)) = &counters
        && is_outcome(part, whole)
    {
        return true;
    }
    if let (Some(_), [one, total], [other]) = (&counters, own, rest) {
        return alike >= 1 && total == "total" && HITS.contains(&one.as_str()) && LOOKUPS.contains(&other.as_str());
    }
    // What there is, and the most that there may be: `connections` of `connections_max`.
    // `threads_busy` of `threads`.
    let of_all = rest.is_empty() && matches!(own, [word] if PARTS.contains(&word.as_str()));
    let most = own.is_empty() && matches!(rest, [word] if MOST.contains(&word.as_str()));
    let holds = matches!((own, rest), ([size], [capacity]) if size == "size" && capacity == "capacity");
    // `cache_entries` of `cache_capacity_entries`.
    let inserted = matches!(rest, [word, same @ ..] if MOST.contains(&word.as_str()) && same == own);
    alike >= 1 && (of_all || most || holds || inserted || has(own, PARTS) && has(rest, WHOLES) && !has(own, WHOLES) && !has(rest, PARTS))
}

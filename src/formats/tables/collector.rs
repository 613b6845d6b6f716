//! Keys of the OpenTelemetry Collector: its own, those of its core components, and those of well-known components of the contrib
//! distribution (up to 0.155).
//!
//! Components are added all the time, so a component that is not here is passed over. Tables of contrib components hold what is
//! usually written, and of other keys only what looks like a slip is reported.

use super::{Table, Type};

const OWNER: &str = "the Collector";
const TIME: Type = Type::Nanos;
const TLS_VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3"];
const COMPRESSIONS: &[&str] = &["", "none", "gzip", "zstd", "snappy", "zlib", "deflate", "lz4", "x-snappy-framed"];
const SIZERS: &[&str] = &["requests", "items", "bytes"];
/// Batches are made of what is in requests, not of whole ones.
const BATCH_SIZERS: &[&str] = &["items", "bytes"];
const ERROR_MODE: (&str, Type) = ("error_mode", Type::Word(&["ignore", "silent", "propagate"]));
const WORDS: Type = Type::List(&Type::Filled);

macro_rules! table {
    ($name:ident, [$($key:expr),* $(,)?]) => { table!($name, [$($key),*], [], []); };
    ($name:ident, [$($key:expr),* $(,)?], [$($required:expr),*], [$($exclusive:expr),*]) => {
        static $name: Table = Table { owner: OWNER, keys: &[$($key),*], required: &[$($required),*], exclusive: &[$($exclusive),*] };
    };
}

/// The whole configuration.
pub(in crate::formats) static COLLECTOR: Table = Table {
    owner: OWNER,
    keys: &[
        ("receivers", Type::Map(&Type::Any)),
        ("processors", Type::Map(&Type::Any)),
        ("exporters", Type::Map(&Type::Any)),
        ("connectors", Type::Map(&Type::Any)),
        ("extensions", Type::Map(&Type::Any)),
        ("service", Type::Table(&SERVICE)),
    ],
    required: &[],
    exclusive: &[],
};

table!(SERVICE, [("extensions", WORDS), ("pipelines", Type::Map(&Type::Table(&PIPELINE))), ("telemetry", Type::Table(&TELEMETRY))]);
table!(PIPELINE, [("receivers", WORDS), ("processors", WORDS), ("exporters", WORDS)]);
table!(
    TELEMETRY,
    [("logs", Type::Table(&TELEMETRY_LOGS)), ("metrics", Type::Table(&TELEMETRY_METRICS)), ("traces", Type::Any), ("resource", Type::Any),]
);
table!(
    TELEMETRY_LOGS,
    [
        ("level", Type::Word(&["debug", "info", "warn", "error", "dpanic", "panic", "fatal", "DEBUG", "INFO", "WARN", "ERROR"])),
        ("development", Type::Flag),
        ("encoding", Type::Word(&["json", "console"])),
        ("disable_caller", Type::Flag),
        ("disable_stacktrace", Type::Flag),
        ("sampling", Type::Any),
        ("output_paths", WORDS),
        ("error_output_paths", WORDS),
        ("initial_fields", Type::Any),
        ("processors", Type::Any),
        ("disable_zap_resource", Type::Flag),
    ]
);
table!(
    TELEMETRY_METRICS,
    [
        ("level", Type::Word(&["none", "basic", "normal", "detailed", "None", "Basic", "Normal", "Detailed"])),
        ("address", Type::Text),
        ("readers", Type::List(&Type::Table(&READER))),
        ("views", Type::Any),
    ]
);
table!(READER, [("pull", Type::Open(&PULL)), ("periodic", Type::Open(&PERIODIC))]);
table!(PULL, [("exporter", Type::Open(&PULLED))], [&["exporter"]], []);
table!(PULLED, [("prometheus", Type::Open(&OWN_PROMETHEUS))], [&["prometheus"]], []);
table!(
    OWN_PROMETHEUS,
    [
        ("host", Type::Filled),
        ("port", Type::Count),
        ("without_units", Type::Flag),
        ("without_type_suffix", Type::Flag),
        ("without_scope_info", Type::Flag),
        ("with_resource_constant_labels", Type::Any),
    ]
);
table!(PERIODIC, [("exporter", Type::Open(&PUSHED)), ("interval", Type::Positive), ("timeout", Type::Positive)], [&["exporter"]], []);
table!(PUSHED, [("otlp", Type::Open(&OWN_OTLP)), ("console", Type::Any)], [&["otlp", "console"]], []);
table!(
    OWN_OTLP,
    [
        ("protocol", Type::Word(&["grpc", "grpc/protobuf", "http/protobuf"])),
        ("endpoint", Type::Filled),
        ("insecure", Type::Flag),
        ("compression", Type::Text),
        ("timeout", Type::Count),
        ("headers", Type::Any),
        ("temporality_preference", Type::Text),
    ],
    [&["protocol"]],
    []
);

table!(
    RETRY,
    [
        ("enabled", Type::Flag),
        ("initial_interval", TIME),
        ("max_elapsed_time", TIME),
        ("max_interval", TIME),
        ("multiplier", Type::Number),
        ("randomization_factor", Type::Fraction),
    ]
);
table!(
    QUEUE,
    [
        ("batch", Type::Table(&QUEUE_BATCH)),
        ("block_on_overflow", Type::Flag),
        ("blocking", Type::Flag),
        ("enabled", Type::Flag),
        ("num_consumers", Type::Positive),
        ("queue_size", Type::Positive),
        ("sizer", Type::Word(SIZERS)),
        ("storage", Type::Filled),
        ("wait_for_result", Type::Flag),
    ]
);
table!(
    QUEUE_BATCH,
    [
        ("flush_timeout", TIME),
        ("max_size", Type::Count),
        ("min_size", Type::Count),
        ("partition", Type::Table(&PARTITION)),
        ("sizer", Type::Word(BATCH_SIZERS)),
        ("enabled", Type::Flag),
    ]
);
const AUTH: (&str, Type) = ("auth", Type::Table(&AUTHENTICATOR));
table!(AUTHENTICATOR, [("authenticator", Type::Filled), ("request_params", WORDS)], [&["authenticator"]], []);

macro_rules! tls {
    ($name:ident, [$($key:expr),* $(,)?]) => {
        table!(
            $name,
            [
                ("ca_file", Type::Text),
                ("ca_pem", Type::Text),
                ("cert_file", Type::Text),
                ("cert_pem", Type::Text),
                ("cipher_suites", WORDS),
                ("curve_preferences", WORDS),
                ("include_system_ca_certs_pool", Type::Flag),
                ("key_file", Type::Text),
                ("key_pem", Type::Text),
                ("max_version", Type::Word(TLS_VERSIONS)),
                ("min_version", Type::Word(TLS_VERSIONS)),
                ("reload_interval", TIME),
                ("tpm", Type::Table(&TPM)),
                $($key),*
            ],
            [],
            [&["ca_file", "ca_pem"], &["cert_file", "cert_pem"], &["key_file", "key_pem"]]
        );
    };
}
tls!(TLS_CLIENT, [("insecure", Type::Flag), ("insecure_skip_verify", Type::Flag), ("server_name_override", Type::Text)]);
tls!(TLS_SERVER, [("client_ca_file", Type::Text), ("client_ca_file_reload", Type::Flag)]);

table!(KEEPALIVE_CLIENT, [("permit_without_stream", Type::Flag), ("time", TIME), ("timeout", TIME)]);
table!(KEEPALIVE_SERVER, [("enforcement_policy", Type::Table(&ENFORCEMENT)), ("server_parameters", Type::Table(&PARAMETERS))]);
table!(ENFORCEMENT, [("min_time", TIME), ("permit_without_stream", Type::Flag)]);
table!(
    PARAMETERS,
    [("max_connection_age", TIME), ("max_connection_age_grace", TIME), ("max_connection_idle", TIME), ("time", TIME), ("timeout", TIME)]
);
table!(DIALER, [("timeout", TIME)]);
table!(PARTITION, [("metadata_keys", WORDS)]);
table!(TPM, [("auth", Type::Text), ("enabled", Type::Flag), ("owner_auth", Type::Text), ("path", Type::Text)]);
table!(COMPRESSION, [("level", Type::Any)]);
table!(EXPVAR, [("enabled", Type::Flag)]);

/// A client of gRPC, with the keys of what it stands in.
macro_rules! grpc_client {
    ($($key:expr),* $(,)?) => {
        &[
            $($key,)*
            AUTH,
            ("authority", Type::Text),
            ("balancer_name", Type::Word(&["", "pick_first", "round_robin", "weighted_round_robin", "least_request", "grpclb"])),
            ("compression", Type::Word(COMPRESSIONS)),
            ("endpoint", Type::Filled),
            ("headers", Type::Any),
            ("keepalive", Type::Table(&KEEPALIVE_CLIENT)),
            ("middlewares", Type::Any),
            ("read_buffer_size", Type::Count),
            ("tls", Type::Table(&TLS_CLIENT)),
            ("user_agent", Type::Text),
            ("wait_for_ready", Type::Flag),
            ("write_buffer_size", Type::Count),
        ]
    };
}

/// A client of HTTP, with the keys of what it stands in.
macro_rules! http_client {
    ($($key:expr),* $(,)?) => {
        &[
            $($key,)*
            AUTH,
            ("compression", Type::Word(COMPRESSIONS)),
            ("compression_params", Type::Table(&COMPRESSION)),
            ("cookies", Type::Any),
            ("disable_keep_alives", Type::Flag),
            ("endpoint", Type::Url),
            ("force_attempt_http2", Type::Flag),
            ("headers", Type::Any),
            ("http2_ping_timeout", TIME),
            ("http2_read_idle_timeout", TIME),
            ("idle_conn_timeout", TIME),
            ("max_conns_per_host", Type::Count),
            ("max_idle_conns", Type::Count),
            ("max_idle_conns_per_host", Type::Count),
            ("middlewares", Type::Any),
            ("proxy_url", Type::Text),
            ("read_buffer_size", Type::Count),
            ("timeout", TIME),
            ("tls", Type::Table(&TLS_CLIENT)),
            ("write_buffer_size", Type::Count),
        ]
    };
}

/// A server of HTTP, with the keys of what it stands in.
macro_rules! http_server {
    ($($key:expr),* $(,)?) => {
        &[
            $($key,)*
            AUTH,
            ("compression_algorithms", Type::List(&Type::Word(COMPRESSIONS))),
            ("cors", Type::Table(&CORS)),
            ("endpoint", Type::Filled),
            ("idle_timeout", TIME),
            ("include_metadata", Type::Flag),
            ("keep_alives_enabled", Type::Flag),
            ("max_request_body_size", Type::Count),
            ("middlewares", Type::Any),
            ("read_header_timeout", TIME),
            ("read_timeout", TIME),
            ("response_headers", Type::Any),
            ("tls", Type::Table(&TLS_SERVER)),
            ("write_timeout", TIME),
        ]
    };
}
table!(CORS, [("allowed_headers", WORDS), ("allowed_origins", WORDS), ("exposed_headers", WORDS), ("max_age", Type::Count)]);

static HTTP_SERVER: Table = Table { owner: OWNER, keys: http_server![], required: &[], exclusive: &[] };
static OTLP_HTTP: Table = Table {
    owner: OWNER,
    keys: http_server![("logs_url_path", Type::Text), ("metrics_url_path", Type::Text), ("traces_url_path", Type::Text)],
    required: &[],
    exclusive: &[],
};
table!(
    GRPC_SERVER,
    [
        AUTH,
        ("dialer", Type::Table(&DIALER)),
        ("endpoint", Type::Filled),
        ("include_metadata", Type::Flag),
        ("keepalive", Type::Table(&KEEPALIVE_SERVER)),
        ("max_concurrent_streams", Type::Count),
        ("max_recv_msg_size_mib", Type::Count),
        ("middlewares", Type::Any),
        ("read_buffer_size", Type::Count),
        ("tls", Type::Table(&TLS_SERVER)),
        (
            "transport",
            Type::Word(&["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "ip", "ip4", "ip6", "unix", "unixgram", "unixpacket", "npipe"])
        ),
        ("write_buffer_size", Type::Count),
    ]
);
table!(OTLP_PROTOCOLS, [("grpc", Type::Table(&GRPC_SERVER)), ("http", Type::Table(&OTLP_HTTP)), ("arrow", Type::Any)]);
table!(OTLP_RECEIVER, [("protocols", Type::Table(&OTLP_PROTOCOLS))], [&["protocols"]], []);
table!(
    BATCH,
    [
        ("metadata_cardinality_limit", Type::Count),
        ("metadata_keys", WORDS),
        ("send_batch_max_size", Type::Count),
        ("send_batch_size", Type::Count),
        ("timeout", TIME),
    ]
);
table!(
    MEMORY_LIMITER,
    [
        ("check_interval", TIME),
        ("limit_mib", Type::Count),
        ("limit_percentage", Type::Count),
        ("max_gc_interval_when_hard_limited", TIME),
        ("max_gc_interval_when_soft_limited", TIME),
        ("min_gc_interval_when_hard_limited", TIME),
        ("min_gc_interval_when_soft_limited", TIME),
        ("spike_limit_mib", Type::Count),
        ("spike_limit_percentage", Type::Count),
    ]
);
table!(
    DEBUG,
    [
        ("output_paths", WORDS),
        ("sampling_initial", Type::Count),
        ("sampling_thereafter", Type::Count),
        ("sending_queue", Type::Table(&QUEUE)),
        ("use_internal_logger", Type::Flag),
        ("verbosity", Type::Word(&["basic", "normal", "detailed", "Basic", "Normal", "Detailed"])),
    ]
);
const RETRIES: (&str, Type) = ("retry_on_failure", Type::Table(&RETRY));
const QUEUED: (&str, Type) = ("sending_queue", Type::Table(&QUEUE));
static OTLP_EXPORTER: Table = Table {
    owner: OWNER,
    keys: grpc_client![RETRIES, QUEUED, ("timeout", TIME), ("batcher", Type::Any)],
    required: &[&["endpoint"]],
    exclusive: &[],
};
static OTLP_HTTP_EXPORTER: Table = Table {
    owner: OWNER,
    keys: http_client![
        RETRIES,
        QUEUED,
        ("encoding", Type::Word(&["proto", "json"])),
        ("logs_endpoint", Type::Url),
        ("metrics_endpoint", Type::Url),
        ("profiles_endpoint", Type::Url),
        ("traces_endpoint", Type::Url),
        ("batcher", Type::Any),
    ],
    required: &[&["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "profiles_endpoint"]],
    exclusive: &[],
};
static PROMETHEUS_EXPORTER: Table = Table {
    owner: OWNER,
    keys: http_server![
        ("namespace", Type::Text),
        ("const_labels", Type::Map(&Type::Text)),
        ("send_timestamps", Type::Flag),
        ("metric_expiration", TIME),
        ("enable_open_metrics", Type::Flag),
        ("add_metric_suffixes", Type::Flag),
        ("resource_to_telemetry_conversion", Type::Table(&CONVERSION)),
        (
            "translation_strategy",
            Type::Word(&[
                "UnderscoreEscapingWithSuffixes",
                "UnderscoreEscapingWithoutSuffixes",
                "NoUTF8EscapingWithSuffixes",
                "NoTranslation"
            ])
        ),
        ("without_scope_info", Type::Flag),
    ],
    required: &[&["endpoint"]],
    exclusive: &[],
};
table!(CONVERSION, [("enabled", Type::Flag), ("exclude_service_attributes", Type::Flag), ("clear_after_copy", Type::Flag)]);
static REMOTE_WRITE: Table = Table {
    owner: OWNER,
    keys: http_client![
        RETRIES,
        ("namespace", Type::Text),
        ("external_labels", Type::Map(&Type::Text)),
        ("remote_write_queue", Type::Table(&WRITE_QUEUE)),
        ("resource_to_telemetry_conversion", Type::Table(&CONVERSION)),
        ("target_info", Type::Table(&SWITCH)),
        ("add_metric_suffixes", Type::Flag),
        ("translation_strategy", Type::Text),
        ("send_metadata", Type::Flag),
        ("wal", Type::Open(&WAL)),
        ("max_batch_size_bytes", Type::Positive),
        ("max_batch_request_parallelism", Type::Positive),
        ("protobuf_message", Type::Word(&["prometheus.WriteRequest", "io.prometheus.write.v2.Request"])),
        ("export_created_metric", Type::Any),
        ("disable_scope_info", Type::Flag),
    ],
    required: &[&["endpoint"]],
    exclusive: &[],
};
table!(WRITE_QUEUE, [("enabled", Type::Flag), ("queue_size", Type::Count), ("num_consumers", Type::Count)]);
table!(SWITCH, [("enabled", Type::Flag)]);
table!(WAL, [("directory", Type::Filled), ("buffer_size", Type::Count), ("truncate_frequency", TIME), ("lag_record_frequency", TIME)]);
static HEALTH_CHECK: Table = Table {
    owner: OWNER,
    keys: http_server![
        ("path", Type::Text),
        ("response_body", Type::Any),
        ("check_collector_pipeline", Type::Any),
        ("use_v2", Type::Flag),
        ("http", Type::Any),
        ("grpc", Type::Any),
        ("component_health", Type::Any)
    ],
    required: &[],
    exclusive: &[],
};
static ZPAGES: Table = Table { owner: OWNER, keys: http_server![("expvar", Type::Table(&EXPVAR))], required: &[], exclusive: &[] };
table!(
    PPROF,
    [
        ("endpoint", Type::Filled),
        ("block_profile_fraction", Type::Count),
        ("mutex_profile_fraction", Type::Count),
        ("save_to_file", Type::Text),
        ("dialer", Type::Any)
    ]
);

const ACTIONS: &[&str] = &["insert", "update", "upsert", "delete", "hash", "extract", "convert"];
table!(
    ACTION,
    [
        ("key", Type::Filled),
        ("pattern", Type::Regex),
        ("action", Type::Word(ACTIONS)),
        ("value", Type::Any),
        ("from_attribute", Type::Filled),
        ("from_context", Type::Filled),
        ("converted_type", Type::Word(&["int", "double", "string"])),
        ("default_value", Type::Any),
    ],
    [&["action"]],
    []
);
const LIST_OF_ACTIONS: Type = Type::List(&Type::Table(&ACTION));
table!(RESOURCE, [("attributes", LIST_OF_ACTIONS)], [&["attributes"]], []);
table!(ATTRIBUTES, [("actions", LIST_OF_ACTIONS), ("include", Type::Open(&MATCH)), ("exclude", Type::Open(&MATCH))], [&["actions"]], []);
table!(
    MATCH,
    [
        ("match_type", Type::Word(&["strict", "regexp"])),
        ("regexp", Type::Any),
        ("services", WORDS),
        ("span_names", WORDS),
        ("span_kinds", WORDS),
        ("log_bodies", WORDS),
        ("log_severity_texts", WORDS),
        ("log_severity_number", Type::Any),
        ("log_severity", Type::Any),
        ("metric_names", WORDS),
        ("attributes", Type::Any),
        ("resources", Type::Any),
        ("libraries", Type::Any),
    ],
    [
        &["match_type"],
        &[
            "services",
            "span_names",
            "span_kinds",
            "log_bodies",
            "log_severity_texts",
            "log_severity_number",
            "log_severity",
            "metric_names",
            "attributes",
            "resources",
            "libraries"
        ]
    ],
    []
);
table!(
    FILTER,
    [
        ERROR_MODE,
        ("traces", Type::Table(&FILTER_TRACES)),
        ("metrics", Type::Table(&FILTER_METRICS)),
        ("logs", Type::Table(&FILTER_LOGS)),
        ("profiles", Type::Any),
        ("spans", Type::Any),
        ("trace_conditions", Type::Any),
        ("metric_conditions", Type::Any),
        ("log_conditions", Type::Any),
        ("profile_conditions", Type::Any),
    ]
);
table!(FILTER_TRACES, [("span", WORDS), ("spanevent", WORDS), ("resource", WORDS)]);
table!(
    FILTER_METRICS,
    [("metric", WORDS), ("datapoint", WORDS), ("resource", WORDS), ("include", Type::Any), ("exclude", Type::Any), ("regexp", Type::Any)]
);
table!(FILTER_LOGS, [("log_record", WORDS), ("resource", WORDS), ("include", Type::Any), ("exclude", Type::Any)]);
table!(
    TRANSFORM,
    [
        ERROR_MODE,
        ("trace_statements", Type::Any),
        ("metric_statements", Type::Any),
        ("log_statements", Type::Any),
        ("profile_statements", Type::Any),
        ("flatten_data", Type::Flag),
    ]
);
table!(
    TAIL_SAMPLING,
    [
        ("decision_wait", TIME),
        ("num_traces", Type::Count),
        ("expected_new_traces_per_sec", Type::Count),
        ("decision_cache", Type::Any),
        ("policies", Type::List(&Type::Open(&POLICY))),
        ("sample_on_first_match", Type::Flag),
        ("drop_pending_traces_on_shutdown", Type::Flag),
        ("block_on_overflow", Type::Flag),
    ],
    [&["policies"]],
    []
);
table!(
    POLICY,
    [
        ("name", Type::Filled),
        ("latency", Type::Open(&LATENCY)),
        ("numeric_attribute", Type::Open(&NUMERIC)),
        ("string_attribute", Type::Open(&STRING)),
        ("boolean_attribute", Type::Open(&BOOLEAN)),
        ("status_code", Type::Open(&STATUS)),
        ("rate_limiting", Type::Open(&RATE)),
        ("span_count", Type::Open(&SPAN_COUNT)),
        ("ottl_condition", Type::Open(&CONDITION)),
        ("trace_state", Type::Open(&TRACE_STATE)),
        ("and", Type::Open(&AND)),
        (
            "type",
            Type::Word(&[
                "always_sample",
                "latency",
                "numeric_attribute",
                "probabilistic",
                "status_code",
                "string_attribute",
                "rate_limiting",
                "bytes_limiting",
                "span_count",
                "boolean_attribute",
                "ottl_condition",
                "trace_state",
                "and",
                "not",
                "drop",
                "composite",
                "trace_flags",
            ])
        ),
    ],
    [&["name"], &["type"]],
    []
);
table!(NUMERIC, [("key", Type::Filled), ("min_value", Type::Any), ("max_value", Type::Any), ("invert_match", Type::Flag)], [&["key"]], []);
table!(
    STRING,
    [
        ("key", Type::Filled),
        ("values", WORDS),
        ("enabled_regex_matching", Type::Flag),
        ("cache_max_size", Type::Count),
        ("invert_match", Type::Flag),
    ],
    [&["key"], &["values"]],
    []
);
table!(BOOLEAN, [("key", Type::Filled), ("value", Type::Flag), ("invert_match", Type::Flag)], [&["key"]], []);
table!(STATUS, [("status_codes", Type::List(&Type::Text))], [&["status_codes"]], []);
table!(RATE, [("spans_per_second", Type::Positive)], [&["spans_per_second"]], []);
table!(SPAN_COUNT, [("min_spans", Type::Count), ("max_spans", Type::Count)]);
table!(CONDITION, [ERROR_MODE, ("span", WORDS), ("spanevent", WORDS)], [&["span", "spanevent"]], []);
table!(TRACE_STATE, [("key", Type::Filled), ("values", WORDS)], [&["key"], &["values"]], []);
table!(AND, [("and_sub_policy", Type::List(&Type::Open(&POLICY)))], [&["and_sub_policy"]], []);
table!(LATENCY, [("threshold_ms", Type::Count), ("upper_threshold_ms", Type::Count)]);
table!(
    PROBABILISTIC,
    [
        ("sampling_percentage", Type::Number),
        ("hash_seed", Type::Count),
        ("mode", Type::Word(&["hash_seed", "proportional", "equalizing"])),
        ("fail_closed", Type::Flag),
        ("sampling_precision", Type::Count),
        ("attribute_source", Type::Word(&["traceID", "record"])),
        ("from_attribute", Type::Text),
        ("sampling_priority", Type::Text),
    ]
);
table!(
    RESOURCE_DETECTION,
    [
        ("detectors", WORDS),
        ("timeout", TIME),
        ("override", Type::Flag),
        ("attributes", Type::Any),
        ("refresh_interval", TIME),
        ("system", Type::Open(&SYSTEM)),
    ]
);
table!(SYSTEM, [("hostname_sources", Type::List(&Type::Word(&["dns", "os", "cname", "lookup"]))), ("resource_attributes", Type::Any)]);
table!(
    K8S_ATTRIBUTES,
    [
        ("auth_type", Type::Word(&["none", "serviceAccount", "kubeConfig", "tls"])),
        ("passthrough", Type::Flag),
        ("extract", Type::Open(&EXTRACT)),
        ("filter", Type::Open(&PODS)),
        ("pod_association", Type::List(&Type::Open(&ASSOCIATION))),
        ("exclude", Type::Any),
        ("wait_for_metadata", Type::Flag),
        ("wait_for_metadata_timeout", TIME),
    ]
);
table!(
    PODS,
    [
        ("node", Type::Text),
        ("node_from_env_var", Type::Text),
        ("namespace", Type::Text),
        ("fields", Type::List(&Type::Open(&OF_PODS))),
        ("labels", Type::List(&Type::Open(&OF_PODS))),
    ]
);
table!(
    OF_PODS,
    [("key", Type::Filled), ("value", Type::Text), ("op", Type::Word(&["", "equals", "not-equals", "exists", "does-not-exist"]))],
    [&["key"]],
    []
);
table!(
    EXTRACT,
    [
        ("metadata", WORDS),
        ("labels", Type::List(&Type::Open(&TAKEN))),
        ("annotations", Type::List(&Type::Open(&TAKEN))),
        ("otel_annotations", Type::Flag),
        ("deployment_name_from_replicaset", Type::Flag),
    ]
);
table!(
    TAKEN,
    [
        ("tag_name", Type::Text),
        ("key", Type::Text),
        ("key_regex", Type::Regex),
        ("regex", Type::Regex),
        ("from", Type::Word(&["pod", "namespace", "node", "deployment", "statefulset", "replicaset", "daemonset", "job", "cronjob"])),
    ],
    [&["key", "key_regex"]],
    [&["key", "key_regex"]]
);
table!(ASSOCIATION, [("sources", Type::List(&Type::Open(&SOURCE)))]);
table!(SOURCE, [("from", Type::Word(&["resource_attribute", "connection"])), ("name", Type::Filled)], [&["from"]], []);
table!(
    FILE_LOG,
    [
        ("include", WORDS),
        ("exclude", WORDS),
        ("exclude_older_than", TIME),
        ("start_at", Type::Text),
        ("storage", Type::Filled),
        ("poll_interval", TIME),
        ("compression", Type::Word(&["", "gzip", "auto"])),
        ("encoding", Type::Text),
        ("include_file_name", Type::Flag),
        ("include_file_path", Type::Flag),
        ("max_concurrent_files", Type::Count),
        ("multiline", Type::Any),
        ("operators", Type::List(&Type::Any)),
        ("attributes", Type::Any),
        ("resource", Type::Any),
    ],
    [&["include"]],
    []
);
table!(
    BASIC_AUTH,
    [("htpasswd", Type::Table(&HTPASSWD)), ("client_auth", Type::Table(&CLIENT_AUTH))],
    [&["htpasswd", "client_auth"]],
    [&["htpasswd", "client_auth"]]
);
table!(HTPASSWD, [("file", Type::Filled), ("inline", Type::Filled)], [&["file", "inline"]], []);
table!(
    CLIENT_AUTH,
    [("username", Type::Filled), ("username_file", Type::Filled), ("password", Type::Text), ("password_file", Type::Filled)],
    [&["username", "username_file"]],
    []
);
table!(
    BEARER_TOKEN,
    [("scheme", Type::Text), ("header", Type::Filled), ("token", Type::Filled), ("tokens", WORDS), ("filename", Type::Filled)],
    [&["token", "tokens", "filename"]],
    []
);
table!(
    COMPACTION,
    [
        ("directory", Type::Text),
        ("on_start", Type::Flag),
        ("on_rebound", Type::Flag),
        ("rebound_needed_threshold_mib", Type::Count),
        ("rebound_trigger_threshold_mib", Type::Count),
        ("max_transaction_size", Type::Count),
        ("check_interval", TIME),
        ("cleanup_on_start", Type::Flag),
    ]
);
table!(
    FILE_STORAGE,
    [
        ("directory", Type::Filled),
        ("timeout", TIME),
        ("compaction", Type::Open(&COMPACTION)),
        ("fsync", Type::Flag),
        ("create_directory", Type::Flag),
        ("directory_permissions", Type::Text),
        ("recreate", Type::Flag),
    ]
);
table!(
    SERVICE_GRAPH,
    [
        ("dimensions", WORDS),
        ("latency_histogram_buckets", Type::List(&TIME)),
        ("store", Type::Open(&STORE)),
        ("cache_loop", TIME),
        ("store_expiration_loop", TIME),
        ("virtual_node_peer_attributes", WORDS),
        ("virtual_node_extra_label", Type::Flag),
        ("metrics_flush_interval", TIME),
    ]
);
table!(STORE, [("ttl", TIME), ("max_items", Type::Positive)]);
table!(
    ROUTING,
    [("default_pipelines", WORDS), ERROR_MODE, ("match_once", Type::Flag), ("table", Type::List(&Type::Open(&ROUTE))),],
    [&["table"]],
    []
);
table!(
    ROUTE,
    [
        ("statement", Type::Filled),
        ("condition", Type::Filled),
        ("context", Type::Word(&["", "request", "resource", "span", "metric", "datapoint", "log"])),
        ("pipelines", WORDS),
    ],
    [&["statement", "condition"], &["pipelines"]],
    [&["statement", "condition"]]
);
table!(
    SPAN_METRICS,
    [
        ("dimensions", Type::List(&Type::Table(&DIMENSION))),
        ("calls_dimensions", Type::List(&Type::Table(&DIMENSION))),
        ("exclude_dimensions", WORDS),
        ("histogram", Type::Table(&SPAN_HISTOGRAM)),
        ("exemplars", Type::Any),
        ("events", Type::Any),
        ("dimensions_cache_size", Type::Count),
        ("resource_metrics_cache_size", Type::Count),
        ("resource_metrics_key_attributes", WORDS),
        ("aggregation_temporality", Type::Word(&["AGGREGATION_TEMPORALITY_CUMULATIVE", "AGGREGATION_TEMPORALITY_DELTA"])),
        ("aggregation_cardinality_limit", Type::Count),
        ("namespace", Type::Text),
        ("metrics_flush_interval", TIME),
        ("metrics_expiration", TIME),
        ("metric_timestamp_cache_size", Type::Count),
        ("include_instrumentation_scope", WORDS),
        ("add_resource_attributes", Type::Flag),
    ]
);
table!(DIMENSION, [("name", Type::Filled), ("default", Type::Any)], [&["name"]], []);
table!(
    SPAN_HISTOGRAM,
    [
        ("disable", Type::Flag),
        ("unit", Type::Word(&["ms", "s"])),
        ("explicit", Type::Table(&EXPLICIT)),
        ("exponential", Type::Any),
        ("dimensions", Type::List(&Type::Table(&DIMENSION))),
    ],
    [],
    [&["explicit", "exponential"]]
);
table!(EXPLICIT, [("buckets", Type::List(&TIME))]);
table!(
    HOST_METRICS,
    [
        ("collection_interval", TIME),
        ("initial_delay", TIME),
        ("timeout", TIME),
        ("root_path", Type::Text),
        ("metadata_collection_interval", TIME),
        ("scrapers", Type::Table(&SCRAPERS)),
    ],
    [&["scrapers"]],
    []
);
table!(
    SCRAPERS,
    [
        ("cpu", Type::Any),
        ("disk", Type::Any),
        ("filesystem", Type::Any),
        ("load", Type::Any),
        ("memory", Type::Any),
        ("network", Type::Any),
        ("nfs", Type::Any),
        ("paging", Type::Any),
        ("process", Type::Any),
        ("processes", Type::Any),
        ("system", Type::Any),
    ]
);
table!(
    PROMETHEUS_RECEIVER,
    [
        ("config", Type::Any),
        ("target_allocator", Type::Any),
        ("api_server", Type::Any),
        ("trim_metric_suffixes", Type::Flag),
        ("use_start_time_metric", Type::Flag),
        ("start_time_metric_regex", Type::Regex),
        ("report_extra_scrape_metrics", Type::Flag)
    ]
);
table!(
    JAEGER_PROTOCOLS,
    [
        ("grpc", Type::Table(&GRPC_SERVER)),
        ("thrift_http", Type::Table(&HTTP_SERVER)),
        ("thrift_compact", Type::Any),
        ("thrift_binary", Type::Any)
    ]
);
table!(JAEGER, [("protocols", Type::Table(&JAEGER_PROTOCOLS)), ("remote_sampling", Type::Any)], [&["protocols"]], []);
static ZIPKIN: Table = Table { owner: OWNER, keys: http_server![("parse_string_tags", Type::Flag)], required: &[], exclusive: &[] };

/// A signal, as a letter: traces, metrics, logs, profiles.
pub type Signals = &'static str;

/// A type of component.
pub struct Component {
    /// Its type.
    pub name: &'static str,
    /// The signals that it takes, as first letters; of a connector those that it takes, and those that it gives.
    pub signals: (Signals, Signals),
    pub(in crate::formats) table: Option<Type>,
}

const fn known(name: &'static str, signals: Signals) -> Component {
    Component { name, signals: (signals, ""), table: None }
}

const fn strict(name: &'static str, signals: Signals, table: &'static Table) -> Component {
    Component { name, signals: (signals, ""), table: Some(Type::Table(table)) }
}

const fn open(name: &'static str, signals: Signals, table: &'static Table) -> Component {
    Component { name, signals: (signals, ""), table: Some(Type::Open(table)) }
}

const fn joins(name: &'static str, takes: Signals, gives: Signals) -> Component {
    Component { name, signals: (takes, gives), table: None }
}

/// The known types of components of a section.
pub fn components(section: &str) -> &'static [Component] {
    match section {
        "receivers" => RECEIVERS,
        "processors" => PROCESSORS,
        "exporters" => EXPORTERS,
        "connectors" => CONNECTORS,
        "extensions" => EXTENSIONS,
        _ => &[],
    }
}

static RECEIVERS: &[Component] = &[
    strict("otlp", "tmlp", &OTLP_RECEIVER),
    known("nop", "tmlp"),
    open("jaeger", "t", &JAEGER),
    open("zipkin", "t", &ZIPKIN),
    open("prometheus", "m", &PROMETHEUS_RECEIVER),
    known("prometheus_simple", "m"),
    known("prometheusremotewrite", "m"),
    open("hostmetrics", "m", &HOST_METRICS),
    open("host_metrics", "m", &HOST_METRICS),
    known("kubeletstats", "m"),
    known("k8s_cluster", "ml"),
    known("k8s_events", "l"),
    known("k8sobjects", "l"),
    open("filelog", "l", &FILE_LOG),
    open("file_log", "l", &FILE_LOG),
    known("journald", "l"),
    known("syslog", "l"),
    known("tcplog", "l"),
    known("udplog", "l"),
    known("fluentforward", "l"),
    known("windowseventlog", "l"),
    known("loki", "l"),
    known("kafka", "tml"),
    known("statsd", "m"),
    known("carbon", "m"),
    known("collectd", "m"),
    known("influxdb", "m"),
    known("redis", "m"),
    known("postgresql", "ml"),
    known("mysql", "ml"),
    known("mongodb", "m"),
    known("nginx", "m"),
    known("apache", "m"),
    known("rabbitmq", "m"),
    known("elasticsearch", "m"),
    known("memcached", "m"),
    known("docker_stats", "m"),
    known("httpcheck", "m"),
    known("kafkametrics", "m"),
    known("sqlserver", "ml"),
    known("oracledb", "ml"),
    known("jmx", "m"),
    known("zookeeper", "m"),
    known("haproxy", "m"),
    known("snmp", "m"),
    known("vcenter", "m"),
    known("datadog", "tml"),
    known("splunk_hec", "ml"),
    known("awsxray", "t"),
    known("skywalking", "tml"),
    known("opencensus", "tm"),
    known("webhookevent", "l"),
    known("otlp_json_file", "tmlp"),
    known("otlpjsonfile", "tmlp"),
];

static PROCESSORS: &[Component] = &[
    strict("batch", "tml", &BATCH),
    strict("memory_limiter", "tmlp", &MEMORY_LIMITER),
    strict("resource", "tmlp", &RESOURCE),
    open("attributes", "tmlp", &ATTRIBUTES),
    open("filter", "tmlp", &FILTER),
    open("transform", "tmlp", &TRANSFORM),
    open("tail_sampling", "t", &TAIL_SAMPLING),
    open("probabilistic_sampler", "tl", &PROBABILISTIC),
    open("resourcedetection", "tmlp", &RESOURCE_DETECTION),
    open("resource_detection", "tmlp", &RESOURCE_DETECTION),
    open("k8sattributes", "tmlp", &K8S_ATTRIBUTES),
    open("k8s_attributes", "tmlp", &K8S_ATTRIBUTES),
    known("span", "t"),
    known("groupbytrace", "t"),
    known("groupbyattrs", "tml"),
    known("metricstransform", "m"),
    known("metricsgeneration", "m"),
    known("cumulativetodelta", "m"),
    known("deltatocumulative", "m"),
    known("deltatorate", "m"),
    known("interval", "m"),
    known("redaction", "tml"),
    known("logdedup", "l"),
    known("schema", "tml"),
    known("remotetap", "tml"),
    known("geoip", "tml"),
    known("sumologic", "tml"),
    known("coralogix", "t"),
];

static EXPORTERS: &[Component] = &[
    strict("otlp", "tmlp", &OTLP_EXPORTER),
    strict("otlp_grpc", "tmlp", &OTLP_EXPORTER),
    strict("otlphttp", "tmlp", &OTLP_HTTP_EXPORTER),
    strict("otlp_http", "tmlp", &OTLP_HTTP_EXPORTER),
    strict("debug", "tmlp", &DEBUG),
    known("nop", "tmlp"),
    strict("prometheus", "m", &PROMETHEUS_EXPORTER),
    open("prometheusremotewrite", "m", &REMOTE_WRITE),
    open("prometheus_remote_write", "m", &REMOTE_WRITE),
    known("zipkin", "t"),
    known("kafka", "tmlp"),
    known("file", "tmlp"),
    known("loadbalancing", "tml"),
    known("load_balancing", "tml"),
    known("elasticsearch", "tmlp"),
    known("opensearch", "tl"),
    known("clickhouse", "tml"),
    known("datadog", "tml"),
    known("splunk_hec", "tmlp"),
    known("awsemf", "ml"),
    known("awsxray", "t"),
    known("awscloudwatchlogs", "l"),
    known("awss3", "tml"),
    known("googlecloud", "tml"),
    known("azuremonitor", "tml"),
    known("influxdb", "tml"),
    known("signalfx", "tml"),
    known("sumologic", "tml"),
    known("coralogix", "tmlp"),
    known("honeycombmarker", "l"),
    known("logzio", "tl"),
    known("pulsar", "tml"),
    known("rabbitmq", "tml"),
    known("sentry", "t"),
    known("syslog", "l"),
    known("carbon", "m"),
    known("loki", "l"),
    known("logging", "tml"),
    known("jaeger", "t"),
    known("opencensus", "tm"),
];

static CONNECTORS: &[Component] = &[
    Component { name: "spanmetrics", signals: ("t", "m"), table: Some(Type::Open(&SPAN_METRICS)) },
    Component { name: "span_metrics", signals: ("t", "m"), table: Some(Type::Open(&SPAN_METRICS)) },
    Component { name: "servicegraph", signals: ("t", "m"), table: Some(Type::Open(&SERVICE_GRAPH)) },
    Component { name: "service_graph", signals: ("t", "m"), table: Some(Type::Open(&SERVICE_GRAPH)) },
    joins("count", "tmlp", "m"),
    joins("sum", "tml", "m"),
    joins("exceptions", "t", "ml"),
    joins("datadog", "t", "mt"),
    joins("forward", "tmlp", "tmlp"),
    Component { name: "routing", signals: ("tml", "tml"), table: Some(Type::Open(&ROUTING)) },
    joins("failover", "tml", "tml"),
    joins("roundrobin", "tml", "tml"),
    joins("round_robin", "tml", "tml"),
    joins("signaltometrics", "tmlp", "m"),
    joins("signal_to_metrics", "tmlp", "m"),
    joins("otlpjson", "l", "tml"),
    joins("otlp_json", "l", "tml"),
    joins("grafanacloud", "t", "m"),
];

static EXTENSIONS: &[Component] = &[
    open("health_check", "", &HEALTH_CHECK),
    open("healthcheckv2", "", &HEALTH_CHECK),
    open("pprof", "", &PPROF),
    open("zpages", "", &ZPAGES),
    open("memory_limiter", "", &MEMORY_LIMITER),
    strict("basicauth", "", &BASIC_AUTH),
    strict("basic_auth", "", &BASIC_AUTH),
    open("bearertokenauth", "", &BEARER_TOKEN),
    open("bearer_token_auth", "", &BEARER_TOKEN),
    known("oauth2client", ""),
    known("oidc", ""),
    known("headers_setter", ""),
    open("file_storage", "", &FILE_STORAGE),
    known("db_storage", ""),
    known("redis_storage", ""),
    known("k8s_observer", ""),
    known("host_observer", ""),
    known("docker_observer", ""),
    known("k8s_leader_elector", ""),
    known("opamp", ""),
    known("jaegerremotesampling", ""),
    known("sigv4auth", ""),
    known("asapclient", ""),
    known("ack", ""),
    known("googleclientauth", ""),
    known("memory_ballast", ""),
];

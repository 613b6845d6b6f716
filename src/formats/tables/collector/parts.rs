//! What components share: queues, retries, TLS, clients and servers.

use super::{OWNER, TIME, WORDS};
use crate::formats::tables::{Table, Type};

pub(super) const TLS_VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3"];
pub(super) const COMPRESSIONS: &[&str] = &["", "none", "gzip", "zstd", "snappy", "zlib", "deflate", "lz4", "x-snappy-framed"];
pub(super) const SIZERS: &[&str] = &["requests", "items", "bytes"];

/// Batches are made of what is in requests, not of whole ones.
pub(super) const BATCH_SIZERS: &[&str] = &["items", "bytes"];

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

pub(super) const AUTH: (&str, Type) = ("auth", Type::Table(&AUTHENTICATOR));
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
pub(super) static HTTP_SERVER: Table = Table { owner: OWNER, keys: http_server![], required: &[], exclusive: &[] };

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

pub(super) const RETRIES: (&str, Type) = ("retry_on_failure", Type::Table(&RETRY));
pub(super) const QUEUED: (&str, Type) = ("sending_queue", Type::Table(&QUEUE));
table!(SWITCH, [("enabled", Type::Flag)]);

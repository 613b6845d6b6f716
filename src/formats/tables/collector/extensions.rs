//! Extensions.

use super::parts::{AUTH, COMPRESSIONS, CORS, EXPVAR, MEMORY_LIMITER, TLS_SERVER};
use super::{Component, OWNER, TIME, WORDS, known, open, strict};
use crate::formats::tables::{Table, Type};

pub(super) static HEALTH_CHECK: Table = Table {
    owner: OWNER,
    keys: http_server![
        ("path", Type::Text),
        ("response_body", Type::Any),
        ("check_collector_pipeline", Type::Open(&OF_PIPELINES)),
        ("use_v2", Type::Flag),
        ("http", Type::Any),
        ("grpc", Type::Any),
        ("component_health", Type::Any)
    ],
    required: &[],
    exclusive: &[],
};

pub(super) static ZPAGES: Table =
    Table { owner: OWNER, keys: http_server![("expvar", Type::Table(&EXPVAR))], required: &[], exclusive: &[] };

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

table!(OF_PIPELINES, [("enabled", Type::Flag), ("interval", TIME), ("exporter_failure_threshold", Type::Positive)]);
table!(
    OAUTH2,
    [
        ("client_id", Type::Text),
        ("client_id_file", Type::Filled),
        ("client_secret", Type::Text),
        ("token_url", Type::Url),
        ("scopes", WORDS),
        ("timeout", TIME)
    ],
    [&["token_url"], &["client_id", "client_id_file"]],
    []
);
table!(HEADERS, [("headers", Type::List(&Type::Any)), ("additional_auth", Type::Text)], [&["headers"]], []);

pub(super) static EXTENSIONS: &[Component] = &[
    open("health_check", "", &HEALTH_CHECK),
    open("healthcheckv2", "", &HEALTH_CHECK),
    open("pprof", "", &PPROF),
    open("zpages", "", &ZPAGES),
    open("memory_limiter", "", &MEMORY_LIMITER),
    strict("basicauth", "", &BASIC_AUTH),
    strict("basic_auth", "", &BASIC_AUTH),
    open("bearertokenauth", "", &BEARER_TOKEN),
    open("bearer_token_auth", "", &BEARER_TOKEN),
    open("oauth2client", "", &OAUTH2),
    known("oidc", ""),
    open("headers_setter", "", &HEADERS),
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

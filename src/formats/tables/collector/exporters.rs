//! Exporters.

use super::parts::{AUTH, COMPRESSION, COMPRESSIONS, CORS, KEEPALIVE_CLIENT, QUEUE, QUEUED, RETRIES, SWITCH, TLS_CLIENT, TLS_SERVER};
use super::{Component, OWNER, TIME, WORDS, known, open, strict};
use crate::formats::tables::{Table, Type};

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

pub(super) static OTLP_EXPORTER: Table = Table {
    owner: OWNER,
    keys: grpc_client![RETRIES, QUEUED, ("timeout", TIME), ("batcher", Type::Any)],
    required: &[&["endpoint"]],
    exclusive: &[],
};

pub(super) static OTLP_HTTP_EXPORTER: Table = Table {
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

pub(super) static PROMETHEUS_EXPORTER: Table = Table {
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

pub(super) static REMOTE_WRITE: Table = Table {
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
table!(WAL, [("directory", Type::Filled), ("buffer_size", Type::Count), ("truncate_frequency", TIME), ("lag_record_frequency", TIME)]);

table!(
    FILE,
    [
        ("path", Type::Filled),
        ("format", Type::Word(&["", "json", "proto"])),
        ("compression", Type::Word(&["", "zstd"])),
        ("rotation", Type::Any),
        ("append", Type::Flag),
        ("flush_interval", TIME),
        ("group_by", Type::Any),
        ("create_directory", Type::Flag),
    ],
    [&["path"]],
    []
);
table!(
    ZIPKIN,
    [("endpoint", Type::Url), ("format", Type::Word(&["", "json", "proto"])), ("default_service_name", Type::Text)],
    [&["endpoint"]],
    []
);
table!(
    LOAD_BALANCING,
    [
        ("protocol", Type::Open(&BALANCED)),
        ("resolver", Type::Open(&RESOLVER)),
        ("routing_key", Type::Word(&["", "service", "traceID", "metric", "resource", "streamID", "attributes"])),
        ("routing_attributes", WORDS),
        RETRIES,
        QUEUED,
        ("timeout", TIME),
    ],
    [&["protocol"], &["resolver"]],
    []
);
table!(BALANCED, [("otlp", Type::Any)], [&["otlp"]], []);
table!(
    RESOLVER,
    [("static", Type::Open(&HOSTNAMES)), ("dns", Type::Open(&OF_DNS)), ("k8s", Type::Any), ("aws_cloud_map", Type::Any)],
    [&["static", "dns", "k8s", "aws_cloud_map"]],
    [&["static", "dns", "k8s", "aws_cloud_map"]]
);
table!(HOSTNAMES, [("hostnames", WORDS)], [&["hostnames"]], []);
table!(OF_DNS, [("hostname", Type::Filled), ("port", Type::Any), ("interval", TIME), ("timeout", TIME)], [&["hostname"]], []);

pub(super) static EXPORTERS: &[Component] = &[
    strict("otlp", "tmlp", &OTLP_EXPORTER),
    strict("otlp_grpc", "tmlp", &OTLP_EXPORTER),
    strict("otlphttp", "tmlp", &OTLP_HTTP_EXPORTER),
    strict("otlp_http", "tmlp", &OTLP_HTTP_EXPORTER),
    strict("debug", "tmlp", &DEBUG),
    known("nop", "tmlp"),
    strict("prometheus", "m", &PROMETHEUS_EXPORTER),
    open("prometheusremotewrite", "m", &REMOTE_WRITE),
    open("prometheus_remote_write", "m", &REMOTE_WRITE),
    open("zipkin", "t", &ZIPKIN),
    known("kafka", "tmlp"),
    open("file", "tmlp", &FILE),
    open("loadbalancing", "tml", &LOAD_BALANCING),
    open("load_balancing", "tml", &LOAD_BALANCING),
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

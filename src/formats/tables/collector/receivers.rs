//! Receivers.

use super::parts::{AUTH, COMPRESSIONS, CORS, GRPC_SERVER, HTTP_SERVER, TLS_SERVER};
use super::{Component, OWNER, TIME, WORDS, known, open, strict};
use crate::formats::tables::{Table, Type};

pub(super) static OTLP_HTTP: Table = Table {
    owner: OWNER,
    keys: http_server![("logs_url_path", Type::Text), ("metrics_url_path", Type::Text), ("traces_url_path", Type::Text)],
    required: &[],
    exclusive: &[],
};

table!(OTLP_PROTOCOLS, [("grpc", Type::Table(&GRPC_SERVER)), ("http", Type::Table(&OTLP_HTTP)), ("arrow", Type::Any)]);
table!(OTLP_RECEIVER, [("protocols", Type::Table(&OTLP_PROTOCOLS))], [&["protocols"]], []);

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
pub(super) static ZIPKIN: Table =
    Table { owner: OWNER, keys: http_server![("parse_string_tags", Type::Flag)], required: &[], exclusive: &[] };

table!(
    POSTGRESQL,
    [("username", Type::Filled), ("password", Type::Text), ("endpoint", Type::Filled), ("databases", WORDS), ("collection_interval", TIME)],
    [&["username"]],
    []
);
table!(HTTP_CHECK, [("targets", Type::List(&Type::Any)), ("collection_interval", TIME)], [&["targets"]], []);
table!(
    KUBELET_STATS,
    [
        ("auth_type", Type::Word(&["", "none", "serviceAccount", "kubeConfig", "tls"])),
        ("collection_interval", TIME),
        ("endpoint", Type::Text),
        ("insecure_skip_verify", Type::Flag),
        ("metric_groups", Type::List(&Type::Word(&["container", "pod", "node", "volume"]))),
    ]
);
table!(
    SYSLOG,
    [
        ("tcp", Type::Open(&LISTENING)),
        ("udp", Type::Open(&LISTENING)),
        ("protocol", Type::Word(&["rfc3164", "rfc5424"])),
        ("location", Type::Text),
        ("operators", Type::List(&Type::Any)),
    ],
    [&["tcp", "udp"], &["protocol"]],
    []
);
table!(LISTENING, [("listen_address", Type::Filled)], [&["listen_address"]], []);
table!(OBJECTS, [("objects", Type::List(&Type::Any)), ("auth_type", Type::Text)], [&["objects"]], []);

pub(super) static RECEIVERS: &[Component] = &[
    strict("otlp", "tmlp", &OTLP_RECEIVER),
    known("nop", "tmlp"),
    open("jaeger", "t", &JAEGER),
    open("zipkin", "t", &ZIPKIN),
    open("prometheus", "m", &PROMETHEUS_RECEIVER),
    known("prometheus_simple", "m"),
    known("prometheusremotewrite", "m"),
    open("hostmetrics", "m", &HOST_METRICS),
    open("host_metrics", "m", &HOST_METRICS),
    open("kubeletstats", "m", &KUBELET_STATS),
    known("k8s_cluster", "ml"),
    known("k8s_events", "l"),
    open("k8sobjects", "l", &OBJECTS),
    open("filelog", "l", &FILE_LOG),
    open("file_log", "l", &FILE_LOG),
    known("journald", "l"),
    open("syslog", "l", &SYSLOG),
    open("tcplog", "l", &LISTENING),
    open("udplog", "l", &LISTENING),
    known("fluentforward", "l"),
    known("windowseventlog", "l"),
    known("loki", "l"),
    known("kafka", "tml"),
    known("statsd", "m"),
    known("carbon", "m"),
    known("collectd", "m"),
    known("influxdb", "m"),
    known("redis", "m"),
    open("postgresql", "ml", &POSTGRESQL),
    known("mysql", "ml"),
    known("mongodb", "m"),
    known("nginx", "m"),
    known("apache", "m"),
    known("rabbitmq", "m"),
    known("elasticsearch", "m"),
    known("memcached", "m"),
    known("docker_stats", "m"),
    open("httpcheck", "m", &HTTP_CHECK),
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

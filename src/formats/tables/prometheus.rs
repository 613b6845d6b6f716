//! Keys of `prometheus.yml`, up to Prometheus 3.14 (docs/configuration/configuration.md).

use super::http::{ONE_AUTHENTICATION, with_http};
use super::{Table, Type};

const PROTOCOLS: Type = Type::Word(&[
    "PrometheusProto",
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
    "OpenMetricsText2.0.0",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
]);
const VALIDATION: Type = Type::Word(&["utf8", "legacy"]);
const ESCAPING: Type = Type::Word(&["allow-utf-8", "underscores", "dots", "values"]);
const SCHEME: Type = Type::Word(&["http", "https", "HTTP", "HTTPS"]);

pub(in crate::formats) const PROMETHEUS: &[(&str, Type)] = &[
    ("global", Type::Any),
    ("runtime", Type::Table(&RUNTIME)),
    ("rule_files", Type::List(&Type::Filled)),
    ("scrape_config_files", Type::List(&Type::Filled)),
    ("scrape_configs", Type::Any),
    ("alerting", Type::Any),
    ("remote_write", Type::List(&Type::Table(&REMOTE_WRITE))),
    ("remote_read", Type::List(&Type::Table(&REMOTE_READ))),
    ("otlp", Type::Table(&OTLP)),
    ("storage", Type::Table(&STORAGE)),
    ("tracing", Type::Table(&TRACING)),
];

static RUNTIME: Table = Table { owner: "Prometheus", keys: &[("gogc", Type::Any)], required: &[], exclusive: &[] };

static OTLP: Table = Table {
    owner: "Prometheus",
    keys: &[
        ("promote_all_resource_attributes", Type::Flag),
        ("promote_resource_attributes", Type::List(&Type::Filled)),
        ("ignore_resource_attributes", Type::List(&Type::Filled)),
        (
            "translation_strategy",
            Type::Word(&[
                "UnderscoreEscapingWithSuffixes",
                "UnderscoreEscapingWithoutSuffixes",
                "NoUTF8EscapingWithSuffixes",
                "NoTranslation",
            ]),
        ),
        ("keep_identifying_resource_attributes", Type::Flag),
        ("convert_histograms_to_nhcb", Type::Flag),
        ("promote_scope_metadata", Type::Flag),
        ("label_name_underscore_sanitization", Type::Flag),
        ("label_name_preserve_multiple_underscores", Type::Flag),
    ],
    required: &[],
    exclusive: &[&["promote_all_resource_attributes", "promote_resource_attributes"]],
};

static STORAGE: Table = Table {
    owner: "Prometheus",
    keys: &[("tsdb", Type::Table(&TSDB)), ("exemplars", Type::Table(&EXEMPLARS))],
    required: &[],
    exclusive: &[],
};

static TSDB: Table = Table {
    owner: "Prometheus",
    keys: &[
        ("out_of_order_time_window", Type::Duration),
        ("stale_series_compaction_threshold", Type::Fraction),
        ("retention", Type::Table(&RETENTION)),
    ],
    required: &[],
    exclusive: &[],
};

static RETENTION: Table = Table {
    owner: "Prometheus",
    keys: &[("time", Type::Duration), ("size", Type::Size), ("percentage", Type::Any)],
    required: &[],
    exclusive: &[],
};

static EXEMPLARS: Table = Table { owner: "Prometheus", keys: &[("max_exemplars", Type::Number)], required: &[], exclusive: &[] };

static TRACING: Table = Table {
    owner: "Prometheus",
    keys: &[
        ("client_type", Type::Word(&["grpc", "http"])),
        ("endpoint", Type::Filled),
        ("sampling_fraction", Type::Fraction),
        ("insecure", Type::Flag),
        ("headers", Type::Map(&Type::Text)),
        ("http_headers", Type::Map(&Type::Table(&super::http::HEADER))),
        ("compression", Type::Word(&["gzip"])),
        ("timeout", Type::Duration),
        ("tls_config", Type::Table(&super::http::TLS)),
    ],
    required: &[&["endpoint"]],
    exclusive: &[],
};

pub(in crate::formats) const GLOBAL: &[(&str, Type)] = &[
    ("scrape_interval", Type::Any),
    ("scrape_timeout", Type::Any),
    ("scrape_protocols", Type::List(&PROTOCOLS)),
    ("evaluation_interval", Type::Any),
    ("rule_query_offset", Type::Duration),
    ("query_log_file", Type::Text),
    ("scrape_failure_log_file", Type::Text),
    ("external_labels", Type::Map(&Type::Text)),
    ("body_size_limit", Type::Size),
    ("sample_limit", Type::Count),
    ("target_limit", Type::Count),
    ("label_limit", Type::Count),
    ("label_name_length_limit", Type::Count),
    ("label_value_length_limit", Type::Count),
    ("keep_dropped_targets", Type::Count),
    ("metric_name_validation_scheme", VALIDATION),
    ("metric_name_escaping_scheme", ESCAPING),
    ("scrape_native_histograms", Type::Flag),
    ("convert_classic_histograms_to_nhcb", Type::Flag),
    ("always_scrape_classic_histograms", Type::Flag),
    ("extra_scrape_metrics", Type::Flag),
];

/// Every kind of service discovery.
macro_rules! with_discovery {
    ($($key:expr),* $(,)?) => {
        with_http![
            $($key,)*
            ("static_configs", Type::Any), ("aws_sd_configs", Type::Any), ("azure_sd_configs", Type::Any), ("consul_sd_configs", Type::Any),
            ("digitalocean_sd_configs", Type::Any), ("dns_sd_configs", Type::List(&Type::Table(&DNS))), ("docker_sd_configs", Type::Any),
            ("dockerswarm_sd_configs", Type::Any), ("ec2_sd_configs", Type::Any), ("eureka_sd_configs", Type::Any),
            ("file_sd_configs", Type::List(&Type::Table(&FILES))), ("gce_sd_configs", Type::Any), ("hetzner_sd_configs", Type::Any),
            ("http_sd_configs", Type::List(&Type::Table(&HTTP_DISCOVERY))), ("ionos_sd_configs", Type::Any),
            ("kubernetes_sd_configs", Type::List(&Type::Table(&KUBERNETES))), ("kuma_sd_configs", Type::Any), ("lightsail_sd_configs", Type::Any),
            ("linode_sd_configs", Type::Any), ("marathon_sd_configs", Type::Any), ("nerve_sd_configs", Type::Any), ("nomad_sd_configs", Type::Any),
            ("openstack_sd_configs", Type::Any), ("ovhcloud_sd_configs", Type::Any), ("puppetdb_sd_configs", Type::Any),
            ("scaleway_sd_configs", Type::Any), ("serverset_sd_configs", Type::Any), ("stackit_sd_configs", Type::Any),
            ("triton_sd_configs", Type::Any), ("uyuni_sd_configs", Type::Any), ("vultr_sd_configs", Type::Any), ("relabel_configs", Type::Any),
        ]
    };
}

static DNS: Table = Table {
    owner: "`dns_sd_configs`",
    keys: &[
        ("names", Type::List(&Type::Filled)),
        ("type", Type::Word(&["SRV", "A", "AAAA", "MX", "NS"])),
        ("port", Type::Count),
        ("refresh_interval", Type::Time),
    ],
    required: &[&["names"]],
    exclusive: &[],
};

static FILES: Table = Table {
    owner: "`file_sd_configs`",
    keys: &[("files", Type::List(&Type::Filled)), ("refresh_interval", Type::Time)],
    required: &[&["files"]],
    exclusive: &[],
};

static HTTP_DISCOVERY: Table = Table {
    owner: "`http_sd_configs`",
    keys: with_http![("url", Type::Url), ("refresh_interval", Type::Time)],
    required: &[&["url"]],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};

static NAMESPACES: Table = Table {
    owner: "`kubernetes_sd_configs`",
    keys: &[("own_namespace", Type::Flag), ("names", Type::List(&Type::Filled))],
    required: &[],
    exclusive: &[],
};

static SELECTOR: Table = Table {
    owner: "`kubernetes_sd_configs`",
    keys: &[
        ("role", Type::Word(&["node", "pod", "service", "endpoints", "endpointslice", "ingress"])),
        ("label", Type::Text),
        ("field", Type::Text),
    ],
    required: &[&["role"]],
    exclusive: &[],
};

static METADATA: Table = Table {
    owner: "Prometheus",
    keys: &[("send", Type::Flag), ("send_interval", Type::Duration), ("max_samples_per_send", Type::Count)],
    required: &[],
    exclusive: &[],
};

static KUBERNETES: Table = Table {
    owner: "`kubernetes_sd_configs`",
    keys: with_http![
        ("api_server", Type::Text),
        ("role", Type::Word(&["node", "pod", "service", "endpoints", "endpointslice", "ingress"])),
        ("kubeconfig_file", Type::Text),
        ("namespaces", Type::Table(&NAMESPACES)),
        ("selectors", Type::List(&Type::Table(&SELECTOR))),
        ("attach_metadata", Type::Any),
    ],
    required: &[&["role"]],
    exclusive: &[],
};

pub(in crate::formats) static SCRAPE_CONFIG: Table = Table {
    owner: "Prometheus",
    keys: with_discovery![
        ("job_name", Type::Any),
        ("scrape_interval", Type::Any),
        ("scrape_timeout", Type::Any),
        ("scrape_protocols", Type::List(&PROTOCOLS)),
        ("fallback_scrape_protocol", PROTOCOLS),
        ("scrape_native_histograms", Type::Flag),
        ("always_scrape_classic_histograms", Type::Flag),
        ("scrape_classic_histograms", Type::Flag),
        ("convert_classic_histograms_to_nhcb", Type::Flag),
        ("native_histogram_bucket_limit", Type::Count),
        ("native_histogram_min_bucket_factor", Type::Any),
        ("metrics_path", Type::Text),
        ("honor_labels", Type::Any),
        ("honor_timestamps", Type::Flag),
        ("track_timestamps_staleness", Type::Flag),
        ("scheme", SCHEME),
        ("params", Type::Map(&Type::List(&Type::Text))),
        ("enable_compression", Type::Flag),
        ("scrape_failure_log_file", Type::Text),
        ("metric_relabel_configs", Type::Any),
        ("body_size_limit", Type::Size),
        ("sample_limit", Type::Count),
        ("label_limit", Type::Count),
        ("label_name_length_limit", Type::Count),
        ("label_value_length_limit", Type::Count),
        ("target_limit", Type::Count),
        ("keep_dropped_targets", Type::Count),
        ("metric_name_validation_scheme", VALIDATION),
        ("metric_name_escaping_scheme", ESCAPING),
        ("extra_scrape_metrics", Type::Flag),
    ],
    required: &[],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};

pub(in crate::formats) static ALERTMANAGER: Table = Table {
    owner: "Prometheus",
    keys: with_discovery![
        ("timeout", Type::Time),
        ("api_version", Type::Word(&["v1", "v2"])),
        ("path_prefix", Type::Text),
        ("scheme", SCHEME),
        ("sigv4", Type::Any),
        ("alert_relabel_configs", Type::Any)
    ],
    required: &[],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};

pub(in crate::formats) const RELABEL: &[(&str, Type)] = &[
    ("source_labels", Type::Any),
    ("separator", Type::Text),
    ("target_label", Type::Text),
    ("regex", Type::Regex),
    ("modulus", Type::Positive),
    ("replacement", Type::Text),
    ("action", Type::Any),
];

static REMOTE_WRITE: Table = Table {
    owner: "Prometheus",
    keys: with_http![
        ("url", Type::Url),
        ("protobuf_message", Type::Word(&["prometheus.WriteRequest", "io.prometheus.write.v2.Request"])),
        ("remote_timeout", Type::Time),
        ("headers", Type::Map(&Type::Text)),
        ("write_relabel_configs", Type::Any),
        ("name", Type::Text),
        ("send_exemplars", Type::Flag),
        ("send_native_histograms", Type::Flag),
        ("round_robin_dns", Type::Flag),
        ("sigv4", Type::Any),
        ("azuread", Type::Any),
        ("google_iam", Type::Any),
        ("queue_config", Type::Table(&QUEUE)),
        ("metadata_config", Type::Table(&METADATA)),
    ],
    required: &[&["url"]],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};

static QUEUE: Table = Table {
    owner: "Prometheus",
    keys: &[
        ("capacity", Type::Positive),
        ("max_shards", Type::Positive),
        ("min_shards", Type::Positive),
        ("max_samples_per_send", Type::Positive),
        ("batch_send_deadline", Type::Duration),
        ("min_backoff", Type::Duration),
        ("max_backoff", Type::Duration),
        ("retry_on_http_429", Type::Flag),
        ("sample_age_limit", Type::Duration),
    ],
    required: &[],
    exclusive: &[],
};

static REMOTE_READ: Table = Table {
    owner: "Prometheus",
    keys: with_http![
        ("url", Type::Url),
        ("name", Type::Text),
        ("required_matchers", Type::Map(&Type::Text)),
        ("remote_timeout", Type::Time),
        ("headers", Type::Map(&Type::Text)),
        ("read_recent", Type::Flag),
        ("filter_external_labels", Type::Flag),
        ("chunked_read_limit", Type::Any),
    ],
    required: &[&["url"]],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};

//! Keys of `prometheus.yml`, up to Prometheus 3.14 (docs/configuration/configuration.md).

pub(super) const PROMETHEUS: &[&str] = &[
    "global",
    "runtime",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "alerting",
    "remote_write",
    "remote_read",
    "otlp",
    "storage",
    "tracing",
];

pub(super) const GLOBAL: &[&str] = &[
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "evaluation_interval",
    "rule_query_offset",
    "query_log_file",
    "scrape_failure_log_file",
    "external_labels",
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "scrape_native_histograms",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "extra_scrape_metrics",
];

/// What HTTP clients of Prometheus take.
macro_rules! with_http {
    ($($key:literal),* $(,)?) => {
        &[
            $($key,)* "basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file", "follow_redirects", "enable_http2", "tls_config",
            "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "http_headers",
        ]
    };
}

/// Every kind of service discovery.
macro_rules! with_discovery {
    ($($key:literal),* $(,)?) => {
        with_http![
            $($key,)* "static_configs", "aws_sd_configs", "azure_sd_configs", "consul_sd_configs", "digitalocean_sd_configs", "dns_sd_configs", "docker_sd_configs",
            "dockerswarm_sd_configs", "ec2_sd_configs", "eureka_sd_configs", "file_sd_configs", "gce_sd_configs", "hetzner_sd_configs", "http_sd_configs",
            "ionos_sd_configs", "kubernetes_sd_configs", "kuma_sd_configs", "lightsail_sd_configs", "linode_sd_configs", "marathon_sd_configs",
            "nerve_sd_configs", "nomad_sd_configs", "openstack_sd_configs", "ovhcloud_sd_configs", "puppetdb_sd_configs", "scaleway_sd_configs",
            "serverset_sd_configs", "stackit_sd_configs", "triton_sd_configs", "uyuni_sd_configs", "vultr_sd_configs", "relabel_configs",
        ]
    };
}

pub(super) const SCRAPE_CONFIG: &[&str] = with_discovery![
    "job_name",
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "fallback_scrape_protocol",
    "scrape_native_histograms",
    "always_scrape_classic_histograms",
    "scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
    "metrics_path",
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "scheme",
    "params",
    "enable_compression",
    "scrape_failure_log_file",
    "metric_relabel_configs",
    "body_size_limit",
    "sample_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "target_limit",
    "keep_dropped_targets",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "extra_scrape_metrics",
];

pub(super) const ALERTMANAGER: &[&str] =
    with_discovery!["timeout", "api_version", "path_prefix", "scheme", "sigv4", "alert_relabel_configs"];

pub(super) const RELABEL: &[&str] = &["source_labels", "separator", "target_label", "regex", "modulus", "replacement", "action"];

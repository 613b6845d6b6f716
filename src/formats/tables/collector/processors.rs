//! Processors.

use super::parts::MEMORY_LIMITER;
use super::{Component, ERROR_MODE, TIME, WORDS, known, open, strict};
use crate::formats::tables::Type;

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

pub(super) const ACTIONS: &[&str] = &["insert", "update", "upsert", "delete", "hash", "extract", "convert"];

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

pub(super) const LIST_OF_ACTIONS: Type = Type::List(&Type::Table(&ACTION));
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
    SPAN,
    [("name", Type::Open(&SPAN_NAME)), ("status", Type::Any), ("include", Type::Open(&MATCH)), ("exclude", Type::Open(&MATCH))],
    [&["name", "status"]],
    []
);
table!(
    SPAN_NAME,
    [("from_attributes", WORDS), ("separator", Type::Text), ("to_attributes", Type::Any), ("keep_original_name", Type::Flag)]
);
table!(
    REDACTION,
    [
        ("allow_all_keys", Type::Flag),
        ("allowed_keys", WORDS),
        ("ignored_keys", WORDS),
        ("blocked_values", Type::List(&Type::Regex)),
        ("allowed_values", Type::List(&Type::Regex)),
        ("blocked_key_patterns", Type::List(&Type::Regex)),
        ("hash_function", Type::Word(&["", "md5", "sha1", "sha3", "hmac-sha256", "hmac-sha512"])),
        ("summary", Type::Word(&["", "debug", "info", "silent"])),
    ]
);
table!(GEO_IP, [("providers", Type::Any), ("context", Type::Text), ("attributes", WORDS)], [&["providers"]], []);

pub(super) static PROCESSORS: &[Component] = &[
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
    open("span", "t", &SPAN),
    known("groupbytrace", "t"),
    known("groupbyattrs", "tml"),
    known("metricstransform", "m"),
    known("metricsgeneration", "m"),
    known("cumulativetodelta", "m"),
    known("deltatocumulative", "m"),
    known("deltatorate", "m"),
    known("interval", "m"),
    open("redaction", "tml", &REDACTION),
    known("logdedup", "l"),
    known("schema", "tml"),
    known("remotetap", "tml"),
    open("geoip", "tml", &GEO_IP),
    known("sumologic", "tml"),
    known("coralogix", "t"),
];

//! Connectors.

use super::{Component, ERROR_MODE, TIME, WORDS, joins};
use crate::formats::tables::Type;

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

pub(super) static CONNECTORS: &[Component] = &[
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

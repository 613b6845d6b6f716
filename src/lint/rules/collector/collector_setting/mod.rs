//! Settings of Collector components that contradict one another or cannot work.

mod attributes;
mod batch;
mod conditions;
mod connectors;
mod delivery;
mod kubernetes;
mod memory_limiter;
mod sampling;
mod transport;
mod variables;

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::walk;
use crate::source::Node;
use attributes::actions;
use batch::batch;
use conditions::conditions;
use connectors::{graph, spans};
use delivery::delivery;
use kubernetes::kubernetes;
use memory_limiter::memory;
use sampling::{percentage, sampling};
use transport::{origins, tls};
use variables::environment;

rule! {
    /// Settings of a component of the OpenTelemetry Collector contradict one another, or cannot work: a memory limit below its own
    /// spike, batches larger than the largest batch, retries that end before they begin, a share above a hundred percent, an action
    /// on attributes without a value, a condition whose brackets do not close.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { memory_limiter: { check_interval: 1s, limit_mib: 100, spike_limit_mib: 400 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { memory_limiter: { check_interval: 1s, limit_mib: 400, spike_limit_mib: 100 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter], exporters: [debug] } } }
    /// ```
    CollectorSetting, "collector-setting", Error
}

impl Rule for CollectorSetting {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        unfilled(view, found);
        for section in ["receivers", "processors", "exporters", "connectors", "extensions"] {
            for (id, key, body) in view.config.components(section) {
                let mut report = Section::new(&META, format!("{section}.{id}"), found);
                if id.ends_with('/') {
                    report.add(
                        Level::Error,
                        key,
                        "id",
                        format!("nothing stands behind the `/` of `{id}`"),
                        "name it, or leave the `/` out",
                    );
                }
                match (section, kind(id)) {
                    ("processors" | "extensions", "memory_limiter") => memory(key, body, &mut report),
                    ("processors", "batch") => batch(body, &mut report),
                    ("processors", "resource") => actions(body, "attributes", &mut report),
                    ("processors", "attributes") => actions(body, "actions", &mut report),
                    ("processors", "filter" | "transform") | ("connectors", "routing" | "count" | "sum") => {
                        if section == "processors" && body.entries().all(|(name, ..)| name == "error_mode") {
                            let message = format!("`{id}` has neither a condition nor a statement, so it does nothing");
                            report.add(Level::Warning, key, "conditions", message, "add one, or leave it out");
                        }
                        conditions(body, "", &mut report);
                    }
                    ("processors", "probabilistic_sampler") => percentage(body, "sampling_percentage", &mut report),
                    ("processors", "tail_sampling") => {
                        for condition in body.items_of("policies").filter_map(|policy| policy.get("ottl_condition")) {
                            conditions(condition, "", &mut report);
                        }
                        sampling(body, &mut report);
                    }
                    ("processors", "redaction") => {
                        let keeps_all = body.get("allow_all_keys").and_then(Node::as_bool) == Some(true);
                        let named = ["allowed_keys", "ignored_keys", "ignored_key_patterns"]
                            .iter()
                            .any(|list| body.items_of(list).next().is_some());
                        if !keeps_all && !named {
                            let message = "no key is allowed, so every attribute goes";
                            report.add(
                                Level::Warning,
                                key,
                                "allowed_keys",
                                message,
                                "set `allow_all_keys: true`, or name keys under `allowed_keys`",
                            );
                        }
                    }
                    ("connectors", "spanmetrics" | "span_metrics") => spans(body, &mut report),
                    ("connectors", "servicegraph" | "service_graph") => graph(body, &mut report),
                    ("extensions", "bearertokenauth" | "bearer_token_auth") => {
                        let token = body.get("token").filter(|node| node.as_str().is_some_and(|text| text.starts_with("Bearer ")));
                        if let Some(node) = token.filter(|_| body.get("scheme").is_none()) {
                            report.add(
                                Level::Warning,
                                node,
                                "token",
                                "`Bearer` is put before it, and so is there twice",
                                "write the token alone",
                            );
                        }
                    }
                    ("extensions", "health_check" | "healthcheckv2") => {
                        let path =
                            body.get("path").filter(|node| node.as_str().is_some_and(|text| !text.starts_with('/') && !text.contains('$')));
                        if let Some(node) = path {
                            report.add(Level::Error, node, "path", format!("{} is no path", node.describe()), "begin it with `/`");
                        }
                    }
                    ("processors", "k8sattributes" | "k8s_attributes") => kubernetes(body, &mut report),
                    _ => {}
                }
                if let Some((node, _)) = time(body, "collection_interval").filter(|(_, millis)| *millis <= 0.0) {
                    report.add(Level::Error, node, "collection_interval", "nothing is ever collected", "write `1m`");
                }
                if section == "exporters" {
                    delivery(body, &mut report);
                }
                walk::mappings(body, &mut |node, _| {
                    environment(node, &mut report);
                    tls(node, &mut report);
                    origins(node, &mut report);
                });
            }
        }
    }
}

fn number<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, i64)> {
    node.get(key).and_then(|node| Some((node, node.as_i64()?)))
}

fn time<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, f64)> {
    node.get(key).and_then(|node| Some((node, go_duration(node.as_str()?)?)))
}

/// Batches by metadata of requests, which no receiver keeps.
fn unfilled(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    let keeps = |body: &Node| {
        let mut kept = false;
        walk::mappings(body, &mut |node, _| kept |= node.get("include_metadata").and_then(Node::as_bool) == Some(true));
        kept
    };
    let mut receivers = view.config.components("receivers").peekable();
    if receivers.peek().is_none() || receivers.any(|(.., body)| keeps(body)) {
        return;
    }
    for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "batch") {
        if let Some(keys) = body.get("metadata_keys").filter(|keys| keys.items().next().is_some()) {
            let message = "no receiver keeps the metadata of requests, so these are always empty";
            let finding = META.finding_at(Level::Warning, keys.span, message).path(format!("processors.{id}.metadata_keys"));
            found.push(finding.help("set `include_metadata: true` at the receiver, or leave the keys out"));
        }
    }
}

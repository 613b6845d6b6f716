//! Settings of exporters of a Collector that keep data from leaving.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::formats::tables::{go_duration, is_placeholder};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// An exporter of the Collector is told what keeps data from leaving: credentials over a connection of gRPC without TLS, which gRPC
    /// does not send; a batch that its queue cannot hold, or that never is sent; an address for another signal than its pipeline
    /// carries; a header that cannot be one; sums of differences for a store that takes totals alone; the
    /// credentials for another destination.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// extensions: { basicauth: { client_auth: { username: web, password: "${env:PASSWORD}" } } }
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlp: { endpoint: "tempo:4317", tls: { insecure: true }, auth: { authenticator: basicauth } } }
    /// service: { extensions: [basicauth], pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// extensions:
    ///   basicauth/loki: { client_auth: { username: a, password: "${env:LOKI}" } }
    ///   basicauth/mimir: { client_auth: { username: b, password: "${env:MIMIR}" } }
    /// exporters: { otlphttp/loki: { endpoint: "http://loki:3100/otlp", auth: { authenticator: basicauth/mimir } } }
    /// service:
    ///   extensions: [basicauth/loki, basicauth/mimir]
    ///   pipelines: { logs: { receivers: [otlp], exporters: [otlphttp/loki] } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// extensions: { basicauth: { client_auth: { username: web, password: "${env:PASSWORD}" } } }
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlp: { endpoint: "tempo.example.net:4317", auth: { authenticator: basicauth } } }
    /// service: { extensions: [basicauth], pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
    /// ```
    ExporterSetting, "exporter-setting", Error
}

impl Rule for ExporterSetting {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, key, body) in view.config.components("exporters") {
            let mut report = Section::new(&META, format!("exporters.{id}"), found);
            match kind(id) {
                "otlp" | "otlp_grpc" => credentials(body, &mut report),
                "otlphttp" | "otlp_http" => endpoints(view, id, key, body, &mut report),
                "prometheusremotewrite" | "prometheus_remote_write" => written(body, &mut report),
                _ => {}
            }
            authenticated(view, id, body, &mut report);
            if let Some(queue) = body.get("sending_queue") {
                queued(queue, &mut report);
            }
            let retry = body.get("retry_on_failure").and_then(|retry| retry.get("multiplier"));
            if let Some(node) = retry.filter(|node| node.as_f64().is_some_and(|factor| factor < 1.0)) {
                report.add(Level::Warning, node, "retry_on_failure", "each wait is shorter than the one before", "use `1.5`");
            }
            let is_token = |name: &str| name.bytes().all(|byte| byte.is_ascii_graphic() && !br#"(),/:;<=>?@[\]{}""#.contains(&byte));
            for (name, key, _) in body.entries_of("headers").filter(|(name, ..)| !is_token(name) && !is_placeholder(name)) {
                report.add(Level::Error, key, "headers", format!("`{name}` is no name of a header"), "use letters, digits and `-`");
            }
            if matches!(kind(id), "prometheusremotewrite" | "prometheus_remote_write") {
                differences(view, id, found);
            }
        }
    }
}

/// The pipelines that an exporter is in.
fn pipelines<'v>(view: &'v CollectorView<'_>, id: &'v str) -> impl Iterator<Item = (&'v str, &'v Node)> {
    let in_it = move |pipeline: &Node| pipeline.items_of("exporters").any(|node| node.as_str() == Some(id));
    view.config.pipelines.iter().filter(move |(_, body)| in_it(body)).filter_map(|(name, body)| Some((name.as_str()?, *body)))
}

/// Credentials of gRPC, which does not send them in the clear.
fn credentials(body: &Node, report: &mut Section<'_>) {
    let insecure = body.get("tls").and_then(|tls| tls.get("insecure")).filter(|node| node.as_bool() == Some(true));
    let auth = body.get("auth").and_then(|auth| auth.get_str("authenticator"));
    let known = ["basicauth", "basic_auth", "bearertokenauth", "bearer_token_auth", "oauth2client"];
    if let (Some(_), Some((node, id))) = (insecure, auth.filter(|(_, id)| known.contains(&kind(id)))) {
        let message = format!("gRPC does not send the credentials of `{id}` without TLS, and every request fails");
        report.add(Level::Error, node, "auth", message, "remove `insecure: true`, or send by HTTP");
    }
}

/// Credentials that are called after another destination, while there are some that are called after this one.
fn authenticated(view: &CollectorView<'_>, id: &str, body: &Node, report: &mut Section<'_>) {
    let Some((node, used)) = body.get("auth").and_then(|auth| auth.get_str("authenticator")) else { return };
    let (Some((kind, of)), Some((_, own))) = (used.split_once('/'), id.split_once('/')) else { return };
    let meant = format!("{kind}/{own}");
    let is_there = view.config.components("extensions").any(|(other, ..)| other == meant);
    let is_used = view
        .config
        .components("exporters")
        .any(|(_, _, other)| other.get("auth").and_then(|auth| auth.get("authenticator")?.as_str()) == Some(meant.as_str()));
    if of != own && is_there && !is_used {
        let message = format!("these are the credentials for `{of}`, and nobody uses `{meant}`");
        report.add(Level::Warning, node, "auth", message, &format!("did you mean `{meant}`?"));
    }
}

/// Addresses of single signals.
fn endpoints(view: &CollectorView<'_>, id: &str, key: &Node, body: &Node, report: &mut Section<'_>) {
    for signal in ["traces", "metrics", "logs"] {
        let own = format!("{signal}_endpoint");
        let in_pipeline = pipelines(view, id).any(|(name, _)| kind(name) == signal);
        if in_pipeline && body.get("endpoint").is_none() && body.get(&own).is_none() && body.entries().next().is_some() {
            let message = format!("a pipeline of {signal} has this exporter, which is not told where they go");
            report.add(Level::Error, key, &own, message, &format!("add `endpoint:` or `{own}:`"));
        }
        let Some((node, text)) = body.get_str(&own).filter(|(_, text)| !is_placeholder(text)) else { continue };
        let path = text.split_once("://").map_or("", |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path)).trim_end_matches('/');
        if path.is_empty() || path == "otlp" {
            let message = format!(
                "`{own}` is asked as it stands, and {signal} are taken at `/{path}{}v1/{signal}`",
                if path.is_empty() { "" } else { "/" }
            );
            report.add(Level::Warning, node, &own, message, "write the whole path, or `endpoint:`");
        }
    }
}

/// What is written to a store as Prometheus does.
fn written(body: &Node, report: &mut Section<'_>) {
    if let Some((key, _)) = body.entry("sending_queue") {
        report.add(Level::Error, key, "sending_queue", "this exporter has a queue of its own", "write `remote_write_queue:`");
    }
    if let Some(queue) = body.get("remote_write_queue") {
        let is = |key: &str, wanted: i64| queue.get(key).filter(|node| node.as_i64() == Some(wanted));
        let on = queue.get("enabled").and_then(Node::as_bool) != Some(false);
        if let Some(node) = is("queue_size", 0).filter(|_| on) {
            report.add(Level::Error, node, "remote_write_queue", "a queue of no length drops all data", "use thousands");
        }
        if let Some(node) = is("num_consumers", 0).filter(|_| on) {
            report.add(Level::Warning, node, "remote_write_queue", "nobody takes from the queue", "use `5`");
        }
        if let Some(node) = queue.get("enabled").filter(|_| !on) {
            let message = "whoever sends waits for the other side, and data is lost when it is away";
            report.add(Level::Warning, node, "remote_write_queue", message, "keep the queue");
        }
    }
    for (name, key, _) in body.entries_of("external_labels").filter(|(name, ..)| *name == "__name__") {
        report.add(Level::Error, key, "external_labels", format!("`{name}` is the name of every metric"), "remove it");
    }
}

/// Sums of differences, which Prometheus does not take, from a connector whose setting is the fault.
fn differences(view: &CollectorView<'_>, id: &str, found: &mut Vec<Diagnostic>) {
    for (_, pipeline) in pipelines(view, id) {
        let sums = pipeline.items_of("processors").any(|node| node.as_str().is_some_and(|id| kind(id) == "deltatocumulative"));
        let receivers: Vec<&str> = pipeline.items_of("receivers").filter_map(Node::as_str).filter(|_| !sums).collect();
        for (name, _, body) in view.config.components("connectors").filter(|(name, ..)| receivers.contains(name)) {
            let temporality = body.get("aggregation_temporality");
            if let Some(node) = temporality.filter(|node| node.as_str() == Some("AGGREGATION_TEMPORALITY_DELTA")) {
                let mut report = Section::new(&META, format!("connectors.{name}"), found);
                let message = format!("`{id}` takes totals alone, and drops these");
                let help = "leave it out, or add a `deltatocumulative` processor";
                report.add(Level::Error, node, "aggregation_temporality", message, help);
            }
        }
    }
}

/// A queue, and the batches that are made of what is in it.
fn queued(queue: &Node, report: &mut Section<'_>) {
    if let Some(node) = queue.get("wait_for_result").filter(|node| node.as_bool() == Some(true) && queue.get("storage").is_some()) {
        report.add(Level::Error, node, "sending_queue", "nobody waits for what is stored", "leave out this, or `storage`");
    }
    let Some(batch) = queue.get("batch").filter(|batch| batch.get("enabled").and_then(Node::as_bool) != Some(false)) else { return };
    if let Some(node) = batch.get("flush_timeout").filter(|node| node.as_str().and_then(go_duration).is_some_and(|millis| millis <= 0.0)) {
        report.add(Level::Error, node, "sending_queue", "a batch is sent after some time at the latest, and this is none", "use `200ms`");
    }
    let sizer = |node: &Node| node.get("sizer").and_then(Node::as_str).map(str::to_owned);
    let (of_queue, of_batch) = (sizer(queue), sizer(batch).or_else(|| sizer(queue)));
    let number = |node: &Node, key: &str| node.get(key).and_then(Node::as_i64);
    let least = batch.get("min_size").and_then(|node| Some((node, node.as_i64()?)));
    if let (Some((node, least)), Some(most)) = (least, number(queue, "queue_size"))
        && of_queue.is_some()
        && of_queue == of_batch
        && least > most
    {
        report.add(
            Level::Error,
            node,
            "sending_queue",
            format!("the queue holds {most}, and no batch is ever filled"),
            "make the queue longer",
        );
    }
}

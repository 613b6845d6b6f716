//! What a Collector says of itself, and to whom.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::collector::kind;
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::rules::collector::listener::listening;
use crate::lint::views::CollectorView;
use crate::lint::words::hosts::{host, is_own, port};
use crate::source::Node;

rule! {
    /// What the Collector measures of itself goes nowhere: a job of the `prometheus.yml` beside it asks a port at which nothing is
    /// served, readers are none, or they push by a protocol that there is not, to a port of another, or every few milliseconds, for
    /// their interval counts these.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service:
    ///   telemetry: { metrics: { readers: [{ periodic: { interval: 10, exporter: { console: {} } } }] } }
    ///   pipelines: { traces: { receivers: [otlp], exporters: [otlp] } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service:
    ///   telemetry: { metrics: { readers: [{ periodic: { interval: 10000, exporter: { console: {} } } }] } }
    ///   pipelines: { traces: { receivers: [otlp], exporters: [otlp] } }
    /// ```
    OwnTelemetry, "own-telemetry", Warning up to Error
}

impl Rule for OwnTelemetry {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(metrics) = view.config.root.at(["service", "telemetry", "metrics"]) else { return };
        let mut report = Section::new(&META, "service.telemetry.metrics".to_owned(), found);
        for reader in metrics.items_of("readers") {
            if let Some(periodic) = reader.get("periodic") {
                pushed(periodic, &mut report);
                to_itself(periodic, view, &mut report);
            }
            let own = reader.get("pull").and_then(|pull| pull.at(["exporter", "prometheus"]));
            // What is misspelt is said of the key.
            let is_slip = |own: &Node| own.entries().any(|(key, ..)| misspelt(key, &["host", "port"]).is_some());
            let lacks =
                |own: &&Node| own.as_mapping().is_some() && (own.get("host").is_none() || own.get("port").is_none()) && !is_slip(own);
            if let Some(own) = own.filter(lacks) {
                let key = if own.get("host").is_none() { "host" } else { "port" };
                let message = format!("the reader says no `{key}`, and the Collector does not start without");
                report.add(Level::Error, own, "readers", message, "write both, as `host: 0.0.0.0` and `port: 8888`");
            }
            if let Some((node, _)) =
                own.and_then(|own| own.get_str("host")).filter(|(_, text)| text.matches(':').count() == 1 && !is_placeholder(text))
            {
                report.add(
                    Level::Error,
                    node,
                    "readers",
                    format!("{} is no host, for the port stands beside it", node.describe()),
                    "leave the port out",
                );
            }
        }
        unserved(metrics, context, &mut report);
    }
}

/// Metrics of its own that a Collector sends to its own receiver, from which no pipeline takes metrics.
fn to_itself(periodic: &Node, view: &CollectorView<'_>, report: &mut Section<'_>) {
    let Some((node, endpoint)) = periodic.at(["exporter", "otlp"]).and_then(|otlp| otlp.get_str("endpoint")) else { return };
    let own = listening(view.config).into_iter().filter(|one| one.path.starts_with("receivers.otlp"));
    if !is_own(host(endpoint)) || !own.into_iter().any(|one| one.port == port(endpoint)) {
        return;
    }
    let is_otlp = |node: &Node| node.as_str().is_some_and(|id| kind(id) == "otlp");
    let of_metrics = |name: &Node| name.as_str().is_some_and(|name| kind(name) == "metrics");
    if !view.config.pipelines.iter().any(|(name, body)| of_metrics(name) && body.items_of("receivers").any(is_otlp)) {
        let message = format!("{} is this Collector itself, and no pipeline takes metrics there", node.describe());
        report.add(Level::Warning, node, "readers", message, "name where metrics are taken, or add a pipeline");
    }
}

fn pushed(periodic: &Node, report: &mut Section<'_>) {
    let millis = periodic.get("interval").and_then(|node| Some((node, node.as_i64()?)));
    if let Some((node, millis)) = millis.filter(|(_, millis)| *millis < 1000) {
        report.add(
            Level::Warning,
            node,
            "readers",
            format!("this counts milliseconds, and pushes every {millis} of them"),
            "write `60000` for a minute",
        );
    }
    let Some(otlp) = periodic.at(["exporter", "otlp"]) else { return };
    let protocol = otlp.get("protocol").and_then(Node::as_str).unwrap_or("");
    let Some((node, endpoint)) = otlp.get_str("endpoint").filter(|(_, text)| !is_placeholder(text)) else { return };
    let (other, name) = if protocol.starts_with("grpc") { ("4318", "HTTP") } else { ("4317", "gRPC") };
    if port(endpoint) == other {
        let message = format!("the port of {name} is asked by `{protocol}`");
        report.add(Level::Warning, node, "readers", message, "use the other port, or the other protocol");
    }
}

/// Ports that Prometheus asks the Collector at, where readers serve nothing.
fn unserved(metrics: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let Some((key, readers)) = metrics.entry("readers").filter(|(_, list)| list.as_sequence().is_some()) else { return };
    if readers.items().any(|reader| reader.get("pull").is_some()) {
        return;
    }
    let [config] = context.world.prometheus.as_slice() else { return };
    let is_own = |text: &str| ["collector", "otelcol", "otel-"].iter().any(|word| host(text).contains(word)) && port(text) == "8888";
    let asked = config.jobs.iter().flat_map(|job| &job.targets.addresses).filter_map(|node| node.as_str()).find(|text| is_own(text));
    if let Some(target) = asked {
        let message = format!("no reader serves metrics, and Prometheus scrapes `{target}`");
        report.add(Level::Warning, key, "readers", message, "add a `pull` reader with an exporter `prometheus`");
    }
}

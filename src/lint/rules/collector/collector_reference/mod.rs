//! What a component of the Collector refers to, and what becomes of its data on the way.

mod services;
mod written;

use self::services::{named_services, service};
use self::written::written;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::ottl;
use crate::lint::words::walk;
use crate::promql::regex;
use crate::source::Node;

rule! {
    /// A component of the OpenTelemetry Collector keeps its state in an extension that is none for that, or that is not started; filters
    /// a signal that no pipeline with it carries; lets every trace through beside other policies, or remembers fewer traces than
    /// come while it waits; takes the name of the service away, or a whole service, or errors; or asks for a service that nearly has
    /// the name of the manifest's.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log], storage: file_storage/state } }
    /// exporters: { debug: {} }
    /// extensions: { file_storage: { directory: /var/lib/otelcol } }
    /// service: { extensions: [file_storage], pipelines: { logs: { receivers: [filelog], exporters: [debug] } } }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   memory_limiter: { check_interval: 1s, limit_mib: 400 }
    ///   resource: { attributes: [{ key: service.namespace, value: shop, action: upsert }] }
    /// exporters: { otlphttp: { endpoint: "http://mimir:9009/otlp" } }
    /// service: { pipelines: { metrics: { receivers: [otlp], processors: [memory_limiter, resource], exporters: [otlphttp] } } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Busy, expr: 'sum(rate(requests_total{job="shops/web"}[5m])) > 100' }] }]
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log], storage: file_storage } }
    /// exporters: { debug: {} }
    /// extensions: { file_storage: { directory: /var/lib/otelcol } }
    /// service: { extensions: [file_storage], pipelines: { logs: { receivers: [filelog], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// logging: { format: json, redact: [password] }
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   memory_limiter: { check_interval: 1s, limit_mib: 400 }
    ///   attributes/redact: { actions: [{ key: password, action: delete }] }
    ///   redaction: { allow_all_keys: true, blocked_key_patterns: [password] }
    ///   batch: {}
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], processors: [memory_limiter, attributes/redact, batch], exporters: [otlp] }
    ///     logs: { receivers: [otlp], processors: [memory_limiter, redaction, batch], exporters: [otlp] }
    /// ```
    CollectorReference, "collector-reference", Error
}

/// Extensions that keep no state for others.
const NO_STORES: &[&str] =
    &["health_check", "zpages", "pprof", "memory_limiter", "basicauth", "bearertokenauth", "oauth2client", "headers_setter", "opamp"];

impl Rule for CollectorReference {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        stores(view, found);
        for (section, id, body) in
            SECTIONS.iter().flat_map(|section| view.config.components(section).map(move |(id, _, body)| (*section, id, body)))
        {
            let mut report = Section::new(&META, format!("{section}.{id}"), found);
            match (section, kind(id)) {
                ("receivers", "hostmetrics" | "host_metrics") => scrapers(body, &mut report),
                ("processors", "filter") => {
                    signals(view, id, body, &mut report);
                    taken(view, id, body, context, &mut report);
                }
                ("processors", "transform") => statements(view, id, body, &mut report),
                ("processors", "tail_sampling") => sampling(body, context, &mut report),
                ("processors", "resource") => service(body, context, &mut report),
                ("exporters", "prometheusremotewrite" | "prometheus_remote_write") => written(body, context, &mut report),
                _ => {}
            }
            if section == "processors" {
                named_services(view, body, context, &mut report);
            }
            if section == "exporters" {
                headers(body, &mut report);
                let endless = body.get("timeout").filter(|node| node.as_str().and_then(go_duration) == Some(0.0));
                if let Some(node) = endless {
                    report.add(
                        Level::Warning,
                        node,
                        "timeout",
                        "a request that is never answered holds its sender for ever",
                        "use seconds",
                    );
                }
            }
        }
        redacted(view, context, found);
    }
}

/// Extensions that keep the state of others.
fn stores(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    let Some(service) = view.config.root.get("service").filter(|_| view.config.root.get("extensions").is_some()) else { return };
    let started: Vec<&str> = service.items_of("extensions").filter_map(Node::as_str).collect();
    for section in ["receivers", "exporters"] {
        let Some(body) = view.config.root.get(section) else { continue };
        walk::mappings(body, &mut |node, path| {
            let Some((value, id)) = node.get_str("storage") else { return };
            if id.is_empty() || id.contains('$') {
                return;
            }
            // A queue's own is looked at with the extensions.
            let of_queue = node.get("queue_size").is_some() || path.to_string().ends_with("sending_queue");
            if NO_STORES.contains(&kind(id)) {
                let finding = META.finding(value.span, format!("the extension `{id}` keeps no state for others"));
                found.push(finding.path(format!("{section}.{path}.storage")).help("name a `file_storage`"));
            } else if !of_queue
                && !started.contains(&id)
                && (id.contains("storage") || section == "receivers" && !path.to_string().contains('.'))
            {
                let finding = META.finding(value.span, format!("the extension `{id}` is not started"));
                found.push(finding.path(format!("{section}.{path}.storage")).help("configure it, and name it under `service.extensions`"));
            }
        });
    }
}

/// What is measured of a host.
fn scrapers(body: &Node, report: &mut Section<'_>) {
    if let Some(node) = body.get("scrapers").filter(|node| node.as_mapping().is_some_and(<[_]>::is_empty)) {
        report.add(Level::Error, node, "scrapers", "nothing is measured", "name what is, such as `cpu:`");
    }
    for (_, _, scraper) in body.entries_of("scrapers") {
        for (name, key, list) in scraper.entries().filter(|(key, ..)| key.starts_with("include") || key.starts_with("exclude")) {
            let names: Vec<&Node> = list.entries().flat_map(|(_, _, names)| names.items()).collect();
            match list.get("match_type").map(|node| (node, node.as_str().unwrap_or(""))) {
                None if !names.is_empty() => {
                    report.add(
                        Level::Error,
                        key,
                        "scrapers",
                        format!("`{name}` does not say how names are matched"),
                        "add `match_type: strict`",
                    );
                }
                Some((node, text)) if !matches!(text, "strict" | "regexp") && !text.contains('$') => {
                    let message = format!("names are not matched by {}", node.describe());
                    report.add(Level::Error, node, "scrapers", message, "use `strict` or `regexp`");
                }
                Some((_, "regexp")) => {
                    for node in names.iter().filter(|node| node.as_str().is_some_and(|text| regex::check(text).is_err())) {
                        report.add(Level::Error, node, "scrapers", format!("{} is no regular expression", node.describe()), "correct it");
                    }
                }
                _ => {}
            }
        }
        for (name, key, _) in scraper.entries_of("metrics") {
            if name.contains("utilisation")
                || name.contains("ultilization")
                || !name.starts_with("system.") && !name.starts_with("process.")
            {
                report.add(
                    Level::Error,
                    key,
                    "scrapers",
                    format!("there is no metric {}", key.describe()),
                    "name one of the receiver's documentation",
                );
            }
        }
    }
}

/// Conditions for signals that no pipeline with the filter carries, and those that hold for everything.
fn signals(view: &CollectorView<'_>, id: &str, body: &Node, report: &mut Section<'_>) {
    let uses = |pipeline: &Node| pipeline.items_of("processors").any(|node| node.as_str() == Some(id));
    let carried: Vec<&str> =
        view.config.pipelines.iter().filter(|(_, pipeline)| uses(pipeline)).filter_map(|(name, _)| Some(kind(name.as_str()?))).collect();
    for (signal, key, conditions) in body.entries().filter(|(key, ..)| matches!(*key, "traces" | "metrics" | "logs")) {
        if !carried.is_empty() && !carried.contains(&signal) {
            let message = format!("no pipeline of {signal} has this filter, so this takes nothing away");
            report.add(Level::Warning, key, signal, message, "name the signal of its pipelines");
        }
        for node in conditions.entries().flat_map(|(_, _, list)| list.items()) {
            let text = node.as_scalar().map_or("", |scalar| scalar.text()).trim();
            if ottl::always(text) {
                report.add(Level::Error, node, signal, "this holds for everything, and nothing is left", "write a condition");
            } else if ottl::asks_for_checks(text) {
                let message = "this takes away everything but the checks of its health";
                report.add(Level::Warning, node, signal, message, "a filter takes away what its conditions hold for: write `==`");
            }
        }
    }
}

/// Filters that take away what must stay: all of the service that the manifest is of, or lines about errors.
fn taken(view: &CollectorView<'_>, id: &str, body: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let mut manifests = context.manifests();
    let own = manifests.next().filter(|_| manifests.next().is_none());
    let service = own.and_then(|manifest| manifest.root.get("service")?.get("name")?.as_str());
    let uses = |pipeline: &Node| pipeline.items_of("processors").any(|node| node.as_str() == Some(id));
    for (signal, _, conditions) in body.entries().filter(|(key, ..)| matches!(*key, "traces" | "metrics" | "logs")) {
        // What one pipeline leaves out another may take.
        let mut all = view.config.pipelines.iter().filter(|(name, _)| name.as_str().is_some_and(|name| kind(name) == signal)).peekable();
        if all.peek().is_none() || !all.all(|(_, pipeline)| uses(pipeline)) {
            continue;
        }
        for node in conditions.entries().flat_map(|(_, _, list)| list.items()) {
            let text = node.as_scalar().map_or("", |scalar| scalar.text()).trim();
            if let Some(service) = service.filter(|service| ottl::takes_service(text, service)) {
                report.add(Level::Warning, node, signal, format!("this takes all of `{service}` away"), "name what is not to be kept");
            }
            if signal == "logs" && [17, 21].iter().all(|severity| ottl::holds_for_severity(text, *severity) == Some(true)) {
                report.add(
                    Level::Warning,
                    node,
                    signal,
                    "this takes away what is an error, as well",
                    "a filter takes away what its conditions hold for",
                );
            }
        }
    }
}

/// Statements for a signal that none of the pipelines of the processor carries.
fn statements(view: &CollectorView<'_>, id: &str, body: &Node, report: &mut Section<'_>) {
    let uses = |pipeline: &Node| pipeline.items_of("processors").any(|node| node.as_str() == Some(id));
    let carried: Vec<&str> =
        view.config.pipelines.iter().filter(|(_, pipeline)| uses(pipeline)).filter_map(|(name, _)| Some(kind(name.as_str()?))).collect();
    for (list, signal) in [("trace_statements", "traces"), ("metric_statements", "metrics"), ("log_statements", "logs")] {
        let Some((key, _)) = body.entry(list).filter(|(_, list)| list.items().next().is_some()) else { continue };
        if !carried.is_empty() && !carried.contains(&signal) {
            let message = format!("no pipeline of {signal} has this processor, so this changes nothing");
            report.add(Level::Warning, key, list, message, "name the signal of its pipelines");
        }
    }
}

/// Which traces are kept.
fn sampling(body: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let policies: Vec<&Node> = body.items_of("policies").collect();
    let is = |policy: &Node, wanted: &str| policy.get("type").and_then(Node::as_str) == Some(wanted);
    let inverts =
        policies.iter().any(|policy| is(policy, "drop") || is(policy, "and") || is(policy, "composite") || is(policy, "string_attribute"));
    if let Some(policy) = policies.iter().find(|policy| is(policy, "always_sample") && policies.len() > 1 && !inverts) {
        let node = policy.get("type").unwrap_or(policy);
        report.add(Level::Warning, node, "policies", "this keeps every trace, and the other policies decide nothing", "leave it out");
    }
    let number = |key: &str| body.get(key).and_then(|node| Some((node, node.as_f64()?)));
    let wait = body.get("decision_wait").map_or(Some(30_000.0), |node| node.as_str().and_then(go_duration));
    if let (Some((node, most)), Some((_, rate)), Some(wait)) = (number("num_traces"), number("expected_new_traces_per_sec"), wait)
        && most > 0.0
        && most < rate * wait / 1000.0
    {
        let message = format!("{} traces come while it waits, and {} are remembered", rate * wait / 1000.0, node.describe());
        report.add(Level::Warning, node, "num_traces", message, "remember several times as many");
    }
    for node in policies.iter().filter_map(|policy| policy.get("probabilistic")?.get("sampling_percentage")) {
        let Some(percent) = node.as_f64().filter(|percent| *percent > 0.0 && *percent < 1.0) else { continue };
        for manifest in context.manifests().take(2) {
            let sample = manifest.root.get("tracing").and_then(|tracing| tracing.get("sample"));
            let declared = sample.and_then(|node| node.as_str()?.strip_suffix('%')?.trim().parse::<f64>().ok());
            if declared.is_some_and(|declared| (declared / 100.0 - percent).abs() < 1e-9) {
                let message = format!(
                    "this is a percentage: {} of a hundred, where the manifest keeps {} of them",
                    node.describe(),
                    declared.unwrap_or(0.0)
                );
                report.add(Level::Warning, node, "policies", message, "write it times 100");
            }
        }
    }
}

/// Credentials in headers.
fn headers(body: &Node, report: &mut Section<'_>) {
    for (name, _, value) in body.entries_of("headers") {
        let text = value.as_str().unwrap_or("");
        let is_secret =
            name.eq_ignore_ascii_case("authorization") || name.to_lowercase().contains("api-key") || name.to_lowercase().contains("token");
        if is_secret && !text.is_empty() && !text.contains("${") && !text.contains("{{") && !text.starts_with(['<', '$', '%']) {
            report.add(
                Level::Warning,
                value,
                "headers",
                format!("`{name}` is a secret, and stands here for everybody to read"),
                "take it from the environment, as in `${env:TOKEN}`",
            );
        }
    }
}

/// Pipelines that what takes values away from others has been left out of.
fn redacted(view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let fields: Vec<&str> = context
        .world
        .catalogues
        .iter()
        .take(50)
        .filter_map(|catalogue| catalogue.logging.as_ref())
        .flat_map(|logging| &logging.redacted)
        .map(|field| field.value.as_str())
        .collect();
    if fields.is_empty() {
        return;
    }
    let removed = |body: &Node| {
        let actions = body.items_of("actions");
        let actions = actions.filter(|action| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash")));
        let texts: Vec<&str> =
            actions.flat_map(|action| [action.get("key"), action.get("pattern")]).flatten().filter_map(Node::as_str).collect();
        fields.iter().copied().find(|field| texts.iter().any(|text| text.contains(field)))
    };
    let attributes = view.config.components("processors").filter(|(id, ..)| kind(id) == "attributes");
    let (removers, taken): (Vec<&str>, Vec<&str>) = attributes.filter_map(|(id, _, body)| Some((id, removed(body)?))).unzip();
    let connectors: Vec<&str> = view.config.components("connectors").map(|(id, ..)| id).collect();
    let list = |pipeline: &Node, key: &str| -> Vec<String> { pipeline.items_of(key).filter_map(Node::as_str).map(str::to_owned).collect() };
    let has = |pipeline: &Node| list(pipeline, "processors").iter().any(|id| removers.contains(&id.as_str()));
    if !view.config.pipelines.iter().any(|(_, pipeline)| has(pipeline)) {
        return;
    }
    for (name, pipeline) in &view.config.pipelines {
        let id = name.as_str().unwrap_or("");
        let leaves = list(pipeline, "exporters").iter().any(|exporter| !connectors.contains(&exporter.as_str()));
        let enters = list(pipeline, "receivers").iter().any(|receiver| !connectors.contains(&receiver.as_str()));
        // A `redaction` does the same in its own way.
        let redacts = list(pipeline, "processors").iter().any(|id| kind(id) == "redaction");
        if matches!(kind(id), "traces" | "logs") && leaves && enters && !has(pipeline) && !redacts {
            let place = pipeline.entry("processors").map_or(name.span, |(key, _)| key.span);
            let message = format!("other pipelines take `{}` away before they send, and `{id}` does not", taken[0]);
            let finding = META.finding_at(Level::Warning, place, message).path(format!("service.pipelines.{id}.processors"));
            found.push(finding.help(format!("add `{}`", removers[0])));
        }
    }
}

//! Metrics of spans that are read by another name than the Collector gives them.

mod unknown;
mod values;

use self::unknown::unknown;
use self::values::values;
use crate::diagnostic::Diagnostic;
use crate::formats::collector::{Collector, kind};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::made_metrics::{self, keep_their_labels};
use crate::lint::views::CollectorView;
use crate::lint::words::span_attributes::OF_SPANS;
use crate::promql::ast::{Expr, ExprKind, MatchOp, Name, Selector};
use crate::promql::walk::{makes_labels, only_selector, visit};
use crate::source::{Node, Span};

rule! {
    /// The connector `spanmetrics` makes a histogram of how long spans take. Its name has the unit that the connector counts in
    /// (`histogram.unit`, milliseconds by default), where the exporter adds it, and an expression reads it with another one: it finds
    /// nothing. The same goes for the namespace that the name begins with (`traces.span.metrics` by default), and for labels that the connector leaves out or is not told of, and for
    /// kinds of spans and states that it does not write: it writes `SPAN_KIND_SERVER` and `STATUS_CODE_ERROR`.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: ms } } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: spans
    ///     rules:
    ///       - alert: Slow
    ///         expr: 'histogram_quantile(0.9, sum by (le) (rate(spans_duration_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: s }, dimensions: [{ name: http.route }] } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: spans
    ///     rules:
    ///       - alert: Failing
    ///         expr: 'sum(rate(spans_calls_total{http_response_status_code=~"5.."}[5m])) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { histogram: { unit: ms } } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: spans
    ///     rules:
    ///       - alert: Slow
    ///         expr: 'histogram_quantile(0.9, sum by (le) (rate(traces_span_metrics_duration_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: s } } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: spans
    ///     rules:
    ///       - alert: Failing
    ///         expr: 'sum(rate(spans_calls_total{status_code="ERROR"}[5m])) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: s } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: spans, static_configs: [{ targets: ["otel-collector:8889"] }] }]
    /// # file: rules.yml
    /// groups: [{ name: spans, rules: [{ record: "job:spans_calls:rate5m", expr: 'sum by (job) (rate(spans_calls_total{service="web"}[5m]))' }] }]
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: s } } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: rules.yml
    /// groups: [{ name: spans, rules: [{ record: "http_route:spans_calls:rate5m", expr: 'sum by (http_route) (rate(spans_calls_total[5m]))' }] }]
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// connectors: { spanmetrics: { namespace: spans, histogram: { unit: s } } }
    /// exporters: { prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: spans
    ///     rules:
    ///       - alert: Slow
    ///         expr: 'histogram_quantile(0.9, sum by (le) (rate(spans_duration_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    SpanMetricName, "span-metric-name", Warning
}

/// The histogram of a connector as Prometheus sees it.
struct Histogram<'a> {
    /// Its name without the unit.
    stem: String,
    /// The unit in its name; empty where the exporter leaves it out.
    unit: &'static str,
    /// What decides about the unit.
    place: &'a Node,
    /// What decides about the start of the name: the namespace, where one is written.
    namespace: &'a Node,
    /// What the names begin with in older versions, where no namespace is written.
    older: Option<String>,
    /// The connector.
    id: &'a str,
    body: &'a Node,
}

impl Rule for SpanMetricName {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(own) = histogram(view.config) else { return };
        labels(view.config, &own, context, found);
        unknown(view.config, &own, context, found);
        values(view.config, &own, context, found);
        let names = context.selectors().filter_map(|(query, used)| Some((used.selector.metric_name()?, query.span(used.place))));
        let units =
            |rest: &str| ["_seconds", "_milliseconds", ""].into_iter().find(|unit| is_series(rest.strip_prefix(unit).unwrap_or("-")));
        let all: Vec<(&str, Span)> = names.collect();
        let mut read = all.iter().filter_map(|(name, place)| Some((*name, *place, units(name.strip_prefix(&own.stem)?)?))).peekable();
        let Some((name, place, _)) = read.peek().copied() else {
            found.extend(otherwise_called(&own, &all));
            return;
        };
        let disabled = own.body.at(["histogram", "disable"]).filter(|node| node.as_bool() == Some(true));
        if let Some(node) = disabled {
            let finding = META.finding(node.span, format!("no histogram of the spans is made, and `{name}` is read"));
            found.push(finding.path("connectors").related(place, "read here").help("leave it out"));
            return;
        }
        if read.all(|(.., unit)| unit != own.unit) {
            let message = format!("the spans are counted as `{}{}_bucket`, and `{name}` is read", own.stem, own.unit);
            let finding = META.finding(own.place.span, message).path("connectors");
            found.push(finding.related(place, "read here").help("count in the unit that is read, or read the other name"));
        }
    }
}

/// Labels of series of spans that are read, and that the connector leaves out, or is not told to count by.
fn labels(config: &Collector<'_>, own: &Histogram<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    const ALWAYS: &[&str] = &["service.name", "span.name", "span.kind", "status.code"];
    let (id, body) = (own.id, own.body);
    if !keep_their_labels(config, id) {
        return;
    }
    let Some(start) = own.stem.strip_suffix("duration") else { return };
    let lists = [
        body.get("dimensions"),
        body.get("calls_dimensions"),
        body.at(["histogram", "dimensions"]),
        body.get("events").and_then(|events| events.get("dimensions")),
    ];
    let named: Vec<&str> = lists.into_iter().flatten().flat_map(Node::items).filter_map(|one| one.get("name")?.as_str()).collect();
    let excluded: Vec<(&Node, &str)> = body.items_of("exclude_dimensions").filter_map(Node::with_str).collect();
    let called = |name: &str| name.replace(['.', '-'], "_");
    let missing = |label: &str| {
        let left_out = excluded
            .iter()
            .find(|(_, name)| called(name) == label)
            .map(|(node, name)| (*node, format!("`{name}` is left out of the labels of these series")));
        let is_counted = || named.iter().chain(ALWAYS).any(|name| called(name) == label);
        let attribute = || OF_SPANS.iter().find(|name| called(name) == label).filter(|_| !is_counted());
        let list = body.entry("dimensions").map_or(own.namespace, |(key, _)| key);
        left_out.or_else(|| attribute().map(|name| (list, format!("the spans are not counted by `{name}`"))))
    };
    let mut said: Vec<String> = Vec::new();
    for (query, used) in context.selectors().filter(|(_, used)| used.selector.metric_name().is_some_and(|name| name.starts_with(start))) {
        let asked = used.selector.matchers.iter().filter(|matcher| !matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex));
        for matcher in asked.filter(|matcher| !matcher.value.is_empty()) {
            if said.contains(&matcher.label.text) {
                continue;
            }
            let Some((place, message)) = missing(&matcher.label.text) else { continue };
            said.push(matcher.label.text.clone());
            let finding =
                META.finding(place.span, format!("{message}, and `{}` is asked for", matcher.label.text)).path(format!("connectors.{id}"));
            found.push(finding.related(query.span(&matcher.label.range), "asked for here").help("count by it, or ask for another label"));
        }
    }
    for query in context.queries {
        let Some(expr) = &query.expr else { continue };
        for label in grouped(expr, start) {
            if said.contains(&label.text) || query.is_variable(&label.range) {
                continue;
            }
            let Some((place, message)) = missing(&label.text) else { continue };
            said.push(label.text.clone());
            let message = format!("{message}, and by `{}` they are grouped", label.text);
            let finding = META.finding(place.span, message).path(format!("connectors.{id}"));
            found.push(finding.related(query.span(&label.range), "grouped here").help("count by it, or group by another label"));
        }
    }
}

/// The labels by which an expression groups series of spans, as they come from the connector.
fn grouped<'e>(expr: &'e Expr, start: &str) -> Vec<&'e Name> {
    let mut labels = Vec::new();
    visit(expr, &mut |node| {
        let ExprKind::Aggregate(aggregate) = &node.kind else { return };
        let is_own = only_selector(&aggregate.expr)
            .and_then(Selector::metric_name)
            .and_then(|name| name.strip_prefix(start))
            .is_some_and(|rest| rest.starts_with("calls") || rest.starts_with("duration"));
        if let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| is_own && !grouping.without) {
            labels.extend(&grouping.labels);
        }
    });
    if makes_labels(expr) { Vec::new() } else { labels }
}

/// Series of spans that are read by the name of another namespace, where none is read by that of this one.
fn otherwise_called(own: &Histogram<'_>, read: &[(&str, Span)]) -> Option<Diagnostic> {
    let prefix = own.stem.strip_suffix("duration")?;
    let of_spans = |name: &str| {
        let ends = ["calls_total", "duration_milliseconds_bucket", "duration_seconds_bucket", "duration_seconds_count"];
        ends.iter().find_map(|end| name.strip_suffix(end)).is_some_and(|start| start.contains("span") || start.contains("traces"))
    };
    let is_older = |name: &str| {
        let rest = own.older.as_ref().and_then(|start| name.strip_prefix(start.as_str()));
        rest.is_some_and(|rest| rest.starts_with("calls") || rest.starts_with("duration"))
    };
    if read.iter().any(|(name, _)| name.starts_with(prefix) || is_older(name)) {
        return None;
    }
    let (name, place) = read.iter().find(|(name, _)| of_spans(name))?;
    let message = format!("the metrics of spans begin with `{prefix}`, and `{name}` is read");
    let finding = META.finding(own.namespace.span, message).path("connectors").related(*place, "read here");
    Some(finding.help("use the namespace that is read, or read the other name"))
}

/// Whether it is what a series of a histogram ends with.
fn is_series(rest: &str) -> bool {
    matches!(rest, "_bucket" | "_sum" | "_count")
}

fn histogram<'a>(config: &Collector<'a>) -> Option<Histogram<'a>> {
    let mut connectors = config.components("connectors").filter(|(id, ..)| matches!(kind(id), "spanmetrics" | "span_metrics"));
    let ((id, key, body), None) = (connectors.next()?, connectors.next()) else { return None };
    let (_, exporter) = made_metrics::exporter(config, id)?;
    let settings = body.get("histogram");
    let unit = settings.and_then(|settings| settings.get("unit"));
    // Newer versions have this one by default, and older ones none.
    let written = body.get("namespace");
    let (place_of_name, namespace) = match written {
        Some(_) => body.get_str("namespace").filter(|(_, name)| !name.is_empty() && !name.contains('$'))?,
        None => (key, "traces.span.metrics"),
    };
    let prefix = made_metrics::prefix(exporter);
    let stem = made_metrics::written(&format!("{prefix}{namespace}.duration"));
    let older = written.is_none().then_some(prefix);
    let bare = exporter.and_then(|exporter| exporter.get("add_metric_suffixes")).filter(|node| node.as_bool() == Some(false));
    if let Some(node) = bare {
        return Some(Histogram { stem, unit: "", place: node, namespace: place_of_name, older, id, body });
    }
    let unit_name = match unit.and_then(Node::as_str) {
        Some("s") => "_seconds",
        Some("ms") | None => "_milliseconds",
        Some(_) => return None,
    };
    Some(Histogram { stem, unit: unit_name, place: unit.or(settings).unwrap_or(key), namespace: place_of_name, older, id, body })
}

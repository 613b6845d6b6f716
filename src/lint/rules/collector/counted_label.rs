//! Labels that are asked for of what a connector counts, and that it does not count by.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::{Collector, kind};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::listener::listening;
use crate::lint::rules::collector::made_metrics::{exporter, keep_their_labels, prefix, written};
use crate::lint::views::CollectorView;
use crate::lint::words::hosts::port;
use crate::promql::ast::{ExprKind, MatchOp, Name, Selector};
use crate::promql::walk::{makes_labels, only_selector, selectors, visit};
use crate::source::Node;

rule! {
    /// The connectors `count` and `sum` give their metrics the attributes that they are told to count by, and no others. A rule or a panel
    /// groups by another label, or asks for it, and finds one sum of everything, or nothing.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// connectors: { count: { logs: { log.records: { attributes: [{ key: severity }] } } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service:
    ///   pipelines:
    ///     logs: { receivers: [otlp], exporters: [count] }
    ///     metrics: { receivers: [count], exporters: [prometheus] }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: counts, static_configs: [{ targets: ["otel-collector:8889"] }] }]
    /// # file: rules.yml
    /// groups: [{ name: logs, rules: [{ record: "level:log_records:rate5m", expr: 'sum by (level) (rate(log_records_total[5m]))' }] }]
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// connectors: { count: { logs: { log.records: { attributes: [{ key: level }] } } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service:
    ///   pipelines:
    ///     logs: { receivers: [otlp], exporters: [count] }
    ///     metrics: { receivers: [count], exporters: [prometheus] }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: counts, static_configs: [{ targets: ["otel-collector:8889"] }] }]
    /// # file: rules.yml
    /// groups: [{ name: logs, rules: [{ record: "level:log_records:rate5m", expr: 'sum by (level) (rate(log_records_total[5m]))' }] }]
    /// ```
    CountedLabel, "counted-label", Warning
}

/// Labels that Prometheus and the exporter give to everything.
pub(super) const ALWAYS: &[&str] = &["__name__", "job", "instance", "exported_job", "exported_instance"];

impl Rule for CountedLabel {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("connectors").filter(|(id, ..)| matches!(kind(id), "count" | "sum")) {
            let Some((exporter, settings)) = exporter(view.config, id).filter(|_| keep_their_labels(view.config, id)) else { continue };
            let Some((job, scraped)) = scraped(view.config, exporter, context) else { continue };
            let added = settings.into_iter().flat_map(|settings| settings.entries_of("const_labels")).map(|(name, ..)| name);
            let others: Vec<&str> = scraped.into_iter().chain(added).chain(ALWAYS.iter().copied()).collect();
            for (signal, _, metrics) in body.entries() {
                for (name, key, metric) in metrics.entries().filter(|(name, ..)| !name.contains('$')) {
                    let own = Counted {
                        name: format!("{}{}", prefix(settings), written(name)),
                        place: metric.get("attributes").unwrap_or(key),
                        metric,
                    };
                    let path = format!("connectors.{id}.{signal}.{name}");
                    own.judge(job, &others, context, &path, found);
                }
            }
        }
    }
}

/// The one job that scrapes an exporter, and the labels that its targets carry.
pub(super) fn scraped<'a>(config: &Collector<'_>, exporter: &str, context: &Context<'a>) -> Option<(&'a Job<'a>, Vec<&'a str>)> {
    let [prometheus] = context.world.prometheus.as_slice() else { return None };
    let path = format!("exporters.{exporter}.endpoint");
    let served = listening(config).into_iter().find(|one| one.path == path)?.port;
    let asks = |job: &&Job<'_>| {
        job.metrics_path() != "/probe"
            && job.targets.addresses.iter().any(|node| node.as_str().is_some_and(|target| port(target) == served))
    };
    let mut jobs = prometheus.jobs.iter().filter(asks);
    let (job, None) = (jobs.next()?, jobs.next()) else { return None };
    let outside = prometheus.external_labels.into_iter().flat_map(Node::entries).map(|(name, ..)| name);
    let labels = context.world.labels_of(job.name())?;
    Some((job, labels.into_iter().chain(outside).collect()))
}

/// A metric that a connector counts.
struct Counted<'a> {
    /// Its name as Prometheus has it, without what ends that of a counter.
    name: String,
    /// Where it is said what it is counted by.
    place: &'a Node,
    metric: &'a Node,
}

impl Counted<'_> {
    fn judge(&self, job: &Job<'_>, others: &[&str], context: &Context<'_>, path: &str, found: &mut Vec<Diagnostic>) {
        let keys: Vec<&str> = self.metric.items_of("attributes").filter_map(|one| one.get("key").and_then(Node::as_str)).collect();
        // A service may have a metric of that name, too.
        let is_elsewhere = ["", "_total"].iter().any(|end| {
            let name = format!("{}{end}", self.name);
            context.world.metric(&name).is_some() || !context.world.recorded(&name).is_empty()
        });
        if is_elsewhere || keys.iter().any(|key| key.contains('$')) {
            return;
        }
        let is_known = |label: &str| {
            others.contains(&label) || label.starts_with("otel_scope_") || keys.iter().any(|key| written(key) == label || *key == label)
        };
        let asked = context.queries.iter().flat_map(|query| self.asked(query, job).into_iter().map(move |label| (query, label)));
        let unknown = asked
            .into_iter()
            .find(|(query, label)| !is_known(&label.text) && !is_placeholder(&label.text) && !query.is_variable(&label.range));
        if let Some((query, label)) = unknown {
            let message = format!("`{}` is asked for by `{}`, and not counted by it", self.name, label.text);
            let finding = META.finding(self.place.span, message).path(path).related(query.span(&label.range), "asked for here");
            found.push(finding.help("count by it, or ask for another label"));
        }
    }

    /// The labels by which an expression groups or chooses its series.
    fn asked<'e>(&self, query: &'e Query<'_>, job: &Job<'_>) -> Vec<&'e Name> {
        let Some(expr) = &query.expr else { return Vec::new() };
        let mut labels: Vec<&Name> = Vec::new();
        for used in selectors(expr).iter().filter(|used| self.is_own(used.selector, job)) {
            let wanted = used.selector.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty());
            labels.extend(wanted.map(|matcher| &matcher.label));
        }
        visit(expr, &mut |node| {
            let ExprKind::Aggregate(aggregate) = &node.kind else { return };
            let is_own =
                only_selector(&aggregate.expr).is_some_and(|selector| self.is_own(selector, job)) && !makes_labels(&aggregate.expr);
            if let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| is_own && !grouping.without) {
                labels.extend(&grouping.labels);
            }
        });
        labels
    }

    fn is_own(&self, selector: &Selector, job: &Job<'_>) -> bool {
        let rest = selector.metric_name().and_then(|name| name.strip_prefix(self.name.as_str()));
        matches!(rest, Some("" | "_total")) && named_job(selector).is_none_or(|named| named == job.name())
    }
}

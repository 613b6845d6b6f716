//! Labels that a declared metric does not have.

mod exporters;
mod recorded;
mod shown;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::rule_file::RuleFile;
use crate::lint::context::Context;
use crate::lint::inference::labels::{selector_shape, shape};
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::{anchored, full_match};
use crate::lint::world::declared::{Catalogue, Metric};
use crate::lint::world::exporters::labels_of;
use crate::lint::world::relabel::OF_SCRAPE;
use crate::promql::ast::{Expr, ExprKind, MatchOp, Name, Selector};
use crate::promql::walk::{calls_absent, makes_labels, string};
use crate::promql::{regex, walk};
use exporters::{of_exporter, other_value};
use recorded::of_recorded;

rule! {
    /// A selector or a grouping names a label that the metric does not have. Compared with a value it finds nothing;
    /// with `!=` it silently takes everything; a grouping by it puts all into one group.
    ///
    /// The labels of a metric are known where its manifest is among the inputs, or a page of metrics shows it (`--metrics`). Of a
    /// page without the scrape configuration it is a warning, and only of names that targets seldom get: they may have more labels.
    ///
    /// Labels of discovery (`__meta_…`) are gone once targets are relabelled, and no series has one.
    ///
    /// A pattern of `label_replace` that matches none of the values that a label can have leaves the target label as it is; a value
    /// that an exporter never gives, such as `phase="dns"` of a probe over HTTP, finds nothing.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { status: {} } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(http_requests_total{code="500"}[5m]) > 1
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { status: {} } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: rate(http_requests_total{status="500"}[5m]) > 1
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { calls_handled_total: { type: counter, labels: { grpc_code: {} } } }
    /// # file: web.job.prom
    /// # TYPE calls_handled_total counter
    /// calls_handled_total{grpc_code="OK"} 12
    /// calls_handled_total{grpc_code="Internal"} 1
    /// # file: recording.yml
    /// groups: [{ name: web, rules: [{ record: "job:web_errors:rate5m", expr: 'sum by (job) (rate(calls_handled_total{grpc_code="INTERNAL"}[5m]))' }] }]
    /// ```
    UnknownLabel, "unknown-label", Error
}

impl Rule for UnknownLabel {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            gone(query, selector.selector, found);
            of_alerts(query, selector.selector, context, found);
            other_value(query, selector.selector, context, found);
            shown::other_value(query, selector.selector, context, found);
            if context.world.metric_of(selector.selector).is_none() {
                of_exporter(query, selector.selector, context, found);
            }
        }
        for call in query.calls() {
            replaced(query, call, context, found);
        }
        if context.world.catalogues.is_empty() {
            return;
        }
        for selector in &query.selectors {
            matchers(query, selector.selector, context, found);
        }
        for (_, aggregate) in query.aggregates() {
            let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without) else { continue };
            // Only where what is aggregated comes straight from one declared metric.
            let selectors = walk::selectors(&aggregate.expr);
            let [only] = selectors.as_slice() else { continue };
            let is_recorded = |name: &str| name.contains(':') && !context.world.recorded(name).is_empty();
            let is_known = |name: &&str| {
                context.world.metric_of(only.selector).is_some() || *name == "up" || labels_of(name).is_some() || is_recorded(name)
            };
            let Some(name) = only.selector.metric_name().filter(is_known) else { continue };
            let inner = shape(&aggregate.expr, context.world);
            let is_absence = calls_absent(&aggregate.expr);
            for label in
                grouping.labels.iter().filter(|label| !inner.possible(&label.text) && selector_shape(only.selector, context.world).closed)
            {
                let of_buckets = label.text == "le" && !name.ends_with("_count") && !name.ends_with("_sum");
                if is_absence && !query.is_variable(&label.range) {
                    let message =
                        format!("what is absent has no label `{}`, but those which the selector compares with one value", label.text);
                    found.push(META.finding_at(Level::Warning, query.span(&label.range), message).help("leave the aggregation out"));
                } else if !of_buckets && !query.is_variable(&label.range) {
                    found.push(report(query, label, name, Level::Warning, context));
                }
            }
        }
    }
}

fn matchers(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = selector.metric_name() else { return };
    let Some((catalogue, metric, _)) = context.world.metric_of(selector) else {
        found.extend(of_recorded(query, selector, name, context));
        return;
    };
    if metric.open {
        return;
    }
    let is_partial = catalogue.is_page() && context.world.pages_of(selector).is_none();
    if is_partial || context.world.target_labels(catalogue, selector).is_none() {
        if catalogue.is_page() {
            unseen(query, selector, (catalogue, metric), found);
        }
        return;
    }
    let of_job = selector.matchers.iter().filter(|matcher| matcher.label.text == "job").cloned().collect();
    let plain = Selector { metric: selector.metric.clone(), matchers: of_job, at: None, offset: None, extend: None };
    let labels = selector_shape(&plain, context.world);
    for matcher in &selector.matchers {
        let label = matcher.label.text.as_str();
        if matcher.op == MatchOp::Equal && matcher.value.is_empty() && labels.certain.contains(&label) && label != "job" {
            let message = format!("every series of `{name}` has the label `{label}`, so this finds nothing");
            found.push(META.finding(query.span(&matcher.range), message).help("leave the matcher out, or name a value"));
            continue;
        }
        if labels.possible(&matcher.label.text)
            || query.is_variable(&matcher.label.range)
            || metric.allow.iter().any(|rule| rule == META.id)
        {
            continue;
        }
        let finds_nothing = match matcher.op {
            MatchOp::Equal => !matcher.value.is_empty(),
            MatchOp::Regex => !regex::matches_empty(&matcher.value),
            _ => false,
        };
        let takes_all = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) && !matcher.value.is_empty();
        if finds_nothing || takes_all {
            // A variable may stand for anything, nothing included.
            let is_sure = finds_nothing && !is_placeholder(&matcher.value);
            let level = if is_sure { Level::Error } else { Level::Warning };
            found.push(report(query, &matcher.label, name, level, context));
        }
    }
}

/// Labels that `label_replace` and `label_join` read, and that what they are given does not have.
fn replaced<'q>(
    query: &'q Query<'_>,
    (_, function, arguments): (&'q Expr, &str, &'q [Expr]),
    context: &Context<'q>,
    found: &mut Vec<Diagnostic>,
) {
    let read = match function {
        "label_replace" => arguments.get(3..4),
        "label_join" => arguments.get(3..),
        _ => return,
    };
    if function == "label_replace"
        && let [_, _, to, _, pattern] = arguments
        && let (Some(text), Some(pattern)) = (string(to), string(pattern))
    {
        let groups = anchored(pattern).map(|pattern| pattern.captures_len());
        changes_nothing(query, arguments, pattern, context, found);
        let named = text.split('$').skip(1).filter_map(|rest| rest.trim_start_matches('{').chars().next()?.to_digit(10)).max();
        if let (Some(groups), Some(named)) = (groups, named.filter(|_| !text.contains("$$")))
            && named as usize >= groups
        {
            let message = format!("the pattern has no group {named}, so nothing stands for `${named}`");
            found.push(META.finding_at(Level::Warning, query.span(&to.range), message).help("write `$1` for the first group"));
        }
    }
    let labels = shape(&arguments[0], context.world);
    for argument in read.unwrap_or_default().iter().filter(|_| labels.closed) {
        let ExprKind::String(bytes) = &walk::without_parens(argument).kind else { continue };
        let Some(label) = std::str::from_utf8(bytes).ok().filter(|label| !label.is_empty() && !labels.possible(label)) else { continue };
        let message = format!("`{function}` reads the label `{label}`, which no series of its input has");
        let finding = META.finding_at(Level::Warning, query.span(&argument.range), message);
        let meant = did_you_mean(label, labels.labels.iter().copied());
        found.push(
            finding.help(meant.map_or_else(|| "name a label that the input has".to_owned(), |meant| format!("did you mean `{meant}`?"))),
        );
    }
}

/// A pattern of `label_replace` that none of the values of its label matches.
fn changes_nothing(query: &Query<'_>, arguments: &[Expr], pattern: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let [of, label, _, from, at] = arguments else { return };
    let (Some(label), Some(from)) = (string(label), string(from).filter(|from| !from.is_empty() && !is_placeholder(pattern))) else {
        return;
    };
    // Labels that are made on the way have other values.
    if makes_labels(of) {
        return;
    }
    let selectors = walk::selectors(of);
    let none = |found: &walk::Found<'_>| {
        if let Some(fixed) = found.selector.matchers.iter().find(|m| m.label.text == from && m.op == MatchOp::Equal) {
            return !is_placeholder(&fixed.value) && full_match(pattern, &fixed.value) == Some(false);
        }
        let Some((catalogue, metric, _)) = context.world.metric_of(found.selector) else { return false };
        let known = metric.labels.iter().find(|known| known.name.value == from && !known.optional && !catalogue.is_page());
        let values = known.and_then(|known| known.values.as_ref()).filter(|values| !values.is_empty());
        values.is_some_and(|values| values.iter().all(|value| full_match(pattern, value) == Some(false)))
    };
    if !selectors.is_empty() && selectors.iter().all(none) {
        let message = format!("no value of `{from}` matches this, so `{label}` stays as it is");
        found.push(META.finding_at(Level::Warning, query.span(&at.range), message).help("the pattern has to match the whole value"));
    }
}

/// Labels that are there only while targets are relabelled.
fn gone(query: &Query<'_>, selector: &Selector, found: &mut Vec<Diagnostic>) {
    let is_gone = |label: &str| OF_SCRAPE.contains(&label) || label.starts_with("__meta_") || label.starts_with("__param_");
    for matcher in selector.matchers.iter().filter(|m| is_gone(&m.label.text) && matches(m, "") == Some(false)) {
        let message = format!("no series has `{}`: it is gone once its target is relabelled", matcher.label.text);
        let finding = META.finding(query.span(&matcher.label.range), message);
        found.push(finding.help("copy it to a label of the target by `relabel_configs`, and ask for that"));
    }
}

/// The name and the state of an alert under other names than `ALERTS` has them.
fn of_alerts(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if !matches!(selector.metric_name(), Some("ALERTS" | "ALERTS_FOR_STATE")) {
        return;
    }
    for matcher in &selector.matchers {
        let label = matcher.label.text.as_str();
        let meant = match label {
            "alert" | "alerts" | "alert_name" | "alertName" => "alertname",
            "alert_state" | "alertState" => "alertstate",
            _ => continue,
        };
        if context.rule_files().flat_map(RuleFile::rules).any(|rule| rule.label(label).is_some()) {
            continue;
        }
        let finding = META.finding(query.span(&matcher.label.range), format!("alerts have no label `{label}`"));
        found.push(finding.help(format!("did you mean `{meant}`?")));
    }
}

/// What targets are usually labelled with, beside `job` and `instance`.
const OF_TARGETS: &[&str] = &[
    "job",
    "instance",
    "le",
    "quantile",
    "cluster",
    "namespace",
    "pod",
    "container",
    "service",
    "endpoint",
    "node",
    "host",
    "hostname",
    "nodename",
    "env",
    "environment",
    "stage",
    "region",
    "zone",
    "availability_zone",
    "datacenter",
    "dc",
    "site",
    "team",
    "app",
    "application",
    "component",
    "role",
    "group",
    "tenant",
    "project",
    "prometheus",
    "replica",
    "shard",
    "version",
    "target",
    "name",
];

/// Labels that no series of the page has, where targets may be given others: a name that targets seldom get is a slip.
fn unseen(query: &Query<'_>, selector: &Selector, (catalogue, metric): (&Catalogue, &Metric), found: &mut Vec<Diagnostic>) {
    for matcher in &selector.matchers {
        let label = matcher.label.text.as_str();
        let asks = match matcher.op {
            MatchOp::Equal => !matcher.value.is_empty(),
            MatchOp::Regex => !regex::matches_empty(&matcher.value),
            _ => false,
        };
        let shown = metric.labels.iter().any(|known| known.name.value == label);
        if !asks || shown || OF_TARGETS.contains(&label) || label.starts_with("__") || query.is_variable(&matcher.label.range) {
            continue;
        }
        let message = format!("no series of `{}` on the page has the label `{label}`", metric.name.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.label.range), message);
        let finding = finding.related(metric.name.span, format!("the metric is {}", catalogue.says()));
        let meant = did_you_mean(label, metric.labels.iter().map(|known| known.name.value.as_str()));
        found.push(finding.help(meant.map_or_else(
            || "correct it; or add the scrape configuration to the files, if its targets have this label".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        )));
    }
}

fn report(query: &Query<'_>, label: &Name, name: &str, level: Level, context: &Context<'_>) -> Diagnostic {
    let known = context.world.metric(name);
    let metric = known.map(|(_, metric, _)| metric);
    let declared: Vec<&str> = metric.into_iter().flat_map(|m| &m.labels).map(|label| label.name.value.as_str()).collect();
    let diagnostic = META.finding_at(level, query.span(&label.range), format!("`{name}` has no label `{}`", label.text));
    let diagnostic = known
        .into_iter()
        .fold(diagnostic, |d, (catalogue, metric, _)| d.related(metric.name.span, format!("the metric is {}", catalogue.says())));
    match did_you_mean(&label.text, declared.iter().copied()) {
        Some(meant) if meant == label.text => diagnostic.help("relabelling takes it away: keep it there, or do without it here"),
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None if known.is_none() && name.contains(':') => {
            let rule = context.world.recorded(name).first().and_then(|recorded| recorded.query.rule());
            let diagnostic = rule.into_iter().fold(diagnostic, |d, rule| d.related(rule.name.span, "recorded here"));
            diagnostic.help("keep the label in the recording rule, or do without it here")
        }
        None if declared.is_empty() => diagnostic.help("it has no labels of its own"),
        None => diagnostic.help(format!("it has {}", declared.iter().map(|l| format!("`{l}`")).collect::<Vec<_>>().join(", "))),
    }
}

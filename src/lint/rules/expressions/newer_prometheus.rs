//! What the oldest Prometheus that must load a file does not know.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, RuleView};
use crate::promql::ast::{AggregateOp, DurationExpr, Expr, ExprKind};
use crate::promql::functions;
use crate::source::Node;

rule! {
    /// An expression uses what the Prometheus of the manifest's `stack.prometheus.version` does not know, what a later one took
    /// away, or what needs a feature flag: the rule is rejected when it is loaded, and with it the whole file.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: mad_over_time(queue_depth[5m]) > 5
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: stddev_over_time(queue_depth[5m]) > 5
    ///         labels: { severity: warning }
    /// ```
    NewerPrometheus, "newer-prometheus", Warning up to Error
}

/// Functions that came after 2.42, with the version that brought them.
const SINCE: &[(&str, (u32, u32))] = &[
    ("double_exponential_smoothing", (3, 0)),
    ("end", (3, 7)),
    ("first_over_time", (3, 7)),
    ("histogram_avg", (2, 51)),
    ("histogram_stddev", (2, 46)),
    ("histogram_stdvar", (2, 46)),
    ("info", (3, 0)),
    ("mad_over_time", (2, 49)),
    ("sort_by_label", (2, 49)),
    ("sort_by_label_desc", (2, 49)),
    ("ts_of_first_over_time", (3, 7)),
    ("ts_of_last_over_time", (3, 5)),
    ("ts_of_max_over_time", (3, 5)),
    ("ts_of_min_over_time", (3, 5)),
];

/// Keys that came after 2.42, with a version that knows them for sure.
const KEYS: &[(&str, (u32, u32))] = &[
    ("scrape_config_files", (2, 43)),
    ("no_proxy", (2, 43)),
    ("proxy_connect_header", (2, 43)),
    ("proxy_from_environment", (2, 43)),
    ("scrape_classic_histograms", (2, 45)),
    ("native_histogram_bucket_limit", (2, 45)),
    ("keep_dropped_targets", (2, 47)),
    ("track_timestamps_staleness", (2, 48)),
    ("scrape_protocols", (2, 49)),
    ("enable_compression", (2, 49)),
    ("rule_query_offset", (2, 53)),
    ("runtime", (2, 53)),
    ("query_offset", (2, 53)),
    ("metric_name_validation_scheme", (2, 54)),
    ("protobuf_message", (2, 54)),
    ("http_headers", (2, 55)),
    ("otlp", (2, 55)),
    ("scrape_failure_log_file", (2, 55)),
    ("fallback_scrape_protocol", (3, 0)),
    ("always_scrape_classic_histograms", (3, 0)),
    ("convert_classic_histograms_to_nhcb", (3, 0)),
    ("scrape_native_histograms", (3, 8)),
];

/// Limits of jobs that stand under `global` as well since 2.45.
const LIMITS: &[(&str, (u32, u32))] = &[
    ("body_size_limit", (2, 45)),
    ("label_limit", (2, 45)),
    ("label_name_length_limit", (2, 45)),
    ("label_value_length_limit", (2, 45)),
    ("sample_limit", (2, 45)),
    ("target_limit", (2, 45)),
];

fn oldest(context: &Context<'_>) -> Option<(u32, u32)> {
    context.world.catalogues.iter().filter_map(|catalogue| catalogue.prometheus_version).min()
}

/// Keys of a mapping that this version does not know.
fn keys(node: &Node, at: &str, version: (u32, u32), own: &[(&str, (u32, u32))], found: &mut Vec<Diagnostic>) {
    for (name, key, _) in node.entries() {
        if KEYS.iter().chain(own).any(|(known, since)| *known == name && version < *since) {
            let message = format!("Prometheus {}.{} must load this, and does not know `{name}`", version.0, version.1);
            let finding = META.finding(key.span, message).path(format!("{at}.{name}"));
            found.push(finding.help("raise `stack.prometheus.version`, or do without"));
        }
    }
}

/// A span of time where a number belongs, or a number of seconds where a span belongs.
fn other_spelling<'e>(node: &'e Expr, text: &str) -> Option<&'e Range<usize>> {
    let spans: [Option<&DurationExpr>; 3] = match &node.kind {
        ExprKind::Number(number) => return number.duration.then_some(&node.range),
        ExprKind::Selector(selector) => [selector.offset.as_ref(), None, None],
        ExprKind::Range { selector, range, .. } => [selector.offset.as_ref(), Some(range), None],
        ExprKind::Subquery { range, step, offset, .. } => [offset.as_ref(), Some(range), step.as_ref()],
        _ => return None,
    };
    let is_number = |span: &&DurationExpr| {
        text.get(span.range.clone()).is_some_and(|text| text.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    spans.into_iter().flatten().find(is_number).map(|span| &span.range)
}

impl Rule for NewerPrometheus {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(version) = oldest(context) else { return };
        let root = view.config.root;
        keys(root, "$", version, &[], found);
        if let Some(global) = root.get("global") {
            keys(global, "global", version, LIMITS, found);
        }
        for (name, _, node) in view.config.external_labels.into_iter().flat_map(Node::entries).filter(|_| version < (3, 0)) {
            if node.as_str().is_some_and(|text| text.contains("${")) {
                let message = format!(
                    "Prometheus {}.{} must load this, and leaves {} as it stands: variables are expanded from 3.0 on",
                    version.0,
                    version.1,
                    node.describe()
                );
                let finding = META.finding_at(Level::Warning, node.span, message).path(format!("global.external_labels.{name}"));
                found.push(finding.help("write the value, or start it with `--enable-feature=expand-external-labels`"));
            }
        }
        for (list, nodes) in ["remote_write", "remote_read"].map(|list| (list, root.items_of(list))) {
            nodes.enumerate().for_each(|(index, node)| keys(node, &format!("{list}[{index}]"), version, &[], found));
        }
        for (index, node) in root.get("alerting").into_iter().flat_map(|alerting| alerting.items_of("alertmanagers")).enumerate() {
            keys(node, &format!("alerting.alertmanagers[{index}]"), version, &[], found);
        }
        for job in &view.config.jobs {
            keys(job.node, &format!("scrape_configs[{}]", job.index), version, &[], found);
        }
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(version) = oldest(context).filter(|version| *version < (3, 0)) {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let names = view.rule.labels().map(|label| ("labels", label)).chain(view.rule.annotations().map(|text| ("annotations", text)));
            for (section, (name, key, _)) in names.filter(|(_, (name, ..))| !name.is_empty() && !name.chars().all(plain)) {
                let message = format!("Prometheus {}.{} must load this, and refuses the name `{name}`", version.0, version.1);
                let finding = META.finding(key.span, message).path(format!("{}.{name}", view.path(section)));
                found.push(finding.help("use letters, digits and `_`"));
            }
        }
        // Once a group: at its first rule. An operator fits what it loads to the Prometheus that it runs.
        let Some(version) = oldest(context).filter(|_| view.rule.place.1 == 0 && !view.file.in_spec) else { return };
        if let Some(group) = view.file.groups.get(view.rule.place.0) {
            keys(group.node, &format!("groups[{}]", view.rule.place.0), version, &[("labels", (3, 0))], found);
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let version = oldest(context);
        for &node in &query.nodes {
            if let ExprKind::Call { function, .. } = &node.kind
                && function.text == "holt_winters"
                && version.is_none_or(|version| version >= (3, 0))
            {
                let message = "`holt_winters` went with Prometheus 3.0, which refuses to load this";
                // Whether it is 3.0 may not be known.
                let level = if version.is_some() { Level::Error } else { META.level };
                found
                    .push(META.finding_at(level, query.span(&function.range), message).help("3.0 calls it `double_exponential_smoothing`"));
                continue;
            }
            if let Some(version) = version.filter(|version| *version < (2, 54))
                && let Some(range) = other_spelling(node, query.node.as_str().unwrap_or(""))
            {
                let message = format!(
                    "a number and a span of time stand for each other since Prometheus 2.54, and {}.{} must load this",
                    version.0, version.1
                );
                found.push(META.finding(query.span(range), message).help("write spans of time as `5m`, and numbers of seconds as `300`"));
                continue;
            }
            let (name, range) = match &node.kind {
                ExprKind::Call { function, .. } => (function.text.as_str(), &function.range),
                ExprKind::Aggregate(a) if matches!(a.op, AggregateOp::Limitk | AggregateOp::LimitRatio) => (a.op.name(), &node.range),
                _ => continue,
            };
            let since = SINCE.iter().find(|(known, _)| *known == name).map(|(_, since)| *since);
            let experimental =
                functions::function(name).map_or(matches!(&node.kind, ExprKind::Aggregate(_)), |function| function.experimental);
            let message = match (since, version) {
                (Some(since), Some(version)) if version < since => {
                    format!("`{name}` came with Prometheus {}.{}, and {}.{} must load this", since.0, since.1, version.0, version.1)
                }
                _ if experimental => format!("`{name}` is experimental: Prometheus refuses it without a feature flag"),
                _ => continue,
            };
            let help = if experimental {
                "start Prometheus with `--enable-feature=promql-experimental-functions`, or do without"
            } else {
                "raise `stack.prometheus.version`, or do without"
            };
            found.push(META.finding(query.span(range), message).help(help));
        }
    }
}

//! Settings of a group of rules that do nothing, or lose what its rules find.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::LOOKBACK;
use crate::formats::rule_file::Group;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::most_series;
use crate::lint::query::constant;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::loading::Patterns;
use crate::lint::views::{RuleView, View, ViewKind};
use crate::lint::world::Series;
use crate::promql::Expr;
use crate::promql::ast::ExprKind;
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk::without_parens;

rule! {
    /// A group has a setting that does nothing, or that loses what its rules find: a `limit` below the number of series that one of
    /// its rules can have, for a rule with more fails and none of them counts; a label that all of its rules set themselves; an
    /// `interval` of nothing, which is the default. Or the file has a key of another engine while a `prometheus.yml` loads it:
    /// Prometheus refuses the whole file. `keep_firing_for` below the time between two evaluations keeps nothing.
    /// What is recorded with a `query_offset` of five minutes is too old for whoever reads it.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     labels: { severity: warning }
    ///     rules:
    ///       - alert: QueueFull
    ///         expr: queue_depth > 100
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     labels: { team: web }
    ///     rules:
    ///       - alert: QueueFull
    ///         expr: queue_depth > 100
    ///         labels: { severity: critical }
    /// ```
    GroupSetting, "group-setting", Warning up to Error
}

/// Keys of groups and rules that Prometheus has.
const OF_PROMETHEUS: &[&str] = &["name", "interval", "query_offset", "limit", "rules", "labels"];

impl Rule for GroupSetting {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(group) = view.file.groups.get(view.rule.place.0) else { return };
        kept_for_nothing(view, group, context, found);
        too_many(view, group, context, found);
        // The rest once a group: at its first rule.
        if view.rule.place.1 != 0 {
            return;
        }
        let path = || format!("groups[{}]", view.rule.place.0);
        for (name, key, _) in group.node.entries_of("labels") {
            let own = |rule: &crate::formats::rule_file::Rule<'_>| rule.node.get("labels").is_some_and(|own| own.get(name).is_some());
            if !group.rules.is_empty() && group.rules.iter().all(own) {
                let message = format!("every rule of this group sets `{name}` itself, and its own wins");
                found.push(META.finding(key.span, message).path(path()).help("take it away from the group, or from the rules"));
            }
        }
        let number = group.node.get("limit").and_then(|node| Some((node, node.as_i64()?)));
        if let Some((node, _)) = number.filter(|(_, limit)| *limit < 0) {
            let message = format!("a limit of {} is none", node.describe());
            found.push(META.finding(node.span, message).path(path()).help("leave it out, or write the most series that a rule may have"));
        }
        if let Some(node) = group.node.get("interval").filter(|_| group.interval == Some(0)) {
            let message = "zero is no interval: the default counts";
            found.push(META.finding(node.span, message).path(path()).help("leave it out, or write what is meant, as `30s`"));
        }
        let offset = group.node.get("query_offset").and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
        let records = group.rules.iter().any(|rule| !rule.is_alert());
        if let Some((node, offset)) = offset.filter(|(_, offset)| records && *offset >= LOOKBACK) {
            let message = format!(
                "what is recorded is {} old when it is written, and whoever reads it looks back over five minutes",
                format_duration(offset)
            );
            found.push(META.finding(node.span, message).path(path()).help("wait for a minute or two"));
        }
        foreign(view, group, context, found);
    }
}

/// `keep_firing_for` that ends before the next evaluation.
fn kept_for_nothing(view: &RuleView<'_>, group: &Group<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let of_server = || match context.world.prometheus.as_slice() {
        [config] if !config.fragment => Some(config.evaluation_interval),
        _ => None,
    };
    let Some(interval) = group.interval.filter(|interval| *interval > 0).or_else(of_server) else { return };
    let kept = view.rule.node.get("keep_firing_for").and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
    if let Some((node, kept)) = kept.filter(|(_, kept)| *kept > 0 && *kept < interval) {
        let (kept, every) = (format_duration(kept), format_duration(interval));
        let message = format!("this is evaluated every `{every}`, so keeping it for `{kept}` keeps nothing");
        let help = format!("write several times `{every}`, as `5m`");
        found.push(META.finding(node.span, message).path(view.path("keep_firing_for")).help(help));
    }
}

/// A limit below the number of series that a rule can have.
fn too_many(view: &RuleView<'_>, group: &Group<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let limit = group.node.get("limit").and_then(|node| Some((node, node.as_i64()?))).filter(|(_, limit)| *limit > 0);
    let Some(((node, limit), expr)) = limit.zip(view.query.and_then(|query| query.expr.as_ref())) else { return };
    let most = most_series(expr, context.world)
        .filter(|_| !matches!(&without_parens(expr).kind, ExprKind::Aggregate(of) if of.grouping.is_some()));
    let Some(most) = most.or_else(|| on_page(expr, context)).filter(|most| i64::try_from(*most).is_ok_and(|most| most > limit)) else {
        return;
    };
    let message = format!("`{}` can have {most} series, and with more than {limit} it fails and brings none", view.rule.name());
    let finding = META.finding(node.span, message).path(format!("groups[{}].limit", view.rule.place.0));
    found.push(finding.related(view.rule.name.span, "the rule").help("raise the limit, or leave it out"));
}

/// How many series of one metric a page shows, where an expression compares them one by one.
fn on_page(expr: &Expr, context: &Context<'_>) -> Option<u64> {
    let ExprKind::Binary(compared) = &without_parens(expr).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&compared.left).kind else { return None };
    constant(&compared.right).filter(|_| compared.op.is_comparison())?;
    let is_narrowed = selector.matchers.iter().any(|matcher| !matches!(matcher.label.text.as_str(), "job" | "__name__"));
    let (page, metric, Series::Base) = context.world.metric_of(selector).filter(|_| !is_narrowed)? else { return None };
    Some(metric.series.len() as u64).filter(|count| page.is_page() && *count > 0)
}

/// Keys that another engine added, in a file that a `prometheus.yml` loads.
fn foreign(view: &RuleView<'_>, group: &Group<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let foreign = |name: &str| !OF_PROMETHEUS.contains(&name) && crate::formats::rule_file::is_of_engine(name);
    // Hardly a group has any, and who loads it is a question of all files.
    let all: Vec<_> = group.node.entries().filter(|(name, ..)| foreign(name)).collect();
    if all.is_empty() {
        return;
    }
    let source = group.node.span.source;
    let is_it = |other: &&View<'_>| other.source == source && matches!(other.kind, ViewKind::Rules(_));
    let Some(file) = context.views.iter().find(is_it).filter(|_| !view.file.in_spec) else { return };
    let loads = |server: &&View<'_>| match &server.kind {
        ViewKind::Prometheus(config) => Patterns::new(server, config.rule_files).load(file.file),
        _ => false,
    };
    let Some(server) = context.views.iter().find(loads) else { return };
    for (name, key, _) in all {
        let message = format!("`{name}` is no key of Prometheus, which refuses the file");
        let finding = META.finding_at(Level::Error, key.span, message).path(format!("groups[{}]", view.rule.place.0));
        let place = server.root.entry("rule_files").map_or(server.root.span, |(key, _)| key.span);
        found.push(finding.related(place, "this loads it").help("take it away, or load the file in the engine that has it"));
    }
}

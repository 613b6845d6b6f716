//! Instances that are counted where versions are meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// An alert about several versions counts the series of an `…_info` metric as they are. There is one for each instance, so two
    /// instances of one version are enough, and the alert fires all the time. Versions are counted by grouping first:
    /// `count(count by (version) (app_build_info)) > 1`.
    ///
    /// Said where the alert or its texts speak of versions.
    ///
    /// The same goes for a gauge that says itself how many there are, as `workers_active_processes`: `count` counts its series. And
    /// `count_values` says how many series have each value, and not how many values there are.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: SeveralVersions
    ///         expr: 'count by (job) (app_build_info{job="web"}) > 1'
    ///         for: 1h
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the instances of {{ $labels.job }} run different versions" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: SeveralVersions
    ///         expr: 'count by (job) (count by (job, version) (app_build_info{job="web"})) > 1'
    ///         for: 1h
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the instances of {{ $labels.job }} run different versions" }
    /// ```
    CountsInstances, "counts-instances", Warning
}

impl Rule for CountsInstances {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        of_series(query, view, found);
        let Some(Counted { side, metric, by_version }) = counted(expr) else { return };
        // By version it may be meant how many run one, unless the text says otherwise.
        let word = if by_version { "versions" } else { "version" };
        let speaks = |text: &str| text.to_lowercase().contains(word);
        if !speaks(view.rule.name()) && !view.annotations().any(|text| speaks(text.text)) {
            return;
        }
        let message = format!("this counts the instances that expose `{metric}`, and not their versions");
        let finding = META.finding(query.span(&side.range), message).path(view.path("expr"));
        found.push(finding.help("group by the version first: `count(count by (version) (…)) > 1`"));
    }
}

/// Series that are counted where their values say how many there are, and values that are counted one by one.
fn of_series(query: &Expression<'_, '_>, view: &RuleView<'_>, found: &mut Vec<Diagnostic>) {
    const THINGS: &[&str] = &[
        "processes",
        "connections",
        "workers",
        "threads",
        "consumers",
        "clients",
        "sessions",
        "replicas",
        "members",
        "goroutines",
        "messages",
    ];
    for &Comparison { side, op, number, .. } in &query.comparisons {
        let ExprKind::Aggregate(count) = &without_parens(side).kind else { continue };
        let ExprKind::Selector(selector) = &without_parens(&count.expr).kind else { continue };
        let Some(name) = selector.metric_name().filter(|name| !name.contains(':')) else { continue };
        let is_more = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
        if count.op == AggregateOp::Count
            && name.rsplit('_').next().is_some_and(|word| THINGS.contains(&word))
            && selector.matchers.len() < 3
        {
            let message = format!("this counts the series of `{name}`, and each says itself how many there are");
            let finding = META.finding(query.span(&side.range), message).path(view.path("expr"));
            found.push(finding.help("take the `sum`"));
        } else if count.op == AggregateOp::CountValues && is_more && number >= 1.0 && !name.is_empty() {
            let message = "`count_values` says how many series have each value, and not how many values there are";
            let finding = META.finding(query.span(&side.range), message).path(view.path("expr"));
            found.push(finding.help("count the values: `count(count_values(…)) > 1`"));
        }
    }
}

/// What is compared with one.
struct Counted<'e> {
    side: &'e Expr,
    /// The metric whose series are counted as they are.
    metric: &'e str,
    /// Whether the instances of each version are counted.
    by_version: bool,
}

fn counted(expr: &Expr) -> Option<Counted<'_>> {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let number = crate::lint::query::constant(&binary.right)?;
    let several = match binary.op {
        BinaryOp::Greater | BinaryOp::NotEqual => (number - 1.0).abs() < f64::EPSILON,
        BinaryOp::GreaterEqual => (number - 2.0).abs() < f64::EPSILON,
        _ => false,
    };
    let side = without_parens(&binary.left);
    let ExprKind::Aggregate(count) = &side.kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&count.expr).kind else { return None };
    let name = selector.metric_name().filter(|name| name.ends_with("_info") && !name.contains(':'))?;
    // One of a version that is named: then it is instances that are meant.
    let of_version = |label: &str| ["version", "revision", "commit", "release", "tag"].iter().any(|word| label.contains(word));
    let narrowed = selector.matchers.iter().any(|matcher| of_version(&matcher.label.text));
    let is_without = count.grouping.as_ref().is_some_and(|by| by.without);
    let by_version = count.grouping.iter().flat_map(|by| &by.labels).any(|label| of_version(&label.text));
    (several && count.op == AggregateOp::Count && !narrowed && !is_without).then_some(Counted { side, metric: name, by_version })
}

//! Instances that are counted where versions are meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
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

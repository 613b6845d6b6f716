//! Instances that are counted where versions are meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// An alert about several versions counts the series of an `…_info` metric as they are. There is one for each instance, so two
    /// instances of one version are enough, and the alert fires all the time. Versions are counted by grouping first, and by nothing
    /// that tells instances apart: `count(count by (version) (app_build_info)) > 1`.
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

/// Labels that tell the instances of a service apart.
const OF_INSTANCES: &[&str] = &["instance", "pod", "host", "node", "container"];

/// What is compared with one.
struct Counted<'e> {
    side: &'e Expr,
    /// The metric whose series are counted as they are.
    metric: &'e str,
    /// Whether the instances of each version are counted.
    by_version: bool,
}

fn of_version(label: &str) -> bool {
    ["version", "revision", "commit", "release", "tag"].iter().any(|word| label.contains(word))
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
    let by = |aggregate: &Aggregate, wanted: &dyn Fn(&str) -> bool| {
        aggregate.grouping.as_ref().is_some_and(|by| !by.without && by.labels.iter().any(|label| wanted(&label.text)))
    };
    let of_instance = |label: &str| OF_INSTANCES.contains(&label);
    let (inner, each) = match &without_parens(&count.expr).kind {
        // Grouped by the instance, with the version or without it, there is one for each instance again.
        ExprKind::Aggregate(inner) if by(inner, &of_instance) && !by(count, &of_instance) => (&inner.expr, by(inner, &of_version)),
        _ => (&count.expr, false),
    };
    let ExprKind::Selector(selector) = &without_parens(inner).kind else { return None };
    let name = selector.metric_name().filter(|name| name.ends_with("_info") && !name.contains(':'))?;
    // One of a version that is named: then it is instances that are meant.
    let narrowed = selector.matchers.iter().any(|matcher| of_version(&matcher.label.text));
    let is_without = count.grouping.as_ref().is_some_and(|by| by.without);
    let by_version = each || by(count, &of_version);
    (several && count.op == AggregateOp::Count && !narrowed && !is_without).then_some(Counted { side, metric: name, by_version })
}

//! Alerts that fire on the pages that are given.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::moment::{Point, Targets, Value, evaluate};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::walk::{alternatives, selectors};
use crate::source::Node;

rule! {
    /// A page of metrics is given to judge by (`--metrics JOB=FILE`), and on it the condition of an alert holds already: as long as nothing changes, it
    /// fires. Either the condition is wrong, as one that counts the series of a state instead of those that are in it, or the page
    /// was taken of a service that is not well.
    ///
    /// Only what a moment tells is evaluated: gauges, their aggregates, comparisons and joins, and what is recorded of these.
    ///
    /// ```yaml fires
    /// # file: app.job.prom
    /// # HELP queue_workers Workers by state.
    /// # TYPE queue_workers gauge
    /// queue_workers{state="busy"} 3
    /// queue_workers{state="idle"} 5
    /// # file: alerts.yml
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: NobodyIdle
    ///         expr: queue_workers{job="app",state="idle"} / ignoring (state) queue_workers{job="app",state="busy"} > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "all workers of {{ $labels.instance }} are busy" }
    /// ```
    /// ```yaml silent
    /// # file: app.job.prom
    /// # HELP queue_workers Workers by state.
    /// # TYPE queue_workers gauge
    /// queue_workers{state="busy"} 3
    /// queue_workers{state="idle"} 5
    /// # file: alerts.yml
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: NobodyIdle
    ///         expr: queue_workers{job="app",state="idle"} < 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "all workers of {{ $labels.instance }} are busy" }
    /// ```
    FiresOnPage, "fires-on-page", Warning
}

impl Rule for FiresOnPage {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !context.world.has_pages {
            return;
        }
        // What is to fire all the time says so.
        let severity = view.rule.label("severity").and_then(Node::as_str);
        let Some((query, expr)) = view.alert().filter(|_| severity != Some("none")) else { return };
        for condition in alternatives(expr) {
            let Some(point) = fires(condition, context) else { continue };
            let message = format!("on the page that is given this fires already{}: the value is {}", shown(&point), point.value);
            let finding = META.finding(query.span(&condition.range), message).path(view.path("expr"));
            let first = selectors(condition).first().and_then(|found| context.world.metric_of(found.selector));
            let finding = match first.filter(|(catalogue, ..)| catalogue.is_page()) {
                Some((_, metric, _)) => finding.related(metric.name.span, "shown here"),
                None => finding,
            };
            found.push(finding.help("correct the condition, or judge by a page of when all is well"));
        }
    }
}

/// What a condition holds for on the pages, whether they stand for one target or for all.
fn fires(condition: &Expr, context: &Context<'_>) -> Option<Point> {
    // Without a series to read it fires whatever pages show.
    selectors(condition).first()?;
    let first = |targets| match evaluate(condition, context.world, targets)? {
        Value::Vector(points) => points.into_iter().next(),
        Value::Scalar(_) => None,
    };
    let point = first(Targets::One)?;
    first(Targets::All).map(|_| point)
}

/// The labels that tell a series apart within its job.
fn shown(point: &Point) -> String {
    let told = |name: &str, value: &str| !matches!(name, "__name__" | "job" | "instance") && !value.contains('\0');
    let labels: Vec<String> =
        point.labels.iter().filter(|(name, value)| told(name, value)).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    if labels.is_empty() { String::new() } else { format!(" for `{}`", labels.join(",")) }
}

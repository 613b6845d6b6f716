//! Recorded series whose names promise something else.

mod count;
mod level;
mod metric;
mod operations;
mod quantile;
mod share;
mod unit;
mod value;

use self::count::series_for_instances;
use self::level::{levels, of_level};
use self::metric::{another_job, another_metric};
use self::operations::{aggregation, operation, parts, ranges};
use self::quantile::quantile;
use self::share::{
    amount_of_rest, class_of_status, errors, excluded, idle, mean_of_filtered, no_share, opposite, other_part, rest, unit_of_share,
};
use self::unit::another_unit;
use self::value::{another_size, another_value, no_mean, per_minute};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::factored;
use crate::lint::query::written::Purpose;
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::ExprKind;
use crate::promql::duration::format_duration;
use crate::promql::walk::selectors;
use crate::promql::{Expr, walk};

rule! {
    /// Names of recorded series say `level:metric:operations`: by which labels they are grouped, and what was done over which window.
    /// Whoever reads `job:requests:rate5m` relies on both, and takes it for a sum, which is what a name leaves unsaid. The name and
    /// the expression contradict each other: in a label, a function, a window, the aggregation or the metric. Or the name is one
    /// that has to be quoted wherever it is used.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate1h
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    RecordNameDrift, "record-name-drift", Warning
}

impl Rule for RecordNameDrift {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Written(written) = query.origin else { return };
        let (Some(parts), Some(expr)) = (parts(written.name), &query.expr) else { return };
        if written.purpose != Purpose::Recording {
            return;
        }
        let drift = match said(written.name, parts, expr, query, context) {
            Said::Drift(message, help) => Some((message, help)),
            Said::Nothing => None,
            Said::Fits => of_level(parts.0, expr, context),
        };
        if let Some((message, help)) = drift {
            found.push(META.finding(written.node.span, message).path(written.path.clone()).help(help));
        }
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.rule.is_alert() {
            return;
        }
        let name = view.rule.name();
        if !name.is_empty() && !name.contains(['{', '}']) && !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')) {
            let help = format!(
                "use letters, digits, `_` and `:`, as in `{}`",
                name.replace(|c: char| !c.is_ascii_alphanumeric() && c != ':', "_")
            );
            let message = format!("`{name}` has to be quoted wherever it is used, and older versions refuse it");
            return found.push(META.finding(view.rule.name.span, message).path(view.path("record")).help(help));
        }
        let is_condition = |expr: &Expr| matches!(&walk::without_parens(expr).kind, ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool);
        if let Some(severity) = view.rule.label("severity")
            && view.query.and_then(|query| query.expr.as_ref()).is_some_and(is_condition)
        {
            let message = format!("`{name}` has a severity and a condition, and is recorded: nobody is told of it");
            let finding = META.finding(view.rule.name.span, message).path(view.path("record")).related(severity.span, "the severity");
            return found.push(finding.help("write `alert:` instead of `record:`"));
        }
        if let Some((catalogue, metric, _)) = context.world.metric(name) {
            let message = format!("`{name}` is scraped, too: whoever asks for it gets both");
            let finding = META.finding(view.rule.name.span, message).path(view.path("record"));
            let other = if catalogue.is_page() { "exposed on this page" } else { "declared here" };
            return found.push(finding.related(metric.name.span, other).help("name it with a level, as in `job:requests:rate5m`"));
        }
        let mut report = |message: String, help: String| {
            found.push(META.finding(view.rule.name.span, message).path(view.path("record")).help(help));
        };
        let Some((level, operations)) = parts(name) else { return };
        let Some(query) = view.query else { return };
        let Some(expr) = &query.expr else { return };
        match said(name, (level, operations), expr, query, context) {
            Said::Drift(message, help) => return report(message, help),
            Said::Nothing => return,
            Said::Fits => {}
        }
        if let Some((message, help)) = of_level(level, expr, context).filter(|_| view.rule.label(level).is_none()) {
            report(message, help);
        }
    }
}

/// How an expression compares with what the name of its series says.
enum Said {
    /// It does something else: what, and what to do.
    Drift(String, String),
    /// Nobody can tell.
    Nothing,
    /// As far as can be told it does so.
    Fits,
}

fn said(name: &str, (level, operations): (&str, &str), expr: &Expr, query: &Query<'_>, context: &Context<'_>) -> Said {
    let drift = |(message, help): (String, String)| Said::Drift(message, help);
    if let Some((function, window)) = operation(operations) {
        let used: Vec<(&str, Option<i64>)> = ranges(expr);
        let [(first, _), ..] = used.as_slice() else {
            if selectors(expr).iter().all(|found| found.selector.metric_name().is_some_and(|name| !name.contains(':'))) {
                return Said::Drift(
                    format!("the name says `{function}`, and the expression takes none"),
                    format!("take `{function}(…[{}])`, or name it otherwise", format_duration(window)),
                );
            }
            let other = no_share(name, expr, query).or_else(|| quantile(name, expr)).or_else(|| another_unit(name, expr));
            return other.or_else(|| aggregation(name, operations, expr)).map_or(Said::Nothing, drift);
        };
        // A quotient is the same of both.
        let is_quotient = function == "rate" && *first == "increase" && name.contains("ratio");
        // How often in a second, times the seconds, is how often.
        let is_product = || function == "increase" && *first == "rate" && is_times(expr, window);
        let is_other = used.iter().all(|(other, _)| *other != function) && !is_quotient && !is_product();
        if is_other && matches!(*first, "rate" | "increase" | "irate" | "delta") {
            return Said::Drift(
                format!("the name says `{function}`, and the expression takes `{first}`"),
                format!("name it `…:{first}…`, or take `{function}`"),
            );
        }
        let windows: Vec<i64> = used.iter().filter_map(|(_, window)| *window).collect();
        if let Some(other) = windows.first().filter(|_| !windows.contains(&window)) {
            let (says, looks) = (format_duration(window), format_duration(*other));
            return Said::Drift(
                format!("the name says `{says}`, and the expression looks back over `{looks}`"),
                format!("name it `…{function}{looks}`, or look back over `{says}`"),
            );
        }
    }
    let metric = name.split(':').nth(1).unwrap_or("");
    no_share(name, expr, query)
        .or_else(|| unit_of_share(name, expr, query))
        .or_else(|| other_part(name, expr, context))
        .or_else(|| amount_of_rest(metric, expr))
        .or_else(|| idle(metric, expr))
        .or_else(|| opposite(metric, expr))
        .or_else(|| another_value(metric, expr, context))
        .or_else(|| no_mean(operations, expr))
        .or_else(|| another_size(name, expr))
        .or_else(|| another_unit(name, expr))
        .or_else(|| mean_of_filtered(name, expr))
        .or_else(|| series_for_instances(metric, expr, context))
        .or_else(|| per_minute(name, expr))
        .or_else(|| another_job(metric, expr, context))
        .or_else(|| errors(metric, expr))
        .or_else(|| quantile(name, expr))
        .or_else(|| rest(metric, expr))
        .or_else(|| class_of_status(metric, expr))
        .or_else(|| excluded(metric, expr))
        .or_else(|| levels(level, expr, context))
        .or_else(|| aggregation(name, operations, expr))
        .or_else(|| another_metric(metric, expr, context))
        .map_or(Said::Fits, drift)
}

/// Whether an expression is multiplied by the seconds of a window.
fn is_times(expr: &Expr, window: i64) -> bool {
    let (_, factor) = factored(expr);
    (factor - window as f64 / 1000.0).abs() < 1e-6
}

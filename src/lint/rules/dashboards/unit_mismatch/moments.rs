//! Moments and distances in time.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::inference::measure::levels;
use crate::lint::query::Query;
use crate::lint::query::named::moment_scale;
use crate::lint::query::when::{plain, until_end};
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{calls, selectors, without_parens};

/// A moment in seconds where Grafana takes milliseconds.
pub(super) fn date(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit().filter(|node| node.as_str().is_some_and(|unit| unit.starts_with("dateTime")))?;
    let selector = levels(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector)).filter(|name| moment_scale(name) == Some(1.0))?;
    let message = format!("`{name}` is in seconds, and the unit {} takes milliseconds: this reads as January 1970", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("multiply it by 1000"))
}

/// When something is or was, drawn as how long.
pub(super) fn moment(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let selector = levels(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector))?;
    if moment_scale(name).is_none() || !matches!(node.as_str()?, "s" | "ms" | "m" | "h" | "d" | "dtdurations") {
        return None;
    }
    let message = format!("`{name}` is a moment, and the unit {} is one of lengths", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("subtract `time()`, or show a date"))
}

/// A moment that something is taken from which is no moment, or that is added to one.
pub(super) fn distance(query: &Query<'_>) -> Option<Diagnostic> {
    let ExprKind::Binary(binary) = &without_parens(query.expr.as_ref()?).kind else { return None };
    let is_time = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time");
    let moment = |expr: &Expr| {
        let found = selectors(expr);
        let [only] = found.as_slice() else { return None };
        let name = only.selector.metric_name().filter(|name| name.ends_with("_timestamp_seconds") && only.range.is_none())?;
        let is_plain =
            !calls(expr, "time") && !query.is_variable_metric(only.selector) && !matches!(without_parens(expr).kind, ExprKind::Binary(_));
        is_plain.then(|| name.to_owned())
    };
    let name = moment(&binary.right)?;
    let is_added = binary.op == BinaryOp::Add && is_time(&binary.left);
    let message = || format!("`{name}` is a moment, and is added to another");
    is_added.then(|| META.finding(query.node.span, message()).path(query.path()).help("subtract it"))
}

/// Steps of colours that are days, where the seconds until an end are drawn.
pub(super) fn days_as_seconds(query: &Query<'_>) -> Option<Diagnostic> {
    let panel = query.panel().filter(|_| query.expr.as_ref().is_some_and(|expr| until_end(plain(expr))))?;
    let options = panel.node.get("fieldConfig")?;
    let own = options.at(["defaults", "thresholds"]).into_iter();
    let properties = options.items_of("overrides").flat_map(|one| one.items_of("properties"));
    let others = properties.filter(|one| one.get_str("id").is_some_and(|(_, id)| id == "thresholds")).filter_map(|one| one.get("value"));
    let bounds = own.chain(others).flat_map(|one| one.items_of("steps")).filter_map(|step| step.get("value"));
    // Nobody asks whether a certificate ends within minutes.
    let node = bounds.filter(|node| node.as_f64().is_some_and(|bound| (1.0..=366.0).contains(&bound))).last()?;
    let days = node.as_f64()?;
    let message = format!("the time until the end is in seconds, and the colour turns at {days} of them");
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig", panel.path)).related(query.node.span, "the query");
    Some(finding.help(format!("write {}, which are {days} days, or divide by 86400", days * 86_400.0)))
}

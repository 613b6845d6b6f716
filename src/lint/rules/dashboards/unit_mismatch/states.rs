//! Flags, states and counts.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::inference::measure::levels;
use crate::lint::query::Query;
use crate::lint::query::unit::{Quantity, quantity};
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

/// What is 1 for yes and 0 for no, drawn as if it were measured.
pub(super) fn flag(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node =
        panel.unit().filter(|node| matches!(node.as_str(), Some("s" | "ms" | "m" | "h" | "bytes" | "decbytes" | "reqps" | "Bps")))?;
    let selector = levels(expr)?;
    let name = selector.metric_name().filter(|name| matches!(*name, "up" | "probe_success"))?;
    let message = format!("the unit is {}, and `{name}` is 0 or 1", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(query.node.span, "the query").help("use `bool_yes_no` or the like, or ask for what has this unit"))
}

/// Values that are named one by one, 0 and 1, of what is measured.
pub(super) fn state(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let defaults = panel.node.get("fieldConfig").and_then(|config| config.get("defaults"))?;
    let mappings: Vec<&Node> = defaults.items_of("mappings").collect();
    let [only] = mappings.as_slice() else { return None };
    let options = only.get("options").filter(|_| only.get("type").and_then(Node::as_str) == Some("value"))?;
    let mut values: Vec<&str> = options.entries().map(|(value, ..)| value).collect();
    values.sort_unstable();
    let what = match quantity(expr, query)? {
        Quantity::Seconds | Quantity::Millis => "a time",
        Quantity::Bytes | Quantity::BytesPerSecond => "bytes",
        Quantity::EventsPerSecond | Quantity::Events => "events",
        Quantity::Number | Quantity::Share | Quantity::Percent => return None,
    };
    if values != ["0", "1"] {
        return None;
    }
    let message = format!("this measures {what}, and the panel has words for 0 and 1");
    Some(META.finding(query.node.span, message).path(query.path()).related(only.span, "the words").help("ask for what is 0 or 1"))
}

/// How many series there are, drawn as what happens in a second.
pub(super) fn counted(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { return None };
    if let ExprKind::Call { function, arguments } = &without_parens(&aggregate.expr).kind
        && matches!(function.text.as_str(), "rate" | "irate")
        && matches!(node.as_str()?, "reqps" | "ops" | "cps" | "rps" | "eps" | "mps")
        && let Some(used) = arguments.first().and_then(|range| selectors(range).first().map(|found| found.selector))
        && let Some(name) = used.metric_name().filter(|name| name.ends_with("_seconds_sum") || name.ends_with("_bytes_sum"))
        && aggregate.op == AggregateOp::Sum
    {
        let finding = META.finding(query.node.span, format!("`{name}` sums up what is measured, and the unit is {}", node.describe()));
        return Some(finding.path(query.path()).related(node.span, "the unit").help("count the events, by `_count`"));
    }
    let per_second = matches!(node.as_str()?, "reqps" | "ops" | "cps" | "rps" | "Bps" | "bps" | "s" | "ms" | "bytes" | "percentunit");
    let rated = matches!(&without_parens(&aggregate.expr).kind, ExprKind::Call { function, .. } if function.text.contains("rate") || function.text == "increase");
    if aggregate.op != AggregateOp::Count || !per_second || !rated {
        return None;
    }
    let finding = META.finding(query.node.span, format!("this counts series, and the unit is {}", node.describe())).path(query.path());
    Some(finding.related(node.span, "the unit").help("take `sum`, or the unit `short`"))
}

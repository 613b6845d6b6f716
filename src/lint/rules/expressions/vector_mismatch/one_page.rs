//! Two series of one page, of which one has a label that the other lacks.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::query::{Query, matches};
use crate::lint::world::declared::{Catalogue, Evidence, Metric, MetricType};
use crate::lint::world::{Series, World};
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{makes_labels, only_selector, visit};

/// A side that is a series of a page, with all of its labels.
struct Side<'e> {
    selector: &'e Selector,
    page: &'e Catalogue,
    metric: &'e Metric,
    series: Series,
}

impl<'e> Side<'e> {
    fn of<'w: 'e>(expr: &'e Expr, world: &World<'w>) -> Option<Self> {
        let mut plain = true;
        visit(expr, &mut |node| plain &= !matches!(node.kind, ExprKind::Aggregate(_)));
        let selector = only_selector(expr).filter(|_| plain && !makes_labels(expr))?;
        let (page, metric, series) = world.metric_of(selector)?;
        let is_whole = matches!(page.evidence, Evidence::Page { whole: true, job: Some(_), .. });
        (is_whole && !metric.open).then_some(Self { selector, page, metric, series })
    }

    /// Whether some of its series have a label.
    fn may_have(&self, label: &str) -> bool {
        let of_type = match self.series {
            Series::Bucket => label == "le",
            Series::Base => label == "quantile" && self.metric.kind == MetricType::Summary,
            _ => false,
        };
        of_type || self.metric.labels.iter().any(|own| own.name.value == label)
    }
}

/// What targets are labelled with nobody says; but two series of one target are labelled alike, and differ in what is their own.
pub(super) fn apart(query: &Query<'_>, binary: &Binary, compared: &dyn Fn(&str) -> bool, world: &World<'_>) -> Option<Diagnostic> {
    if !world.prometheus.is_empty() || binary.op == BinaryOp::Unless {
        return None;
    }
    let (left, right) = (Side::of(&binary.left, world)?, Side::of(&binary.right, world)?);
    if !std::ptr::eq(left.page, right.page) {
        return None;
    }
    let lost = |one: &Side<'_>, other: &Side<'_>| {
        let is_asked = |label: &str| one.selector.matchers.iter().all(|m| m.label.text != label || matches(m, "") != Some(true));
        let own = one.metric.labels.iter().filter(|label| !label.optional).map(|label| label.name.value.as_str());
        own.filter(|label| compared(label) && is_asked(label)).find(|label| !other.may_have(label)).map(str::to_owned)
    };
    let (label, side) = match lost(&left, &right) {
        Some(label) => (label, "left"),
        None => (lost(&right, &left)?, "right"),
    };
    let message = format!("only the {side} side has the label `{label}` on the page, so no two series ever match");
    let finding = META.finding_at(Level::Warning, query.span(&binary.op_range), message).related(left.metric.name.span, "exposed here");
    Some(finding.help(format!("add `ignoring ({label})`, with `group_left` or `group_right` as it needs")))
}

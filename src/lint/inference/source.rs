//! Where recorded series come from: what is known of the metric below a recording rule is known of what it records.
//!
//! Only a series that one rule alone fills is followed: what several fill may be of any of them.

use crate::lint::inference::cardinality::of_label;
use crate::lint::query::is_placeholder;
use crate::lint::world::declared::{Catalogue, Label, Metric};
use crate::lint::world::{Series, World};
use crate::promql::ast::{Expr, ExprKind, Matcher, Selector};
use crate::promql::walk::without_parens;
use crate::source::Span;

/// How far recording rules that build on others are followed.
const DEPTH: usize = 8;

/// What is known of a label where its values come from.
#[derive(Clone, Copy)]
pub struct Below<'e> {
    /// The metric's label.
    pub label: &'e Label,
    /// Who says so.
    pub catalogue: &'e Catalogue,
    /// The matcher that the recording rule narrows it by.
    pub narrowed: Option<&'e Matcher>,
    /// The rule that records it.
    pub rule: Span,
}

impl PartialEq for Below<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.label, other.label) && self.narrowed.map(|m| &m.value) == other.narrowed.map(|m| &m.value)
    }
}

/// A metric and who says it, the same where they are the same piece of text.
struct Owned<'e>(&'e Catalogue, &'e Metric);

impl PartialEq for Owned<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.1, other.1)
    }
}

/// What the one rule that fills a series evaluates, and where its name stands.
fn filled<'e>(name: &str, label: Option<&str>, world: &World<'e>) -> Option<(&'e Expr, Span)> {
    let [recorded] = world.recorded(name) else { return None };
    let rule = recorded.query.rule()?;
    // A label that the rule sets comes from there.
    if label.is_some_and(|label| rule.label(label).is_some()) {
        return None;
    }
    recorded.query.expr.as_ref().map(|expr| (expr, rule.name.span))
}

/// An expression that is a recorded series and nothing else, as it is recorded; any other as it stands.
pub fn origin<'x, 'e: 'x>(expr: &'x Expr, world: &World<'e>) -> &'x Expr {
    let mut expr = without_parens(expr);
    for _ in 0..DEPTH {
        let ExprKind::Selector(selector) = &expr.kind else { break };
        let plain = selector.matchers.is_empty() && selector.offset.is_none() && selector.at.is_none();
        let Some((inner, _)) = selector.metric_name().filter(|_| plain).and_then(|name| filled(name, None, world)) else { break };
        expr = without_parens(inner);
    }
    expr
}

/// The classic histogram whose buckets a selector reads, be they recorded.
pub fn buckets<'e>(selector: &Selector, world: &World<'e>) -> Option<(&'e Catalogue, &'e Metric)> {
    histogram(selector, world, 0).map(|Owned(catalogue, metric)| (catalogue, metric))
}

fn histogram<'e>(selector: &Selector, world: &World<'e>, depth: usize) -> Option<Owned<'e>> {
    if let Some((catalogue, metric, series)) = world.metric_of(selector) {
        return (series == Series::Bucket).then_some(Owned(catalogue, metric));
    }
    let (expr, _) = selector.metric_name().filter(|_| depth < DEPTH).and_then(|name| filled(name, Some("le"), world))?;
    of_label(expr, "le", &|inner| histogram(inner, world, depth + 1))
}

/// What is known of a label of a recorded series.
pub fn label<'e>(selector: &Selector, label: &str, world: &World<'e>) -> Option<Below<'e>> {
    below(selector, label, world, 0)
}

fn below<'e>(selector: &Selector, label: &str, world: &World<'e>, depth: usize) -> Option<Below<'e>> {
    let name = selector.metric_name().filter(|_| depth < DEPTH)?;
    let (expr, rule) = filled(name, Some(label), world)?;
    let found = of_label(expr, label, &|inner: &'e Selector| match world.metric_of(inner) {
        Some((catalogue, metric, _)) if !metric.open => {
            let label = metric.labels.iter().find(|known| known.name.value == label)?;
            Some(Below { label, catalogue, narrowed: None, rule })
        }
        Some(_) => None,
        None => below(inner, label, world, depth + 1),
    })?;
    let narrowed = of_label(expr, label, &|inner: &'e Selector| {
        let mut own = inner.matchers.iter().filter(|m| m.label.text == label);
        let only = own.next().filter(|m| !m.value.is_empty() && !is_placeholder(&m.value))?;
        own.next().is_none().then_some(Narrowed(only))
    });
    Some(Below { narrowed: narrowed.map(|Narrowed(matcher)| matcher).or(found.narrowed), rule, ..found })
}

/// A matcher, the same where it asks the same.
struct Narrowed<'e>(&'e Matcher);

impl PartialEq for Narrowed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.op == other.0.op && self.0.value == other.0.value
    }
}

//! Queries of a panel that ask the same.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::fields::properties;
use crate::lint::query::likeness::{Part, Word, differences, is_plain, words};
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

rule! {
    /// Two queries of a panel ask for the same, and their legends call it by two names: one of them was copied, and only its legend was
    /// changed. Or one asks for the same of another time, and counts it in another unit: now by the hour, and a week ago by the minute.
    ///
    /// ```json fires
    /// { "title": "Redis", "panels": [ { "type": "timeseries", "title": "Memory", "targets": [
    ///   { "refId": "A", "expr": "redis_memory_used_bytes", "legendFormat": "Used" },
    ///   { "refId": "B", "expr": "redis_memory_used_bytes", "legendFormat": "Limit" } ] } ] }
    /// ```
    /// ```json fires
    /// { "title": "Orders", "panels": [ { "type": "timeseries", "title": "Orders an hour", "targets": [
    ///   { "refId": "A", "expr": "sum(rate(orders_total[1h])) * 3600", "legendFormat": "now" },
    ///   { "refId": "B", "expr": "sum(rate(orders_total[1h] offset 1w)) * 60", "legendFormat": "a week ago" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Redis", "panels": [ { "type": "timeseries", "title": "Memory", "targets": [
    ///   { "refId": "A", "expr": "redis_memory_used_bytes", "legendFormat": "Used" },
    ///   { "refId": "B", "expr": "redis_memory_max_bytes", "legendFormat": "Limit" } ] } ] }
    /// ```
    SameQuery, "same-query", Warning
}

/// How a query is asked; the same in two ways may well be two results.
const WAYS: &[&str] = &["datasource", "instant", "range", "format", "interval", "intervalFactor", "exemplar"];

impl Rule for SameQuery {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            otherwise_counted(panel, view.queries, found);
            let shown: Vec<&Target<'_>> =
                panel.targets.iter().filter(|target| target.node.get("hide").and_then(Node::as_bool) != Some(true)).collect();
            let mut asked_before = HashMap::default();
            for (at, target) in shown.iter().enumerate() {
                let Some(before) = asked(target).map(|asked| *asked_before.entry(asked).or_insert(at)).filter(|before| *before < at) else {
                    continue;
                };
                let other = shown[before];
                let Some((expr, (node, first))) = target.expr.zip(legend(target)) else { continue };
                let Some((_, second)) = legend(other).filter(|(_, second)| *second != first) else { continue };
                let message = format!("this asks for the same as another query, and is called {} and not `{second}`", node.describe());
                let place = other.expr.map_or(other.node.span, |node| node.span);
                let finding = META.finding(expr.span, message).path(format!("{}.expr", target.path)).related(place, "the other");
                found.push(finding.help("ask for what the legend says, or leave one out"));
            }
        }
    }
}

/// Queries of which one asks for the same as another of another time, times another number.
fn otherwise_counted(panel: &Panel<'_>, queries: &[Query<'_>], found: &mut Vec<Diagnostic>) {
    // Series of an axis or a unit of their own may be of another size.
    if properties(panel).any(|(_, name)| name == "unit" || name.starts_with("custom.axis")) {
        return;
    }
    let own = queries.iter().filter(|query| query.is_of(panel)).filter_map(|query| Some((query, Counted::of(query)?)));
    let own: Vec<(&Query<'_>, Counted<'_>)> = own.collect();
    for (query, then) in own.iter().filter(|(_, counted)| counted.is_shifted()) {
        let now = own.iter().find(|(_, now)| !now.is_shifted() && now.is_of_same(then));
        let Some((other, now)) = now.filter(|(_, now)| (now.factor / then.factor - 1.0).abs() > 1e-6) else { continue };
        let is_otherwise =
            own.iter().any(|(_, other)| !other.is_shifted() && other.is_of_same(then) && (other.factor / then.factor - 1.0).abs() < 1e-6);
        if is_otherwise {
            continue;
        }
        let message = format!("this is the same of another time times {}, and the other query takes it times {}", then.factor, now.factor);
        let finding = META.finding(query.node.span, message).path(query.path()).related(other.node.span, "the other");
        found.push(finding.help("multiply both by the same number"));
    }
}

/// What a query counts, and the number that it is multiplied by.
struct Counted<'q> {
    factor: f64,
    words: Vec<Word>,
    /// The names and windows of its selectors.
    read: Vec<(&'q str, String)>,
}

impl<'q> Counted<'q> {
    fn of(query: &'q Query<'_>) -> Option<Self> {
        let mut inner = without_parens(query.expr.as_ref()?);
        let mut factor = 1.0;
        loop {
            inner = without_parens(match &inner.kind {
                ExprKind::Aggregate(aggregate) if aggregate.parameter.is_none() && aggregate.op != AggregateOp::Count => &aggregate.expr,
                ExprKind::Binary(binary) => {
                    let (left, right) = (constant(&binary.left), constant(&binary.right));
                    let (by, number, side) = match (binary.op, left, right) {
                        (BinaryOp::Mul, Some(by), None) => (by, &binary.left, &binary.right),
                        (BinaryOp::Mul, None, Some(by)) => (by, &binary.right, &binary.left),
                        (BinaryOp::Div, None, Some(by)) => (1.0 / by, &binary.right, &binary.left),
                        _ => break,
                    };
                    if query.is_variable(&number.range) {
                        return None;
                    }
                    factor *= by;
                    side
                }
                _ => break,
            });
        }
        let read = selectors(inner)
            .into_iter()
            .map(|used| Some((used.selector.metric_name()?, used.range.map(ToString::to_string).unwrap_or_default())));
        let words = words(inner, &|_| false);
        let read = read.collect::<Option<Vec<_>>>()?;
        (factor > 0.0 && !read.is_empty() && is_plain(query, &words)).then_some(Self { factor, words, read })
    }

    fn is_shifted(&self) -> bool {
        self.words.iter().any(|word| word.part == Part::Shift && word.text != "no offset")
    }

    /// Whether it is the same but for its time and its number.
    fn is_of_same(&self, other: &Self) -> bool {
        let differ = differences(&self.words, &other.words);
        self.read == other.read && differ.is_some_and(|differ| differ.iter().all(|at| self.words[*at].part == Part::Shift))
    }
}

/// The name that a query is given.
fn legend<'a>(target: &Target<'a>) -> Option<(&'a Node, &'a str)> {
    target.node.get_str("legendFormat").filter(|(_, text)| !text.is_empty() && !text.starts_with("__"))
}

/// What a query asks, and how; `None` where it asks nothing.
fn asked(target: &Target<'_>) -> Option<(String, Vec<Option<String>>)> {
    let text: String = target.expr.and_then(Node::as_str)?.split_whitespace().collect();
    // What leaves out the series that are 0 shows the same of all others.
    let text = text.strip_suffix(">0").map(str::to_owned).unwrap_or(text);
    let written = |key: &&str| target.node.get(key).map(|node| node.get("uid").unwrap_or(node).describe());
    (!text.is_empty()).then(|| (text, WAYS.iter().map(written).collect()))
}

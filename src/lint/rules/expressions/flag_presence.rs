//! Series that are 0 or 1, taken for a condition because they are there.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::values;
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::Interval;
use crate::lint::query::named::is_flag;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::MetricType;
use crate::lint::world::values::{names_state, says_flag};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, DurationExpr, ExprKind, MatchOp, Selector};
use crate::promql::walk::{selectors, without_aggregates, without_parens};

rule! {
    /// `and`, `unless`, `count` and `absent` ask whether series are there, and not what they say. A series that is 1 for yes and 0 for no
    /// is there in either case: `unless node_filesystem_readonly` takes everything away, `count(kube_pod_status_phase{phase="Pending"})`
    /// counts every pod, and `and … == bool 1` lets through what it was to keep back, for `bool` makes 0 of what does not hold.
    ///
    /// How something grows is there whatever happens, too, so `and deriv(x[1h])` asks for nothing. What is filtered by `== 0` adds up to 0,
    /// and a sum of flags over several targets is 1 only where one of them alone is.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: 'node_filesystem_avail_bytes < 1e9 unless on (instance, device) node_filesystem_readonly'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: db
    ///     rules:
    ///       - alert: ReplicaBehind
    ///         expr: 'pg_replication_lag_seconds > 60 and on (instance) pg_replication_is_replica == bool 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: 'node_filesystem_avail_bytes < 1e9 unless on (instance, device) node_filesystem_readonly == 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    FlagPresence, "flag-presence", Warning
}

/// Whether an alert says that something is not as it should be.
fn tells_of_fault(query: &Expression<'_, '_>) -> bool {
    const FAULTS: &[&str] = &["unhealthy", "down", "not ready", "not healthy", "unavailable", "dead", "notready"];
    let Some(rule) = query.rule().filter(|rule| rule.is_alert()) else { return false };
    let mut texts = rule.texts().map(str::to_lowercase);
    texts.any(|text| FAULTS.iter().any(|word| text.contains(word)))
}

/// Whether an alert says that samples are missing, and not that they are 0.
fn tells_of_samples(query: &Expression<'_, '_>) -> bool {
    let says = |words: &[&str]| {
        let has = |text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
        query.rule().is_some_and(|rule| rule.is_alert() && rule.texts().any(has))
    };
    says(&["scrapes", "samples"]) && !says(&["succeed", "successful"])
}

/// Flags of who leads that are counted, where those who do are meant.
fn candidates(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for &Comparison { side, op, number, .. } in &query.comparisons {
        let ExprKind::Aggregate(count) = &without_parens(side).kind else { continue };
        let is_more = op == BinaryOp::Greater && number >= 1.0 || op == BinaryOp::GreaterEqual && number >= 2.0;
        let Some(selector) = flag(&count.expr, context).filter(|_| count.op == AggregateOp::Count && is_more) else { continue };
        let leads = |name: &&str| name.split('_').any(|word| matches!(word, "leader" | "master" | "primary"));
        if let Some(name) = selector.metric_name().filter(leads).filter(|_| !asks_state(selector)) {
            let message = format!("`{name}` is 0 or 1 and there in either case, so this counts who may lead, and not who does");
            let finding = META.finding(query.span(&side.range), message).path(query.path());
            found.push(finding.help("take the `sum`, or count what is 1: `count(… == 1)`"));
        }
    }
}

impl Rule for FlagPresence {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries().filter(|(_, binary)| matches!(binary.op, BinaryOp::And | BinaryOp::Unless)) {
            let effect = if binary.op == BinaryOp::And { "filters nothing" } else { "takes everything away" };
            let fault = of_bool(&binary.right)
                .or_else(|| of_bool(&binary.left).filter(|_| binary.op == BinaryOp::And))
                .map(|side| {
                    (side, format!("`bool` makes 0 of what does not hold, which is there as well, so `{}` {effect}", binary.op.symbol()))
                })
                .or_else(|| {
                    let is_filter = |selector: &Selector| binary.op == BinaryOp::Unless || !says_up(selector);
                    // An aggregation of it is there in either case as well.
                    let selector = flag(without_aggregates(&binary.right), context)
                        .filter(|selector| is_filter(selector) && !was_there(&binary.left, selector))?;
                    let name = selector.metric_name()?;
                    Some((&*binary.right, format!("`{name}` is 0 or 1 and there in either case, so `{}` {effect}", binary.op.symbol())))
                });
            let fault = fault.or_else(|| {
                let function = always_with(&binary.right, &binary.left).filter(|_| binary.op == BinaryOp::Unless)?;
                Some((&*binary.right, format!("`{function}` has a value wherever the left side has one, so `unless` {effect}")))
            });
            let fault = fault.or_else(|| {
                let function = growth(&binary.right).filter(|_| binary.op == BinaryOp::And)?;
                Some((&*binary.right, format!("`{function}` is a number whatever happens, so `and` {effect}")))
            });
            if let Some((side, message)) = fault.filter(|(side, _)| !query.is_built_of_variables(side)) {
                found.push(
                    META.finding(query.span(&side.range), message).path(query.path()).help("compare it, as in `… == 1`, without `bool`"),
                );
            }
        }
        for &Comparison { side, op, .. } in &query.comparisons {
            let ExprKind::Aggregate(count) = &without_parens(side).kind else { continue };
            let is_more = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
            let Some(selector) = flag(&count.expr, context).filter(|_| count.op == AggregateOp::Count && is_more) else { continue };
            if let Some(name) = selector
                .metric_name()
                .filter(|_| asks_state(selector) || matches!(op, BinaryOp::Less | BinaryOp::LessEqual) && tells_of_fault(query))
            {
                let message = format!("`{name}` is 0 or 1 and there in either case, so this counts all, and not those of that state");
                let finding = META.finding(query.span(&side.range), message).path(query.path());
                found.push(finding.help("take the `sum`, or count what is 1: `count(… == 1)`"));
            }
        }
        candidates(query, context, found);
        for &node in &query.nodes {
            let ExprKind::Aggregate(sum) = &node.kind else { continue };
            let only = Comparison::of(without_parens(&sum.expr))
                .filter(|_| of_bool(&sum.expr).is_none())
                .filter(|of| sum.op == AggregateOp::Sum && of.op == BinaryOp::Equal && of.number == 0.0);
            // Where it is asked for more than 0, that is said to hold never.
            let is_told = query.comparisons.iter().any(|of| std::ptr::eq(without_parens(of.side), node) && of.op != BinaryOp::Equal);
            if only.is_some() && !is_told {
                let message = "what is 0 is added up here, which is 0 however much of it there is";
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("count it, or compare the sum"));
            }
        }
        for &Comparison { side, op, number, .. } in &query.comparisons {
            let ExprKind::Aggregate(sum) = &without_parens(side).kind else { continue };
            let is_one = op == BinaryOp::Equal && (number - 1.0).abs() < f64::EPSILON && sum.op == AggregateOp::Sum;
            let Some(selector) = flag(&sum.expr, context).filter(|selector| is_one && !says_up(selector)) else { continue };
            let only = ["leader", "master", "primary", "active", "controller"];
            let Some(name) = selector.metric_name().filter(|name| !only.iter().any(|word| name.contains(word))) else { continue };
            let keeps = sum.grouping.as_ref().is_some_and(|grouping| grouping.keeps("instance"));
            if !keeps && values(selector, "instance", context.world).is_some_and(|targets| targets > 1) {
                let message = format!("the sum of `{name}` over several targets is 1 only where it is 1 at one of them alone");
                let finding = META.finding(query.span(&side.range), message).path(query.path());
                found.push(finding.help("take the `max`, or compare with `>= 1`"));
            }
        }
        for &Comparison { side, op, .. } in &query.comparisons {
            let ExprKind::Call { function, arguments } = &without_parens(side).kind else { continue };
            let is_less = matches!(op, BinaryOp::Less | BinaryOp::LessEqual) && function.text == "count_over_time";
            let counted = arguments.first().filter(|_| is_less).map(|of| &without_parens(of).kind);
            if let Some(ExprKind::Range { selector, .. }) = counted
                && let Some(name) = selector.metric_name().filter(|name| says_up(selector) || *name == "probe_success")
                && !tells_of_samples(query)
            {
                let message = format!("`{name}` has samples with 0 as well, and `count_over_time` counts them, too");
                let finding = META.finding(query.span(&side.range), message).path(query.path());
                found.push(finding.help("take `sum_over_time`, or `avg_over_time(…) < 0.9`"));
            }
        }
        for (node, _, arguments) in query.calls().filter(|(_, function, _)| *function == "absent") {
            if arguments.first().and_then(of_bool).is_some() {
                let message = "`bool` makes 0 of what does not hold, which is there as well, so this says nothing of the condition";
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("compare without `bool`"));
            }
        }
        for (node, function, arguments) in query.calls() {
            let Some(selector) = arguments.first().and_then(|of| flag(of, context)).filter(|_| function == "absent") else { continue };
            if let Some(name) = selector.metric_name().filter(|_| asks_state(selector)) {
                let message = format!("`{name}` is there with 0 as well, so this says nothing of the state that is asked for");
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help("ask for what is 1: `absent(… == 1)`"));
            }
        }
    }
}

/// Whether a side reads what a selector does, as it was before: `x offset 1h unless x` is what has gone.
fn was_there(side: &Expr, selector: &Selector) -> bool {
    let found = selectors(side);
    found.iter().any(|found| found.selector.metric_name() == selector.metric_name() && found.selector.offset.is_some())
}

/// A side that has a value wherever the other has one, for it looks back over the same samples, or over more.
fn always_with<'e>(side: &'e Expr, left: &Expr) -> Option<&'e str> {
    let ExprKind::Call { function, arguments } = &without_parens(side).kind else { return None };
    let ExprKind::Range { selector, range, .. } = &without_parens(arguments.first()?).kind else { return None };
    let found = selectors(left);
    let [only] = found.as_slice() else { return None };
    let window = only.range.and_then(DurationExpr::millis).unwrap_or(0);
    let is_same = only.selector.metric_name() == selector.metric_name()
        && only.selector.matchers == selector.matchers
        && only.selector.offset.is_none()
        && selector.offset.is_none();
    (is_same && function.text.ends_with("_over_time") && range.millis()? >= window).then_some(function.text.as_str())
}

/// The function that says how something grows, where it is compared with nothing.
fn growth(side: &Expr) -> Option<&str> {
    match &without_parens(side).kind {
        ExprKind::Call { function, .. } => Some(function.text.as_str())
            .filter(|name| matches!(*name, "rate" | "irate" | "increase" | "deriv" | "delta" | "idelta" | "changes")),
        ExprKind::Aggregate(of) => growth(&of.expr),
        _ => None,
    }
}

/// A comparison that returns 0 where it does not hold.
fn of_bool(side: &Expr) -> Option<&Expr> {
    matches!(&without_parens(side).kind, ExprKind::Binary(binary) if binary.op.is_comparison() && binary.return_bool).then_some(side)
}

/// A selector of series that are 0 or 1, as everybody knows, as a manifest says or as a page shows, perhaps compared so that both fit.
fn flag<'e>(side: &'e Expr, context: &Context<'_>) -> Option<&'e Selector> {
    let side = without_parens(side);
    let inner = match Comparison::of(side) {
        Some(Comparison { side, op, number, .. }) if Interval::SHARE.compared(op, number) == Some(true) => without_parens(side),
        Some(_) => return None,
        None => side,
    };
    let ExprKind::Selector(selector) = &inner.kind else { return None };
    let name = selector.metric_name().filter(|name| context.world.recorded(name).is_empty())?;
    let is_declared = || {
        let known = context.world.metric_of(selector).filter(|(catalogue, ..)| !catalogue.is_page());
        known.is_some_and(|(_, metric, _)| metric.kind == MetricType::Gauge && says_flag(&metric.values.help))
    };
    let is_shown = || {
        let pages = context.world.pages_of(selector).unwrap_or_default().into_iter().flat_map(|page| &page.metrics);
        let own = context.world.metric_of(selector).filter(|(page, ..)| page.is_page()).map(|(_, metric, _)| metric);
        pages.filter(|metric| metric.name.value == name).chain(own).any(|metric| {
            let whole = metric.values.shown.is_some_and(|shown| shown.low.fract().abs() + shown.high.fract().abs() < f64::EPSILON);
            whole && metric.kind == MetricType::Gauge && metric.values.range == Some(Interval::SHARE)
        })
    };
    ((is_flag(name) || is_declared() || is_shown()) && interval(inner, context.world) == Interval::SHARE).then_some(selector)
}

/// Whether a target or what it looks at is up: a series of that kind chooses targets by its labels.
fn says_up(selector: &Selector) -> bool {
    selector.metric_name().is_some_and(|name| name == "up" || name.ends_with("_up"))
}

/// Whether a selector asks for one state of several.
fn asks_state(selector: &Selector) -> bool {
    selector.matchers.iter().any(|matcher| names_state(&matcher.label.text) && matcher.op == MatchOp::Equal && !matcher.value.is_empty())
}

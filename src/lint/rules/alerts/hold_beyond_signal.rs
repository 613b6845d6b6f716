//! Waiting times that outlast what is waited for.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::calendar;
use crate::lint::query::constant;
use crate::lint::query::named::is_uptime;
use crate::lint::query::when::{is_time, name};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::duration::format_duration;
use crate::promql::walk::without_parens;

rule! {
    /// An alert waits longer than what it asks for lasts: `changes(x[5m]) > 0` holds for five minutes after a change, and with `for: 10m` one
    /// change never fires it; a process is younger than a minute for one minute, and `hour() == 3` holds for an hour.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Restarted
    ///         expr: changes(process_start_time_seconds{job="web"}[5m]) > 0
    ///         for: 10m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} was restarted" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Restarted
    ///         expr: changes(process_start_time_seconds{job="web"}[15m]) > 2
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is restarted again and again" }
    /// ```
    HoldBeyondSignal, "hold-beyond-signal", Warning
}

impl Rule for HoldBeyondSignal {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(hold) = view.rule.hold.filter(|hold| *hold > 0 && view.rule.is_alert()) else { return };
        let Some((query, expr)) = view.query.and_then(|query| Some((query, query.expr.as_ref()?))) else { return };
        let place = view.rule.node.get("for").map_or(view.rule.name.span, |node| node.span);
        if let Some(lasts) = calendar::PARTS.iter().find_map(|part| part.longest(expr)).filter(|lasts| hold >= *lasts) {
            let message =
                format!("the time that this asks for is over after {}, and it waits for {}", format_duration(lasts), format_duration(hold));
            let finding = META.finding(place, message).path(view.path("for")).related(query.node.span, "what it waits for");
            found.push(finding.help("wait for less, or ask for a longer time"));
            return;
        }
        let ExprKind::Binary(condition) = &principal(expr).kind else { return };
        let Some(number) = constant(&condition.right) else { return };
        let lasts = match condition.op {
            BinaryOp::Greater if number < 1.0 => event(&condition.left),
            BinaryOp::GreaterEqual if number <= 1.0 => event(&condition.left),
            BinaryOp::Less | BinaryOp::LessEqual if is_age(&condition.left) => {
                crate::promql::duration::parse_duration(&format!("{}s", number.round())).ok()
            }
            _ => None,
        };
        let Some(lasts) = lasts.filter(|lasts| *lasts > 0 && hold >= *lasts) else { return };
        let message = format!("one event keeps this true for {}, and it waits for {}", format_duration(lasts), format_duration(hold));
        let finding = META.finding(place, message).path(view.path("for")).related(query.span(&condition.left.range), "what it waits for");
        found.push(finding.help("leave out `for`, or look back over a longer window"));
    }
}

/// The window of a count of changes.
fn event(expr: &Expr) -> Option<i64> {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => event(&aggregate.expr),
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "changes" | "resets") => {
            match &without_parens(arguments.first()?).kind {
                // A counter may change at every scrape.
                ExprKind::Range { range, selector, .. }
                    if !selector.metric_name().is_some_and(|name| name.ends_with("_total") && !is_rare(name)) =>
                {
                    range.millis()
                }
                _ => None,
            }
        }
        // What hardly ever happens does so once.
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "increase" | "rate" | "delta") => {
            match &without_parens(arguments.first()?).kind {
                ExprKind::Range { range, selector, .. } if selector.metric_name().is_some_and(is_rare) => range.millis(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a counter counts what hardly ever happens twice within minutes, as its name says.
fn is_rare(name: &str) -> bool {
    const RARE: &[&str] = &[
        "panic",
        "panics",
        "crash",
        "crashes",
        "oom",
        "deadlock",
        "deadlocks",
        "corruption",
        "corruptions",
        "failover",
        "failovers",
        "rebalance",
        "rebalances",
        "election",
        "elections",
        "switchover",
        "switchovers",
    ];
    name.split('_').any(|word| RARE.contains(&word))
}

/// Whether this is how long ago a process began.
fn is_age(expr: &Expr) -> bool {
    if name(without_parens(expr)).is_some_and(is_uptime) {
        return true;
    }
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return false };
    let began =
        name(without_parens(&binary.right)).is_some_and(|name| name.ends_with("start_time_seconds") || name.ends_with("boot_time_seconds"));
    binary.op == BinaryOp::Sub && is_time(without_parens(&binary.left)) && began
}

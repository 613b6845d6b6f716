//! Shares whose two sides are of different times.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::is_placeholder;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, MatchOp, Selector};
use crate::promql::duration::format_duration;
use crate::promql::walk::{self, without_parens};

rule! {
    /// A part of a counter's events is divided by all of them, and one side is shifted in time by `offset`: errors of now over
    /// requests of an hour ago are no share of anything.
    ///
    /// Nor has anything stopped that was 0 an hour ago already.
    ///
    /// An alert, or a recorded series whose name does not say so, that looks at nothing but the past is late by as much.
    ///
    /// The same selection on both sides compares two times, which is what `offset` is for.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m] offset 1h)) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Surge
    ///         expr: 'sum(rate(http_requests_total[5m])) / sum(rate(http_requests_total[5m] offset 1w)) > 3'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    LaggedSide, "lagged-side", Warning
}

impl Rule for LaggedSide {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.selectors.iter().all(|used| used.selector.offset.is_none()) {
            return;
        }
        all_of_the_past(query, found);
        already_so(query, found);
        of_another_state(query, found);
        for (_, binary) in query.divisions() {
            let (Some(part), Some(all)) = (walk::only_selector(&binary.left), walk::only_selector(&binary.right)) else { continue };
            let same_counter = part.metric_name().is_some() && part.metric_name() == all.metric_name();
            let is_part = part.matchers != all.matchers && all.matchers.iter().all(|matcher| part.matchers.contains(matcher));
            let shift = |selector: &Selector| selector.offset.as_ref().and_then(crate::promql::ast::DurationExpr::millis).unwrap_or(0);
            if same_counter && is_part && shift(part) != shift(all) {
                let later = if shift(all) == 0 { &binary.left } else { &binary.right };
                found.push(
                    META.finding(query.span(&later.range), "this side is of another time than the other, so their quotient is no share")
                        .help("shift both sides alike, or neither"),
                );
            }
        }
    }
}

/// What was of one state some time ago, beside what is of another now.
fn of_another_state(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (_, binary) in
        query.binaries().filter(|(_, binary)| matches!(binary.op, BinaryOp::Sub | BinaryOp::Div) || binary.op.is_comparison())
    {
        let Some((now, then)) = walk::only_selector(&binary.left).zip(walk::only_selector(&binary.right)) else { continue };
        let is_later = now.offset.is_none() && then.offset.is_some() && now.metric_name().is_some();
        if !is_later || now.metric_name() != then.metric_name() || now.matchers.len() != then.matchers.len() {
            continue;
        }
        let mut apart = now.matchers.iter().filter(|own| !then.matchers.contains(own));
        let (Some(own), None) = (apart.next(), apart.next()) else { continue };
        let Some(other) = then.matchers.iter().find(|other| other.label == own.label && other.op == own.op) else { continue };
        let plain = own.op == MatchOp::Equal && !is_placeholder(&own.value) && !is_placeholder(&other.value);
        if plain {
            let message = format!("this is of `{}` as it was, beside `{}` as it is", other.value, own.value);
            let finding = META.finding(query.span(&other.range), message).path(query.path());
            found.push(finding.help(format!("write `{}=\"{}\"` on both sides", own.label.text, own.value)));
        }
    }
}

/// What is 0 now and was 0 before: nothing has come to an end.
fn already_so(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (_, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::And) {
        let Some((now, then)) = Comparison::of(without_parens(&binary.left)).zip(Comparison::of(without_parens(&binary.right))) else {
            continue;
        };
        let is_nothing = |compared: &Comparison<'_>| compared.op == BinaryOp::Equal && compared.number == 0.0;
        let read = walk::only_selector(now.side).zip(walk::only_selector(then.side));
        let is_same = read.is_some_and(|(one, other)| {
            let is_then = one.offset.is_none() && other.offset.is_some();
            is_then && one.metric_name() == other.metric_name() && one.matchers == other.matchers
        });
        if is_nothing(&now) && is_nothing(&then) && is_same {
            let message = "this was so before as well, so it holds for what never was anything and not for what has stopped";
            found.push(META.finding(query.span(&then.node.range), message).path(query.path()).help("ask for `> 0` of the past"));
        }
    }
}

/// An alert, or a series whose name does not say so, that looks at nothing but the past.
fn all_of_the_past(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    let Some(rule) = query.rule() else { return };
    let name = rule.name().to_lowercase();
    let says = ["baseline", "usual", "offset", "ago", "last", "yesterday", "day", "week", "month", "previous", "past", "before"];
    if says.iter().any(|word| name.contains(word)) {
        return;
    }
    let shift = |used: &Use<'_>| used.selector.offset.as_ref().and_then(crate::promql::ast::DurationExpr::millis).filter(|by| *by > 0);
    let Some(first) = query.selectors.first() else { return };
    // The mean of several weeks is what is usual.
    let Some(by) = shift(first).filter(|by| query.selectors.iter().all(|used| shift(used) == Some(*by))) else { return };
    let place = first.selector.offset.as_ref().map_or(first.range.clone(), |offset| offset.range.clone());
    let message = format!("everything that this looks at is of `{}` ago", format_duration(by));
    found.push(META.finding(query.span(&place), message).help("leave the offset out, or compare with what is now"));
}

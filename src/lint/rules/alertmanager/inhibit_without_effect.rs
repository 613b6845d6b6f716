//! Inhibition rules that keep nothing quiet.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::{Inhibition, MatchOp, Matcher, exclusive};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, GRAVE, MILD, alerts, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::source::Span;

rule! {
    /// An inhibition rule has a source or a target that no alert here can be, or needs a label alike that one of them never has
    /// while the other does: it keeps nothing quiet.
    ///
    /// Judged where one `prometheus.yml` and all the rule files that it loads are among the inputs; without them, where source and
    /// target ask for what cannot be alike.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['alertname="AppDwn"'], target_matchers: ['severity="warning"'], equal: [job] }]
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: critical } }
    ///       - { alert: AppSlow, expr: 'x > 1', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['alertname="AppDown"'], target_matchers: ['severity="warning"'], equal: [job] }]
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: critical } }
    ///       - { alert: AppSlow, expr: 'x > 1', labels: { severity: warning } }
    /// ```
    InhibitWithoutEffect, "inhibit-without-effect", Warning
}

impl Rule for InhibitWithoutEffect {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = alerts(context);
        let known = !alerts.is_empty() && is_closed(context);
        for rule in &view.config.inhibitions {
            let of_alerts = || {
                dead_side(rule, &alerts, context)
                    .or_else(|| no_pair(rule, &alerts, context))
                    .or_else(|| both_sides(rule, &alerts, context))
                    .or_else(|| always(rule, &alerts, context))
                    .or_else(|| lacking(rule, &alerts, context))
            };
            found.extend(apart(rule).or_else(|| if known { of_alerts() } else { None }));
        }
    }
}

/// A label that must be alike, and that source and target ask to be unlike.
fn apart(rule: &Inhibition<'_>) -> Option<Diagnostic> {
    rule.equal.iter().find_map(|node| {
        let label = node.as_str()?;
        let own: Vec<&Matcher<'_>> = rule.source.iter().chain(&rule.target).filter(|matcher| matcher.label == label).collect();
        let (source, target) = exclusive(&own, full_match)?;
        let message = format!(
            "source and target must have the same `{label}`, and {} and {} exclude one another: this rule keeps nothing quiet",
            source.node.describe(),
            target.node.describe()
        );
        let finding = META.finding(target.node.span, message).path(format!("inhibit_rules[{}]", rule.index));
        Some(finding.related(node.span, "alike here").help("compare another label, or correct the matchers"))
    })
}

/// A side that no alert is, though the values that it names are nearly those of one.
fn dead_side(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    for (what, key, matchers) in [("source", "source_matchers", &rule.source), ("target", "target_matchers", &rule.target)] {
        let dead = !matchers.is_empty() && alerts.iter().all(|alert| alert.takes(matchers, context) == Some(false));
        let Some(place) = matchers.first().filter(|_| dead) else { continue };
        let at =
            matchers.iter().find(|matcher| alerts.iter().all(|alert| alert.takes(std::slice::from_ref(*matcher), context) == Some(false)));
        let at = at.unwrap_or(place);
        // A rule may wait for alerts of a severity that no service uses yet.
        let in_another_case = at.label == "alertname"
            && at.op == MatchOp::Regex
            && alerts.iter().any(|alert| full_match(&format!("(?i:{})", at.value), alert.rule.name()) == Some(true));
        if generic(at) && !in_another_case && meant(at, alerts, context).is_none() && !is_foreign(at, alerts, context) {
            return None;
        }
        let help = meant(at, alerts, context)
            .map_or_else(|| "correct the matchers, or remove the rule".to_owned(), |meant| format!("did you mean `{meant}`?"));
        let path = format!("inhibit_rules[{}].{key}", rule.index);
        return Some(META.finding(at.node.span, format!("no alert here can be the {what} of this rule")).path(path).help(help));
    }
    None
}

/// Whether a severity is none of the usual ones, while the alerts here have two or more of their own.
fn is_foreign(matcher: &Matcher<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> bool {
    let usual = ["critical", "warning", "info", "none", "page", "error"];
    let plain = matcher.op == MatchOp::Equal && matcher.label == "severity" && !matcher.value.is_empty();
    let own: BTreeSet<String> = alerts.iter().filter_map(|alert| alert.value("severity", context)).filter(|own| !own.is_empty()).collect();
    // While another one of its weight is in use, none of this will come.
    let weight = [GRAVE, MILD].into_iter().find(|all| all.contains(&matcher.value.as_str()));
    let replaced = weight.is_some_and(|all| own.iter().any(|own| all.contains(&own.as_str()))) && own.len() > 1;
    plain && (replaced && !own.contains(&matcher.value)) || plain && own.len() > 1 && !usual.contains(&matcher.value.as_str())
}

fn generic(matcher: &Matcher<'_>) -> bool {
    matcher.label == "severity"
        || (matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) || matcher.value.contains(['+', '*', '|']))
            && !matches!((matcher.op, matcher.value.as_str()), (MatchOp::Regex, ".+"))
}

fn meant(matcher: &Matcher<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<String> {
    let values: Vec<String> = alerts.iter().filter_map(|alert| alert.value(&matcher.label, context)).collect();
    did_you_mean(&matcher.value, values.iter().map(String::as_str).filter(|value| !value.is_empty())).map(str::to_owned)
}

/// A label that must be alike and never is: no source has it, and every target does, or the other way round.
fn no_pair(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let side = |matchers: &[Matcher<'_>]| -> Vec<&Alert<'_>> {
        alerts.iter().filter(|alert| alert.takes(matchers, context) != Some(false)).collect()
    };
    let (sources, targets) = (side(&rule.source), side(&rule.target));
    if sources.is_empty() || targets.is_empty() {
        return None;
    }
    for node in &rule.equal {
        let Some(label) = node.as_str() else { continue };
        let unlike = |one: &&Alert<'_>, other: &&Alert<'_>| match (one.value(label, context), other.value(label, context)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        };
        if sources.iter().all(|source| targets.iter().all(|target| unlike(source, target))) {
            // The rule of the documentation, for all that has two severities, waits for alerts to come.
            let of_severity = |matchers: &[Matcher<'_>]| matchers.iter().all(|matcher| matcher.label == "severity");
            if label == "alertname" && rule.equal.len() > 1 && of_severity(&rule.source) && of_severity(&rule.target) {
                continue;
            }
            return Some(finding(node.span, rule, format!("no source of this rule has the same `{label}` as a target")));
        }
    }
    None
}

/// Every target is a source as well, and Alertmanager keeps nothing quiet that is both.
fn both_sides(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let place = rule.target.first().filter(|_| !rule.source.is_empty())?;
    let is_target = |alert: &&Alert<'_>| alert.takes(&rule.target, context) != Some(false);
    let is_source = |alert: &Alert<'_>| alert.takes(&rule.source, context) == Some(true);
    let mut targets = alerts.iter().filter(is_target).peekable();
    targets.peek()?;
    if !targets.all(is_source) {
        return None;
    }
    let message = "whatever is a target of this rule is a source of it, too, and such alerts are not kept quiet";
    let path = format!("inhibit_rules[{}].target_matchers", rule.index);
    Some(META.finding(place.node.span, message).path(path).help("say which alerts are kept quiet, and which keep them"))
}

/// Sources that always fire, so that the targets never reach anybody.
fn always(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let place = rule.source.first()?;
    let mut sources = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).peekable();
    let name = sources.peek()?.rule.name();
    let fires = |alert: &Alert<'_>| {
        let text = alert.rule.expr.and_then(crate::source::Node::as_str).unwrap_or("");
        matches!(text.replace(' ', "").as_str(), "vector(1)" | "1==1" | "absent(nonexistent)")
            && alert.takes(&rule.source, context) == Some(true)
    };
    if !sources.all(fires) {
        return None;
    }
    let message = format!("`{name}` always fires, so whatever it is compared with is always kept quiet");
    let path = format!("inhibit_rules[{}].source_matchers", rule.index);
    Some(META.finding(place.node.span, message).path(path).help("name alerts that fire when something is wrong"))
}

/// Targets that are named and never have a label that every source has.
fn lacking(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let named = rule.target.iter().find(|matcher| {
        matcher.label == "alertname"
            && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
            && !matcher.value.contains(['.', '*', '+', '['])
    })?;
    let sources: Vec<&Alert<'_>> = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).collect();
    for node in &rule.equal {
        let Some(label) = node.as_str() else { continue };
        let has = |alert: &&Alert<'_>| alert.surely_has(label, context);
        if sources.is_empty() || !sources.iter().all(has) {
            continue;
        }
        let lacks = |name: &&str| {
            let mut own = alerts.iter().filter(|alert| alert.rule.name() == *name).peekable();
            own.peek().is_some() && own.all(|alert| alert.value(label, context).as_deref() == Some(""))
        };
        let without: Vec<&str> = named.value.split('|').filter(lacks).collect();
        // One of many may be named beside its like.
        if let Some(name) = without.first().filter(|_| without.len() * 2 > named.value.split('|').count()) {
            let message = format!("`{name}` has no label `{label}`, which the sources have, so it is never kept quiet");
            return Some(finding(node.span, rule, message));
        }
    }
    None
}

fn finding(span: Span, rule: &Inhibition<'_>, message: String) -> Diagnostic {
    META.finding(span, message).path(format!("inhibit_rules[{}].equal", rule.index)).help("compare a label that both sides have alike")
}

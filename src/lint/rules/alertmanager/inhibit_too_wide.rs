//! Inhibition rules that keep too much quiet.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::alertmanager::{Inhibition, MatchOp, Matcher};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, GRAVE, MILD, alerts, is_closed, is_cut_off};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alertmanager::route_never_reached::alternatives;
use crate::lint::views::AlertmanagerView;

rule! {
    /// An inhibition rule compares no label, or only labels that no alert here has: missing labels count as alike, so one alert
    /// anywhere keeps all others quiet everywhere, unless the targets are those of one team or place. Or it leaves out a label by which the series are told apart that both sides read, or its source is also a target of itself, or two rules keep two alerts quiet
    /// by each other.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'] }]
    /// ```
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['alertname="QueueFull"'], target_matchers: ['alertname="QueueGrows"'], equal: [env] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: QueueFull, expr: 'max by (env, queue) (queue_depth) > 1000', labels: { severity: critical } }
    ///       - { alert: QueueGrows, expr: 'max by (env, queue) (queue_depth) > 100', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [service] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules: [{ source_matchers: ['alertname="ShopAbsent"'], target_matchers: ['team="shop"', 'severity="warning"'] }]
    /// ```
    InhibitTooWide, "inhibit-too-wide", Warning
}

/// Labels that people compare in every rule, whether these alerts have them or not.
const PLACES: &[&str] = &["instance", "job", "cluster", "namespace", "environment", "env", "region", "zone", "datacenter", "dc"];

/// More rules are not compared with each other.
const MANY: usize = 32;

/// Two rules by which two alerts keep each other quiet: when both fire, nobody is told of either.
fn mutual(view: &AlertmanagerView<'_>, alerts: &[Alert<'_>], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let rules = &view.config.inhibitions;
    if rules.len() > MANY {
        return;
    }
    let takes = |alert: &Alert<'_>, matchers: &[Matcher<'_>]| !matchers.is_empty() && alert.takes(matchers, context) == Some(true);
    for (at, rule) in rules.iter().enumerate() {
        for other in &rules[..at] {
            let ours = || alerts.iter().filter(|alert| takes(alert, &rule.source) && takes(alert, &other.target));
            let theirs = || alerts.iter().filter(|alert| takes(alert, &other.source) && takes(alert, &rule.target));
            // Alerts of two names are not alike where the name has to be.
            if by_name(rule) || by_name(other) {
                continue;
            }
            let pair = ours().find_map(|one| Some((one, theirs().find(|two| two.rule.name() != one.rule.name())?)));
            let Some((one, two)) = pair else { continue };
            let place = rule.source.first().map_or(rule.node.span, |matcher| matcher.node.span);
            let message = format!("`{}` and `{}` keep each other quiet: when both fire, nobody is told", one.rule.name(), two.rule.name());
            let finding = META.finding(place, message).path(format!("inhibit_rules[{}]", rule.index));
            found.push(finding.related(other.node.span, "the other way round").help("keep one of the two rules"));
            break;
        }
    }
}

impl Rule for InhibitTooWide {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = if is_cut_off(context) { Vec::new() } else { alerts(context) };
        mutual(view, &alerts, context, found);
        for rule in &view.config.inhibitions {
            let path = format!("inhibit_rules[{}]", rule.index);
            let place = rule.node.as_mapping().and_then(<[_]>::first).map_or(rule.node.span, |(key, _)| key.span);
            for (what, key, matchers) in [("source", "source_matchers", &rule.source), ("target", "target_matchers", &rule.target)] {
                if matchers.is_empty() && rule.node.get("sources").is_none() && view.view.complete {
                    let message = format!("every alert is a {what} of this rule");
                    found.push(META.finding(place, message).path(path.clone()).help(format!("say which ones under `{key}:`")));
                }
            }
            if rule.equal.is_empty() && !rule.source.is_empty() && !rule.target.iter().any(says_where) {
                let message = "this rule compares no label: one alert anywhere keeps all others quiet everywhere";
                found.push(
                    META.finding(place, message)
                        .path(path.clone())
                        .help("add `equal:` with the labels that say where, such as `[service]`"),
                );
            }
            for node in &rule.equal {
                let Some(label) = node.as_str().filter(|label| *label != "alertname") else { continue };
                let lacks = |alert: &Alert<'_>| alert.value(label, context).as_deref() == Some("");
                let none = !alerts.is_empty() && alerts.iter().all(lacks);
                // A rule for whatever has two severities waits for alerts to come.
                let of_severity = |matcher: &Matcher<'_>| matcher.label == "severity";
                let is_general = rule.source.iter().chain(&rule.target).all(of_severity);
                let bare = |matchers: &[Matcher<'_>]| {
                    let mut sure = alerts.iter().filter(|alert| alert.takes(matchers, context) == Some(true)).peekable();
                    sure.peek().is_some() && sure.all(lacks)
                };
                // Who names both alerts knows what they have.
                let named = is_named(&rule.source) && is_named(&rule.target) && is_closed(context);
                let is_meant = named || !is_general && !PLACES.contains(&label);
                if none || is_meant && bare(&rule.source) && bare(&rule.target) {
                    let whose = if none { "alert here" } else { "source and no target of this rule" };
                    let message = format!("no {whose} has the label `{label}`, and missing labels count as alike");
                    found.push(META.finding(node.span, message).path(format!("{path}.equal")).help("compare a label that alerts have"));
                }
            }
            for node in &rule.equal {
                let Some(label) = node.as_str().filter(|label| *label != "alertname") else { continue };
                let side = |matchers: &[Matcher<'_>]| -> Vec<&Alert<'_>> {
                    alerts.iter().filter(|alert| !alert.is_watchdog() && alert.takes(matchers, context) == Some(true)).collect()
                };
                let lacking = |side: &[&Alert<'_>]| {
                    let bare = side.iter().filter(|alert| alert.value(label, context).as_deref() == Some("")).count();
                    side.len() >= 3 && bare * 2 > side.len() && bare < side.len()
                };
                // Alerts of one name have the same labels, or lack them alike.
                if !by_name(rule) && lacking(&side(&rule.source)) && lacking(&side(&rule.target)) {
                    let message =
                        format!("most sources and most targets of this rule have no label `{label}`, and missing labels count as alike");
                    found
                        .push(META.finding(node.span, message).path(format!("{path}.equal")).help("compare a label that all of them have"));
                }
            }
            if let Some((source, target)) = upside_down(rule, &alerts, context) {
                let place = rule.source.first().map_or(place, |matcher| matcher.node.span);
                let message = format!(
                    "`{}` is of the severity `{}`, and keeps `{}` quiet, which is of `{}`",
                    source.rule.name(),
                    source.value("severity", context).unwrap_or_default(),
                    target.rule.name(),
                    target.value("severity", context).unwrap_or_default()
                );
                found.push(META.finding(place, message).path(path.clone()).help("let what is grave keep quiet what is not"));
            }
            if let Some((source, target)) = nothing_compared(rule, &alerts, context) {
                let place = rule.equal.first().map_or(place, |node| node.span);
                let message = format!(
                    "neither `{}` nor `{}` has any of these labels, and missing labels count as alike: the one keeps the other quiet",
                    source.rule.name(),
                    target.rule.name()
                );
                let help = "compare a label that all of these alerts have, or ask for one with `label=~\".+\"`";
                found.push(META.finding(place, message).path(format!("{path}.equal")).help(help));
            }
            found.extend(leaves_out(rule, &alerts, context).map(|(source, target, label)| {
                let message = format!(
                    "`{}` and `{}` read the same series, one for each `{label}`, which is not compared: one of them keeps all others quiet",
                    source.rule.name(),
                    target.rule.name(),
                );
                let place = rule.equal.first().map_or(place, |node| node.span);
                META.finding(place, message).path(format!("{path}.equal")).help(format!("compare `{label}` as well"))
            }));
            if !rule.source.is_empty() && same(&rule.source, &rule.target) {
                let message = "source and target are the same, and no alert keeps itself quiet";
                found.push(META.finding(rule.target[0].node.span, message).path(path.clone()).help("say which alerts are kept quiet"));
            }
            if let Some(dead) = kept_quiet(rule, &alerts, context) {
                let message = format!("this rule keeps `{}` quiet, which shows by firing that the alerting works", dead.rule.name());
                let place = rule.target.first().map_or(place, |matcher| matcher.node.span);
                found.push(META.finding_at(Level::Warning, place, message).path(path).help("leave it out of the targets"));
            }
        }
    }
}

/// A watchdog among the targets. Where the names have to be alike, only one of its own name keeps it quiet.
fn kept_quiet<'l, 'a>(rule: &Inhibition<'_>, alerts: &'l [Alert<'a>], context: &Context<'a>) -> Option<&'l Alert<'a>> {
    let has_namesake = |dead: &Alert<'_>| {
        let mut namesakes = alerts.iter().filter(|source| source.rule.name() == dead.rule.name());
        namesakes.any(|source| source.takes(&rule.source, context) != Some(false))
    };
    let is_target = |alert: &&Alert<'_>| alert.is_watchdog() && alert.takes(&rule.target, context) == Some(true);
    let mut dead = alerts.iter().filter(|_| !rule.target.is_empty()).filter(is_target);
    dead.find(|dead| !by_name(rule) || has_namesake(dead))
}

/// Whether the names of source and target have to be alike.
fn by_name(rule: &Inhibition<'_>) -> bool {
    rule.equal.iter().any(|node| node.as_str() == Some("alertname"))
}

/// Whether two lists of matchers are the same.
fn same(one: &[Matcher<'_>], other: &[Matcher<'_>]) -> bool {
    let is_same = |(a, b): (&Matcher<'_>, &Matcher<'_>)| a.label == b.label && a.op == b.op && a.value == b.value;
    one.len() == other.len() && one.iter().zip(other).all(is_same)
}

/// Whether a matcher is of alerts of one place or one team alone.
fn says_where(matcher: &Matcher<'_>) -> bool {
    matcher.op == MatchOp::Equal && !matcher.value.is_empty() && !matches!(matcher.label.as_str(), "alertname" | "severity")
}

/// Whether these matchers name alerts, and no pattern of names.
fn is_named(matchers: &[Matcher<'_>]) -> bool {
    let names = |matcher: &Matcher<'_>| match matcher.op {
        MatchOp::Equal => true,
        MatchOp::Regex => alternatives(&matcher.value).is_some(),
        MatchOp::NotEqual | MatchOp::NotRegex => false,
    };
    matchers.iter().any(|matcher| matcher.label == "alertname" && names(matcher))
}

/// A source and a target by their names that ask the same of the same series, put together by the same labels, and one of these labels
/// that need not be alike while the others have to be.
fn leaves_out<'l, 'a>(
    rule: &Inhibition<'_>,
    alerts: &'l [Alert<'a>],
    context: &Context<'a>,
) -> Option<(&'l Alert<'a>, &'l Alert<'a>, &'a str)> {
    if rule.equal.is_empty() || !is_named(&rule.source) || !is_named(&rule.target) {
        return None;
    }
    let is_compared = |label: &str| rule.equal.iter().any(|node| node.as_str() == Some(label));
    // Other labels that a side asks for tell them apart as well.
    let is_asked = |label: &str| rule.source.iter().chain(&rule.target).any(|matcher| matcher.label == label);
    let of = |matchers: &[Matcher<'_>]| -> Vec<&'l Alert<'a>> {
        alerts.iter().filter(|alert| alert.takes(matchers, context) == Some(true)).collect()
    };
    let targets = of(&rule.target);
    of(&rule.source).into_iter().find_map(|source| {
        let own = source.put_together_by(context)?;
        let label = own.iter().copied().find(|label| !is_compared(label) && !is_asked(label) && source.differs_by(label, context))?;
        let is_alike = |target: &&&Alert<'a>| {
            target.rule.name() != source.rule.name()
                && target.reads() == source.reads()
                && target.put_together_by(context).is_some_and(|other| other == own)
                && target.differs_by(label, context)
        };
        // The other labels have to be theirs, too.
        let others = own.iter().filter(|other| is_compared(other)).count();
        let target = targets.iter().find(is_alike).filter(|_| others == rule.equal.len())?;
        Some((source, *target, label))
    })
}

/// A source that is a warning and a target that is critical, where no source is.
fn upside_down<'l, 'a>(rule: &Inhibition<'_>, alerts: &'l [Alert<'a>], context: &Context<'_>) -> Option<(&'l Alert<'a>, &'l Alert<'a>)> {
    let graveness = |alert: &Alert<'_>| alert.value("severity", context);
    let is_grave = |alert: &&Alert<'_>| graveness(alert).is_some_and(|own| GRAVE.contains(&own.as_str()));
    let sources: Vec<&Alert<'_>> = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).collect();
    let source = sources.first().filter(|_| {
        sources.iter().all(|source| graveness(source).is_some_and(|own| MILD.contains(&own.as_str())) && !rule.source.is_empty())
    })?;
    let target = alerts.iter().filter(is_grave).find(|alert| alert.takes(&rule.target, context) == Some(true))?;
    Some((source, target))
}

/// A source and a target that have none of the labels that are to be alike, while others have them.
fn nothing_compared<'l, 'a>(
    rule: &Inhibition<'_>,
    alerts: &'l [Alert<'a>],
    context: &Context<'_>,
) -> Option<(&'l Alert<'a>, &'l Alert<'a>)> {
    let labels: Vec<&str> = rule.equal.iter().filter_map(|node| node.as_str()).collect();
    let lacks = |alert: &Alert<'_>, label: &str| alert.value(label, context).as_deref() == Some("");
    // What no alert has is said already.
    if labels.is_empty() || labels.contains(&"alertname") || labels.iter().all(|label| alerts.iter().all(|alert| lacks(alert, label))) {
        return None;
    }
    let bare = |alert: &&Alert<'_>| !alert.is_watchdog() && labels.iter().all(|label| lacks(alert, label));
    let source = alerts.iter().filter(bare).find(|alert| alert.takes(&rule.source, context) == Some(true))?;
    let is_target = |alert: &&Alert<'_>| alert.takes(&rule.target, context) == Some(true) && alert.rule.name() != source.rule.name();
    let target = alerts.iter().filter(bare).find(is_target)?;
    Some((source, target))
}

//! Inhibition rules that keep nothing quiet.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::{Inhibition, MatchOp, Matcher, exclusive};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, GRAVE, MILD, alerts, is_closed, is_set_otherwise};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::lint::words::pattern::alternatives;
use crate::source::{Node, Span};

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
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// inhibit_rules:
    ///   - source_matchers: ['alertname=~"App(Error|Latency)Burn"']
    ///     target_matchers: ['severity="warning"']
    ///     equal: [job]
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: AppErrorBudgetBurn, expr: 'x > 2', labels: { severity: critical } }
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
                    .or_else(|| never_all(rule, &alerts, context))
                    .or_else(|| both_sides(rule, &alerts, context))
                    .or_else(|| always(rule, &alerts, context))
                    .or_else(|| lacking(rule, &alerts, context))
                    .or_else(|| foreign(rule, &alerts, context))
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
        let dead = !matchers.is_empty()
            && (alerts.iter().all(|alert| alert.takes(matchers, context) == Some(false))
                || matchers.iter().any(|matcher| is_set_otherwise(matcher, alerts)));
        let Some(place) = matchers.first().filter(|_| dead) else { continue };
        let at =
            matchers.iter().find(|matcher| alerts.iter().all(|alert| alert.takes(std::slice::from_ref(*matcher), context) == Some(false)));
        let at = at.or_else(|| matchers.iter().find(|matcher| is_set_otherwise(matcher, alerts))).unwrap_or(place);
        // A rule may wait for alerts of a severity that no service uses yet.
        let in_another_case = at.label == "alertname"
            && at.op == MatchOp::Regex
            // Of all others a part of the name is enough.
            && alerts.iter().any(|alert| full_match(&format!("(?i:{})|.*(?:{}).*", at.value, at.value), alert.rule.name()) == Some(true));
        let shortened = shortened(at, alerts);
        if generic(at)
            && !in_another_case
            && shortened.is_none()
            && meant(at, alerts, context).is_none()
            && !is_foreign(at, alerts, context)
        {
            return None;
        }
        if let Some((off, value)) = apart_by_one(matchers, alerts, context) {
            let message = format!("no alert here can be the {what} of this rule");
            let finding = META.finding(off.node.span, message).path(format!("inhibit_rules[{}].{key}", rule.index));
            return Some(finding.help(format!("did you mean `{} = {value}`? That is what the other matchers take", off.label)));
        }
        let help = meant(at, alerts, context)
            .or_else(|| shortened.map(str::to_owned))
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

/// The alert whose name has all words of one of those that are listed, and more, where none is called as the list says.
fn shortened<'a>(matcher: &Matcher<'_>, alerts: &[Alert<'a>]) -> Option<&'a str> {
    let is_list = matcher.label == "alertname" && matcher.op == MatchOp::Regex;
    let is_plain = matcher.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'|'));
    if !is_list || !is_plain {
        return None;
    }
    let words = |name: &str| -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for letter in name.chars() {
            if letter.is_uppercase() || all.is_empty() {
                all.push(String::new());
            }
            all.last_mut().into_iter().for_each(|word| word.push(letter));
        }
        all
    };
    alternatives(&matcher.value).into_iter().find_map(|listed| {
        let listed = words(&listed);
        let has_all = |name: &&str| {
            let mut rest = words(name).into_iter();
            listed.iter().all(|word| rest.any(|other| other == *word))
        };
        alerts.iter().map(|alert| alert.rule.name()).find(has_all).filter(|_| listed.len() >= 3)
    })
}

fn generic(matcher: &Matcher<'_>) -> bool {
    matcher.label == "severity"
        || (matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) || matcher.value.contains(['+', '*', '|']))
            && !matches!((matcher.op, matcher.value.as_str()), (MatchOp::Regex, ".+"))
}

/// The one matcher that an alert does not pass, which another one names, and what that alert has.
fn apart_by_one<'r, 'a>(matchers: &'r [Matcher<'a>], alerts: &[Alert<'_>], context: &Context<'_>) -> Option<(&'r Matcher<'a>, String)> {
    let one = |alert: &Alert<'_>, matcher: &Matcher<'_>| alert.takes(std::slice::from_ref(matcher), context);
    let named = matchers.iter().find(|matcher| matcher.label == "alertname" && matcher.op == MatchOp::Equal)?;
    let alert = alerts.iter().find(|alert| one(alert, named) == Some(true))?;
    let mut failed = matchers.iter().filter(|matcher| one(alert, matcher) != Some(true));
    let (off, None) = (failed.next()?, failed.next()) else { return None };
    alert.value(&off.label, context).filter(|value| !value.is_empty()).map(|value| (off, value))
}

fn meant(matcher: &Matcher<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<String> {
    let values: Vec<String> = alerts.iter().filter_map(|alert| alert.value(&matcher.label, context)).collect();
    did_you_mean(&matcher.value, values.iter().map(String::as_str).filter(|value| !value.is_empty())).map(str::to_owned)
}

/// The alerts that may be on a side of a rule.
fn side<'l, 'a>(matchers: &[Matcher<'_>], alerts: &'l [Alert<'a>], context: &Context<'_>) -> Vec<&'l Alert<'a>> {
    alerts.iter().filter(|alert| alert.takes(matchers, context) != Some(false)).collect()
}

/// A label that must be alike and never is: no source has it, and every target does, or the other way round.
fn no_pair(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let (sources, targets) = (side(&rule.source, alerts, context), side(&rule.target, alerts, context));
    if sources.is_empty() || targets.is_empty() {
        return None;
    }
    for node in &rule.equal {
        let Some(label) = node.as_str() else { continue };
        if sources.len() * targets.len() > PAIRS {
            return None;
        }
        let unlike = |one: &&Alert<'_>, other: &&Alert<'_>| match (one.all_values(label, context), other.all_values(label, context)) {
            (Some(one), Some(other)) => one.iter().all(|value| !other.contains(value)),
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
        // Of targets that are listed by name, each is to be kept quiet.
        let listed =
            rule.target.iter().any(|matcher| matcher.label == "alertname" && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex));
        let never =
            targets.iter().find(|target| sources.iter().all(|source| unlike(source, target))).filter(|_| listed && label == "severity");
        if let Some(target) = never {
            let message = format!("`{}` is named as a target, and never has the same `{label}` as a source", target.rule.name());
            return Some(finding(node.span, rule, message));
        }
    }
    None
}

/// More pairs of a source and a target are not compared.
const PAIRS: usize = 20_000;

/// A label that keeps apart whatever is alike in all the others: no source and target are alike in every one.
fn never_all(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let (sources, targets) = (side(&rule.source, alerts, context), side(&rule.target, alerts, context));
    if sources.len() * targets.len() > PAIRS {
        return None;
    }
    let labels: Vec<(&Node, &str)> = rule.equal.iter().filter_map(|node| node.with_str()).collect();
    let value = |alert: &Alert<'_>, label: &str| alert.value(label, context);
    // How the two sides of each label compare; nobody knows where one of them may be anything.
    let alike = |source: &Alert<'_>, target: &Alert<'_>, label: &str| Some(value(source, label)? == value(target, label)?);
    let mut apart = None;
    for (source, target) in sources.iter().flat_map(|source| targets.iter().map(move |target| (source, target))) {
        let unlike = || labels.iter().filter(|(_, label)| alike(source, target, label) == Some(false));
        let (node, label) = unlike().next()?;
        let both_have = |label: &str| {
            value(source, label).is_some_and(|own| !own.is_empty()) && value(target, label).is_some_and(|own| !own.is_empty())
        };
        // Alerts of one name that differ in this label alone.
        if *label != "alertname" && unlike().count() == 1 && both_have(label) && source.rule.name() == target.rule.name() {
            apart = Some((*node, *label));
        }
    }
    let (node, label) = apart?;
    Some(finding(node.span, rule, format!("alerts of one name never have the same `{label}` on both sides of this rule")))
}

/// Every target is a source as well, and every source that may be alike with one a target: what is both is kept quiet by what is a
/// source alone, and nothing here is.
fn both_sides(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let place = rule.target.first().filter(|_| !rule.source.is_empty())?;
    let is_target = |alert: &&Alert<'_>| alert.takes(&rule.target, context) != Some(false);
    let is_source = |alert: &Alert<'_>| alert.takes(&rule.source, context) == Some(true);
    let mut targets = alerts.iter().filter(is_target).peekable();
    targets.peek()?;
    let is_target_too = |alert: &Alert<'_>| alert.takes(&rule.target, context) == Some(true);
    let labels: Vec<&str> = rule.equal.iter().filter_map(|node| node.as_str()).collect();
    let all: Vec<&Alert<'_>> = alerts.iter().filter(is_target).collect();
    let may_be_alike = |source: &&Alert<'_>| {
        let same = |label: &str, target: &Alert<'_>| match (source.value(label, context), target.value(label, context)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        all.iter().any(|target| labels.iter().all(|label| same(label, target)))
    };
    let mut sources = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).filter(may_be_alike);
    if !targets.all(is_source) || !sources.all(is_target_too) {
        return None;
    }
    let message = "whatever is a target of this rule is a source of it, too, and such alerts do not keep each other quiet";
    let path = format!("inhibit_rules[{}].target_matchers", rule.index);
    Some(META.finding(place.node.span, message).path(path).help("say which alerts are kept quiet, and which keep them"))
}

/// A source that always fires, so that the targets never reach anybody.
fn always(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let place = rule.source.first()?;
    let path = format!("inhibit_rules[{}].source_matchers", rule.index);
    let finding = |message: String| {
        Some(META.finding(place.node.span, message).path(path.clone()).help("name alerts that fire when something is wrong"))
    };
    let fires = |alert: &&Alert<'_>| {
        let text = alert.rule.expr.and_then(Node::as_str).unwrap_or("");
        matches!(text.replace(' ', "").as_str(), "vector(1)" | "1==1" | "absent(nonexistent)")
            && alert.takes(&rule.source, context) == Some(true)
    };
    let mut sources = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).peekable();
    let name = sources.peek()?.rule.name();
    if sources.all(|alert| fires(&alert)) {
        return finding(format!("`{name}` always fires, so whatever it is compared with is always kept quiet"));
    }
    // What is a target, too, keeps quiet only what is no source.
    for source in alerts.iter().filter(fires).filter(|source| source.takes(&rule.target, context) == Some(false)) {
        let is_alike = |target: &Alert<'_>| {
            let same = |label: &str| source.value(label, context).is_some_and(|own| Some(own) == target.value(label, context));
            rule.equal.iter().all(|node| node.as_str().is_some_and(same))
        };
        let is_target = |target: &&Alert<'_>| target.takes(&rule.target, context) == Some(true) && is_alike(target);
        if let Some(target) = alerts.iter().find(is_target) {
            let name = source.rule.name();
            return finding(format!(
                "`{name}` is a source of this rule and always fires, so `{}` is always kept quiet",
                target.rule.name()
            ));
        }
    }
    None
}

/// A label that must be alike, that no source has and a target surely does.
fn foreign(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let (sources, targets) = (side(&rule.source, alerts, context), side(&rule.target, alerts, context));
    rule.equal.iter().find_map(|node| {
        let label = node.as_str().filter(|label| !matches!(*label, "alertname" | "severity"))?;
        let has_none = |alert: &&Alert<'_>| alert.value(label, context).as_deref() == Some("");
        let target = targets.iter().find(|target| target.surely_has(label, context))?;
        (!sources.is_empty() && sources.iter().all(has_none)).then(|| {
            finding(
                node.span,
                rule,
                format!("`{}` has a label `{label}`, and no source of this rule does, so it is never kept quiet", target.rule.name()),
            )
        })
    })
}

/// A target that is named, and that no source is ever alike with.
fn lacking(rule: &Inhibition<'_>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<Diagnostic> {
    let named = rule.target.iter().find(|matcher| {
        matcher.label == "alertname"
            && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
            && !matcher.value.contains(['.', '*', '+', '['])
    })?;
    let sources: Vec<&Alert<'_>> = alerts.iter().filter(|alert| alert.takes(&rule.source, context) != Some(false)).collect();
    if sources.is_empty() {
        return None;
    }
    let names: Vec<&str> = named.value.split('|').map(|name| name.trim_matches(['(', ')', '^', '$'])).collect();
    let targets = |name: &str| -> Vec<&Alert<'_>> {
        let is_target = |alert: &&Alert<'_>| alert.rule.name() == name && alert.takes(&rule.target, context) == Some(true);
        alerts.iter().filter(is_target).collect()
    };
    for node in &rule.equal {
        let Some(label) = node.as_str() else { continue };
        let all_have = sources.iter().all(|alert| {
            // What is kept by its name is there, unless it is taken away again.
            alert.surely_has(label, context) || alert.groups_by(label) && alert.value(label, context).is_none()
        });
        let known: Option<Vec<String>> = sources.iter().map(|alert| alert.value(label, context)).collect();
        let mut dead = Vec::new();
        for name in &names {
            let own = targets(name);
            let values: Option<Vec<String>> = own.iter().map(|alert| alert.value(label, context)).collect();
            let Some(values) = values.filter(|values| !values.is_empty()) else { continue };
            if all_have && values.iter().all(String::is_empty) {
                dead.push(format!("`{name}` has no label `{label}`, which the sources have, so it is never kept quiet"));
            } else if let Some(known) = known.as_ref().filter(|known| !known.iter().any(|own| values.contains(own))) {
                let said = |value: &str| if value.is_empty() { "none".to_owned() } else { format!("`{value}`") };
                let (own, other) = (said(&values[0]), said(&known[0]));
                dead.push(format!("the `{label}` of `{name}` is {own}, and that of the sources {other}: it is never kept quiet"));
            }
        }
        // One of many may be named beside its like.
        if dead.len() * 2 >= names.len() && !dead.is_empty() {
            return Some(finding(node.span, rule, dead.swap_remove(0)));
        }
    }
    None
}

fn finding(span: Span, rule: &Inhibition<'_>, message: String) -> Diagnostic {
    META.finding(span, message).path(format!("inhibit_rules[{}].equal", rule.index)).help("compare a label that both sides have alike")
}

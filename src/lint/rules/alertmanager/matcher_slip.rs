//! Matchers with a value that nearly exists.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager::{MatchOp, Matcher, Route};
use crate::lint::context::Context;
use crate::lint::routing::{alerts, is_closed, is_cut_off, set_by_hand};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alertmanager::route_never_reached::alternatives;
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::lint::words::nearly::same_words;
use crate::lint::world::Jobs;
use crate::source::Node;

rule! {
    /// One of the alternatives of a matcher is a value that no alert has, and nearly one that alerts do have: those are not taken. Or its
    /// label is one of theirs in another case.
    /// Or a route leaves out the very value that its receiver is called after.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['severity=~"page|critcal"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: DatabaseDown, expr: 'pg_up == 0', labels: { severity: critical } }
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: page } }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['severity=~"page|critical"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: DatabaseDown, expr: 'pg_up == 0', labels: { severity: critical } }
    ///       - { alert: AppDown, expr: 'up == 0', labels: { severity: page } }
    /// ```
    MatcherSlip, "matcher-slip", Warning
}

impl Rule for MatcherSlip {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = if is_cut_off(context) { Vec::new() } else { alerts(context) };
        let mut judged = Vec::new();
        let own: BTreeSet<&str> = alerts.iter().flat_map(|alert| alert.rule.labels()).map(|(name, ..)| name).chain(["alertname"]).collect();
        let mut judge = |matcher: &Matcher<'_>, path: String| {
            let is_other = |own: &&&str| **own != matcher.label && own.eq_ignore_ascii_case(&matcher.label);
            if let Some(meant) = own.iter().find(is_other).filter(|_| !own.contains(matcher.label.as_str())) {
                let message = format!("no alert here sets a label `{}`: its case counts", matcher.label);
                found.push(META.finding(matcher.node.span, message).path(path).help(format!("did you mean `{meant}`?")));
                return;
            }
            if matcher.label == "job" && matcher.op == MatchOp::Equal && !matcher.value.is_empty() {
                let jobs = || context.world.jobs.iter().map(|(job, _)| job.as_str());
                let is_job = context.world.has_job(&matcher.value) || alerts.iter().any(|alert| alert.rule.label("job").is_some());
                if !is_job && is_closed(context) && context.world.jobs_known != Jobs::Open {
                    let help = did_you_mean(&matcher.value, jobs())
                        .map_or_else(|| "name a job that is scraped".to_owned(), |meant| format!("did you mean `{meant}`?"));
                    let message = format!("no scrape job is named `{}`", matcher.value);
                    found.push(META.finding(matcher.node.span, message).path(path).help(help));
                    return;
                }
            }
            // A single value is judged with its route.
            if matcher.op == MatchOp::Equal || (matcher.op == MatchOp::Regex && !matcher.value.contains('|')) {
                return;
            }
            if matcher.label == "alertname" && matcher.op == MatchOp::Regex && is_closed(context) {
                let names: Vec<&str> = alerts.iter().map(|alert| alert.rule.name()).collect();
                let all: Vec<&str> = matcher.value.split('|').filter(|_| !matcher.value.contains(['(', '['])).collect();
                let takes = |value: &str| names.iter().any(|name| full_match(value, name) != Some(false));
                // Where nothing at all is taken, the route is dead, and that is said there.
                if let Some(value) = all.iter().find(|value| !takes(value)).filter(|_| all.iter().any(|value| takes(value))) {
                    found.push(
                        META.finding(matcher.node.span, format!("no alert here is called `{value}`"))
                            .path(path)
                            .help("correct the name, or leave it out"),
                    );
                    return;
                }
            }
            let Some(written) = alternatives(&matcher.value) else { return };
            let written: Vec<&str> =
                written.filter(|value| value.len() > 3 || (value.len() == 3 && !value.bytes().any(|b| b.is_ascii_digit()))).collect();
            let is_free = !matches!(matcher.label.as_str(), "severity" | "alertname" | "team" | "service" | "namespace");
            let is_judged = matcher.op == MatchOp::Regex && is_free && is_closed(context);
            let set = if is_judged { set_by_hand(&matcher.label, &alerts) } else { None };
            let (of_rules, others): (Vec<&str>, Vec<&str>) =
                written.iter().partition(|value| set.iter().flatten().any(|set| set == *value));
            if let Some(value) = others.first().filter(|_| !of_rules.is_empty()) {
                let message = format!("no rule sets `{}` to `{value}`", matcher.label);
                found.push(META.finding(matcher.node.span, message).path(path).help("correct the value, or leave it out"));
                return;
            }
            let values: Vec<String> = alerts.iter().filter_map(|alert| alert.value(&matcher.label, context)).collect();
            let known = || values.iter().map(String::as_str).filter(|value| !value.is_empty());
            for value in written.iter().filter(|value| !known().any(|known| known == **value)) {
                // `warn` for `warning`, where all that there is is here.
                let is_form = |known: &&str| matcher.op == MatchOp::Regex && is_closed(context) && same_words(value, known);
                let near = did_you_mean(value, known()).or_else(|| known().find(is_form));
                let Some(meant) = near.filter(|meant| !written.contains(meant)) else { continue };
                found.push(
                    META.finding(matcher.node.span, format!("no alert here has the value `{value}` in `{}`", matcher.label))
                        .path(path.clone())
                        .help(format!("did you mean `{meant}`?")),
                );
            }
        };
        for route in view.config.routes() {
            upside_down(route, &mut judged);
            route.matchers.iter().for_each(|matcher| judge(matcher, format!("{}.matchers", route.path)));
        }
        for rule in &view.config.inhibitions {
            rule.source.iter().for_each(|matcher| judge(matcher, format!("inhibit_rules[{}].source_matchers", rule.index)));
            rule.target.iter().for_each(|matcher| judge(matcher, format!("inhibit_rules[{}].target_matchers", rule.index)));
        }
        found.append(&mut judged);
    }
}

/// A receiver that is called after what its route leaves out.
fn upside_down(route: &Route<'_>, found: &mut Vec<Diagnostic>) {
    let Some(receiver) = route.receiver.and_then(Node::as_str) else { return };
    let is_meant = |matcher: &&Matcher<'_>| {
        matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex)
            && matcher.value.len() > 2
            && matcher.value.eq_ignore_ascii_case(receiver)
    };
    if let Some(matcher) = route.matchers.iter().find(is_meant) {
        let message = format!("the receiver `{receiver}` gets all but what has `{}` `{}`", matcher.label, matcher.value);
        let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
        found.push(finding.help(format!("compare with `=`, as in `{}=\"{}\"`", matcher.label, matcher.value)));
    }
}

//! Values of labels that no route asks for, where each other value is asked for by one.

use std::collections::{BTreeMap, BTreeSet};

use super::META;
use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher};
use crate::formats::rule_file::{Rule as AlertRule, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::words::anchored::full_match;
use crate::source::{Node, Span};

/// As many alerts as this have to be told apart by a label before another value of it is odd.
const TOLD_APART: usize = 4;

/// Alerts with a value that no route asks for, of a label by whose values routes tell all others apart.
pub(super) fn odd_values(config: &Alertmanager<'_>, context: &Context<'_>, said: &[Span], found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<&str, Vec<&Matcher<'_>>> = BTreeMap::new();
    for matcher in config.routes().into_iter().flat_map(|route| &route.matchers) {
        asked.entry(matcher.label.as_str()).or_default().push(matcher);
    }
    let alerts: Vec<(&RuleFile<'_>, &AlertRule<'_>)> = context
        .queries
        .iter()
        .filter_map(|query| if let Origin::Rule { file, rule } = query.origin { Some((file, rule)) } else { None })
        .filter(|(_, rule)| rule.is_alert())
        .collect();
    for (label, matchers) in asked.into_iter().filter(|(label, _)| *label != "alertname") {
        let is_asked = |value: &str| matchers.iter().any(|matcher| asks(matcher, value));
        let mut odd: BTreeMap<&str, (&RuleFile<'_>, &AlertRule<'_>, &Node)> = BTreeMap::new();
        let (mut usual, mut told) = (BTreeSet::new(), 0);
        for (file, rule) in &alerts {
            let Some((node, value)) = rule.label(label).and_then(Node::with_str) else { continue };
            if value.contains("{{") || value.is_empty() || value == "none" {
                continue;
            }
            if is_asked(value) {
                told += 1;
                usual.insert(value);
            } else if odd.insert(value, (file, rule, node)).is_some() {
                // What several alerts have goes elsewhere on purpose.
                told = 0;
                break;
            }
        }
        if told < TOLD_APART || usual.len() < 2 || odd.len() != 1 {
            continue;
        }
        let is_rest = |value: &str| matchers.iter().any(|matcher| asks_for_rest(matcher, value, &usual));
        for (value, (file, rule, node)) in odd.into_iter().filter(|(_, (_, _, node))| !said.contains(&node.span)) {
            if is_rest(value) {
                continue;
            }
            let message = format!("no route asks for `{label}: {value}`, and each other value of it is asked for by one");
            let place = matchers.first().map(|matcher| matcher.node.span);
            let finding = META.finding(node.span, message).path(file.path(rule, &format!("labels.{label}")));
            let finding = place.into_iter().fold(finding, |finding, place| finding.related(place, "a route asks for it"));
            found.push(finding.help(format!("use one of {}, or add a route", usual.iter().copied().collect::<Vec<_>>().join(", "))));
        }
    }
}

/// Whether a matcher asks for a value, rather than for all but others.
fn asks(matcher: &Matcher<'_>, value: &str) -> bool {
    match matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::Regex => full_match(&matcher.value, value) != Some(false),
        MatchOp::NotEqual | MatchOp::NotRegex => false,
    }
}

/// Whether a matcher takes a value by leaving out all of the usual ones: what is neither `critical` nor `warning`.
fn asks_for_rest(matcher: &Matcher<'_>, value: &str, usual: &BTreeSet<&str>) -> bool {
    let is_left = |value: &str| matcher.takes(value, full_match);
    let leaves_out = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
    leaves_out && is_left(value) != Some(false) && usual.iter().all(|usual| is_left(usual) == Some(false))
}

//! Routes that wake somebody for what is no emergency.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher, Receiver, Route};
use crate::lint::context::Context;
use crate::lint::routing::{GRAVE, MILD};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// A route sends alerts that are only warnings to a receiver that pages, while one beside it sends what is critical elsewhere; or
    /// two routes tell the two severities apart and send both to the same pager. Who is woken by warnings sleeps through the rest.
    /// Or the other way round: only what is critical comes to a receiver, which passes it on as a warning; or all that is not critical
    /// comes to the one that pages.
    ///
    /// ```yaml fires
    /// route:
    ///   receiver: team
    ///   routes:
    ///     - { receiver: team, matchers: ['severity="critical"'] }
    ///     - { receiver: pager, matchers: ['severity="warning"'] }
    /// receivers:
    ///   - { name: team, webhook_configs: [{ url: "http://chat:8080/" }] }
    ///   - { name: pager, pagerduty_configs: [{ routing_key_file: /etc/key }] }
    /// ```
    /// ```yaml silent
    /// route:
    ///   receiver: team
    ///   routes:
    ///     - { receiver: pager, matchers: ['severity="critical"'] }
    ///     - { receiver: team, matchers: ['severity="warning"'] }
    /// receivers:
    ///   - { name: team, webhook_configs: [{ url: "http://chat:8080/" }] }
    ///   - { name: pager, pagerduty_configs: [{ routing_key_file: /etc/key }] }
    /// ```
    WarningPages, "warning-pages", Warning
}

impl Rule for WarningPages {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        understated(view.config, found);
        overstated(view.config, found);
        named_otherwise(view.config, found);
        turned(view.config, found);
        for parent in view.config.routes() {
            let grave: Vec<&Route<'_>> = parent.routes.iter().filter(|route| asks(route, "critical") && !asks(route, "warning")).collect();
            for route in parent.routes.iter().filter(|route| asks(route, "warning") && route.routes.is_empty()) {
                let Some(receiver) = route.receiver.filter(|receiver| pages(view.config, receiver)) else { continue };
                // A route by a team or a service is that team's own affair.
                let plain = |route: &&&Route<'_>| route.matchers.len() == 1;
                let Some(critical) = grave.iter().find(plain).filter(|_| plain(&&route)) else { continue };
                let to = critical.receiver.and_then(Node::as_str);
                let message = if to == receiver.as_str() && !differs(route, critical) {
                    format!("warnings go to {}, as what is critical does", receiver.describe())
                } else if critical.receiver.is_some_and(|other| !pages(view.config, other)) {
                    format!("warnings page {}, and what is critical goes to `{}`", receiver.describe(), to.unwrap_or(""))
                } else {
                    continue;
                };
                let finding = META.finding(receiver.span, message).path(format!("{}.receiver", route.path));
                found.push(finding.related(critical.node.span, "the route for what is critical").help("name the receiver for warnings"));
            }
        }
    }
}

/// Routes that lead all but what is critical to a pager, while nothing leads what is critical to one.
fn turned(config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    let to_pager = |route: &Route<'_>| route.receiver.is_some_and(|receiver| pages(config, receiver));
    let routes = config.routes();
    // What no route takes goes to the first one.
    let is_awake = |route: &Route<'_>| to_pager(route) && (asks(route, "critical") || route.path == "route");
    if routes.iter().any(|route| is_awake(route)) {
        return;
    }
    for route in routes.iter().filter(|route| to_pager(route)) {
        let Some(matcher) = leaves_out_critical(route) else { continue };
        let receiver = route.receiver.map_or_else(String::new, Node::describe);
        let message = format!("this pages {receiver} for whatever is not critical, and nothing that is critical comes to a pager");
        let finding = META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path));
        found.push(finding.help("write `severity=\"critical\"`"));
    }
}

/// Routes for one severity to a receiver that is called like another, while one of its own name is there.
fn named_otherwise(config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    const SEVERITIES: &[&str] = &["critical", "warning", "info"];
    let is_there = |name: &str| config.receivers.iter().any(|receiver| receiver.name.as_str() == Some(name));
    for route in config.routes() {
        let severities: Vec<&str> = SEVERITIES.iter().copied().filter(|severity| asks(route, severity)).collect();
        let ([severity], Some(receiver)) = (severities.as_slice(), route.receiver) else { continue };
        let Some(name) = receiver.as_str().filter(|name| name != severity && SEVERITIES.contains(name) && is_there(severity)) else {
            continue;
        };
        let message =
            format!("this is for alerts of the severity `{severity}` and leads to `{name}`, and there is a receiver `{severity}`");
        let finding = META.finding(receiver.span, message).path(format!("{}.receiver", route.path));
        found.push(finding.help(format!("write `receiver: {severity}`")));
    }
}

/// Receivers that say `warning` to their service, while only what is critical comes to them.
fn understated(config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    let routes = config.routes();
    let mut leading: HashMap<Option<&str>, Vec<&Route<'_>>> = HashMap::default();
    for route in routes.iter().filter(|route| route.path != "route" || routes.len() == 1) {
        if let Some(name) = route.receiver {
            leading.entry(name.as_str()).or_default().push(route);
        }
    }
    for (index, receiver) in config.receivers.iter().enumerate() {
        let Some(to) = leading.get(&receiver.name.as_str()) else { continue };
        if !to.iter().all(|route| GRAVE.iter().any(|grave| asks(route, grave)) && !MILD.iter().any(|mild| asks(route, mild))) {
            continue;
        }
        for (list, place, node) in receiver.integrations().filter(|(list, ..)| *list == "pagerduty_configs") {
            let said = node.get("severity").filter(|said| matches!(said.as_str(), Some("warning" | "info")));
            if let Some(said) = said {
                let message = format!("only what is critical comes here, and PagerDuty is told {}", said.describe());
                let finding = META.finding(said.span, message).path(format!("receivers[{index}].{list}[{place}].severity"));
                found.push(finding.related(to[0].node.span, "the route").help("write `severity: critical`"));
            }
        }
    }
}

/// Routes by which alerts that can wait come to a receiver that says `critical` to its pager.
fn overstated(config: &Alertmanager<'_>, found: &mut Vec<Diagnostic>) {
    for route in config.routes() {
        let left_out = leaves_out_critical(route);
        let asked = MILD.iter().find(|severity| asks(route, severity));
        let Some(mild) =
            asked.or_else(|| left_out.and_then(|matcher| MILD.iter().find(|mild| matcher.takes(mild, full_match) == Some(true))))
        else {
            continue;
        };
        let Some((place, name)) = route.receiver.and_then(Node::with_str) else { continue };
        let receiver = config.receivers.iter().find(|receiver| receiver.name.as_str() == Some(name));
        let critical = receiver.into_iter().flat_map(Receiver::integrations).find_map(|(list, _, node)| {
            node.get("severity").filter(|said| list == "pagerduty_configs" && said.as_str() == Some("critical"))
        });
        if let Some(said) = critical {
            let message = format!("alerts of the severity `{mild}` come to `{name}`, which tells PagerDuty that they are critical");
            let finding = if let Some(matcher) = left_out {
                META.finding(matcher.node.span, message).path(format!("{}.matchers", route.path)).help("was `=` meant?")
            } else {
                let finding = META.finding(place.span, message).path(format!("{}.receiver", route.path));
                finding.help("lead them elsewhere, or leave `severity` to the alert")
            };
            found.push(finding.related(said.span, "said here"));
        }
    }
}

/// The matcher by which a route takes every severity but what is critical.
fn leaves_out_critical<'r, 'a>(route: &'r Route<'a>) -> Option<&'r Matcher<'a>> {
    let own: Vec<&Matcher<'_>> = route.matchers.iter().filter(|matcher| matcher.label == "severity").collect();
    let [matcher] = own.as_slice() else { return None };
    (matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) && matcher.takes("critical", full_match) == Some(false))
        .then_some(*matcher)
}

/// Whether a route asks for a severity.
fn asks(route: &Route<'_>, severity: &str) -> bool {
    let own = || route.matchers.iter().filter(|matcher| matcher.label == "severity");
    own().any(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex))
        && own().all(|matcher| matcher.takes(severity, full_match) == Some(true))
}

/// Whether a receiver wakes somebody.
fn pages(config: &Alertmanager<'_>, receiver: &Node) -> bool {
    let own = config.receivers.iter().find(|known| known.name.as_str() == receiver.as_str());
    own.is_some_and(|own| {
        own.integrations()
            .any(|(list, ..)| matches!(list, "pagerduty_configs" | "opsgenie_configs" | "victorops_configs" | "pushover_configs"))
    })
}

/// Whether two routes send at different times.
fn differs(one: &Route<'_>, other: &Route<'_>) -> bool {
    ["repeat_interval", "group_wait", "group_interval", "group_by", "active_time_intervals", "mute_time_intervals"]
        .iter()
        .any(|key| one.node.get(key).map(Node::describe) != other.node.get(key).map(Node::describe))
}

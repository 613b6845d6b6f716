//! Routes behind one that takes all of theirs.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{MatchOp, Matcher, Route};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, alerts, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// An earlier sibling without `continue: true` takes every alert that this route asks for, so nothing ever arrives here; or it
    /// takes all of a value that several routes behind it name.
    ///
    /// Told by the matchers alone, and by the alerts among the inputs where all of them are known.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: web
    ///   routes:
    ///     - { receiver: web, matchers: ['severity=~"warning|critical"'] }
    ///     - { receiver: pager, matchers: ['severity="critical"'] }
    /// receivers: [{ name: web }, { name: pager }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: web
    ///   routes:
    ///     - { receiver: pager, matchers: ['severity="critical"'] }
    ///     - { receiver: web, matchers: ['severity=~"warning|critical"'] }
    /// receivers: [{ name: web }, { name: pager }]
    /// ```
    RouteNeverReached, "route-never-reached", Warning
}

impl Rule for RouteNeverReached {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = if is_closed(context) { alerts(context) } else { Vec::new() };
        if let Some(root) = &view.config.route {
            below(root, &Above::default(), &alerts, context, found);
        }
    }
}

/// What stands above and before the children of a route.
#[derive(Clone, Default)]
struct Above<'r, 'a> {
    /// What every alert has that arrives there.
    matchers: Vec<&'r [Matcher<'a>]>,
    /// The routes that are tried before, on all levels.
    earlier: Vec<&'r Route<'a>>,
}

/// Judges the children of a route, and theirs.
fn below<'r, 'a>(parent: &'r Route<'a>, above: &Above<'r, 'a>, alerts: &[Alert<'_>], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut in_vain = Vec::new();
    for (index, route) in parent.routes.iter().enumerate() {
        let siblings = &parent.routes[..index];
        let mut own = above.clone();
        own.matchers.push(&route.matchers);
        own.earlier.extend(siblings);
        // What is caught last of all is a net below whatever will come.
        let is_net = route.matchers.is_empty() && index + 1 == parent.routes.len();
        if let Some((by, why)) = swallowed(&own, alerts, context).filter(|_| !is_net) {
            found.push(
                META.finding(place(route), format!("nothing arrives at this route: {why}"))
                    .path(route.path.clone())
                    .related(place(by), "taken here")
                    .help("put it before that one, or give that one `continue: true`"),
            );
            continue;
        }
        in_vain.extend(value_in_vain(route, siblings).map(|vain| (route, vain)));
        below(route, &own, alerts, context, found);
    }
    for (route, Vain { list, value, by }) in &in_vain {
        // A single one may take what is left, and name it all the same: not one for some of it, while the other asks for nothing else.
        let is_alike = |(_, other): &&(_, Vain<'_, '_>)| std::ptr::eq(other.by, *by) && other.value == *value;
        if by.matchers.len() == 1 && route.matchers.len() > 1 || in_vain.iter().filter(is_alike).count() > 1 {
            let message = format!("the {} `{value}` never arrives at this route: an earlier one takes all of it", list.label);
            let finding = META.finding(list.node.span, message).path(route.path.clone()).related(place(by), "taken here");
            found.push(finding.help(format!("give that one `continue: true`, or leave out `{value}` here")));
        }
    }
}

/// The earlier route that takes all that would arrive at one, and why.
fn swallowed<'r, 'a>(route: &Above<'r, 'a>, alerts: &[Alert<'_>], context: &Context<'_>) -> Option<(&'r Route<'a>, &'static str)> {
    let ends = || route.earlier.iter().copied().filter(|other| !other.goes_on);
    let asked: Vec<&Matcher<'_>> = route.matchers.iter().copied().flatten().collect();
    if let Some(other) = ends().find(|other| other.matchers.iter().all(|matcher| implied(matcher, &asked))) {
        return Some((other, "an earlier one takes all that it asks for"));
    }
    let arrives = |alert: &&Alert<'_>| route.matchers.iter().all(|matchers| alert.takes(matchers, context) != Some(false));
    let mut wanted = alerts.iter().filter(arrives).peekable();
    wanted.peek()?;
    let mut by = None;
    for alert in wanted {
        by = Some(ends().find(|other| alert.takes(&other.matchers, context) == Some(true))?);
    }
    by.map(|other| (other, "earlier ones take every alert here that it asks for"))
}

/// A value that a route names in vain.
struct Vain<'r, 'a> {
    /// Where it is named.
    list: &'r Matcher<'a>,
    value: &'r str,
    /// The route that takes all of it.
    by: &'r Route<'a>,
}

/// A value among several that a route names, and that an earlier sibling takes all of.
fn value_in_vain<'r, 'a>(route: &'r Route<'a>, earlier: &'r [Route<'a>]) -> Option<Vain<'r, 'a>> {
    let lists = route.matchers.iter().filter(|matcher| matcher.op == MatchOp::Regex);
    lists.flat_map(|list| alternatives(&list.value).into_iter().flatten().map(move |value| (list, value))).find_map(|(list, value)| {
        let asks = |matcher: &Matcher<'_>| {
            if matcher.label == list.label {
                matcher.takes(value, full_match) == Some(true)
            } else {
                implied(matcher, &route.matchers.iter().collect::<Vec<_>>())
            }
        };
        let by = earlier.iter().find(|other| !other.goes_on && other.matchers.iter().all(asks))?;
        // Who tells the same people has lost nothing.
        let tells_the_same = by.receiver.and_then(Node::as_str) == route.receiver.and_then(Node::as_str);
        (!tells_the_same).then_some(Vain { list, value, by })
    })
}

/// Whether all that these matchers let through is let through by another one.
fn implied(matcher: &Matcher<'_>, by: &[&Matcher<'_>]) -> bool {
    by.iter().filter(|other| other.label == matcher.label).any(|other| {
        let same = other.op == matcher.op && other.value == matcher.value;
        let fixed = other.op == MatchOp::Equal && matcher.takes(&other.value, full_match) == Some(true);
        let listed = other.op == MatchOp::Regex
            && alternatives(&other.value).is_some_and(|mut all| all.all(|value| matcher.takes(value, full_match) == Some(true)));
        same || fixed || listed
    })
}

/// The values of a regular expression that is a plain list of them.
pub(super) fn alternatives(pattern: &str) -> Option<impl Iterator<Item = &str>> {
    let inner = pattern.strip_prefix("^").unwrap_or(pattern);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let plain = inner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'/' | b'|'));
    plain.then(|| inner.split('|'))
}

/// Where a route says what it takes.
pub(super) fn place(route: &Route<'_>) -> crate::source::Span {
    let first = route.node.as_mapping().and_then(<[_]>::first).map_or(route.node.span, |(key, _)| key.span);
    route.matchers.first().map_or(first, |matcher| matcher.node.span)
}

//! Receivers that are not those of the manifest.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher, Receiver, Route};
use crate::lint::context::Context;
use crate::lint::routing::{Alert, Delivery, alerts};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::anchored::full_match;
use crate::lint::words::slip::is_slip_of_value;
use crate::manifest::variants;
use crate::source::{Node, Span};

rule! {
    /// The manifest says who is told of what, and the Alertmanager configuration beside it tells another channel, reads another file,
    /// or leads a severity to a receiver that notifies in another way, or by a route below to that of another severity. Said in both
    /// files, for either may be wrong.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { warning: { slack: { api_url_file: /etc/slack, channel: "#web" } } } }
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, slack_configs: [{ api_url_file: /etc/slack, channel: "#wbe" }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// routing: { receivers: { warning: { slack: { api_url_file: /etc/slack, channel: "#web" } } } }
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, slack_configs: [{ api_url_file: /etc/slack, channel: "#web" }] }]
    /// ```
    ReceiverDrift, "receiver-drift", Warning
}

/// How the manifest calls an integration, and the lists of Alertmanager that hold it.
const INTEGRATIONS: &[(&str, &[&str])] = &[
    ("pagerduty", &["pagerduty_configs"]),
    ("slack", &["slack_configs"]),
    ("webhook", &["webhook_configs"]),
    ("email", &["email_configs"]),
    ("msteams", &["msteams_configs", "msteamsv2_configs"]),
    ("discord", &["discord_configs"]),
];

impl Rule for ReceiverDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut manifests = context.manifests();
        let mut configs = context.views.iter().filter_map(|view| match &view.kind {
            ViewKind::Alertmanager(config) if view.complete => Some(config),
            _ => None,
        });
        // Several services share one Alertmanager, and may tell others in other ways.
        let (Some(manifest), None, Some(config), None) = (manifests.next(), manifests.next(), configs.next(), configs.next()) else {
            return;
        };
        let mut declared = Vec::new();
        for root in variants(manifest.root) {
            let Some(routing) = root.get("routing") else { continue };
            let named = ["default", "watchdog"].iter().filter_map(|name| Some((*name, routing.get(name)?)));
            let of_severities = routing.entries_of("receivers").map(|(name, _, body)| (name, body));
            for (who, body) in named.chain(of_severities) {
                let bodies = body.as_sequence().unwrap_or(std::slice::from_ref(body));
                for (kind, lists) in INTEGRATIONS {
                    let settings = bodies.iter().filter_map(|body| body.entry(kind));
                    declared.extend(settings.map(|(key, settings)| Declared { who, kind, lists, key, settings }));
                }
            }
        }
        untold(manifest.root, context, found);
        for one in &declared {
            // What an environment says otherwise is compared where it says so.
            let same = |other: &&Declared<'_>| other.who == one.who && other.kind == one.kind;
            let alike: Vec<&Declared<'_>> = declared.iter().filter(same).collect();
            if alike.first().is_some_and(|first| std::ptr::eq(*first, one)) {
                let before = found.len();
                one.compare(&alike, &declared, (manifest.root, config), context, found);
                if found.len() == before {
                    let others: Vec<&str> = declared.iter().map(|other| other.who).filter(|who| *who != one.who).collect();
                    one.ends(&others, manifest.root, config, context, found);
                }
            }
        }
    }
}

/// An integration of the manifest.
struct Declared<'a> {
    /// A severity, `default` or `watchdog`.
    who: &'a str,
    kind: &'static str,
    lists: &'static [&'static str],
    key: &'a Node,
    settings: &'a Node,
}

impl Declared<'_> {
    fn compare(
        &self,
        alike: &[&Declared<'_>],
        all: &[Declared<'_>],
        (manifest, config): (&Node, &Alertmanager<'_>),
        context: &Context<'_>,
        found: &mut Vec<Diagnostic>,
    ) {
        let others = || all.iter().filter(|other| other.kind == self.kind && other.who != self.who);
        let integrations: Vec<_> = config.receivers.iter().flat_map(Receiver::integrations).collect();
        let own: Vec<&Node> = integrations.iter().filter(|(list, ..)| self.lists.contains(list)).map(|(_, _, node)| *node).collect();
        let path = format!("routing.receivers.{}.{}", self.who, self.kind);
        let Some(first) = own.first() else {
            let place = config.root.entry("receivers").map_or(config.root.span, |(key, _)| key.span);
            let message = format!("the manifest tells `{}` by {}, and no receiver here does", self.who, self.kind);
            both(found, (place, "receivers".to_owned()), (self.key.span, path), &message);
            return;
        };
        for (name, _, value) in self.settings.entries().filter(|(_, _, value)| value.as_scalar().is_some()) {
            let mut written: Vec<&Node> = own.iter().filter_map(|node| node.get(name)).collect();
            // What no receiver says itself it takes from all.
            if written.is_empty() {
                let of_all = if name.starts_with(self.kind) { name.to_owned() } else { format!("{}_{name}", self.kind) };
                written.extend(config.root.get("global").and_then(|global| global.get(&of_all)));
            }
            let says = |node: &Node| {
                let others = alike.iter().filter_map(|other| other.settings.get(name));
                others.chain([value]).any(|declared| declared.as_str() == node.as_str())
            };
            if written.iter().any(|node| says(node)) {
                continue;
            }
            // What is declared of another receiver is no slip of this one's.
            let is_anothers = |node: &Node| others().filter_map(|other| other.settings.get(name)).any(|own| own.as_str() == node.as_str());
            written.retain(|node| !is_anothers(node));
            let place = (self.settings.get(name).unwrap_or(value).span, format!("{path}.{name}"));
            // Several receivers may be of the kind: the one that is meant says nearly the same.
            let unlike = |node: &&&Node| strsim::damerau_levenshtein(node.as_str().unwrap_or(""), value.as_str().unwrap_or(""));
            if let Some(node) = written.iter().min_by_key(unlike) {
                let message =
                    format!("the `{name}` of {} is {} here, and {} in the manifest", self.kind, node.describe(), value.describe());
                both(found, (node.span, "receivers".to_owned()), place, &message);
            } else if !is_global(config, name) && name.ends_with("_file") {
                let message =
                    format!("the manifest reads `{name}` of {} from {}, and no receiver here has it", self.kind, value.describe());
                both(found, (first.span, "receivers".to_owned()), place, &message);
            }
        }
        self.routes((manifest, config), path, context, found);
    }

    /// Whether a route for the severity leads to such an integration.
    fn routes(&self, (manifest, config): (&Node, &Alertmanager<'_>), path: String, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let asks = |matcher: &Matcher<'_>| {
            // The two others are no severities.
            let is_positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matches!(self.who, "default" | "watchdog");
            is_positive && matcher.label == "severity" && matcher.takes(self.who, full_match) == Some(true)
        };
        // One that names alerts takes those of a severity alone that it names, and one for a team those of that team.
        let team = manifest.at(["service", "team"]).and_then(Node::as_str);
        let names = |route: &&Route<'_>| {
            let is_foreign =
                |matcher: &Matcher<'_>| matcher.label == "team" && team.is_some_and(|team| matcher.takes(team, full_match) == Some(false));
            route.matchers.iter().any(|matcher| matcher.label == "alertname" || is_foreign(matcher))
        };
        let to: Vec<&Node> = config
            .routes()
            .into_iter()
            .filter(|route| !names(route) && route.matchers.iter().any(asks))
            .filter_map(|route| route.receiver)
            .collect();
        let notifies = |name: &&Node| {
            let receiver = config.receivers.iter().find(|receiver| receiver.name.as_str() == name.as_str());
            receiver.is_none_or(|receiver| receiver.integrations().any(|(list, ..)| self.lists.contains(&list)))
        };
        if let Some(first) = to.first().filter(|_| !to.iter().any(notifies)) {
            let message =
                format!("alerts of the severity `{}` go to {}, and the manifest tells them by {}", self.who, first.describe(), self.kind);
            both(found, (first.span, "route".to_owned()), (self.key.span, path), &message);
        } else if to.is_empty() {
            self.unrouted(config, path, context, found);
        }
    }

    /// Whether an alert of the service and of this severity ends where those of another one are told, on a route below.
    fn ends(&self, others: &[&str], manifest: &Node, config: &Alertmanager<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let service = manifest.get("service").and_then(|service| service.get("name")).and_then(Node::as_str);
        let is_own = |alert: &&Alert<'_>| {
            alert.value("severity", context).as_deref() == Some(self.who) && alert.value("service", context).as_deref() == service
        };
        for alert in alerts(context).iter().filter(is_own).filter(|alert| !alert.is_watchdog()) {
            let Some(ends) = alert.delivered(config, context) else { continue };
            let decided = |matcher: &Matcher<'_>| matcher.label == "alertname";
            let told = |end: &Delivery<'_, '_>| {
                let receiver = config.receivers.iter().find(|receiver| receiver.name.as_str() == end.receiver.and_then(Node::as_str));
                receiver.is_none_or(|receiver| receiver.integrations().any(|(list, ..)| self.lists.contains(&list)))
            };
            // A team may have a way of its own.
            let of_others = |end: &Delivery<'_, '_>| {
                let is_same = |route: &&Route<'_>| route.receiver.and_then(Node::as_str) == end.receiver.and_then(Node::as_str);
                let asks = |matcher: &Matcher<'_>| {
                    matcher.label == "severity" && matcher.op == MatchOp::Equal && others.contains(&matcher.value.as_str())
                };
                config.routes().into_iter().filter(is_same).any(|route| route.matchers.iter().any(asks))
            };
            if !ends.iter().any(of_others) {
                continue;
            }
            if ends.iter().any(|end| told(end) || end.route.matchers.iter().any(decided)) {
                continue;
            }
            // Those before it let it go on.
            let Some((place, end)) = ends.last().and_then(|end| Some((end.receiver?, end))) else { continue };
            let message = format!(
                "`{}` is of the severity `{}` and ends at {} here, and the manifest tells that by {}",
                alert.rule.name(),
                self.who,
                place.describe(),
                self.kind
            );
            let path = format!("routing.receivers.{}.{}", self.who, self.kind);
            both(found, (place.span, format!("{}.receiver", end.route.path)), (self.key.span, path), &message);
            return;
        }
    }

    /// Whether what no route takes is told in the way that the manifest wants.
    fn is_told_at_the_root(&self, config: &Alertmanager<'_>) -> bool {
        let Some(name) = config.route.as_ref().and_then(|root| root.receiver) else { return true };
        config.receivers.iter().find(|receiver| receiver.name.as_str() == name.as_str()).is_none_or(|receiver| self.is_told_by(receiver))
    }

    /// Whether a receiver notifies in the way that the manifest wants.
    fn is_told_by(&self, receiver: &Receiver<'_>) -> bool {
        let says = |node: &Node| {
            let mut settings = self.settings.entries().filter(|(_, _, value)| value.as_scalar().is_some());
            settings.all(|(name, _, value)| node.get(name).is_none_or(|own| own.as_str() == value.as_str()))
        };
        receiver.integrations().any(|(list, _, node)| self.lists.contains(&list) && says(node))
    }

    /// Whether an alert of this severity ends there, by whatever routes ask of it.
    fn is_told_anyway(&self, config: &Alertmanager<'_>, context: &Context<'_>) -> bool {
        let is_own = |alert: &&Alert<'_>| alert.value("severity", context).as_deref() == Some(self.who) && !alert.is_watchdog();
        let is_told = |end: &Delivery<'_, '_>| {
            let name = end.receiver.and_then(Node::as_str);
            config.receivers.iter().any(|receiver| receiver.name.as_str() == name && self.is_told_by(receiver))
        };
        let all = alerts(context);
        let mut own = all.iter().filter(is_own);
        own.any(|alert| alert.delivered(config, context).is_some_and(|ends| ends.iter().any(is_told)))
    }

    /// Whether routes ask for other severities, and none for this one.
    fn unrouted(&self, config: &Alertmanager<'_>, path: String, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if matches!(self.who, "default" | "watchdog") {
            return;
        }
        let of_severity = |matcher: &&Matcher<'_>| matcher.label == "severity";
        let routes = config.routes();
        let mut asked = routes.iter().flat_map(|route| &route.matchers).filter(of_severity).peekable();
        let Some(first) = asked.peek().map(|matcher| matcher.node.span) else { return };
        if asked.any(|matcher| matcher.takes(self.who, full_match) != Some(false))
            || self.is_told_at_the_root(config)
            || self.is_told_anyway(config, context)
        {
            return;
        }
        let message = format!("the manifest names a receiver for the severity `{}`, and no route here asks for it", self.who);
        both(found, (first, "route".to_owned()), (self.key.span, path), &message);
    }
}

/// Severities of a manifest's alerts that it names no receiver for, while it names one for a severity that no alert has.
fn untold(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(receivers) = root.get("routing").and_then(|routing| routing.get("receivers")) else { return };
    let mut used: Vec<&str> = Vec::new();
    let told: Vec<&str> = receivers.entries().map(|(name, ..)| name).collect();
    used.extend(root.entries_of("alerts").flat_map(|(_, _, alert)| severities(alert)).filter_map(Node::as_str));
    for (name, _, alert) in root.entries_of("alerts") {
        for node in severities(alert) {
            // What several alerts say is said of the receiver.
            let Some(text) = node.as_str().filter(|text| used.iter().filter(|other| *other == text).count() < 2) else { continue };
            let near = told
                .iter()
                .find(|other| text.len() > 2 && **other != text && (is_slip_of_value(text, other) || is_slip_of_value(other, text)));
            if let Some(meant) = near.filter(|_| !told.contains(&text)) {
                let message = format!("no receiver is for the severity {}, and one is for `{meant}`", node.describe());
                let path = format!("alerts.{name}.severity");
                found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
            }
        }
    }
    let others = context.queries.iter().filter_map(|query| query.rule()?.label("severity")?.as_str());
    let all: Vec<&str> = others.chain(used.iter().copied()).collect();
    let Some(missing) = used.iter().find(|severity| receivers.get(severity).is_none()) else { return };
    for (name, key, _) in receivers.entries().filter(|(name, ..)| !all.contains(name)) {
        let message = format!("no alert is of the severity `{name}`, and those of `{missing}` have no receiver");
        found.push(META.finding(key.span, message).path("routing.receivers").help("name the severity that the alerts have"));
    }
}

/// The severity of an alert, or those of its tiers.
fn severities(alert: &Node) -> impl Iterator<Item = &Node> {
    let severity = alert.get("severity");
    let tiers = severity.into_iter().flat_map(Node::entries).map(|(_, _, tier)| tier);
    severity.into_iter().chain(tiers)
}

/// Whether a setting may come from the global ones.
fn is_global(config: &Alertmanager<'_>, name: &str) -> bool {
    config.root.entries_of("global").any(|(global, ..)| global.ends_with(name.trim_end_matches("_file")) || global.ends_with(name))
}

fn both(found: &mut Vec<Diagnostic>, here: (Span, String), there: (Span, String), message: &str) {
    let help = "make the two say the same";
    found.push(META.finding(here.0, message).path(here.1).related(there.0, "the manifest").help(help));
    let message = message.replace(" here", " in the configuration");
    found.push(META.finding(there.0, message).path(there.1).related(here.0, "the configuration").help(help));
}

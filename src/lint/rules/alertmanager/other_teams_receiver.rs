//! Routes that lead the alerts of one team to another's receiver.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{MatchOp, Receiver};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A route takes the alerts of one team, and leads them to a receiver that is called after another, while the first has one of its
    /// own. Or a receiver reads the key that is called after another one, as that does.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: slack-platform
    ///   routes:
    ///     - { receiver: slack-platform, matchers: ['team="web"'] }
    ///     - { receiver: slack-platform, matchers: ['team="platform"'] }
    /// receivers:
    ///   - { name: slack-platform, slack_configs: [{ channel: "#platform", api_url_file: /etc/slack }] }
    ///   - { name: slack-web, slack_configs: [{ channel: "#web", api_url_file: /etc/slack }] }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route:
    ///   receiver: slack-platform
    ///   routes:
    ///     - { receiver: slack-web, matchers: ['team="web"'] }
    ///     - { receiver: slack-platform, matchers: ['team="platform"'] }
    /// receivers:
    ///   - { name: slack-platform, slack_configs: [{ channel: "#platform", api_url_file: /etc/slack }] }
    ///   - { name: slack-web, slack_configs: [{ channel: "#web", api_url_file: /etc/slack }] }
    /// ```
    OtherTeamsReceiver, "other-teams-receiver", Warning
}

/// The words of a name.
fn words(name: &str) -> BTreeSet<String> {
    name.to_lowercase().split(['-', '_', '/', '.', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Files of keys that are called after another receiver, which reads the same one.
fn keys(receivers: &[Receiver<'_>], found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(&str, &str), Vec<Key<'_>>> = HashMap::default();
    for (index, receiver) in receivers.iter().enumerate() {
        let Some(name) = receiver.name.as_str() else { continue };
        for (list, place, node) in receiver.integrations() {
            for (key, _, value) in node.entries().filter(|(key, ..)| key.ends_with("_file")) {
                let Some(file) = value.as_str() else { continue };
                seen.entry((list, file)).or_default().push(Key {
                    name,
                    node: value,
                    path: format!("receivers[{index}].{list}[{place}].{key}"),
                });
            }
        }
    }
    let mut shared: Vec<_> = seen.into_iter().filter(|(_, keys)| keys.len() > 1).collect();
    shared.sort_unstable_by_key(|((_, file), keys)| (keys[0].node.span.start, *file));
    for ((_, file), keys) in shared {
        let called = words(file.rsplit('/').next().unwrap_or(file));
        for own in &keys {
            let ours = words(own.name);
            // What tells the two apart is in the name of the file, and it is the other one's.
            let is_called_after = |other: &&Key<'_>| {
                let theirs = words(other.name);
                let apart = |all: &BTreeSet<String>, but: &BTreeSet<String>| -> Vec<String> {
                    all.difference(but).filter(|word| !OF_SERVICES.contains(&word.as_str())).cloned().collect()
                };
                let (of_theirs, of_ours) = (apart(&theirs, &ours), apart(&ours, &theirs));
                let is_theirs = !of_theirs.is_empty() && of_theirs.iter().all(|word| called.contains(word));
                is_theirs && !of_ours.is_empty() && !of_ours.iter().any(|word| called.contains(word))
            };
            if let Some(other) = keys.iter().find(is_called_after) {
                let message = format!(
                    "`{}` reads {}, which is the key of `{}`: both tell the same people",
                    own.name,
                    own.node.describe(),
                    other.name
                );
                let finding = META.finding(own.node.span, message).path(own.path.clone());
                found.push(finding.related(other.node.span, "the other one").help("give it a key of its own"));
            }
        }
    }
}

/// Words for services that notify people, which say nothing of whom.
const OF_SERVICES: &[&str] = &[
    "slack",
    "pagerduty",
    "pager",
    "pd",
    "opsgenie",
    "webhook",
    "mail",
    "email",
    "teams",
    "discord",
    "telegram",
    "chat",
    "oncall",
    "default",
];

/// A file of a key, and who reads it.
struct Key<'a> {
    name: &'a str,
    node: &'a Node,
    path: String,
}

impl Rule for OtherTeamsReceiver {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        keys(&view.config.receivers, found);
        let routes = view.config.routes();
        let team = |matcher: &crate::formats::alertmanager::Matcher<'_>| {
            (matcher.label == "team" && matcher.op == MatchOp::Equal && !matcher.value.is_empty()).then(|| matcher.value.to_lowercase())
        };
        let teams: BTreeSet<String> = routes.iter().flat_map(|route| &route.matchers).filter_map(team).collect();
        if teams.len() < 2 {
            return;
        }
        // The first receiver that is called by each word.
        let mut names: HashMap<String, &str> = HashMap::default();
        for name in view.config.receivers.iter().filter_map(|receiver| receiver.name.as_str()) {
            for word in words(name) {
                names.entry(word).or_insert(name);
            }
        }
        for route in routes {
            let Some((node, name)) = route.receiver.and_then(|node| Some((node, Node::as_str(node)?))) else { continue };
            let Some(own) = route.matchers.iter().find_map(team) else { continue };
            let called = words(name);
            let other = called.iter().find(|word| teams.contains(*word)).filter(|_| !called.contains(&own));
            if let (Some(other), Some(meant)) = (other, names.get(&own)) {
                let message = format!("alerts of the team `{own}` go to {}, which is called after `{other}`", node.describe());
                found.push(
                    META.finding(node.span, message).path(format!("{}.receiver", route.path)).help(format!("did you mean `{meant}`?")),
                );
            }
        }
    }
}

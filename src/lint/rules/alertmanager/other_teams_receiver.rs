//! Routes that lead the alerts of one team to another's receiver.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::MatchOp;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A route takes the alerts of one team, and leads them to a receiver that is called after another, while the first has one of its
    /// own.
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

impl Rule for OtherTeamsReceiver {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let routes = view.config.routes();
        let team = |matcher: &crate::formats::alertmanager::Matcher<'_>| {
            (matcher.label == "team" && matcher.op == MatchOp::Equal && !matcher.value.is_empty()).then(|| matcher.value.to_lowercase())
        };
        let teams: BTreeSet<String> = routes.iter().flat_map(|route| &route.matchers).filter_map(team).collect();
        if teams.len() < 2 {
            return;
        }
        let words = |name: &str| -> BTreeSet<String> { name.to_lowercase().split(['-', '_', '/', '.', ' ']).map(str::to_owned).collect() };
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

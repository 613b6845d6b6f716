//! Receivers that no route leads to.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A receiver notifies somebody, and no route leads to it: whoever waits there waits for ever.
    ///
    /// A receiver without integrations is left alone: nobody waits at it.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager }, { name: chat, webhook_configs: [{ url: "http://chat:8000" }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ receiver: chat, matchers: ['severity="info"'] }] }
    /// receivers: [{ name: pager }, { name: chat, webhook_configs: [{ url: "http://chat:8000" }] }]
    /// ```
    UnusedReceiver, "unused-receiver", Warning
}

impl Rule for UnusedReceiver {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let used: Vec<&str> = view.config.routes().iter().filter_map(|route| route.receiver?.as_str()).collect();
        if used.is_empty() {
            return;
        }
        for receiver in view.config.receivers.iter().filter(|receiver| receiver.has_integrations) {
            let Some(name) = receiver.name.as_str().filter(|name| !used.contains(name)) else { continue };
            found.push(
                META.finding(receiver.name.span, format!("no route leads to the receiver `{name}`"))
                    .path("receivers")
                    .help("lead a route to it, or remove it"),
            );
        }
    }
}

//! Routes to receivers that are not there.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A route names a receiver that the configuration does not have, or the root names none: Alertmanager does not start.
    ///
    /// A list `receivers` that the file does not have at all is taken to be in another one.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pagr }
    /// receivers: [{ name: pager }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager }]
    /// ```
    UndefinedReceiver, "undefined-receiver", Error
}

impl Rule for UndefinedReceiver {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        if !view.view.complete || config.root.get("receivers").is_none() {
            return;
        }
        if let Some((root, key)) = config.route.as_ref().filter(|root| root.receiver.is_none()).zip(config.root.entry("route")) {
            found.push(META.finding(key.0.span, "the root route has no receiver").path(root.path.clone()).help("add `receiver:`"));
        }
        let names: Vec<&str> = config.receivers.iter().filter_map(|receiver| receiver.name.as_str()).collect();
        for route in config.routes() {
            let Some((node, name)) = route.receiver.and_then(Node::with_str) else { continue };
            if names.contains(&name) || name.is_empty() || name.contains("{{") || name.contains("${") {
                continue;
            }
            let help = did_you_mean(name, names.iter().copied())
                .map_or_else(|| "add it under `receivers:`".to_owned(), |meant| format!("did you mean `{meant}`?"));
            found.push(
                META.finding(node.span, format!("no receiver is named `{name}`")).path(format!("{}.receiver", route.path)).help(help),
            );
        }
    }
}

//! Pages that are never taken back.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A receiver that opens incidents has `send_resolved: false`: every incident stays open until somebody closes it by hand, and
    /// the next alert of the kind is taken for the old one.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager, pagerduty_configs: [{ routing_key_file: /key, send_resolved: false }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager }
    /// receivers: [{ name: pager, pagerduty_configs: [{ routing_key_file: /key }] }]
    /// ```
    PagingNotResolved, "paging-not-resolved", Warning
}

const INCIDENTS: &[&str] =
    &["pagerduty_configs", "opsgenie_configs", "victorops_configs", "incidentio_configs", "jira_configs", "slack_configs", "email_configs"];

impl Rule for PagingNotResolved {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            let quiet = receiver
                .name
                .as_str()
                .is_some_and(|name| ["watchdog", "deadman", "heartbeat"].iter().any(|word| name.to_lowercase().contains(word)));
            for (list, place, node) in receiver.integrations().filter(|(list, ..)| INCIDENTS.contains(list) && !quiet) {
                // Chat and mail leave it out by default, which is a matter of taste; for them only a contradiction counts.
                let chat = matches!(list, "slack_configs" | "email_configs");
                let reads_status = node
                    .entries()
                    .any(|(_, _, value)| value.as_str().is_some_and(|text| text.contains(".Alerts.Resolved") || text.contains(".Status")));
                let Some(flag) = node.get("send_resolved").filter(|flag| flag.as_bool() == Some(false)) else { continue };
                if chat && !reads_status {
                    continue;
                }
                let _: &Node = node;
                let message = if chat {
                    "the text says whether it is resolved, and nothing is sent then"
                } else {
                    "incidents that it opens are never closed"
                };
                found.push(
                    META.finding(flag.span, message)
                        .path(format!("receivers[{index}].{list}[{place}].send_resolved"))
                        .help("remove the line, or say `true`"),
                );
            }
        }
    }
}

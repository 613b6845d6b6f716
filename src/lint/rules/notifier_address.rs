//! Receivers whose address is another program's.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::hosts::{host, is_own};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A webhook leads back to Alertmanager or to Prometheus, to an exporter, or to this machine while the rest of the set is reached by
    /// name: nobody there takes notifications.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, webhook_configs: [{ url: "http://alertmanager:9093/api/v2/alerts" }] }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web }
    /// receivers: [{ name: web, webhook_configs: [{ url: "http://tickets:8000/alerts" }] }]
    /// ```
    NotifierAddress, "notifier-address", Warning
}

const PROGRAMS: &[(&str, &str)] = &[
    ("9090", "Prometheus"),
    ("9093", "Alertmanager"),
    ("9094", "Alertmanager's cluster"),
    ("9115", "the blackbox exporter"),
    ("9100", "the node exporter"),
    ("4317", "OTLP over gRPC"),
    ("4318", "OTLP over HTTP"),
];

/// Domains of services, with the receivers that are for them.
const SERVICES: &[(&str, &str)] = &[
    ("pagerduty.com", "pagerduty_configs"),
    ("opsgenie.com", "opsgenie_configs"),
    ("slack.com", "slack_configs"),
    ("telegram.org", "telegram_configs"),
];

fn is_of(url: &str, domain: &str) -> bool {
    host(url).strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Rule for NotifierAddress {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let scraped: Vec<&str> = context
            .world
            .prometheus
            .iter()
            .flat_map(|config| &config.jobs)
            .flat_map(|job| &job.targets.addresses)
            .filter_map(|node| node.as_str())
            .collect();
        let named = scraped.iter().any(|address| !is_own(host(address)));
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            for (list, place, node) in receiver.integrations() {
                for key in ["url", "webhook_url", "api_url"] {
                    let Some((value, text)) = node.get_str(key) else { continue };
                    if let Some((owner, _)) = SERVICES.iter().find(|(domain, list_of)| {
                        is_of(text, domain) && *list_of != list && list != "webhook_configs" && !text.ends_with("/slack")
                    }) {
                        let message = format!("`{owner}` is another service than `{list}` is for");
                        found.push(
                            META.finding(value.span, message)
                                .path(format!("receivers[{index}].{list}[{place}].{key}"))
                                .help("write the address of that service, or use the receiver of this one"),
                        );
                        continue;
                    }
                    let unfinished = text
                        .strip_prefix("https://hooks.slack.com/services")
                        .filter(|rest| list == "slack_configs" && rest.split('/').filter(|part| !part.is_empty()).count() < 3);
                    if unfinished.is_some_and(|rest| !rest.contains(['$', '{', '<'])) {
                        let finding = META.finding(value.span, "a webhook of Slack has three parts behind `services`");
                        found.push(finding.path(format!("receivers[{index}].{list}[{place}].{key}")).help("write the whole address"));
                        continue;
                    }
                    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next().unwrap_or("");
                    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
                    let program = PROGRAMS.iter().find(|(known, _)| *known == port).map(|(_, program)| (*program).to_owned());
                    let program = program.filter(|_| list == "webhook_configs");
                    let here = is_own(host) && named && list == "webhook_configs";
                    let trusts = node.get("http_config").is_some_and(|config| config.get("tls_config").is_some());
                    let is_secret = text.starts_with("https://") && !host.is_empty() && !host.contains(['.', ':', '[', '{', '$', '<']);
                    let message = match program {
                        None if is_secret && !trusts => {
                            format!("no authority certifies a host called `{host}`, so Alertmanager refuses its certificate")
                        }
                        Some(program) => format!("port {port} is {program}, which takes no notifications"),
                        None if here => format!("`{host}` is Alertmanager itself where it runs in a container"),
                        None => continue,
                    };
                    found.push(META.finding(value.span, message).path(format!("receivers[{index}].{list}[{place}].{key}")).help(
                        if is_secret {
                            "write `http://`, or name the authority in `http_config.tls_config`"
                        } else {
                            "write the address of the program that takes notifications"
                        },
                    ));
                }
            }
        }
    }
}

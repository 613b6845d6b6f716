//! Receivers whose address is another program's.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::words::hosts::{host, is_own};
use crate::source::Node;

rule! {
    /// A webhook leads back to Alertmanager or to Prometheus, to an exporter, or to this machine while the rest of the set is reached by
    /// name: nobody there takes notifications. Or an address of a service lacks the path that it takes them at.
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

/// Domains of services that take their own format alone, and what to do.
const WEBHOOKS: &[(&str, &str)] = &[
    ("events.pagerduty.com", "use `pagerduty_configs`"),
    ("api.opsgenie.com", "use `opsgenie_configs`"),
    ("api.telegram.org", "use `telegram_configs`"),
    ("hooks.slack.com", "use `slack_configs`"),
    ("discord.com", "use `discord_configs`"),
    ("webhook.office.com", "use `msteams_configs`"),
    ("logic.azure.com", "use `msteamsv2_configs`"),
];

/// Addresses of services that stand under `global`, with the host and the path of what takes notifications.
const GLOBAL: &[(&str, &str, &str, &str)] = &[
    ("pagerduty_url", "pagerduty.com", "events", "/v2/enqueue"),
    ("opsgenie_api_url", "opsgenie.com", "api", "/"),
    ("telegram_api_url", "telegram.org", "api", "/"),
    ("victorops_api_url", "victorops.com", "alert", "/integrations/generic/20131114/alert"),
];

/// Addresses that all receivers share.
fn of_all(global: &Node, found: &mut Vec<Diagnostic>) {
    for (key, domain, name, path) in GLOBAL {
        let Some((node, text)) = global.get_str(key).filter(|(_, text)| is_of(text, domain) && !text.contains(['$', '{'])) else {
            continue;
        };
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let given = rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'));
        let of_name = host(text).split('.').next() == Some(name);
        if !of_name || given != path.trim_end_matches('/') {
            let finding = META.finding(node.span, format!("{} takes no notifications", node.describe())).path(format!("global.{key}"));
            found.push(finding.help(format!("leave it out: the default is `https://{name}.…{domain}{path}`")));
        }
    }
}

/// Addresses of integrations that are for another, or of another part of their service.
fn misplaced(list: &str, node: &Node) -> Option<(&'static str, String, &'static str)> {
    let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.contains(['$', '{', '<'])).unwrap_or("");
    let path = |text: &str| text.split_once("://").and_then(|(_, rest)| Some(rest[rest.find('/')?..].to_owned())).unwrap_or_default();
    match list {
        "pagerduty_configs" if is_of(text("url"), "pagerduty.com") && path(text("url")).contains("/change/") => {
            Some(("url", "changes are taken there, and no alerts".to_owned(), "leave `url` out"))
        }
        "pagerduty_configs" if host(text("url")) == "events.pagerduty.com" && path(text("url")).trim_matches('/').is_empty() => {
            Some(("url", "events are taken at `/v2/enqueue`, and nothing is put behind this".to_owned(), "leave `url` out"))
        }
        "msteams_configs"
            if host(text("webhook_url")).ends_with("logic.azure.com") || host(text("webhook_url")).ends_with("powerplatform.com") =>
        {
            Some(("webhook_url", "a workflow takes cards, which `msteamsv2_configs` send".to_owned(), "use `msteamsv2_configs`"))
        }
        "msteamsv2_configs" if host(text("webhook_url")).ends_with("webhook.office.com") => Some((
            "webhook_url",
            "a connector takes messages, which `msteams_configs` send".to_owned(),
            "use `msteams_configs`, or a workflow",
        )),
        "jira_configs"
            if is_of(text("api_url"), "atlassian.net")
                && ["/browse", "/issues", "/projects", "/jira"].iter().any(|part| path(text("api_url")).starts_with(part)) =>
        {
            Some(("api_url", "this is a page for people".to_owned(), "write the site alone, as `https://name.atlassian.net`"))
        }
        "telegram_configs" if is_of(text("api_url"), "telegram.org") && path(text("api_url")).len() > 1 => Some((
            "api_url",
            "the token and the method are put behind it, and so are there twice".to_owned(),
            "write `https://api.telegram.org`",
        )),
        "webhook_configs" => {
            let (domain, receiver) = WEBHOOKS.iter().find(|(domain, _)| is_of(text("url"), domain))?;
            let takes = format!("`{domain}` takes what is written for it, and not what Alertmanager sends to a webhook");
            Some(("url", takes, receiver))
        }
        "slack_configs" if is_of(text("api_url"), "discord.com") && !path(text("api_url")).trim_end_matches('/').ends_with("/slack") => {
            let message = "Discord takes the format of Slack only below `/slack`".to_owned();
            Some(("api_url", message, "write `…/slack`, or use `discord_configs`"))
        }
        "slack_configs" if is_of(text("api_url"), "slack.com") && path(text("api_url")).starts_with("/api/") => {
            let config = node.get("http_config");
            let keys = ["authorization", "bearer_token", "bearer_token_file", "oauth2"];
            let signed = keys.iter().any(|key| config.is_some_and(|config| config.get(key).is_some()));
            let token = ["app_token", "app_token_file"].iter().any(|key| node.get(key).is_some());
            let message = "the API of Slack takes only what is sent with a token".to_owned();
            (!signed && !token).then_some(("api_url", message, "add `http_config: { authorization: { credentials_file: … } }`"))
        }
        "sns_configs" => {
            let arn = text("topic_arn");
            let parts: Vec<&str> = arn.split(':').collect();
            let region = node.get("sigv4").and_then(|sigv4| sigv4.get("region")).and_then(Node::as_str).unwrap_or("");
            match parts.as_slice() {
                ["arn", _, service, ..] if *service != "sns" => {
                    Some(("topic_arn", format!("this is of `{service}`, and no topic of SNS"), "name a topic"))
                }
                ["arn", _, _, own, ..] if !region.is_empty() && !region.contains('$') && *own != region => {
                    Some(("topic_arn", format!("the topic is in `{own}`, and `{region}` is asked"), "write one region"))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

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
        if let Some(global) = view.config.root.get("global") {
            of_all(global, found);
        }
        let named = scraped.iter().any(|address| !is_own(host(address)));
        for (index, receiver) in view.config.receivers.iter().enumerate() {
            for (list, place, node) in receiver.integrations() {
                if let Some((key, message, help)) = misplaced(list, node) {
                    let place_of = node.get(key).unwrap_or(node);
                    found.push(META.finding(place_of.span, message).path(format!("receivers[{index}].{list}[{place}].{key}")).help(help));
                    continue;
                }
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

//! What a module expects, beside the targets that it is used for.

use super::request::named_host;
use super::{META, flag, on};
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::probes::Probe;
use crate::lint::rule::Section;
use crate::lint::words::anchored::full_match;
use crate::lint::words::hosts::{self, host, is_domain};
use crate::source::Node;

pub(super) fn beside_targets(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let Some(http) = probe.section() else { return };
    let targets: Vec<&str> = probe.targets().map(|(_, text)| text).collect();
    if targets.is_empty() {
        return;
    }
    let mut report = Section::new(&META, format!("modules.{}.http", probe.module.name()), found);
    let mut target = None;
    let secure = targets.iter().filter(|target| target.starts_with("https://")).count();
    if let Some(node) = on(http, "fail_if_ssl").filter(|_| secure > 0) {
        let message = format!("`{}` probes over TLS, which this module fails", probe.job.name());
        report.add(Level::Error, node, "fail_if_ssl", message, "use `fail_if_not_ssl`, or another module");
        let over_tls = probe.targets().find(|(_, target)| target.starts_with("https://"));
        target = over_tls.map(|(place, _)| (place, node, "over TLS"));
    }
    let redirected = flag(http, "follow_redirects") != Some(false);
    // Without a scheme the exporter asks without TLS, too.
    let plainly = || probe.targets().find(|(_, target)| !target.starts_with("https://"));
    if let (Some(node), Some((place, _)), false) = (on(http, "fail_if_not_ssl"), plainly(), redirected) {
        target = Some((place, node, "without TLS"));
    }
    if let Some(node) = on(http, "fail_if_not_ssl").filter(|_| secure == 0 && !redirected) {
        let message = format!("`{}` probes without TLS, which this module fails", probe.job.name());
        report.add(Level::Error, node, "fail_if_not_ssl", message, "probe `https://` targets, or use another module");
    }
    if let Some(node) = on(http, "fail_if_not_ssl").filter(|_| secure == 0 && redirected) {
        let message = format!("`{}` probes without TLS, which this module fails unless it is led elsewhere", probe.job.name());
        report.add(Level::Warning, node, "fail_if_not_ssl", message, "probe `https://` targets, or use another module");
    }
    let local = targets.iter().all(|target| !is_domain(host(target)));
    if let Some(list) = http.get("valid_http_versions").filter(|list| {
        secure == 0
            && redirected
            && local
            && list.items().next().is_some()
            && !list.items().any(|v| v.as_str().is_some_and(|v| v.starts_with("HTTP/1")))
    }) {
        let message = format!("`{}` probes without TLS, and without it the exporter speaks HTTP/1.1 alone", probe.job.name());
        report.add(Level::Warning, list, "valid_http_versions", message, "add `HTTP/1.1`");
    }
    let plain = secure == 0 && !redirected;
    let versions = http.get("valid_http_versions").filter(|list| plain && list.items().next().is_some());
    if let Some(list) = versions.filter(|list| !list.items().any(|v| v.as_str().is_some_and(|v| v.starts_with("HTTP/1")))) {
        let message = format!("`{}` probes without TLS, and without it the exporter speaks HTTP/1.1 alone", probe.job.name());
        report.add(Level::Error, list, "valid_http_versions", message, "add `HTTP/1.1`");
    }
    if let Some((key, _)) = http.entry("tls_config").filter(|(_, tls)| plain && tls.entries().next().is_some()) {
        let message = format!("`{}` probes without TLS, so this is for nothing", probe.job.name());
        report.add(Level::Warning, key, "tls_config", message, "probe `https://` targets, or leave it out");
    }
    named_host(http, &targets, &mut report);
    if let Some(node) = to_itself(http, &targets) {
        let message = "a redirect of what is probed to its own address passes, and one to `https://` fails";
        report.add(Level::Warning, node, "fail_if_header_not_matches", message, "expect `^https://`");
    }
    let mut place_of_health = None;
    if let Some((list, (place, path))) = led_from_health(http, probe) {
        let message = format!("`{path}` is asked for, which answers by itself, and only a redirect counts here");
        report.add(Level::Warning, list, "valid_status_codes", message, "expect 200");
        place_of_health = Some((place, path, list));
    }
    let proxy = http.get_str("proxy_url");
    if let Some((node, _)) = proxy.filter(|(_, url)| !url.is_empty() && targets.iter().any(|target| hosts::are_one(target, url))) {
        let message = format!("{} is what is probed, and no way to it", node.describe());
        report.add(Level::Warning, node, "proxy_url", message, "name the proxy, or leave it out");
    }
    if let Some((place, setting, how)) = target {
        let message = format!("this is probed {how}, which the module `{}` fails", probe.module.name());
        let finding = META.finding(place.span, message).path("scrape_configs").related(setting.span, "the module");
        found.push(finding.help("correct the target, or use another module"));
    }
    if let Some((place, path, list)) = place_of_health {
        let message = format!("`{path}` answers by itself, and for the module `{}` only a redirect counts", probe.module.name());
        let finding = META.finding(place.span, message).path("scrape_configs").related(list.span, "the module");
        found.push(finding.help("use another module"));
    }
}

/// What pages are called that tell how a service is; the first ones are called so by nothing else.
const HEALTH: &[&str] = &["health", "healthz", "livez", "readyz", "liveness", "readiness", "live", "ready", "ping", "status"];

/// How many of them are called so by nothing else.
const SURE: usize = 6;

/// Statuses of redirects alone, where all that is asked for by TLS tells how a service is: that leads nowhere, unless the name of the
/// module says so or that somebody has to sign in.
fn led_from_health<'a>(http: &'a Node, probe: &Probe<'a>) -> Option<(&'a Node, (&'a Node, &'a str))> {
    const LED: &[&str] =
        &["auth", "login", "oauth", "sso", "redir", "redirect", "redirects", "redirected", "301", "302", "307", "308", "3xx"];
    let list = http.get("valid_status_codes")?;
    let led = |node: &Node| matches!(node.as_i64(), Some(301 | 302 | 303 | 307 | 308));
    let name = probe.module.name().to_lowercase();
    let is_meant = name.split(['_', '-', '.']).any(|word| LED.contains(&word));
    if flag(http, "follow_redirects") != Some(false) || is_meant || list.items().next().is_none() || !list.items().all(led) {
        return None;
    }
    let mut sure = None;
    for (place, target) in probe.targets() {
        let page = target.strip_prefix("https://")?.split(['?', '#']).next()?.trim_end_matches('/');
        let at = page.find('/')?;
        let word = HEALTH.iter().position(|word| page.rsplit('/').next() == Some(*word))?;
        if word < SURE {
            sure.get_or_insert((place, &page[at..]));
        }
    }
    Some((list, sure?))
}

/// A permanent redirect that every target passes which is led to its own address.
fn to_itself<'a>(http: &'a Node, targets: &[&str]) -> Option<&'a Node> {
    let codes: Vec<Option<i64>> = http.items_of("valid_status_codes").map(Node::as_i64).collect();
    if codes.is_empty() || !codes.iter().all(|code| matches!(code, Some(301 | 308))) {
        return None;
    }
    http.items_of("fail_if_header_not_matches").find_map(|item| {
        let is_location = item.get("header").and_then(Node::as_str).is_some_and(|name| name.eq_ignore_ascii_case("location"));
        let (node, pattern) = item.get_str("regexp").filter(|(_, text)| is_location && text.starts_with("^http://"))?;
        let itself = |target: &&str| target.starts_with("http://") && full_match(&format!("(?:{pattern}).*"), target) == Some(true);
        targets.iter().all(itself).then_some(node)
    })
}

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

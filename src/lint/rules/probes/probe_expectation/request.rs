//! What is asked, and of whom: the host, the method, the way there.

use super::headers::is_token;
use super::on;
use crate::diagnostic::{Level, did_you_mean};
use crate::formats::blackbox::Module;
use crate::lint::rule::Section;
use crate::lint::words::hosts::{host, is_domain};
use crate::source::Node;

/// The name that the certificate or the virtual host must have, against the hosts that are probed.
pub(super) fn named_host(http: &Node, targets: &[&str], report: &mut Section<'_>) {
    let hosts: Vec<&str> = targets.iter().map(|target| host(target)).collect();
    if hosts.iter().any(|host| !is_domain(host)) {
        return;
    }
    let server = http.get("tls_config").and_then(|tls| tls.get("server_name")).map(|node| ("tls_config.server_name", node));
    let header = http.get("headers").and_then(|h| h.entries().find(|(name, ..)| name.eq_ignore_ascii_case("host")));
    for (key, node) in server.into_iter().chain(header.map(|(_, _, node)| ("headers.Host", node))) {
        let Some(name) = node.as_str().filter(|name| is_domain(name) && !name.contains(['$', '/', ':'])) else { continue };
        if !hosts.contains(&name) {
            let message = format!("none of the probed hosts is `{name}`, but `{}`", hosts[0]);
            report.add(Level::Warning, node, key, message, "write the host that is probed, or leave it out");
        }
    }
}

pub(super) fn method(module: &Module<'_>, http: &Node, report: &mut Section<'_>) {
    let node = http.get("method");
    let method = node.and_then(Node::as_str).unwrap_or("GET");
    let place = node.unwrap_or(http);
    let sends = http.get("body").or_else(|| http.get("body_file"));
    let reads = ["fail_if_body_matches_regexp", "fail_if_body_not_matches_regexp", "fail_if_body_json_matches_cel"];
    let reads = reads.into_iter().chain(["fail_if_body_json_not_matches_cel"]).find(|key| http.get(key).is_some());
    // Any word is a method, so only what looks like a slip is reported.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    if !is_token(method) {
        report.add(Level::Error, place, "method", format!("{} is no method", place.describe()), "use `GET`");
    } else if let Some(meant) = did_you_mean(method, known).filter(|_| !known.contains(&method)) {
        let help = format!("did you mean `{meant}`?");
        report.add(Level::Warning, place, "method", format!("{} is no method of HTTP", place.describe()), &help);
    }
    // Of the methods that others have defined (WebDAV and the like) servers know some.
    let elsewhere =
        ["PROPFIND", "REPORT", "SEARCH", "PURGE", "QUERY", "LINK", "UNLINK", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PRI", "PROPPATCH"];
    if is_token(method) && !known.contains(&method) && !elsewhere.contains(&method) && did_you_mean(method, known).is_none() {
        report.add(Level::Warning, place, "method", format!("{} is no method of HTTP", place.describe()), "use `GET`");
    }
    match method {
        "HEAD" if reads.is_some() => {
            let message = format!("the answer to HEAD has no body for `{}`", reads.unwrap_or_default());
            report.add(Level::Error, place, "method", message, "use `GET`");
        }
        "GET" | "HEAD" if sends.is_some() => {
            report.add(
                Level::Warning,
                sends.unwrap_or(place),
                "body",
                format!("servers ignore a body sent with {method}"),
                "use `method: POST`",
            );
        }
        "PUT" | "PATCH" | "DELETE" | "CONNECT" => {
            let message = format!("a probe with {method} changes what it looks at, every few seconds");
            report.add(Level::Warning, place, "method", message, "use `GET` or `HEAD`");
        }
        "POST" if sends.is_none() && !module.name().to_lowercase().contains("post") => {
            report.add(Level::Warning, place, "method", "a POST that sends nothing".to_owned(), "add a `body`, or use `GET`");
        }
        _ => {}
    }
}

/// The header that every answer to the probe must have, where no answer with one of the statuses has it.
pub(super) fn redirects(http: &Node, report: &mut Section<'_>) {
    let codes: Vec<i64> = http.items_of("valid_status_codes").filter_map(Node::as_i64).collect();
    let asks = matches!(http.get("method").and_then(Node::as_str).unwrap_or("GET"), "GET" | "HEAD");
    // What is created lies somewhere, too.
    if !asks || codes.iter().any(|code| (300..400).contains(code) || *code == 201) {
        return;
    }
    let required =
        http.items_of("fail_if_header_not_matches").filter(|item| item.get("allow_missing").and_then(Node::as_bool) != Some(true));
    let location =
        required.filter_map(|item| item.get("header")).find(|node| node.as_str().is_some_and(|n| n.eq_ignore_ascii_case("location")));
    if let Some(node) = location {
        let place = http.get("valid_status_codes").filter(|_| !codes.is_empty()).unwrap_or(node);
        let message = "only redirects have the header `Location`, and none of them counts here";
        report.add(Level::Warning, place, "valid_status_codes", message, "expect the redirect, as in `[301, 302]`, and do not follow it");
    }
}

pub(super) fn transport(http: &Node, report: &mut Section<'_>) {
    if let (Some(node), true) = (on(http, "fail_if_ssl"), on(http, "fail_if_not_ssl").is_some()) {
        report.add(Level::Error, node, "fail_if_ssl", "with TLS and without, the probe fails".to_owned(), "keep one of the two");
    }
    if let Some(node) = http.get("no_follow_redirects")
        && http.get("follow_redirects").is_some()
    {
        let message = "`no_follow_redirects` is deprecated, and wins over `follow_redirects`".to_owned();
        report.add(Level::Warning, node, "no_follow_redirects", message, "remove it");
    }
    let proxied = http.get("proxy_url").is_some() || on(http, "proxy_from_environment").is_some();
    if let Some(node) = on(http, "skip_resolve_phase_with_proxy").filter(|_| !proxied) {
        report.add(Level::Warning, node, "skip_resolve_phase_with_proxy", "no proxy is set".to_owned(), "add `proxy_url`, or remove it");
    }
    if let Some(node) = on(http, "fail_if_ssl").filter(|_| http.get("tls_config").is_some()) {
        report.add(
            Level::Warning,
            node,
            "fail_if_ssl",
            "the probe fails as soon as the TLS that is set up here works".to_owned(),
            "was `fail_if_not_ssl` meant?",
        );
    }
}

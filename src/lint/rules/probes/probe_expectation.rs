//! What HTTP probes expect and cannot get, or get whatever happens.

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::formats::blackbox::Module;
use crate::lint::anchored::full_match;
use crate::lint::context::Context;
use crate::lint::hosts::{self, host, is_domain};
use crate::lint::pattern::never_matches;
use crate::lint::probes::probes;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::BlackboxView;
use crate::source::Node;

rule! {
    /// What a blackbox module expects of an HTTP answer contradicts itself, what it asks for, or the targets it is used for; or it
    /// is so wide that every answer passes. Such a probe fails whatever the service does, or never.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, http: { valid_status_codes: [503] } } }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, http: { valid_status_codes: [200, 204] } } }
    /// ```
    ProbeExpectation, "probe-expectation", Warning up to Error
}

impl Rule for ProbeExpectation {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules.iter().filter(|module| module.prober() == "http") {
            let Some(http) = module.node.get("http") else { continue };
            let mut report = Section::new(&META, format!("modules.{}.http", module.name()), found);
            status(module, http, &mut report);
            versions(http, &mut report);
            method(module, http, &mut report);
            headers(http, &mut report);
            body(http, &mut report);
            sent(http, &mut report);
            expressions(http, &mut report);
            transport(http, &mut report);
            redirects(http, &mut report);
            impossible(http, &mut report);
            for (name, key, value) in http.entries().filter(|(name, ..)| name.starts_with("fail_if_")) {
                if value.is_null() || value.as_sequence().is_some_and(<[_]>::is_empty) {
                    report.add(
                        Level::Warning,
                        key,
                        name,
                        format!("`{name}` is empty, and so is not looked at"),
                        "say what is expected, or remove it",
                    );
                }
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context).into_iter().filter(|probe| probe.module.prober() == "http") {
            let Some(http) = probe.section() else { continue };
            let targets: Vec<&str> = probe.targets().map(|(_, text)| text).collect();
            if targets.is_empty() {
                continue;
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
            if let Some(node) = on(http, "fail_if_not_ssl").filter(|_| secure == 0 && !redirected) {
                target = probe.targets().next().map(|(place, _)| (place, node, "without TLS"));
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
    }
}

fn flag(node: &Node, key: &str) -> Option<bool> {
    node.get(key)?.as_bool()
}

fn on<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).filter(|value| value.as_bool() == Some(true))
}

/// The name that the certificate or the virtual host must have, against the hosts that are probed.
fn named_host(http: &Node, targets: &[&str], report: &mut Section<'_>) {
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

fn status(module: &Module<'_>, http: &Node, report: &mut Section<'_>) {
    let Some(list) = http.get("valid_status_codes") else { return };
    let key = "valid_status_codes";
    let codes: Vec<(&Node, i64)> = list.items().filter_map(|node| Some((node, node.as_i64()?))).collect();
    // `http_2xx`, `http_404`: what the name promises.
    let promised = module.name().split(['_', '-', '.']).find_map(|part| {
        let digits = part.strip_suffix("xx").or(Some(part).filter(|part| part.len() == 3))?;
        digits.parse::<i64>().ok().map(|number| if number < 10 { (number * 100, number * 100 + 99) } else { (number, number) })
    });
    let follows = flag(http, "follow_redirects") != Some(false) && flag(http, "no_follow_redirects") != Some(true);
    for (index, (node, code)) in codes.iter().enumerate() {
        let within = promised.is_some_and(|(low, high)| (low..=high).contains(code));
        if !(100..600).contains(code) {
            report.add(Level::Error, node, key, format!("no answer has the status {}", node.describe()), "use 100 to 599");
        } else if codes[..index].iter().any(|(_, other)| other == code) {
            report.add(Level::Warning, node, key, format!("{} is there twice", node.describe()), "was another status meant?");
        } else if matches!(code, 301 | 302 | 303 | 307 | 308) && follows {
            let message = format!("redirects are followed, so {} is never the last answer", node.describe());
            report.add(Level::Warning, node, key, message, "set `follow_redirects: false`, or expect what the redirect leads to");
        } else if *code >= 500 && !within {
            report.add(Level::Warning, node, key, format!("a server that fails with {} counts as well", node.describe()), "remove it");
        } else if promised.is_some() && !within {
            let message = format!("{} is not what the name `{}` promises", node.describe(), module.name());
            report.add(Level::Warning, node, key, message, "rename the module, or expect what its name says");
        }
    }
}

fn versions(http: &Node, report: &mut Section<'_>) {
    let Some(list) = http.get("valid_http_versions").filter(|list| list.items().next().is_some()) else { return };
    let has = |version: &str| list.items().any(|node| node.as_str() == Some(version));
    let key = "valid_http_versions";
    let modern = has("HTTP/1.1") || has("HTTP/2.0") || has("HTTP/3.0");
    if has("HTTP/3.0") && !has("HTTP/1.1") && !has("HTTP/2.0") {
        let message = "the exporter asks over HTTP/1.1 or HTTP/2, and no answer is of HTTP/3".to_owned();
        report.add(Level::Warning, list, key, message, "add `HTTP/1.1` and `HTTP/2.0`");
    } else if has("HTTP/1.0") && !modern {
        report.add(Level::Warning, list, key, "no server of today answers with HTTP/1.0 only".to_owned(), "add `HTTP/1.1` and `HTTP/2.0`");
    } else if has("HTTP/2.0") && !has("HTTP/1.1") && flag(http, "enable_http2") == Some(false) {
        report.add(Level::Error, list, key, "HTTP/2 is switched off, and nothing else is taken".to_owned(), "remove `enable_http2: false`");
    } else if has("HTTP/1.1") && !has("HTTP/2.0") && on(http, "fail_if_not_ssl").is_some() && flag(http, "enable_http2") != Some(false) {
        let message = "over TLS the exporter speaks HTTP/2 where the server can, which then fails".to_owned();
        report.add(Level::Warning, list, key, message, "add `HTTP/2.0`, or set `enable_http2: false`");
    }
}

fn method(module: &Module<'_>, http: &Node, report: &mut Section<'_>) {
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

/// Headers of answers that people ask for.
const HEADERS: &[&str] = &[
    "access-control-allow-origin",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "last-modified",
    "location",
    "permissions-policy",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

/// The header that every answer to the probe must have, where no answer with one of the statuses has it.
fn redirects(http: &Node, report: &mut Section<'_>) {
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

/// Patterns that match nothing, whatever the answer is.
fn impossible(http: &Node, report: &mut Section<'_>) {
    for (key, wanted) in [("not_matches", true), ("matches", false)] {
        let of_header = format!("fail_if_header_{key}");
        let of_body = format!("fail_if_body_{key}_regexp");
        let patterns = http.items_of(&of_header).filter_map(|item| item.get("regexp")).chain(http.items_of(&of_body));
        for (node, pattern) in patterns.filter_map(Node::with_str) {
            if let Some(why) = never_matches(pattern) {
                let effect = if wanted { "this always fails" } else { "this never fails" };
                let key = if http.items_of(&of_body).any(|own| std::ptr::eq(own, node)) { &of_body } else { &of_header };
                report.add(Level::Warning, node, key, format!("{} matches nothing, so {effect}: {why}", node.describe()), "correct it");
            }
        }
    }
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn headers(http: &Node, report: &mut Section<'_>) {
    let sent: Vec<(&str, &Node, &Node)> = http.entries_of("headers").collect();
    for (index, (name, key, value)) in sent.iter().enumerate() {
        if !is_token(name) {
            report.add(Level::Error, key, "headers", format!("`{name}` is no name of a header"), "use letters, digits and `-`");
        } else if sent[..index].iter().any(|(other, ..)| other.eq_ignore_ascii_case(name)) {
            report.add(Level::Warning, key, "headers", format!("the header `{name}` is there twice"), "remove one");
        } else if value.as_str().is_some_and(|text| text.contains(['\n', '\r'])) {
            report.add(
                Level::Error,
                value,
                "headers",
                format!("the header `{name}` has a line break, and nothing is sent"),
                "write it on one line",
            );
        } else if name.eq_ignore_ascii_case("accept-encoding") && http.get("compression").is_none() {
            let reads = http.entries().any(|(key, ..)| key.starts_with("fail_if_body"));
            if reads && value.as_str() != Some("identity") {
                let message = "the exporter does not unpack the body, so no pattern will match it".to_owned();
                report.add(Level::Warning, value, "headers", message, "set `compression:` as well");
            }
        }
    }
    for (_, _, value) in sent.iter().filter(|(name, ..)| name.eq_ignore_ascii_case("content-type")) {
        if value.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['/', '$', '{'])) {
            let message = format!("{} is no type of content", value.describe());
            report.add(Level::Warning, value, "headers", message, "write it as `application/json`");
        }
    }
    let accepted = sent.iter().find(|(name, ..)| name.eq_ignore_ascii_case("accept")).and_then(|(_, _, value)| value.as_str());
    for (key, wanted) in [("fail_if_header_matches", false), ("fail_if_header_not_matches", true)] {
        for item in http.items_of(key) {
            let (Some(name), Some(regexp)) = (item.get("header"), item.get("regexp")) else { continue };
            let dashed = name
                .as_str()
                .map(|text| text.replace('_', "-"))
                .filter(|text| text.eq_ignore_ascii_case("content-type") || text.eq_ignore_ascii_case("cache-control"));
            if let Some(meant) = dashed.as_deref().filter(|text| name.as_str() != Some(*text)) {
                report.add(
                    Level::Warning,
                    name,
                    key,
                    format!("no server sends a header {}", name.describe()),
                    &format!("did you mean `{meant}`?"),
                );
            }
            let written = name.as_str().unwrap_or("").to_lowercase();
            let meant = misspelt(&written, HEADERS).filter(|meant| {
                // What begins with `x-` is of somebody's own.
                written.len() > 5 && dashed.is_none() && written.starts_with("x-") == meant.starts_with("x-")
            });
            if let Some(meant) = meant.filter(|_| item.get("allow_missing").and_then(Node::as_bool) != Some(true)) {
                let message = format!("no server sends a header {}, and the probe fails without it", name.describe());
                report.add(Level::Warning, name, key, message, &format!("did you mean `{meant}`?"));
            }
            let of_requests = ["host", "accept", "accept-language", "authorization", "cookie", "referer", "user-agent", "if-none-match"];
            let always = item.get("allow_missing").and_then(Node::as_bool) != Some(true);
            if name.as_str().is_some_and(|name| of_requests.contains(&name.to_lowercase().as_str())) && always {
                let message = format!("{} is a header of requests, and no answer has it", name.describe());
                report.add(Level::Warning, name, key, message, "name a header of the answer, such as `Content-Type`");
            }
            if !name.as_str().is_some_and(|name| is_token(name) || name.is_empty()) {
                report.add(Level::Error, name, key, format!("{} is no name of a header", name.describe()), "use letters, digits and `-`");
            }
            let Some(pattern) = regexp.as_str() else { continue };
            if matches_anything(pattern) {
                let effect = if wanted { "so this never fails" } else { "so this always fails" };
                report.add(
                    Level::Warning,
                    regexp,
                    key,
                    format!("{} matches anything, {effect}", regexp.describe()),
                    "say what is expected",
                );
                continue;
            }
            let is_type = name.as_str().is_some_and(|name| name.eq_ignore_ascii_case("content-type"));
            let Some(types) = accepted.filter(|types| is_type && !types.contains('*')) else { continue };
            let may = types.split(',').any(|kind| {
                let kind = kind.split(';').next().unwrap_or("").trim();
                full_match(&format!(".*(?:{pattern}).*"), kind) != Some(false)
                    || full_match(&format!(".*(?:{pattern}).*"), &format!("{kind}; charset=utf-8")) != Some(false)
            });
            if may != wanted {
                let message = format!("`Accept: {types}` is asked for, and an answer of that kind fails");
                report.add(Level::Warning, regexp, key, message, "ask for what is expected");
            }
        }
    }
}

/// What is sent: a body that is not of the type that it is called, credentials without any, packed answers that are not asked for.
fn sent(http: &Node, report: &mut Section<'_>) {
    let header = |wanted: &str| {
        let all = http.entries_of("headers");
        all.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, _, node)| Some((node, node.as_str()?)))
    };
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let body = http.get_str("body").filter(|(_, text)| !text.contains("${") && !text.contains("{{"));
    if let (Some((node, kind)), Some((place, text))) = (header("content-type"), body) {
        let kind = kind.split(';').next().unwrap_or("").trim().to_lowercase();
        let is_object = text.trim_start().starts_with(['{', '[']) && is_json(text);
        if kind == "application/json" && !is_json(text) {
            report.add(Level::Warning, place, "body", "this is no JSON, and is sent as such", "correct it");
        } else if is_object && (kind.ends_with("xml") || kind == "application/x-www-form-urlencoded") {
            report.add(
                Level::Warning,
                node,
                "headers",
                format!("the body is JSON, and is sent as {}", node.describe()),
                "write `application/json`",
            );
        }
    }
    if let Some((node, text)) = header("authorization")
        && matches!(text.trim().to_lowercase().as_str(), "bearer" | "basic" | "token")
    {
        report.add(
            Level::Warning,
            node,
            "headers",
            format!("{} is followed by no credentials", node.describe()),
            "use `authorization:` with a file",
        );
    }
    let has_credentials =
        ["basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2"].iter().find(|key| http.get(key).is_some());
    let codes: Vec<&Node> = http.items_of("valid_status_codes").collect();
    if let (Some(key), [code]) = (has_credentials, codes.as_slice())
        && matches!(code.as_i64(), Some(401 | 403))
    {
        let message = format!("`{key}` is to be let in, and only a refusal counts");
        report.add(Level::Warning, code, "valid_status_codes", message, "expect `200`, or leave the credentials out");
    }
    let packed = http.get_str("compression").filter(|(_, text)| !text.is_empty());
    if let (Some((node, wanted)), Some((_, accepted))) = (packed, header("accept-encoding")) {
        let refused = |part: &str| part.split(';').nth(1).is_some_and(|weight| matches!(weight.trim(), "q=0" | "q=0.0"));
        let names =
            |part: &str| matches!(part.split(';').next().unwrap_or("").trim(), name if name.eq_ignore_ascii_case(wanted) || name == "*");
        if !accepted.split(',').any(|part| names(part) && !refused(part)) {
            let message =
                format!("`Accept-Encoding: {accepted}` does not ask for {}, and the exporter refuses the two together", node.describe());
            report.add(Level::Error, node, "compression", message, "name the same in both");
        }
    }
}

/// Expressions of CEL, as far as their signs tell.
fn expressions(http: &Node, report: &mut Section<'_>) {
    for key in ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"] {
        let Some((node, text)) = http.get_str(key) else { continue };
        // What stands in quotes is no part of the expression.
        let bare: String = text.split(['"', '\'']).step_by(2).collect::<Vec<_>>().join(" ");
        let bytes = bare.as_bytes();
        let single = bytes.iter().enumerate().any(|(at, byte)| {
            *byte == b'='
                && bytes.get(at + 1) != Some(&b'=')
                && !at.checked_sub(1).is_some_and(|at| matches!(bytes[at], b'=' | b'!' | b'<' | b'>'))
        });
        let reads = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "body");
        if single {
            report.add(Level::Error, node, key, "one `=` compares nothing", "write `==`");
        } else if !reads && !text.trim().is_empty() {
            report.add(Level::Error, node, key, "the answer is called `body` in this expression", "write it as `body.status == \"ok\"`");
        }
    }
}

fn matches_anything(pattern: &str) -> bool {
    matches!(pattern.trim(), "" | ".*" | "(.*)" | "^.*$" | ".+" | "^" | "$" | "^.*" | ".*$" | ".?" | "^$|.*")
}

/// Words of a page that say that all is well, and that it is not.
const GOOD: &[&str] = &["ok", "up", "healthy", "ready", "success", "successful", "pass", "passing", "alive", "available"];
const BAD: &[&str] =
    &["error", "errors", "fail", "failed", "failure", "down", "unhealthy", "exception", "unavailable", "maintenance", "fatal", "critical"];

fn body(http: &Node, report: &mut Section<'_>) {
    for (key, wanted) in [("fail_if_body_matches_regexp", false), ("fail_if_body_not_matches_regexp", true)] {
        for node in http.items_of(key) {
            let Some(pattern) = node.as_str() else { continue };
            if matches_anything(pattern) {
                let effect = if wanted { "so this never fails" } else { "so this always fails" };
                report.add(Level::Warning, node, key, format!("{} matches any page, {effect}", node.describe()), "say what is expected");
                continue;
            }
            if pattern.starts_with("^\"") && pattern.contains("\":") {
                let message = "no page starts with a key: JSON starts with a brace".to_owned();
                report.add(Level::Warning, node, key, message, "remove the `^`");
                continue;
            }
            let words: Vec<String> = pattern.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            if !wanted && says(GOOD) && !says(BAD) {
                let message = format!("the probe fails where the page says {}", node.describe());
                report.add(Level::Warning, node, key, message, "was `fail_if_body_not_matches_regexp` meant?");
            } else if wanted && says(BAD) && !says(GOOD) {
                let message = format!("the probe fails unless the page says {}", node.describe());
                report.add(Level::Warning, node, key, message, "was `fail_if_body_matches_regexp` meant?");
            }
        }
    }
    let small = http.get("body_size_limit").filter(|limit| {
        limit
            .as_str()
            .is_some_and(|text| text.ends_with('B') && text[..text.len() - 1].bytes().all(|b| b.is_ascii_digit()) && text.len() < 5)
    });
    if let Some(limit) = small {
        report.add(Level::Warning, limit, "body_size_limit", format!("no page fits into {}", limit.describe()), "write a size as `1MB`");
    }
}

fn transport(http: &Node, report: &mut Section<'_>) {
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

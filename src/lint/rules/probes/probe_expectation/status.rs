//! Statuses and versions of HTTP that are taken for good.

use super::{flag, on};
use crate::diagnostic::Level;
use crate::formats::blackbox::Module;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn status(module: &Module<'_>, http: &Node, report: &mut Section<'_>) {
    let Some(list) = http.get("valid_status_codes") else { return };
    let key = "valid_status_codes";
    let codes: Vec<(&Node, i64)> = list.items().filter_map(|node| Some((node, node.as_i64()?))).collect();
    // `http_2xx`, `http_404`: what the name promises.
    let promised = module.name().split(['_', '-', '.']).find_map(|part| {
        let digits = part.strip_suffix("xx").or(Some(part).filter(|part| part.len() == 3))?;
        digits.parse::<i64>().ok().map(|number| if number < 10 { (number * 100, number * 100 + 99) } else { (number, number) })
    });
    let turned_away = DENIED.iter().find(|word| module.name().to_lowercase().split(['_', '-', '.']).any(|part| part == **word));
    if let (Some(word), Some((node, _))) = (turned_away, codes.iter().find(|(_, code)| (200..300).contains(code))) {
        let message = format!("the name `{}` says `{word}`, and {} lets the caller in", module.name(), node.describe());
        report.add(Level::Warning, node, key, message, "expect 401 or 403, or rename the module");
    }
    let of_body = ["fail_if_body_not_matches_regexp", "fail_if_body_json_not_matches_cel"].iter().find_map(|key| http.entry(key));
    let is_led = !codes.is_empty() && codes.iter().all(|(_, code)| matches!(code, 301 | 302 | 303 | 307 | 308));
    if let Some((body, _)) = of_body.filter(|(_, list)| is_led && !list.is_null()) {
        let message = format!("an answer that leads elsewhere has no such body as `{}` asks for", body.as_str().unwrap_or(""));
        report.add(Level::Warning, list, key, message, "expect 200, or leave the body out");
    }
    let follows = flag(http, "follow_redirects") != Some(false) && flag(http, "no_follow_redirects") != Some(true);
    for (index, (node, code)) in codes.iter().enumerate() {
        let within = promised.is_some_and(|(low, high)| (low..=high).contains(code));
        if !(100..600).contains(code) {
            report.add(Level::Error, node, key, format!("no answer has the status {}", node.describe()), "use 100 to 599");
        } else if *code < 200 {
            report.add(
                Level::Warning,
                node,
                key,
                format!("{} is followed by the answer itself", node.describe()),
                "expect the last status",
            );
        } else if *code == 304 && !is_conditional(http) {
            let message = "304 answers only what is asked with `If-None-Match` or `If-Modified-Since`".to_owned();
            report.add(Level::Warning, node, key, message, "send such a header, or remove the status");
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

/// Words of names of modules that expect the caller to be turned away.
const DENIED: &[&str] = &["blocked", "denied", "deny", "forbidden", "unauthorised", "unauthorized"];

/// Whether the request asks only for what has changed.
fn is_conditional(http: &Node) -> bool {
    let mut headers = http.entries_of("headers");
    headers.any(|(name, ..)| name.to_lowercase().starts_with("if-"))
}

pub(super) fn versions(http: &Node, report: &mut Section<'_>) {
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

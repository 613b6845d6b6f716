//! Health checks of a manifest that cannot say what they are to say.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::headers::OF_ANSWERS;
use crate::lint::words::hosts::host;
use crate::lint::words::slip::are_siblings;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// A health check of a manifest looks at something that is not there, or passes when it should not: a certificate of an address
    /// without TLS, an answer that fails, a time that is longer than the whole check may last, JSON that comes as another type, a header or
    /// a type that is nearly a known one. Or a certificate is read for nearly the host that is asked, or its authority is named and not read.
    ///
    /// A base that holds what its checks begin with already is found, and so are two checks that ask the same and expect two answers.
    ///
    /// A liveness check that covers a dependency has the service restarted while the dependency is away, which helps nobody.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web:8080", readiness: { path: /ready, timeout: 2s, expect: { within: 5s } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web:8080", readiness: { path: /ready, timeout: 5s, expect: { within: 2s } } }
    /// ```
    ManifestCheck, "manifest-check", Warning
}

/// Types of answers.
const TYPES: &[&str] =
    &["application/json", "application/xml", "application/javascript", "text/css", "text/html", "text/plain", "text/xml", "image/png"];

type Add<'r> = dyn FnMut(&Node, &str, String, &str) + 'r;

impl Rule for ManifestCheck {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            let Some(health) = root.get("health") else { return };
            below(health, found);
            alike(health, found);
            for (name, _, check) in health.entries().filter(|(name, _, check)| *name != "base" && check.as_mapping().is_some()) {
                let mut add = |node: &Node, key: &str, message: String, help: &str| {
                    let path = if key.is_empty() { format!("health.{name}") } else { format!("health.{name}.{key}") };
                    found.push(META.finding_at(Level::Warning, node.span, message).path(path).help(help));
                };
                let overlays = root.entries_of("environments").filter_map(|(_, _, overlay)| overlay.get("health"));
                let is_secure = |health: &Node| {
                    let own = health.get(name).and_then(|check| check.get("url"));
                    own.or_else(|| health.get("base")).and_then(Node::as_str).is_some_and(|url| url.starts_with("https://"))
                };
                // What an environment asks over TLS is read there.
                if !overlays.into_iter().any(is_secure) {
                    over_tls(health, check, &mut add);
                }
                verified(check, &mut add);
                answers(check, &mut add);
                of_another_kind(check, &mut add);
                covered(name, check, &mut add);
                in_time(root, check, &mut add);
                if let Some((key, _)) = check.entry("service").filter(|_| check.get("grpc").is_none()) {
                    add(key, "service", "only a gRPC server is asked for a service".to_owned(), "leave it out, or ask by `grpc:`");
                }
            }
        });
    }
}

/// A base that holds what its checks begin with already.
fn below(health: &Node, found: &mut Vec<Diagnostic>) {
    let Some((node, base)) = health.get_str("base") else { return };
    if base.contains(['?', '#']) {
        let message = format!("the paths of checks are added behind {}", node.describe());
        found.push(META.finding(node.span, message).path("health.base").help("end it behind the port"));
    }
    let path = base.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].trim_end_matches('/'))).unwrap_or("");
    let repeats = |own: &str| own.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let paths = health.entries().filter_map(|(name, _, check)| Some((name, check.get_str("path")?.1)));
    if let Some((name, own)) = paths.into_iter().find(|(_, own)| !path.is_empty() && repeats(own)) {
        let message = format!("the path of a check is added to this, so `{name}` asks for `{path}{own}`");
        found.push(META.finding(node.span, message).path("health.base").help("end it behind the port"));
    }
}

/// Two checks that ask the same and expect of one field two values: one of them always fails.
fn alike(health: &Node, found: &mut Vec<Diagnostic>) {
    let checks: Vec<(&str, &Node, &Node, &str)> = health
        .entries()
        .filter(|(name, ..)| *name != "base")
        .filter_map(|(name, _, check)| asked(check).map(|(node, text)| (name, check, node, text)))
        .collect();
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    for (at, (name, check, node, text)) in checks.iter().enumerate() {
        let fields = |check: &Node, field: &str| check.at(["expect", "json", field]).and_then(Node::as_str).map(str::to_owned);
        for (other, earlier, ..) in checks[..at].iter().filter(|(.., known)| known == text) {
            let expected = check.at(["expect", "json"]).into_iter().flat_map(Node::entries);
            let mut both = expected.filter_map(|(field, _, value)| Some((field, value.as_str()?, fields(earlier, field)?)));
            let Some((field, one, two)) = both.find(|(_, one, two)| one != two && is_word(one) && is_word(two)) else { continue };
            let message = format!("`{name}` and `{other}` ask the same, and expect `{field}` to be `{one}` and `{two}`");
            found.push(META.finding(node.span, message).path(format!("health.{name}")).help("ask each where it is answered"));
        }
    }
}

/// What a check asks for, where it says nothing more of the request.
fn asked(check: &Node) -> Option<(&Node, &str)> {
    let plain = ["method", "body", "headers", "host", "query"].iter().all(|key| check.get(key).is_none());
    ["path", "url"].into_iter().find_map(|key| check.get_str(key)).filter(|_| plain)
}

/// No answer comes over a network in less.
const FASTEST_MILLIS: i64 = 10;

/// A check that may take longer than the time until the next, or less than any answer takes.
fn in_time(root: &Node, check: &Node, add: &mut Add<'_>) {
    let millis = |node: &Node| parse_duration(node.as_str()?).ok();
    if let Some(node) = check.get("timeout").filter(|node| millis(node).is_some_and(|most| (1..FASTEST_MILLIS).contains(&most))) {
        add(node, "timeout", format!("hardly any answer comes within {}", node.describe()), "write seconds, as `3s`");
    }
    let Some((interval, every)) = root.at(["scrape", "interval"]).and_then(|node| Some((millis(node)?, node))) else { return };
    if let Some(node) = check.get("timeout").filter(|node| millis(node).is_some_and(|timeout| timeout >= interval)) {
        let message = format!("the check may take {}, and the next comes after {}", node.describe(), every.describe());
        add(node, "timeout", message, "make it shorter than `scrape.interval`");
    }
}

/// What is said of certificates where there are none.
fn over_tls(health: &Node, check: &Node, add: &mut Add<'_>) {
    let url = check.get("url").or_else(|| health.get("base").filter(|_| check.get("path").is_some())).and_then(Node::as_str);
    if !url.is_some_and(|url| url.starts_with("http://")) {
        return;
    }
    // A redirect may lead to where there is one.
    let led = check.get("redirects").and_then(Node::as_i64).is_some_and(|most| most > 0);
    let certificate = check.get("expect").and_then(|expect| expect.entry("valid_for"));
    if let Some((key, _)) = certificate.filter(|_| !led) {
        add(
            key,
            "expect.valid_for",
            "this is asked without TLS, and shows no certificate".to_owned(),
            "ask by `https://`, or leave it out",
        );
    }
    let version = check.get("http_version").filter(|node| node.as_f64().is_some_and(|version| version >= 2.0) && !led);
    if let Some(node) = version {
        add(
            node,
            "http_version",
            "without TLS the exporter speaks HTTP/1.1 alone, so this fails".to_owned(),
            "ask by `https://`, or leave it out",
        );
    }
    if let Some((key, _)) = check.entry("tls").filter(|(_, tls)| !led && tls.entries().next().is_some()) {
        add(key, "tls", "this is asked without TLS, so nothing of it is read".to_owned(), "ask by `https://`, or leave it out");
    }
}

/// A certificate that is read for another name than that of the host, or not at all.
fn verified(check: &Node, add: &mut Add<'_>) {
    let Some(tls) = check.get("tls") else { return };
    let unread = tls.entry("ca_file").filter(|_| tls.get("insecure_skip_verify").and_then(Node::as_bool) == Some(true));
    if let (Some(_), Some((key, _))) = (unread, tls.entry("insecure_skip_verify")) {
        let message = "nobody checks whose certificate this is, so `ca_file` is not read".to_owned();
        add(key, "tls.insecure_skip_verify", message, "leave one of the two out");
    }
    let Some((node, name)) = tls.get_str("server_name").filter(|(_, name)| !name.contains('$')) else { return };
    let Some(host) = ["grpc", "tcp", "url"].iter().find_map(|key| check.get(key)?.as_str()).map(host) else { return };
    let first = |name: &str| name.split('.').next().unwrap_or("").to_owned();
    if is_one_letter_off(name, host) || is_one_letter_off(&first(name), &first(host)) {
        let message = format!("{} is nearly `{host}`, which is asked", node.describe());
        add(node, "tls.server_name", message, "make the two say the same");
    }
}

/// Whether two names of hosts are the same but for one letter.
fn is_one_letter_off(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphabetic).count();
    let rest = |text: &str| text.bytes().filter(|byte| !byte.is_ascii_alphabetic()).collect::<Vec<_>>();
    letters(other) > 4 && rest(one) == rest(other) && !are_siblings(one, other) && strsim::damerau_levenshtein(one, other) == 1
}

/// What only answers over HTTP have, of a check that makes a connection.
fn of_another_kind(check: &Node, add: &mut Add<'_>) {
    let Some((kind, _)) = check.entry("tcp").or_else(|| check.entry("grpc")) else { return };
    let kind = kind.as_str().unwrap_or("tcp");
    let Some(expect) = check.get("expect") else { return };
    if let Some((key, name)) = ["status", "json", "headers", "body"].into_iter().find_map(|name| Some((expect.entry(name)?.0, name))) {
        let message = format!("a check by `{kind}:` sees no answer of HTTP, so nothing of `{name}` is looked at");
        add(key, &format!("expect.{name}"), message, "ask by `path:` or `url:`, or leave it out");
    }
}

/// Whether a pattern is a type as it stands.
fn is_type(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-".contains(&byte))
}

/// What the answer is to be like.
fn answers(check: &Node, add: &mut Add<'_>) {
    let Some(expect) = check.get("expect") else { return };
    if let Some(status) = expect.get("status") {
        let all: Vec<&Node> = status.as_sequence().map_or_else(|| vec![status], |list| list.iter().collect());
        let fails = |node: &&Node| node.as_str().is_some_and(|text| text.starts_with('5'));
        let is_bare = |node: &&Node| matches!(node.as_str(), Some("204" | "205" | "304"));
        let body = ["json", "body"].into_iter().find_map(|key| Some((key, expect.entry(key)?.0)));
        if let Some((key, node)) = body.filter(|_| !all.is_empty() && all.iter().all(is_bare)) {
            let message = format!("an answer of {} has no body", all[0].describe());
            add(node, &format!("expect.{key}"), message, "expect `200`, or leave it out");
        }
        if !all.is_empty() && all.iter().all(fails) {
            add(status, "expect.status", "the check passes only while the server fails".to_owned(), "expect `200`");
        } else if let Some(node) = all.iter().find(|node| fails(node)) {
            add(node, "expect.status", format!("a server that fails with {} passes as well", node.describe()), "leave it out");
        }
    }
    let millis = |node: Option<&Node>| node.and_then(Node::as_str).and_then(|text| parse_duration(text).ok());
    let timeout = if check.get("timeout").is_some() { millis(check.get("timeout")) } else { Some(5_000) };
    if let (Some(node), Some(within)) = (expect.get("within"), millis(expect.get("within"))) {
        if within == 0 {
            add(node, "expect.within", "no answer comes at once".to_owned(), "write how long it may take");
        } else if timeout.is_some_and(|timeout| within > timeout) {
            let message =
                format!("the whole check lasts no longer than {}", check.get("timeout").map_or("`5s`".to_owned(), Node::describe));
            add(node, "expect.within", message, "make `timeout` the longer one");
        }
    }
    let of_json = expect.get("json").is_some_and(|json| json.entries().next().is_some());
    for (name, key, value) in expect.entries_of("headers") {
        let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !is_token {
            add(key, "expect.headers", format!("no header is called `{name}`"), "use letters, digits and `-`");
        }
        let lower = name.to_lowercase();
        // What begins with `x-` is of somebody's own.
        let meant = misspelt(&lower, OF_ANSWERS).filter(|meant| lower.len() > 5 && lower.starts_with("x-") == meant.starts_with("x-"));
        if let Some(meant) = meant {
            add(key, "expect.headers", format!("no server sends a header `{name}`"), &format!("did you mean `{meant}`?"));
        }
        if name.eq_ignore_ascii_case("content-type")
            && let Some(meant) = value.as_str().filter(|text| is_type(text)).and_then(|text| misspelt(text, TYPES))
        {
            add(value, "expect.headers", format!("no answer is of the type {}", value.describe()), &format!("did you mean `{meant}.*`?"));
        }
        let other = value.as_str().is_some_and(|text| {
            ["text/html", "text/plain", "application/xml", "text/xml"].iter().any(|kind| text.trim_start_matches('^').starts_with(kind))
        });
        if other && of_json && name.eq_ignore_ascii_case("content-type") {
            add(
                value,
                "expect.headers",
                format!("fields of JSON are expected, and {} is none", value.describe()),
                "expect `application/json.*`",
            );
        }
    }
    if let Some(json) = expect.get("json").filter(|json| json.as_mapping().is_some_and(<[_]>::is_empty)) {
        add(json, "expect.json", "no field is expected".to_owned(), "name one, or leave it out");
    }
}

/// The dependencies whose state an answer includes.
fn covered(name: &str, check: &Node, add: &mut Add<'_>) {
    let covers: Vec<&Node> = check.items_of("covers").collect();
    if let Some(first) = covers.first().filter(|_| name == "liveness") {
        let message = format!("a service is restarted when this fails, and that does not bring {} back", first.describe());
        add(first, "covers", message, "let `readiness` cover it");
    }
    for (index, node) in covers.iter().enumerate() {
        if covers[..index].iter().any(|other| other.as_str() == node.as_str()) {
            add(node, "covers", format!("{} is covered already", node.describe()), "remove one");
        }
    }
}

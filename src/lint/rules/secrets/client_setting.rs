//! Settings of HTTP clients that contradict one another.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts;
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// Credentials, TLS or proxy settings of a client contradict one another: a certificate without its key, a user without a
    /// password, `Basic` under `authorization`, a newest TLS version below the oldest, exceptions from a proxy that is not set.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, scheme: https, tls_config: { cert_file: app.crt } }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, scheme: https, tls_config: { cert_file: app.crt, key_file: app.key } }]
    /// ```
    ClientSetting, "client-setting", Error
}

impl Rule for ClientSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let roots: Vec<(String, &Node)> = match &view.kind {
                ViewKind::Prometheus(_) | ViewKind::Alertmanager(_) | ViewKind::Blackbox(_) => vec![(String::new(), view.root)],
                ViewKind::Collector(config) => config.scraping.iter().map(|(path, one)| (format!("{path}."), one.root)).collect(),
                _ => Vec::new(),
            };
            for (start, root) in roots {
                walk::mappings(root, &mut |node, path| {
                    let mut report = |level: Level, node: &Node, message: String, help: &str| {
                        found.push(META.finding_at(level, node.span, message).path(format!("{start}{path}")).help(help));
                    };
                    client(node, &mut report);
                });
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, String, &str) + 'r;

fn client(node: &Node, report: &mut Report<'_>) {
    unread(node, report);
    if let Some(tls) = node.get("tls_config") {
        transport(tls, report);
    }
    for (place, key) in [(node.get("authorization"), "credentials"), (Some(node), "bearer_token")] {
        let empty = place.and_then(|place| place.get(key)).filter(|value| value.as_str() == Some(""));
        let file = place.is_some_and(|place| place.get(&format!("{key}_file")).is_some());
        if let Some(value) = empty.filter(|_| !file) {
            report(Level::Warning, value, format!("`{key}` is empty, and nobody is let in with it"), "name a file that holds it");
        }
    }
    if let Some((key, tokens)) = node.entry("oauth2").filter(|(_, tokens)| tokens.as_mapping().is_some()) {
        let has = |name: &str| tokens.entries().any(|(key, _, value)| key.starts_with(name) && value.as_str() != Some(""));
        if !has("client_secret") && !has("client_certificate") && !has("tls_config") {
            report(Level::Warning, key, "there is a client and no secret of its".to_owned(), "add `client_secret_file:`");
        }
    }
    if let Some((key, basic)) = node.entry("basic_auth") {
        let has = |keys: &[&str]| keys.iter().any(|key| basic.get(key).is_some_and(|value| value.as_str() != Some("")));
        let user = has(&["username", "username_file", "username_ref"]);
        let password = has(&["password", "password_file", "password_ref"]);
        if basic.as_mapping().is_some() && user != password {
            let (there, missing) = if user { ("a user", "password") } else { ("a password", "user") };
            report(Level::Warning, key, format!("there is {there} and no {missing}"), "write both, or neither");
        }
    }
    let kind = node.get("authorization").and_then(|authorization| authorization.get("type"));
    if let Some(kind) = kind.filter(|kind| kind.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("basic"))) {
        report(Level::Error, kind, "`authorization` does not take `Basic`".to_owned(), "use `basic_auth`");
    }
    if let Some((key, _)) = node
        .entry("authorization")
        .filter(|(_, own)| own.as_mapping().is_some() && !own.entries().any(|(name, ..)| name.starts_with("credentials")))
    {
        report(Level::Warning, key, "there are no credentials, and nobody is let in without".to_owned(), "add `credentials_file:`");
    }
    let environment = node.get("proxy_from_environment").and_then(Node::as_bool) == Some(true);
    if let Some((key, _)) = node.entry("no_proxy").filter(|(_, value)| value.as_str() != Some(""))
        && (node.get("proxy_url").is_none() || environment)
    {
        report(Level::Error, key, "`no_proxy` needs a `proxy_url` beside it".to_owned(), "add `proxy_url`, or remove it");
    }
    let is_set = |key: &str| node.get(key).is_some_and(|value| value.as_str() != Some(""));
    let headers = node.entry("proxy_connect_header").filter(|(_, headers)| headers.entries().next().is_some());
    if let Some((key, _)) = headers.filter(|_| !environment && !is_set("proxy_url")) {
        report(Level::Error, key, "`proxy_connect_header` needs a `proxy_url` beside it".to_owned(), "add `proxy_url`, or remove it");
    }
    let targets = node.items_of("static_configs").filter_map(|group| group.get("targets"));
    let mut targets = targets.flat_map(Node::items).filter_map(Node::as_str);
    if let Some((proxy, text)) = node.get_str("proxy_url")
        && targets.any(|target| !target.is_empty() && hosts::are_one(target, text))
    {
        report(
            Level::Warning,
            proxy,
            format!("{} is a target itself, and no way to it", proxy.describe()),
            "name the proxy, or leave it out",
        );
    }
    if let Some(proxy) = node.get("proxy_url").filter(|proxy| {
        proxy.as_str().is_some_and(|text| {
            !text.is_empty()
                && !crate::formats::tables::is_placeholder(text)
                && !["http://", "https://", "socks5://", "socks5h://"].iter().any(|scheme| text.starts_with(scheme))
        })
    }) {
        report(Level::Error, proxy, format!("{} is no URL of a proxy", proxy.describe()), "write it as `http://host:port`");
    }
}

/// TLS settings of a client that does not speak TLS.
fn unread(node: &Node, report: &mut Report<'_>) {
    let Some((key, tls)) = node.entry("tls_config").filter(|(_, tls)| tls.entries().next().is_some()) else { return };
    let url = node.get("url").and_then(Node::as_str).is_some_and(|url| url.starts_with("http://"));
    let writes_scheme = |step: &Node| {
        step.get("target_label").and_then(Node::as_str).is_some_and(|name| name == "__scheme__" || name.contains('$'))
            || step.get("action").and_then(Node::as_str) == Some("labelmap")
    };
    let given = |group: &Node| group.get("labels").is_some_and(|labels| labels.get("__scheme__").is_some());
    let is_client = node.get("static_configs").is_some_and(|groups| !groups.items().any(given))
        && node.entries().filter(|(name, ..)| name.ends_with("_sd_configs")).count() == 0
        && !node.items_of("relabel_configs").any(writes_scheme);
    let plain = is_client && node.get("scheme").and_then(Node::as_str).is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"));
    // Discovery may say otherwise of a target, and hardly does where `http` is written.
    let written = node.get("job_name").is_some()
        && node.get("scheme").and_then(Node::as_str).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
        && !node.items_of("static_configs").any(given)
        && !node.items_of("relabel_configs").any(writes_scheme);
    if url || plain || written {
        report(
            Level::Warning,
            key,
            format!("{} is read only over `https`", if tls.is_null() { "this" } else { "`tls_config`" }),
            "use `https`, or remove it",
        );
    }
}

fn transport(tls: &Node, report: &mut Report<'_>) {
    let has = |name: &str| {
        let keys = [name.to_owned(), format!("{name}_file"), format!("{name}_ref")];
        keys.iter().find_map(|key| tls.entry(key).filter(|(_, value)| value.as_str() != Some("")).map(|(key, _)| key))
    };
    match (has("cert"), has("key")) {
        (Some(cert), None) => report(Level::Error, cert, "a certificate needs its key".to_owned(), "add `key_file:`"),
        (None, Some(key)) => report(Level::Error, key, "a key needs its certificate".to_owned(), "add `cert_file:`"),
        _ => {}
    }
    // One file may hold both, but none that is called after one of them.
    let is_of_one = |text: &str| {
        matches!(text.rsplit(['.', '/', '-', '_']).next(), Some("crt" | "key")) || text.ends_with("cert.pem") || text.ends_with("key.pem")
    };
    if let (Some(cert), Some(key)) = (tls.get("cert_file"), tls.get("key_file"))
        && cert.as_str().filter(|text| is_of_one(text)) == key.as_str()
        && cert.as_str().is_some()
    {
        report(Level::Warning, key, "the key and the certificate are one file".to_owned(), "name the file of the key");
    }
    let version = |key: &str| tls.get(key).and_then(|node| Some((node, node.as_str()?.strip_prefix("TLS")?.parse::<u8>().ok()?)));
    let (oldest, newest) = (version("min_version"), version("max_version"));
    if let (Some((_, oldest)), Some((node, newest))) = (oldest, newest)
        && newest < oldest
    {
        report(Level::Error, node, "the newest version is older than the oldest".to_owned(), "swap the two");
    } else if let Some((node, _)) = newest.filter(|(_, version)| *version < 12).or(oldest.filter(|(_, version)| *version < 12)) {
        report(Level::Warning, node, format!("{} is broken, and most servers refuse it", node.describe()), "use `TLS12` or later");
    }
    if let Some(node) = tls.get("server_name").filter(|node| {
        node.as_str().is_some_and(|text| {
            text.contains(['/', ' '])
                || text.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()) && !text.contains("::"))
        })
    }) {
        report(Level::Error, node, format!("{} is no name in a certificate", node.describe()), "write the bare host");
    }
    for (name, key, _) in tls.entries().filter(|(name, _, value)| name.ends_with("_file") && value.as_str() == Some("")) {
        report(Level::Warning, key, format!("`{name}` names no file"), "name one, or remove it");
    }
}

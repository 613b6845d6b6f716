//! Settings of mails.

use super::Report;
use super::values::is_template;
use crate::diagnostic::Level;
use crate::source::Node;

/// Headers of mails that are nearly those that mail programs show.
pub(super) fn headers(node: &Node, path: &str, report: &mut Report<'_>) {
    const KNOWN: &[&str] = &["Subject", "From", "To", "Reply-To", "Cc", "Importance", "X-Priority", "Priority"];
    let mut seen: Vec<String> = Vec::new();
    for (name, key, value) in node.entries_of("headers") {
        let named = ["from", "to", "cc", "reply-to"].contains(&name.to_lowercase().as_str()).then(|| value.as_str()).flatten();
        if named.is_some_and(|text| !text.is_empty() && !text.contains('@') && !is_template(value)) {
            report(Level::Warning, value, path, format!("{} is no mail address", value.describe()), "write it as `name@example.com`");
        }
        if seen.contains(&name.to_lowercase()) {
            report(Level::Error, key, path, format!("the header `{name}` is there twice"), "remove one");
        }
        seen.push(name.to_lowercase());
        let is_known = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(meant) = KNOWN.iter().find(|known| known.len() > 5 && !is_known && strsim::damerau_levenshtein(known, name) == 1) {
            report(Level::Warning, key, path, format!("no mail program shows a header `{name}`"), &format!("did you mean `{meant}`?"));
        }
    }
}

pub(super) fn mail(node: &Node, prefix: &str, path: &str, report: &mut Report<'_>) {
    let value = |key: &str| node.get(&format!("{prefix}{key}")).filter(|value| !value.is_null() && !is_template(value));
    if let Some((host, _)) = value("smarthost").and_then(Node::with_str).filter(|(_, text)| text.contains("://")) {
        let message = format!("{} is a URL, and no host with a port", host.describe());
        report(Level::Error, host, path, message, "write it as `mail.example.com:587`");
    } else if let Some((host, text)) = value("smarthost").and_then(Node::with_str) {
        let port = text.rsplit_once(':').and_then(|(name, port)| port.parse::<u16>().ok().filter(|port| *port > 0 && !name.is_empty()));
        match port {
            None => report(
                Level::Error,
                host,
                path,
                format!("{} is no host with a port", host.describe()),
                "write it as `mail.example.com:587`",
            ),
            Some(80 | 443 | 143 | 993 | 110 | 995) => {
                report(
                    Level::Warning,
                    host,
                    path,
                    format!("{} is no port that takes mail", host.describe()),
                    "mail is taken at 587, 465 or 25",
                );
            }
            Some(_) => {}
        }
    }
    addresses(node, &format!("{prefix}from"), path, report);
    let from = value("from").and_then(Node::with_str).filter(|(_, text)| text.matches('<').count() != text.matches('>').count());
    if let Some((from, _)) = from {
        report(
            Level::Error,
            from,
            path,
            format!("{} is no address: its bracket does not close", from.describe()),
            "write it as `Name <a@b.example>`",
        );
    }
    if let Some((hello, _)) = value("hello").and_then(Node::with_str).filter(|(_, text)| text.contains(['/', ' ', '@'])) {
        report(Level::Error, hello, path, format!("{} is no name of a host", hello.describe()), "write the bare host");
    }
    let implicit = value("force_implicit_tls").filter(|flag| flag.as_bool().is_some());
    let port = value("smarthost").and_then(Node::as_str).and_then(|text| text.rsplit_once(':')).map_or("", |(_, port)| port);
    match implicit.and_then(|flag| Some((flag, flag.as_bool()?))) {
        Some((flag, true)) if matches!(port, "25" | "587") => {
            report(Level::Warning, flag, path, format!("a server at port {port} begins without TLS"), "use port 465, or leave it out");
        }
        Some((flag, false)) if port == "465" => {
            report(Level::Warning, flag, path, "a server at port 465 begins with TLS".to_owned(), "use port 587, or leave it out");
        }
        _ => {}
    }
    if let Some(flag) = value("require_tls").filter(|flag| flag.as_bool() == Some(false))
        && ["auth_username", "auth_password", "auth_password_file"].iter().any(|key| value(key).is_some())
    {
        report(
            Level::Warning,
            flag,
            path,
            "the password goes over the wire in the clear, which Go refuses to do".to_owned(),
            "require TLS",
        );
    }
    if let Some(user) = value("auth_username") {
        let is_set = |key: &&str| value(key).is_some_and(|node| node.as_str() != Some(""));
        let secret = ["auth_password", "auth_password_file", "auth_secret", "auth_secret_file"].iter().any(is_set);
        let own = node.get("auth_username").is_none() || secret;
        if !secret && own && !prefix.is_empty() {
            // An empty one is loaded, and lets nobody in.
            let is_written = ["auth_password", "auth_secret"].iter().any(|key| value(key).is_some());
            report(
                if is_written { Level::Warning } else { Level::Error },
                user,
                path,
                "there is a user and no password for the mail server".to_owned(),
                "add `smtp_auth_password_file:`",
            );
        }
    }
}

/// A user of the mail server without a password, neither of the receiver nor of all.
pub(super) fn unsigned(global: Option<&Node>, node: &Node, path: &str, report: &mut Report<'_>) {
    let Some(user) = node.get("auth_username").filter(|user| user.as_str().is_some_and(|text| !text.is_empty())) else { return };
    let secrets = ["auth_password", "auth_password_file", "auth_secret", "auth_secret_file"];
    let is_set = |key: &&str| node.get(key).is_some() || global.is_some_and(|global| global.get(&format!("smtp_{key}")).is_some());
    if !secrets.iter().any(is_set) {
        report(Level::Warning, user, path, "there is a user and no password for the mail server".to_owned(), "add `auth_password_file:`");
    }
}

/// A password of the mail server, and nobody whose it is.
pub(super) fn nobody(node: &Node, report: &mut Report<'_>) {
    let password = ["smtp_auth_password", "smtp_auth_password_file"].into_iter().find_map(|key| node.entry(key));
    if let Some((key, _)) = password.filter(|_| node.get("smtp_auth_username").is_none() && node.get("smtp_auth_secret").is_none()) {
        let message = "there is a password for the mail server and no user, so nobody logs in".to_owned();
        report(Level::Warning, key, "global", message, "add `smtp_auth_username:`");
    }
}

pub(super) fn addresses(node: &Node, key: &str, path: &str, report: &mut Report<'_>) {
    let Some((value, text)) = node.get(key).filter(|value| !is_template(value)).and_then(Node::with_str) else {
        return;
    };
    let wrong = |address: &str| {
        let address = address.trim().trim_end_matches('>');
        address.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty() || host.contains('@') || host.contains(' '))
    };
    if !text.is_empty() && text.split(',').any(wrong) {
        report(Level::Error, value, path, format!("{} is no mail address", value.describe()), "write it as `name@example.com`");
    }
}

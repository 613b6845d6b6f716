//! Settings of TCP, DNS, ICMP and gRPC probes that cannot work.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::probes::{Probe, probes};
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::BlackboxView;
use crate::lint::words::hosts::port;
use crate::lint::words::pattern::never_matches;
use crate::source::Node;

rule! {
    /// A TCP, DNS, ICMP or gRPC module of the blackbox exporter has a setting that cannot work: a name to resolve that is none, an
    /// answer expected that the question does not bring or that matches no line, TLS settings beside `tls: false`, a packet that is
    /// too large.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { dns: { prober: dns, dns: { query_name: "https://example.com", query_type: A } } }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { dns: { prober: dns, dns: { query_name: example.com, query_type: A } } }
    /// ```
    ProbeQuery, "probe-query", Warning up to Error
}

impl Rule for ProbeQuery {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules {
            let prober = module.prober();
            let Some(section) = module.node.get(prober) else { continue };
            let mut report = Section::new(&META, format!("modules.{}.{prober}", module.name()), found);
            source_address(section, &mut report);
            match prober {
                "tcp" | "unix" => tcp(section, &mut report),
                "dns" => dns(section, &mut report),
                "icmp" => icmp(section, &mut report),
                "grpc" => grpc(section, &mut report),
                _ => {}
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context).into_iter().filter(|probe| probe.module.prober() == "tcp") {
            let mut report = Section::new(&META, format!("modules.{}.tcp", probe.module.name()), found);
            let words = conversation(&probe, &mut report);
            if let (Some(message), Some((place, _))) = (words, probe.targets().next()) {
                let message = format!("{message}, as the module `{}` has it", probe.module.name());
                let finding = META.finding(place.span, message).path("scrape_configs").related(probe.module.name.span, "the module");
                found.push(finding.help("correct the port, or use another module"));
            }
            let Some(tls) = probe.section().and_then(|section| section.get("tls").filter(|_| flag(section, "tls"))) else { continue };
            let spoken: Vec<(&Node, Option<&str>)> = probe.targets().map(|(place, target)| (place, without_tls(port(target)))).collect();
            let Some((place, message)) = spoken.iter().find_map(|(place, message)| Some((*place, (*message)?))) else { continue };
            let here = format!("{message}, and the module `{}` begins with TLS", probe.module.name());
            let finding = META.finding(place.span, here).path("scrape_configs").related(tls.span, "the module");
            found.push(finding.help("probe the port that speaks with TLS, or use another module"));
            if spoken.iter().all(|(_, message)| message.is_some()) {
                let message = format!("{message}, and this begins with TLS");
                let finding = META.finding(tls.span, message).path(format!("modules.{}.tcp.tls", probe.module.name()));
                found.push(finding.related(place.span, "probed here").help("remove it, or probe the port that speaks with TLS"));
            }
        }
    }
}

/// Ports that speak without TLS, with those that speak the same under it.
const PLAIN: &[(&str, &str)] =
    &[("21", "990"), ("25", "465"), ("80", "443"), ("110", "995"), ("143", "993"), ("389", "636"), ("1883", "8883"), ("5672", "5671")];
/// Where PostgreSQL listens, which goes over to TLS in a way of its own.
const POSTGRES: &str = "5432";
/// Ports whose servers wait for the client to speak first.
const WAITING: &[&str] =
    &["80", "443", "389", "636", "1883", "2181", "5432", "5671", "5672", "6379", "8080", "8443", "9092", "11211", "27017"];
/// Ports where a connection can be brought under TLS.
const UPGRADED: &[&str] = &["21", "25", "110", "143", "389", "587", "5222", "5269", "5432", "4190"];

/// What is wrong with a connection to a port that begins with TLS.
fn without_tls(port: &str) -> Option<&'static str> {
    let speaks = PLAIN.iter().any(|(plain, _)| *plain == port);
    if port == POSTGRES {
        return Some("PostgreSQL goes over to TLS only when it is asked in its own way");
    }
    speaks.then_some("this port speaks without TLS")
}

/// Compares what is said on a connection with what listens at the port; says what the port is not for.
fn conversation(probe: &Probe<'_>, report: &mut Section<'_>) -> Option<String> {
    let section = probe.section()?;
    let ports: Vec<&str> = probe.targets().filter_map(|(_, target)| Some(target.rsplit_once(':')?.1)).collect();
    let port = ports.first().filter(|port| ports.iter().all(|other| other == *port))?;
    let mut wrong = None;
    let mut steps = section.items_of("query_response").peekable();
    if let Some(node) = steps.peek().and_then(|step| step.get("expect")).filter(|_| WAITING.contains(port)) {
        let message = format!("a server at port {port} says nothing before it is asked");
        report.add(Level::Warning, node, "query_response", message.clone(), "`send` something first");
        wrong = Some(message);
    }
    greeting(section, port, report);
    if let Some(node) =
        steps.filter(|step| flag(step, "starttls")).find_map(|step| step.get("starttls")).filter(|_| !UPGRADED.contains(port))
    {
        let message = format!("a connection to port {port} is not brought under TLS midway");
        report.add(Level::Warning, node, "query_response", message.clone(), "use `tls: true`, or remove it");
        wrong = wrong.or(Some(message));
    }
    wrong
}

/// How servers greet who connects, by their ports.
const GREETINGS: &[(&str, &str)] = &[
    ("21", "220 ready"),
    ("22", "SSH-2.0-x"),
    ("25", "220 x ESMTP"),
    ("465", "220 x ESMTP"),
    ("587", "220 x ESMTP"),
    ("110", "+OK x"),
    ("143", "* OK x"),
];

/// What is expected before anything is sent, and what a mail server does not say unless it is asked by `EHLO`.
fn greeting(section: &Node, port: &str, report: &mut Section<'_>) {
    let first = section.items_of("query_response").next().and_then(|step| step.get_str("expect"));
    if let (Some((node, pattern)), Some((_, greeting))) = (first, GREETINGS.iter().find(|(known, _)| *known == port)) {
        let code =
            |text: &str| text.trim_start_matches('^').get(..3).filter(|code| code.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
        if let Some(wrong) = code(pattern).filter(|wrong| code(greeting).is_none_or(|own| own != *wrong)) {
            let message = format!("a server at port {port} greets by `{}`, and not by `{wrong}`", greeting.split(' ').next().unwrap_or(""));
            report.add(Level::Warning, node, "query_response", message, "expect the greeting first");
        }
    }
    let steps: Vec<&Node> = section.items_of("query_response").collect();
    let asked =
        |word: &str| steps.iter().any(|step| step.get_str("send").is_some_and(|(_, text)| text.trim().to_uppercase().starts_with(word)));
    let expected = steps.iter().filter_map(|step| step.get_str("expect"));
    if let Some((node, _)) = expected.into_iter().find(|(_, text)| port == "6379" && asked("PING") && text.starts_with("^PONG")) {
        let message = "an answer of Redis begins with its kind, as `+PONG`, so this never matches";
        report.add(Level::Warning, node, "query_response", message, "write `^\\+PONG`");
    }
    for pair in steps.windows(2) {
        let sent = |step: &Node| step.get("send").and_then(Node::as_str).map_or("", str::trim).to_uppercase();
        let hello = if sent(pair[1]).is_empty() { sent(pair[0]) } else { sent(pair[1]) };
        let wanted = pair[1].get_str("expect").filter(|(_, text)| text.contains("250-") || text.contains("250 STARTTLS"));
        if let Some((node, _)) = wanted.filter(|_| matches!(port, "25" | "465" | "587") && !hello.starts_with("EHLO")) {
            report.add(
                Level::Warning,
                node,
                "query_response",
                "a mail server lists what it can only when it is asked by `EHLO`",
                "send `EHLO name` before",
            );
        }
    }
}

fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

fn source_address(section: &Node, report: &mut Section<'_>) {
    let address = section.get("source_ip_address").filter(|node| !node.is_null());
    if let Some(node) = address.filter(|node| node.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err())) {
        report.add(
            Level::Error,
            node,
            "source_ip_address",
            format!("{} is no IP address", node.describe()),
            "write an address of this host",
        );
    }
}

fn unread_tls(section: &Node, switch: &str, report: &mut Section<'_>) {
    let upgrades = section.items_of("query_response").any(|step| flag(step, "starttls"));
    if let Some((key, _)) = section.entry("tls_config").filter(|_| !flag(section, switch) && !upgrades) {
        let message = format!("`tls_config` is not read: `{switch}` is off");
        report.add(Level::Warning, key, "tls_config", message, &format!("set `{switch}: true`, or remove it"));
    }
}

/// Groups of what was expected that are sent back and are not there; ends of lines, which are taken away before a line is read.
fn lines(section: &Node, report: &mut Section<'_>) {
    let mut groups = 0;
    for step in section.items_of("query_response") {
        if let Some((node, text)) = step.get_str("expect") {
            let ends = text.contains("\\r") || text.contains("\\n") || text.contains(['\r', '\n']);
            if ends && !text.contains("\\r?") && !text.contains("\\r*") {
                report.add(Level::Warning, node, "query_response", "a line is read without its end, so this never matches", "leave it out");
            }
            groups = regex::Regex::new(text).map_or(usize::MAX, |regex| regex.captures_len());
        }
        let sent = step.get_str("send");
        // Only between double quotes YAML makes the end of a line of it.
        if let Some((node, text)) = sent.filter(|(_, text)| text.ends_with("\\r") || text.ends_with("\\n")) {
            let message = format!("{} ends with a backslash and a letter, as they are written", node.describe());
            report.add(Level::Warning, node, "query_response", message, &format!("write it between double quotes: `\"{text}\"`"));
        }
        let named = |text: &str| {
            text.split("${")
                .skip(1)
                .filter_map(|rest| rest.split_once('}')?.0.parse::<usize>().ok())
                .find(|number| *number >= groups.max(1))
        };
        if let Some((node, number)) = sent.and_then(|(node, text)| Some((node, named(text)?))) {
            let message = format!("what is expected before has no group {number}, so nothing stands there");
            report.add(Level::Warning, node, "query_response", message, "count the parentheses");
        }
    }
}

/// What a mail server says that it can, as people ask for it.
const EXTENSIONS: &[&str] = &["STARTTLS", "PIPELINING", "SMTPUTF8", "8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES"];

/// Answers that do not come, by what is expected before: a mail server takes `EHLO` with 250, and says its last line once.
fn answers(section: &Node, report: &mut Section<'_>) {
    let steps: Vec<&Node> = section.items_of("query_response").collect();
    let sent = |step: &Node| step.get("send").and_then(Node::as_str).map_or("", str::trim).to_uppercase();
    for step in &steps {
        if let Some((node, why)) = step.get_str("expect").and_then(|(node, text)| Some((node, never_matches(text)?))) {
            report.add(Level::Warning, node, "query_response", format!("{} matches no line: {why}", node.describe()), "correct it");
        }
    }
    for step in &steps {
        let Some((node, text)) = step.get_str("expect") else { continue };
        let word = ["^250-", "^250 ", "^250[- ]", "^250[ -]", "^250."].iter().find_map(|start| text.strip_prefix(start)).unwrap_or("");
        let word = &word[..word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len())];
        let is_slip = |meant: &&&str| meant.len() > 5 && word.len() > 5 && strsim::damerau_levenshtein(meant, word) == 1;
        if let Some(meant) = EXTENSIONS.iter().find(is_slip).filter(|_| !EXTENSIONS.contains(&word)) {
            let message = format!("no mail server answers `{word}`, so this never matches");
            report.add(Level::Warning, node, "query_response", message, &format!("did you mean `{meant}`?"));
        }
    }
    let greeted = steps.first().and_then(|step| step.get_str("expect")).filter(|(_, text)| text.starts_with("^250"));
    let is_mail = || steps.iter().any(|step| ["EHLO", "HELO"].iter().any(|word| sent(step).starts_with(word)));
    if let Some((node, _)) = greeted.filter(|_| sent(steps[0]).is_empty() && is_mail()) {
        report.add(Level::Warning, node, "query_response", "a mail server greets with 220, and not with 250", "expect `^220`");
    }
    for pair in steps.windows(2) {
        let Some((node, text)) = pair[1].get_str("expect") else { continue };
        let code = text.trim_start_matches('^');
        let greets = |text: &str| ["EHLO", "HELO"].iter().any(|word| text.starts_with(word));
        let hello = if sent(pair[1]).is_empty() { sent(pair[0]) } else { String::new() };
        if greets(&hello) && text.starts_with('^') && code.starts_with("220") {
            let message = format!("a mail server takes `{}` with 250, and not with 220", &hello[..4]);
            report.add(Level::Warning, node, "query_response", message, "expect `^250`");
        }
        let asked = sent(pair[0]);
        let other =
            text.starts_with('^') && code.len() >= 3 && code.bytes().take(3).all(|b| b.is_ascii_digit()) && !code.starts_with("220");
        if asked == "STARTTLS" && sent(pair[1]).is_empty() && is_mail() && other {
            let message = format!("a mail server takes `STARTTLS` with 220, and not with {}", &code[..3]);
            report.add(Level::Warning, node, "query_response", message, "expect `^220`");
        }
        if asked.starts_with("GET ") && text.starts_with('^') && code.bytes().take(3).all(|b| b.is_ascii_digit()) && code.len() >= 3 {
            let message = format!("an answer of HTTP begins with its version, and not with `{}`", &code[..3]);
            report.add(Level::Warning, node, "query_response", message, "expect `^HTTP/1.1 200`");
        }
        let says = |step: &Node| step.entries().all(|(key, ..)| key == "expect");
        let is_last = code.len() > 3 && code.bytes().take(3).all(|byte| byte.is_ascii_digit()) && code[3..].starts_with(' ');
        if is_last && says(pair[0]) && says(pair[1]) && pair[0].get("expect").and_then(Node::as_str) == Some(text) {
            let message = format!("{} is read already, and nothing is sent in between that would bring it again", node.describe());
            report.add(Level::Warning, node, "query_response", message, "remove one");
        }
    }
}

fn tcp(section: &Node, report: &mut Section<'_>) {
    lines(section, report);
    answers(section, report);
    upgrade(section, report);
    unread_tls(section, "tls", report);
    for step in section.items_of("query_response") {
        if let Some(node) = step.get("starttls").filter(|_| flag(step, "starttls") && flag(section, "tls")) {
            report.add(
                Level::Error,
                node,
                "query_response",
                "the connection is under TLS from its start",
                "remove `starttls`, or `tls: true`",
            );
        }
        if let Some(node) = step.get("expect").filter(|node| matches!(node.as_str(), Some("" | ".*" | "^" | "^.*$" | ".+"))) {
            report.add(Level::Warning, node, "query_response", format!("{} is any answer", node.describe()), "say what is expected");
        }
    }
}

const RECORDS: &[&str] = &["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

/// A conversation that asks for TLS and never turns it on, or the other way round.
fn upgrade(section: &Node, report: &mut Section<'_>) {
    let steps: Vec<&Node> = section.items_of("query_response").collect();
    let asked = steps
        .iter()
        .position(|step| step.get("send").and_then(Node::as_str).is_some_and(|text| text.trim_end().eq_ignore_ascii_case("STARTTLS")));
    let turned = steps.iter().position(|step| flag(step, "starttls"));
    match (asked, turned) {
        // A step expects before it sends.
        (Some(asked), Some(turned))
            if turned >= asked && !steps[(asked + 1).min(turned + 1)..=turned].iter().any(|step| step.get("expect").is_some()) =>
        {
            let message = "TLS begins here before the server has answered `STARTTLS`, so its answer is taken for TLS";
            report.add(Level::Warning, steps[turned], "query_response", message, "expect its answer before");
        }
        (Some(at), None) => {
            let message = "`STARTTLS` is sent, and no later step says `starttls: true`: what follows goes unencrypted";
            report.add(Level::Warning, steps[at], "query_response", message, "add `- starttls: true` behind the answer");
        }
        (None, Some(at))
            if steps.iter().any(|step| step.get("send").and_then(Node::as_str).is_some_and(|text| text.starts_with("EHLO"))) =>
        {
            let message = "a mail server begins with TLS only when it is sent `STARTTLS`";
            report.add(Level::Warning, steps[at], "query_response", message, "send `STARTTLS` and await `220` before it");
        }
        _ => {}
    }
}

fn dns(section: &Node, report: &mut Section<'_>) {
    if let Some(node) = section.get("dns_over_tls").filter(|_| flag(section, "dns_over_tls")) {
        if section.get("transport_protocol").and_then(Node::as_str) != Some("tcp") {
            report.add(Level::Error, node, "dns_over_tls", "DNS over TLS needs TCP", "set `transport_protocol: tcp`");
        }
    } else {
        unread_tls(section, "dns_over_tls", report);
    }
    let kind = section.get("query_type").and_then(Node::as_str).unwrap_or("ANY");
    let Some((node, name)) = section.get_str("query_name") else { return };
    if name.contains(['/', ':', ' ', '@']) {
        report.add(Level::Error, node, "query_name", format!("{} is no name to resolve", node.describe()), "write the bare name");
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        report.add(
            Level::Error,
            node,
            "query_name",
            format!("{} is an address already", node.describe()),
            "write a name, or `….in-addr.arpa` with `PTR`",
        );
    } else if kind == "PTR" && !name.trim_end_matches('.').to_lowercase().ends_with("arpa") && section.get("query_type").is_some() {
        report.add(
            Level::Warning,
            node,
            "query_name",
            "`PTR` records are kept below `in-addr.arpa`",
            "write the address reversed, as `1.0.0.10.in-addr.arpa`",
        );
    }
    rcodes(section, report);
    for list in ["validate_answer_rrs", "validate_authority_rrs", "validate_additional_rrs"] {
        let Some(checks) = section.get(list) else { continue };
        for node in checks.items_of("fail_if_matches_regexp") {
            let required = || checks.items_of("fail_if_not_matches_regexp").chain(checks.items_of("fail_if_none_matches_regexp"));
            if node.as_str().is_some() && required().any(|other| other.as_str() == node.as_str()) {
                let message = format!("{} has to match and must not: this always fails", node.describe());
                report.add(Level::Error, node, list, message, "remove one of the two");
            }
        }
    }
    for (list, of_answer) in [("validate_answer_rrs", true), ("validate_authority_rrs", false)] {
        let Some(checks) = section.get(list) else { continue };
        for (check, wanted) in [
            ("fail_if_not_matches_regexp", true),
            ("fail_if_none_matches_regexp", true),
            ("fail_if_matches_regexp", false),
            ("fail_if_all_match_regexp", false),
        ] {
            for pattern in checks.items_of(check) {
                record(pattern, (name, kind), wanted, of_answer, &mut |node, message| {
                    report.add(Level::Warning, node, &format!("{list}.{check}"), message, "an answer reads `name. TTL IN TYPE value`");
                });
            }
        }
    }
}

fn rcodes(section: &Node, report: &mut Section<'_>) {
    let Some(codes) = section.get("valid_rcodes").filter(|codes| codes.items().next().is_some()) else { return };
    let has = |code: &str| codes.items().any(|node| node.as_str() == Some(code));
    if has("NOERROR") {
        return;
    }
    let answers = section
        .get("validate_answer_rrs")
        .is_some_and(|checks| ["fail_if_not_matches_regexp", "fail_if_none_matches_regexp"].iter().any(|key| checks.get(key).is_some()));
    if answers {
        report.add(
            Level::Warning,
            codes,
            "valid_rcodes",
            "an answer to check comes with `NOERROR` only, which is not taken",
            "add `NOERROR`",
        );
    } else if !has("NXDOMAIN") {
        report.add(Level::Warning, codes, "valid_rcodes", "the probe passes only where the resolver fails", "add `NOERROR`");
    }
}

/// Compares a pattern for a record with the question.
fn record(node: &Node, (name, kind): (&str, &str), wanted: bool, of_answer: bool, report: &mut impl FnMut(&Node, String)) {
    let Some(pattern) = node.as_str() else { return };
    if matches!(pattern, "" | ".*" | ".+" | "^.*$") {
        let effect = if wanted { "never" } else { "always" };
        return report(node, format!("{} is any record, so this {effect} fails", node.describe()));
    }
    let plain = pattern.replace("\\\\", "\\").replace("\\.", ".").replace('\t', "\\t");
    let hosts: Vec<&str> = plain
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.contains('.') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'-'))
        .collect();
    // A tab is written `\t`, and is no letter.
    let words = plain.replace("\\t", " ");
    let types: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| RECORDS.contains(word)).collect();
    let name = name.trim_end_matches('.');
    // The name stands first, with a dot behind it.
    let start = plain
        .strip_prefix('^')
        .map(|rest| rest.split(['\\', '(', '[', '*', '+', '?', '|', '$', '{', ' ']).next().unwrap_or("").trim_end_matches('.'));
    let quantified = start.is_some_and(|start| plain[1..].get(start.len()..).is_some_and(|rest| rest.starts_with(['*', '?', '+', '{'])));
    if let Some(start) = start.filter(|start| wanted && of_answer && !start.is_empty() && !quantified && !pattern.contains('|'))
        && !name.to_lowercase().starts_with(&start.to_lowercase())
        && kind != "CNAME"
        && !types.contains(&"CNAME")
        && start.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
    {
        report(node, format!("a record begins with its name, and not with `{start}`"));
    } else if wanted && plain.contains(" IN ") {
        report(node, "the parts of a record stand apart by tabs, and this looks for blanks".to_owned());
    } else if wanted && plain.contains(&format!("{name}\\t")) {
        report(node, format!("behind `{name}` stands a dot, so this never matches"));
    } else if wanted
        && !hosts.contains(&name)
        && let Some(other) =
            hosts.iter().find(|host| did_you_mean(host, [name]).is_some() || is_sibling(host, name) && is_first(host, &plain))
    {
        report(node, format!("`{name}` is asked for, and a record of `{other}` expected"));
    } else if wanted
        && !types.is_empty()
        && !types.contains(&kind)
        && kind != "ANY"
        && !(types == ["CNAME"] && matches!(kind, "A" | "AAAA"))
    {
        report(node, format!("records of type `{kind}` are asked for, and `{}` expected", types[0]));
    } else if wanted && types == ["CNAME"] && plain.split("CNAME\\t").skip(1).any(is_address) {
        report(node, "a `CNAME` holds a name, and no address".to_owned());
    } else if wanted && of_answer && addresses(&plain, kind) {
        report(node, format!("a record of type `{kind}` holds no such address"));
    } else if wanted
        && plain.ends_with('$')
        && plain.trim_end_matches('$').trim_end_matches('.').ends_with(name)
        && plain.starts_with('^')
        && !plain.contains('*')
    {
        report(node, "a record goes on behind its name, so this never matches".to_owned());
    } else if !wanted && hosts.contains(&name) && (types.contains(&kind) || types.is_empty()) {
        report(node, "this fails on the very record that is asked for".to_owned());
    } else if wanted && !of_answer && types.contains(&kind) && !matches!(kind, "NS" | "SOA") {
        report(node, format!("records of type `{kind}` come in the answer, not among the authorities"));
    }
}

/// Whether a value is an address of IPv4, or begins as one.
fn is_address(value: &str) -> bool {
    let is_number = |part: &&str| part.parse::<u8>().is_ok();
    value.split('.').take_while(is_number).count() >= 3 && !value.contains(".arpa")
}

/// Whether two names are beside each other below one domain.
fn is_sibling(one: &str, other: &str) -> bool {
    let below = |name: &'_ str| name.split_once('.').map(|(_, domain)| domain.to_owned()).filter(|domain| domain.contains('.'));
    one != other && below(one).is_some() && below(one) == below(other)
}

/// Whether a name is that of the record: it stands first.
fn is_first(name: &str, pattern: &str) -> bool {
    pattern.trim_start_matches('^').starts_with(name)
}

/// Whether a pattern asks for an address that a record of this type does not hold.
fn addresses(pattern: &str, kind: &str) -> bool {
    let words = || pattern.split(|c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | ':'));
    let four = || words().any(|word| word.parse::<std::net::Ipv4Addr>().is_ok());
    let six = || words().any(|word| word.len() > 4 && word.parse::<std::net::Ipv6Addr>().is_ok());
    match kind {
        "A" => six(),
        "AAAA" => four(),
        "CNAME" | "MX" | "NS" => four() || six(),
        _ => false,
    }
}

fn icmp(section: &Node, report: &mut Section<'_>) {
    if let Some((node, size)) = section.get("payload_size").and_then(|node| Some((node, node.as_i64()?))) {
        if size > 65_507 {
            report.add(Level::Error, node, "payload_size", "a packet holds 65507 bytes at most", "use `56`");
        } else if size > 1472 && flag(section, "dont_fragment") {
            report.add(
                Level::Warning,
                node,
                "payload_size",
                "with `dont_fragment` a packet holds 1472 bytes on most networks",
                "use `1472` or less",
            );
        }
    }
    if let Some(node) = section.get("preferred_ip_protocol").filter(|node| node.as_str() == Some("ip6") && flag(section, "dont_fragment")) {
        let message = "`dont_fragment` works with IPv4 alone, so nothing comes of it here";
        report.add(Level::Warning, node, "preferred_ip_protocol", message, "use `ip4`, or leave `dont_fragment` out");
    }
    if let Some((node, ttl)) = section.get("ttl").and_then(|node| Some((node, node.as_i64()?))) {
        if ttl > 255 {
            report.add(Level::Error, node, "ttl", "a packet lives 255 hops at most", "use `64`");
        } else if (0..3).contains(&ttl) {
            report.add(Level::Warning, node, "ttl", format!("a packet that lives {ttl} hops hardly arrives"), "use `64`");
        }
    }
}

fn grpc(section: &Node, report: &mut Section<'_>) {
    unread_tls(section, "tls", report);
    if let Some(node) = section.get("service").filter(|node| node.as_str().is_some_and(|text| text.contains(['/', ':', ' ']))) {
        report.add(
            Level::Error,
            node,
            "service",
            format!("{} is no name of a service", node.describe()),
            "write it as `package.v1.Service`",
        );
    }
}

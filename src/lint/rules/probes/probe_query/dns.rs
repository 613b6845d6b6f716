//! What a DNS probe asks for, and the records that it expects.

use super::{flag, unread_tls};
use crate::diagnostic::{Level, did_you_mean};
use crate::lint::rule::Section;
use crate::source::Node;

const RECORDS: &[&str] = &["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

pub(super) fn dns(section: &Node, report: &mut Section<'_>) {
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
            let wanted = || required().filter_map(Node::as_str).filter_map(literal);
            if let Some(wanted) = wanted().find(|wanted| node.as_str().is_some_and(|text| forbids(text, wanted))) {
                let message = format!("{} must not match, and does in `{wanted}`, which is wanted: this always fails", node.describe());
                report.add(Level::Warning, node, list, message, "remove one of the two");
            } else if node.as_str().is_some() && required().any(|other| other.as_str() == node.as_str()) {
                let message = format!("{} has to match and must not: this always fails", node.describe());
                report.add(Level::Error, node, list, message, "remove one of the two");
            }
        }
    }
    let beside = section.get("validate_additional_rrs");
    for pattern in beside.into_iter().flat_map(|checks| checks.items_of("fail_if_not_matches_regexp")) {
        if pattern.as_str().is_some_and(|text| is_answer(text, name, kind)) {
            let message = format!("the records of type `{kind}` of `{name}` come in the answer, and not beside it");
            report.add(Level::Warning, pattern, "validate_additional_rrs", message, "write it under `validate_answer_rrs`");
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
    // Who asks for a refusal alone looks for resolvers that answer everybody.
    } else if !has("NXDOMAIN") && !has("REFUSED") {
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
        && of_answer
        && !hosts.contains(&name)
        // What other records hold are names as well.
        && (matches!(kind, "A" | "AAAA") || plain.starts_with('^') && !matches!(kind, "CNAME" | "ANY"))
        && !types.contains(&"CNAME")
        && let Some(other) = hosts.iter().find(|host| is_below_zone(host, name) && is_first(host, &plain))
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

/// Whether a pattern is for a record of the name and of the type that are asked for.
fn is_answer(pattern: &str, name: &str, kind: &str) -> bool {
    let plain = pattern.replace("\\.", ".").replace("\\t", " ").replace('\t', " ");
    let mut words = plain.trim_start_matches('^').split_whitespace();
    let is_first = words.next().is_some_and(|first| first.trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.')));
    is_first && words.any(|word| word == kind)
}

/// The text that a pattern asks for, where it is one but for what stands around it.
fn literal(pattern: &str) -> Option<String> {
    let bare = pattern.trim_start_matches('^').trim_end_matches('$').trim_start_matches(".*").trim_end_matches(".*");
    let text = bare.replace("\\.", ".");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'));
    (is_plain && text.len() > 3 && bare.contains("\\.")).then_some(text)
}

/// Whether a pattern that must not match does in a text that is wanted, and not in any.
fn forbids(pattern: &str, wanted: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(wanted) && !pattern.is_match("") && !pattern.is_match("example"))
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

/// Whether a name is below another one that a domain begins with, which leads nowhere else: all its records are its own.
fn is_below_zone(name: &str, zone: &str) -> bool {
    zone.matches('.').count() == 1 && name.strip_suffix(zone).is_some_and(|start| start.ends_with('.'))
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

//! What is said on a TCP connection: steps that await and send lines, and go over to TLS.

use super::{flag, unread_tls};
use crate::diagnostic::Level;
use crate::lint::probes::Probe;
use crate::lint::rule::Section;
use crate::lint::words::pattern::{never_matches, repeats_start};
use crate::lint::words::ports::{dependency_at, of_dependency};
use crate::source::Node;

/// Ports that speak without TLS, with those that speak the same under it.
const PLAIN: &[(&str, &str)] =
    &[("21", "990"), ("25", "465"), ("80", "443"), ("110", "995"), ("143", "993"), ("389", "636"), ("1883", "8883"), ("5672", "5671")];
/// Ports whose servers wait for the client to speak first.
const WAITING: &[&str] =
    &["80", "443", "389", "636", "1883", "2181", "5432", "5671", "5672", "6379", "8080", "8443", "9092", "11211", "27017"];
/// Ports where a connection can be brought under TLS.
const UPGRADED: &[&str] = &["21", "25", "110", "143", "389", "587", "5222", "5269", "5432", "4190"];

/// What is wrong with a connection to a port that begins with TLS.
pub(super) fn without_tls(port: &str) -> Option<&'static str> {
    match port {
        "22" => Some("SSH is not spoken under TLS"),
        "4222" => Some("a NATS server speaks first, and TLS begins behind that"),
        // It goes over to TLS in a way of its own.
        "5432" => Some("PostgreSQL goes over to TLS only when it is asked in its own way"),
        _ => PLAIN.iter().any(|(plain, _)| *plain == port).then_some("this port speaks without TLS"),
    }
}

/// Compares what is said on a connection with what listens at the port; says what the port is not for.
pub(super) fn conversation(probe: &Probe<'_>, report: &mut Section<'_>) -> Option<String> {
    let section = probe.section()?;
    let ports: Vec<&str> = probe.targets().filter_map(|(_, target)| Some(target.rsplit_once(':')?.1)).collect();
    let port = ports.first()?;
    let mut wrong = None;
    let mut steps = section.items_of("query_response").peekable();
    let all_wait = ports.iter().all(|port| WAITING.contains(port));
    if let Some(node) = steps.peek().and_then(|step| step.get("expect")).filter(|_| all_wait) {
        let message = format!("a server at port {port} says nothing before it is asked");
        report.add(Level::Warning, node, "query_response", message.clone(), "`send` something first");
        wrong = Some(message);
    }
    if ports.iter().any(|other| other != port) {
        return wrong;
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

/// What a module says on a connection, and the program at whose port that is not understood.
pub(super) fn spoken_elsewhere(section: &Node, port: &str) -> Option<(&'static str, &'static str)> {
    let has = |key: &str, words: &[&str]| {
        section
            .items_of("query_response")
            .filter_map(|step| step.get_str(key))
            .any(|(_, text)| words.iter().any(|word| text.contains(word)))
    };
    let (spoken, own) = if has("send", &["PING"]) && has("expect", &["PONG"]) {
        ("Redis", of_dependency("redis"))
    } else if has("send", &["version", "stats"]) && has("expect", &["VERSION", "STAT "]) {
        ("memcached", of_dependency("memcached"))
    } else if has("send", &["EHLO", "HELO"]) {
        ("SMTP", None)
    } else if has("expect", &["SSH-"]) {
        ("SSH", None)
    } else {
        return None;
    };
    dependency_at(port).filter(|_| own != Some(port)).map(|other| (spoken, other))
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
    ("4222", "INFO x"),
];

/// The text that a pattern begins with, up to what is no text.
fn begins(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(escaped) if !escaped.is_ascii_alphanumeric() => text.push(escaped),
                _ => break,
            },
            '.' | '*' | '+' | '?' | '[' | '(' | '|' | '{' | '$' | '^' => break,
            _ => text.push(c),
        }
    }
    text
}

/// What a pattern awaits that a server does not greet by: another number, anywhere in the line, or another word at its start.
fn other_greeting(pattern: &str, greeting: &str) -> Option<String> {
    let code = |text: &str| Some(text.trim_start_matches('^').get(..3)?.to_owned()).filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
    match code(pattern) {
        Some(wrong) => Some(wrong).filter(|_| code(greeting) != code(pattern)),
        None => pattern.strip_prefix('^').map(begins).filter(|word| word.len() >= 3 && greeting.get(..3) != word.get(..3)),
    }
}

/// What is expected before anything is sent, and what a mail server does not say unless it is asked by `EHLO`.
fn greeting(section: &Node, port: &str, report: &mut Section<'_>) {
    let first = section.items_of("query_response").next().and_then(|step| step.get_str("expect"));
    if let (Some((node, pattern)), Some((_, greeting))) = (first, GREETINGS.iter().find(|(known, _)| *known == port))
        && let Some(wrong) = other_greeting(pattern, greeting)
    {
        let message = format!("a server at port {port} greets by `{}`, and not by `{wrong}`", greeting.split(' ').next().unwrap_or(""));
        report.add(Level::Warning, node, "query_response", message, "expect the greeting first");
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

pub(super) fn tcp(section: &Node, report: &mut Section<'_>) {
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
    for (node, text) in steps.iter().filter_map(|step| step.get_str("expect")).filter(|(_, text)| repeats_start(text)) {
        let message = format!("a `+` behind `^` repeats nothing: {} asks for `{}`", node.describe(), text.replacen('+', "", 1));
        report.add(Level::Warning, node, "query_response", message, "write `^\\+` for an answer that begins with `+`");
    }
    for step in &steps {
        let Some((node, text)) = step.get_str("expect") else { continue };
        let bare = text.strip_prefix('^').filter(|word| EXTENSIONS.iter().any(|known| word.starts_with(known)));
        if let Some(word) = bare {
            let message = format!("a mail server begins each line of its answer with a number, so {} never matches", node.describe());
            report.add(Level::Warning, node, "query_response", message, &format!("write `^250-{word}`"));
        }
        let word = ["^250-", "^250 ", "^250[- ]", "^250[ -]", "^250."].iter().find_map(|start| text.strip_prefix(start)).unwrap_or("");
        if matches!(word.strip_suffix('$'), Some("AUTH" | "SIZE")) {
            let message = format!("what a mail server can is told behind the word on the same line, so {} never matches", node.describe());
            report.add(Level::Warning, node, "query_response", message, "leave the `$` out");
        }
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
        (Some(asked), Some(turned)) if turned < asked => {
            let message = "TLS begins here before `STARTTLS` is sent, which the server does not expect";
            report.add(Level::Warning, steps[turned], "query_response", message, "send `STARTTLS` and await `220` before it");
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

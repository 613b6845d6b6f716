//! Names and texts that speak of the opposite of what is measured: writes where reads are counted.

use crate::promql::Expr;
use crate::promql::walk::{Found, selectors};

/// Two words for opposites, each with the forms that it comes in. What one side receives the other sends: these are none.
struct Pair(&'static [&'static str], &'static [&'static str]);

const PAIRS: &[Pair] = &[
    Pair(&["read", "reads", "reading"], &["write", "writes", "written", "writing"]),
    Pair(&["receive", "received", "receives", "receiving", "rx"], &["transmit", "transmitted", "transmits", "transmitting", "tx"]),
    Pair(&["upload", "uploads", "uploaded", "uploading"], &["download", "downloads", "downloaded", "downloading"]),
    Pair(&["ingress"], &["egress"]),
    Pair(&["inbound"], &["outbound"]),
];

/// What a process has of a machine, by words in names of metrics and in texts.
const RESOURCES: &[(&[&str], &[&str])] = &[
    (&["memory", "mem", "rss", "heap"], &[" memory"]),
    (&["fds", "filefd", "files"], &["descriptor", "open files"]),
    (&["cpu"], &[" cpu"]),
];

/// A resource that the texts of an alert are about, where all that is measured is another one.
pub(super) fn other_resource(texts: &str, name: &str, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let names: Vec<&str> = found.iter().filter_map(|found| found.selector.metric_name()).collect();
    let measures = |words: &[&str]| names.iter().any(|name| name.to_lowercase().split(['_', ':']).any(|word| words.contains(&word)));
    let mut measured = RESOURCES.iter().filter(|(words, _)| measures(words));
    let (Some((words, own)), None) = (measured.next(), measured.next()) else { return None };
    let says = |words: &[&str]| words.iter().any(|word| texts.contains(word));
    let is_of_each = |name: &&str| name.to_lowercase().split(['_', ':']).any(|word| words.contains(&word));
    if !names.iter().all(is_of_each) || says(own) || parts(name).any(|part| words.contains(&part.as_str())) {
        return None;
    }
    let mut others = RESOURCES.iter().filter(|(_, said)| says(said));
    let (Some((_, said)), None) = (others.next(), others.next()) else { return None };
    Some(format!("this speaks of `{}`, and the expression measures `{}`", said[0].trim(), words[0]))
}

/// Programs by how their metrics begin, and the words for them in a text.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("elasticsearch_", &["elasticsearch"]),
    ("kafka_", &["kafka"]),
    ("memcached_", &["memcached"]),
    ("mongodb_", &["mongodb", "mongo"]),
    ("mysql_", &["mysql", "mariadb"]),
    ("nginx_", &["nginx"]),
    ("pg_", &["postgresql", "postgres"]),
    ("rabbitmq_", &["rabbitmq"]),
    ("redis_", &["redis"]),
];

/// A program that the texts of an alert are about, where it is asked whether another one is up. What else is asked of a program may well
/// matter to others.
pub(super) fn other_program(texts: &str, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let of = |name: &str| PROGRAMS.iter().find(|(start, _)| name.starts_with(start));
    let (start, own) = of(found.first()?.selector.metric_name()?)?;
    let is_own = |found: &Found<'_>| found.selector.metric_name().is_some_and(|name| name.starts_with(start) && name.ends_with("_up"));
    let says = |words: &[&str]| words.iter().any(|word| texts.contains(word));
    if !found.iter().all(is_own) || says(own) {
        return None;
    }
    let mut others = PROGRAMS.iter().filter(|(_, words)| says(words));
    let (Some((_, words)), None) = (others.next(), others.next()) else { return None };
    let is_matched = found.iter().flat_map(|found| &found.selector.matchers).any(|m| words.iter().any(|word| m.value.contains(word)));
    (!is_matched).then(|| format!("this speaks of `{}`, and the expression asks for what `{}` exposes", words[0], own[0]))
}

/// What the texts of an alert, in small letters, and its name speak of, where the metrics are of the opposite.
pub(super) fn contrary(texts: &str, name: &str, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let measured: Vec<&str> =
        found.iter().filter_map(|found| found.selector.metric_name()).flat_map(|name| name.split(['_', ':'])).collect();
    let values = || found.iter().flat_map(|found| &found.selector.matchers).map(|matcher| matcher.value.to_lowercase());
    for Pair(one, other) in PAIRS {
        for (own, contrary) in [(one, other), (other, one)] {
            let Some(metric) = measured.iter().find(|word| own.contains(word)) else { continue };
            if measured.iter().any(|word| contrary.contains(word)) || values().any(|value| contrary.iter().any(|word| value.contains(word)))
            {
                continue;
            }
            let words = || texts.split(|c: char| !c.is_ascii_alphabetic());
            let mut named = parts(name).chain(words().map(str::to_owned));
            let said = named.find(|word| contrary.contains(&word.as_str()));
            if let Some(said) = said.filter(|_| !words().any(|word| own.contains(&word))) {
                return Some(format!("this speaks of `{said}`, and the expression measures `{metric}`"));
            }
        }
    }
    None
}

/// The words of a name such as `DiskWritesSlow`, in small letters.
fn parts(name: &str) -> impl Iterator<Item = String> + '_ {
    let starts: Vec<usize> = name.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([name.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| name[start..end].to_lowercase())
}

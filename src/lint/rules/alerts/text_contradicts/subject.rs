//! Texts about another program or another resource than the one that is asked about.

use std::ops::Deref;

use super::opposites::parts;
use crate::lint::template::about::sentence_at;
use crate::lint::world::World;
use crate::promql::Expr;
use crate::promql::walk::{Found, selectors};

/// What a process has of a machine: words for it in names of metrics, and in texts.
#[derive(PartialEq)]
struct Resource {
    words: &'static [&'static str],
    said: &'static [&'static str],
}

const RESOURCES: &[Resource] = &[
    Resource { words: &["memory", "mem", "rss", "heap"], said: &[" memory"] },
    Resource { words: &["fds", "filefd", "files"], said: &["descriptor", "open files"] },
    Resource { words: &["cpu"], said: &[" cpu"] },
];

/// The one resource that a metric is of.
fn resource(metric: &str) -> Option<&'static Resource> {
    let of = |word: &str| RESOURCES.iter().find(|resource| resource.words.iter().any(|known| known.eq_ignore_ascii_case(word)));
    let mut all = metric.split(['_', ':']).filter_map(of);
    let one = all.next()?;
    all.all(|other| other == one).then_some(one)
}

/// A resource that the texts of an alert are about, where all that is measured is another one.
pub(super) fn other_resource(texts: &impl Deref<Target = String>, name: &str, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let mut measured = found.iter().filter_map(|found| found.selector.metric_name()).map(resource);
    let own = measured.next()??;
    if measured.any(|other| other != Some(own)) {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| texts.contains(word));
    if says(own.said) || parts(name).any(|part| own.words.contains(&part.as_str())) {
        return None;
    }
    let mut others = RESOURCES.iter().filter(|other| says(other.said));
    let (Some(other), None) = (others.next(), others.next()) else { return None };
    Some(format!("this speaks of `{}`, and the expression measures `{}`", other.said[0].trim(), own.words[0]))
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
pub(super) fn other_program(texts: &impl Deref<Target = String>, expr: &Expr) -> Option<String> {
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

/// What happens to things, by the word for it in a text and the stem of it in names of metrics.
const EVENTS: &[(&str, &str)] = &[
    (" were cancelled", "cancel"),
    (" were dropped", "drop"),
    (" were evicted", "evict"),
    (" were expired", "expire"),
    (" were rejected", "reject"),
    (" were retried", "retr"),
    (" were throttled", "throttl"),
];

/// What an alert says that happened, by a sentence that shows its value, where the expression reads nothing of it and a metric that is
/// known tells of it.
pub(super) fn other_event<'t>(texts: impl Iterator<Item = &'t str>, name: &str, query: &str, world: &World<'_>) -> Option<String> {
    let is_read = |stem: &str| query.contains(stem) || name.to_lowercase().contains(stem);
    let known = |stem: &str| {
        world
            .catalogues
            .iter()
            .flat_map(|catalogue| &catalogue.metrics)
            .find(|metric| metric.name.value.split('_').any(|word| word.starts_with(stem)))
    };
    let mut said = texts.filter(|text| text.contains("$value")).filter_map(|text| {
        let (words, stem, at) = EVENTS.iter().find_map(|(words, stem)| Some((words, stem, text.find(words)?)))?;
        let metric = known(stem).filter(|_| !is_read(stem) && text[sentence_at(text, at)].contains("$value"))?;
        Some(format!("this says that things `{}`, of which `{}` tells and not the expression", words.trim(), metric.name.value))
    });
    said.next()
}

//! Names of metrics that are written otherwise than everywhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::{exporters, programs};
use crate::promql::ast::Selector;

rule! {
    /// An expression asks for a metric that no manifest declares, and whose name is a letter away from one that a well-known exporter
    /// serves, or that other rules and panels ask for: `node_cpu_second_total` for `node_cpu_seconds_total`. It finds nothing.
    ///
    /// Names that differ in a number, or in a short word such as `rx` and `tx`, are different metrics. Among more than 1,000 names that no
    /// exporter and no manifest has, none is taken for a slip of another.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: 'avg by (instance) (rate(node_cpu_second_total{mode="idle"}[5m])) < 0.1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "busy" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) < 0.1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "busy" }
    /// ```
    MetricSlip, "metric-slip", Warning
}

/// With more names than these some are a letter apart whatever anybody meant, and to compare them would take longer than all else.
const MANY: usize = 1000;

/// The metric of an exporter that a name is nearly.
fn served(name: &str) -> Option<&'static str> {
    if !exporters::may_be_known(name) || exporters::is_known(name) {
        return None;
    }
    let of_program = || exporters::of_program(name.split('_').next().unwrap_or(name));
    of_program().next()?;
    of_program().find(|other| is_slip(name, other)).or_else(|| {
        let spelt = name.replace("_secs", "_seconds");
        let words = sorted(&spelt);
        let counted = name.strip_suffix("_total");
        of_program().find(|other| sorted(other) == words || counted.is_some_and(|stem| other.strip_suffix("_count") == Some(stem)))
    })
}

/// The metric of an exporter whose name has the same letters, of a job that scrapes that exporter and nothing else: other programs
/// may serve one that is spelt so.
fn spelt_otherwise(name: &str, selector: &Selector, context: &Context<'_>) -> Option<&'static str> {
    let letters = |name: &str| name.replace('_', "");
    let mut jobs = context.world.jobs_named(named_job(selector)?).iter().peekable();
    jobs.peek().filter(|_| exporters::may_be_known(name) && !exporters::is_known(name))?;
    let meant = exporters::of_program(name.split('_').next()?).find(|other| letters(other) == letters(name))?;
    jobs.all(|job| programs::is_exporter_of(job, meant)).then_some(meant)
}

/// Whether a program is up, as people call it after the program or its exporter, and as that calls it.
const UP: &[(&str, &str)] = &[
    ("mongo_up", "mongodb_up"),
    ("mysqld_up", "mysql_up"),
    ("postgres_exporter_up", "pg_up"),
    ("postgres_up", "pg_up"),
    ("postgresql_up", "pg_up"),
    ("redis_exporter_up", "redis_up"),
];

/// The words of a name, whatever their order.
fn sorted(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = name.split('_').collect();
    words.sort_unstable();
    words
}

impl Rule for MetricSlip {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for used in &query.selectors {
            let name = used.selector.metric_name().filter(|name| name.contains('_') && !query.is_variable_metric(used.selector));
            let Some(name) = name.filter(|name| !name.contains(':') && !is_declared(name, context)) else { continue };
            let spelt = || spelt_otherwise(name, used.selector, context);
            let up = || UP.iter().find(|(wrong, _)| *wrong == name).map(|(_, meant)| *meant);
            if let Some(meant) = served(name).or_else(spelt).or_else(up).filter(|_| context.world.recorded(name).is_empty()) {
                let message = format!("`{name}` is nearly `{meant}`, which its exporter serves");
                found.push(META.finding(query.span(&used.range), message).path(query.path()).help(format!("did you mean `{meant}`?")));
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut uses: BTreeMap<&str, Vec<(&Query<'_>, Range<usize>)>> = BTreeMap::new();
        for query in context.queries {
            let Some(expr) = &query.expr else { continue };
            for used in crate::promql::walk::selectors(expr) {
                let name = used.selector.metric_name().filter(|name| name.len() >= 6 && !query.is_variable_metric(used.selector));
                let Some(name) = name.filter(|name| !name.contains(':') && !is_declared(name, context)) else { continue };
                // What a manifest says of its own service is judged by it.
                if !named_job(used.selector).is_some_and(|job| context.world.catalogues.iter().any(|known| known.job() == Some(job))) {
                    uses.entry(name).or_default().push((query, used.place.clone()));
                }
            }
            if uses.len() > MANY {
                return;
            }
        }
        // A slip is in one word: names are compared with those that are alike in all others.
        let mut alike: HashMap<(&str, &str), Vec<&str>> = HashMap::default();
        for name in uses.keys().copied() {
            for around in words(name) {
                alike.entry(around).or_default().push(name);
            }
        }
        for (name, places) in
            uses.iter().filter(|(name, places)| !exporters::is_known(name) && served(name).is_none() && is_one_rule(places))
        {
            let endings = ["_total", "_bytes"].into_iter().filter_map(|ending| uses.get_key_value(format!("{name}{ending}").as_str()));
            let mut near: BTreeSet<&str> = endings.map(|(name, _)| *name).collect();
            for around in words(name) {
                let word = |name: &str| around.0.len()..name.len() - around.1.len();
                let others = alike.get(&around).into_iter().flatten();
                near.extend(others.filter(|other| is_near(&name[word(name)], &other[word(other)])));
            }
            let usual = |other: &&str| {
                let asked = uses.get(other).map_or(&[][..], Vec::as_slice);
                let apart = asked.iter().all(|(query, _)| places.iter().all(|(own, _)| !std::ptr::eq(*query, *own)));
                apart && asked.len() >= places.len() && !asked.is_empty()
            };
            let Some(meant) = near.into_iter().filter(|other| is_slip(name, other)).find(usual) else { continue };
            for (query, place) in places {
                found.push(
                    META.finding(query.span(place), format!("`{name}` is nearly `{meant}`, which others ask for"))
                        .path(query.path())
                        .help(format!("did you mean `{meant}`?")),
                );
            }
        }
    }
}

fn is_declared(name: &str, context: &Context<'_>) -> bool {
    context.world.metric(name).is_some() || name == "up" || name.starts_with("scrape_") || name.starts_with("ALERTS")
}

/// Whether all places are in one expression.
fn is_one_rule(places: &[(&Query<'_>, Range<usize>)]) -> bool {
    places.iter().all(|(query, _)| std::ptr::eq(*query, places[0].0))
}

/// What stands before and behind each word of a name that a slip may be in: one that is long enough, and without a number.
fn words(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = 0;
    name.split('_').filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        let may_slip = word.len() >= 4 && !word.bytes().any(|byte| byte.is_ascii_digit());
        may_slip.then(|| (&name[..start], &name[start + word.len()..]))
    })
}

/// Whether two words begin and end alike but for two letters at most: others need not be compared letter by letter.
fn is_near(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let alike = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let behind = one[alike..].iter().rev().zip(other[alike..].iter().rev()).take_while(|(a, b)| a == b).count();
    one.len().max(other.len()) - alike - behind <= 2
}

/// Whether two names are one but for a slip in a word that is long enough to tell, or for the unit or `_total` at their end.
fn is_slip(name: &str, other: &str) -> bool {
    if other.strip_prefix(name).is_some_and(|rest| matches!(rest, "_total" | "_bytes")) {
        return exporters::is_known(other);
    }
    // A slip adds or takes away one letter at most; most pairs are told apart by that.
    if name.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let (own, their): (Vec<&str>, Vec<&str>) = (name.split('_').collect(), other.split('_').collect());
    if own.len() != their.len() {
        return false;
    }
    // The first word is the name of a program, and `mssql` is none of `mysql`.
    if own.first() != their.first() {
        return false;
    }
    let differing: Vec<(&str, &str)> = own.into_iter().zip(their).filter(|(one, other)| one != other).collect();
    let [(one, meant)] = differing.as_slice() else { return false };
    let has_digit = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
    let is_long = one.len().min(meant.len()) >= 4;
    is_long && !has_digit(one) && !has_digit(meant) && strsim::damerau_levenshtein(one, meant) == 1
}

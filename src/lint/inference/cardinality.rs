//! How many series the result of an expression can have, where that is known.
//!
//! Known it is where the targets of a job stand in the `prometheus.yml` and the labels of a metric are declared with all their
//! values, where an aggregation leaves one series, or where a label is compared with one value.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::inference::labels::shape;
use crate::lint::query::named::is_build;
use crate::lint::query::{is_placeholder, matches, named_job};
use crate::lint::world::declared::MetricType;
use crate::lint::world::relabel::{self, Labels};
use crate::lint::world::{Series, World};
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{selectors, without_parens};

/// The most series that an expression can have; `None` where nobody knows.
pub fn most_series(expr: &Expr, world: &World<'_>) -> Option<u64> {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => Some(1),
        ExprKind::Paren(inner) | ExprKind::Unary { expr: inner, .. } | ExprKind::Subquery { expr: inner, .. } => most_series(inner, world),
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => of_selector(selector, world),
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "absent" | "absent_over_time" | "vector" | "scalar" | "time" | "pi" => Some(1),
            "info" | "histogram_quantiles" => None,
            "histogram_quantile" | "histogram_fraction" => most_series(arguments.last()?, world),
            "quantile_over_time" => most_series(arguments.get(1)?, world),
            _ => most_series(arguments.first()?, world),
        },
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate, world),
        ExprKind::Binary(binary) => {
            let is_scalar = |expr: &Expr| crate::promql::value_type(expr) == crate::promql::ValueType::Scalar;
            if is_scalar(&binary.left) {
                return most_series(&binary.right, world);
            }
            let left = most_series(&binary.left, world);
            if is_scalar(&binary.right) {
                return left;
            }
            match binary.op {
                BinaryOp::And | BinaryOp::Unless => left,
                BinaryOp::Or => left?.checked_add(most_series(&binary.right, world)?),
                _ => {
                    let matching = binary.matching.as_ref();
                    if matching.is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some()) {
                        return None;
                    }
                    match matching.and_then(|m| m.group.as_ref()) {
                        Some(group) if group.left => left,
                        Some(_) => most_series(&binary.right, world),
                        // Each series of one side meets one of the other.
                        None => least(left, most_series(&binary.right, world)),
                    }
                }
            }
        }
    }
}

/// The least and the most that stand in one group of an aggregation of `up`, where the targets of the job are known: every one of them
/// has its `up`, be it up or down.
pub fn targets_in_groups(aggregate: &Aggregate, world: &World<'_>) -> Option<(u64, u64)> {
    let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { return None };
    let mut groups: BTreeMap<Vec<(&str, &str)>, u64> = BTreeMap::new();
    for labels in of_up(selector, world)? {
        let keeps = |label: &str| aggregate.grouping.as_ref().is_some_and(|by| by.keeps(label));
        let own = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([("instance", relabel::value(labels, "instance").unwrap_or(""))]);
        let mut key: Vec<(&str, &str)> = own.filter(|(name, _)| !name.starts_with("__") && keeps(name)).collect();
        key.sort_unstable();
        key.dedup();
        *groups.entry(key).or_default() += 1;
    }
    Some((*groups.values().min()?, *groups.values().max()?))
}

/// The targets whose `up` a selector reads.
fn of_up<'w>(selector: &Selector, world: &'w World<'_>) -> Option<Vec<&'w Labels>> {
    let plain = selector.metric_name() == Some("up") && selector.offset.is_none() && selector.at.is_none();
    let all = world.targets_scraped()?.labels(named_job(selector).filter(|_| plain)?)?;
    let asked: Vec<&Matcher> = selector.matchers.iter().filter(|m| !matches!(m.label.text.as_str(), "job" | "__name__")).collect();
    let mut read = Vec::new();
    for labels in all {
        let value = |label: &str| relabel::value(labels, label).unwrap_or("");
        let fits = asked.iter().map(|matcher| matches(matcher, value(&matcher.label.text))).collect::<Option<Vec<bool>>>()?;
        if fits.into_iter().all(|fits| fits) {
            read.push(labels);
        }
    }
    Some(read).filter(|read| !read.is_empty())
}

/// Whether an aggregation leaves every series in a group of its own, so that it counts 1 of each, as the files have it now: where a job
/// has one target, these need not be told apart.
pub fn is_one_of_each(aggregate: &Aggregate, world: &World<'_>) -> bool {
    is_told_apart(aggregate, world, &|only, label| {
        values(only, label, world) == Some(1) || label == "job" && world.job_read(only).is_some()
    })
}

/// As [`is_one_of_each`], however many targets there will be.
pub fn is_always_one_of_each(aggregate: &Aggregate, world: &World<'_>) -> bool {
    is_told_apart(aggregate, world, &|_, _| false)
}

/// Whether an aggregation keeps every label that tells series apart, but those of which there is one value.
fn is_told_apart(aggregate: &Aggregate, world: &World<'_>, has_one: &dyn Fn(&Selector, &str) -> bool) -> bool {
    let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without) else { return false };
    let inner = shape(&aggregate.expr, world);
    let found = selectors(&aggregate.expr);
    // Several metrics may differ in their names alone.
    let one_name = matches!(found.as_slice(), [only] if only.selector.metric_name().is_some());
    let one = |label: &str| found.first().is_some_and(|only| has_one(only.selector, label));
    let named = |label: &&str| *label == "__name__" || grouping.labels.iter().any(|by| by.text == **label) || one(label);
    one_name && inner.closed && inner.labels.iter().all(named)
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn of_aggregate(aggregate: &Aggregate, world: &World<'_>) -> Option<u64> {
    let inner = most_series(&aggregate.expr, world);
    match (aggregate.op, &aggregate.grouping) {
        (AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio, _) => inner,
        (AggregateOp::CountValues, _) => None,
        (_, None) => Some(1),
        (_, Some(grouping)) if grouping.without => inner,
        (_, Some(grouping)) => {
            let found = selectors(&aggregate.expr);
            let labels: BTreeSet<&str> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
            let possible = shape(&aggregate.expr, world);
            // The values that a label can have in any of the selectors.
            let of_label = |label: &str| -> Option<u64> {
                if !possible.possible(label) {
                    return Some(1);
                }
                found.iter().try_fold(0_u64, |sum, found| sum.checked_add(values(found.selector, label, world)?))
            };
            let groups = labels.iter().try_fold(1_u64, |product, label| product.checked_mul(of_label(label)?.max(1)));
            least(inner, groups)
        }
    }
}

/// The product of what each label can be.
fn of_selector(selector: &Selector, world: &World<'_>) -> Option<u64> {
    let name = selector.metric_name()?;
    if let Some(read) = of_up(selector, world) {
        return Some(read.len() as u64);
    }
    // Whatever a variable chooses, there are no more than all.
    if let Some(job) = named_job(selector).filter(|_| name == "up") {
        return world.targets_scraped()?.read(Some(job), |_| true)?.targets;
    }
    let targets = values(selector, "instance", world)?;
    // What is asked of a target has one series of it, and its process is of one build.
    if is_build(name) || matches!(name, "up" | "probe_success" | "probe_duration_seconds" | "scrape_duration_seconds") {
        return Some(targets);
    }
    let (catalogue, metric, series) = world.metric_of(selector)?;
    // A page shows the labels of a metric, and seldom all of their values: what has none is there once for each target.
    let is_partial = catalogue.is_page() && world.pages_of(selector).is_none();
    if is_partial || metric.open || (series == Series::Base && metric.kind == MetricType::Summary) {
        return None;
    }
    let labels = metric.labels.iter().map(|label| values(selector, &label.name.value, world));
    let bounds = if series == Series::Bucket { metric.buckets.as_ref().map(|bounds| bounds.value.len() as u64 + 1) } else { Some(1) };
    labels.chain([bounds]).try_fold(targets, |product, values| product.checked_mul(values?.max(1)))
}

/// How many values a label of a selector can have.
pub fn values(selector: &Selector, label: &str, world: &World<'_>) -> Option<u64> {
    let matchers = || selector.matchers.iter().filter(|matcher| matcher.label.text == label);
    if matchers().any(|m| m.op == MatchOp::Equal && !is_placeholder(&m.value)) {
        return Some(1);
    }
    let fits = |value: &str| matchers().all(|matcher| matches(matcher, value) != Some(false));
    match label {
        "instance" if declared_targets(selector, world).is_some() => declared_targets(selector, world).map(|targets| targets.len() as u64),
        "instance" | "job" => {
            let of_job = selector.matchers.iter().filter(|m| m.label.text == "job");
            let metric = selector.metric_name();
            let read = world.targets(selector)?.read(named_job(selector), |name| {
                of_job.clone().all(|m| matches(m, name) != Some(false)) && metric.is_none_or(|metric| world.may_have(name, metric))
            })?;
            if label == "job" { Some(read.jobs) } else { read.targets }
        }
        _ => {
            let (_, metric, _) = world.metric_of(selector)?;
            let known = metric.labels.iter().find(|known| known.name.value == label)?;
            let count = known.values.as_ref()?.iter().filter(|value| fits(value)).count() as u64;
            Some(count + u64::from(known.optional))
        }
    }
}

/// How many values of a label a page of metrics shows of what a selector reads; there may be more.
pub fn shown(selector: &Selector, label: &str, world: &World<'_>) -> Option<u64> {
    let (_, metric, _) = world.metric_of(selector)?;
    let known = metric.labels.iter().find(|known| known.name.value == label)?;
    let fits = |value: &String| selector.matchers.iter().all(|m| m.label.text != label || matches(m, value) != Some(false));
    Some(known.seen.iter().filter(|value| fits(value)).count() as u64)
}

/// The value that every series of a result has in a label, where it is one; it is compared with it in the selectors.
pub fn pinned<'e>(expr: &'e Expr, label: &str) -> Option<&'e str> {
    of_label(expr, label, &|selector| compared_with(selector, label))
}

/// The value that a selector compares a label with, where that is all that it asks of it.
fn compared_with<'e>(selector: &'e Selector, label: &str) -> Option<&'e str> {
    let mut own = selector.matchers.iter().filter(|matcher| matcher.label.text == label);
    let only = own.next().filter(|m| m.op == MatchOp::Equal && !m.value.is_empty() && !is_placeholder(&m.value))?;
    own.next().is_none().then_some(only.value.as_str())
}

/// So many rules are followed, one recorded from the other.
const LEVELS: usize = 4;

/// As [`pinned`], also where a recorded series is read that has the one value by the rule which records it.
pub fn pinned_behind(expr: &Expr, label: &str, world: &World<'_>) -> Option<String> {
    fn follow(expr: &Expr, label: &str, world: &World<'_>, levels: usize) -> Option<String> {
        of_label(expr, label, &|selector| {
            let own = compared_with(selector, label).map(str::to_owned);
            own.or_else(|| follow(recorded(selector, label, world).filter(|_| levels > 0)?, label, world, levels - 1))
        })
    }
    follow(expr, label, world, LEVELS)
}

/// The job whose targets the series of an expression come from, each by its `instance`.
pub fn job_behind(expr: &Expr, world: &World<'_>) -> Option<String> {
    job_behind_label(expr, "instance", world, LEVELS)
}

/// The `job` that the series of an expression have, by the only one that has what is read.
pub fn job_of(expr: &Expr, world: &World<'_>) -> Option<String> {
    job_behind_label(expr, "job", world, LEVELS)
}

fn job_behind_label(expr: &Expr, label: &str, world: &World<'_>, levels: usize) -> Option<String> {
    // What is handed on may call itself by another job than the one that scrapes it.
    let is_its_name = |selector: &Selector, job: &str| {
        label != "job" || named_job(selector).is_some() || world.jobs_named(job).is_empty() || world.is_configured(job)
    };
    of_label(expr, label, &|selector| {
        let own = world.job_read(selector).filter(|job| is_its_name(selector, job)).map(str::to_owned);
        own.or_else(|| job_behind_label(recorded(selector, label, world).filter(|_| levels > 0)?, label, world, levels - 1))
    })
}

/// The only expression that is recorded under the name which a selector asks for, where the rule leaves a label as it is.
fn recorded<'a>(selector: &Selector, label: &str, world: &World<'a>) -> Option<&'a Expr> {
    let [only] = world.recorded(selector.metric_name()?) else { return None };
    only.query.rule().filter(|rule| rule.label(label).is_none())?;
    only.query.expr.as_ref()
}

/// What is known of a label of a result from the selector that it comes from; where it comes from two, they have to say the same.
pub fn of_label<'e, T: PartialEq>(expr: &'e Expr, label: &str, known: &dyn Fn(&'e Selector) -> Option<T>) -> Option<T> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => known(selector),
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } => of_label(expr, label, known),
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "label_replace" | "label_join" | "info" | "vector" | "scalar" | "histogram_quantiles" | "absent" | "absent_over_time" => None,
            "histogram_quantile" | "histogram_fraction" if label == "le" => None,
            "histogram_quantile" | "histogram_fraction" => of_label(arguments.last()?, label, known),
            "quantile_over_time" => of_label(arguments.get(1)?, label, known),
            _ => of_label(arguments.first()?, label, known),
        },
        ExprKind::Aggregate(aggregate) => {
            let keeps = match &aggregate.grouping {
                None => matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio),
                Some(grouping) => grouping.keeps(label),
            };
            if keeps && aggregate.op != AggregateOp::CountValues { of_label(&aggregate.expr, label, known) } else { None }
        }
        ExprKind::Binary(binary) => {
            let (left, right) = (|| of_label(&binary.left, label, known), || of_label(&binary.right, label, known));
            match binary.op {
                BinaryOp::And | BinaryOp::Unless => left(),
                BinaryOp::Or => left().filter(|left| right().as_ref() == Some(left)),
                // What does not stand in `on`, or stands in `ignoring`, may be dropped, and `group_right` takes it from the right.
                _ if binary.matching.as_ref().is_some_and(|m| m.on || !m.labels.is_empty() || m.group.is_some()) => None,
                _ => left().or_else(right),
            }
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => None,
    }
}

/// The targets that a manifest lists of the service whose metric a selector reads, where no configuration says otherwise.
fn declared_targets<'w>(selector: &Selector, world: &World<'w>) -> Option<&'w [String]> {
    let (catalogue, ..) = world.metric_of(selector).filter(|(catalogue, ..)| !catalogue.is_page() && world.prometheus.is_empty())?;
    let job = catalogue.jobs.first()?;
    let is_own = named_job(selector).is_none_or(|named| named == job.name.value);
    (is_own && !job.targets.is_empty()).then_some(job.targets.as_slice())
}

/// The values of `instance` of the targets that an expression's series come from, where all of them are known.
pub fn instances(expr: &Expr, world: &World<'_>) -> Option<BTreeSet<String>> {
    instances_behind(expr, world, LEVELS)
}

fn instances_behind(expr: &Expr, world: &World<'_>, levels: usize) -> Option<BTreeSet<String>> {
    of_label(expr, "instance", &|selector| {
        if let Some(targets) = declared_targets(selector, world) {
            let own = |value: &&String| selector.matchers.iter().all(|m| m.label.text != "instance" || matches(m, value) != Some(false));
            return Some(targets.iter().filter(own).cloned().collect()).filter(|all: &BTreeSet<String>| !all.is_empty());
        }
        if world.prometheus.len() > 1 {
            return None;
        }
        if let Some(of) = recorded(selector, "instance", world).filter(|_| levels > 0) {
            let own = |value: &String| selector.matchers.iter().all(|m| m.label.text != "instance" || matches(m, value) != Some(false));
            let all: BTreeSet<String> = instances_behind(of, world, levels - 1)?.into_iter().filter(own).collect();
            return Some(all).filter(|all| !all.is_empty());
        }
        let name = selector.metric_name().filter(|name| world.recorded(name).is_empty())?;
        let [job] = world.jobs_named(world.job_read(selector)?) else { return None };
        let rewritten = |step: &crate::formats::prometheus::Relabel<'_>| {
            step.action == "labelmap"
                || step.target.and_then(crate::source::Node::as_str).is_some_and(|target| target == "instance" || target.contains('$'))
        };
        if name.is_empty() || job.honor_labels || job.metric_relabel.iter().any(rewritten) || !world.knows_jobs_of(selector) {
            return None;
        }
        let own = selector.matchers.iter().filter(|matcher| matcher.label.text == "instance").collect::<Vec<_>>();
        let targets = relabel::targets(job)?.into_iter().filter(|outcome| outcome.dropped.is_none());
        // What a target is labelled with, all of its series are.
        let fits = |outcome: &relabel::Outcome<'_>| {
            let given = |matcher: &&Matcher| !matches!(matcher.label.text.as_str(), "job" | "instance" | "__name__");
            selector.matchers.iter().filter(given).all(|matcher| {
                let value = outcome.labels.get(matcher.label.text.as_str()).filter(|value| !value.is_empty());
                value.is_none_or(|value| matches(matcher, value) != Some(false))
            })
        };
        let targets = targets.filter(fits);
        let instance = |outcome: relabel::Outcome<'_>| {
            let own = outcome.labels.get("instance").filter(|instance| !instance.is_empty());
            own.or_else(|| outcome.labels.get("__address__")).cloned()
        };
        let all: BTreeSet<String> =
            targets.filter_map(instance).filter(|value| own.iter().all(|m| matches(m, value) != Some(false))).collect();
        Some(all).filter(|all| !all.is_empty())
    })
}

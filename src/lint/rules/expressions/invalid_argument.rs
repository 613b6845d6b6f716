//! Arguments with which a function fails, or gives nothing.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::cardinality::{instances, values};
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::query::{constant, is_placeholder, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::world::jobs::writes;
use crate::lint::world::{Series, World};
use crate::promql::ast::{Aggregate, AggregateOp, Expr, ExprKind};
use crate::promql::{regex, walk};

rule! {
    /// An argument makes a function fail whenever it is evaluated, or leaves nothing of its input: a pattern of `label_replace` that is no
    /// regular expression, a label that cannot be one, `clamp` with its least above its greatest, the `topk` of none, `round` to
    /// a multiple of zero.
    ///
    /// Prometheus loads such a rule without a word: the arguments are looked at when they are used.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: label_replace(queue_depth, "host", "$1", "instance", "(.*:.*") > 5
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: label_replace(queue_depth, "host", "$1", "instance", "(.*):.*") > 5
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: clamp(queue_depth, 100, 0) > 5
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: clamp(queue_depth, 0, 100) > 5
    /// ```
    InvalidArgument, "invalid-argument", Error
}

impl Rule for InvalidArgument {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &node in &query.nodes {
            let fault = match &node.kind {
                ExprKind::Call { function, arguments } => call(&function.text, arguments, context.world),
                ExprKind::Aggregate(aggregate)
                    if matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk) =>
                {
                    let number = aggregate.parameter.as_deref();
                    number.and_then(|number| Some((number, constant(number)?))).filter(|(_, number)| *number < 1.0).map(
                        |(number, value)| {
                            let message = format!("`{}` of {value} keeps no series", aggregate.op.name());
                            Fault { level: META.level, place: number.range.clone(), message, help: "say how many are to be kept" }
                        },
                    )
                }
                _ => None,
            };
            if let Some(fault) = fault.filter(|fault| !query.is_variable(&fault.place)) {
                found.push(META.finding_at(fault.level, query.span(&fault.place), fault.message).path(query.path()).help(fault.help));
            }
        }
    }
}

/// What is wrong with an argument, and where.
struct Fault {
    level: Level,
    place: Range<usize>,
    message: String,
    help: &'static str,
}

/// What there is one of for each target.
const ONE_OF_EACH: &[&str] = &["up", "probe_success", "probe_duration_seconds", "scrape_duration_seconds", "scrape_samples_scraped"];

fn call(function: &str, arguments: &[Expr], world: &World<'_>) -> Option<Fault> {
    let number = |place: usize| arguments.get(place).and_then(|argument| Some((&argument.range, constant(argument)?)));
    let fault = |range: &Range<usize>, message: String, help| Some(Fault { level: META.level, place: range.clone(), message, help });
    if matches!(function, "sqrt" | "ln" | "log2" | "log10")
        && let Some(ExprKind::Selector(selector)) = arguments.first().map(|of| &walk::without_parens(of).kind)
        && let Some((page, metric, Series::Base)) = world.metric_of(selector)
        && let Some(shown) = metric.values.shown.filter(|shown| page.is_page() && shown.high < 0.0)
    {
        let message =
            format!("`{function}` of what is below 0 is no number, and the page shows `{}` as {} at most", metric.name.value, shown.high);
        return Some(Fault { level: Level::Warning, place: arguments[0].range.clone(), message, help: "compare it as it is" });
    }
    match function {
        "clamp" => {
            let ((range, low), (_, high)) = number(1).zip(number(2))?;
            if low <= high {
                return None;
            }
            fault(range, format!("the least, `{low}`, is above the greatest, `{high}`: nothing is left"), "swap the two")
        }
        "round" => {
            let (range, _) = number(1).filter(|(_, number)| number.abs() < f64::MIN_POSITIVE)?;
            fault(range, "there are no multiples of zero: the result is NaN".to_owned(), "say what to round to, as `0.1`")
        }
        "double_exponential_smoothing" | "holt_winters" => {
            let (range, value) = [number(1), number(2)].into_iter().flatten().find(|(_, value)| *value <= 0.0 || *value >= 1.0)?;
            let message = format!("a factor of smoothing lies between 0 and 1, and `{value}` does not: this fails");
            fault(range, message, "write a fraction between 0 and 1")
        }
        "histogram_fraction" => {
            let ((range, low), (_, high)) = number(0).zip(number(1))?;
            if low < high {
                return None;
            }
            fault(range, format!("nothing lies between `{low}` and `{high}`, so this is always 0"), "write the lower bound first")
        }
        "scalar" => {
            let of = walk::without_parens(arguments.first()?);
            if let ExprKind::Aggregate(aggregate) = &of.kind {
                return groups(aggregate, world).map(|(label, values)| Fault {
                    level: Level::Warning,
                    place: of.range.clone(),
                    message: format!("`scalar` of {values} groups is NaN: `{label}` has so many values"),
                    help: "aggregate to one value, or divide series by series with `on (…)`",
                });
            }
            let (ExprKind::Selector(_) | ExprKind::Call { .. }) = &of.kind else { return None };
            let found = walk::selectors(of);
            let [only] = found.as_slice() else { return None };
            named_job(only.selector)?;
            // As many as there are targets, each of which brings at least one.
            let targets = values(only.selector, "instance", world).filter(|targets| *targets > 1)?;
            let of_each = |name: &str| ONE_OF_EACH.contains(&name);
            let known = world.metric_of(only.selector).is_some() || only.selector.metric_name().is_some_and(of_each);
            let message = format!("`scalar` of what {targets} targets bring is NaN, which compares with nothing");
            known.then(|| Fault { level: Level::Warning, place: of.range.clone(), message, help: "aggregate first: `scalar(max(…))`" })
        }
        "label_replace" | "label_join" => labels(function, arguments, world),
        _ => None,
    }
}

/// The label by which an aggregation has several groups, and how many values are declared of it.
fn groups(aggregate: &Aggregate, world: &World<'_>) -> Option<(String, u64)> {
    let grouping = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)?;
    let found = walk::selectors(&aggregate.expr);
    let [only] = found.as_slice() else { return None };
    let possible = shape(&aggregate.expr, world);
    let names = grouping.labels.iter().map(|label| label.text.as_str()).filter(|label| possible.possible(label));
    let mut many = names.filter_map(|label| Some((label.to_owned(), values(only.selector, label, world)?)));
    many.find(|(label, count)| *count > 1 && label != "job")
}

/// What is wrong with a label that is made.
fn labels(function: &str, arguments: &[Expr], world: &World<'_>) -> Option<Fault> {
    let text = |place: usize| {
        let argument = arguments.get(place)?;
        let ExprKind::String(bytes) = &argument.kind else { return None };
        std::str::from_utf8(bytes).ok().filter(|text| !is_placeholder(text)).map(|text| (&argument.range, text))
    };
    let (range, made) = text(1)?;
    if made.is_empty() || refuses(made, world) {
        let message = format!("`{made}` can be no label, so this fails");
        return Some(Fault { level: META.level, place: range.clone(), message, help: "use letters, digits and `_`" });
    }
    if function == "label_replace" {
        let (range, pattern) = text(4)?;
        let Some(error) = regex::check(pattern).err() else {
            if let Some(seen) = text(3).and_then(|(_, source)| shown(arguments.first()?, source, world))
                && seen.iter().all(|value| full_match(pattern, value) == Some(false))
                && let Some(example) = seen.first()
            {
                let message =
                    format!("the pattern has to match the whole value, as `{example}` on the page, and matches none: nothing is written");
                return Some(Fault { level: Level::Warning, place: range.clone(), message, help: "write a pattern for the whole value" });
            }
            let asks = text(3).is_some_and(|(_, source)| source == "instance");
            let known = instances(arguments.first().filter(|_| asks)?, world)?;
            let never = known.iter().all(|instance| full_match(pattern, instance) == Some(false));
            let example = known.first().filter(|_| never)?;
            let message = format!("the pattern has to match the whole value, as `{example}`, and does not: nothing is written");
            return Some(Fault { level: Level::Warning, place: range.clone(), message, help: "match the port, too, as in `([^:]+):.*`" });
        };
        let message = format!("this is no regular expression, so this fails: {}", error.message);
        return Some(Fault { level: META.level, place: range.clone(), message, help: "correct the pattern" });
    }
    // A label that is joined by the name of another: one was taken for the other, or the separator is missing.
    let (range, separator) = text(2)?;
    let known = shape(arguments.first()?, world);
    let is_label =
        matches!(separator, "job" | "instance") || known.certain.contains(&separator) || known.closed && known.possible(separator);
    (arguments.len() < 5 && is_label).then(|| Fault {
        level: Level::Warning,
        place: range.clone(),
        message: format!("`{separator}` is a label, and stands where the separator does"),
        help: "write what to put between the labels, as in `label_join(x, \"place\", \"/\", \"job\", \"instance\")`",
    })
}

/// The values of a label that a page shows of the only metric that is read, whose series all have it.
fn shown<'a>(expr: &Expr, label: &str, world: &World<'a>) -> Option<&'a [String]> {
    let found = walk::selectors(expr);
    let [only] = found.as_slice() else { return None };
    let (page, metric, _) = world.metric_of(only.selector).filter(|(page, ..)| page.is_page())?;
    let is_written =
        || page.job().is_none_or(|job| world.jobs_named(job).iter().any(|job| job.metric_relabel.iter().any(|step| writes(step, label))));
    let known = metric.labels.iter().find(|known| known.name.value == label && !known.optional)?;
    (!known.seen.is_empty() && !is_written()).then_some(known.seen.as_slice())
}

/// Whether the oldest Prometheus that must evaluate this takes only letters, digits and `_` in the names of labels.
fn refuses(label: &str, world: &World<'_>) -> bool {
    let oldest = world.catalogues.iter().filter_map(|catalogue| catalogue.prometheus_version).min();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    oldest.is_some_and(|version| version < (3, 0)) && (label.starts_with(|c: char| c.is_ascii_digit()) || !label.chars().all(plain))
}

//! The same rule twice.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::pinned;
use crate::lint::inference::labels::shape;
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;

rule! {
    /// Two rules have the same name, the same labels and the same expression: the second only costs evaluation and,
    /// for a recording rule, writes every sample twice. Or two recording rules of different expressions write the same series, and
    /// what is stored comes now of one and now of the other.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    ///       - record: job:requests:rate1h
    ///         expr: sum by (job) (rate(requests_total[1h]))
    /// ```
    DuplicateRule, "duplicate-rule", Warning
}

impl Rule for DuplicateRule {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        written_twice(context, found);
        // Few rules are alike in their name and expression, and only those are compared in their labels as well.
        let mut alike = HashMap::with_capacity(context.queries.len());
        let mut seen: HashMap<_, &RuleOfFile<'_>> = HashMap::new();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            let key = (query.node.span.source, rule.name(), query.node.as_str().unwrap_or("").trim());
            let Some(earlier) = alike.insert(key, rule) else { continue };
            seen.entry((key, rest(earlier))).or_insert(earlier);
            if let Some(first) = seen.insert((key, rest(rule)), rule) {
                found.push(
                    META.finding(rule.name.span, format!("the rule `{}` is here twice", rule.name()))
                        .path(file.path(rule, ""))
                        .related(first.name.span, "the first one")
                        .help("remove one"),
                );
            }
        }
    }
}

/// Recording rules of different expressions whose series have one name and the same labels, all of which are known.
fn written_twice(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut writers: HashMap<_, &Query<'_>> = HashMap::new();
    for query in context.queries {
        let (Origin::Rule { file, rule }, Some(expr)) = (query.origin, &query.expr) else { continue };
        if rule.is_alert() || context.world.recorded(rule.name()).len() < 2 {
            continue;
        }
        let Some(labels) = all_labels(expr, rule, context) else { continue };
        let Some(first) = writers.insert((rule.name(), labels), query).filter(|first| first.expr != query.expr) else { continue };
        let Origin::Rule { file: first_file, rule: other } = first.origin else { continue };
        for (here, file, there) in [(rule, file, other), (other, first_file, rule)] {
            let message = format!("two rules write the same series of `{}`, each from an expression of its own", here.name());
            let finding = META.finding(here.name.span, message).path(file.path(here, ""));
            found.push(finding.related(there.name.span, "the other rule").help("tell them apart by a label, or remove one"));
        }
    }
}

/// The labels of the only series that a rule records, where all are known.
fn all_labels<'a>(expr: &'a Expr, rule: &RuleOfFile<'a>, context: &Context<'a>) -> Option<BTreeMap<&'a str, &'a str>> {
    let result = shape(expr, context.world);
    let own: Vec<&str> = rule.labels().map(|(name, ..)| name).collect();
    let left = || result.labels.iter().copied().filter(|label| *label != "__name__" && !own.contains(label));
    if !result.closed {
        return None;
    }
    let mut labels: BTreeMap<&str, &str> = left().map(|label| Some((label, pinned(expr, label)?))).collect::<Option<_>>()?;
    for (name, _, value) in rule.labels() {
        labels.insert(name, value.as_str().filter(|text| !text.contains("{{"))?);
    }
    Some(labels)
}

/// Names and values.
type Labels<'a> = Vec<(&'a str, Option<&'a str>)>;

/// What makes rules of one name and expression different ones.
fn rest<'a>(rule: &RuleOfFile<'a>) -> (bool, Option<i64>, Labels<'a>) {
    let mut labels: Vec<_> = rule.labels().map(|(name, _, value)| (name, value.as_str())).collect();
    labels.sort_unstable();
    (rule.is_alert(), rule.hold, labels)
}

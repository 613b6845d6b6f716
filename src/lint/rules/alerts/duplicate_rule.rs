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
use crate::lint::views::ViewKind;
use crate::lint::views::loading::Patterns;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp};
use crate::promql::walk::{selectors, without_parens};
use crate::source::SourceId;

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
        let mut asked: HashMap<_, Vec<&RuleOfFile<'_>>> = HashMap::new();
        let together = loaded_together(context);
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            let source = query.node.span.source;
            let key = (together.get(&source).copied().unwrap_or(source), rule.name(), query.node.as_str().unwrap_or("").trim());
            if rule.is_alert() && query.expr.is_some() {
                let others = asked.entry((key.0, key.2)).or_default();
                if let Some(other) = others.iter().find(|other| other.name() != rule.name() && rest(other) == rest(rule)) {
                    // Which of two files has it by mistake, nobody can say.
                    let both = other.name.span.source != source;
                    for (here, there) in [(rule, *other), (*other, rule)].into_iter().take(if both { 2 } else { 1 }) {
                        let message = format!("`{}` asks just what `{}` does, so people are told twice", here.name(), there.name());
                        let finding = META.finding(here.name.span, message).related(there.name.span, "the other alert");
                        found.push(finding.help("remove one, or correct its expression"));
                    }
                }
                if others.len() < FEW {
                    others.push(rule);
                }
            }
            let Some(earlier) = alike.insert(key, rule) else { continue };
            seen.entry((key, rest(earlier))).or_insert(earlier);
            if let Some(first) = seen.insert((key, rest(rule)), rule) {
                found.push(
                    META.finding(rule.name.span, format!("the rule `{}` is here twice", rule.name()))
                        .path(file.path(rule, ""))
                        .related(first.name.span, "the first one")
                        .help("remove one"),
                );
                // Which of two files has it by mistake, nobody can say.
                if first.name.span.source != source {
                    let message =
                        format!("`{}` has the rule `{}`, too, and both files are loaded", context.sources.get(source).path, rule.name());
                    found.push(META.finding(first.name.span, message).related(rule.name.span, "the other one").help("remove one"));
                }
            }
        }
    }
}

/// Files that the one Prometheus of the inputs loads, by the place of its configuration: their rules run beside each other.
fn loaded_together(context: &Context<'_>) -> HashMap<SourceId, SourceId> {
    let mut configs = context.views.iter().filter_map(|view| Some((view, view.prometheus().filter(|config| !config.fragment)?)));
    let (Some((view, config)), None) = (configs.next(), configs.next()) else { return HashMap::new() };
    let patterns = Patterns::new(view, config.rule_files);
    let files = context.views.iter().filter(|file| matches!(file.kind, ViewKind::Rules(_)) && patterns.load(file.file));
    files.map(|file| (file.source, view.source)).collect()
}

/// More alerts of one expression than these are not compared with each other.
const FEW: usize = 8;

/// Recording rules of different expressions whose series have one name and the same labels, all of which are known.
fn written_twice(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut writers: HashMap<_, &Query<'_>> = HashMap::new();
    for query in context.queries {
        let (Origin::Rule { file, rule }, Some(expr)) = (query.origin, &query.expr) else { continue };
        if rule.is_alert() || context.world.recorded(rule.name()).len() < 2 {
            continue;
        }
        let Some(labels) = all_labels(expr, rule, context).or_else(|| of_one_metric(expr, rule, context)) else { continue };
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

/// What tells the series of a rule apart that groups one metric: the labels that it keeps, and what it asks of these. Two that agree in
/// this write series with the same labels, whatever else they ask.
fn of_one_metric<'a>(expr: &'a Expr, rule: &RuleOfFile<'a>, context: &Context<'a>) -> Option<BTreeMap<&'a str, &'a str>> {
    // A share of two that are grouped alike has the series that both have.
    if let ExprKind::Binary(share) = &without_parens(expr).kind {
        let plain = share.op == BinaryOp::Div && share.matching.is_none();
        let above = of_one_metric(&share.left, rule, context).filter(|_| plain)?;
        return of_one_metric(&share.right, rule, context).filter(|below| *below == above);
    }
    let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { return None };
    aggregate.grouping.as_ref().filter(|grouping| !grouping.without && !grouping.labels.is_empty())?;
    let result = shape(expr, context.world);
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let mut all = BTreeMap::from([("__name__", only.selector.metric_name()?)]);
    for label in result.labels.iter().copied().filter(|_| result.closed) {
        all.entry(label).or_insert("");
    }
    for matcher in only.selector.matchers.iter().filter(|matcher| result.labels.contains(&matcher.label.text.as_str())) {
        if matcher.op != MatchOp::Equal || all.insert(&matcher.label.text, &matcher.value).is_some_and(|before| !before.is_empty()) {
            return None;
        }
    }
    for (name, _, value) in rule.labels() {
        all.insert(name, value.as_str().filter(|text| !text.contains("{{"))?);
    }
    result.closed.then_some(all)
}

/// Names and values.
type Labels<'a> = Vec<(&'a str, Option<&'a str>)>;

/// What makes rules of one name and expression different ones.
fn rest<'a>(rule: &RuleOfFile<'a>) -> (bool, Option<i64>, Labels<'a>) {
    let mut labels: Vec<_> = rule.labels().map(|(name, _, value)| (name, value.as_str())).collect();
    labels.sort_unstable();
    (rule.is_alert(), rule.hold, labels)
}

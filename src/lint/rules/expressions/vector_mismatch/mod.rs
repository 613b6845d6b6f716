//! Operations whose two sides can never meet.

mod one_page;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::cardinality::{instances, job_behind, job_of, of_label, pinned_behind};
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::query::shape::Shape;
use crate::lint::query::{Query, is_placeholder};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::expressions::contradiction::matchers::exclude;
use crate::lint::world::World;
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Name, Selector};
use crate::promql::walk::calls;
use crate::promql::{ValueType, value_type, walk};

rule! {
    /// The two sides of an operation carry different labels, so no pair of series matches and the result is always empty.
    ///
    /// Without `on` or `ignoring`, series match only if all their labels are the same. It is an error where a label is
    /// certain on one side and impossible on the other, and a warning where the sides are grouped by different labels,
    /// for then only series without these labels can match. It is an error, too, where both sides compare a label with one value
    /// each and these differ, and a warning where neither side has any label of `on`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ErrorRatio
    ///         expr: sum by (job, code) (rate(errors_total[5m])) / sum by (job) (rate(requests_total[5m])) > 0.1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ErrorRatio
    ///         expr: sum by (job) (rate(errors_total[5m])) / sum by (job) (rate(requests_total[5m])) > 0.1
    /// ```
    /// ```yaml fires
    /// # file: worker.job.prom
    /// # TYPE worker_slots gauge
    /// worker_slots{state="busy"} 3
    /// worker_slots{state="idle"} 5
    /// # TYPE worker_slots_max gauge
    /// worker_slots_max 8
    /// # file: recording.yml
    /// groups: [{ name: worker, rules: [{ record: "instance:worker_slots_busy:ratio", expr: 'worker_slots{state="busy"} / worker_slots_max' }] }]
    /// ```
    VectorMismatch, "vector-mismatch", Error
}

/// Labels by which a storage that several servers share tells them apart.
const SURROUNDINGS: &[&str] =
    &["cluster", "datacenter", "dc", "env", "environment", "k8s_cluster", "prometheus", "region", "replica", "stage", "tenant", "zone"];

impl Rule for VectorMismatch {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries() {
            if binary.op == BinaryOp::Or || [&binary.left, &binary.right].iter().any(|side| value_type(side) != ValueType::Vector) {
                continue;
            }
            let (left, right) = (shape(&binary.left, context.world), shape(&binary.right, context.world));
            found.extend(judge(query, binary, &left, &right, context.world));
        }
    }
}

fn judge(query: &Query<'_>, binary: &Binary, left: &Shape<'_>, right: &Shape<'_>, world: &World<'_>) -> Option<Diagnostic> {
    let compared = |label: &str| match &binary.matching {
        _ if label == "__name__" => false,
        None => true,
        Some(matching) => matching.labels.iter().any(|l| l.text == label) == matching.on,
    };
    if binary.matching.as_ref().is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some()) {
        return None;
    }
    if let Some(found) = other_values(query, binary, left, right, &compared, world) {
        return Some(found);
    }
    let lost = |certain: &Shape<'_>, other: &Shape<'_>| {
        certain.certain.iter().find(|label| compared(label) && !other.possible(label)).map(|l| (*l).to_owned())
    };
    let (label, level) = match lost(left, right).or_else(|| lost(right, left)) {
        Some(label) => (label, Level::Error),
        None => match grouped_apart(left, right, &compared, world) {
            Some(label) => (label, Level::Warning),
            None => return one_page::apart(query, binary, &compared, world),
        },
    };
    // `unless` with nothing to match keeps its left side: dead weight, though no empty result.
    let effect = match (binary.op, level) {
        (BinaryOp::Unless, _) => "so nothing is ever taken away",
        (_, Level::Error) => "so no two series ever match and this is always empty",
        _ => "so series match only where it is empty",
    };
    let side = if left.possible(&label) { "left" } else { "right" };
    let message = format!("only the {side} side has the label `{label}`, {effect}");
    let help = if binary.matching.as_ref().is_some_and(|m| m.on) {
        format!("keep `{label}` on both sides, or leave it out of `on`")
    } else {
        format!("group both sides by the same labels, or add `ignoring ({label})` with `group_left` or `group_right` as it needs")
    };
    let level = if binary.op == BinaryOp::Unless { Level::Warning } else { level };
    Some(META.finding_at(level, query.span(&binary.op_range), message).help(help))
}

/// A label that both sides compare with one value each, and not the same; or `on` labels that neither side has.
fn other_values(
    query: &Query<'_>,
    binary: &Binary,
    left: &Shape<'_>,
    right: &Shape<'_>,
    compared: &dyn Fn(&str) -> bool,
    world: &World<'_>,
) -> Option<Diagnostic> {
    let effect = if binary.op == BinaryOp::Unless { "so nothing is ever taken away" } else { "so no two series ever match" };
    let apart = left.certain.iter().filter(|label| compared(label)).find_map(|label| {
        let of_job = |side| if *label == "job" { job_of(side, world) } else { None };
        let value = |side| pinned_behind(side, label, world).or_else(|| made_up(side, label).map(str::to_owned)).or_else(|| of_job(side));
        let (one, other) = (value(&binary.left)?, value(&binary.right)?);
        (one != other).then_some((label, one, other))
    });
    if let Some(found) = other_matchers(query, binary, left, right, compared, effect) {
        return Some(found);
    }
    // Of one job they are the same, but where both sides ask for targets by their labels.
    let job = |expr| job_behind(expr, world);
    if compared("instance")
        && [left, right].iter().all(|side| side.certain.contains(&"instance") || !side.closed)
        && [&binary.left, &binary.right].iter().all(|side| !calls(side, "absent"))
        && let Some((one, other)) = job(&binary.left).zip(job(&binary.right))
        && (one != other || apart.is_none())
        && let Some((here, there)) = instances(&binary.left, world).zip(instances(&binary.right, world))
        && here.is_disjoint(&there)
    {
        let level = if binary.op == BinaryOp::Unless { Level::Warning } else { Level::Error };
        let first = |side: &std::collections::BTreeSet<String>| side.first().cloned().unwrap_or_default();
        let message = format!("`instance` is `{}` on the left side and `{}` on the right, {effect}", first(&here), first(&there));
        let help = "match by a label that both have alike, or compare what has none: `and on ()`";
        return Some(META.finding_at(level, query.span(&binary.op_range), message).help(help));
    }
    if let Some((label, one, other)) = apart {
        let level = if binary.op == BinaryOp::Unless { Level::Warning } else { Level::Error };
        let message = format!("`{label}` is `{one}` on the left side and `{other}` on the right, {effect}");
        let help = format!("ask both sides for the same `{label}`, or leave it out of what is matched");
        return Some(META.finding_at(level, query.span(&binary.op_range), message).help(help));
    }
    if let Some(ignored) = all_ignored(binary, left, right) {
        let message = format!("`{ignored}` is all that tells the series apart, so any series of one side matches any of the other");
        let help = "match by it, or write `on ()` if that is meant";
        return Some(META.finding_at(Level::Warning, query.span(&binary.op_range), message).help(help));
    }
    let on = binary.matching.as_ref().filter(|matching| matching.on && !matching.labels.is_empty())?;
    let nowhere = |label: &str| !left.possible(label) && !right.possible(label);
    if !on.labels.iter().all(|label| nowhere(&label.text) && !query.is_variable(&label.range)) {
        // One beside others may be of other clusters, unless it is nearly one that both have.
        let both: Vec<&str> = left.labels.iter().copied().filter(|own| right.labels.contains(own)).collect();
        let free = |own: &&str| !on.labels.iter().any(|label| label.text == *own);
        let is_longer = |label: &str, own: &str| {
            label.strip_prefix(own).or_else(|| label.strip_suffix(own)).is_some_and(|rest| rest.starts_with('_') || rest.ends_with('_'))
        };
        let meant = |label: &str| both.iter().copied().filter(free).find(|own| is_longer(label, own) || is_longer(own, label));
        let missing: Vec<&Name> = on.labels.iter().filter(|label| nowhere(&label.text) && !query.is_variable(&label.range)).collect();
        let slip = missing.iter().find_map(|label| Some((*label, format!("did you mean `{}`?", meant(&label.text)?))));
        let help = "match by labels that both sides have";
        // Others may run where all series carry the name of their surroundings.
        let of_here = missing.into_iter().find(|label| !SURROUNDINGS.contains(&label.text.as_str()));
        let (label, help) = slip.or_else(|| Some((of_here?, help.to_owned())))?;
        let message = format!("neither side has `{}`, so it tells nothing apart", label.text);
        return Some(META.finding_at(Level::Warning, query.span(&label.range), message).help(help));
    }
    let names = on.labels.iter().map(|label| format!("`{}`", label.text)).collect::<Vec<_>>().join(", ");
    let message = format!("neither side has {names}, so any series of one side matches any of the other");
    let help = "match by a label that both sides have, or write `on ()` if that is meant";
    Some(META.finding_at(Level::Warning, query.span(&binary.op_range), message).help(help))
}

/// The labels that are ignored, where both sides have these and no others.
fn all_ignored(binary: &Binary, left: &Shape<'_>, right: &Shape<'_>) -> Option<String> {
    let matching = binary.matching.as_ref().filter(|matching| !matching.on && !matching.labels.is_empty())?;
    let ignored = |label: &&str| matching.labels.iter().any(|own| own.text == **label);
    let all = |side: &Shape<'_>| side.closed && !side.labels.is_empty() && side.labels.iter().all(ignored);
    let names = || matching.labels.iter().map(|label| label.text.as_str()).collect::<Vec<_>>().join(", ");
    (matches!(binary.op, BinaryOp::And | BinaryOp::Unless) && all(left) && all(right)).then(names)
}

/// The value that `absent` gives to a label by what it asks for.
fn made_up<'e>(expr: &'e Expr, label: &str) -> Option<&'e str> {
    let ExprKind::Call { function, arguments } = &walk::without_parens(expr).kind else { return None };
    let ExprKind::Selector(selector) = &walk::without_parens(arguments.first()?).kind else { return None };
    let matcher = selector.matchers.iter().find(|m| m.label.text == label && m.op == MatchOp::Equal && !m.value.is_empty())?;
    (function.text == "absent" && !is_placeholder(&matcher.value)).then_some(matcher.value.as_str())
}

/// A label of which the two sides ask for what the other excludes, as `=~"a|b"` and `!~"a|b"`.
fn other_matchers<'e>(
    query: &Query<'_>,
    binary: &'e Binary,
    left: &Shape<'_>,
    right: &Shape<'_>,
    compared: &dyn Fn(&str) -> bool,
    effect: &str,
) -> Option<Diagnostic> {
    // What is compared for being equal is looked at by itself.
    let asks = |expr: &Expr| walk::selectors(expr).iter().any(|found| found.selector.matchers.iter().any(|m| m.op != MatchOp::Equal));
    if !asks(&binary.left) && !asks(&binary.right) {
        return None;
    }
    for label in left.certain.iter().chain(&right.certain).filter(|label| compared(label) && **label != "__name__") {
        let asked = |expr| {
            of_label(expr, label, &|selector: &'e Selector| {
                let own: Vec<&'e Matcher> = selector.matchers.iter().filter(|m| m.label.text == **label).collect();
                Some(own).filter(|own| !own.is_empty())
            })
        };
        let Some((here, there)) = asked(&binary.left).zip(asked(&binary.right)) else { continue };
        let opposite = |one: &Matcher, other: &Matcher| {
            let turned = matches!((one.op, other.op), (MatchOp::Regex, MatchOp::NotRegex) | (MatchOp::NotRegex, MatchOp::Regex));
            (turned && one.value == other.value && !is_placeholder(&one.value)) || exclude(one, other)
        };
        let Some((one, other)) = here.iter().find_map(|one| Some((one, there.iter().find(|other| opposite(one, other))?))) else {
            continue;
        };
        let level = if binary.op == BinaryOp::Unless { Level::Warning } else { Level::Error };
        let said = |m: &Matcher| format!("{label}{}\"{}\"", m.op.symbol(), m.value);
        let message = format!("the left side asks for `{}` and the right for `{}`, {effect}", said(one), said(other));
        let help = format!("ask both sides for the same `{label}`, or leave it out of what is matched");
        return Some(META.finding_at(level, query.span(&binary.op_range), message).help(help));
    }
    None
}

/// A label by which one side is grouped and the other is not, where both are grouped by something or by nothing.
fn grouped_apart(left: &Shape<'_>, right: &Shape<'_>, compared: &dyn Fn(&str) -> bool, world: &World<'_>) -> Option<String> {
    if !left.closed || !right.closed {
        return None;
    }
    // What the targets of some job have is no label of this side's, unless all of its targets have it.
    let of_some = |one: &Shape<'_>, label: &str| {
        one.certain.iter().all(|own| *own != label) && world.scraped_labels().is_some_and(|labels| labels.contains(&label))
    };
    let apart = |one: &Shape<'_>, other: &Shape<'_>| {
        let is_apart = |label: &&&str| compared(label) && !other.possible(label) && (other.labels.is_empty() || !of_some(one, label));
        one.labels.iter().find(is_apart).map(|l| (*l).to_owned())
    };
    apart(left, right).or_else(|| apart(right, left))
}

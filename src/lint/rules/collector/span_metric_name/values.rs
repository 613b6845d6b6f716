//! Kinds of spans and states as the connector writes them.

use super::{Histogram, META};
use crate::diagnostic::Diagnostic;
use crate::formats::collector::Collector;
use crate::lint::context::Context;
use crate::lint::query::{is_placeholder, matches};
use crate::lint::rules::collector::made_metrics::{keep_their_labels, written};
use crate::lint::views::ViewKind;
use crate::lint::words::ottl_names::CONSTANTS;
use crate::lint::world::jobs::writes;
use crate::promql::ast::MatchOp;
use crate::source::Node;

/// Labels whose values no setting changes, and how all of these begin.
const LABELS: &[(&str, &str)] = &[("status_code", "STATUS_CODE_"), ("span_kind", "SPAN_KIND_")];

/// Matchers of series of spans that ask for a kind or a state by another word than the connector writes.
pub(super) fn values(config: &Collector<'_>, own: &Histogram<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let collectors = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count();
    let Some(prefix) = own.stem.strip_suffix("duration") else { return };
    if collectors != 1 || !keep_their_labels(config, own.id) {
        return;
    }
    for (label, start) in LABELS.iter().filter(|(label, _)| !is_given_otherwise(label, own, context)) {
        let values: Vec<&str> = CONSTANTS.iter().copied().filter(|name| name.starts_with(start)).collect();
        for (query, used) in context.selectors() {
            let rest = used.selector.metric_name().and_then(|name| name.strip_prefix(prefix));
            if !rest.is_some_and(|rest| rest.starts_with("calls") || rest.starts_with("duration")) {
                continue;
            }
            for matcher in used.selector.matchers.iter().filter(|matcher| matcher.label.text == *label) {
                let excludes = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
                let has = |value: &str| matches(matcher, value).is_none_or(|taken| taken != excludes);
                if has("")
                    || is_placeholder(&matcher.value)
                    || query.is_variable(&matcher.value_range)
                    || values.iter().any(|value| has(value))
                {
                    continue;
                }
                let effect = if excludes { "this leaves nothing out" } else { "this finds nothing" };
                let message = format!("the connector `{}` writes no `{label}` as `{}`, so {effect}", own.id, matcher.value);
                let finding = META.finding(query.span(&matcher.value_range), message).path(query.path());
                let wanted = matcher.value.to_uppercase();
                let near = values.iter().find(|value| value.rsplit('_').next() == wanted.rsplit('_').next());
                let help = near.map_or_else(|| format!("use one of {}", values.join(", ")), |near| format!("did you mean `{near}`?"));
                found.push(finding.related(own.body.span, "the connector").help(help));
            }
        }
    }
}

/// Whether something else may give the label its values: a dimension of that name, or a step of a job.
fn is_given_otherwise(label: &str, own: &Histogram<'_>, context: &Context<'_>) -> bool {
    let lists = ["dimensions", "calls_dimensions"].into_iter().flat_map(|key| own.body.items_of(key));
    let lists = lists.chain(own.body.get("histogram").into_iter().flat_map(|histogram| histogram.items_of("dimensions")));
    let mut named = lists.filter_map(|one| one.get("name").and_then(Node::as_str));
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs);
    named.any(|name| written(name) == label) || jobs.flat_map(|job| &job.metric_relabel).any(|step| writes(step, label))
}

//! Labels by which series of spans are chosen, and that nothing gives them.

use super::{Histogram, META};
use crate::diagnostic::Diagnostic;
use crate::formats::collector::Collector;
use crate::lint::context::Context;
use crate::lint::query::is_placeholder;
use crate::lint::rules::collector::counted_label;
use crate::lint::rules::collector::made_metrics::{exporter, keep_their_labels, written};
use crate::lint::views::ViewKind;
use crate::promql::ast::MatchOp;
use crate::source::Node;

/// What the connector, the exporter and the series of a histogram have.
const OWN: &[&str] = &["service_name", "span_name", "span_kind", "status_code", "le", "quantile", "collector_instance_id"];

/// Matchers that ask for a text of a label which neither the connector nor the one job that scrapes it writes.
pub(super) fn unknown(config: &Collector<'_>, own: &Histogram<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let collectors = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count();
    let (Some(start), Some((exporter, settings))) = (own.stem.strip_suffix("duration"), exporter(config, own.id)) else { return };
    if collectors != 1 || !keep_their_labels(config, own.id) {
        return;
    }
    let Some((job, targets)) = counted_label::scraped(config, exporter, context) else { return };
    if !job.metric_relabel.is_empty() {
        return;
    }
    let body = own.body;
    let lists =
        [body.get("dimensions"), body.get("calls_dimensions"), body.at(["histogram", "dimensions"]), body.at(["events", "dimensions"])];
    let named = lists.into_iter().flatten().flat_map(Node::items).filter_map(|one| one.get("name")?.as_str());
    let added = settings.into_iter().flat_map(|settings| settings.entries_of("const_labels")).map(|(name, ..)| name);
    let known: Vec<String> = named.chain(added).map(written).collect();
    let is_known = |label: &str| {
        OWN.contains(&label)
            || counted_label::ALWAYS.contains(&label)
            || targets.contains(&label)
            || label.starts_with("otel_scope_")
            || known.iter().any(|name| name == label)
    };
    for (query, used) in context.selectors() {
        let rest = used.selector.metric_name().and_then(|name| name.strip_prefix(start));
        if !rest.is_some_and(|rest| rest.starts_with("calls") || rest.starts_with("duration")) {
            continue;
        }
        let wanted = |op: MatchOp, value: &str| op == MatchOp::Equal && !value.is_empty() && !is_placeholder(value);
        for matcher in used.selector.matchers.iter().filter(|matcher| wanted(matcher.op, &matcher.value)) {
            // What is an attribute that it could count by is said of the connector.
            let is_attribute = super::OF_SPANS.iter().any(|name| written(name) == matcher.label.text);
            if is_known(&matcher.label.text) || is_attribute || query.is_variable(&matcher.value_range) {
                continue;
            }
            let message = format!("the connector `{}` gives its series no label `{}`, so this finds nothing", own.id, matcher.label.text);
            let finding = META.finding(query.span(&matcher.range), message).path(query.path()).related(body.span, "the connector");
            let near = OWN.iter().find(|name| name.split('_').next() == Some(matcher.label.text.as_str()));
            found.push(finding.help(near.map_or("ask for a label that it writes".to_owned(), |near| format!("did you mean `{near}`?"))));
        }
    }
}

//! Values that a label never has, by what a page shows of it where its manifest does not list them.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::promql::ast::{MatchOp, Matcher, Selector};

/// A value of no code that there is, as the page writes codes: `INTERNAL` where it has `Internal`.
pub(super) fn other_value(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if !context.world.has_pages {
        return;
    }
    let Some((declared, metric, _)) = context.world.metric_of(selector).filter(|(catalogue, ..)| !catalogue.is_page()) else { return };
    let Some(job) = declared.job() else { return };
    let asks = |m: &&Matcher| matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !m.value.is_empty() && !is_placeholder(&m.value);
    for matcher in selector.matchers.iter().filter(asks).filter(|matcher| !query.is_variable(&matcher.value_range)) {
        let own = metric.labels.iter().find(|label| label.name.value == matcher.label.text);
        if own.is_none_or(|label| label.values.is_some()) {
            continue;
        }
        let pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.is_of(job));
        let mut labels = pages.flat_map(|page| &page.metrics).filter(|shown| shown.name.value == metric.name.value).flat_map(|m| &m.labels);
        let Some(label) = labels.find(|label| label.name.value == matcher.label.text) else { continue };
        let Some(values) = label.values.as_ref().filter(|values| values.iter().all(|value| matches(matcher, value) == Some(false))) else {
            continue;
        };
        let message = format!("`{}` never has `{}` as `{}`", metric.name.value, matcher.label.text, matcher.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
        let finding = finding.related(label.name.span, "the page shows how they are written");
        let like = values.iter().find(|value| matcher.value.to_lowercase().replace('_', "").contains(&value.to_lowercase()));
        let seen = like.or(label.seen.first()).map_or("it does", String::as_str);
        found.push(finding.help(format!("write it as the page does, as `{seen}`")));
    }
}

//! Targets of files that are nearly those that are asked for.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::named_job;
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::words::slip::slip;
use crate::lint::world::relabel;
use crate::promql::ast::{MatchOp, Matcher};

/// Targets of a file whose `instance` is nearly one that is asked for, and that nobody has.
pub(super) fn asked_for(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if !matches!(view.view.kind, ViewKind::Targets(_)) {
        return;
    }
    let is_written = |text: &str| {
        let mut lists = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Targets(_) | ViewKind::Prometheus(_)));
        lists.any(|view| view.text.contains(text))
    };
    for job in &view.config.jobs {
        let Some(outcomes) = relabel::targets(job).filter(|all| all.len() <= 200) else { continue };
        for (query, used) in context.selectors().filter(|(_, used)| named_job(used.selector) == Some(job.name())) {
            let is_asked = |matcher: &&Matcher| matcher.label.text == "instance" && matcher.op == MatchOp::Equal;
            let Some(matcher) = used.selector.matchers.iter().find(is_asked).filter(|m| !query.is_variable(&m.value_range)) else {
                continue;
            };
            // A digit tells targets apart.
            let is_near = |outcome: &&relabel::Outcome<'_>| {
                // Without a step that says otherwise, it is the address.
                let own = outcome.labels.get("instance").or_else(|| outcome.labels.get("__address__")).map_or("", String::as_str);
                matcher.value.len() >= 8 && slip(own, &[matcher.value.as_str()]).is_some()
            };
            if let Some(near) = outcomes.iter().find(is_near).filter(|_| !is_written(&matcher.value)) {
                let message = format!("`{}` asks for `{}`, and nearly so is this called", query.name(), matcher.value);
                let finding = META.finding(near.address.span, message).path(format!("scrape_configs[{}]", job.index));
                found.push(
                    finding.related(query.span(&matcher.value_range), "asked for here").help(format!("did you mean `{}`?", matcher.value)),
                );
            }
        }
    }
}

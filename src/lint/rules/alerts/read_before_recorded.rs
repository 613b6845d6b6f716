//! Recording rules that stand behind those that read them.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};
use crate::promql::walk;
use crate::source::Node;

rule! {
    /// A rule reads what a later rule of its group records. The rules of a group are evaluated one after the other, so it sees the value of
    /// the evaluation before; where both are put together, as in a ratio, they speak of different moments.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:errors:ratio_rate5m
    ///         expr: sum by (job) (rate(errors_total[5m])) / job:requests:rate5m
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    ///       - record: job:errors:ratio_rate5m
    ///         expr: sum by (job) (rate(errors_total[5m])) / job:requests:rate5m
    /// ```
    ReadBeforeRecorded, "read-before-recorded", Warning
}

impl Rule for ReadBeforeRecorded {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Of each series: the groups that record it, and the first rule of each that does.
        let mut recorded: HashMap<&str, HashMap<*const Node, (usize, &Node)>> = HashMap::default();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            let Some(group) = file.groups.get(rule.place.0).filter(|_| !rule.is_alert()) else { continue };
            let first = recorded.entry(rule.name()).or_default().entry(std::ptr::from_ref(group.node)).or_insert((rule.place.1, rule.name));
            first.0 = first.0.min(rule.place.1);
        }
        for query in context.queries {
            let (Origin::Rule { file, rule }, Some(expr)) = (query.origin, &query.expr) else { continue };
            let Some(group) = file.groups.get(rule.place.0).filter(|_| !rule.is_alert()) else { continue };
            for used in walk::selectors(expr) {
                let Some(groups) = used.selector.metric_name().and_then(|name| recorded.get(name)) else { continue };
                let own = groups.get(&std::ptr::from_ref(group.node));
                // What another group records, too, is there all the same.
                if let (Some((at, name)), 1, true) = (own, groups.len(), used.range.is_none() && used.selector.offset.is_none())
                    && *at > rule.place.1
                {
                    let message = format!("{} is recorded later in this group, so this reads its value of the last time", name.describe());
                    found.push(
                        META.finding(query.span(used.place), message)
                            .path(query.path())
                            .related(name.span, "recorded here")
                            .help("put that rule first"),
                    );
                    break;
                }
            }
        }
    }
}

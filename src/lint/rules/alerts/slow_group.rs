//! Groups that are evaluated too seldom.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::LOOKBACK;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::duration::format_duration;

rule! {
    /// A group is evaluated less often than every five minutes. What it records is gone for part of the time, for Prometheus
    /// forgets a series five minutes after its last sample; and its alerts may be resolved between two evaluations.
    /// Or it is evaluated more often than anything is scraped, and works out the same again and again.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     interval: 10m
    ///     rules: [{ record: "job:requests:rate5m", expr: "sum by (job) (rate(requests_total[5m]))" }]
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     interval: 2m
    ///     rules: [{ record: "job:requests:rate5m", expr: "sum by (job) (rate(requests_total[5m]))" }]
    /// ```
    SlowGroup, "slow-group", Warning
}

impl Rule for SlowGroup {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Once a group: at its first rule.
        let Some(group) = view.file.groups.get(view.rule.place.0).filter(|_| view.rule.place.1 == 0) else { return };
        let Some((interval, node)) = group.interval.zip(group.node.get("interval")) else { return };
        if interval > LOOKBACK {
            let message = format!("a series is forgotten after `5m`, and this is evaluated every `{}`", format_duration(interval));
            found.push(META.finding(node.span, message).help("evaluate it at least every `5m`"));
        }
        let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs);
        if let Some(job) = jobs.min_by_key(|job| job.interval).filter(|job| (1..job.interval).contains(&interval)) {
            let (own, scraped) = (format_duration(interval), format_duration(job.interval));
            let message = format!("this is evaluated every `{own}`, and nothing is scraped more often than every `{scraped}`");
            let finding = META.finding(node.span, message).related(job.name.unwrap_or(job.node).span, "the job that is scraped most often");
            found.push(finding.help(format!("evaluate it every `{scraped}`")));
        }
    }
}

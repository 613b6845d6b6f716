//! Jobs that may die without anybody noticing.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::parts::Use;
use crate::lint::query::{matches, named_job, named_jobs, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::loading::Files;
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::world::Recorded;
use crate::promql::ast::Selector;
use crate::source::path::Path;

rule! {
    /// No alert says that a job is down or gone. When its target dies, every other alert on it goes quiet: rates and
    /// quantiles of nothing are nothing.
    ///
    /// An alert on `up`, on `absent(…)` of the job's series, or on `probe_success` for a probe job counts. Said only where
    /// alerts are among the inputs, and at info where `rule_files` names files that are not.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: Busy, expr: 'rate(http_requests_total{job="myapp"}[5m]) > 100' }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up{job="myapp"} == 0' }]
    /// ```
    JobWithoutLiveness, "job-without-liveness", Warning
}

impl Rule for JobWithoutLiveness {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts: Vec<_> = context.queries.iter().filter(|query| query.alerting_rule().is_some()).collect();
        if alerts.is_empty() || !view.view.complete {
            return;
        }
        let files = Files::new(context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_))));
        let all_here = view.config.rule_files.iter().all(|glob| files.loaded(view.view, glob).is_some());
        let level = if all_here && files.iter().all(|file| file.complete) { META.level } else { Level::Info };
        // A rule that could not be read may be the one.
        if alerts.iter().any(|query| query.expr.is_none()) {
            return;
        }
        let uses: Vec<_> = alerts.iter().map(|query| query.selectors()).collect();
        let mut recorded = HashMap::new();
        let signs: Vec<&Selector> =
            uses.iter().flatten().filter(|found| is_sign(found, context, &mut recorded)).map(|found| found.selector).collect();
        // Signs of one job are found by its name: there may be thousands of both.
        let (mut named, mut wide) = (HashSet::new(), Vec::new());
        for sign in signs {
            match named_job(sign) {
                Some(job) => drop(named.insert(job.to_owned())),
                None => match sign.matchers.iter().filter(|m| m.label.text == "job").collect::<Vec<_>>().as_slice() {
                    [one] if !named_values(one).is_empty() => named.extend(named_values(one)),
                    several => wide.push(several.to_vec()),
                },
            }
        }
        // Pattern by pattern: each is compiled once.
        let mut covered: Vec<bool> = view.config.jobs.iter().map(|job| named.contains(job.name())).collect();
        for matchers in &wide {
            for (job, covered) in view.config.jobs.iter().zip(&mut covered).filter(|(_, covered)| !**covered) {
                *covered = matchers.iter().all(|matcher| matches(matcher, job.name()) != Some(false));
            }
        }
        let all: Vec<_> = context.queries.iter().flat_map(|query| query.selectors()).collect();
        let asked: HashSet<String> = all.iter().flat_map(|used| named_jobs(used.selector)).collect();
        // Where all others are watched, the one that is not was forgotten.
        let forgotten = covered.len() > 3 && covered.iter().filter(|covered| !**covered).count() == 1;
        for (job, covered) in view.config.jobs.iter().zip(covered) {
            // Of a job that nothing asks for, no alert goes quiet; and a Prometheus that is down evaluates none about itself.
            let is_itself =
                job.targets.addresses.iter().all(|node| node.as_str() == Some("localhost:9090")) && !job.targets.addresses.is_empty();
            let level = if forgotten || asked.contains(job.name()) && !is_itself { level } else { Level::Info };
            // A relabelled job may go by any name.
            let Some(name) = job.name.filter(|_| !job.relabel.iter().any(|step| step.target.and_then(|t| t.as_str()) == Some("job")))
            else {
                continue;
            };
            if !covered {
                let list = Path::Root.key("scrape_configs").index(job.index).to_string();
                found.push(
                    META.finding_at(level, name.span, format!("no alert says that the job `{}` is down or gone", job.name()))
                        .path(format!("{list}.job_name"))
                        .help(format!("add an alert on `up{{job=\"{0}\"}} == 0` and one on `absent(up{{job=\"{0}\"}})`", job.name())),
                );
            }
        }
    }
}

/// Whether a selector would show that a job is dead. Of recorded series it is remembered whether their rules read `up`:
/// thousands of rules may fill one.
fn is_sign<'u>(found: &Use<'u>, context: &Context<'_>, recorded: &mut HashMap<&'u str, bool>) -> bool {
    let name = found.selector.metric_name().unwrap_or("");
    let reads_up = |rule: &Recorded<'_>| rule.query.selectors().iter().any(|found| found.selector.metric_name() == Some("up"));
    matches!(name, "up" | "probe_success" | "scrape_samples_scraped" | "prometheus_target_scrape_pool_targets")
        || found.inside("absent")
        || found.inside("absent_over_time")
        || (name.contains(':') && *recorded.entry(name).or_insert_with(|| context.world.recorded(name).iter().any(reads_up)))
}

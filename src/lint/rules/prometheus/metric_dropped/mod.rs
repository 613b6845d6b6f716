//! Relabelling that takes away what rules and panels read.

mod copies;
mod labels;
mod readers;
mod series;
mod step;
mod used;

use self::labels::{dropped_of_targets, merged};
use self::readers::Readers;
use self::series::{all_of_page, of_two_labels, of_value, without_label};
use self::step::judge;
use self::used::Used;
use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::relabel::{Effect, Labels, apply};
use crate::source::Node;

rule! {
    /// `metric_relabel_configs` drop or rename a metric, or remove a label, that rules or panels of the set read of this job, or
    /// `relabel_configs` remove one of its targets; or they remove a label without which series fall together (`__name__`, `le`, `instance`). `write_relabel_configs` do the
    /// latter, or send nothing of what is read or recorded, or keep a level of recorded series that is nearly one that there is. A step that keeps by a label drops what has no such label, and one that makes
    /// one of several values of a label loses all series but one.
    /// A step that drops by the value of a label takes all series of a metric that a page of the job shows, or all that a selector asks for.
    /// Where few ask for what is dropped, it is said there as well.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     metric_relabel_configs: [{ source_labels: [__name__], regex: "http_.*", action: drop }]
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'sum(rate(http_requests_total{job="app"}[5m])) > 100' }] }]
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     metric_relabel_configs: [{ source_labels: [__name__, path], regex: "http_.+;/health", action: keep }]
    /// # file: app.job.prom
    /// # HELP http_requests_total Requests
    /// # TYPE http_requests_total counter
    /// http_requests_total{path="/health"} 3
    /// http_requests_total{path="/login"} 4
    /// # HELP queue_jobs Jobs that wait
    /// # TYPE queue_jobs gauge
    /// queue_jobs 7
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'max(queue_jobs{job="app"}) > 100' }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     metric_relabel_configs: [{ source_labels: [__name__], regex: "go_.*", action: drop }]
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'sum(rate(http_requests_total{job="app"}[5m])) > 100' }] }]
    /// ```
    MetricDropped, "metric-dropped", Warning
}

impl Rule for MetricDropped {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let readers = Readers::of(context);
        for job in view.config.jobs.iter().filter(|job| !job.metric_relabel.is_empty()) {
            let list = format!("scrape_configs[{}].metric_relabel_configs", job.index);
            let used = Used::of(Some(job), view.config, &readers, context);
            for (index, step) in job.metric_relabel.iter().enumerate() {
                let of = format!("of `{}`", job.name());
                let fault = judge(step, &job.metric_relabel[..index], &used, &of).or_else(|| without_label(step, job, &used, context));
                let asked = of_two_labels(step, job, &readers);
                if let Some((place, _, query)) = &asked {
                    let message = format!("what this asks {of} is dropped behind the scrape");
                    let finding = META.finding(query.node.span, message).path(query.path()).related(place.span, "dropped here");
                    found.push(finding.help("ask for what is kept, or keep this"));
                }
                let fault = fault.or_else(|| asked.map(|(place, message, _)| (place, message)));
                let fault = fault.or_else(|| all_of_page(index, job, &readers, context));
                if let Some((place, message)) = fault.or_else(|| merged(step, job, context)) {
                    readers_of(step, &used, (place, &of), found);
                    asking_of(step, job, &readers, (place, context), found);
                    found.push(
                        META.finding(place.span, message)
                            .path(format!("{list}[{index}]"))
                            .help("leave out what is read, or stop reading it"),
                    );
                }
            }
        }
        for job in &view.config.jobs {
            for (index, step) in job.relabel.iter().enumerate().filter(|(_, step)| step.action == "labeldrop") {
                if let Some((place, label)) = dropped_of_targets(step, &job.relabel[..index], job, &readers, view.config, context.world) {
                    let message =
                        format!("this removes the label `{label}` of the targets of `{}`, which rules or panels read", job.name());
                    let path = format!("scrape_configs[{}].relabel_configs[{index}]", job.index);
                    found.push(META.finding(place.span, message).path(path).help("leave out what is read, or stop reading it"));
                }
            }
        }
        for (entry, (_, steps)) in view.config.remote_write.iter().enumerate() {
            let path = |index: usize| format!("remote_write[{entry}].write_relabel_configs[{index}]");
            for (index, step) in steps.iter().enumerate() {
                if let Some((place, message, help)) = copies::fault(step, context) {
                    found.push(META.finding(place.span, message).path(path(index)).help(help));
                }
            }
        }
    }
}

/// Few that read what is dropped may be what is wrong: it is said there, too.
fn readers_of(step: &Relabel<'_>, used: &Used<'_>, (place, of): (&Node, &str), found: &mut Vec<Diagnostic>) {
    if !matches!(step.action.as_str(), "drop" | "keep") || step.sources != ["__name__"] {
        return;
    }
    let gone = |name: &&String| apply(step, &mut Labels::from([("__name__".to_owned(), (*name).clone())])) == Some(Effect::Dropped);
    let gone: Vec<(&String, &Vec<&Query<'_>>)> = used.metrics.iter().filter(|(name, _)| gone(name)).collect();
    let readers = gone.iter().map(|(_, readers)| readers.len()).sum::<usize>();
    if readers > FEW || gone.len() == used.metrics.len() && used.metrics.len() > 1 {
        return;
    }
    for (name, readers) in gone {
        for query in readers {
            let message = format!("`{name}` {of} is dropped behind the scrape, so this reads nothing");
            let finding = META.finding(query.node.span, message).path(query.path()).related(place.span, "dropped here");
            found.push(finding.help("read another metric, or keep this one"));
        }
    }
}

/// The same of those that ask for a value of a label by which it is dropped.
fn asking_of(
    step: &Relabel<'_>,
    job: &Job<'_>,
    readers: &Readers<'_>,
    (place, context): (&Node, &Context<'_>),
    found: &mut Vec<Diagnostic>,
) {
    let mut asking = of_value(step, job, readers, context);
    // Once for each, however often it asks.
    asking.dedup_by_key(|(query, _)| query.node.span);
    if asking.len() > FEW {
        return;
    }
    for (query, matcher) in asking {
        let message = format!("what has `{}` as `{}` of `{}` is dropped behind the scrape", matcher.label.text, matcher.value, job.name());
        let finding = META.finding(query.span(&matcher.range), message).path(query.path()).related(place.span, "dropped here");
        found.push(finding.help("ask for what is kept, or keep this"));
    }
}

/// As many.
const FEW: usize = 2;

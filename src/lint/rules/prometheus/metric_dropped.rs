//! Relabelling that takes away what rules and panels read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::prometheus::{Job, Prometheus, Relabel};
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder, matches, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::anchored::full_match;
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::lint::world::jobs::{labels_of_targets, writes};
use crate::lint::world::relabel::{Effect, Labels, apply, pattern};
use crate::promql::ast::{ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit};
use crate::source::Node;

rule! {
    /// `metric_relabel_configs` drop or rename a metric, or remove a label, that rules or panels of the set read of this job, or
    /// `relabel_configs` remove one of its targets; or they remove a label without which series fall together (`__name__`, `le`, `instance`). `write_relabel_configs` do the
    /// latter, or send nothing of what is read or recorded, or keep a level of recorded series that is nearly one that there is. A step that keeps by a label drops what has no such label, and one that makes
    /// one of several values of a label loses all series but one.
    /// A step that drops by the value of a label takes all series of a metric that a page of the job shows.
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
                let fault = judge(step, &used, &of).or_else(|| without_label(step, job, &used, context));
                let fault = fault.or_else(|| of_two_labels(step, job, &readers));
                let fault = fault.or_else(|| all_of_page(index, job, &readers, context));
                if let Some((place, message)) = fault.or_else(|| merged(step, job, context)) {
                    readers_of(step, &used, (place, &of), found);
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
                if let Some((place, label)) = dropped_of_targets(step, &job.relabel[..index], job, &readers, view.config) {
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
                if let Some((place, message)) = judge(step, &Used::of_copies(), "on its way to the remote storage") {
                    found.push(META.finding(place.span, message).path(path(index)).help("leave out what is needed there"));
                } else if let Some(place) = drops_the_first(step) {
                    let message = "this keeps `up` and `ALERTS` back, which are the first that is asked of a remote storage";
                    found.push(META.finding(place.span, message).path(path(index)).help("did you mean `keep`?"));
                } else if let Some(place) = sends_nothing_read(step, context) {
                    let message = "this sends nothing of what rules or panels read, and nothing that rules record";
                    found.push(META.finding(place.span, message).path(path(index)).help("keep what is asked of the remote storage"));
                } else if let Some((place, level, meant)) = nearly_recorded(step, context) {
                    let message = format!("no rule records a series `{level}:…`, and so this keeps none");
                    found.push(META.finding(place.span, message).path(path(index)).help(format!("did you mean `{meant}:`?")));
                }
            }
        }
    }
}

/// A label that targets are given, and lose again in a step, though it is read.
fn dropped_of_targets<'a>(
    step: &Relabel<'a>,
    before: &[Relabel<'a>],
    job: &Job<'a>,
    readers: &Readers<'_>,
    config: &Prometheus<'_>,
) -> Option<(&'a Node, &'a str)> {
    let pattern = pattern(step)?;
    let written = job.targets.labels.iter().flat_map(|labels| labels.entries()).map(|(name, ..)| name);
    let set = before.iter().filter_map(|step| step.target?.as_str());
    let lost: Vec<&str> = written.chain(set).filter(|name| !name.starts_with("__") && pattern.is_match(name)).collect();
    if lost.is_empty() {
        return None;
    }
    let mut used = Used::of_copies();
    readers.of_job(job.name()).for_each(|query| used.add(query, Some(job), config));
    let label = lost.into_iter().find(|label| used.labels.contains(*label))?;
    Some((step.regex.unwrap_or(step.node), label))
}

/// A step that drops, by the values of labels, every series that the page of the job shows of a metric which somebody reads.
fn all_of_page<'a>(index: usize, job: &Job<'a>, readers: &Readers<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let step = &job.metric_relabel[index];
    if !matches!(step.action.as_str(), "drop" | "keep") || !step.sources.iter().any(|label| !label.starts_with("__")) {
        return None;
    }
    let mut pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.is_of(job.name()));
    let (page, None) = (pages.next()?, pages.next()) else { return None };
    let snapshot = page.snapshot.as_ref()?;
    let gone = |name: &str, labels: &Labels, steps: &[Relabel<'_>]| {
        let mut labels = labels.clone();
        labels.insert("__name__".to_owned(), name.to_owned());
        steps.iter().any(|step| apply(step, &mut labels) == Some(Effect::Dropped))
    };
    let mut judged: BTreeSet<&str> = BTreeSet::new();
    for query in readers.of_job(job.name()) {
        for name in query.expr.iter().flat_map(selectors).filter_map(|found| found.selector.metric_name()) {
            if !judged.insert(name) {
                continue;
            }
            let Some(series) = snapshot.get(name).filter(|series| series.len() <= 256) else { continue };
            let own = |label: &&str| label.starts_with("__") || series.iter().any(|(labels, _)| labels.contains_key(*label));
            let before = &job.metric_relabel[..index];
            let is_left = series.iter().any(|(labels, _)| !gone(name, labels, before));
            let all = || series.iter().all(|(labels, _)| gone(name, labels, &job.metric_relabel[..=index]));
            if step.sources.iter().all(own) && is_left && all() {
                let message = format!("this drops every series of `{name}` that the page shows, and `{}` reads it", query.name());
                return Some((step.regex.unwrap_or(step.node), message));
            }
        }
    }
    None
}

/// A step that drops series of one metric by the value of a label, where somebody asks for just these.
fn of_two_labels<'a>(step: &Relabel<'a>, job: &Job<'_>, readers: &Readers<'_>) -> Option<(&'a Node, String)> {
    let ["__name__", label] = step.sources.as_slice() else { return None };
    if step.action != "drop" {
        return None;
    }
    for query in readers.of_job(job.name()) {
        for found in query.expr.iter().flat_map(selectors) {
            let Some(name) = found.selector.metric_name() else { continue };
            let asked = found.selector.matchers.iter().find(|m| m.label.text == *label && matches!(m.op, MatchOp::Equal | MatchOp::Regex));
            let Some(matcher) = asked.filter(|matcher| !is_placeholder(&matcher.value) && matches(matcher, "") == Some(false)) else {
                continue;
            };
            let plain = matcher.value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            // `5..` asks for 500 and its like.
            let values = if matcher.op == MatchOp::Regex && plain { vec![matcher.value.replace('.', "0")] } else { named_values(matcher) };
            let gone = |value: &String| {
                let mut labels = Labels::from([("__name__".to_owned(), name.to_owned()), ((*label).to_owned(), value.clone())]);
                apply(step, &mut labels) == Some(Effect::Dropped)
            };
            // One bound may be asked for in several spellings, of which a page has one.
            let numbers: Vec<f64> = values.iter().filter_map(|value| value.parse().ok()).collect();
            let one_bound =
                *label == "le" && numbers.len() == values.len() && numbers.windows(2).all(|pair| (pair[0] - pair[1]).abs() < f64::EPSILON);
            if !values.is_empty() && (values.iter().all(gone) || one_bound && values.iter().any(gone)) {
                let message = format!("this drops what `{}` asks `{name}` for: `{label}` as `{}`", query.name(), matcher.value);
                return Some((step.regex.unwrap_or(step.node), message));
            }
        }
    }
    None
}

/// A step that drops what everybody sends, as one does that was to keep.
fn drops_the_first<'a>(step: &Relabel<'a>) -> Option<&'a Node> {
    let pattern = pattern(step).filter(|_| step.action == "drop" && step.sources == ["__name__"])?;
    let place = step.node.get("action").unwrap_or(step.node);
    // What matches anything sends nothing, which is another's to say.
    (pattern.is_match("up") && pattern.is_match("ALERTS") && !pattern.is_match("scrape_samples_scraped")).then_some(place)
}

/// A step that lets nothing through that anybody here knows of. What is read and left out is no fault: rules and panels read the
/// storage of Prometheus itself, and the remote one has a share of it by design.
fn sends_nothing_read<'a>(step: &Relabel<'a>, context: &Context<'_>) -> Option<&'a Node> {
    if !matches!(step.action.as_str(), "keep" | "drop") || step.sources != ["__name__"] {
        return None;
    }
    let pattern = pattern(step)?;
    let is_gone = |name: &str| pattern.is_match(name) == (step.action == "drop");
    let used: Vec<_> = context.queries.iter().flat_map(|query| query.selectors()).collect();
    let read: BTreeSet<&str> = used.iter().filter_map(|used| used.selector.metric_name()).collect();
    let world = context.world;
    let series = ["", "_bucket", "_sum", "_count"];
    let declared = world.metric_names().flat_map(|name| series.iter().map(move |end| format!("{name}{end}")));
    let all_gone = is_gone("up") && is_gone("ALERTS") && read.iter().copied().chain(world.recorded_names()).all(is_gone);
    (read.len() > 1 && all_gone && declared.into_iter().all(|name| is_gone(&name))).then(|| step.regex.unwrap_or(step.node))
}

/// A part of a pattern for recorded series, whose level is nearly one that some have.
fn nearly_recorded<'a, 'r>(step: &'r Relabel<'a>, context: &Context<'r>) -> Option<(&'a Node, &'r str, &'r str)> {
    let (place, text) = step.regex.and_then(Node::with_str).filter(|_| step.action == "keep" && step.sources == ["__name__"])?;
    let levels: Vec<&str> = context.world.recorded_names().filter_map(|name| Some(name.split_once(':')?.0)).collect();
    let parts = text.split('|').filter_map(|part| Some(part.split_once(':')?.0));
    let is_plain = |level: &&str| level.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    parts.filter(is_plain).find_map(|level| Some((place, level, misspelt(level, &levels)?)))
}

/// The queries of a set by the job that they name, so that a job's are found without looking at all.
struct Readers<'a> {
    named: HashMap<&'a str, Vec<&'a Query<'a>>>,
    /// Those that name several by a pattern.
    several: Vec<&'a Query<'a>>,
}

impl<'a> Readers<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut readers = Self { named: HashMap::new(), several: Vec::new() };
        for query in context.queries {
            let (mut names, mut several) = (BTreeSet::new(), false);
            let selectors = query.expr.iter().flat_map(selectors);
            for matcher in selectors.flat_map(|found| &found.selector.matchers).filter(|matcher| matcher.label.text == "job") {
                match matcher.op {
                    MatchOp::Equal => drop(names.insert(matcher.value.as_str())),
                    _ => several = true,
                }
            }
            if several {
                readers.several.push(query);
                continue;
            }
            for name in names {
                readers.named.entry(name).or_default().push(query);
            }
        }
        readers
    }

    fn of_job(&self, job: &str) -> impl Iterator<Item = &'a Query<'a>> {
        self.named.get(job).into_iter().flatten().chain(&self.several).copied()
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

/// As many.
const FEW: usize = 2;

/// What is read of a job.
struct Used<'a> {
    /// Metrics, with who reads them.
    metrics: BTreeMap<String, Vec<&'a Query<'a>>>,
    labels: BTreeSet<String>,
    /// Labels that its series are known to have.
    own: BTreeSet<String>,
    /// Labels that are compared with a value, how that is written, and the values that it means, as far as they are known.
    values: BTreeMap<(String, String), BTreeSet<String>>,
}

impl<'a> Used<'a> {
    /// What is needed of the copies that a remote storage is sent: that they stay apart.
    fn of_copies() -> Self {
        Self { metrics: BTreeMap::new(), labels: BTreeSet::new(), own: BTreeSet::new(), values: BTreeMap::new() }
    }

    /// What rules and panels read of a job, or of any; and what the manifest of the job declares.
    fn of(job: Option<&Job<'_>>, config: &Prometheus<'_>, readers: &Readers<'a>, context: &Context<'a>) -> Self {
        let own = BTreeSet::from(["job", "instance", "__name__", "le"].map(str::to_owned));
        let mut used = Self { metrics: BTreeMap::new(), labels: BTreeSet::new(), own, values: BTreeMap::new() };
        match job.filter(|_| config.jobs.len() > 1) {
            Some(job) => readers.of_job(job.name()).for_each(|query| used.add(query, Some(job), config)),
            None => context.queries.iter().for_each(|query| used.add(query, job, config)),
        }
        let declared: Vec<_> = context.world.catalogues.iter().filter(|c| job.is_none_or(|job| c.is_of(job.name()))).collect();
        for ((label, written), values) in &mut used.values {
            let labels = declared.iter().flat_map(|c| &c.metrics).flat_map(|metric| &metric.labels);
            let known = labels.filter(|known| known.name.value == *label).filter_map(|known| known.values.as_ref());
            values.extend(known.flatten().filter(|value| full_match(written, value) == Some(true)).cloned());
        }
        for catalogue in context.world.catalogues {
            if job.is_some_and(|job| catalogue.is_of(job.name())) {
                let declared = catalogue.metrics.iter().flat_map(|metric| &metric.labels).map(|label| label.name.value.clone());
                used.own.extend(declared.clone());
                used.labels.extend(declared);
            }
        }
        used
    }

    fn add(&mut self, query: &'a Query<'a>, job: Option<&Job<'_>>, config: &Prometheus<'_>) {
        let mut read = false;
        for found in query.selectors() {
            let Some(name) = found.selector.metric_name().filter(|_| !query.is_variable_metric(found.selector)) else { continue };
            let pins: Vec<_> =
                found.selector.matchers.iter().filter(|m| m.label.text == "job" && !query.is_variable(&m.value_range)).collect();
            let of_job = match job {
                None => true,
                // A fixed set of jobs, of which this is one; or the only job there is.
                Some(job) => {
                    let pinned = pins.iter().any(|m| {
                        matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !m.value.is_empty() && m.value != ".*" && m.value != ".+"
                    });
                    (pinned || config.jobs.len() == 1) && pins.iter().all(|matcher| matches(matcher, job.name()) == Some(true))
                }
            };
            // Prometheus makes these itself, behind relabelling.
            if !of_job || name.contains(':') || name == "up" || name.starts_with("scrape_") || name.starts_with("ALERTS") {
                continue;
            }
            read = true;
            self.metrics.entry(name.to_owned()).or_default().push(query);
            let labels = found.selector.matchers.iter().map(|matcher| matcher.label.text.as_str());
            self.labels.extend(labels.filter(|label| !matches!(*label, "__name__")).map(str::to_owned));
            let asked = found.selector.matchers.iter().filter(|m| !matches!(m.label.text.as_str(), "job" | "instance" | "__name__"));
            for matcher in asked.filter(|m| matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !query.is_variable(&m.value_range)) {
                let plain = matcher.value.replace('\\', "");
                let known = if matcher.label.text == "le" { plain.split('|').map(str::to_owned).collect() } else { BTreeSet::new() };
                let exactly = BTreeSet::from([matcher.value.clone()]);
                let values = if matcher.op == MatchOp::Equal { exactly } else { known };
                self.values.entry((matcher.label.text.clone(), matcher.value.clone())).or_default().extend(values);
            }
        }
        let Some(expr) = query.expr.as_ref().filter(|_| read) else { return };
        visit(expr, &mut |expr| {
            if let ExprKind::Aggregate(aggregate) = &expr.kind
                && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)
            {
                self.labels.extend(grouping.labels.iter().map(|label| label.text.clone()));
            }
        });
    }
}

/// What a step does to what is read.
fn judge<'a>(step: &Relabel<'a>, used: &Used<'_>, of: &str) -> Option<(&'a Node, String)> {
    let place = step.regex.unwrap_or(step.node);
    match step.action.as_str() {
        "drop" | "keep" | "replace" if step.sources == ["__name__"] => {
            let gone = used.metrics.keys().find(|name| {
                let mut labels = Labels::from([("__name__".to_owned(), (*name).clone())]);
                let effect = apply(step, &mut labels);
                effect == Some(Effect::Dropped) || (effect == Some(Effect::Changed) && labels.get("__name__") != Some(*name))
            })?;
            let what = if step.action == "replace" { "renames" } else { "drops" };
            Some((place, format!("this {what} `{gone}` {of}, which rules or panels read")))
        }
        "labeldrop" | "labelkeep" => {
            let pattern = pattern(step)?;
            let gone = |label: &str| pattern.is_match(label) == (step.action == "labeldrop");
            if gone("__name__") {
                return Some((place, format!("this removes the name of every series {of}")));
            }
            if gone("le") && (step.action == "labeldrop" || used.metrics.keys().any(|name| name.ends_with("_bucket"))) {
                return Some((place, format!("this removes `le` {of}, and the buckets of histograms fall together")));
            }
            let label = ["job", "instance"].into_iter().chain(used.labels.iter().map(String::as_str)).find(|label| gone(label))?;
            Some((place, format!("this removes the label `{label}` {of}, by which series are read or told apart")))
        }
        "labelmap" => {
            let (node, label) = step.replacement?.with_str().filter(|(_, text)| !text.contains('$'))?;
            let of_itself = pattern(step)?.is_match(label);
            (!of_itself && used.own.contains(label))
                .then(|| (node, format!("this overwrites the label `{label}` {of}, by which series are read or told apart")))
        }
        // Whatever stood there, or nothing where the other label is missing.
        "replace" if step.sources.len() == 1 && is_copied(step, used) => {
            let target = step.target?;
            Some((target, format!("this overwrites the label `{}` {of} with `{}`, and both are read", target.as_str()?, step.sources[0])))
        }
        "drop" | "keep" | "replace" if step.sources.len() == 1 => {
            let source = step.sources[0];
            let gone = used.values.iter().filter(|((label, _), values)| label == source && !values.is_empty());
            let lost = |value: &String, written: &str| {
                let mut labels = Labels::from([(source.to_owned(), value.clone())]);
                match apply(step, &mut labels) {
                    Some(Effect::Dropped) => true,
                    Some(Effect::Changed) => labels.get(source).is_none_or(|now| full_match(written, now) == Some(false)),
                    _ => false,
                }
            };
            // Of a bound there are several spellings, of which a target uses one.
            let any = source == "le";
            let ((_, written), _) = gone.into_iter().find(|((_, written), values)| {
                if any { values.iter().any(|value| lost(value, written)) } else { values.iter().all(|value| lost(value, written)) }
            })?;
            let what = if step.action == "replace" { "rewrites" } else { "drops" };
            Some((place, format!("this {what} what has `{source}` as `{written}` {of}, which rules or panels ask for")))
        }
        "replace" if step.sources.is_empty() => {
            let label = step.target?.as_str().filter(|label| used.labels.contains(*label) && *label != "job")?;
            let value = step.replacement?;
            full_match("[^$]+", value.as_str()?).filter(|fixed| *fixed)?;
            Some((value, format!("this gives the label `{label}` one value {of}, and rules or panels tell series apart by it")))
        }
        _ => None,
    }
}

/// A step that keeps or drops by a label of some metrics, and so takes away others that have no such label and are read.
fn without_label<'a>(step: &Relabel<'a>, job: &Job<'_>, used: &Used<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let ([label], Some(regex)) = (step.sources.as_slice(), step.regex) else { return None };
    if !matches!(step.action.as_str(), "keep" | "drop") || matches!(*label, "__name__" | "job" | "instance") {
        return None;
    }
    let is_gone = |value: &str| pattern(step).is_some_and(|pattern| pattern.is_match(value) == (step.action == "drop"));
    if *label == "le" {
        let histogram = used.metrics.keys().find(|name| name.ends_with("_bucket"))?;
        return is_gone("+Inf").then(|| (regex, format!("this drops the bucket `+Inf`, without which `{histogram}` has no quantile")));
    }
    if !is_gone("") || labels_of_targets(job).is_none_or(|labels| labels.contains(label)) || job.honor_labels {
        return None;
    }
    // A step before may have written it.
    if job.metric_relabel.iter().any(|other| !std::ptr::eq(other, step) && writes(other, label)) {
        return None;
    }
    let lacks = |name: &&String| {
        context.world.metric(name).is_some_and(|(catalogue, metric, series)| {
            let own = series == Series::Base && metric.kind == MetricType::Summary && *label == "quantile";
            catalogue.is_of(job.name()) && !metric.open && !own && metric.labels.iter().all(|known| known.name.value != **label)
        })
    };
    let name = used.metrics.keys().find(lacks)?;
    Some((regex, format!("`{name}` has no label `{label}`, so this drops it, and rules or panels read it")))
}

/// A step that makes one of several values that a label is declared to have: series that differ in nothing else fall together, and all
/// but one of them are lost.
fn merged<'a>(step: &Relabel<'a>, job: &Job<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let [label] = step.sources.as_slice() else { return None };
    if step.action != "replace" || step.target.and_then(Node::as_str) != Some(*label) {
        return None;
    }
    let own = context.world.catalogues.iter().filter(|catalogue| catalogue.is_of(job.name()) && !catalogue.is_page());
    let labels = own.flat_map(|catalogue| &catalogue.metrics).flat_map(|metric| &metric.labels);
    for values in labels.filter(|known| known.name.value == **label).filter_map(|known| known.values.as_ref()) {
        // A status is one of all that there may be: these are among those of any service.
        let is_status = values.len() > 400;
        let mut before: BTreeMap<String, &str> = BTreeMap::new();
        for value in values.iter().filter(|value| !is_status || matches!(value.as_str(), "200" | "201" | "404" | "422" | "500" | "503")) {
            let mut now = Labels::from([((*label).to_owned(), value.clone())]);
            if apply(step, &mut now).is_none() {
                break;
            }
            let written = now.remove(*label).unwrap_or_default();
            if let Some(first) = before.insert(written.clone(), value) {
                let message = format!(
                    "`{first}` and `{value}` become one `{label}`, `{written}`: of two series that differ in nothing else, one is lost"
                );
                return Some((step.replacement.unwrap_or(step.node), message));
            }
        }
    }
    None
}

/// Whether a step writes the value of one label that is read into another one that is.
fn is_copied(step: &Relabel<'_>, used: &Used<'_>) -> bool {
    let whole = matches!(step.regex.and_then(Node::as_str), None | Some("(.*)" | "(.+)"));
    let plain = matches!(step.replacement.and_then(Node::as_str), None | Some("$1" | "${1}"));
    let target = step.target.and_then(Node::as_str).unwrap_or("");
    whole
        && plain
        && target != step.sources[0]
        && used.own.contains(target)
        && used.labels.contains(target)
        && used.labels.contains(step.sources[0])
}

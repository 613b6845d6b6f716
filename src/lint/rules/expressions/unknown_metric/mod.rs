//! Metrics that nobody declares.

mod elsewhere;
mod pages;
mod recorded;
mod runtimes;
mod spans;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::query::{Origin, Query, SELECTOR, matches, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::words::slip::reordered;
use crate::lint::world::declared::Catalogue;
use crate::lint::world::{Jobs, exporters};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::source::Node;
use elsewhere::elsewhere;
use pages::on_pages;
use recorded::unrecorded;
use runtimes::of_other_runtime;
use spans::of_spans;

rule! {
    /// A selector asks a service for a metric that its manifest does not declare, so it returns nothing.
    ///
    /// Said of selectors with the job of a service whose manifest is among the inputs, or with `$selector` in the manifest itself. It is an error where a
    /// declared metric has nearly this name; else a warning, for a client library may add series of its own. What the
    /// common runtimes expose unasked (`process_*`, `go_*`, `jvm_*` …), what Prometheus adds (`up`, `scrape_*`) and what
    /// a recording rule fills is known. A recorded series (`level:metric:operations`) that no rule here fills is a warning where one
    /// of nearly its name is filled, or others of its level and metric. A selector that takes whatever job is chosen, or any, is a warning where a declared metric is one or
    /// two letters away; and so is one that asks another job of the service for what only its own job exposes.
    ///
    /// A page of metrics that is given for a job (`--metrics myapp=page.txt`), or is called after it (`myapp.prom`), shows what that job exposes. What is not on it
    /// may come with its first event: then it is a warning, and an error only where one letter is wrong. Of a page that
    /// belongs to no job the same is said, as a warning, where a metric on it has nearly this name.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_request_total{job="myapp"}[5m]) > 100
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[5m]) > 100
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { web_calls_handled_total: { type: counter } }
    /// # file: web.job.prom
    /// # TYPE web_calls_handled_total counter
    /// web_calls_handled_total 12
    /// # file: recording.yml
    /// groups: [{ name: web, rules: [{ record: "job:web_calls:rate5m", expr: "sum by (job) (rate(web_calls_handling_total[5m]))" }] }]
    /// ```
    UnknownMetric, "unknown-metric", Error
}

/// How the series of an exporter begin, and the kinds of dependency that have it.
const EXPORTERS: &[(&str, &str)] = &[("pg_", "postgres"), ("redis_", "redis"), ("mysql_", "mysql"), ("mongodb_", "mongodb")];

/// A series of an exporter of another kind than the one behind the job.
fn of_other_kind(query: &Query<'_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let name = used.selector.metric_name()?;
    let (_, kind) = EXPORTERS.iter().find(|(start, _)| name.starts_with(start))?;
    if !exporters::is_known(name) && name != "mongodb_up" {
        return None;
    }
    let job = named_job(used.selector)?;
    // A fleet has thousands of manifests and of such alerts.
    if context.world.catalogues.len() > 200 {
        return None;
    }
    for view in context.manifests() {
        let service = view.root.get("service").and_then(|service| service.get("name")?.as_str()).unwrap_or("");
        for (dependency, _, body) in view.root.entries_of("dependencies") {
            let named = body.get("job").and_then(Node::as_str).map_or_else(|| format!("{service}-{dependency}"), str::to_owned);
            let Some(other) = body.get("kind").filter(|other| named == job && other.as_str() != Some(kind)) else { continue };
            let message = format!("`{name}` is of the exporter of {kind}, and `{job}` is of the kind {}", other.describe());
            let finding = META.finding_at(Level::Warning, query.span(&used.range), message).related(other.span, "declared here");
            return Some(finding.help("ask the job that has it, or for the series of this one"));
        }
    }
    None
}

impl Rule for UnknownMetric {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        elsewhere(context, found);
        // What is read and not recorded is said where it is read; where nothing reads what is recorded, the name there may be the slip.
        if context.world.recorded_names().next().is_none() {
            return;
        }
        let is_unknown = |name: &str| context.world.recorded(name).is_empty() && context.world.metric(name).is_none();
        let speaks = |query: &&&Query<'_>| query.node.as_str().is_some_and(|text| text.contains(':'));
        let mut wanted: BTreeMap<&str, &Query<'_>> = BTreeMap::new();
        for query in context.queries.iter().filter(speaks) {
            for selector in query.expr.iter().flat_map(crate::promql::walk::selectors) {
                let name = selector.selector.metric_name().filter(|name| name.contains(':') && is_unknown(name));
                name.into_iter().filter(|_| !query.is_variable_metric(selector.selector)).for_each(|name| {
                    wanted.entry(name).or_insert(query);
                });
            }
            if wanted.len() > 16 {
                return;
            }
        }
        if wanted.is_empty() {
            return;
        }
        let all = context.queries.iter().filter(speaks).filter_map(|query| query.expr.as_ref()).flat_map(crate::promql::walk::selectors);
        let read: BTreeSet<&str> = all.filter_map(|found| found.selector.metric_name()).filter(|name| name.contains(':')).collect();
        for (name, reader) in wanted {
            let unread = context.world.recorded_names().filter(|known| known.contains(':') && !read.contains(known));
            let Some(meant) = did_you_mean(name, unread) else { continue };
            let Some(rule) = context.world.recorded(meant).first().and_then(|recorded| recorded.query.rule()) else { continue };
            let message = format!("nothing reads `{meant}`, and `{}` reads `{name}`, which no rule records", reader.name());
            let finding = META.finding_at(Level::Warning, rule.name.span, message).related(reader.node.span, "reads it");
            found.push(finding.help(format!("did you mean `{name}`?")));
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        for used in &query.selectors {
            found.extend(of_other_kind(query, used, context));
            found.extend(of_other_runtime(query, used, context));
            found.extend(by_pattern(query, used.selector, context));
            let selector = used.selector;
            let Some(name) = selector.metric_name().filter(|_| !query.is_variable_metric(selector)) else { continue };
            found.extend(unrecorded(query, selector, name, context));
            // Without a manifest or a page nobody says what else there is.
            if world.catalogues.is_empty() {
                continue;
            }
            if name.contains(':')
                || exporters::BUILT_IN.contains(&name) && !is_scraped_alone(name, context)
                || world.metric_of(selector).is_some()
                || !world.recorded(name).is_empty()
            {
                continue;
            }
            if let Some(finding) = on_pages(query, selector, name, context) {
                found.push(finding);
                continue;
            }
            let is_unasked = exporters::UNASKED.iter().any(|prefix| name.starts_with(prefix));
            if let Some(finding) = of_another_job(query, selector, name, context).filter(|_| !is_unasked) {
                found.push(finding);
                continue;
            }
            if let Some(finding) = nearly_declared(query, selector, name, context, is_unasked) {
                found.push(finding);
                continue;
            }
            if is_unasked || of_spans(name, context) {
                continue;
            }
            let of_job = selector.matchers.iter().find(|m| m.label.text == "job");
            let literal = of_job.filter(|m| m.op == MatchOp::Equal && !query.is_variable(&m.value_range)).map(|m| m.value.clone());
            let asked = literal.or_else(|| chosen_job(query, of_job?)).or_else(|| own_job(query, of_job?, context));
            let Some(catalogue) =
                world.catalogues.iter().find(|c| c.jobs.first().is_some_and(|job| Some(job.name.value.as_str()) == asked.as_deref()))
            else {
                continue;
            };
            let meant = did_you_mean(name, world.metric_names());
            let level = if meant.is_some() { Level::Error } else { Level::Warning };
            let place = selector.metric.as_ref().map_or_else(|| query.span(&(0..0)), |metric| query.span(&metric.range));
            found.push(
                META.finding_at(level, place, format!("`{}` declares no metric `{name}`", catalogue.service.value))
                    .related(catalogue.service.span, "the service is declared here")
                    .help(
                        meant.map_or_else(
                            || "declare it under `metrics:`, or correct the name".to_owned(),
                            |m| format!("did you mean `{m}`?"),
                        ),
                    ),
            );
        }
    }
}

/// Names by a pattern, of which a service declares none.
fn by_pattern(query: &Expression<'_, '_>, selector: &Selector, context: &Context<'_>) -> Option<Diagnostic> {
    let names = selector.matchers.iter().find(|m| m.label.text == "__name__" && m.op == MatchOp::Regex)?;
    let job = selector.matchers.iter().find(|m| m.label.text == "job" && m.op == MatchOp::Equal)?;
    if query.is_variable(&names.value_range) || query.is_variable(&job.value_range) {
        return None;
    }
    let own = |c: &&Catalogue| c.jobs.first().is_some_and(|first| first.name.value == job.value);
    let catalogue = context.world.catalogues.iter().find(own).filter(|catalogue| !catalogue.is_page())?;
    let pattern = names.value.trim_start_matches('^').trim_end_matches('$');
    if pattern.contains(['(', '[', '\\']) {
        return None;
    }
    let absent = |part: &str| {
        let start = &part[..part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len())];
        let unasked =
            exporters::BUILT_IN.iter().chain(exporters::UNASKED).any(|known| known.starts_with(start) || start.starts_with(known));
        let recorded = context.world.recorded_names().any(|name| full_match(part, name) != Some(false));
        let series = |name: &str| {
            ["", "_total", "_bucket", "_sum", "_count", "_created", "_info"].iter().map(|end| format!("{name}{end}")).collect::<Vec<_>>()
        };
        let declared =
            catalogue.metrics.iter().flat_map(|metric| series(&metric.name.value)).any(|name| full_match(part, &name) != Some(false));
        start.len() > 2 && !unasked && !recorded && !declared
    };
    if !pattern.split('|').all(absent) {
        return None;
    }
    let message = format!("`{}` declares no metric that `{}` matches", catalogue.service.value, names.value);
    let finding = META.finding_at(Level::Warning, query.span(&names.range), message);
    Some(finding.related(catalogue.service.span, "the service is declared here").help("match the whole name of a metric"))
}

/// The one job that a variable of the dashboard can stand for, as its query names it.
fn chosen_job(query: &Query<'_>, matcher: &Matcher) -> Option<String> {
    let Origin::Target { dashboard, .. } = query.origin else { return None };
    let is_whole =
        |used: &&crate::promql::grafana::Variable| used.range == matcher.value_range || used.range.len() + 2 == matcher.value_range.len();
    let within = |used: &&crate::promql::grafana::Variable| {
        matcher.value_range.start <= used.range.start && used.range.end <= matcher.value_range.end
    };
    let used = query.variables.iter().filter(within).find(is_whole)?;
    let name = used.name.split(['.', ':']).next()?;
    let variable = dashboard.variables.iter().find(|variable| variable.kind == "query" && variable.name.as_str() == Some(name))?;
    let text = variable.query().filter(|_| variable.asks_prometheus())?.as_str()?;
    let (asked, label) = text.trim().strip_prefix("label_values(")?.strip_suffix(')')?.rsplit_once(',')?;
    let expr = crate::promql::parse(asked, &crate::promql::Options::all()).ok().filter(|_| label.trim() == "job")?;
    let found = crate::promql::walk::selectors(&expr);
    let [only] = found.as_slice() else { return None };
    let job = only.selector.matchers.iter().find(|m| m.label.text == "job" && m.op == MatchOp::Equal && !m.value.contains('$'))?;
    Some(job.value.clone())
}

/// The job of a manifest whose own panel asks for it by `$selector`.
fn own_job(query: &Query<'_>, matcher: &Matcher, context: &Context<'_>) -> Option<String> {
    let is_written_so = query.node.as_str()?.get(matcher.range.clone()) == Some(SELECTOR);
    let is_own = |catalogue: &&Catalogue| !catalogue.is_page() && catalogue.service.span.source == query.node.span.source;
    let catalogue = context.world.catalogues.iter().find(is_own).filter(|_| query.is_written() && is_written_so)?;
    catalogue.job().map(str::to_owned)
}

/// A declared metric that is asked of a job which is another one of the same service, or of all jobs but its own.
fn of_another_job(query: &Expression<'_, '_>, selector: &Selector, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let (catalogue, metric, _) = context.world.metric(name).filter(|(catalogue, ..)| !catalogue.is_page())?;
    let asked = selector.matchers.iter().find(|m| m.label.text == "job" && !query.is_variable(&m.value_range))?;
    let is_other = match asked.op {
        MatchOp::Equal => asked.value.is_empty() || catalogue.jobs.iter().skip(1).any(|job| job.name.value == asked.value),
        MatchOp::NotEqual | MatchOp::NotRegex => true,
        MatchOp::Regex => false,
    };
    let own = catalogue.job()?;
    if !is_other || matches(asked, own) != Some(false) {
        return None;
    }
    let message = format!("only the job `{own}` is declared to expose `{name}`, and this leaves it out");
    let finding = META.finding_at(Level::Warning, query.span(&asked.range), message);
    Some(finding.related(metric.name.span, "declared here").help(format!("write `job=\"{own}\"`")))
}

/// A metric of whatever job is chosen or of any, where a manifest declares or a page shows one whose name is a letter or two away.
/// Of what runtimes expose unasked only the same words in another order are a slip.
fn nearly_declared(
    query: &Expression<'_, '_>,
    selector: &Selector,
    name: &str,
    context: &Context<'_>,
    is_unasked: bool,
) -> Option<Diagnostic> {
    let world = context.world;
    if world.catalogues.is_empty() {
        return None;
    }
    let is_open = |m: &Matcher| m.label.text != "job" || query.is_variable(&m.value_range);
    if !is_unasked && !selector.matchers.iter().all(is_open) {
        return None;
    }
    if name.len() == 3 && name.starts_with("up") {
        let place = query.span(&selector.metric.as_ref()?.range);
        return Some(META.finding_at(Level::Warning, place, format!("nothing makes a series `{name}`")).help("did you mean `up`?"));
    }
    let suffix = ["_bucket", "_sum", "_count"].into_iter().find(|suffix| name.ends_with(suffix)).unwrap_or("");
    let near = |wanted: &str| {
        let meant = did_you_mean(wanted, world.metric_names())?;
        (strsim::damerau_levenshtein(wanted, meant) <= 2 && is_alike(wanted, meant)).then_some(meant)
    };
    let stem = name.strip_suffix(suffix).unwrap_or(name);
    let swapped = || {
        let base = ["_total", "_count", "_sum", "_bucket"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        [format!("{base}_total"), base.to_owned()].into_iter().find(|other| other != name && world.metric(other).is_some())
    };
    let turned = || reordered(name, world.metric_names()).map(str::to_owned);
    // What a runtime exposes by a name with the same letters is called so by the one that declares it.
    let letters = |name: &str| name.replace('_', "");
    let respelt = || world.metric_names().find(|known| *known != name && letters(known) == letters(name)).map(str::to_owned);
    let meant = if is_unasked { respelt() } else { near(name).map(str::to_owned).or_else(swapped) };
    let meant = meant.or_else(turned).or_else(|| {
        let meant = near(stem).filter(|_| !suffix.is_empty() && !is_unasked)?;
        world.metric(&format!("{meant}{suffix}")).map(|_| format!("{meant}{suffix}"))
    })?;
    let (catalogue, metric, _) = world.metric(&meant)?;
    let place = query.span(&selector.metric.as_ref()?.range);
    let (message, related, told) = if catalogue.is_page() {
        (format!("no page shows a metric `{name}`"), metric.name.span, "this page shows one of nearly its name")
    } else {
        (format!("no manifest declares a metric `{name}`"), catalogue.service.span, "this service declares one of nearly its name")
    };
    let finding = META.finding_at(Level::Warning, place, message);
    Some(finding.related(related, told).help(format!("did you mean `{meant}`?")))
}

/// Whether two names have the same digits and begin alike, so that one is a slip of the other.
fn is_alike(name: &str, meant: &str) -> bool {
    digits(name) == digits(meant) && name.bytes().next() == meant.bytes().next()
}

/// Whether `target_info` can only come from a scrape, for the one Prometheus of the inputs is sent nothing.
fn is_scraped_alone(name: &str, context: &Context<'_>) -> bool {
    let [config] = context.world.prometheus.as_slice() else { return false };
    name == "target_info" && config.root.get("otlp").is_none() && context.world.jobs_known == Jobs::Closed
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

//! Variables of dashboards whose query finds nothing.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::formats::dashboard::Variable;
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{is_placeholder, matches, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::words::anchored::full_match;
use crate::lint::world::declared::{Catalogue, Label, MetricType};
use crate::lint::world::{Jobs, Series};
use crate::promql::ast::{AggregateOp, ExprKind, Selector};
use crate::promql::grafana::substitute;
use crate::promql::walk::{selectors, without_parens};
use crate::promql::{Expr, Options, parse};
use crate::source::Node;

rule! {
    /// The query of a dashboard's variable asks for a metric, a job or a label that does not exist. Its list of values stays empty,
    /// and so does every panel that selects by it. Or what stands for all values matches none of them, or its
    /// values are those of another label than the panels compare.
    ///
    /// ```json fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { route: {} } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [], "templating": { "list": [
    ///   { "name": "route", "type": "query", "query": "label_values(http_requests_total{job=\"myapp\"}, endpoint)" } ] } }
    /// ```
    /// ```json silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { route: {} } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [], "templating": { "list": [
    ///   { "name": "route", "type": "query", "query": "label_values(http_requests_total{job=\"myapp\"}, route)" } ] } }
    /// ```
    VariableQueryUnknown, "variable-query-unknown", Error
}

impl Rule for VariableQueryUnknown {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let compared = OnceCell::new();
        for variable in view.dashboard.variables.iter().filter(|variable| variable.kind == "query" && variable.asks_prometheus()) {
            let Some(node) = variable.query() else { continue };
            let Some((asked, label)) = node.as_str().and_then(taken_apart) else { continue };
            let Ok(mut expr) = parse(&substitute(asked).text, &Options::all()) else { continue };
            // What a variable stands for says nothing of the series that there are.
            if let ExprKind::Selector(selector) = &mut expr.kind {
                selector
                    .matchers
                    .retain(|matcher| !is_placeholder(&matcher.value) && !asked.contains(&format!("{}=\"$", matcher.label.text)));
            }
            if let Some(message) =
                label.and_then(|label| compared_elsewhere(variable, label, (view, compared.get_or_init(|| labels_compared(view))), context))
            {
                let help = "ask for the values of that label, or compare this one";
                found.push(META.finding_at(Level::Warning, node.span, message).path("templating.list").help(help));
            }
            if let Some((place, message)) = result_without(variable, &expr).filter(|_| label.is_none()) {
                let help = "name a label that the result has";
                found.push(META.finding_at(Level::Warning, place.span, message).path("templating.list").help(help));
            }
            if let Some((place, message)) = label.and_then(|label| takes_none(variable, &expr, label, context)) {
                let help = "correct the pattern, or leave it out";
                found.push(META.finding_at(Level::Warning, place.span, message).path("templating.list").help(help));
            }
            if let Some((level, message, help)) = judge(&expr, asked, label, context) {
                found.push(META.finding_at(level, node.span, message).path("templating.list").help(help));
            } else if let Some((all, message)) = label.and_then(|label| all_of_none(variable, &expr, label, context)) {
                let help = "write an expression that matches them, such as `.+`, or leave it out";
                found.push(META.finding_at(Level::Warning, all.span, message).path("templating.list").help(help));
            }
        }
    }
}

/// The labels that panels compare with each variable.
fn labels_compared(view: &DashboardView<'_>) -> HashMap<String, BTreeSet<String>> {
    let mut all: HashMap<String, BTreeSet<String>> = HashMap::default();
    for query in view.queries.iter().filter(|query| !query.variables.is_empty()) {
        for matcher in query.selectors().iter().flat_map(|used| &used.selector.matchers) {
            let range = &matcher.value_range;
            for variable in query.variables.iter().filter(|v| range.start <= v.range.start && v.range.end <= range.end) {
                let name = variable.name.split(['.', ':']).next().unwrap_or("");
                all.entry(name.to_owned()).or_default().insert(matcher.label.text.clone());
            }
        }
    }
    all
}

/// A variable whose values are those of one label, and that panels compare with another alone.
fn compared_elsewhere(
    variable: &Variable<'_>,
    label: &str,
    (view, compared): (&DashboardView<'_>, &HashMap<String, BTreeSet<String>>),
    context: &Context<'_>,
) -> Option<String> {
    // What a pattern takes out of the values may be of any label.
    if variable.node.get("regex").and_then(Node::as_str).is_some_and(|text| !text.is_empty()) {
        return None;
    }
    let labels = compared.get(variable.name.as_str()?)?;
    let of_targets = |other: &&String| matches!((label, other.as_str()), ("job", "instance") | ("instance", "job"));
    let only = labels.first().filter(|_| labels.len() == 1 && !labels.contains(label));
    // A label of the target and one that a join brings may be called otherwise and mean the same.
    // What a page shows may be a part: then the variable has to be called after the label that it is compared with.
    let is_called = |other: &str| variable.name.as_str() == Some(other);
    let other =
        labels.iter().find(of_targets).or_else(|| only.filter(|other| are_disjoint(label, other, is_called(other), view, context)))?;
    Some(format!("these are values of `{label}`, and the panels compare them with `{other}`"))
}

/// Whether two labels are declared, or shown on a page, with values of which none is of both.
fn are_disjoint(one: &str, other: &str, on_pages: bool, view: &DashboardView<'_>, context: &Context<'_>) -> bool {
    let metrics = view
        .queries
        .iter()
        .flat_map(|query| query.selectors().into_iter().filter_map(|used| context.world.metric_of(used.selector)).collect::<Vec<_>>());
    let metrics: Vec<_> = metrics.filter(|(catalogue, ..)| on_pages || !catalogue.is_page()).map(|(_, metric, _)| metric).collect();
    let values = |label: &str| -> Option<BTreeSet<String>> {
        let all = metrics.iter().flat_map(|metric| &metric.labels).filter(|known| known.name.value == label);
        let shown = |known: &Label| Some(&known.seen).filter(|seen| on_pages && !seen.is_empty()).cloned();
        let sets: Option<Vec<Vec<String>>> = all.map(|known| known.values.clone().or_else(|| shown(known))).collect();
        sets.filter(|sets| !sets.is_empty()).map(|sets| sets.into_iter().flatten().collect())
    };
    values(one).zip(values(other)).is_some_and(|(one, other)| one.is_disjoint(&other))
}

/// What stands for all values, where it matches none of those that there are.
fn all_of_none<'a>(variable: &Variable<'a>, expr: &Expr, label: &str, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let all = variable.node.get("allValue")?;
    let text = all.as_str().filter(|text| !text.is_empty() && !text.contains('$'))?;
    let found = selectors(expr);
    let selector = found.first()?.selector;
    let world = context.world;
    let values: Vec<&str> = if label == "job" {
        if world.jobs_known == Jobs::Open {
            return None;
        }
        world.jobs.iter().map(|(job, _)| job.as_str()).collect()
    } else {
        let (owner, metric, _) = world.metric_of(selector).filter(|(owner, ..)| !owner.is_page())?;
        let values = metric.labels.iter().find(|known| known.name.value == label)?.values.as_ref();
        values.filter(|_| !owner.is_page())?.iter().map(String::as_str).collect()
    };
    let takes_some = values.iter().any(|value| full_match(text, value) != Some(false));
    (!takes_some).then(|| (all, format!("{} stands for all values, and matches no value of `{label}`", all.describe())))
}

/// What is asked, and the label whose values are wanted.
fn taken_apart(query: &str) -> Option<(&str, Option<&str>)> {
    let query = query.trim();
    let inside = |function: &str| query.strip_prefix(function)?.trim_start().strip_prefix('(')?.strip_suffix(')');
    if let Some(expr) = inside("query_result") {
        return Some((expr, None));
    }
    let (asked, label) = inside("label_values")?.rsplit_once(',')?;
    let label = label.trim();
    // A comma of the selector's own.
    let is_name = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some((asked, Some(label)))
}

/// What of it does not exist. A name that holds a variable can be any.
fn judge(expr: &Expr, text: &str, label: Option<&str>, context: &Context<'_>) -> Option<(Level, String, String)> {
    for found in selectors(expr) {
        let selector = found.selector;
        let is_variable = selector.metric.as_ref().is_none_or(|metric| text.get(metric.range.clone()).is_none_or(is_placeholder));
        if is_variable {
            continue;
        }
        let problem = unknown_job(selector, context).or_else(|| unknown_metric(selector, context)).or_else(|| {
            let label = label
                .filter(|label| !selector_shape(selector, context.world).possible(label) || no_target_has(selector, label, context))?;
            let name = selector.metric_name()?;
            let level = if context.world.jobs_known == Jobs::Closed || name != "up" { Level::Error } else { Level::Warning };
            Some((level, format!("`{name}` has no label `{label}`, so this variable has no values"), "name a label that it has".to_owned()))
        });
        let problem = problem.or_else(|| label.and_then(|label| slip_of_label(selector, label, context)));
        if problem.is_some() {
            return problem;
        }
    }
    None
}

/// A label that the metric is not declared to have, and that is nearly one of those; or the name of a label where the metric stands.
fn slip_of_label(selector: &Selector, label: &str, context: &Context<'_>) -> Option<(Level, String, String)> {
    let world = context.world;
    let name = selector.metric_name()?;
    if matches!(name, "job" | "instance") && selector.matchers.len() <= 1 && (world.metric(label).is_some() || label == "up") {
        let message = format!("the metric comes first, and its label second: there is no metric `{name}`");
        return Some((Level::Warning, message, format!("write `label_values({label}, {name})`")));
    }
    let (catalogue, metric, _) = world.metric_of(selector).filter(|(catalogue, ..)| !catalogue.is_page())?;
    let known: Vec<&str> = metric.labels.iter().map(|known| known.name.value.as_str()).chain(["job", "instance"]).collect();
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let meant = misspelt(label, &known).filter(|meant| digits(meant) == digits(label))?;
    let message = format!("`{}` of `{}` has no label `{label}`, so this variable has no values", name, catalogue.service.value);
    Some((Level::Warning, message, format!("did you mean `{meant}`?")))
}

/// A pattern for the series of a result, as `/route="([^"]+)"/`, with a label that the result does not have.
fn result_without<'a>(variable: &Variable<'a>, expr: &Expr) -> Option<(&'a Node, String)> {
    let (node, text) = variable.node.get_str("regex")?;
    let (before, _) = text.split_once("=\"")?;
    let label = &before[before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1)..];
    let mut result = without_parens(expr);
    while let ExprKind::Aggregate(ranked) = &result.kind
        && matches!(ranked.op, AggregateOp::Topk | AggregateOp::Bottomk)
    {
        result = without_parens(&ranked.expr);
    }
    let ExprKind::Aggregate(aggregate) = &result.kind else { return None };
    let grouping = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)?;
    (!label.is_empty() && !grouping.keeps(label))
        .then(|| (node, format!("{} looks for `{label}`, which the result does not have, so this variable has no values", node.describe())))
}

/// A pattern that takes nothing of any value that a label is declared to have, or else of the several that pages show.
fn takes_none<'a>(variable: &Variable<'a>, expr: &Expr, label: &str, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let (node, text) = variable.node.get_str("regex")?;
    let pattern = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(text, |(pattern, _)| pattern);
    let flags = text.rsplit_once('/').map_or("", |(_, flags)| flags);
    if pattern.is_empty() || text.contains("${") || flags.contains('i') {
        return None;
    }
    let found = selectors(expr);
    let selector = found.first()?.selector;
    let (owner, metric, _) = context.world.metric_of(selector)?;
    let declared = metric.labels.iter().find(|known| known.name.value == label)?.values.as_deref().filter(|_| !owner.is_page());
    let shown = shown(&metric.name.value, label, context.world.pages_of(selector));
    let values = declared.or(Some(shown.as_slice()).filter(|shown| shown.len() > 1))?;
    // JavaScript names groups without a `P`.
    let regex = regex::Regex::new(&pattern.replace("(?<", "(?P<").replace("\\/", "/")).ok()?;
    let takes_some = values.iter().any(|value| regex.is_match(value));
    (!takes_some && !values.is_empty())
        .then(|| (node, format!("{} takes no value of `{label}`, so this variable has none", node.describe())))
}

/// The values of a label that pages show, as far as they show all that is read.
fn shown(metric: &str, label: &str, pages: Option<Vec<&Catalogue>>) -> Vec<String> {
    let metrics = pages.into_iter().flatten().flat_map(|page| &page.metrics).filter(|shown| shown.name.value == metric);
    metrics.flat_map(|metric| &metric.labels).filter(|known| known.name.value == label).flat_map(|known| known.seen.clone()).collect()
}

/// Whether a series that Prometheus makes of each target is asked for a label that no target has.
fn no_target_has(selector: &Selector, label: &str, context: &Context<'_>) -> bool {
    let is_of_target = selector.metric_name().is_some_and(|name| name == "up" || name.starts_with("scrape_") && !name.contains(':'));
    let of_job = || context.world.labels_of_job(selector);
    let known = if is_of_target { of_job().or_else(|| context.world.labels_read(selector)) } else { None };
    let slip = |known: &str| label != known && did_you_mean(label, [known]).is_some();
    if known.is_none() && is_of_target && (slip("instance") || slip("job")) {
        return true;
    }
    known.is_some_and(|known| !known.contains(&label) && !matches!(label, "job" | "instance" | "__name__"))
}

fn unknown_job(selector: &Selector, context: &Context<'_>) -> Option<(Level, String, String)> {
    let matcher = selector.matchers.iter().find(|m| m.label.text == "job" && !is_placeholder(&m.value))?;
    let world = context.world;
    let level = match world.jobs_known {
        Jobs::Open => return None,
        Jobs::Nearly => Level::Warning,
        Jobs::Closed => Level::Error,
    };
    if world.has_job(&matcher.value) || world.jobs.iter().any(|(job, _)| matches(matcher, job) != Some(false)) {
        return None;
    }
    let message = format!("no scrape job is named `{}`, so this variable has no values", matcher.value);
    let meant = did_you_mean(&matcher.value, world.jobs.iter().map(|(job, _)| job.as_str()));
    Some((level, message, meant.map_or_else(|| "name a job that is scraped".to_owned(), |meant| format!("did you mean `{meant}`?"))))
}

/// A metric that is nearly one that is declared, and is not recorded either.
fn unknown_metric(selector: &Selector, context: &Context<'_>) -> Option<(Level, String, String)> {
    let world = context.world;
    let name = selector.metric_name().filter(|name| !name.contains(':') && *name != "up")?;
    if name.len() == 3 && name.starts_with("up") && world.recorded(name).is_empty() && world.metric(name).is_none() {
        let message = format!("nothing makes a series `{name}`, so this variable has no values");
        return Some((Level::Warning, message, "did you mean `up`?".to_owned()));
    }
    if let Some((catalogue, metric, Series::Base)) = world.metric_of(selector)
        && metric.kind == MetricType::Histogram
        && !metric.native
        && !catalogue.is_page()
    {
        let message = format!("`{name}` is a histogram, and no series is called so: this variable has no values");
        return Some((Level::Warning, message, format!("ask for `{name}_count`")));
    }
    if world.metric_of(selector).is_some() || world.metric(name).is_some() || !world.recorded(name).is_empty() {
        return None;
    }
    let total = || world.metric_names().find(|known| known.strip_suffix("_total") == Some(name));
    if let Some(meant) = total().or_else(|| did_you_mean(name, world.metric_names())) {
        let message = format!("there is no metric `{name}`, so this variable has no values");
        return Some((Level::Warning, message, format!("did you mean `{meant}`?")));
    }
    let owner = world.lacking(name, named_job(selector)?)?;
    let message = format!("`{}` declares no metric `{name}`, so this variable has no values", owner.service.value);
    Some((Level::Warning, message, "declare it under `metrics:`, or ask for another".to_owned()))
}

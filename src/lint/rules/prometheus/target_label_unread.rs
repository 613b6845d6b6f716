//! Labels of targets that are not those by which rules and panels ask.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::alertmanager;
use crate::formats::dashboard::Target;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{Origin, Query, named_job, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::words::walk;
use crate::lint::world::exporters;
use crate::lint::world::jobs::{labels_of_targets, writes};
use crate::promql::ast::{ExprKind, MatchOp, Matcher, Selector};
use crate::source::Node;

rule! {
    /// Rules or panels read a label of a job's series that its targets lack, while the targets are given another one that nobody reads; or
    /// they ask for a value of it that no target has, while one has a value that nobody asks for. Or one of several groups of targets lacks a
    /// label that all others have, and by which series are grouped or shown.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: web
    ///     static_configs:
    ///       - { targets: ["one:8080"], labels: { role: master } }
    ///       - { targets: ["two:8080"], labels: { role: replica } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Down, expr: 'up{job="web",role="primary"} == 0', labels: { severity: critical } }
    ///       - { alert: FewReplicas, expr: 'count(up{job="web",role="replica"} == 1) < 1', labels: { severity: warning } }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     kubernetes_sd_configs: [{ role: pod }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_namespace], target_label: ns }]
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Down, expr: 'up{job="app",namespace="shop"} == 0', labels: { severity: critical } }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: web
    ///     static_configs:
    ///       - { targets: ["one:8080"], labels: { role: primary } }
    ///       - { targets: ["two:8080"], labels: { role: replica } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Down, expr: 'up{job="web",role="primary"} == 0', labels: { severity: critical } }
    ///       - { alert: FewReplicas, expr: 'count(up{job="web",role="replica"} == 1) < 1', labels: { severity: warning } }
    /// ```
    TargetLabelUnread, "target-label-unread", Warning
}

impl Rule for TargetLabelUnread {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let gives = |job: &&Job<'_>| !job.targets.labels.is_empty() || job.relabel.iter().any(|step| step.target.is_some());
        let jobs: Vec<&Job<'_>> = view.config.jobs.iter().filter(gives).collect();
        // A fleet has thousands of jobs and of queries.
        let names: BTreeSet<&str> = jobs.iter().map(|job| job.name()).collect();
        let mut readings: BTreeMap<&str, Readings<'_>> = BTreeMap::new();
        for query in context.queries.iter().filter(|_| !names.is_empty()) {
            for used in query.expr.iter().flat_map(crate::promql::walk::selectors) {
                if let Some(job) = context.world.job_read(used.selector).and_then(|job| names.get(job)) {
                    readings.entry(*job).or_default().add(query, used.selector);
                }
            }
        }
        for job in jobs {
            let Some(reads) = readings.get(job.name()) else { continue };
            let mut report = |node: &Node, list: &str, message: String, (query, what): (&Query<'_>, &str), help: String| {
                let finding = META.finding(node.span, message).path(format!("scrape_configs[{}].{list}", job.index));
                found.push(finding.related(query.node.span, what).help(help));
            };
            lacking(job, reads, &mut report);
            other_value(job, reads, context, &mut report);
            other_name(job, reads, context, &mut report);
        }
    }
}

type Report<'r> = dyn FnMut(&Node, &str, String, (&Query<'_>, &str), String) + 'r;

/// What is asked of the series of a job.
#[derive(Default)]
struct Readings<'a> {
    /// Each query with the selectors that name the job, or read what its page alone has.
    asked: Vec<(&'a Query<'a>, &'a Selector)>,
}

impl<'a> Readings<'a> {
    fn add(&mut self, query: &'a Query<'a>, selector: &'a Selector) {
        self.asked.push((query, selector));
    }

    /// What is compared with a label.
    fn matchers<'s>(&'s self, label: &'s str) -> impl Iterator<Item = (&'a Query<'a>, &'a Matcher)> + 's {
        let all = self.asked.iter().flat_map(|(query, selector)| selector.matchers.iter().map(move |matcher| (*query, matcher)));
        all.filter(move |(_, matcher)| matcher.label.text == label)
    }

    /// A query by whose result series are told apart by a label, or that shows it.
    fn shows(&self, label: &str) -> Option<&'a Query<'a>> {
        self.asked.iter().map(|(query, _)| *query).find(|query| groups_by(query, label) || is_shown(query, label))
    }
}

/// Whether an expression groups by a label.
fn groups_by(query: &Query<'_>, label: &str) -> bool {
    let mut groups = false;
    if let Some(expr) = &query.expr {
        crate::promql::walk::visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind
                && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)
            {
                groups |= grouping.labels.iter().any(|name| name.text == label);
            }
        });
    }
    groups
}

/// The labels by which an expression groups, where it reads series of one job alone and sets no label itself.
fn grouped<'a>(query: &'a Query<'_>, job: &str) -> Vec<&'a str> {
    let Some(expr) = &query.expr else { return Vec::new() };
    let sets = query.node.as_str().is_some_and(|text| text.contains("label_"));
    if sets || crate::promql::walk::selectors(expr).iter().any(|used| named_job(used.selector) != Some(job)) {
        return Vec::new();
    }
    let mut labels = Vec::new();
    crate::promql::walk::visit(expr, &mut |node| {
        if let ExprKind::Aggregate(aggregate) = &node.kind
            && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)
        {
            labels.extend(grouping.labels.iter().map(|name| name.text.as_str()));
        }
    });
    labels
}

/// Whether neither the targets of a job have a label nor the series of a well-known exporter.
fn is_nowhere(label: &str, job: &Job<'_>, selector: &Selector) -> bool {
    let of_series = selector.metric_name().and_then(exporters::labels_of);
    let of_targets = labels_of_targets(job);
    of_series.zip(of_targets).is_some_and(|(series, targets)| !series.contains(&label) && !targets.contains(&label))
}

/// The labels that the texts of an alert show, as `$labels.name`.
fn told<'a>(query: &Query<'a>) -> Vec<&'a str> {
    const START: &str = "$labels.";
    let Origin::Rule { rule, .. } = query.origin else { return Vec::new() };
    let texts = rule.annotations().filter_map(|(_, _, node)| node.as_str());
    let name = |text: &'a str, at: usize| {
        let rest = &text[at + START.len()..];
        &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
    };
    texts
        .flat_map(|text| text.match_indices(START).map(move |(at, _)| name(text, at)))
        .filter(|name| !matches!(*name, "job" | "instance" | "alertname"))
        .collect()
}

/// Whether the texts of an alert, or the legend of a panel, show a label.
fn is_shown(query: &Query<'_>, label: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let reads = |text: &str, start: &str| text.match_indices(start).any(|(at, found)| is_end(&text[at + found.len()..]));
    match query.origin {
        Origin::Rule { rule, .. } => {
            let start = format!("$labels.{label}");
            rule.annotations().any(|(_, _, node)| node.as_str().is_some_and(|text| reads(text, &start)))
        }
        Origin::Target { target, .. } => {
            let legend = target.node.get("legendFormat").and_then(Node::as_str).unwrap_or("");
            legend.split("{{").skip(1).any(|part| part.split("}}").next().is_some_and(|name| name.trim() == label))
        }
        Origin::Written(_) => false,
    }
}

/// A group of targets without a label that all others have.
fn lacking(job: &Job<'_>, reads: &Readings<'_>, report: &mut Report<'_>) {
    let groups: Vec<&Node> = job.targets.groups.iter().copied().filter(|group| group.items_of("targets").next().is_some()).collect();
    let has = |group: &Node, label: &str| group.get("labels").is_some_and(|labels| labels.get(label).is_some());
    let labels: BTreeSet<&str> = groups.iter().flat_map(|group| group.entries_of("labels")).map(|(name, ..)| name).collect();
    for label in labels.into_iter().filter(|label| !label.starts_with("__") && !matches!(*label, "job" | "instance")) {
        let without: Vec<&&Node> = groups.iter().filter(|group| !has(group, label)).collect();
        let given = job.relabel.iter().chain(&job.metric_relabel).any(|step| writes(step, label));
        let ([only], false) = (without.as_slice(), given) else { continue };
        // What is asked for by a value may well be there for some alone.
        if reads.matchers(label).next().is_some() {
            continue;
        }
        let Some(query) = reads.shows(label) else { continue };
        let place = only.get("labels").filter(|labels| !labels.is_null()).or_else(|| only.get("targets")).unwrap_or(only);
        let message = format!("all other targets of `{}` have a label `{label}`, by which their series are told apart", job.name());
        report(place, "static_configs", message, (query, "such as here"), format!("give these one, too: `{label}: …`"));
    }
}

/// A value that nobody asks for, where one is asked for that no target has.
fn other_value(job: &Job<'_>, reads: &Readings<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    if !job.targets.discovery.is_empty() || job.honor_labels {
        return;
    }
    let mut given: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for (name, _, value) in job.targets.labels.iter().flat_map(|labels| labels.entries()).filter(|(name, ..)| !name.starts_with("__")) {
        given.entry(name).or_default().push(value);
    }
    for (label, values) in given.into_iter().filter(|(label, _)| !matches!(*label, "job" | "instance")) {
        let of_series = reads.asked.iter().any(|(_, selector)| {
            let metric = context.world.metric_of(selector);
            metric.is_some_and(|(_, metric, _)| metric.labels.iter().any(|own| own.name.value == label))
        });
        if of_series || job.relabel.iter().chain(&job.metric_relabel).any(|step| writes(step, label)) {
            continue;
        }
        let has = |wanted: &str| values.iter().any(|value| value.as_str() == Some(wanted));
        let mut asked = BTreeSet::new();
        let mut missing = None;
        let mut open = false;
        for (query, matcher) in reads.matchers(label) {
            let named = if query.is_variable(&matcher.value_range) { Vec::new() } else { named_values(matcher) };
            // A pattern, or all but one, may ask for anything.
            open |= named.is_empty() && !query.is_variable(&matcher.value_range);
            if let (MatchOp::Equal, Some(wanted)) = (matcher.op, named.first().filter(|wanted| !has(wanted))) {
                missing = missing.or_else(|| Some((query, wanted.clone())));
            }
            asked.extend(named);
        }
        let inhibited = |value: &str| {
            context.views.iter().any(|view| {
                let ViewKind::Alertmanager(config) = &view.kind else { return false };
                let all = config.inhibitions.iter().flat_map(|rule| rule.source.iter().chain(&rule.target));
                all.into_iter().any(|m| m.label == label && m.op == alertmanager::MatchOp::Equal && m.value == value)
            })
        };
        let unread: Vec<&&Node> =
            values.iter().filter(|value| value.as_str().is_some_and(|value| !asked.contains(value) && !inhibited(value))).collect();
        let Some((query, wanted)) = missing.filter(|_| !open) else { continue };
        // Of several that nobody asks for, it is that of the targets which are called by what is asked for.
        let called: Vec<&&Node> = unread.iter().copied().filter(|value| are_called(job, label, value, &wanted)).collect();
        if let [only] = if unread.len() > 1 { called } else { unread }.as_slice() {
            let message = format!("`{label}` is {} here, and `{}` asks for `{wanted}`, which no target has", only.describe(), query.name());
            report(only, "static_configs", message, (query, "asked for here"), format!("did you mean `{wanted}`?"));
        }
    }
}

/// Whether a value is that of targets whose addresses all have a word in their names, as `db-replica:9104` has.
fn are_called(job: &Job<'_>, label: &str, value: &Node, word: &str) -> bool {
    let is_own = |group: &&&Node| group.get("labels").and_then(|labels| labels.get(label)).is_some_and(|own| own.span == value.span);
    let has = |address: &str| address.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word);
    let mut addresses = job.targets.groups.iter().filter(is_own).flat_map(|group| group.items_of("targets")).peekable();
    addresses.peek().is_some() && addresses.all(|address| address.as_str().is_some_and(has))
}

/// A label that nobody reads, where another is read that no series has.
fn other_name(job: &Job<'_>, reads: &Readings<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let mut wanted: BTreeMap<&str, &Query<'_>> = BTreeMap::new();
    for (query, selector) in &reads.asked {
        let lacks = |label: &&str| !selector_shape(selector, context.world).possible(label);
        let needed = selector.matchers.iter().filter(|m| !matches!(m.op, MatchOp::NotEqual | MatchOp::NotRegex) && !m.value.is_empty());
        let labels = needed.map(|matcher| matcher.label.text.as_str()).filter(|label| !matches!(*label, "job" | "instance" | "__name__"));
        labels.filter(lacks).for_each(|label| {
            wanted.entry(label).or_insert(query);
        });
        for label in told(query).into_iter().filter(|_| query.expr.iter().flat_map(crate::promql::walk::selectors).count() == 1) {
            if lacks(&label) || is_nowhere(label, job, selector) {
                wanted.entry(label).or_insert(query);
            }
        }
        for label in grouped(query, job.name()).into_iter().filter(|label| !matches!(*label, "job" | "instance")) {
            if lacks(&label) || is_nowhere(label, job, selector) {
                wanted.entry(label).or_insert(query);
            }
        }
    }
    if wanted.is_empty() {
        return;
    }
    let is_read = |name: &str| is_read(name, context);
    for (label, query) in wanted {
        // Relabelling copies what discovery calls nearly so.
        let copied = job.relabel.iter().filter(|step| step.action == "replace").find_map(|step| {
            let ([source], (node, name)) = (step.sources.as_slice(), step.target.and_then(Node::with_str)?) else { return None };
            let speaks = source.ends_with(&format!("_{label}")) || source.contains(&format!("_{label}_"));
            let plain = !name.starts_with("__") && !matches!(name, "job" | "instance") && !name.contains('$');
            (speaks && plain && name != label && !is_read(name)).then_some((node, name, "relabel_configs"))
        });
        let renamed = || {
            job.relabel.iter().find_map(|step| {
                let (node, name) = step.target.and_then(Node::with_str).filter(|(_, name)| !name.starts_with("__"))?;
                let is_near = name.starts_with(label) || label.starts_with(name) || did_you_mean(name, [label]).is_some();
                (is_near && name != label && !is_read(name)).then_some((node, name, "relabel_configs"))
            })
        };
        let value =
            reads.matchers(label).find_map(|(query, m)| named_values(m).first().cloned().filter(|_| !query.is_variable(&m.value_range)));
        let given = || {
            let all = job.targets.labels.iter().flat_map(|labels| labels.entries()).filter(|(name, ..)| !name.starts_with("__"));
            let same = |node: &Node| value.as_deref().is_some_and(|value| node.as_str() == Some(value));
            all.into_iter().find(|(name, _, node)| same(node) && !is_read(name)).map(|(name, key, _)| (key, name, "static_configs"))
        };
        let only = || {
            let mut unread =
                job.relabel.iter().filter(|step| step.action == "replace").filter_map(|step| step.target.and_then(Node::with_str));
            let mut unread = unread.by_ref().filter(|(_, name)| {
                !name.starts_with("__") && !name.contains('$') && !matches!(*name, "job" | "instance") && !is_read(name)
            });
            let (first, none) = (unread.next()?, unread.next().is_none());
            none.then_some((first.0, first.1, "relabel_configs"))
        };
        if let Some((node, name, list)) = copied.or_else(renamed).or_else(given).or_else(only) {
            let message = format!(
                "`{}` asks for the label `{label}`, which no series of `{}` has, and nobody reads `{name}`",
                query.name(),
                job.name()
            );
            report(node, list, message, (query, "asked for here"), format!("did you mean `{label}`?"));
        }
    }
}

/// Whether some query, text, route or variable speaks of a label.
fn is_read(name: &str, context: &Context<'_>) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
    let speaks = |text: &str| {
        let is_word = |at: usize| edge(text[..at].chars().next_back()) && edge(text[at + name.len()..].chars().next());
        text.match_indices(name).any(|(at, _)| is_word(at))
    };
    let says = |node: Option<&Node>| node.and_then(Node::as_str).is_some_and(speaks);
    let of_rule = |query: &&Query<'_>| query.node.as_str().is_some_and(speaks) || query.rule().is_some_and(|_| is_shown(query, name));
    if context.queries.iter().any(of_rule) {
        return true;
    }
    context.views.iter().any(|view| match &view.kind {
        ViewKind::Alertmanager(config) => {
            let matchers = config.routes().into_iter().flat_map(|route| &route.matchers);
            let inhibited = config.inhibitions.iter().flat_map(|rule| rule.source.iter().chain(&rule.target));
            let listed = ["group_by", "equal"].iter().any(|key| lists(view.root, key, name));
            listed || matchers.chain(inhibited).any(|matcher| matcher.label == name) || speaks_of_field(view.text, name)
        }
        // A dashboard has keys that are called as labels are.
        ViewKind::Dashboard(dashboard) => {
            let of_target = |target: &Target<'_>| says(target.expr) || says(target.node.get("legendFormat"));
            dashboard.variables.iter().any(|variable| says(variable.query()))
                || dashboard.panels.iter().flat_map(|panel| &panel.targets).any(of_target)
        }
        _ => false,
    })
}

/// Whether a list of labels somewhere in a document holds one.
fn lists(root: &Node, key: &str, label: &str) -> bool {
    let mut held = false;
    walk::mappings(root, &mut |node, _| held |= node.items_of(key).any(|item| item.as_str() == Some(label)));
    held
}

/// Whether a template reads a label of an alert.
fn speaks_of_field(text: &str, label: &str) -> bool {
    ["Labels.", "$labels."].iter().any(|start| text.contains(&format!("{start}{label}")))
}

//! Files of rules that are what the manifest comes to, but for a rule or two.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::likeness::{differences, words};
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::world::declared::RenderedRule;
use crate::promql::duration::format_duration;
use crate::source::{Node, SourceId, Span};

rule! {
    /// A file holds the rules that are rendered from the manifest among the inputs, and one or two of them are not what they would
    /// be: they were changed by hand, are missing, or the manifest was changed and not rendered again. What is written by hand is lost
    /// with the next `obsgen render`, and until then the manifest, the rule tests and the runbooks speak of another rule.
    ///
    /// Said in both files, of rules of which at least three are exactly as rendered. `obsgen render --check` compares every file.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// recording:
    ///   "job:requests:rate5m": 'sum by (job) (rate(requests_total{job="web"}[5m]))'
    ///   "job:errors:rate5m": 'sum by (job) (rate(errors_total{job="web"}[5m]))'
    ///   "job:retries:rate5m": 'sum by (job) (rate(retries_total{job="web"}[5m]))'
    ///   "job:queue:max": 'max by (job) (queue_depth{job="web"})'
    /// # file: recording.yml
    /// groups:
    ///   - name: web
    ///     labels: { service: web }
    ///     rules:
    ///       - { record: "job:requests:rate5m", expr: 'sum by (job) (rate(requests_total{job="web"}[5m]))' }
    ///       - { record: "job:errors:rate5m", expr: 'sum by (job) (rate(errors_total{job="web"}[5m]))' }
    ///       - { record: "job:retries:rate5m", expr: 'sum by (job) (rate(retries_total{job="web"}[5m]))' }
    ///       - { record: "job:queue:max", expr: 'min by (job) (queue_depth{job="web"})' }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// recording:
    ///   "job:requests:rate5m": 'sum by (job) (rate(requests_total{job="web"}[5m]))'
    ///   "job:errors:rate5m": 'sum by (job) (rate(errors_total{job="web"}[5m]))'
    ///   "job:retries:rate5m": 'sum by (job) (rate(retries_total{job="web"}[5m]))'
    ///   "job:queue:max": 'max by (job) (queue_depth{job="web"})'
    /// # file: recording.yml
    /// groups:
    ///   - name: web
    ///     labels: { service: web }
    ///     rules:
    ///       - { record: "job:requests:rate5m", expr: 'sum by (job) (rate(requests_total{job="web"}[5m]))' }
    ///       - { record: "job:errors:rate5m", expr: 'sum by (job) (rate(errors_total{job="web"}[5m]))' }
    ///       - { record: "job:retries:rate5m", expr: 'sum by (job) (rate(retries_total{job="web"}[5m]))' }
    ///       - { record: "job:queue:max", expr: 'max by (job) (queue_depth{job="web"})' }
    /// ```
    RenderedDrift, "rendered-drift", Warning
}

/// As many rules of a file have to be exactly as rendered.
const EXACT: usize = 3;
/// No more may be otherwise.
const OTHERWISE: usize = 2;

/// As many words may be others where many rules are.
const NEAR: usize = 5;

/// A rule of a file.
struct Written<'c> {
    query: &'c Query<'c>,
    file: &'c RuleFile<'c>,
    rule: &'c RuleOfFile<'c>,
}

/// Rules by name, and by the service that they are of: a fleet has thousands of one name.
type ByName<'c> = BTreeMap<(bool, &'c str), BTreeMap<Option<&'c str>, Vec<&'c RenderedRule>>>;

impl Rule for RenderedDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut rendered: ByName<'_> = BTreeMap::new();
        for rule in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.rendered) {
            rendered.entry((rule.is_alert, rule.name.as_str())).or_default().entry(service(rule)).or_default().push(rule);
        }
        if rendered.is_empty() {
            return;
        }
        let everywhere = Everywhere::of(context);
        let mut files: BTreeMap<SourceId, Vec<Written<'_>>> = BTreeMap::new();
        for query in context.queries {
            if let Origin::Rule { file, rule } = query.origin {
                files.entry(query.node.span.source).or_default().push(Written { query, file, rule });
            }
        }
        for (source, written) in &files {
            let (mut exact, mut otherwise) = (Vec::new(), Vec::new());
            for one in written {
                let of_name = rendered.get(&(one.rule.is_alert(), one.rule.name()));
                let own = one.rule.label("service").and_then(Node::as_str);
                // Of another service only where there is none of its own.
                let candidates: Vec<&RenderedRule> = match of_name.and_then(|of_name| of_name.get(&own)) {
                    Some(of_service) => of_service.clone(),
                    None => of_name.into_iter().flat_map(BTreeMap::values).flatten().copied().collect(),
                };
                match candidates.iter().find(|candidate| one.is(candidate)) {
                    Some(same) => exact.push(*same),
                    None => otherwise.push((one, candidates)),
                }
            }
            if exact.len() < EXACT {
                continue;
            }
            let is_exact = |rule: &RenderedRule| exact.iter().any(|same| std::ptr::eq(*same, rule));
            let meant: Vec<_> = otherwise
                .iter()
                .map(|(one, candidates)| {
                    let left = candidates.iter().copied().filter(|candidate| !is_exact(candidate));
                    (*one, left.min_by_key(|candidate| one.distance(candidate)))
                })
                .collect();
            if meant.len() <= OTHERWISE {
                for (one, rendered) in meant.iter().filter_map(|(one, rendered)| Some((one, (*rendered)?))) {
                    one.differs(rendered, context, found);
                }
            } else if let Some(all) = meant.iter().map(|(one, rendered)| Some((*one, (*rendered)?))).collect::<Option<Vec<_>>>()
                && all.iter().all(|(one, rendered)| one.distance(rendered) <= NEAR)
            {
                // One change of the manifest, such as another bound, changes many rules alike: the first stands for all.
                all[0].0.differs(all[0].1, context, found);
            }
            if otherwise.is_empty() {
                missing(*source, &exact, &everywhere, context, found);
            }
        }
    }
}

impl Written<'_> {
    fn labels(&self) -> BTreeMap<&str, &str> {
        self.rule.labels().filter_map(|(name, _, value)| Some((name, value.as_str()?))).collect()
    }

    fn is(&self, rendered: &RenderedRule) -> bool {
        self.query.expr.as_ref() == Some(&rendered.expr) && self.hold() == rendered.hold && self.unlike_label(rendered).is_none()
    }

    fn hold(&self) -> i64 {
        self.rule.hold.unwrap_or(0)
    }

    /// A label that has another value than it is rendered with, or is there on one side only.
    fn unlike_label(&self, rendered: &RenderedRule) -> Option<String> {
        let own = self.labels();
        let wanted = |name: &str| rendered.labels.get(name).map(String::as_str);
        let names = own.keys().copied().chain(rendered.labels.keys().map(String::as_str));
        names.filter(|name| own.get(name).copied() != wanted(name)).map(str::to_owned).next()
    }

    /// How far it is from what is rendered, to tell rules of one name apart.
    fn distance(&self, rendered: &RenderedRule) -> usize {
        let own = self.labels();
        let labels = rendered.labels.iter().filter(|(name, value)| own.get(name.as_str()) != Some(&value.as_str())).count();
        let apart = match &self.query.expr {
            Some(expr) if *expr == rendered.expr => 0,
            Some(expr) => differences(&words(expr, &|_| false), &words(&rendered.expr, &|_| false)).map_or(20, |found| found.len() + 1),
            None => 20,
        };
        10 * labels + apart
    }

    fn differs(&self, rendered: &RenderedRule, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let (span, field, here, there) = self.difference(rendered);
        let message = format!("`{}` has {here} here, and is rendered with {there}", self.rule.name());
        let finding = META.finding(span, message).path(self.file.path(self.rule, &field));
        found.push(related(finding, rendered.span, context).help("change it in the manifest, and render"));
        if is_written(rendered.span, context) {
            let message = format!("`{}` is rendered with {there}, and has {here} in the file", self.rule.name());
            let finding = META.finding(rendered.span, message).related(span, "the rule");
            found.push(finding.help("render again, or correct the manifest"));
        }
    }

    /// The first difference: its place, the field of the rule, what is written and what is rendered.
    fn difference(&self, rendered: &RenderedRule) -> (Span, String, String, String) {
        if let Some(expr) = self.query.expr.as_ref().filter(|expr| **expr != rendered.expr) {
            let (here, there) = (words(expr, &|_| false), words(&rendered.expr, &|_| false));
            let first = differences(&here, &there).and_then(|found| found.first().copied());
            return match first {
                Some(at) => {
                    let (here, there) = (&here[at], &there[at]);
                    (self.query.span(&here.range), "expr".to_owned(), format!("`{}`", here.text), format!("`{}`", there.text))
                }
                None => (self.query.span(&expr.range), "expr".to_owned(), "this expression".to_owned(), format!("`{}`", rendered.expr)),
            };
        }
        if let Some(name) = self.unlike_label(rendered) {
            let written = self.rule.label(&name);
            let span = written.map_or(self.rule.name.span, |node| node.span);
            let text = |value: Option<&str>| value.map_or_else(|| format!("no label `{name}`"), |value| format!("`{name}: {value}`"));
            let here = text(written.and_then(Node::as_str));
            return (span, format!("labels.{name}"), here, text(rendered.labels.get(&name).map(String::as_str)));
        }
        let written = self.rule.node.entry("for");
        let text = |hold: i64| if hold == 0 { "no `for`".to_owned() } else { format!("`for: {}`", format_duration(hold)) };
        let span = written.map_or(self.rule.name.span, |(_, node)| node.span);
        (span, "for".to_owned(), text(self.hold()), text(rendered.hold))
    }
}

/// Whether what brings a rule has a place of its own.
fn is_written(span: Span, context: &Context<'_>) -> bool {
    span.end > span.start && context.views.iter().any(|view| view.source == span.source)
}

/// Names the manifest, where it has a place.
fn related(finding: Diagnostic, span: Span, context: &Context<'_>) -> Diagnostic {
    if is_written(span, context) { finding.related(span, "what it is rendered from") } else { finding }
}

/// What is rendered for each service, and what is in any file: a fleet has thousands of both.
struct Everywhere<'c> {
    rendered: HashMap<(bool, Option<&'c str>), Vec<&'c RenderedRule>>,
    written: HashSet<(bool, &'c str)>,
}

impl<'c> Everywhere<'c> {
    fn of(context: &Context<'c>) -> Self {
        let mut rendered: HashMap<_, Vec<&RenderedRule>> = HashMap::new();
        for rule in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.rendered) {
            rendered.entry((rule.is_alert, service(rule))).or_default().push(rule);
        }
        let written = context.queries.iter().filter_map(|query| query.rule()).map(|rule| (rule.is_alert(), rule.name())).collect();
        Self { rendered, written }
    }
}

fn service(rule: &RenderedRule) -> Option<&str> {
    rule.labels.get("service").map(String::as_str)
}

/// A rule that is rendered for the service of a file, and that no file has.
fn missing(source: SourceId, exact: &[&RenderedRule], everywhere: &Everywhere<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(first) = exact.first() else { return };
    let all = everywhere.rendered.get(&(first.is_alert, service(first))).into_iter().flatten();
    let mut absent = all.filter(|rule| !everywhere.written.contains(&(rule.is_alert, rule.name.as_str())));
    let (Some(rule), None) = (absent.next(), absent.next()) else { return };
    let Some(view) = context.views.iter().find(|view| view.source == source && matches!(view.kind, ViewKind::Rules(_))) else { return };
    let place = view.root.entry("groups").map_or(view.root.span, |(key, _)| key.span);
    let message = format!("`{}` is rendered from the manifest, and is not here", rule.name);
    found
        .push(related(META.finding(place, message).path("groups"), rule.span, context).help("render again, or disable it in the manifest"));
}

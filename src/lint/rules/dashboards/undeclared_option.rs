//! Values that a dashboard offers for a label whose declared values they are not.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::Variable;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::world::declared::{Evidence, Label};

rule! {
    /// A variable of a dashboard lists values by hand, a panel compares a label with it, and the manifest declares other values of that
    /// label. Either the choice shows nothing, or the manifest lacks a value that the service does expose.
    ///
    /// ```json fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { queue_depth: { type: gauge, help: Messages that wait, labels: { queue: { values: [orders] } } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///     { "refId": "A", "expr": "queue_depth{job=\"web\",queue=~\"$queue\"}" } ] } ],
    ///   "templating": { "list": [ { "name": "queue", "type": "custom", "query": "orders,mails" } ] } }
    /// ```
    /// ```json silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { queue_depth: { type: gauge, help: Messages that wait, labels: { queue: { values: [orders, mails] } } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///     { "refId": "A", "expr": "queue_depth{job=\"web\",queue=~\"$queue\"}" } ] } ],
    ///   "templating": { "list": [ { "name": "queue", "type": "custom", "query": "orders,mails" } ] } }
    /// ```
    UndeclaredOption, "undeclared-option", Warning
}

impl Rule for UndeclaredOption {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for variable in view.dashboard.variables.iter().filter(|variable| variable.kind == "custom") {
            let Some(node) = variable.query() else { continue };
            let Some((metric, label, declared)) = compared(variable, view, context) else { continue };
            for value in offered(node.as_str().unwrap_or("")).filter(|value| !declared.contains(value)) {
                let meant = did_you_mean(value, declared.iter().copied());
                let help = meant.map_or_else(|| "make the two say the same".to_owned(), |meant| format!("did you mean `{meant}`?"));
                let message = format!("`{value}` is offered, and `{metric}` is declared with other values of `{}`", label.name.value);
                let place = META.finding(node.span, message).path("templating.list");
                found.push(place.related(label.name.span, "declared here").help(help));
                // Which of the two is wrong is not known.
                let message = format!("a dashboard offers `{value}` as a value of `{}`, which is not declared", label.name.value);
                let place = META.finding(label.name.span, message).path(format!("metrics.{metric}.labels.{}", label.name.value));
                found.push(place.related(node.span, "the variable").help("add the value, or remove it there"));
            }
        }
    }
}

/// The values of a list, without the names under which they are shown.
fn offered(list: &str) -> impl Iterator<Item = &str> {
    let one = |item| str::rsplit(item, " : ").next().unwrap_or(item).trim();
    list.split(',').map(one).filter(|value| !value.is_empty() && !value.contains(['$', '*', '.', '|', '\\']))
}

/// The declared label that a panel compares with a variable, and all of its values.
fn compared<'a>(variable: &Variable<'_>, view: &DashboardView<'_>, context: &Context<'a>) -> Option<(&'a str, &'a Label, Vec<&'a str>)> {
    let name = variable.name.as_str()?;
    for query in view.queries {
        let names = |range: &std::ops::Range<usize>| {
            query.variables.iter().any(|used| used.name.split([':', '.']).next() == Some(name) && range.contains(&used.range.start))
        };
        for used in query.selectors() {
            let Some(matcher) = used.selector.matchers.iter().find(|matcher| names(&matcher.value_range)) else { continue };
            let Some((owner, metric, _)) = context.world.metric_of(used.selector) else { continue };
            let label = metric.labels.iter().find(|label| label.name.value == matcher.label.text);
            if let Some((label, values)) = label.and_then(|label| Some((label, label.values.as_ref()?)))
                && owner.evidence == Evidence::Manifest
            {
                return Some((metric.name.value.as_str(), label, values.iter().map(String::as_str).collect()));
            }
        }
    }
    None
}

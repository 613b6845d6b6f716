//! Alerts and panels that ask nearly the same.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::likeness::{Part, Word, differences, is_plain, words};
use crate::lint::query::{Query, constant, is_placeholder};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, MatchOp};
use crate::promql::walk::{self, selectors, without_parens};

rule! {
    /// An alert judges one quantile of a histogram and the dashboards draw only another: whoever is paged for the 99th
    /// percentile looks at the 95th and sees nothing wrong. Or the panels that draw what it judges take the smallest of several
    /// values where it takes the largest, or other events.
    ///
    /// ```yaml fires
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "targets": [
    ///   { "refId": "A", "expr": "histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "targets": [
    ///   { "refId": "A", "expr": "histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    AlertDrift, "alert-drift", Warning
}

/// A quantile that a query takes: of which histogram, and which.
fn quantiles<'q>(query: &'q Query<'_>) -> Vec<(&'q str, f64, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let Some(expr) = &query.expr else { return found };
    walk::visit(expr, &mut |expr| {
        let ExprKind::Call { function, arguments } = &expr.kind else { return };
        let ("histogram_quantile", [quantile, input]) = (function.text.as_str(), arguments.as_slice()) else { return };
        let Some(value) = constant(quantile).filter(|_| !query.is_variable(&quantile.range)) else { return };
        if let Some(name) =
            selectors(input).first().filter(|s| !query.is_variable_metric(s.selector)).and_then(|s| s.selector.metric_name())
        {
            found.push((name.strip_suffix("_bucket").unwrap_or(name), value, quantile.range.clone()));
        }
    });
    found
}

impl Rule for AlertDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.queries.iter().any(|query| query.panel().is_some()) {
            drawn_otherwise(context, found);
        }
        let panels: Vec<_> = context
            .queries
            .iter()
            .filter(|q| q.panel().is_some())
            .flat_map(|q| quantiles(q).into_iter().map(move |found| (q, found)))
            .collect();
        if panels.is_empty() {
            return;
        }
        for query in context.queries.iter().filter(|q| q.alerting_rule().is_some()) {
            for (histogram, quantile, range) in quantiles(query) {
                let drawn: Vec<_> = panels.iter().filter(|(_, (name, ..))| *name == histogram).collect();
                let close = |other: f64| (other - quantile).abs() < 1e-9;
                let Some((panel, (_, other, place))) = drawn.first().filter(|_| !drawn.iter().any(|(_, (_, other, _))| close(*other)))
                else {
                    continue;
                };
                // Several are drawn to show how values are spread, and a low one is no limit: only one high one is meant to be the alert's.
                if *other < 0.9 || drawn.iter().any(|(_, (_, another, _))| (another - other).abs() > 1e-9) {
                    continue;
                }
                found.push(
                    META.finding(
                        query.span(&range),
                        format!("this alert judges the quantile `{quantile}` of `{histogram}`, and the dashboards draw `{other}`"),
                    )
                    .path(query.path())
                    .related(panel.span(place), format!("the panel `{}` draws this one", panel.name()))
                    .help("draw the quantile that pages, with its threshold"),
                );
            }
        }
    }
}

/// What a panel draws.
struct Drawn<'q> {
    panel: &'q Query<'q>,
    job: Reads,
    /// Labels that the reader of the panel chooses the values of.
    chosen: BTreeSet<String>,
    words: Vec<Word>,
}

/// What panels draw, by the metrics that they read, and by the job that they name: a fleet has thousands of panels and of alerts, and
/// few of one kind.
type Drawings<'q> = HashMap<Vec<String>, HashMap<Option<String>, Vec<Drawn<'q>>>>;

fn drawings<'q>(queries: &[&'q Query<'q>]) -> Drawings<'q> {
    let mut all = Drawings::new();
    let mut known = HashSet::new();
    for panel in queries.iter().copied().filter(|query| query.panel().is_some()) {
        // The dashboards of a fleet draw the same for whichever job is chosen.
        let Some(expr) = panel.expr.as_ref().filter(|_| panel.node.as_str().is_some_and(|text| known.insert(text))) else { continue };
        let matchers = selectors(expr).into_iter().flat_map(|found| &found.selector.matchers);
        let chosen =
            matchers.filter(|matcher| is_placeholder(&matcher.value)).map(|matcher| matcher.label.text.as_str().to_owned()).collect();
        let words = words_of(expr, &chosen);
        if is_plain(panel, &words) {
            let job = Reads::of(expr);
            let of_job = all.entry(metrics(&words)).or_default().entry(job.named.clone()).or_default();
            of_job.push(Drawn { panel, job, chosen, words });
        }
    }
    all
}

/// The words of an expression, without what is chosen by the reader of a panel.
fn words_of(expr: &Expr, chosen: &BTreeSet<String>) -> Vec<Word> {
    words(expr, &|label: &str| label == "job" || label == "instance" || chosen.contains(label))
}

fn metrics(words: &[Word]) -> Vec<String> {
    words.iter().filter(|word| word.part == Part::Metric).map(|word| word.text.clone()).collect()
}

/// What an alert compares with a number, and panels that draw the same but for one word.
fn drawn_otherwise(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let drawings = drawings(context.queries);
    for alert in context.queries.iter().filter(|q| q.alerting_rule().is_some()) {
        let mut judged = Vec::new();
        if let Some(expr) = &alert.expr {
            conditions(expr, &mut judged);
        }
        for side in judged {
            let Some(near) = drawings.get(&metrics(&words_of(side, &BTreeSet::new()))) else { continue };
            let job = Reads::of(side);
            let mut near: Vec<&Drawn<'_>> = match &job.named {
                Some(_) => near.get(&job.named).into_iter().chain(near.get(&None)).flatten().collect(),
                // What every job has is only compared where both name it.
                None if job.of_all => continue,
                None => near.values().flatten().collect(),
            };
            near.sort_by_key(|drawn| drawn.panel.node.span);
            let likeness: Vec<_> = near.into_iter().filter_map(|drawn| Some((drawn.panel, likeness(alert, side, &job, drawn)?))).collect();
            if likeness.iter().any(|(_, likeness)| matches!(likeness, Likeness::Same)) {
                continue;
            }
            // How often something began again is another question than how much of it there is.
            let restarts = |word: &Word| matches!(word.text.as_str(), "resets" | "changes");
            let Some((panel, Likeness::But(here, there))) = likeness.first() else { continue };
            // Of flags the greatest is 0 where their sum is.
            let adds_up = |word: &Word| matches!(word.text.as_str(), "sum" | "max");
            if restarts(here) || restarts(there) || adds_up(here) && adds_up(there) && metrics(&words_of(side, &BTreeSet::new())) == ["up"]
            {
                continue;
            }
            let (of_alert, of_panel) = (alert.span(&here.range), panel.span(&there.range));
            let message = format!("this alert judges `{}`, and the dashboards draw `{}` of the same", here.text, there.text);
            let finding = META.finding(of_alert, message).path(alert.path());
            found.push(finding.related(of_panel, format!("the panel `{}`", panel.name())).help("draw what pages, and judge what is drawn"));
            let message = format!("this panel draws `{}`, and `{}` judges `{}` of the same", there.text, alert.name(), here.text);
            let finding = META.finding(of_panel, message).path(panel.path());
            found.push(finding.related(of_alert, "the alert").help("draw what pages, and judge what is drawn"));
        }
    }
}

/// The sides of conditions that are compared with a number.
fn conditions<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return };
    match binary.op {
        BinaryOp::And | BinaryOp::Or | BinaryOp::Unless => {
            conditions(&binary.left, found);
            conditions(&binary.right, found);
        }
        op if op.is_comparison() && constant(&binary.right).is_some() => found.push(&binary.left),
        _ => {}
    }
}

/// Aggregations of several values whose result is one like them.
const ONE_OF_ALL: &[&str] = &["min", "max", "avg"];

/// How much two expressions have in common that have much.
enum Likeness {
    /// They are the same.
    Same,
    /// They are, but for one word.
    But(Word, Word),
}

/// What a side of an alert's condition has in common with what a panel draws; `None` where it is not much.
fn likeness(alert: &Query<'_>, side: &Expr, job: &Reads, drawn: &Drawn<'_>) -> Option<Likeness> {
    if !job.may_be_of_one(&drawn.job) {
        return None;
    }
    let here = words_of(side, &drawn.chosen);
    if !is_plain(alert, &here) {
        return None;
    }
    let mut differing = differences(&here, &drawn.words)?;
    // Of single series the least, the greatest and the mean are one.
    let is_finer = differing.iter().any(|at| here[*at].part == Part::Grouping);
    // Panels are grouped by what is to be told apart.
    differing.retain(|at| here[*at].part != Part::Grouping);
    let at = match differing.as_slice() {
        [] => return Some(Likeness::Same),
        [at] => *at,
        _ => return None,
    };
    let (here, there) = (here[at].clone(), drawn.words[at].clone());
    let counts = match here.part {
        Part::Aggregation => !(is_finer && [&here, &there].iter().all(|word| ONE_OF_ALL.contains(&word.text.as_str()))),
        Part::Function => !here.is_akin(&there),
        Part::Matchers => is_other_class(&here.text, &there.text),
        _ => false,
    };
    counts.then_some(Likeness::But(here, there))
}

/// Of which job an expression reads.
struct Reads {
    /// The job that it names.
    named: Option<String>,
    /// Whether it reads what every job has.
    of_all: bool,
}

impl Reads {
    fn of(expr: &Expr) -> Self {
        let found = selectors(expr);
        let of_all = found.iter().any(|f| matches!(f.selector.metric_name(), Some("up" | "probe_success" | "ALERTS") | None));
        let mut named = found.iter().flat_map(|f| &f.selector.matchers).filter(|m| m.label.text == "job" && m.op == MatchOp::Equal);
        Self { named: named.find(|m| !is_placeholder(&m.value)).map(|m| m.value.clone()), of_all }
    }

    /// Whether two may read the same job: neither names one that the other does not, and what every job has is only
    /// compared where both name it.
    fn may_be_of_one(&self, other: &Self) -> bool {
        match (&self.named, &other.named) {
            (Some(one), Some(other)) => one == other,
            _ => !self.of_all && !other.of_all,
        }
    }
}

/// Whether two lists of matchers differ in the class of statuses alone: `5..` and `4..`.
fn is_other_class(one: &str, other: &str) -> bool {
    let is_status = |text: &str| {
        let rest = text.strip_prefix(|c: char| ('1'..='5').contains(&c));
        rest.is_some_and(|rest| rest.starts_with("..") || rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let parts = |text: &str| text.split('"').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(one), parts(other));
    let mut differing = one.iter().zip(&other).filter(|(a, b)| a != b);
    let first = differing.next();
    one.len() == other.len() && differing.next().is_none() && first.is_some_and(|(a, b)| is_status(a) && is_status(b))
}

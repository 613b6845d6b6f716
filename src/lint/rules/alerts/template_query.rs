//! Queries of an alert's texts that bring nothing, or not what is read of them.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::parse::{Action, Command, Dot, Located, Pipeline, Template, Term};
use crate::lint::views::RuleView;
use crate::lint::words::slip::{reordered, slip};
use crate::lint::world::exporters::comes_unasked;
use crate::lint::world::{Jobs, World};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp};
use crate::promql::{self, Options, walk};
use crate::source::text_map;

rule! {
    /// A text of an alert asks Prometheus while it is filled in, by `query`: for a job that nobody scrapes or a metric that there is not, so nothing comes; for the
    /// `first` of what a comparison may leave nothing of, so the whole text is lost just then; or it sorts by a label, or shows one, that
    /// the result does not have.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: job:latency_seconds:p99 > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: 'slow, and {{ query "sum(rate(errors_total[5m])) > 1" | first | value }} errors' }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: job:latency_seconds:p99 > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations:
    ///           summary: 'slow{{ range query "sum(rate(errors_total[5m])) > 1" }}, and {{ .Value }} errors{{ end }}'
    /// ```
    TemplateQuery, "template-query", Warning
}

impl Rule for TemplateQuery {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for text in view.texts.iter().filter(|text| text.said.template.is_some() && text.text.contains("query")) {
            let Some(template) = text.template() else { continue };
            let mut add = |range: Range<usize>, message: String, help: String| {
                let span = text_map::Map::new(view.text, text.node).span(range);
                found.push(META.finding(span, message).path(view.text_path(text)).help(help));
            };
            for (at, action) in template.actions.iter().enumerate() {
                let guarded = |asked: &str| template.actions.iter().take(at).any(|outer| outer.word.is_some() && asks(outer, asked));
                let is_own = |expr: &Expr| is_of_alert(expr, view);
                let reader = Reader { world: context.world, guarded: &guarded, is_own: &is_own };
                reader.result(&action.pipeline, &mut add);
                shown(action, template, context.world, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(Range<usize>, String, String) + 'r;

/// Whether an action asks this.
fn asks(action: &Action, asked: &str) -> bool {
    let mut found = false;
    action.pipeline.visit(&mut |command| found |= command.iter().any(|one| matches!(&one.term, Term::Text(text) if text == asked)));
    found
}

/// Whether an alert fires on the very expression, which then brings something.
fn is_of_alert(expr: &Expr, view: &RuleView<'_>) -> bool {
    let own = expr.to_string();
    view.query.is_some_and(|query| query.nodes.iter().any(|node| node.to_string() == own))
}

/// What a query was asked, and where.
struct Asked {
    text: String,
    expr: Option<Expr>,
    range: Range<usize>,
}

struct Reader<'r> {
    world: &'r World<'r>,
    guarded: &'r dyn Fn(&str) -> bool,
    is_own: &'r dyn Fn(&Expr) -> bool,
}

impl Reader<'_> {
    /// Follows a pipeline: the query whose result comes out of it.
    fn result(&self, of: &Pipeline, add: &mut Add<'_>) -> Option<Asked> {
        let mut handed: Option<Asked> = None;
        let mut text: Option<(String, Range<usize>)> = None;
        for command in &of.commands {
            let inner = command.iter().find_map(|one| match &one.term {
                Term::Group(inner) => self.result(inner, add),
                _ => None,
            });
            let (result, said) = self.command(command, inner.or(handed.take()), text.take(), add);
            (handed, text) = (result, said);
        }
        handed
    }

    /// What a command makes of the query or the text that it is handed.
    fn command(
        &self,
        command: &Command,
        handed: Option<Asked>,
        text: Option<(String, Range<usize>)>,
        add: &mut Add<'_>,
    ) -> (Option<Asked>, Option<(String, Range<usize>)>) {
        let first = command.first().map(|one| &one.term);
        let literal = || command.iter().find_map(as_text);
        match first {
            Some(Term::Text(_)) => (None, literal()),
            Some(Term::Function(name)) => match name.as_str() {
                "printf" => (None, literal()),
                "query" => {
                    let asked = literal().or(text).map(|(text, range)| {
                        let expr = promql::parse(&text, &Options::all()).ok();
                        Asked { text, expr, range }
                    });
                    if let Some(asked) = &asked {
                        self.jobs(asked, add);
                        self.names(asked, add);
                    }
                    (asked, None)
                }
                "sortByLabel" => {
                    if let (Some(asked), Some((label, range))) = (&handed, literal()) {
                        missing(asked.expr.as_ref(), &label, range, self.world, add);
                    }
                    (handed, None)
                }
                "first" => {
                    if let (Some(asked), Some(Located { range, .. })) = (&handed, command.first()) {
                        self.first(asked, range.clone(), add);
                    }
                    (handed, None)
                }
                "label" => {
                    if let (Some(asked), Some((label, range))) = (&handed, literal()) {
                        missing(asked.expr.as_ref(), &label, range, self.world, add);
                    }
                    (None, None)
                }
                _ => (None, None),
            },
            // `(query "…")` alone.
            Some(Term::Group(_)) if command.len() == 1 => (handed, None),
            _ => (None, None),
        }
    }

    /// Jobs that nobody scrapes.
    fn jobs(&self, asked: &Asked, add: &mut Add<'_>) {
        let Some(expr) = asked.expr.as_ref().filter(|_| self.world.jobs_known != Jobs::Open && !self.world.prometheus.is_empty()) else {
            return;
        };
        for used in walk::selectors(expr) {
            if used.selector.metric_name().is_some_and(|name| !self.world.recorded(name).is_empty()) {
                continue;
            }
            let job = used.selector.matchers.iter().find(|m| m.label.text == "job" && m.op == MatchOp::Equal && !m.value.is_empty());
            if let Some(job) = job.filter(|job| !job.value.contains(['%', '$']) && !self.world.has_job(&job.value)) {
                let meant = did_you_mean(&job.value, self.world.jobs.iter().map(|(name, _)| name.as_str()));
                // Where there may be others, only a slip is worth a word.
                if meant.is_none() && self.world.jobs_known != Jobs::Closed {
                    continue;
                }
                let help = meant.map_or_else(|| "ask for a job that is scraped".to_owned(), |meant| format!("did you mean `{meant}`?"));
                add(asked.range.clone(), format!("this query asks for a job `{}`, which nobody scrapes", job.value), help);
            }
        }
    }

    /// Metrics that nothing exposes or records, and that are nearly called as others are, or stand on none of the pages that show all.
    fn names(&self, asked: &Asked, add: &mut Add<'_>) {
        for used in asked.expr.iter().flat_map(walk::selectors) {
            let Some(name) = used.selector.metric_name().filter(|name| !comes_unasked(name) && !name.contains('%')) else { continue };
            if self.world.metric_of(used.selector).is_some() || self.world.metric(name).is_some() || !self.world.recorded(name).is_empty() {
                continue;
            }
            let known: Vec<&str> = self.world.metric_names().chain(self.world.recorded_names()).collect();
            let meant = slip(name, &known).or_else(|| reordered(name, known.iter().copied()));
            if meant.is_none() && self.world.pages_of(used.selector).is_none() {
                continue;
            }
            let help = meant.map_or_else(|| "ask for a series that there is".to_owned(), |meant| format!("did you mean `{meant}`?"));
            add(asked.range.clone(), format!("this query reads `{name}`, which nothing exposes or records"), help);
        }
    }

    /// The first of what may be nothing.
    fn first(&self, asked: &Asked, range: Range<usize>, add: &mut Add<'_>) {
        let filter = asked.expr.as_ref().filter(|expr| may_be_empty(expr) && !(self.is_own)(expr));
        if filter.is_some() && !(self.guarded)(&asked.text) {
            let message = "where the query brings nothing, `first` fails and the whole text is lost".to_owned();
            add(range, message, "write `{{ range query … }}…{{ end }}`, or ask without the comparison".to_owned());
        }
    }
}

fn as_text(located: &Located) -> Option<(String, Range<usize>)> {
    match &located.term {
        Term::Text(text) => Some((text.clone(), located.range.clone())),
        _ => None,
    }
}

/// Whether an expression filters: what it lets through now may be nothing the next time.
fn may_be_empty(expr: &Expr) -> bool {
    match &walk::without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() => !binary.return_bool,
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Unless => true,
            BinaryOp::Or => may_be_empty(&binary.left) && may_be_empty(&binary.right),
            _ => may_be_empty(&binary.left) || may_be_empty(&binary.right),
        },
        ExprKind::Aggregate(aggregate) => aggregate.op != AggregateOp::CountValues && may_be_empty(&aggregate.expr),
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "absent" | "absent_over_time" => true,
            "scalar" => false,
            _ => arguments.first().is_some_and(may_be_empty),
        },
        _ => false,
    }
}

/// Labels that a sample of a query is asked for inside `range` or `with`: `{{ range query "…" }}{{ .Labels.instance }}{{ end }}`.
fn shown(action: &Action, template: &Template, world: &World<'_>, add: &mut Add<'_>) {
    let Dot::Of(outer) = action.dot else { return };
    let Some(outer) = template.actions.get(outer).filter(|outer| matches!(outer.word, Some("range" | "with"))) else { return };
    let quiet = Reader { world, guarded: &|_| true, is_own: &|_| true };
    let Some(expr) = quiet.result(&outer.pipeline, &mut |_, _, _| {}).and_then(|asked| asked.expr) else { return };
    action.pipeline.visit(&mut |command| {
        for located in command {
            if let Term::Field(fields) = &located.term
                && let [labels, label] = fields.as_slice()
                && labels == "Labels"
            {
                missing(Some(&expr), label, located.range.clone(), world, add);
            }
        }
    });
}

/// A label that no sample of a query has.
fn missing(expr: Option<&Expr>, label: &str, range: Range<usize>, world: &World<'_>, add: &mut Add<'_>) {
    let Some(expr) = expr else { return };
    let result = shape(expr, world);
    if label == "__name__" || result.possible(label) {
        return;
    }
    let meant = did_you_mean(label, result.labels.iter().copied().filter(|_| result.closed));
    let help = meant.map_or_else(|| "name a label that it has".to_owned(), |meant| format!("did you mean `{meant}`?"));
    add(range, format!("the query returns no label `{label}`"), help);
}

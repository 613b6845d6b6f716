//! Texts that show a value as what it is not.

mod constant;
mod count;
mod limit;
mod moment;
mod part;
mod shown;
mod unit;

use self::shown::{Shown, shown};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::source::text_map;

rule! {
    /// An alert fires above 100 and its text shows the value with `humanizePercentage`, which takes 1 for 100%: 120 messages
    /// read "12000%". Or a text shows a span of time as a moment, with `humanizeTimestamp`: an hour reads "1970-01-01".
    ///
    /// What the value is follows from the number that the expression compares with.
    ///
    /// Where the expression says in which unit the value is, a function for another unit misleads: seconds with `humanizePercentage`,
    /// a share with `humanizeDuration`.
    ///
    /// A moment that is compared with `time() - 900` is none either: what is shown has to be how long ago it was.
    /// Seconds that grow in a second are a part of the time, and no span of it.
    /// What is absent is always 1, and what is `== 0` always 0, as is what `bool` says: none of these is a time or a share.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Backlog
    ///         expr: max(queue_depth) > 100
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} messages wait" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} of the requests fail" }
    /// ```
    ValueFormat, "value-format", Warning
}

/// An alert, and the functions that its texts hand the value to.
struct Case<'v> {
    query: &'v Expression<'v, 'v>,
    expr: &'v Expr,
    shown: Vec<Shown<'v>>,
    context: &'v Context<'v>,
}

/// A function that shows the value as what it is not.
struct Misread<'c> {
    shown: &'c Shown<'c>,
    message: String,
    help: &'static str,
}

/// What knows of some values what they are.
type Judge = for<'c> fn(&'c Case<'_>) -> Vec<Misread<'c>>;

/// The surest first.
const JUDGES: &[Judge] = &[
    constant::of_one_value,
    moment::as_time,
    part::of_time,
    unit::of_another_unit,
    count::as_time,
    limit::of_alternatives,
    count::as_share,
    limit::of_the_limit,
];

impl Rule for ValueFormat {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        let shown = shown(view);
        if shown.is_empty() {
            return;
        }
        let case = Case { query, expr, shown, context };
        let misread = JUDGES.iter().map(|judge| judge(&case)).find(|misread| !misread.is_empty());
        found.extend(misread.into_iter().flatten().map(|Misread { shown, message, help }| {
            let span = text_map::Map::new(view.text, shown.text.node).span(shown.range.clone());
            META.finding(span, message).path(view.text_path(shown.text)).help(help)
        }));
    }
}

impl Case<'_> {
    /// Whether a text hands the value to a function.
    fn uses(&self, function: &str) -> bool {
        self.shown.iter().any(|shown| shown.function == function)
    }

    /// The places where the value is misread, by what is wrong with a function and what to do about it.
    fn misread(&self, wrong: impl Fn(&str) -> Option<(String, &'static str)>) -> Vec<Misread<'_>> {
        let misread = self.shown.iter().filter_map(|shown| Some((shown, wrong(shown.function)?)));
        misread.map(|(shown, (message, help))| Misread { shown, message, help }).collect()
    }

    /// All places where the value is handed to a function.
    fn all(&self, function: &str, message: &str, help: &'static str) -> Vec<Misread<'_>> {
        self.misread(|name| (name == function).then(|| (message.to_owned(), help)))
    }
}

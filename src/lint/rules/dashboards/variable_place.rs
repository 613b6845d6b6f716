//! Variables of dashboards at places where what they stand for cannot stand.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Variable;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::duration::parse_duration;
use crate::promql::walk;
use crate::source::Node;

rule! {
    /// A variable stands for a window or for a number in a query, and has other values, or several at a time: the query is refused.
    ///
    /// Several values at a time are put together as `(a|b)`, which only a regular expression understands.
    ///
    /// Names of labels or metrics are no values to compare a label with.
    ///
    /// ```json fires
    /// { "title": "Web", "templating": { "list": [ { "name": "window", "type": "custom", "query": "0.5,0.9" } ] },
    ///   "panels": [ { "type": "stat", "title": "A", "targets": [ { "refId": "A", "expr": "rate(http_requests_total[$window])" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "window", "type": "custom", "query": "5m,1h" } ] },
    ///   "panels": [ { "type": "stat", "title": "A", "targets": [ { "refId": "A", "expr": "rate(http_requests_total[$window])" } ] } ] }
    /// ```
    VariablePlace, "variable-place", Warning
}

impl Rule for VariablePlace {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for query in view.queries {
            for used in &query.variables {
                let name = used.name.split(['.', ':']).next().unwrap_or("");
                // A format says how several values are put together.
                let Some(variable) = view.dashboard.variables.iter().find(|one| one.name.as_str() == Some(name)) else { continue };
                if let Some(message) = names_instead(query, &used.range, variable) {
                    let finding = META.finding(query.span(&used.range), message).path(query.path());
                    found.push(finding.related(variable.name.span, "the variable").help("ask for values: `label_values(…, label)`"));
                    continue;
                }
                let Some(place) = place(query, &used.range) else { continue };
                let Some(message) = trouble(variable, place) else { continue };
                let help = match place {
                    Place::Window => "use a variable whose values are durations, one at a time",
                    Place::Number => "use a variable whose values are numbers, one at a time",
                };
                found.push(
                    META.finding(query.span(&used.range), message)
                        .path(query.path())
                        .related(variable.name.span, "the variable")
                        .help(help),
                );
            }
        }
    }
}

/// Why a variable that lists names cannot be compared with a label.
fn names_instead(query: &Query<'_>, range: &Range<usize>, variable: &Variable<'_>) -> Option<String> {
    let text = variable.query()?.as_str()?.trim().to_owned();
    let what = [("label_names(", "labels"), ("metrics(", "metrics")].into_iter().find(|(start, _)| text.starts_with(start))?.1;
    let within = |of: &Range<usize>| of.start <= range.start && range.end <= of.end;
    let selectors = query.selectors();
    let matcher = selectors.iter().flat_map(|used| &used.selector.matchers).find(|matcher| within(&matcher.value_range))?;
    let message = format!("the variable lists the names of {what}, and `{}` is compared with them", matcher.label.text);
    // Some labels hold such names themselves.
    let holds_names = ["name", "metric", "label"].iter().any(|word| matcher.label.text.contains(word));
    (variable.kind == "query" && !holds_names).then_some(message)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Window,
    Number,
}

/// Where a variable stands alone, as a window or as a number.
fn place(query: &Query<'_>, range: &Range<usize>) -> Option<Place> {
    let text = query.node.as_str()?;
    let before = text.get(..range.start)?.trim_end();
    let behind = text.get(range.end..)?.trim_start();
    if before.ends_with('[') && behind.starts_with([']', ':']) || before.ends_with("offset") {
        return Some(Place::Window);
    }
    let mut number = None;
    walk::visit(query.expr.as_ref()?, &mut |node| {
        let ExprKind::Call { function, arguments } = &node.kind else { return };
        let numbers: &[usize] = match function.text.as_str() {
            "histogram_quantile" | "quantile_over_time" => &[0],
            "predict_linear" | "round" | "clamp_max" | "clamp_min" => &[1],
            _ => &[],
        };
        // A number of one digit stands for it, and blanks behind.
        let is_whole = |argument: &Expr| argument.range.start == range.start && argument.range.end <= range.end;
        if numbers.iter().filter_map(|at| arguments.get(*at)).any(is_whole) {
            number = Some(Place::Number);
        }
    });
    number
}

/// Why the values of a variable cannot stand at a place.
fn trouble(variable: &Variable<'_>, place: Place) -> Option<String> {
    let name = variable.name.as_str()?;
    let several = |key: &str| variable.node.get(key).and_then(Node::as_bool) == Some(true);
    if matches!(variable.kind, "query" | "custom") && several("multi") {
        return Some(format!("`{name}` may have several values at a time, and only one can stand here"));
    }
    let (what, fits): (&str, fn(&str) -> bool) = match place {
        Place::Window => ("duration", |value| parse_duration(value).is_ok()),
        Place::Number => ("number", |value| value.parse::<f64>().is_ok()),
    };
    if !matches!(variable.kind, "custom" | "interval" | "constant") {
        return None;
    }
    let text = variable.query()?.as_str().filter(|text| !text.contains(['$', '\\']) && !text.trim().is_empty())?;
    let values: Vec<&str> = if variable.kind == "constant" {
        vec![text.trim()]
    } else {
        text.split(',').map(|item| item.rsplit(" : ").next().unwrap_or(item).trim()).filter(|value| *value != "auto").collect()
    };
    let wrong = values.iter().find(|value| !fits(value))?;
    Some(format!("`{name}` can be `{wrong}`, which is no {what}"))
}

//! Windows of the value that a text shows.

use crate::lint::inference::value::principal;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::near;
use crate::lint::query::likeness::window_of;
use crate::lint::template::AlertText;
use crate::lint::template::about::sentence_at;
use crate::lint::template::sentence::Time;
use crate::promql::Expr;
use crate::promql::ast::DurationExpr;
use crate::promql::walk::selectors;

/// Whether a sentence that shows the value names a time over which other conditions of the alert look back, and not that whose value it is.
pub(super) fn is_of_other(time: &Time, said: &AlertText<'_>, query: &Expression<'_, '_>) -> bool {
    let text = said.text;
    let Some(expr) = query.expr.as_ref().filter(|_| time.is_past && text.contains("$value")) else { return false };
    let (own, all) = (windows(principal(expr)), windows(expr));
    let is_said = |windows: &[f64]| windows.iter().any(|window| near(*window, time.seconds));
    let sentence = sentence_at(text, time.range.start);
    // A sentence may name both.
    let mut others = said.said.sentence.times.iter().filter(|other| sentence.contains(&other.range.start));
    let names_own = others.any(|other| own.iter().any(|window| near(*window, other.seconds)));
    !own.is_empty() && !names_own && is_said(&all) && !is_said(&own) && text[sentence].contains("$value")
}

/// The windows that an expression looks back over, in seconds, those of recorded series by their names.
fn windows(expr: &Expr) -> Vec<f64> {
    let of_name = |name: &str| if name.contains(':') { window_of(name) } else { None };
    let millis = selectors(expr).into_iter().filter_map(|used| {
        let written = used.range.and_then(DurationExpr::millis);
        written.or_else(|| used.selector.metric_name().and_then(of_name))
    });
    millis.map(|millis| millis as f64 / 1000.0).collect()
}

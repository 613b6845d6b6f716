//! States that the help of a gauge lists by their numbers, where a text names another one than the condition asks for.

use std::ops::Deref;

use crate::lint::context::Context;
use crate::lint::inference::measure::gauge;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::world::values::listed;
use crate::promql::Expr;
use crate::promql::ast::BinaryOp;

/// A text, in small letters, that names the state of another number: `2 open` where 1, `half-open`, is asked for.
pub(super) fn other(texts: &impl Deref<Target = String>, expr: &Expr, context: &Context<'_>) -> Option<String> {
    let Comparison { side, op: BinaryOp::Equal, number, .. } = Comparison::of(principal(expr))? else { return None };
    let (_, metric, _) = context.world.metric_of(gauge(side)?)?;
    let states = listed(&metric.values.help.to_ascii_lowercase());
    let own = states.iter().find(|(known, _)| (f64::from(*known) - number).abs() < f64::EPSILON)?;
    let says = |state: &str| {
        let plain = |c: char| !c.is_ascii_alphanumeric() && c != '-';
        state.len() > 2 && texts.split(plain).any(|word| word == state)
    };
    let mut said = states.iter().filter(|(known, state)| known != &own.0 && says(state));
    let (Some((_, said)), None) = (said.next(), said.next()) else { return None };
    // Of two words the first may say enough.
    let names_own = says(&own.1) || own.1.split('-').next().is_some_and(|word| word != said && says(word));
    (!names_own).then(|| format!("this speaks of `{said}`, and {number} is `{}` by what is said of `{}`", own.1, metric.name.value))
}

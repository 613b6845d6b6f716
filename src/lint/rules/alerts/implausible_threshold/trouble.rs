//! Counters of what goes wrong, of which there is little in ordinary times.

use crate::lint::query::expression::Expression;
use crate::lint::query::growth::growing;
use crate::lint::query::outcome::is_bad;
use crate::promql::Expr;
use crate::promql::walk::without_aggregates;

/// Words of counters of what goes wrong.
const TROUBLE: &[&str] = &["dropped", "error", "errors", "failed", "failure", "failures", "rejected", "timeout", "timeouts"];

/// Words of texts that say that too little goes wrong, or that none of it is looked at any more.
const FEW: &[&str] = &["few", "less", "no ", "none", "no longer", "not ", "stopped", "below", "under", "recover", "resolved", "drop"];

/// What is wrong where an alert asks for fewer of them than some number.
pub(super) fn too_little(side: &Expr, query: &Expression<'_, '_>) -> Option<String> {
    let counter = growing(without_aggregates(side))?;
    let name = counter.metric_name()?;
    let counts = (name.split('_').any(|word| TROUBLE.contains(&word)) || is_bad(counter)) && name.ends_with("_total");
    let says_few = |text: &str| FEW.iter().any(|word| text.to_lowercase().contains(word));
    let is_meant = query.rule().is_none_or(|rule| rule.texts().any(says_few)) || query.comparisons.len() > 1;
    (counts && !is_meant).then(|| format!("`{name}` counts what goes wrong, of which there is less than this at any ordinary time"))
}

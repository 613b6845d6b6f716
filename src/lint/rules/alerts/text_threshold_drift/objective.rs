//! Objectives that a text names, and the budgets that an expression multiplies.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::lint::views::RuleView;
use crate::promql::ast::BinaryOp;
use crate::source::text_map;

/// What is said of every objective that a text names where the budget in the expression is that of another one.
pub(super) fn differs(said: &[&AlertText<'_>], query: &Expression<'_, '_>, view: &RuleView<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let budgets: Vec<f64> = query
        .binaries()
        .filter(|(_, binary)| binary.op == BinaryOp::Mul)
        .filter_map(|(_, binary)| constant(&binary.left).zip(constant(&binary.right)))
        .map(|(one, other)| one.min(other))
        .filter(|budget| *budget > 0.0 && *budget < 0.5)
        .collect();
    for text in said.iter().filter(|_| !budgets.is_empty()) {
        for limit in &text.said.sentence.limits {
            let is_objective = text.text[limit.range.clone()].trim_start().to_lowercase().starts_with("objective");
            let Some(Exact::Share(share)) = limit.exact.as_ref().filter(|_| is_objective) else { continue };
            if budgets.iter().any(|budget| (1.0 - share - budget).abs() < 1e-9) {
                continue;
            }
            let span = text_map::Map::new(view.text, text.node).span(limit.place.clone());
            let message = format!(
                "an objective of {}% leaves a budget of {}, and the expression has `{}`",
                share * 100.0,
                rounded(1.0 - share),
                budgets[0]
            );
            found.push(META.finding(span, message).path(view.text_path(text)).help("correct one of the two"));
        }
    }
    found
}

fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

//! Templates that read a label the expression does not have.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::source::text_map;

rule! {
    /// A label or annotation reads `$labels.x`, and no series of the alert's expression can have `x`: the page says nothing
    /// where it should name the culprit.
    ///
    /// Aggregations keep only the labels that they name. Labels that the rule itself sets are not in `$labels` either.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: TooManyErrors
    ///         expr: sum by (job) (rate(errors_total[5m])) > 1
    ///         annotations:
    ///           summary: "{{ $labels.instance }} has errors"
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: TooManyErrors
    ///         expr: sum by (job, instance) (rate(errors_total[5m])) > 1
    ///         annotations:
    ///           summary: "{{ $labels.instance }} has errors"
    /// ```
    TemplateUnknownLabel, "template-unknown-label", Warning
}

impl Rule for TemplateUnknownLabel {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = view.query.and_then(|query| query.expr.as_ref()) else { return };
        let mut result = None;
        for text in &view.texts {
            let mut places = None;
            // Each label once: the second place tells nothing new.
            let mut told: BTreeSet<&str> = BTreeSet::new();
            for read in &text.said.label_reads {
                if told.contains(read.name.as_str()) {
                    continue;
                }
                let result = result.get_or_insert_with(|| shape(expr, context.world));
                if result.possible(&read.name) || (!result.closed && read.name == "__name__") {
                    continue;
                }
                let set_here = view.rule.label(&read.name).is_some();
                let message = if set_here {
                    format!("`{}` is set by this rule, and `$labels` holds only what the expression returns: this is empty", read.name)
                } else {
                    format!("the expression returns no label `{}`, so this is empty", read.name)
                };
                let help = if result.closed && !set_here {
                    kept(&result.labels, &read.name)
                } else {
                    "keep the label in the expression, or write the text out".to_owned()
                };
                let span = places.get_or_insert_with(|| text_map::Map::new(view.text, text.node)).span(read.range.clone());
                told.insert(&read.name);
                found.push(META.finding(span, message).path(view.text_path(text)).help(help));
            }
        }
    }
}

fn kept(labels: &[&str], wanted: &str) -> String {
    let labels: Vec<&str> = labels.iter().copied().filter(|label| *label != "__name__").collect();
    if labels.is_empty() {
        return format!("the result has no labels at all; write `by ({wanted})`");
    }
    let list = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
    match did_you_mean(wanted, labels.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? The result has {list}"),
        None => format!("the result has {list}; keep `{wanted}` in the expression"),
    }
}

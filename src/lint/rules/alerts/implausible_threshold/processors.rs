//! Processors, which are no percentage.

use super::{Compared, Fault};
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::query::expression::Expression;
use crate::lint::query::growth::{growing, growth};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::without_parens;

impl Compared<'_> {
    /// The rate of the time of one process, compared as a percentage.
    pub(super) fn of_processors(&self) -> Fault {
        let name = processors(self.side).filter(|_| (50.0..=100.0).contains(&self.number))?;
        let message = format!("the rate of `{name}` counts processors, and is no percentage");
        Some((message, "compare with processors, as `0.8`, or multiply by 100"))
    }

    /// The sum of seconds of processors, of which the text says as many hundredths.
    pub(super) fn told_as_percentage(&self, query: &Expression<'_, '_>) -> Fault {
        let ExprKind::Aggregate(sum) = &without_parens(self.side).kind else { return None };
        let name = growing(&sum.expr)?.metric_name().filter(|name| name.ends_with("cpu_seconds_total") && sum.op == AggregateOp::Sum)?;
        let says = format!("{}%", self.number);
        let mut texts = query.rule().into_iter().flat_map(RuleOfFile::annotations).filter_map(|(.., text)| text.as_str());
        let is_said =
            texts.any(|text| text.match_indices(&says).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.')));
        let message = || format!("the rate of `{name}` counts processors, and the text says {says}");
        is_said.then(|| (message(), "take the `avg`, which is a share of each, or write how many processors"))
    }
}

/// The processor time of one process whose rate a side is; summed up over many it may be any number.
fn processors(side: &Expr) -> Option<&str> {
    match &without_parens(side).kind {
        ExprKind::Aggregate(aggregate) => {
            processors(&aggregate.expr).filter(|_| matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg))
        }
        _ if growth(side) != Some("increase") => growing(side)?.metric_name().filter(|name| *name == "process_cpu_seconds_total"),
        _ => None,
    }
}

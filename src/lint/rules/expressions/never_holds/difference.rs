//! What the lesser is above the greater by.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::order::is_at_most;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{only_selector, without_parens};

/// Series of exporters of which the first is never above the second, by what the programs behind them count.
const ORDER: &[(&str, &str)] = &[
    ("kafka_consumergroup_current_offset", "kafka_topic_partition_current_offset"),
    ("kafka_topic_partition_oldest_offset", "kafka_topic_partition_current_offset"),
    ("node_filefd_allocated", "node_filefd_maximum"),
    ("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
    ("node_filesystem_files_free", "node_filesystem_files"),
    ("node_filesystem_free_bytes", "node_filesystem_size_bytes"),
    ("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_MemFree_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_SwapFree_bytes", "node_memory_SwapTotal_bytes"),
    ("process_open_fds", "process_max_fds"),
    ("redis_connected_clients", "redis_config_maxclients"),
];

/// What to say where a condition asks by how much the one is above the other, and it never is.
pub(super) fn never_above(query: &Expression<'_, '_>, compared: &Comparison<'_>) -> Option<Diagnostic> {
    let is_above = matches!(compared.op, BinaryOp::Greater) && compared.number >= 0.0
        || matches!(compared.op, BinaryOp::GreaterEqual) && compared.number > 0.0;
    let ExprKind::Binary(difference) = &without_parens(compared.side).kind else { return None };
    if !is_above || difference.op != BinaryOp::Sub {
        return None;
    }
    let (left, right) = (&difference.left, &difference.right);
    let known = || names(left, right).filter(|pair| ORDER.contains(pair)).map(|(low, high)| format!("`{low}` is never above `{high}`"));
    let message = known().or_else(|| is_at_most(left, right).then(|| "the first side is never above the second".to_owned()))?;
    let finding = META.finding(query.span(&compared.place.range), format!("{message}, so this never holds"));
    Some(finding.help("exchange the two"))
}

fn names<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e str, &'e str)> {
    Some((only_selector(left)?.metric_name()?, only_selector(right)?.metric_name()?))
}

//! Which way a text and a condition compare.

use crate::promql::ast::BinaryOp;

/// Whether the words before a number say that something is above it, or below.
pub(super) fn says_above(words: &str) -> Option<bool> {
    match words.split_whitespace().next()?.to_lowercase().as_str() {
        "above" | "over" | "more" | "higher" | "greater" | "larger" | "longer" | "older" | "exceeds" | ">" | ">=" => Some(true),
        "below" | "under" | "less" | "fewer" | "lower" | "<" | "<=" => Some(false),
        _ => None,
    }
}

/// Whether a condition holds above its number, or below.
pub(super) fn is_above(op: BinaryOp) -> Option<bool> {
    match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => Some(true),
        BinaryOp::Less | BinaryOp::LessEqual => Some(false),
        _ => None,
    }
}

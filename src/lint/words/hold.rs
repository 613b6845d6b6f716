//! How long alerts may wait before anybody is told.

const HOUR: i64 = 3_600_000;

/// How long an alert of a severity may wait, in milliseconds; `None` where that is free.
pub fn longest_hold(severity: &str) -> Option<i64> {
    match severity {
        // What only informs, such as of a machine that is bored, may well look back over a week.
        "info" | "none" | "notice" | "low" => None,
        "critical" | "page" | "emergency" | "fatal" | "high" => Some(HOUR),
        _ => Some(24 * HOUR),
    }
}

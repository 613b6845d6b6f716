//! Words for states.

/// How something fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::probe) enum State {
    /// Well.
    Pass,
    /// Not quite well, or nobody knows.
    Warn,
    /// Not well.
    Fail,
}

impl State {
    /// The state that a word names, whatever its case.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "pass" | "passing" | "passed" | "ok" | "up" | "healthy" | "ready" | "alive" | "live" | "true" | "connected" | "available"
            | "operational" | "online" | "green" | "running" | "serving" | "success" => Self::Pass,
            "warn" | "warning" | "degraded" | "unknown" | "yellow" | "partial" => Self::Warn,
            "fail" | "failed" | "failing" | "error" | "down" | "unhealthy" | "false" | "disconnected" | "unavailable" | "critical"
            | "offline" | "red" | "not ready" | "not_ready" | "notready" | "out_of_service" | "not_serving" | "dead" | "timeout" => {
                Self::Fail
            }
            _ => return None,
        })
    }
}

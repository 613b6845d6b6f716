//! Verdicts for programs: one JSON object, versioned.

use serde::Serialize;

use super::verdict::{AlertVerdict, FileVerdict, RouteVerdict, Status, Verdict};

#[derive(Serialize)]
struct JsonVerdict<'a> {
    version: u32,
    summary: Summary,
    alerts: &'a [AlertVerdict],
    routes: &'a [RouteVerdict],
    files: &'a [FileVerdict],
}

#[derive(Serialize)]
struct Summary {
    proven: usize,
    unproven: usize,
    failed: usize,
}

/// What `obsgen test --format json` prints.
///
/// # Errors
/// Never in practice: everything in a verdict can be written as JSON.
pub fn json(verdict: &Verdict) -> serde_json::Result<String> {
    let summary =
        Summary { proven: verdict.count(Status::Proven), unproven: verdict.count(Status::Unproven), failed: verdict.count(Status::Failed) };
    let whole = JsonVerdict { version: 1, summary, alerts: &verdict.alerts, routes: &verdict.routes, files: &verdict.files };
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

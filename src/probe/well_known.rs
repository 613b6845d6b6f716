//! Health endpoints where services mostly have them, for a draft: only what answers is named.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::fetch::Visitor;

/// What checks are called, and the paths that such endpoints mostly have, the most telling first.
const PLACES: [(&str, &[&str]); 3] = [
    ("liveness", &["/livez", "/health/live", "/health/liveness", "/actuator/health/liveness", "/-/healthy", "/healthz"]),
    ("readiness", &["/readyz", "/health/ready", "/health/readiness", "/actuator/health/readiness", "/-/ready", "/ready"]),
    // Says neither which of the two it is.
    ("health", &["/health", "/actuator/health"]),
];
/// Nobody has this. Who answers it all the same answers everything, and an answer says nothing.
const NOWHERE: &str = "/obsgen-asks-for-what-is-not-there";

/// A health endpoint that answers.
#[derive(Debug, Serialize)]
pub struct Endpoint {
    /// What a check of it is called.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
}

/// The health endpoints beside a page, as far as they are found in so long a time.
pub fn endpoints(page: &str, timeout: Duration) -> Vec<Endpoint> {
    let Some(visitor) = Visitor::of(page, timeout) else { return Vec::new() };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let found = runtime.block_on(find(&visitor, Instant::now() + timeout));
    // A lookup that hangs must not keep the program from ending.
    runtime.shutdown_background();
    found
}

async fn find(visitor: &Visitor, end: Instant) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    if answers(visitor, NOWHERE, end).await != Some(false) {
        return found;
    }
    for (name, paths) in PLACES {
        if name == "health" && !found.is_empty() {
            break;
        }
        for path in paths {
            match answers(visitor, path, end).await {
                Some(true) => {
                    found.push(Endpoint { name, path });
                    break;
                }
                Some(false) => {}
                // Who is asked in vain is not asked again and again.
                None => return found,
            }
        }
    }
    found
}

/// Whether a path answers with 200, itself and not with a page for people; `None` where nobody answers.
async fn answers(visitor: &Visitor, path: &str, end: Instant) -> Option<bool> {
    let visited = visitor.visit(path, end.saturating_duration_since(Instant::now())).await?;
    Some(visited.status == 200 && visited.itself && !visited.is_html)
}

//! Proof: what promtool and amtool say about a rendered set, and git about a work tree. The one room that starts processes.
//!
//! It is told which alerts there are, which stories stand for each and which receiver each must reach, and hands back
//! a verdict per alert. What was not seen to pass has not passed: a story that is not in the test file, or output that
//! cannot be attributed, is a failure.

mod amtool;
mod cases;
mod git;
mod human;
mod json;
mod process;
mod promtool;
mod test_file;
mod tools;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use cases::{Case, Claim, cases};
pub use git::{Change, Revision};
pub use human::text;
pub use json::json;
pub use tools::{Tools, Wanted};
pub use verdict::{AlertVerdict, RouteVerdict, Status, Verdict};

use crate::parallel;
use promtool::TestRun;

/// What is judged beside the alerts: files, by their paths below the folder.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Prometheus's configuration.
    pub prometheus: Option<String>,
    /// Files of rules.
    pub rules: Vec<String>,
    /// Alertmanager's configuration.
    pub alertmanager: Option<String>,
}

/// Judges a rendered folder.
///
/// # Errors
/// Where a tool cannot be run, or a test file cannot be read.
pub fn judge(tools: &Tools, folder: &Path, cases: &[Case], files: &Files) -> anyhow::Result<Verdict> {
    let mut verdicts = promtool::check(&tools.promtool, folder, files)?;
    if let (Some(amtool), Some(config)) = (&tools.amtool, &files.alertmanager) {
        verdicts.push(amtool::check(amtool, folder, config)?);
    }
    let runs = run_tests(tools, folder, cases)?;
    verdicts.extend(runs.values().map(TestRun::verdict));
    let routes = run_routes(tools, folder, cases, files)?;
    let alerts = cases.iter().zip(&routes).map(|(case, route)| alert(case, &runs, route.as_ref())).collect();
    Ok(Verdict { alerts, routes: routes.into_iter().flatten().collect(), files: verdicts })
}

/// Runs every test file once, on as many cores as there are.
fn run_tests(tools: &Tools, folder: &Path, cases: &[Case]) -> anyhow::Result<BTreeMap<String, TestRun>> {
    let mut claimed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for case in cases {
        if let Claim::Stories { file, names } = &case.claim {
            claimed.entry(file).or_default().extend(names.iter().map(|story| promtool::test_name(&case.alert, story)));
        }
    }
    let files: Vec<_> = claimed.into_iter().collect();
    let runs = parallel::map(&files, |(file, claimed)| promtool::test(&tools.promtool, folder, file, claimed.clone()));
    files.iter().zip(runs).map(|((file, _), run)| Ok(((*file).to_owned(), run?))).collect()
}

/// Asks for the route of every alert that must reach somebody.
fn run_routes(tools: &Tools, folder: &Path, cases: &[Case], files: &Files) -> anyhow::Result<Vec<Option<RouteVerdict>>> {
    let (Some(amtool), Some(config)) = (&tools.amtool, &files.alertmanager) else {
        return Ok(cases.iter().map(|_| None).collect());
    };
    let routes =
        parallel::map(cases, |case| case.route.as_ref().map(|route| amtool::route(amtool, folder, config, case, route)).transpose());
    routes.into_iter().collect()
}

/// Everything that was seen about one alert.
fn alert(case: &Case, runs: &BTreeMap<String, TestRun>, route: Option<&RouteVerdict>) -> AlertVerdict {
    let mut failures = Vec::new();
    let (stories, why) = match &case.claim {
        Claim::Unproven(why) => (Vec::new(), Some(why.clone())),
        Claim::Stories { file, names } => {
            failures.extend(runs.get(file).into_iter().flat_map(|run| run.failures_of(case, names)));
            (names.clone(), None)
        }
    };
    failures.extend(route.and_then(RouteVerdict::failure));
    let status = match (failures.is_empty(), &why) {
        (false, _) => Status::Failed,
        (true, Some(_)) => Status::Unproven,
        (true, None) => Status::Proven,
    };
    AlertVerdict { service: case.service.clone(), alert: case.alert.clone(), labels: case.labels.clone(), status, why, stories, failures }
}

//! `obsgen test`: what promtool and amtool say about every alert.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND, render};
use crate::artifacts::plan::{Comparison, Disk as _, RealDisk, recover};
use crate::artifacts::{Engine, File, SHARED, Selection, alertmanager, rule_tests};
use crate::cli::TestArgs;
use crate::manifest::stack::Version;
use crate::model::Model;
use crate::proof::{self, Case, Files, Status, Tools, Wanted};

/// Kinds that promtool and amtool judge; no other has to be rendered for them.
const JUDGED: &[&str] = &["prometheus", "recording", "alerts", "rule-tests", "alertmanager"];

pub(super) fn run(args: &TestArgs, console: &mut Console) -> anyhow::Result<u8> {
    let Loaded { sources, model, diagnostics, files, .. } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let cases = cases(&model);
    let path = std::env::var_os("PATH");
    let wanted = Wanted { promtool: args.promtool.as_deref(), amtool: args.amtool.as_deref(), path: path.as_deref() };
    let tools = Tools::find(wanted, cases.iter().any(|case| case.route.is_some()))?;
    let selection = Selection { only: JUDGED.iter().map(|kind| (*kind).to_owned()).collect(), more: Vec::new() };
    let rendered = render::into_memory(&model, &Engine::new(None)?, &selection)?;
    let paths: Vec<String> = rendered.iter().map(|file| file.path.clone()).collect();
    let verdict = if let Some(folder) = &args.output {
        recover(&RealDisk, folder)?;
        proof::judge(&tools, folder, &cases, &judged(folder, &paths))?
    } else {
        let folder = Temporary::new(rendered)?;
        proof::judge(&tools, &folder.0, &cases, &judged(&folder.0, &paths))?
    };
    console.print(&if args.format == "json" { proof::json(&verdict)? } else { proof::text(&verdict) })?;
    if verdict.files.iter().any(|file| !file.ok) {
        say_where_promtool_is_too_old(&tools, model.common.stack.prometheus, console);
    }
    let wanting = args.require_all && verdict.count(Status::Unproven) > 0;
    Ok(if verdict.failed() || wanting { FOUND } else { FINE })
}

/// A promtool that is older than the Prometheus that the manifest is for rejects keys which that one takes.
fn say_where_promtool_is_too_old(tools: &Tools, wanted: Version, console: &mut Console) {
    if let Some(found) = tools.promtool_version().filter(|found| *found < wanted) {
        console.note(&format!(
            "this promtool is of Prometheus {found}, and what is rendered is for {wanted} and newer: name a newer one with \
             `--promtool FILE`, or write `stack: {{ prometheus: \"{found}\" }}` if {found} is what you run"
        ));
    }
}

/// Every alert, with its tests and its receiver.
fn cases(model: &Model) -> Vec<Case> {
    let test_file = |service: Option<&str>| {
        let name = if model.common.is_fleet { service.unwrap_or(SHARED) } else { "alerts" };
        rule_tests::test_path(name)
    };
    proof::cases(model, test_file, |service, severity| alertmanager::expected_receiver(model, service, severity))
}

/// The rendered files that lie in the folder and that a tool can judge.
fn judged(folder: &Path, paths: &[String]) -> Files {
    let there = |path: &&String| folder.join(path).is_file();
    let named = |name: &str| paths.iter().find(|path| *path == name).filter(there).cloned();
    let is_rules = |path: &&String| {
        ["alerts", "recording"].iter().any(|kind| path.strip_prefix(kind).is_some_and(|rest| rest.starts_with(['.', '/'])))
    };
    Files {
        prometheus: named("prometheus.yml"),
        rules: paths.iter().filter(is_rules).filter(there).cloned().collect(),
        alertmanager: named("alertmanager.yml"),
    }
}

/// A folder that goes away with its value.
struct Temporary(PathBuf);

impl Temporary {
    /// Writes files into a new folder below the system's temporary one.
    fn new(files: Vec<File>) -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        let process = std::process::id();
        // Made, never taken over: a folder that is there already is somebody else's.
        let made = (0..100).map(|n| base.join(format!("obsgen-test-{process}-{n}"))).find(|folder| std::fs::create_dir(folder).is_ok());
        let folder = Self(made.with_context(|| format!("{}: no temporary folder can be made here", base.display()))?);
        let comparison = Comparison::to_write(&folder.0, &RealDisk)?;
        comparison.plan(comparison.take(files)?, 0, false)?.write(&RealDisk)?;
        Ok(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the temporary folder.
        let _ = RealDisk.remove_folder(&self.0);
    }
}

//! What `render` says at its end: what was written, what is unproven and why, and how to load it.

use std::collections::BTreeMap;
use std::path::Path;

use super::files::shown;
use crate::artifacts::Engine;
use crate::artifacts::plan::Plan;
use crate::artifacts::{code, logs};
use crate::manifest::scalars::shorten;
use crate::model::alert::Alert;
use crate::model::log_alert::UNPROVEN;
use crate::model::{Model, Service};
use crate::parallel;

/// `recalled` services were not rendered again, since nothing of them had changed.
pub(super) fn of(model: &Model, plan: &Plan, recalled: usize, output: &Path, engine: &Engine) -> String {
    let mut lines = vec![written(plan, recalled, output)];
    let reasons: Vec<Vec<String>> = parallel::map(&model.services, unproven_of);
    lines.extend(unproven(model, &reasons));
    lines.extend(teams(model, &reasons));
    lines.extend(left_out(model));
    lines.extend(unprobed(model));
    lines.extend(evaluated_elsewhere(model, plan));
    lines.extend(without_pack(model, engine));
    lines.push("load it:".to_owned());
    lines.extend(
        commands(model, plan, output).into_iter().chain(instrumentation(model, plan, &shown(output))).map(|command| format!("  {command}")),
    );
    lines.join("\n")
}

fn written(plan: &Plan, recalled: usize, output: &Path) -> String {
    let (changed, removed, same) = (plan.changes.len(), plan.removals.len(), plan.unchanged);
    let mut text = format!("{}: {changed} {} written, {same} unchanged", shown(output), if changed == 1 { "file" } else { "files" });
    if removed > 0 {
        text += &format!(", {removed} removed");
    }
    if recalled > 0 {
        text += &format!("; {recalled} {} not rendered again", if recalled == 1 { "service was" } else { "services were" });
    }
    let all = plan.changes.iter().map(|change| (if change.is_new { "new    " } else { "changed" }, &*change.path));
    let lines = listed(all.chain(plan.removals.iter().map(|removal| ("removed", &*removal.path))));
    // A fleet has too many to list.
    if lines.len() <= 30 {
        text.extend(lines.into_iter().map(|line| format!("\n  {line}")));
    }
    text
}

/// What is done to which file; of a folder with more than a few, to how many.
fn listed<'a>(all: impl Iterator<Item = (&'static str, &'a str)>) -> Vec<String> {
    const FEW: usize = 3;
    let mut folders: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (what, path) in all {
        let folder = path.find('/').map_or(path, |end| &path[..=end]);
        folders.entry((folder, what)).or_default().push(path);
    }
    let lines = folders.into_iter().flat_map(|((folder, what), paths)| {
        let together = paths.len() > FEW;
        let number = paths.len();
        let one_by_one = paths.into_iter().filter(move |_| !together).map(move |path| format!("{what} {path}"));
        together.then(|| format!("{what} {folder} ({number} files)")).into_iter().chain(one_by_one)
    });
    lines.collect()
}

/// Why those of a service's alerts that have no proof have none.
fn unproven_of(service: &Service) -> Vec<String> {
    let why = |alert: &Alert| Some(format!("  {} {}: {}", service.name, alert.name, alert.unproven()?));
    let of_logs = service.log_alerts.iter().map(|alert| format!("  {} {}: {UNPROVEN}", service.name, alert.name));
    service.alerts.iter().filter_map(why).chain(of_logs).collect()
}

/// How many alerts have a proof, and why the others have none.
fn unproven(model: &Model, reasons: &[Vec<String>]) -> Vec<String> {
    let total = model.services.iter().map(alerts_of).sum::<usize>() + usize::from(model.common.watchdog.is_some());
    let reasons: Vec<String> = reasons.concat();
    let mut lines = vec![format!("{total} alerts, {} with a test of their own; run the tests with `obsgen test`", total - reasons.len())];
    if !reasons.is_empty() {
        lines.push("unproven:".to_owned());
        lines.extend(reasons);
    }
    lines
}

fn alerts_of(service: &Service) -> usize {
    service.alerts.len() + service.log_alerts.len()
}

/// What a team of a fleet answers for.
#[derive(Default)]
struct Share {
    services: usize,
    objectives: usize,
    alerts: usize,
    unproven: usize,
}

/// Who answers for how much of a fleet; nothing where it all belongs to nobody.
fn teams(model: &Model, unproven: &[Vec<String>]) -> Vec<String> {
    let mut teams: BTreeMap<&str, Share> = BTreeMap::new();
    if !model.common.is_fleet || model.services.iter().all(|service| service.team.is_none()) {
        return Vec::new();
    }
    for (service, unproven) in model.services.iter().zip(unproven) {
        let share = teams.entry(service.team.as_deref().unwrap_or("(no team)")).or_default();
        share.services += 1;
        share.objectives += service.objectives.len();
        share.alerts += alerts_of(service);
        share.unproven += unproven.len();
    }
    let names: Vec<String> = teams.keys().map(|name| shorten(name)).collect();
    let width = names.iter().map(|name| name.chars().count()).chain([4]).max().unwrap_or(4);
    let head = format!("{:<width$}  services  objectives   alerts  unproven", "team");
    let line = |(name, share): (&String, &Share)| {
        let Share { services, objectives, alerts, unproven } = share;
        format!("{name:<width$}  {services:>8}  {objectives:>10}  {alerts:>7}  {unproven:>8}")
    };
    [head].into_iter().chain(names.iter().zip(teams.values()).map(line)).collect()
}

/// What the manifests could have had rendered and do not ask for.
fn left_out(model: &Model) -> Option<String> {
    let checked: Vec<&str> = model.services.iter().filter(|s| !s.checks.is_empty()).map(|s| s.name.as_str()).collect();
    (model.common.stack.blackbox.is_none() && !checked.is_empty())
        .then(|| format!("no `stack.blackbox`, so the health checks of {} are not probed continuously", checked.join(", ")))
}

/// Where rules are evaluated that the rendered Prometheus does not evaluate.
fn evaluated_elsewhere(model: &Model, plan: &Plan) -> Option<String> {
    let remote = model
        .common
        .stack
        .feeding
        .remote_write
        .as_ref()
        .filter(|_| model.common.stack.rules_are_elsewhere() && plan.has("prometheus.yml"))?;
    let why = if model.common.stack.feeding.agent { "an agent evaluates no rules" } else { "a shard sees only its own targets" };
    Some(format!("{why}: give the rules and where alerts go to what takes the samples, {}", shorten(&remote.url)))
}

/// The health checks that the blackbox exporter cannot make.
fn unprobed(model: &Model) -> Option<String> {
    let of = |service: &Service| -> Vec<String> {
        let all = service.checks.iter().filter(|check| check.is_h2c());
        all.map(|check| format!("{}/{}", service.name, check.name)).collect()
    };
    let all: Vec<String> = model.services.iter().flat_map(of).collect();
    let named = all.join(", ");
    (model.common.stack.blackbox.is_some() && !all.is_empty())
        .then(|| format!("blackbox_exporter speaks no HTTP/2 without TLS, so only `obsgen probe` makes the health checks {named}"))
}

/// The services whose language has no pack.
fn without_pack(model: &Model, engine: &Engine) -> Option<String> {
    let lacks = |language: &&str| engine.pack(language).is_none();
    let all = model.services.iter().filter_map(|service| Some((service.name.as_str(), service.language.as_deref().filter(lacks)?)));
    let named: Vec<String> = all.map(|(service, language)| format!("{service} ({})", shorten(language))).collect();
    let packs: Vec<&str> = engine.languages().collect();
    (!named.is_empty()).then(|| format!("no instrumentation code for {}: there are packs for {}", named.join(", "), packs.join(", ")))
}

/// Where the code of each service is.
fn instrumentation(model: &Model, plan: &Plan, folder: &str) -> Vec<String> {
    let guide = |service: &Service| {
        let path = code::folder(&model.common, service, service.language.as_deref()?) + "README.md";
        plan.has(&path).then(|| format!("less {folder}/{path}   # how {} takes its instrumentation code in", service.name))
    };
    model.services.iter().filter_map(guide).take(3).collect()
}

/// What ships the log lines of the first services that have it shipped.
fn shippers(model: &Model, plan: &Plan, folder: &str) -> Vec<String> {
    let command = |service: &Service| {
        let (program, path) = logs::command(service)?;
        plan.has(&path).then(|| format!("{program} {folder}/{path}"))
    };
    model.services.iter().filter_map(command).take(3).collect()
}

fn commands(model: &Model, plan: &Plan, output: &Path) -> Vec<String> {
    let folder = shown(output);
    let is_there = |name: &str| plan.has(name);
    let mut commands = Vec::new();
    if is_there("prometheus.yml") {
        let flag =
            model.common.stack.receiver_flag().filter(|_| is_there("otel-collector.yml")).map_or(String::new(), |flag| format!(" {flag}"));
        let agent = model.common.stack.agent_flag().map_or(String::new(), |flag| format!(" {flag}"));
        commands.push(format!("prometheus --config.file={folder}/prometheus.yml{agent}{flag}"));
    }
    if is_there("compose.yml") {
        commands.push(format!("docker compose -f {folder}/compose.yml up   # all of it, for trying it out"));
    }
    if is_there("alertmanager.yml") {
        commands.push(format!("alertmanager --config.file={folder}/alertmanager.yml"));
    }
    if is_there("blackbox.yml") {
        commands.push(format!("blackbox_exporter --config.file={folder}/blackbox.yml"));
    }
    if is_there("otel-collector.yml") {
        commands.push(format!("otelcol-contrib --config={folder}/otel-collector.yml"));
    }
    commands.extend(shippers(model, plan, &folder));
    if model.services.iter().any(|service| !service.log_alerts.is_empty()) {
        commands.push(format!(
            "loki -config.file=loki.yml   # with `ruler: {{ storage: {{ type: local, local: {{ directory: {folder}/loki/rules }} }} }}`"
        ));
    }
    if is_there("grafana/provisioning/dashboards/obsgen.yml") {
        commands.push(format!(
            "GF_PATHS_PROVISIONING={folder}/grafana/provisioning grafana server   # with {folder}/dashboards where the provider looks"
        ));
    }
    commands
}

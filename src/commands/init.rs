//! `obsgen init`: a starter manifest or a draft from a live page, never over one that is there.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::files::{self, MANIFEST, shown};
use super::{Console, FINE, lint};
use crate::artifacts::Engine;
use crate::artifacts::starter::Starter;
use crate::cli::InitArgs;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::{Input, Options};
use crate::manifest::scalars::Slug;
use crate::probe::{self, ContentType, Draft, Seen};
use crate::source::{Node, SourceMap};

/// How long all health endpoints may take that are looked for.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a page may take.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn run(args: &InitArgs, console: &mut Console) -> anyhow::Result<u8> {
    let path = args.folder.join(MANIFEST);
    if path.exists() {
        bail!("{}: it is there already, and init never overwrites a manifest", shown(&path));
    }
    let mut starter = starter(args)?;
    let engine = Engine::new(None)?;
    let text = match &args.from_metrics {
        Some(from) => drafted(&mut starter, &engine, from, console)?,
        None => starter.render(&engine)?,
    };
    fs::create_dir_all(&args.folder).with_context(|| shown(&args.folder))?;
    // Created only if it is still not there: two runs at once cannot overwrite each other.
    let mut file = fs::File::options().write(true).create_new(true).open(&path).with_context(|| shown(&path))?;
    file.write_all(text.as_bytes()).with_context(|| shown(&path))?;
    let next = if args.from_metrics.is_some() { "read what it proposes" } else { "describe your metrics in it" };
    console.note(&format!("wrote {}\nnext: {next}, then `obsgen render -m {}`", shown(&path), shown(&path)));
    Ok(FINE)
}

/// What the command line says of the service.
fn starter(args: &InitArgs) -> anyhow::Result<Starter> {
    let name = match &args.name {
        Some(name) => Slug::parse(name).map_err(|why| anyhow::anyhow!("--name: {why}"))?.0,
        None => name_of(&args.folder)?,
    };
    if let Some(wrong) = args.targets.iter().find(|target| !is_address(target)) {
        bail!("--target: `{wrong}` is not an address; write `host:port`, as in `localhost:8080`");
    }
    Ok(Starter {
        name,
        language: args.language.clone(),
        targets: args.targets.clone(),
        is_tls: false,
        path: "/metrics".to_owned(),
        health: Value::Null,
        draft: None,
    })
}

/// The manifest that a page drafts, and that nothing is found in.
fn drafted(starter: &mut Starter, engine: &Engine, from: &Path, console: &mut Console) -> anyhow::Result<String> {
    let name = shown(from);
    let seen = page(&name, from)?;
    if let Some(scraped) = probe::Place::of(&name) {
        (starter.is_tls, starter.path) = (scraped.is_tls, scraped.path);
        if starter.targets.is_empty() {
            starter.targets = vec![scraped.target];
        }
    }
    let endpoints = if probe::is_url(&name) { probe::endpoints(&name, HEALTH_TIMEOUT) } else { Vec::new() };
    starter.health = serde_json::to_value(&endpoints)?;
    let (mut draft, fault) = Draft::of(&seen);
    if let Some(fault) = fault {
        console.note(&format!("{fault}\nPrometheus loses the whole page over that; the draft is made of what could be read"));
    }
    if draft.declared() == 0 {
        bail!("{}: there is no metric to declare on it; is it a page of metrics?", seen.from);
    }
    let text = settle(starter, engine, &mut draft)?;
    let (alerts, objectives) = draft.proposed();
    let (declared, left_out) = (draft.declared(), draft.left_out());
    let found: Vec<String> = endpoints.iter().map(|endpoint| format!("; {} at {}", endpoint.name, endpoint.path)).collect();
    let found = found.concat();
    console.note(&format!("declared: {declared} metrics; left out: {left_out}; proposed: {alerts} alerts, {objectives} objectives{found}"));
    Ok(text)
}

/// A page as it is named: from the network, from a file or from standard input.
fn page(name: &str, from: &Path) -> anyhow::Result<Seen> {
    let (body, content_type) = if probe::is_url(name) {
        let fetched = probe::fetch(name, TIMEOUT)?;
        (fetched.body, Some(ContentType(fetched.content_type)))
    } else {
        (files::read_raw(from)?, None)
    };
    Ok(Seen { from: name.to_owned(), content_type, body, took: None, again: None })
}

/// Renders a draft until it stands: a page is as it is, so what lint finds at a metric does not apply to that metric.
fn settle(starter: &mut Starter, engine: &Engine, draft: &mut Draft) -> anyhow::Result<String> {
    loop {
        starter.draft = Some(serde_json::to_value(&*draft)?);
        let text = starter.render(engine)?;
        let found = judge(&text);
        let mut changed = false;
        for diagnostic in &found {
            let metric = diagnostic.path.as_deref().and_then(|path| path.strip_prefix("metrics.")).unwrap_or_default();
            changed |= draft.allow(metric.split('.').next().unwrap_or_default(), &diagnostic.rule);
        }
        if changed {
            continue;
        }
        // Nobody is given a manifest that does not stand.
        if let Some(error) = found.iter().find(|diagnostic| diagnostic.level == Level::Error) {
            bail!("the draft does not stand ({}: {}); please report the page", error.rule, error.message);
        }
        return Ok(text);
    }
}

fn judge(text: &str) -> Vec<Diagnostic> {
    let read_manifest = |sources: &SourceMap, root: &Node, defaults: Option<&Node>| lint::read_manifest(sources, root, defaults, None);
    let options = Options { read_manifest: Some(&read_manifest), ..Options::default() };
    crate::lint::run(vec![Input { path: MANIFEST.to_owned(), text: text.into(), named: true }], &options).diagnostics
}

/// The folder's own name, as far as it can name a service.
fn name_of(folder: &Path) -> anyhow::Result<String> {
    let absolute = std::path::absolute(folder)?;
    let name = absolute.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    Ok(Slug::parse(plain).map_or_else(|_| "service".to_owned(), |slug| slug.0))
}

fn is_address(text: &str) -> bool {
    let plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    text.rsplit_once(':').is_some_and(|(host, port)| plain(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

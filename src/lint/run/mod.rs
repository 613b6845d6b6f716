//! A run from its inputs to its findings: files are read, every rule is asked, and what was found is settled.

pub(in crate::lint) mod allowed;
pub mod baseline;
pub(in crate::lint) mod config;
pub(in crate::lint) mod defaults;
pub(in crate::lint) mod embedded;
pub mod fix;
pub(in crate::lint) mod ignores;
pub(in crate::lint) mod judging;
pub(in crate::lint) mod listed;
pub(in crate::lint) mod reading;
pub(in crate::lint) mod request;
pub(in crate::lint) mod settle;

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::formats::{self, Kind, rule_file};
use crate::lint::rule::Rule;
use crate::lint::rules::all;
use crate::lint::views::loading::Patterns;
use crate::lint::views::{self, View, ViewKind, library};
use crate::lint::world::{page_jobs, pages};
use crate::parallel;
use crate::source::{Forms, Node, Source, SourceId, SourceMap};
use defaults::Defaults;
use embedded::Mount;
use judging::judge_together;
use reading::{BROKEN, Files, parts_of, read_one, read_pages};
use request::{Input, Options, Outcome};
use settle::settle_all;

/// With so many files some may come of one template.
const MANY: usize = 16;

/// Judges all inputs together.
pub fn run(inputs: Vec<Input>, options: &Options<'_>) -> Outcome {
    let mut sources = SourceMap::default();
    let mut named = Vec::with_capacity(inputs.len());
    for input in inputs {
        sources.add(input.path, input.text);
        named.push(input.named);
    }
    let ids: Vec<SourceId> = sources.iter().map(|(id, _)| id).collect();
    // Of a few files hardly any is of another's form.
    let own = (ids.len() >= MANY).then(Forms::default);
    let forms = options.forms.or(own.as_ref());
    let read = parallel::map(&ids, |id| read_one(&sources, *id, forms));
    let parts = parts_of(&read);
    let mut mounts = Vec::new();
    for (part, outer) in parts.iter().zip(&ids).flat_map(|(parts, id)| parts.iter().map(move |part| (part, *id))) {
        mounts.extend(embedded::inner(part).iter().map(|inner| Mount::new(inner, outer, &mut sources)));
    }
    let inner = parallel::map(&mounts, |mount| read_one(&sources, mount.source, forms));
    let inner_parts = parts_of(&inner);
    let settings = options.config.as_ref().map(|config| sources.add(config.path.clone(), Arc::clone(&config.text)));
    let pages = options.pages.iter().map(|page| (sources.add(page.path.clone(), Arc::clone(&page.text)), page.job.as_deref())).collect();
    let files = Files {
        read: read.iter().chain(&inner).collect(),
        parts: parts.iter().chain(&inner_parts).collect(),
        mounts,
        named,
        settings,
        pages,
    };
    let mut outcome = judge(&sources, &files, options);
    outcome.sources = sources;
    // Nobody waits until large trees are taken apart.
    std::thread::spawn(move || drop((read, inner)));
    outcome
}

fn judge(sources: &SourceMap, files: &Files<'_>, options: &Options<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut catalogues = Vec::new();
    let mut views = Vec::new();
    let mut strangers = Vec::new();
    let mut known = vec![false; files.named.len()];
    let mut pages = read_pages(sources, files, &mut known, &mut outcome.diagnostics);
    let defaults = Defaults::among(sources, files, options.defaults_of);
    for (((id, source), documents), parts) in sources.iter().zip(&files.read).zip(&files.parts) {
        let before = views.len();
        for root in parts.iter().map(|part| part.root) {
            let is_default = defaults.has(id);
            let Some(kind) = is_default.then_some(Kind::Manifest).or_else(|| views::recognise(root)) else {
                strangers.push((root, source, documents.complete));
                continue;
            };
            if let (Kind::Manifest, false, Some(read)) = (kind, is_default, options.read_manifest) {
                // Of a manifest that could be read in part nobody can say what is missing in it.
                let (catalogue, found) =
                    if documents.complete { read(sources, root, defaults.of(&source.path).as_ref()) } else { Default::default() };
                catalogues.extend(catalogue);
                outcome.diagnostics.extend(found);
            }
            views.push(View::new(root, kind, (&source.path, &source.text), documents.complete, &mut outcome.diagnostics));
        }
        let named = files.named.get(id.0 as usize).copied().unwrap_or(false);
        let broken = documents.diagnostics.iter().any(|d| BROKEN.contains(&d.rule.as_ref()));
        if views.len() > before || (broken && (named || formats::suspect(&source.text))) {
            known[files.outer(id).0 as usize] = true;
            outcome.diagnostics.extend(documents.diagnostics.iter().cloned());
        }
    }
    for (root, source, complete) in loaded_as_rules(&views, strangers) {
        known[files.outer(root.span.source).0 as usize] = true;
        views.push(View::new(root, Kind::RuleFile, (&source.path, &source.text), complete, &mut outcome.diagnostics));
    }
    for view in views.iter().filter(|view| matches!(view.kind, ViewKind::Alertmanager(_))) {
        for (id, _) in library::files(sources, view) {
            known[files.outer(id).0 as usize] = true;
        }
    }
    outcome.diagnostics.extend(defaults.check());
    if !defaults.is_empty() {
        once(&mut outcome.diagnostics);
    }
    outcome.files = known.iter().filter(|known| **known).count();
    outcome.skipped = known.len() - outcome.files;
    listed::tell(&mut views);
    page_jobs::tell(&mut pages, &views);
    pages::tell_native(&mut pages, &views);
    catalogues.append(&mut pages);
    // Each engine's folder holds the same rules once more, so that only those of one set may be compared.
    views.sort_by_cached_key(|view| engine_folder(view.file));
    let rules: Vec<&dyn Rule> = all().filter(|rule| options.at_least.is_none_or(|least| rule.meta().gravest >= least)).collect();
    let sets = views.chunk_by(|a, b| engine_folder(a.file) == engine_folder(b.file));
    let mut found: Vec<Diagnostic> = sets.flat_map(|set| judge_together(sources, set, &catalogues, &rules)).collect();
    if views.is_empty() {
        found = judge_together(sources, &[], &catalogues, &rules);
    }
    allowed::leave_out(&catalogues, &mut found);
    outcome.diagnostics.append(&mut found);
    settle_all(sources, files, &views, &known, options, &mut outcome.diagnostics);
    if let Some(least) = options.at_least {
        outcome.diagnostics.retain(|found| found.level >= least);
    }
    outcome
}

/// A document of no kind that is known: its root, its file, and whether all of it could be read.
type Stranger<'a> = (&'a Node, &'a Source, bool);

/// Those that a Prometheus loads as rules, or that look as if it did: it refuses to start with them.
fn loaded_as_rules<'a>(views: &[View<'a>], strangers: Vec<Stranger<'a>>) -> Vec<Stranger<'a>> {
    let patterns: Vec<Patterns<'_>> = views
        .iter()
        .filter_map(|view| match &view.kind {
            ViewKind::Prometheus(config) if !config.fragment => Some(Patterns::new(view, config.rule_files)),
            _ => None,
        })
        .collect();
    let is_loaded = |(root, source, _): &Stranger<'_>| {
        let path = source.path.as_str();
        patterns.iter().any(|known| known.name(path) || known.load(path) && rule_file::holds_rules(root))
    };
    strangers.into_iter().filter(is_loaded).collect()
}

/// Keeps of findings that several manifests bring, because they share the file that they are in, the first.
fn once(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    diagnostics.retain(|found| seen.insert((found.span, found.rule.clone(), found.message.clone())));
}

/// Folders in which the rules of a set lie once more, for other engines than Prometheus.
const ENGINE_FOLDERS: &[&str] = &["dashboards-v2", "kubernetes", "mimir", "thanos", "victoriametrics"];

/// The part of a path that leads into an engine's folder; nothing for what lies in none.
fn engine_folder(path: &str) -> Option<&str> {
    let mut at = 0;
    for part in path.split_inclusive('/') {
        at += part.len();
        if part.strip_suffix('/').is_some_and(|name| ENGINE_FOLDERS.contains(&name)) {
            return Some(&path[..at]);
        }
    }
    None
}

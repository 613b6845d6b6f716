//! Documents to findings: what cannot work in a set of monitoring files, and why.
//!
//! [`run`] takes texts and touches no disk. Files are read and judged in parallel where it pays; all files of
//! a run are judged together, for much of what is wrong shows only between two of them.

mod allowed;
mod anchored;
pub mod baseline;
mod cardinality;
pub mod catalogue;
mod config;
pub mod declared;
mod defaults;
mod embedded;
mod exporters;
pub mod fix;
mod ignores;
mod likeness;
mod liveness;
mod loading;
mod object;
mod pages;
mod probes;
mod query;
mod relabel;
mod routing;
mod rule;
mod rules;
mod settle;
pub mod shape;
mod shipping;
pub mod template;
#[cfg(test)]
mod tests;
mod timezone;
mod unit;
pub mod value;
mod views;
mod walk;
pub mod world;
pub mod written;

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::dashboard::Dashboard;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::formats::{self, Kind};
use crate::parallel;
use crate::source::{
    Documents, Forms, INVALID_ALLOY, INVALID_JSON, INVALID_TOML, INVALID_YAML, Node, Source, SourceId, SourceMap, read_alloy,
    read_comments, read_json, read_toml, read_yaml,
};
use declared::Catalogue;
use defaults::Defaults;
use embedded::{Mount, Part};
use query::{Expression, Query};
use template::AlertTexts;
use views::{AlertmanagerView, BlackboxView, CollectorView, DashboardView, PrometheusView, RuleView, View, ViewKind};
use world::World;

pub use config::schema;
pub use pages::Page;
pub use rule::Rule;
pub use rules::{ALL, AREAS, SHAPES};

/// A file of the inputs.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its path as given, or `-`.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// Whether it was asked for by name, rather than found in a folder: then a file that cannot be read
    /// as YAML or JSON is reported whatever it may be.
    pub named: bool,
}

/// Reads a manifest of the inputs, over the defaults of its folders, into what lint asks for, with everything that is wrong with it.
pub type ReadManifest<'m> = dyn Fn(&SourceMap, &Node, Option<&Node>) -> (Option<Catalogue>, Vec<Diagnostic>) + Sync + 'm;

/// The paths of the `defaults.yaml` that a manifest would be merged over, the nearest first, whether they are there or not.
pub type DefaultsOf<'m> = dyn Fn(&str) -> Vec<String> + Sync + 'm;

/// What a run may be told.
#[derive(Default)]
pub struct Options<'m> {
    /// The least grave findings that anybody wants to know of; all where nothing is said. It saves the work of the rules that bring none.
    pub at_least: Option<Level>,
    /// How manifests are read; without it they are known and left alone.
    pub read_manifest: Option<&'m ReadManifest<'m>>,
    /// Which defaults are whose; without it a manifest has none.
    pub defaults_of: Option<&'m DefaultsOf<'m>>,
    /// The settings, where there are any.
    pub config: Option<ConfigFile<'m>>,
    /// The ids of rules of other rooms, which settings may name.
    pub other_rules: &'m [&'m str],
    /// Pages of metrics to judge by.
    pub pages: Vec<Page>,
    /// The forms of texts that other runs read.
    pub forms: Option<&'m Forms>,
}

/// An `obsgen.toml`.
pub struct ConfigFile<'m> {
    /// Its path as it is shown.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// How a path of an input is spelt from the folder of this file, which its globs count from.
    pub relative: &'m (dyn Fn(&str) -> String + Sync),
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, by file in the order given, and by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were judged.
    pub files: usize,
    /// How many were of no known kind.
    pub skipped: usize,
    /// The texts that the findings point into.
    pub sources: SourceMap,
}

/// What every rule may look at beside its subject.
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// What exists.
    pub world: &'a World<'a>,
    /// Every document.
    pub views: &'a [View<'a>],
    /// Every expression, in order; none yet while single expressions are judged.
    pub queries: &'a [&'a Query<'a>],
    /// The rules that are asked.
    rules: &'a [&'a dyn Rule],
}

impl<'a> Context<'a> {
    /// The manifests among the inputs.
    fn manifests(&self) -> impl Iterator<Item = &'a View<'a>> + use<'a> {
        self.views.iter().filter(|view| matches!(view.kind, ViewKind::Other(Kind::Manifest)))
    }

    /// The rule files among the inputs.
    fn rule_files(&self) -> impl Iterator<Item = &'a RuleFile<'a>> + use<'a> {
        views::rule_files(self.views)
    }

    /// The dashboards among the inputs.
    fn dashboards(&self) -> impl Iterator<Item = &'a Dashboard<'a>> + use<'a> {
        self.views.iter().filter_map(|view| if let ViewKind::Dashboard(dashboard) = &view.kind { Some(dashboard) } else { None })
    }
}

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

/// All that was read: the files of the inputs, then the texts inside them.
struct Files<'a> {
    /// What was read, by source.
    read: Vec<&'a Documents>,
    /// The documents, by source.
    parts: Vec<&'a Vec<Part<'a>>>,
    /// The texts inside files, whose sources come after those of the files.
    mounts: Vec<Mount>,
    /// Whether each file was asked for by name.
    named: Vec<bool>,
    /// The settings, behind those.
    settings: Option<SourceId>,
    /// Pages of metrics to judge by, the last sources, with their jobs.
    pages: Vec<(SourceId, Option<&'a str>)>,
}

fn parts_of(read: &[Documents]) -> Vec<Vec<Part<'_>>> {
    read.iter().map(|documents| documents.roots.iter().flat_map(embedded::parts).collect()).collect()
}

impl Files<'_> {
    /// The file that a source is, or stands in.
    fn outer(&self, source: SourceId) -> SourceId {
        self.mounts.iter().find(|mount| mount.source == source).map_or(source, |mount| mount.outer)
    }
}

fn read_one(sources: &SourceMap, id: SourceId, forms: Option<&Forms>) -> Documents {
    let mut documents = read_whole(sources, id, forms);
    for root in &mut documents.roots {
        // Nothing is checked of the tests but that they can be read, and they are the greater part of a fleet's text.
        if formats::recognise(root) == Some(Kind::RuleTest) {
            root.clear("tests");
        }
    }
    documents
}

fn read_whole(sources: &SourceMap, id: SourceId, forms: Option<&Forms>) -> Documents {
    let read_yaml = |sources, id| forms.map_or_else(|| read_yaml(sources, id), |forms| forms.read_yaml(sources, id));
    let source = sources.get(id);
    let extension = extension(source);
    if is_page(&source.text, extension) {
        return read_comments(sources, id);
    }
    match extension {
        "json" => read_json(sources, id),
        "yml" | "yaml" => read_yaml(sources, id),
        "toml" => read_toml(sources, id),
        "alloy" => read_alloy(sources, id),
        _ if source.text.trim_start().starts_with('{') => read_json(sources, id),
        _ if formats::logs::looks_like_alloy(&source.text) => read_alloy(sources, id),
        _ => read_yaml(sources, id),
    }
}

fn extension(source: &Source) -> &str {
    source.path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Findings about a text that could not be read.
const BROKEN: &[&str] = &[INVALID_YAML, INVALID_JSON, INVALID_TOML, INVALID_ALLOY];

/// Whether a text is a page of metrics rather than a document.
fn is_page(text: &str, extension: &str) -> bool {
    !matches!(extension, "json" | "yml" | "yaml" | "toml" | "alloy") && formats::recognise_text(text) == Some(Kind::Exposition)
}

fn judge(sources: &SourceMap, files: &Files<'_>, options: &Options<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut catalogues = Vec::new();
    let mut views = Vec::new();
    let mut known = vec![false; files.named.len()];
    let mut pages = read_pages(sources, files, &mut known, &mut outcome.diagnostics);
    let defaults = Defaults::among(sources, files, options.defaults_of);
    for (((id, source), documents), parts) in sources.iter().zip(&files.read).zip(&files.parts) {
        let before = views.len();
        for root in parts.iter().map(|part| part.root) {
            let is_default = defaults.has(id);
            let Some(kind) = is_default.then_some(Kind::Manifest).or_else(|| views::recognise(root)) else { continue };
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
    outcome.diagnostics.extend(defaults.check());
    if !defaults.is_empty() {
        once(&mut outcome.diagnostics);
    }
    outcome.files = known.iter().filter(|known| **known).count();
    outcome.skipped = known.len() - outcome.files;
    catalogues.append(&mut pages);
    // Each engine's folder holds the same rules once more, so that only those of one set may be compared.
    views.sort_by_cached_key(|view| engine_folder(view.file));
    let rules: Vec<&dyn Rule> =
        ALL.iter().copied().filter(|rule| options.at_least.is_none_or(|least| rule.meta().gravest >= least)).collect();
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

/// Every page of metrics, those among the files first; what is wrong with one is found in either.
fn read_pages(sources: &SourceMap, files: &Files<'_>, known: &mut [bool], diagnostics: &mut Vec<Diagnostic>) -> Vec<Catalogue> {
    let mut all = Vec::new();
    for ((id, source), documents) in sources.iter().zip(&files.read) {
        if is_page(&source.text, extension(source)) {
            known[files.outer(id).0 as usize] = true;
            diagnostics.extend(documents.diagnostics.iter().cloned());
            all.push(pages::read(sources, id, None, true));
        }
    }
    all.extend(files.pages.iter().map(|(id, job)| pages::read(sources, *id, *job, false)));
    let mut catalogues = Vec::with_capacity(all.len());
    for (catalogue, found) in all {
        catalogues.push(catalogue);
        diagnostics.extend(found);
    }
    pages::merge(&mut catalogues);
    catalogues
}

/// Names what was found, brings it to the files that people wrote, and takes out what they have judged themselves.
fn settle_all(
    sources: &SourceMap,
    files: &Files<'_>,
    views: &[View<'_>],
    known: &[bool],
    options: &Options<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    object::name_objects(views, diagnostics);
    for parts in &files.parts {
        embedded::name_parts(parts, diagnostics);
    }
    sort(diagnostics);
    let in_manifest = |source| views.iter().any(|view| view.source == source && matches!(view.kind, ViewKind::Other(Kind::Manifest)));
    let ignore = |inner: bool, roots: &[&Node], diagnostics: &mut Vec<Diagnostic>| {
        let comments = files.read.iter().zip(sources.iter()).filter(|(_, (id, _))| (id.0 as usize >= files.named.len()) == inner);
        // A page of metrics is no tree.
        let judged =
            |id: SourceId, source: &Source| is_page(&source.text, extension(source)) || roots.iter().any(|root| root.span.source == id);
        let comments = comments.filter(|(documents, (id, source))| !documents.comments.is_empty() && judged(*id, source));
        let comments = comments.flat_map(|(documents, (_, source))| documents.comments.iter().map(move |comment| (comment, source)));
        ignores::apply(&comments.collect::<Vec<_>>(), roots, &in_manifest, diagnostics);
    };
    ignore(true, &views.iter().map(|view| view.root).collect::<Vec<_>>(), diagnostics);
    let settings = options.config.as_ref().zip(files.settings).map(|(file, id)| (file, config::read(sources, id, options.other_rules)));
    let file =
        |source| options.config.as_ref().map_or_else(String::new, |config| (config.relative)(&sources.get(files.outer(source)).path));
    let paths: Vec<String> = sources.iter().map(|(id, _)| file(id)).collect();
    if let Some((_, (config, _))) = &settings {
        settle::except(config, views, &paths, diagnostics);
    }
    embedded::bring_back(&files.mounts, sources, diagnostics);
    sort(diagnostics);
    let judged = files.read.iter().zip(known).filter(|(_, known)| **known).flat_map(|(documents, _)| &documents.roots);
    ignore(false, &judged.collect::<Vec<_>>(), diagnostics);
    if let Some((_, (config, mut found))) = settings {
        settle::level(&config, &paths, diagnostics);
        diagnostics.append(&mut found);
    }
    sort(diagnostics);
}

/// By file in the order given, by place, the gravest first.
fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.span.source, d.span.start, d.span.end, std::cmp::Reverse(d.level));
        key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule)).then_with(|| a.message.cmp(&b.message))
    });
}

/// How many rules are parsed and judged in one go.
const CHUNK: usize = 128;

/// A piece of the inputs whose expressions are parsed and judged in one go.
enum Piece<'a> {
    Rules { view: &'a View<'a>, file: &'a RuleFile<'a>, rules: Vec<&'a RuleOfFile<'a>> },
    Dashboard { view: &'a View<'a>, dashboard: &'a Dashboard<'a> },
}

/// Recording rules are parsed first, for others build on what they record; then each piece is parsed, judged and, unless a
/// rule about all files needs them, its trees are let go of; then come the rules about whole documents and all files.
fn judge_together(sources: &SourceMap, views: &[View<'_>], catalogues: &[Catalogue], rules: &[&dyn Rule]) -> Vec<Diagnostic> {
    let recording: Vec<_> = rules_of(views).filter(|(_, _, rule)| !rule.is_alert()).collect();
    let recorded = parallel::map(&recording.chunks(CHUNK).collect::<Vec<_>>(), |chunk| {
        chunk.iter().filter_map(|(view, file, rule)| Query::of_rule(file, rule, view.text)).collect::<Vec<_>>()
    });
    let recorded: Vec<Query<'_>> = recorded.into_iter().flatten().collect();
    let world = World::new(views, &recorded, catalogues);
    let context = Context { sources, world: &world, views, queries: &[], rules };
    let asks = |view: &View<'_>| {
        matches!(view.kind, ViewKind::Prometheus(_) | ViewKind::Alertmanager(_) | ViewKind::Dashboard(_) | ViewKind::Other(Kind::Manifest))
    };
    let keep = views.iter().any(asks);

    let judged = parallel::map(&pieces(views), |piece| judge_piece(piece, &recorded, &context, keep));
    let (found, kept): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
    let mut found: Vec<Diagnostic> = found.into_iter().flatten().collect();
    let manifests: Vec<&View<'_>> = context.manifests().collect();
    found.extend(parallel::map(&manifests, |view| written::judge_among(view, &context)).into_iter().flatten());
    let mut queries: Vec<&Query<'_>> = recorded.iter().chain(kept.iter().flatten()).collect();
    queries.sort_by_key(|query| query.node.span);
    let context = Context { queries: &queries, ..context };
    let of_all = parallel::map(rules, |rule| {
        let mut found = Vec::new();
        for view in views {
            judge_document(*rule, view, &context, &mut found);
        }
        rule.set(&context, &mut found);
        found
    });
    found.extend(of_all.into_iter().flatten());
    found
}

fn rules_of<'a>(views: &'a [View<'a>]) -> impl Iterator<Item = (&'a View<'a>, &'a RuleFile<'a>, &'a RuleOfFile<'a>)> {
    views
        .iter()
        .filter_map(|view| if let ViewKind::Rules(file) = &view.kind { Some((view, file)) } else { None })
        .flat_map(|(view, file)| file.rules().map(move |rule| (view, file, rule)))
}

fn pieces<'a>(views: &'a [View<'a>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for view in views {
        match &view.kind {
            ViewKind::Rules(file) | ViewKind::LokiRules(file) => {
                let rules: Vec<_> = file.rules().collect();
                pieces.extend(rules.chunks(CHUNK).map(|chunk| Piece::Rules { view, file, rules: chunk.to_vec() }));
            }
            ViewKind::Dashboard(dashboard) => pieces.push(Piece::Dashboard { view, dashboard }),
            _ => {}
        }
    }
    pieces
}

/// Judges a piece; returns its queries but those of recording rules, with their trees if they are to be kept.
fn judge_piece<'a>(piece: &Piece<'a>, recorded: &[Query<'a>], context: &Context<'_>, keep: bool) -> (Vec<Diagnostic>, Vec<Query<'a>>) {
    let mut found = Vec::new();
    let mut queries: Vec<Query<'a>> = match piece {
        // What Loki evaluates is no PromQL.
        Piece::Rules { view: View { kind: ViewKind::LokiRules(_), .. }, .. } => Vec::new(),
        Piece::Rules { view, file, rules } => {
            rules.iter().filter(|r| r.is_alert()).filter_map(|rule| Query::of_rule(file, rule, view.text)).collect()
        }
        Piece::Dashboard { view, dashboard } => {
            let targets = dashboard.panels.iter().flat_map(|panel| panel.targets.iter().map(move |target| (panel, target)));
            targets.filter_map(|(panel, target)| Query::of_target(dashboard, panel, target, view.text)).collect()
        }
    };
    match piece {
        Piece::Rules { view, file, rules } => {
            let mut own = queries.iter().peekable();
            let mut texts = AlertTexts::default();
            for rule in rules {
                let query = match rule.expr {
                    Some(expr) if !rule.is_alert() => {
                        recorded.binary_search_by_key(&expr.span, |query| query.node.span).ok().map(|at| &recorded[at])
                    }
                    Some(expr) => own.next_if(|query| query.node.span == expr.span),
                    None => None,
                };
                let before = found.len();
                let subject = RuleView { file, rule, query, text: view.text, texts: texts.of(rule) };
                for rule in context.rules {
                    rule.rule(&subject, context, &mut found);
                }
                name_object(&mut found[before..], || subject.path(""));
                if let Some(query) = query {
                    judge_query(query, context, &mut found);
                }
            }
        }
        Piece::Dashboard { view, dashboard } => {
            for query in &queries {
                judge_query(query, context, &mut found);
            }
            found.extend(written::judge_annotations(dashboard.root, context));
            let subject = DashboardView { dashboard, queries: &queries, view };
            for rule in context.rules {
                rule.dashboard(&subject, context, &mut found);
            }
        }
    }
    if !keep {
        for query in &mut queries {
            query.expr = None;
        }
    }
    queries.shrink_to_fit();
    (found, queries)
}

fn judge_query(query: &Query<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let before = found.len();
    let expression = Expression { query, selectors: query.selectors() };
    for rule in context.rules {
        rule.query(&expression, context, found);
    }
    pages::weaken(&expression.selectors, context.world, &mut found[before..]);
    name_object(&mut found[before..], || query.path());
}

fn judge_document(rule: &dyn Rule, view: &View<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    match &view.kind {
        ViewKind::Prometheus(config) => rule.prometheus(&PrometheusView { config, view }, context, found),
        ViewKind::Alertmanager(config) => rule.alertmanager(&AlertmanagerView { config, view }, context, found),
        ViewKind::Blackbox(modules) => rule.blackbox(&BlackboxView { modules, view }, context, found),
        ViewKind::Collector(config) => rule.collector(&CollectorView { config, view }, context, found),
        _ => {}
    }
}

/// Gives findings that name no object the one they were found at.
fn name_object(found: &mut [Diagnostic], path: impl Fn() -> String) {
    for diagnostic in found.iter_mut().filter(|d| d.path.is_none()) {
        diagnostic.path = Some(path());
    }
}

//! What becomes of findings: they are brought to the files that people wrote, and comments and `obsgen.toml` take some out, or
//! make them graver or less grave.

use crate::diagnostic::Diagnostic;
use crate::formats::Kind;
use crate::formats::dashboard::{Dashboard, Panel, Target};
use crate::lint::run::config::{self, Config, Exception};
use crate::lint::run::embedded;
use crate::lint::run::ignores::{self, UNUSED_IGNORE};
use crate::lint::run::reading::{Files, extension, is_page};
use crate::lint::run::request::Options;
use crate::lint::views::object;
use crate::lint::views::{View, ViewKind};
use crate::source::{Node, Source, SourceId, SourceMap, Span};

/// Takes out what the settings ignore, and reports what of that ignores nothing. `files` are the paths of all sources as
/// they are spelt from the folder of the settings.
pub(in crate::lint) fn except(config: &Config, views: &[View<'_>], files: &[String], diagnostics: &mut Vec<Diagnostic>) {
    let file = |span: Span| files.get(span.source.0 as usize).map_or("", String::as_str);
    for exception in &config.exceptions {
        let mut used = vec![false; exception.rules.len()];
        diagnostics.retain(|diagnostic| {
            let Some(rule) = exception.rules.iter().position(|rule| rule.value == diagnostic.rule) else { return true };
            let covered = exception.path.as_ref().is_none_or(|path| path.is_match(file(diagnostic.span)))
                && (exception.dashboard.is_none() && exception.panel.is_none() && exception.ref_id.is_none()
                    || dashboards(views).any(|(view, dashboard)| covers(exception, view, dashboard, diagnostic.span)));
            used[rule] |= covered;
            !covered
        });
        if !concerns(exception, views, files) {
            continue;
        }
        for (rule, _) in exception.rules.iter().zip(used).filter(|(_, used)| !used) {
            let message = format!("nothing is found by `{}` there", rule.value);
            diagnostics.push(Diagnostic::warning(UNUSED_IGNORE, rule.span, message).help("remove it"));
        }
    }
}

/// Gives findings the levels of the settings, and takes out those that are off.
pub(in crate::lint) fn level(config: &Config, files: &[String], diagnostics: &mut Vec<Diagnostic>) {
    let file = |span: Span| files.get(span.source.0 as usize).map_or("", String::as_str);
    diagnostics.retain_mut(|diagnostic| {
        let Some(said) = config.level(&diagnostic.rule, file(diagnostic.span)) else { return true };
        said.level().inspect(|level| diagnostic.level = *level).is_some()
    });
}

fn dashboards<'a>(views: &'a [View<'a>]) -> impl Iterator<Item = (&'a View<'a>, &'a Dashboard<'a>)> {
    views.iter().filter_map(|view| if let ViewKind::Dashboard(dashboard) = &view.kind { Some((view, dashboard)) } else { None })
}

fn contains(node: &Node, span: Span) -> bool {
    node.span.source == span.source && node.span.start <= span.start && span.end <= node.span.end
}

fn is(node: &Node, key: &str, wanted: &str) -> bool {
    node.get(key).and_then(Node::as_str) == Some(wanted)
}

fn covers(exception: &Exception, view: &View<'_>, dashboard: &Dashboard<'_>, span: Span) -> bool {
    let panel = |panel: &Panel<'_>| match &exception.panel {
        Some(wanted) => (is(panel.node, "title", wanted) || is(panel.node, "id", wanted)) && contains(panel.node, span),
        None => contains(panel.node, span),
    };
    let target = |target: &Target<'_>| match &exception.ref_id {
        Some(wanted) => is(target.node, "refId", wanted) && contains(target.node, span),
        None => true,
    };
    contains(view.root, span)
        && exception.dashboard.as_ref().is_none_or(|uid| dashboard.uid.and_then(Node::as_str) == Some(uid))
        && ((exception.panel.is_none() && exception.ref_id.is_none())
            || dashboard.panels.iter().any(|p| panel(p) && (exception.ref_id.is_none() || p.targets.iter().any(target))))
}

/// Whether what an exception is about is among the inputs at all.
fn concerns(exception: &Exception, views: &[View<'_>], files: &[String]) -> bool {
    let file = exception
        .path
        .as_ref()
        .is_none_or(|path| views.iter().any(|view| files.get(view.source.0 as usize).is_some_and(|file| path.is_match(file))));
    let dashboard = exception
        .dashboard
        .as_ref()
        .is_none_or(|uid| dashboards(views).any(|(_, dashboard)| dashboard.uid.and_then(Node::as_str) == Some(uid)));
    file && dashboard
}

/// Names what was found, brings it to the files that people wrote, and takes out what they have judged themselves.
pub(in crate::lint) fn settle_all(
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
        except(config, views, &paths, diagnostics);
    }
    embedded::bring_back(&files.mounts, sources, diagnostics);
    sort(diagnostics);
    let judged = files.read.iter().zip(known).filter(|(_, known)| **known).flat_map(|(documents, _)| &documents.roots);
    ignore(false, &judged.collect::<Vec<_>>(), diagnostics);
    if let Some((_, (config, mut found))) = settings {
        level(&config, &paths, diagnostics);
        diagnostics.append(&mut found);
    }
    sort(diagnostics);
    // What one document is read for twice is said once.
    diagnostics.dedup_by(|one, other| one.span == other.span && one.rule == other.rule && one.message == other.message);
}

/// By file in the order given, by place, the gravest first.
fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.span.source, d.span.start, d.span.end, std::cmp::Reverse(d.level));
        key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule)).then_with(|| a.message.cmp(&b.message))
    });
}

//! The inputs, read: each file by its language, and the texts that stand inside files.

use crate::diagnostic::Diagnostic;
use crate::formats::{self, Kind};
use crate::lint::run::embedded::{self, Mount, Part};
use crate::lint::views::library;
use crate::lint::world::declared::Catalogue;
use crate::lint::world::pages;
use crate::source::{
    Documents, Forms, INVALID_ALLOY, INVALID_JSON, INVALID_TOML, INVALID_YAML, Source, SourceId, SourceMap, read_alloy, read_comments,
    read_json, read_toml, read_yaml, read_yaml_by_form,
};

/// All that was read: the files of the inputs, then the texts inside them.
pub(in crate::lint) struct Files<'a> {
    /// What was read, by source.
    pub(in crate::lint) read: Vec<&'a Documents>,
    /// The documents, by source.
    pub(in crate::lint) parts: Vec<&'a Vec<Part<'a>>>,
    /// The texts inside files, whose sources come after those of the files.
    pub(in crate::lint) mounts: Vec<Mount>,
    /// Whether each file was asked for by name.
    pub(in crate::lint) named: Vec<bool>,
    /// The settings, behind those.
    pub(in crate::lint) settings: Option<SourceId>,
    /// Pages of metrics to judge by, the last sources, with their jobs.
    pub(in crate::lint) pages: Vec<(SourceId, Option<&'a str>)>,
}

pub(in crate::lint) fn parts_of(read: &[Documents]) -> Vec<Vec<Part<'_>>> {
    read.iter().map(|documents| documents.roots.iter().flat_map(embedded::parts).collect()).collect()
}

impl Files<'_> {
    /// The file that a source is, or stands in.
    pub(in crate::lint) fn outer(&self, source: SourceId) -> SourceId {
        self.mounts.iter().find(|mount| mount.source == source).map_or(source, |mount| mount.outer)
    }
}

pub(in crate::lint) fn read_one(sources: &SourceMap, id: SourceId, forms: Option<&Forms>) -> Documents {
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
    let read_yaml = |sources, id| forms.map_or_else(|| read_yaml(sources, id), |forms| read_yaml_by_form(sources, id, forms));
    let source = sources.get(id);
    let extension = extension(source);
    if is_page(&source.text, extension) {
        return read_comments(sources, id);
    }
    // A template of notifications, of a chart, or of something else that is none of ours.
    let is_template = || source.text.trim_start().starts_with("{{");
    match extension {
        _ if library::is_file(source) => read_comments(sources, id),
        "json" => read_json(sources, id),
        "yml" | "yaml" if is_template() => read_comments(sources, id),
        "yml" | "yaml" => read_yaml(sources, id),
        "toml" => read_toml(sources, id),
        "alloy" => read_alloy(sources, id),
        _ if is_template() => read_comments(sources, id),
        _ if source.text.trim_start().starts_with('{') => read_json(sources, id),
        _ if formats::logs::looks_like_alloy(&source.text) => read_alloy(sources, id),
        _ => read_yaml(sources, id),
    }
}

pub(in crate::lint) fn extension(source: &Source) -> &str {
    source.path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Findings about a text that could not be read.
pub(in crate::lint) const BROKEN: &[&str] = &[INVALID_YAML, INVALID_JSON, INVALID_TOML, INVALID_ALLOY];

/// Whether a text is a page of metrics rather than a document.
pub(in crate::lint) fn is_page(text: &str, extension: &str) -> bool {
    !matches!(extension, "json" | "yml" | "yaml" | "toml" | "alloy") && formats::recognise_text(text) == Some(Kind::Exposition)
}

/// Every page of metrics, those among the files first; what is wrong with one is found in either. A page that is given for a job and
/// lies among the files, too, is one page: that of the job.
pub(in crate::lint) fn read_pages(
    sources: &SourceMap,
    files: &Files<'_>,
    known: &mut [bool],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Catalogue> {
    let mut all = Vec::new();
    let mut given = files.pages.clone();
    for ((id, source), documents) in sources.iter().zip(&files.read) {
        if is_page(&source.text, extension(source)) {
            known[files.outer(id).0 as usize] = true;
            diagnostics.extend(documents.diagnostics.iter().cloned());
            let same = given.iter().position(|(page, job)| job.is_some() && sources.get(*page).text == source.text);
            let job = same.and_then(|place| given.remove(place).1);
            all.push(pages::read(sources, id, job, true));
        }
    }
    all.extend(given.iter().map(|(id, job)| pages::read(sources, *id, *job, false)));
    let mut catalogues = Vec::with_capacity(all.len());
    for (catalogue, found) in all {
        catalogues.push(catalogue);
        diagnostics.extend(found);
    }
    pages::merge(&mut catalogues);
    catalogues
}

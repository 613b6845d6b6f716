//! Templates that files define, as an Alertmanager loads them, and what they are given by those who call them.

use std::collections::{BTreeSet, HashMap};

use crate::lint::template::notification::{Call, Define, Given, Subject, read_given};
use crate::lint::views::View;
use crate::lint::views::loading::{Patterns, loads};
use crate::source::{Node, Source, SourceId, SourceMap};

/// The files of an Alertmanager that define templates.
pub struct Library<'a> {
    /// Those among the inputs.
    pub files: Vec<(SourceId, &'a str)>,
    /// Whether each file that is named by its whole name is among them, and none by a pattern.
    pub is_whole: bool,
    /// Whether there are files for each pattern, all of which lie beside the configuration.
    pub is_covered: bool,
    /// What is defined, in files and in receivers.
    pub defined: HashMap<String, Defined>,
}

/// A template that is defined.
#[derive(Clone, Debug)]
pub struct Defined {
    /// The fields that it reads of what it is given.
    pub reads: Vec<String>,
    /// What all who call it give to it.
    pub given: Subject,
    /// Whether anybody calls it.
    pub is_called: bool,
    /// The labels of the group that it shows, itself or by what it calls, where it is given a notification.
    pub groups: Vec<String>,
}

/// Whether a file holds templates of notifications, judged by its name and content.
pub fn is_file(source: &Source) -> bool {
    source.path.rsplit_once('.').is_some_and(|(_, extension)| extension == "tmpl")
        && ["{{ define \"", "{{define \"", "{{- define \"", "{{ define `"].iter().any(|start| source.text.contains(start))
}

/// The files of templates that an Alertmanager loads.
pub fn files<'a>(sources: &'a SourceMap, config: &View<'_>) -> Vec<(SourceId, &'a Source)> {
    let list = config.root.get("templates").and_then(Node::as_sequence).unwrap_or_default();
    let patterns = Patterns::new(config, list);
    sources.iter().filter(|(_, source)| is_file(source) && patterns.load(&source.path)).collect()
}

impl<'a> Library<'a> {
    /// What the files of an Alertmanager and the texts of its receivers define.
    pub fn new(sources: &'a SourceMap, config: &View<'_>, texts: &[&str]) -> Self {
        let files: Vec<(SourceId, &str)> = files(sources, config).into_iter().map(|(id, source)| (id, source.text.as_ref())).collect();
        let patterns: Vec<&str> = config.root.items_of("templates").filter_map(Node::as_str).collect();
        let is_whole = patterns.len() == files.len() && patterns.iter().all(|pattern| !pattern.contains(['*', '?', '[', '$', '{']));
        let is_beside = |pattern: &&str| !pattern.starts_with(['/', '.']) && !pattern.contains(['$', '{']);
        let has_file = |pattern: &&str| files.iter().any(|(id, _)| loads(config, pattern, &sources.get(*id).path));
        let is_covered = !patterns.is_empty() && patterns.iter().all(|pattern| is_beside(pattern) && has_file(pattern));
        let mut library = Self { is_whole, is_covered, defined: HashMap::new(), files };
        let all: Vec<&str> = library.files.iter().map(|(_, text)| *text).chain(texts.iter().copied()).collect();
        // What one is given is known once it is known what those are given that call it.
        for _ in 0..4 {
            library.look(&all);
        }
        library
    }

    fn look(&mut self, texts: &[&str]) {
        let (mut defines, mut calls): (Vec<Define>, Vec<Call>) = (Vec::new(), Vec::new());
        let mut shown: HashMap<String, Vec<String>> = HashMap::new();
        for found in texts.iter().filter_map(|text| read_given(text, &|name| self.given(name)).ok()) {
            let mut groups = vec![BTreeSet::new(); found.defined.len()];
            for (inside, label) in found.fields.iter().filter_map(|field| Some((field.inside?, field.group_label()?))) {
                groups[inside].insert(label.to_owned());
            }
            for (inside, call) in found.used.iter().filter_map(|call| Some((call.inside?, call))) {
                groups[inside].extend(self.groups(call).iter().cloned());
            }
            for (define, all) in found.defined.iter().zip(groups) {
                shown.insert(define.name.clone(), all.into_iter().collect());
            }
            defines.extend(found.defined);
            calls.extend(found.used);
        }
        // What all calls of a name give it, and `Other` where they do not agree.
        let mut given: HashMap<&str, Subject> = HashMap::new();
        for call in &calls {
            let subject = match call.given {
                Given::Subject(subject) => subject,
                Given::Nothing => Subject::Other,
            };
            given.entry(&call.name).and_modify(|all| *all = if *all == subject { subject } else { Subject::Other }).or_insert(subject);
        }
        let of = |name: &str| (given.get(name).copied().unwrap_or(Subject::Other), given.contains_key(name));
        self.defined = defines
            .into_iter()
            .map(|define| {
                let (given, is_called) = of(&define.name);
                let groups = shown.remove(&define.name).unwrap_or_default();
                (define.name, Defined { reads: define.reads, given, is_called, groups })
            })
            .collect();
    }

    /// The labels of the group that a called template shows, where it is given a notification.
    pub fn groups(&self, call: &Call) -> &[String] {
        let is_data = call.given == Given::Subject(Subject::Data);
        self.defined.get(&call.name).filter(|_| is_data).map_or(&[], |defined| &defined.groups)
    }

    /// What all who call a template give to it.
    pub fn given(&self, name: &str) -> Subject {
        self.defined.get(name).map_or(Subject::Other, |defined| defined.given)
    }
}

//! What a run is given, and what comes of it.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::world::declared::Catalogue;
use crate::lint::world::pages::Page;
use crate::source::{Forms, Node, SourceMap};

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

//! `obsgen.toml`: how grave each rule is, for all files or for some, and what is ignored where no comment can stand.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::rules;
use crate::source::{Entries, Lenient, MISSING_KEY, OneOrMany, SourceId, SourceMap, Span, Spanned, decode, read_toml};

/// A value of `obsgen.toml` that means nothing.
pub const INVALID_CONFIG: &str = "invalid-config";

/// What `obsgen.toml` holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "obsgen settings")]
#[serde(default)]
struct Written {
    /// The level of each rule by its id, for all files.
    levels: Lenient<Entries<LevelName>>,
    /// Levels for some files only; the last entry that fits counts.
    paths: Lenient<Vec<Lenient<PathLevels>>>,
    /// Findings that are known, judged and kept; for files that have no comments, such as dashboards.
    ignore: Lenient<Vec<Lenient<Ignored>>>,
}

impl Default for Written {
    fn default() -> Self {
        Self { levels: Lenient::Missing, paths: Lenient::Missing, ignore: Lenient::Missing }
    }
}

/// Levels for some files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct PathLevels {
    /// One glob or several, counted from the folder of this file; one that ends in `/` means all below.
    glob: Lenient<OneOrMany<Spanned<String>>>,
    /// The level of each rule by its id; `all` stands for every rule.
    levels: Lenient<Entries<LevelName>>,
}

/// Something to ignore.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct Ignored {
    /// One rule or several.
    rule: Lenient<OneOrMany<Spanned<String>>>,
    /// Why it is right to ignore it.
    reason: Lenient<String>,
    /// The `uid` of a dashboard.
    #[serde(default)]
    dashboard: Lenient<String>,
    /// The title or the id of a panel.
    #[serde(default)]
    panel: Lenient<Label>,
    /// The `refId` of a query.
    #[serde(default)]
    ref_id: Lenient<String>,
    /// A glob for files, counted from the folder of this file.
    #[serde(default)]
    path: Lenient<String>,
}

/// Text, or a number that stands for it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "StringOrNumber")]
struct Label(String);

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is asked for")]
enum StringOrNumber {
    String(String),
    Number(u64),
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A number is read as the text it was written as.
        String::deserialize(deserializer).map(Self)
    }
}

/// How grave a rule is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::lint) enum LevelName {
    /// It is not reported.
    Off,
    /// Worth knowing.
    Info,
    /// It misleads, or it will hurt.
    Warning,
    /// It cannot work.
    Error,
}

impl LevelName {
    /// The level; `None` where it is off.
    pub(in crate::lint) fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::Info => Some(Level::Info),
            Self::Warning => Some(Level::Warning),
            Self::Error => Some(Level::Error),
        }
    }
}

/// The JSON Schema of `obsgen.toml`.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Written>()
}

/// What to ignore, ready to be asked.
#[derive(Debug)]
pub(in crate::lint) struct Exception {
    /// The rules, each with its place.
    pub(in crate::lint) rules: Vec<Spanned<String>>,
    /// The `uid` of a dashboard.
    pub(in crate::lint) dashboard: Option<String>,
    /// The title or the id of a panel.
    pub(in crate::lint) panel: Option<String>,
    /// The `refId` of a query.
    pub(in crate::lint) ref_id: Option<String>,
    /// The files.
    pub(in crate::lint) path: Option<GlobSet>,
}

/// The settings, ready to be asked.
#[derive(Debug, Default)]
pub(in crate::lint) struct Config {
    levels: HashMap<String, LevelName>,
    paths: Vec<(GlobSet, HashMap<String, LevelName>)>,
    /// What to ignore.
    pub(in crate::lint) exceptions: Vec<Exception>,
}

impl Config {
    /// What is said of a rule's findings in a file.
    pub(in crate::lint) fn level(&self, rule: &str, file: &str) -> Option<LevelName> {
        let of = |levels: &HashMap<String, LevelName>| levels.get(rule).or_else(|| levels.get("all")).copied();
        let here = self.paths.iter().rev().filter(|(glob, _)| glob.is_match(file)).find_map(|(_, levels)| of(levels));
        here.or_else(|| self.levels.get(rule).copied())
    }
}

/// Reads the settings, with everything that is wrong with them.
pub(in crate::lint) fn read(sources: &SourceMap, id: SourceId, other_rules: &[&str]) -> (Config, Vec<Diagnostic>) {
    let documents = read_toml(sources, id);
    let mut diagnostics = documents.diagnostics;
    let (mut written, mut found) = (None, Vec::new());
    if let Some(root) = documents.roots.first() {
        (written, found) = decode::<Written>(root, INVALID_CONFIG);
    }
    for diagnostic in found.iter_mut().filter(|d| d.rule == MISSING_KEY) {
        diagnostic.help = diagnostic.message.split('`').nth(1).map(|key| format!("add `{key} = …`"));
    }
    diagnostics.append(&mut found);
    let mut reader = Reader { diagnostics, other_rules };
    let config = reader.config(&written.unwrap_or_default());
    (config, reader.diagnostics)
}

struct Reader<'a> {
    diagnostics: Vec<Diagnostic>,
    other_rules: &'a [&'a str],
}

impl Reader<'_> {
    fn config(&mut self, written: &Written) -> Config {
        let levels = written.levels.value().map(|levels| self.levels(levels, false)).unwrap_or_default();
        let mut paths = Vec::new();
        for entry in written.paths.value().into_iter().flatten().filter_map(Lenient::value) {
            let levels = entry.levels.value().map(|levels| self.levels(levels, true)).unwrap_or_default();
            let globs: Vec<&Spanned<String>> = entry.glob.value().into_iter().flatten().collect();
            paths.extend(self.globs(&globs).map(|globs| (globs, levels)));
        }
        let ignored: Vec<&Spanned<Ignored>> = written.ignore.value().into_iter().flatten().filter_map(Lenient::valid).collect();
        Config { levels, paths, exceptions: ignored.into_iter().filter_map(|ignored| self.exception(ignored)).collect() }
    }

    fn levels(&mut self, levels: &Entries<LevelName>, all: bool) -> HashMap<String, LevelName> {
        let mut known = HashMap::new();
        for (rule, level) in levels.valid() {
            if (all && rule.value == "all") || self.knows(rule) {
                known.insert(rule.value.clone(), level.value);
            }
        }
        known
    }

    fn exception(&mut self, ignored: &Spanned<Ignored>) -> Option<Exception> {
        let text = |value: &Lenient<String>| value.value().cloned();
        let rules: Vec<Spanned<String>> = ignored.rule.value().into_iter().flatten().filter(|rule| self.knows(rule)).cloned().collect();
        if let Some(reason) = ignored.reason.valid().filter(|reason| reason.value.trim().is_empty()) {
            let diagnostic = Diagnostic::error(INVALID_CONFIG, reason.span, "this reason is empty");
            self.diagnostics.push(diagnostic.help("say why it is right to ignore this, for whoever meets it next"));
        }
        let path = match ignored.path.valid() {
            Some(path) => Some(self.globs(&[path])?),
            None => None,
        };
        let dashboard = text(&ignored.dashboard);
        if dashboard.is_none() && path.is_none() && ignored.dashboard.is_missing() && ignored.path.is_missing() {
            let span = ignored.rule.span().unwrap_or(ignored.span);
            let diagnostic = Diagnostic::error(INVALID_CONFIG, span, "this does not say where to ignore it");
            self.diagnostics
                .push(diagnostic.help("add `dashboard = \"<uid>\"` or `path = \"<glob>\"`; for all files, set its level to `off`"));
            return None;
        }
        let panel = ignored.panel.value().map(|label| label.0.clone());
        Some(Exception { rules, dashboard, panel, ref_id: text(&ignored.ref_id), path })
    }

    /// Whether there is such a rule; says so where there is none.
    fn knows(&mut self, rule: &Spanned<String>) -> bool {
        let known = rules::all().map(|rule| rule.meta().id);
        let known = known.chain(rules::SHAPES.iter().map(|(id, ..)| *id)).chain(self.other_rules.iter().copied());
        let known: Vec<&str> = known.collect();
        if known.contains(&rule.value.as_str()) {
            return true;
        }
        let help = did_you_mean(&rule.value, known)
            .map_or_else(|| "`obsgen lint --list` prints all rules".to_owned(), |meant| format!("did you mean `{meant}`?"));
        let message = format!("there is no rule `{}`", rule.value);
        self.diagnostics.push(Diagnostic::error(INVALID_CONFIG, rule.span, message).help(help));
        false
    }

    fn globs(&mut self, globs: &[&Spanned<String>]) -> Option<GlobSet> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let text = glob.value.trim_start_matches("./");
            let all_below = text.ends_with('/').then(|| format!("{text}**"));
            match GlobBuilder::new(all_below.as_deref().unwrap_or(text)).literal_separator(true).build() {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => {
                    self.bad_glob(glob.span, error.kind());
                    return None;
                }
            }
        }
        set.build().ok()
    }

    fn bad_glob(&mut self, span: Span, why: &globset::ErrorKind) {
        let diagnostic = Diagnostic::error(INVALID_CONFIG, span, format!("this is no glob: {why}"));
        self.diagnostics.push(diagnostic.help("`*` stands for anything but `/`, `**` for folders, `{a,b}` for either"));
    }
}

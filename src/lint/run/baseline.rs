//! A baseline: findings that were there when somebody began to lint, and are not shown until they are gone.
//!
//! Entries are fingerprints with a count, so moved lines change nothing and a second finding of the same kind is new.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::source::{Lenient, SourceId, SourceMap, Spanned, decode, read_json};

/// The id of the finding about an entry that nothing corresponds to any more.
pub const STALE_BASELINE: &str = "stale-baseline";
/// The id of what is wrong with the file itself.
pub const INVALID_BASELINE: &str = "invalid-baseline";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    version: Lenient<u32>,
    findings: Lenient<Vec<Lenient<Entry>>>,
}

/// The file, and what it is about, are for people and for diffs; the fingerprint is what counts.
#[derive(Debug, Deserialize)]
struct Entry {
    fingerprint: Spanned<String>,
    rule: String,
    file: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    count: Lenient<usize>,
}

#[derive(Serialize)]
struct Fresh<'a> {
    version: u32,
    findings: Vec<FreshEntry<'a>>,
}

#[derive(Serialize)]
struct FreshEntry<'a> {
    fingerprint: String,
    rule: &'a str,
    file: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    object: &'a str,
    count: usize,
}

/// What was known of old.
#[derive(Debug)]
pub struct Baseline {
    entries: Vec<Entry>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// What is wrong with it, at its place.
    pub fn read(sources: &SourceMap, id: SourceId) -> Result<Self, Vec<Diagnostic>> {
        let mut documents = read_json(sources, id);
        let (written, mut found) = match documents.roots.first() {
            Some(root) if documents.diagnostics.is_empty() => decode::<Written>(root, INVALID_BASELINE),
            _ => (None, Vec::new()),
        };
        found.append(&mut documents.diagnostics);
        let written = written.unwrap_or_default();
        if found.is_empty() && written.version.value() != Some(&1) {
            let start = crate::source::Span::new(id, 0..0);
            found.push(
                Diagnostic::error(INVALID_BASELINE, start, "this is no baseline that this obsgen can read")
                    .help("write it anew with `--write-baseline`"),
            );
        }
        let entries = written.findings.into_valid().map(|entries| entries.value).unwrap_or_default();
        let entries = entries.into_iter().filter_map(Lenient::into_valid).map(|entry| entry.value).collect();
        if found.is_empty() { Ok(Self { entries }) } else { Err(found) }
    }

    /// Takes out what is known of old, and adds a remark for each entry of a judged file that nothing corresponds to.
    pub fn apply(&self, sources: &SourceMap, judged: &[String], diagnostics: &mut Vec<Diagnostic>) {
        let mut left: HashMap<&str, usize> = HashMap::new();
        for entry in &self.entries {
            *left.entry(entry.fingerprint.as_str()).or_default() += entry.count.value().copied().unwrap_or(1);
        }
        diagnostics.retain(|diagnostic| match left.get_mut(diagnostic.fingerprint(sources).as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        let judged: HashSet<&str> = judged.iter().map(|path| path.trim_start_matches("./")).collect();
        for entry in self.entries.iter().filter(|entry| judged.contains(entry.file.as_str())) {
            if left.remove(entry.fingerprint.as_str()).is_some_and(|count| count > 0) {
                let what = if entry.object.is_empty() { &entry.file } else { &entry.object };
                let message = format!("`{}` is found less often in `{what}` than this entry says", entry.rule);
                diagnostics.push(
                    Diagnostic::info(STALE_BASELINE, entry.fingerprint.span, message)
                        .help("write the baseline anew with `--write-baseline`"),
                );
            }
        }
    }
}

/// Findings as a baseline.
pub fn text(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut entries: BTreeMap<(&str, &str, &str, String), usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let file = sources.get(diagnostic.span.source).path.trim_start_matches("./");
        let object = diagnostic.object.as_deref().or(diagnostic.path.as_deref()).unwrap_or("");
        *entries.entry((file, object, diagnostic.rule.as_ref(), diagnostic.fingerprint(sources))).or_default() += 1;
    }
    let findings =
        entries.into_iter().map(|((file, object, rule, fingerprint), count)| FreshEntry { fingerprint, rule, file, object, count });
    // Plain text and numbers can always be written.
    serde_json::to_string_pretty(&Fresh { version: 1, findings: findings.collect() }).unwrap_or_default() + "\n"
}

//! Which files the `rule_files` of a Prometheus load. Large sets name thousands of files one by one: each is found by its path.

use std::collections::{HashMap, HashSet};

use crate::lint::views::View;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

/// Files that a pattern may load.
pub struct Files<'a> {
    all: Vec<&'a View<'a>>,
    /// The first with each path.
    paths: HashMap<&'a str, &'a View<'a>>,
    /// The first whose path ends in each name.
    names: HashMap<&'a str, &'a View<'a>>,
    /// The same, of absolute paths.
    absolute: HashMap<&'a str, &'a View<'a>>,
}

impl<'a> Files<'a> {
    /// These files.
    pub fn new(files: impl Iterator<Item = &'a View<'a>>) -> Self {
        let mut known = Self { all: files.collect(), paths: HashMap::new(), names: HashMap::new(), absolute: HashMap::new() };
        for view in &known.all {
            known.paths.entry(view.file).or_insert(view);
            known.names.entry(name(view.file)).or_insert(view);
            if view.file.starts_with('/') {
                known.absolute.entry(name(view.file)).or_insert(view);
            }
        }
        known
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &'a View<'a>> {
        self.all.iter().copied()
    }

    /// One that a pattern of a configuration loads. What is no text may load any.
    pub fn loaded(&self, config: &View<'_>, glob: &Node) -> Option<&'a View<'a>> {
        let Some(pattern) = glob.as_str().map(plain) else { return self.all.first().copied() };
        match target(config, pattern) {
            Target::File(path) => {
                let elsewhere = || self.absolute.get(name(pattern)).filter(|_| !config.file.starts_with('/'));
                self.paths.get(path.as_str()).or_else(elsewhere).copied()
            }
            Target::Name(name) => self.names.get(name).copied(),
            Target::Many => self.iter().find(|view| loads(config, pattern, view.file)),
        }
    }
}

/// The patterns of a configuration.
pub struct Patterns<'a> {
    config: &'a View<'a>,
    /// The paths that they name.
    paths: HashSet<String>,
    /// The last parts of those, which are all that is compared where the paths begin at two places.
    beside: HashSet<&'a str>,
    /// The last parts of paths of which nothing else is compared.
    names: HashSet<&'a str>,
    others: Vec<&'a str>,
    /// Whether one is no text, so that it may load anything.
    is_unknown: bool,
}

impl<'a> Patterns<'a> {
    /// The patterns that a configuration lists.
    pub fn new(config: &'a View<'a>, globs: &'a [Node]) -> Self {
        let mut all =
            Self { config, paths: HashSet::new(), beside: HashSet::new(), names: HashSet::new(), others: Vec::new(), is_unknown: false };
        for glob in globs {
            let Some(pattern) = glob.as_str().map(plain) else {
                all.is_unknown = true;
                continue;
            };
            match target(config, pattern) {
                Target::File(path) => {
                    all.paths.insert(path);
                    all.beside.insert(name(pattern));
                }
                Target::Name(name) => drop(all.names.insert(name)),
                Target::Many => all.others.push(pattern),
            }
        }
        all
    }

    /// Whether one of them names this very file.
    pub fn name(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether any of them loads a file.
    pub fn load(&self, path: &str) -> bool {
        self.is_unknown
            || self.paths.contains(path)
            || self.names.contains(name(path))
            || (!lie_together(self.config, path) && self.beside.contains(name(path)))
            || self.others.iter().any(|pattern| loads(self.config, pattern, path))
    }
}

/// What a pattern without wildcards names.
enum Target<'p> {
    /// One file.
    File(String),
    /// Files with this last part: where the folder lies is not known.
    Name(&'p str),
    /// It has wildcards.
    Many,
}

fn target<'p>(config: &View<'_>, pattern: &'p str) -> Target<'p> {
    if pattern.contains(WILD) {
        Target::Many
    } else if pattern.starts_with('/') || pattern.starts_with("..") {
        Target::Name(name(pattern))
    } else {
        Target::File(format!("{}{pattern}", folder(config.file)))
    }
}

/// Whether a pattern of a configuration loads the file at a path. Of an absolute pattern only the last part is compared.
pub fn loads(config: &View<'_>, pattern: &str, path: &str) -> bool {
    let same_name = || glob_matches(name(pattern), name(path));
    if pattern.starts_with('/') {
        return glob_matches(pattern, path) || same_name();
    }
    if !lie_together(config, path) || pattern.starts_with("..") {
        return same_name();
    }
    path.strip_prefix(folder(config.file)).is_some_and(|path| glob_matches(pattern, path))
}

/// Whether the paths of a configuration and of a file begin at one place, so that the one tells where the other lies.
fn lie_together(config: &View<'_>, path: &str) -> bool {
    config.file.starts_with('/') == path.starts_with('/')
}

const WILD: [char; 4] = ['*', '?', '[', '\\'];

fn plain(pattern: &str) -> &str {
    pattern.strip_prefix("./").unwrap_or(pattern)
}

/// The folder of a path, with its slash.
pub fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// The last part of a path.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Go's `filepath.Match`: `*` and `?` do not cross a slash, `[…]` is a set.
fn glob_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains(WILD) {
        return pattern == path;
    }
    let mut regex = String::new();
    let mut chars = pattern.chars();
    let mut is_set = false;
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '[' => {
                regex.push('[');
                is_set = true;
            }
            ']' => {
                regex.push(']');
                is_set = false;
            }
            // Between two signs of a set it stands for all that lie between them, and before its first for all others.
            '-' | '^' if is_set => regex.push(c),
            '\\' => regex.push_str(&chars.next().map(|escaped| regex::escape(&escaped.to_string())).unwrap_or_default()),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    full_match(&regex, path) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn sets_are_read_as_go_reads_them() {
        for (pattern, path) in [("rules/[a-z]*.yml", "rules/app.yml"), ("rules/[^0-9]*.yml", "rules/app.yml"), ("a\\*.yml", "a*.yml")] {
            assert!(glob_matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("rules/[a-z]*.yml", "rules/1app.yml"), ("rules/[az].yml", "rules/m.yml"), ("a\\*.yml", "ab.yml")] {
            assert!(!glob_matches(pattern, path), "{pattern} {path}");
        }
    }
}

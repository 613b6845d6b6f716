//! Patterns of `rule_files` that load nothing.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::Kind;
use crate::lint::Context;
use crate::lint::anchored::full_match;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, View, ViewKind};
use crate::source::Node;

rule! {
    /// A pattern of `rule_files` matches none of the rule files among the inputs. Prometheus starts without a word when a
    /// pattern matches nothing.
    ///
    /// Said only where other rule files are among the inputs, and at info of an absolute path or a pattern, for the file may lie
    /// elsewhere. A pattern that cannot be read, or that names a file of another kind, is reported as well.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml, "slo-*.yml"]
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: slo
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: slo
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    /// ```
    EmptyFileGlob, "empty-file-glob", Warning
}

impl Rule for EmptyFileGlob {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let files: Vec<&View<'_>> = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_))).collect();
        if files.is_empty() {
            return;
        }
        let orphan = |file: &&&View<'_>| {
            file.file.starts_with(folder(view.view.file)) && !view.config.rule_files.iter().any(|glob| loads(view.view, glob, file))
        };
        let orphan = files.iter().find(orphan);
        for (index, glob) in view.config.rule_files.iter().enumerate() {
            if let Some(message) = trouble(glob, &view.config.rule_files[..index], view.view, context) {
                found.push(
                    META.finding(glob.span, message)
                        .path(format!("rule_files[{index}]"))
                        .help("name the rule files, one by one or as `rules/*.yml`"),
                );
                continue;
            }
            if !files.iter().any(|file| loads(view.view, glob, file)) {
                let message = format!("no rule file among the inputs is loaded by {}", glob.describe());
                let plain = glob.as_str().is_some_and(|text| !text.contains(['*', '?', '[']) && !text.starts_with(['/', '.']));
                let level = if plain || orphan.is_some() { Level::Warning } else { Level::Info };
                found.push(
                    META.finding_at(level, glob.span, message)
                        .path(format!("rule_files[{index}]"))
                        .help("correct the pattern, or give that file to lint as well"),
                );
            }
        }
    }
}

/// What is wrong with a pattern whatever it loads.
fn trouble(glob: &Node, before: &[Node], config: &View<'_>, context: &Context<'_>) -> Option<String> {
    let pattern = glob.as_str()?;
    if before.iter().any(|other| other.as_str() == Some(pattern)) {
        return Some(format!("{} is there twice", glob.describe()));
    }
    if pattern.matches('[').count() > pattern.matches(']').count() {
        return Some(format!("{} opens a bracket that does not end", glob.describe()));
    }
    if pattern.contains("**") {
        return Some(format!("{}: `**` is `*` here, and goes no folder deeper", glob.describe()));
    }
    let other = |view: &&View<'_>| !matches!(view.kind, ViewKind::Rules(_) | ViewKind::Other(Kind::RuleTest)) && loads(config, glob, view);
    let other = context.views.iter().find(other).filter(|_| !pattern.contains(['*', '?']))?;
    Some(format!("`{}` is no file of rules", other.file))
}

/// The folder of a path, with its slash.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// Whether a pattern of a configuration loads a file. Of an absolute pattern only the last part is compared.
pub(in crate::lint) fn loads(config: &View<'_>, glob: &Node, file: &View<'_>) -> bool {
    let Some(pattern) = glob.as_str() else { return true };
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let same_name = || glob_matches(name(pattern), name(file.file));
    if pattern.starts_with('/') != file.file.starts_with('/') || pattern.starts_with("..") {
        return same_name();
    }
    if pattern.starts_with('/') {
        return glob_matches(pattern, file.file) || same_name();
    }
    file.file.strip_prefix(folder(config.file)).is_some_and(|path| glob_matches(pattern, path))
}

/// The last part of a path.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Go's `filepath.Match`: `*` and `?` do not cross a slash, `[…]` is a set.
fn glob_matches(pattern: &str, path: &str) -> bool {
    // Large sets name their files one by one.
    if !pattern.contains(['*', '?', '[', '\\']) {
        return pattern == path;
    }
    let mut regex = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '[' => regex.push('['),
            ']' => regex.push(']'),
            '\\' => regex.push_str(&regex::escape(chars.as_str().get(..1).unwrap_or(""))),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    full_match(&regex, path) == Some(true)
}

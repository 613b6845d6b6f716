//! Patterns of `rule_files` that load nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::full_match;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, View, ViewKind};
use crate::source::Node;

rule! {
    /// A pattern of `rule_files` matches none of the rule files among the inputs. Prometheus starts without a word when a
    /// pattern matches nothing.
    ///
    /// Said at info and only where other rule files are among the inputs, for the file may lie elsewhere.
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
    EmptyFileGlob, "empty-file-glob", Info
}

impl Rule for EmptyFileGlob {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let files: Vec<&View<'_>> = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_))).collect();
        if files.is_empty() {
            return;
        }
        for (index, glob) in view.config.rule_files.iter().enumerate() {
            if !files.iter().any(|file| loads(view.view, glob, file)) {
                let message = format!("no rule file among the inputs is loaded by {}", glob.describe());
                found.push(
                    META.finding(glob.span, message)
                        .path(format!("rule_files[{index}]"))
                        .help("correct the pattern, or give that file to lint as well"),
                );
            }
        }
    }
}

/// The folder of a path, with its slash.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// Whether a pattern of a configuration loads a file. Of an absolute pattern only the last part is compared.
pub(in crate::lint) fn loads(config: &View<'_>, glob: &Node, file: &View<'_>) -> bool {
    let Some(pattern) = glob.as_str() else { return true };
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    if pattern.starts_with('/') != file.file.starts_with('/') || pattern.starts_with("..") {
        return glob_matches(&name(pattern), &name(file.file));
    }
    if pattern.starts_with('/') {
        return glob_matches(pattern, file.file) || glob_matches(&name(pattern), &name(file.file));
    }
    file.file.strip_prefix(folder(config.file)).is_some_and(|path| glob_matches(pattern, path))
}

/// Go's `filepath.Match`: `*` and `?` do not cross a slash, `[…]` is a set.
fn glob_matches(pattern: &str, path: &str) -> bool {
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

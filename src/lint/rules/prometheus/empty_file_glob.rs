//! Patterns of `rule_files` that load nothing.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::loading::{Files, Patterns, folder};
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
        let files = Files::new(context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_))));
        if files.is_empty() {
            return;
        }
        let patterns = Patterns::new(view.view, view.config.rule_files);
        let orphan = files.iter().find(|file| file.file.starts_with(folder(view.view.file)) && !patterns.load(file.file));
        let is_other = |view: &&View<'_>| !matches!(view.kind, ViewKind::Rules(_));
        let others = Files::new(context.views.iter().filter(is_other));
        let mut before = HashSet::new();
        for (index, glob) in view.config.rule_files.iter().enumerate() {
            let is_repeated = glob.as_str().is_some_and(|pattern| !before.insert(pattern));
            if let Some(message) = trouble(glob, is_repeated, view.view, &others) {
                found.push(
                    META.finding(glob.span, message)
                        .path(format!("rule_files[{index}]"))
                        .help("name the rule files, one by one or as `rules/*.yml`"),
                );
                continue;
            }
            if files.loaded(view.view, glob).is_none() {
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
fn trouble(glob: &Node, is_repeated: bool, config: &View<'_>, others: &Files<'_>) -> Option<String> {
    let pattern = glob.as_str()?;
    if is_repeated {
        return Some(format!("{} is there twice", glob.describe()));
    }
    if pattern.matches('[').count() > pattern.matches(']').count() {
        return Some(format!("{} opens a bracket that does not end", glob.describe()));
    }
    if pattern.contains("**") {
        return Some(format!("{}: `**` is `*` here, and goes no folder deeper", glob.describe()));
    }
    // Of a pattern for another folder only names are compared, and those of other files may well fit.
    if pattern.contains(['*', '?']) && pattern.starts_with(['/', '.']) {
        return None;
    }
    let other = others.loaded(config, glob)?;
    if pattern.contains(['*', '?']) {
        return Some(format!("{} loads `{}`, too, which is no file of rules, so Prometheus does not start", glob.describe(), other.file));
    }
    Some(format!("`{}` is no file of rules", other.file))
}

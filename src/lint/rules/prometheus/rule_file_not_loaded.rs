//! Rule files that Prometheus does not load.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Prometheus;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::loading::{Patterns, folder};
use crate::lint::views::{View, ViewKind};
use crate::source::Node;

rule! {
    /// A rule file lies beside or below a `prometheus.yml` whose `rule_files` do not name it, so none of its alerts exists.
    ///
    /// Files outside of the configuration's folder and rules for other engines are left alone, and so are those beside a Prometheus
    /// that has neither `rule_files` nor `alerting` and sends its samples on by `remote_write`: they are for what takes the samples. Of
    /// an absolute path in `rule_files` only the file name is compared.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: slo.yml
    /// groups:
    ///   - name: slo
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: ["s*.yml"]
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: slo.yml
    /// groups:
    ///   - name: slo
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    /// ```
    RuleFileNotLoaded, "rule-file-not-loaded", Warning
}

/// Folders that hold rules for other engines.
const OTHER_ENGINES: &[&str] = &["kubernetes", "mimir", "thanos", "victoriametrics", "loki", "cortex"];

impl Rule for RuleFileNotLoaded {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let configs: Vec<_> = context
            .views
            .iter()
            .filter_map(|view| match &view.kind {
                ViewKind::Prometheus(config) if !config.fragment => Some((view, config, Patterns::new(view, config.rule_files))),
                _ => None,
            })
            .collect();
        for view in context.views {
            let ViewKind::Rules(file) = &view.kind else { continue };
            if file.in_spec
                || view.root.get("namespace").is_some()
                || view.file.split('/').any(|part| OTHER_ENGINES.contains(&part))
                || file.groups.is_empty()
            {
                continue;
            }
            let beside: Vec<_> = configs.iter().filter(|(config, ..)| view.file.starts_with(folder(config.file))).collect();
            let Some((config, first, _)) = beside.first() else { continue };
            // What evaluates nothing and sends everything leaves the rules to what takes it.
            let has = |prometheus: &Prometheus<'_>, key: &str| prometheus.root.entry(key).is_some();
            let only_sends = |prometheus: &Prometheus<'_>| !has(prometheus, "rule_files") && !has(prometheus, "alerting");
            if beside.iter().all(|(_, prometheus, _)| only_sends(prometheus) && !prometheus.remote_write.is_empty()) {
                continue;
            }
            if beside.iter().any(|(.., patterns)| patterns.load(view.file)) {
                continue;
            }
            found.push(report(view, config, first.root));
            found.extend(not_named(view, config, first.root));
        }
    }
}

/// The same, said where the file should be named.
fn not_named(view: &View<'_>, config: &View<'_>, root: &Node) -> Option<Diagnostic> {
    let name = view.file.strip_prefix(folder(config.file)).unwrap_or(view.file);
    let key = root.entry("rule_files").or_else(|| root.entry("global")).map(|(key, _)| key)?;
    let place = view.root.entry("groups").map_or(view.root.span, |(key, _)| key.span);
    let finding = META.finding(key.span, format!("`rule_files` does not load `{name}`, which lies beside it"));
    Some(finding.path("rule_files").related(place, "the rules").help(format!("add `{name}` to `rule_files`")))
}

fn report(view: &View<'_>, config: &View<'_>, root: &Node) -> Diagnostic {
    let name = view.file.strip_prefix(folder(config.file)).unwrap_or(view.file);
    let place = view.root.entry("groups").map_or(view.root.span, |(key, _)| key.span);
    let diagnostic =
        META.finding(place, format!("no `rule_files` of `{}` loads this file, so its rules do not exist", config.file)).path("groups");
    match root.entry("rule_files") {
        Some((key, _)) => diagnostic.related(key.span, "what is loaded").help(format!("add `{name}` to `rule_files`")),
        None => diagnostic.help(format!("add `rule_files: [\"{name}\"]` to `{}`", config.file)),
    }
}

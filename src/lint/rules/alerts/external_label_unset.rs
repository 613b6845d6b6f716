//! Templates that read an external label the server does not have.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::rule_file::RuleFile;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::external_label_reads;
use crate::lint::views::RuleView;
use crate::source::{Node, text_map};

rule! {
    /// A text of an alert reads `$externalLabels.x`, and the prometheus.yml of the inputs sets no external label `x`: the text
    /// is empty there.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { external_labels: { cluster: prod } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="myapp"} == 0
    ///         labels: { severity: critical }
    ///         annotations: { summary: "down in {{ $externalLabels.region }}" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { external_labels: { cluster: prod } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up{job="myapp"} == 0
    ///         labels: { severity: critical }
    ///         annotations: { summary: "down in {{ $externalLabels.cluster }}" }
    /// ```
    ExternalLabelUnset, "external-label-unset", Warning
}

impl Rule for ExternalLabelUnset {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        let Some((labels, set)) = config.external_labels.and_then(|node| Some((node, node.as_mapping()?))).filter(|_| !config.fragment)
        else {
            return;
        };
        let files = context.rule_files();
        let texts = files
            .flat_map(RuleFile::rules)
            .flat_map(crate::formats::rule_file::Rule::annotations)
            .filter_map(|(_, _, value)| Some((value, value.as_str()?)));
        for (value, text) in texts.filter(|(_, text)| text.contains("xternalLabels.")) {
            let name = text.split("xternalLabels.").nth(1).unwrap_or("");
            let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len())];
            if name.is_empty() || labels.get(name).is_some() {
                continue;
            }
            let place = set.first().map_or(labels.span, |(key, _)| key.span);
            let finding = META.finding(place, format!("no external label `{name}` is set, and alerts write it out"));
            found.push(
                finding
                    .path("global.external_labels")
                    .related(value.span, "such as here")
                    .help(format!("set `{name}`, or leave it out there")),
            );
            return;
        }
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        if config.fragment {
            return;
        }
        let set: Vec<&str> = config.external_labels.into_iter().flat_map(Node::entries).map(|(name, ..)| name).collect();
        for text in &view.texts {
            let Some(template) = text.template() else { continue };
            for read in external_label_reads(template, text.text).into_iter().filter(|read| !set.contains(&read.name.as_str())) {
                let help = match did_you_mean(&read.name, set.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("set `{}` under `global.external_labels`, or leave it out", read.name),
                };
                let span = text_map::Map::new(view.text, text.node).span(read.range);
                let message = format!("no external label `{}` is set, so `{}` is empty here", read.name, text.name);
                found.push(META.finding(span, message).help(help));
            }
        }
    }
}

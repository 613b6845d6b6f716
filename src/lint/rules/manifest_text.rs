//! Texts of a manifest that people would read as they do not mean them.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// The texts of a manifest's alerts are plain: a template in them is read as it stands, and a runbook has to be an address. The legend
    /// of a panel has a template for each label, whose braces have to close.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Down: { down: web, summary: "{{ $labels.instance }} is down" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Down: { down: web, summary: "the service is down" } }
    /// ```
    ManifestText, "manifest-text", Warning
}

impl Rule for ManifestText {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            for (name, _, alert) in root.entries_of("alerts") {
                of_alert(name, alert, found);
            }
            for (index, panel) in root.at(["dashboard", "panels"]).into_iter().flat_map(Node::items).enumerate() {
                let open = |(_, text): &(&Node, &str)| text.matches("{{").count() != text.matches("}}").count();
                if let Some((node, _)) = panel.get_str("legend").filter(open) {
                    let finding = META.finding(node.span, format!("the braces of {} do not close", node.describe()));
                    found.push(finding.path(format!("dashboard.panels[{index}].legend")).help("write it as `{{label}}`"));
                }
            }
        }
    }
}

fn of_alert(name: &str, alert: &Node, found: &mut Vec<Diagnostic>) {
    let annotations = alert.entries_of("annotations").map(|(_, _, node)| ("annotations", node));
    let own = ["summary", "description"].into_iter().filter_map(|key| Some((key, alert.get(key)?)));
    let is_template = |node: &Node| node.as_str().is_some_and(|text| text.contains("{{") && text.contains("}}"));
    for (key, node) in own.chain(annotations).filter(|(_, node)| is_template(node)) {
        let finding = META.finding(node.span, "this is plain text, and people will read its braces");
        found.push(finding.path(format!("alerts.{name}.{key}")).help("write it without a template"));
    }
    if let Some((node, _)) = alert.get_str("runbook").filter(|(_, url)| !url.contains("://") && !url.is_empty()) {
        let finding = META.finding(node.span, format!("{} is no address", node.describe()));
        found.push(finding.path(format!("alerts.{name}.runbook")).help("write it with `https://`"));
    }
}

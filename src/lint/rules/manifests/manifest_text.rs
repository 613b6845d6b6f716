//! Texts of a manifest that people would read as they do not mean them.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::hosts::host;
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
        context.each_manifest(found, |root, found| {
            let names: Vec<&str> = root.entries_of("alerts").map(|(name, ..)| name).collect();
            for (name, _, alert) in root.entries_of("alerts") {
                let Some((node, url)) = alert.get_str("runbook") else { continue };
                let last = url.trim_end_matches('/').rsplit(['/', '#']).next().unwrap_or("");
                if last != name && names.contains(&last) {
                    let finding = META.finding(node.span, format!("this is the runbook of `{last}`, and the alert is `{name}`"));
                    found.push(finding.path(format!("alerts.{name}.runbook")).help("name its own, or leave it out"));
                }
            }
            if let Some((node, _)) = root.at(["service", "links"]).and_then(|links| {
                ["dashboard", "logs"]
                    .into_iter()
                    .filter_map(|key| links.get_str(key))
                    .find(|(_, url)| !url.contains("://") && !url.is_empty() && !url.starts_with(['/', '$', '{']))
            }) {
                let finding = META.finding(node.span, format!("{} is no address", node.describe()));
                found.push(finding.path("service.links").help("write it with `https://`"));
            }
            let links = ["runbooks"].into_iter().filter_map(|key| Some((format!("service.{key}"), root.at(["service", key])?)));
            let links = links.chain(
                root.get("service")
                    .into_iter()
                    .flat_map(|service| service.entries_of("links").map(|(key, _, node)| (format!("service.links.{key}"), node))),
            );
            for (path, node) in links {
                let empty =
                    |text: &str| text.split_once("://").is_some_and(|(_, rest)| host(rest).is_empty() && !rest.contains(['$', '{']));
                if node.as_str().is_some_and(empty) {
                    let finding = META.finding(node.span, format!("{} names no host", node.describe()));
                    found.push(finding.path(path).help("write the whole address"));
                }
            }
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
        });
    }
}

fn of_alert(name: &str, alert: &Node, found: &mut Vec<Diagnostic>) {
    let annotations = alert.entries_of("annotations").map(|(_, _, node)| ("annotations", node));
    let own = ["summary", "description"].into_iter().filter_map(|key| Some((key, alert.get(key)?)));
    let is_template = |node: &Node| node.as_str().is_some_and(|text| text.contains("{{"));
    for (key, node) in own.chain(annotations).filter(|(_, node)| is_template(node)) {
        let finding = META.finding(node.span, "this is plain text, and people will read its braces");
        found.push(finding.path(format!("alerts.{name}.{key}")).help("write it without a template"));
    }
    for key in ["summary", "description"] {
        let said = alert.get_str(key).and_then(|(node, text)| Some((node, only_number(text)?)));
        let Some(((node, (said, unit)), (limit, meant))) = said.zip(alert.get_str("above")) else { continue };
        let Some((above, of)) = only_number(meant).filter(|(above, of)| *of == unit && (above - said).abs() > f64::EPSILON) else {
            continue;
        };
        let finding = META.finding(node.span, format!("this says {said}{unit}, and the alert fires above {above}{of}"));
        found.push(finding.path(format!("alerts.{name}.{key}")).related(limit.span, "the limit").help("make the two say the same"));
    }
    for (key, _, node) in alert.entries_of("annotations") {
        let is_link = ["url", "link", "dashboard", "runbook"].iter().any(|word| key.contains(word));
        let is_path = |text: &str| text.contains('/') && !text.contains("://") && !text.contains([' ', '{']) && !text.starts_with('/');
        if is_link && node.as_str().is_some_and(is_path) {
            let finding = META.finding(node.span, format!("{} is no address", node.describe()));
            found.push(finding.path(format!("alerts.{name}.annotations.{key}")).help("write it with `https://`"));
        }
    }
    if let Some((node, _)) = alert.get_str("runbook").filter(|(_, url)| !url.contains("://") && !url.is_empty()) {
        let finding = META.finding(node.span, format!("{} is no address", node.describe()));
        found.push(finding.path(format!("alerts.{name}.runbook")).help("write it with `https://`"));
    }
}

/// The one number with a unit that a text says, as 5 and `%` of "more than 5% fail"; of several nobody knows which is the limit.
fn only_number(text: &str) -> Option<(f64, &str)> {
    const UNITS: &[&str] = &["%", "ms", "s"];
    let mut words =
        text.split(|c: char| c.is_whitespace() || ",;:()".contains(c)).filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let word = words.next()?.trim_end_matches('.');
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = &word[digits.len()..];
    let number = digits.parse().ok()?;
    (UNITS.contains(&unit) && words.next().is_none()).then_some((number, unit))
}

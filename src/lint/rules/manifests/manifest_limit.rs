//! Limits of a manifest that say nothing of how full something is.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// Only a gauge can be full, and only of something else than itself; and an alert on what is full to one hundredth fires on what is
    /// hardly used.
    ///
    /// A metric has more series than it may where one of its labels alone has more values.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { pool_busy: { type: gauge, unit: connections, max: pool_busy } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics:
    ///   pool_busy: { type: gauge, unit: connections, max: pool_size }
    ///   pool_size: { type: gauge, unit: connections }
    /// ```
    ManifestLimit, "manifest-limit", Warning
}

impl Rule for ManifestLimit {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            for (name, _, metric) in root.entries_of("metrics") {
                let values = metric.entries_of("labels").filter_map(|(.., label)| label.get("values")?.as_sequence()).map(<[_]>::len);
                let most = metric.get("max_series").and_then(|node| Some((node, u64::try_from(node.as_i64()?).ok()?)));
                let largest = values.max().unwrap_or(0) as u64;
                if let Some((node, _)) = most.filter(|(_, most)| *most > 0 && *most < largest) {
                    let message = format!("one label alone has {largest} values, and no more than {} series are taken", node.describe());
                    let finding = META.finding(node.span, message).path(format!("metrics.{name}.max_series"));
                    found.push(finding.help("take as many as there are values"));
                }
                let Some(node) = metric.get("max") else { continue };
                let (message, help) = if node.as_str() == Some(name) {
                    ("it is always as full as itself", "name the metric that says its limit")
                } else if metric.get_str("type").is_some_and(|(_, kind)| kind != "gauge") {
                    ("only a gauge can be full", "leave it out")
                } else {
                    continue;
                };
                found.push(META.finding(node.span, message).path(format!("metrics.{name}.max")).help(help));
            }
            for (name, _, alert) in root.entries_of("alerts").filter(|(.., alert)| alert.get("saturation").is_some()) {
                let share = |text: &str| text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                let is_little = |(_, text): &(&Node, &str)| share(text).is_some_and(|share| share > 0.0 && share <= 1.0);
                if let Some((node, _)) = alert.get_str("above").filter(is_little) {
                    let finding = META.finding(node.span, format!("what is hardly used at all is above {}", node.describe()));
                    found.push(finding.path(format!("alerts.{name}.above")).help("write a percentage, as `90%`"));
                }
            }
        });
    }
}

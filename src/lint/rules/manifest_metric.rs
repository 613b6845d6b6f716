//! Units and roles of a manifest's metrics that contradict a name.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// A metric is called after another unit than it is said to have, or a label that is called after a role has another one.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { wait_seconds: { type: gauge, unit: bytes } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// metrics: { wait_seconds: { type: gauge, unit: seconds } }
    /// ```
    ManifestMetric, "manifest-metric", Warning
}

/// Units at the end of a name.
const UNITS: &[&str] = &["seconds", "bytes", "ratio"];

impl Rule for ManifestMetric {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let manifests = context.manifests().map(|view| view.root);
        for (name, _, metric) in manifests.filter_map(|root| root.get("metrics")).flat_map(Node::entries) {
            let stem = name.strip_suffix("_total").unwrap_or(name);
            let own = UNITS.iter().find(|unit| stem.strip_suffix(**unit).is_some_and(|rest| rest.ends_with('_')));
            if let (Some((node, unit)), Some(own)) = (metric.get_str("unit"), own)
                && unit != *own
            {
                let finding = META.finding(node.span, format!("`{name}` is called after {own}, and its unit is {}", node.describe()));
                found.push(finding.path(format!("metrics.{name}.unit")).help(format!("write `unit: {own}`, or rename it")));
            }
            for (label, _, body) in metric.entries_of("labels") {
                let named = match label {
                    "status" | "code" | "status_code" | "http_status" | "http_response_status_code" => "http_status",
                    "method" | "http_method" | "http_request_method" | "verb" => "method",
                    "route" | "http_route" | "path" => "http_route",
                    _ => continue,
                };
                if let Some((node, _)) = body.get_str("role").filter(|(_, role)| *role != named) {
                    let finding = META.finding(node.span, format!("the label `{label}` has the role {}", node.describe()));
                    found.push(finding.path(format!("metrics.{name}.labels.{label}.role")).help(format!("did you mean `{named}`?")));
                }
            }
        }
    }
}

//! Units and roles of a manifest's metrics that contradict a name.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::slip::is_slip_of_value;
use crate::source::Node;

rule! {
    /// A metric is called after another unit than it is said to have, or a label that is called after a role has another one.
    ///
    /// A help that speaks of another unit than the name misleads, and a label that every request has another value of makes a series
    /// of each. A label of one name on two metrics, whose values are the same but for a letter of one, is misspelt on one of them.
    /// A metric that is there on first use cannot be waited for by an alert on its absence, which fires until then.
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
        context.manifests().for_each(|view| {
            sisters(view.root, found);
            awaited(view.root, found);
        });
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
            if let (Some((node, text)), Some(own)) = (metric.get_str("help"), own)
                && let Some(said) = said_unit(text, own)
            {
                let finding = META.finding(node.span, format!("`{name}` is called after {own}, and its help speaks of {said}"));
                found.push(finding.path(format!("metrics.{name}.help")).help("make the two say the same"));
            }
            for (label, _, body) in metric.entries_of("labels") {
                let bounded = ["values", "pattern", "role"].iter().any(|key| body.get(key).is_some()) || metric.get("max_series").is_some();
                if IDS.contains(&label) && !bounded && metric.at(["labels", label]).is_some() {
                    let place = metric.get("labels").and_then(|labels| labels.entry(label)).map_or(body, |(key, _)| key);
                    let finding =
                        META.finding(place.span, format!("`{label}` is another one with every request, and each is a series of its own"));
                    found.push(
                        finding.path(format!("metrics.{name}.labels.{label}")).help("write it into logs and traces, and leave it out here"),
                    );
                }
                let named = match label {
                    "status" | "code" | "status_code" | "http_status" | "http_response_status_code" => "http_status",
                    "method" | "http_method" | "http_request_method" | "verb" => "method",
                    "route" | "http_route" | "path" => "http_route",
                    _ => continue,
                };
                if let Some((node, _)) = body.get_str("role").filter(|(_, role)| *role != named && ROLES.contains(role)) {
                    let finding = META.finding(node.span, format!("the label `{label}` has the role {}", node.describe()));
                    found.push(finding.path(format!("metrics.{name}.labels.{label}.role")).help(format!("did you mean `{named}`?")));
                }
            }
        }
    }
}

/// Roles that there are; of another one the manifest itself is refused.
const ROLES: &[&str] = &["http_status", "http_route", "method"];

/// Labels of one name on several metrics, whose values are the same but for one that is nearly another.
fn sisters(root: &Node, found: &mut Vec<Diagnostic>) {
    let labels = root.entries_of("metrics").flat_map(|(metric, _, body)| body.entries_of("labels").map(move |label| (metric, label)));
    let listed: Vec<(&str, &str, Vec<&Node>)> =
        labels.map(|(metric, (label, _, body))| (metric, label, body.items_of("values").collect())).collect();
    for (metric, label, own) in &listed {
        for (sister, _, others) in listed.iter().filter(|(sister, other, _)| other == label && sister != metric) {
            let lacks = |list: &[&Node], node: &Node| !list.iter().any(|other| other.as_str() == node.as_str());
            let here: Vec<&Node> = own.iter().copied().filter(|node| lacks(others, node)).collect();
            let there: Vec<&Node> = others.iter().copied().filter(|node| lacks(own, node)).collect();
            let ([one], [other]) = (here.as_slice(), there.as_slice()) else { continue };
            let Some((value, meant)) = one.as_str().zip(other.as_str()).filter(|_| own.len() > 1) else { continue };
            if did_you_mean(value, [meant]).is_none() || !is_slip_of_value(value, meant) {
                continue;
            }
            let message = format!("`{label}` has the value `{value}` here, and `{meant}` of `{sister}`");
            let finding = META.finding(one.span, message).path(format!("metrics.{metric}.labels.{label}.values"));
            found.push(finding.related(other.span, "the other").help("use one of the two"));
            break;
        }
    }
}

/// A metric that is only there once something has happened, whose absence an alert is about: it fires after each restart until then.
fn awaited(root: &Node, found: &mut Vec<Diagnostic>) {
    for (alert, _, body) in root.entries_of("alerts").filter(|(.., body)| body.get("disabled").and_then(Node::as_bool) != Some(true)) {
        let Some((place, metric)) = body.get_str("absent") else { continue };
        let presence = root.at(["metrics", metric, "presence"]);
        let Some(node) = presence.filter(|node| node.as_str() == Some("on_first_use")) else { continue };
        let message = format!("`{metric}` is there on first use, and `{alert}` fires while it is not");
        let finding = META.finding(node.span, message).path(format!("metrics.{metric}.presence")).related(place.span, "the alert");
        found.push(finding.help("leave it out where the metric is there from the start, or remove the alert"));
    }
}

/// Labels that every request, user or trace has another value of.
const IDS: &[&str] = &[
    "user_id",
    "userid",
    "request_id",
    "requestid",
    "trace_id",
    "traceid",
    "span_id",
    "session_id",
    "sessionid",
    "order_id",
    "email",
    "user_email",
    "ip",
    "client_ip",
    "remote_addr",
    "uuid",
    "timestamp",
];

/// Units that a help may name in place of the one that the name says.
const SAID: &[(&str, &[&str])] = &[
    ("seconds", &["milliseconds", "microseconds", "nanoseconds", "minutes", "bytes"]),
    ("bytes", &["kilobytes", "megabytes", "gigabytes", "kibibytes", "mebibytes", "bits", "seconds"]),
];

/// The other unit that a help says its metric to be in: "… in milliseconds".
fn said_unit(text: &str, own: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let others = SAID.iter().find(|(unit, _)| *unit == own)?.1;
    let others = others
        .iter()
        .find(|unit| text.split_once(&format!(" in {unit}")).is_some_and(|(_, rest)| !rest.starts_with(char::is_alphanumeric)));
    others.copied().filter(|_| !text.contains(&format!(" in {own}")))
}

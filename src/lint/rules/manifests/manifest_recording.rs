//! Recorded series of a manifest that are asked for, or recorded, under nearly the same name.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::written::expressions;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::slip::slip;
use crate::promql::walk::selectors;
use crate::promql::{Options, grafana, parse};
use crate::source::Node;

rule! {
    /// What a manifest records is asked for under nearly the same name, or the rules beside it record nearly that one: whoever asks gets
    /// nothing.
    ///
    /// A name that is scraped already is no name for what is recorded.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// recording: { "job:parts:rate5m": "sum by (job) (rate(parts_total[5m]))" }
    /// alerts: { Few: { expr: "job:prats:rate5m < 1", for: 5m } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// recording: { "job:parts:rate5m": "sum by (job) (rate(parts_total[5m]))" }
    /// alerts: { Few: { expr: "job:parts:rate5m < 1", for: 5m } }
    /// ```
    ManifestRecording, "manifest-recording", Warning
}

/// With more rules than these, names that are nearly alike mean nothing.
const MANY: usize = 1000;

impl Rule for ManifestRecording {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            let own: Vec<(&str, &Node)> = root.entries_of("recording").map(|(name, key, _)| (name, key)).collect();
            for (name, key) in &own {
                let of_prometheus = matches!(*name, "up" | "ALERTS" | "ALERTS_FOR_STATE") || name.starts_with("scrape_");
                if of_prometheus || root.at(["metrics", name]).is_some() {
                    let message = format!("`{name}` is there already, and whoever asks for it would get both");
                    let finding = META.finding(key.span, message).path(format!("recording.{name}"));
                    found.push(finding.help("name it with a level, as in `job:requests:rate5m`"));
                }
            }
            if !own.is_empty() {
                asked(root, &own, context, found);
                recorded_otherwise(&own, context, found);
            }
        }
    }
}

/// What the manifest's own expressions ask for.
fn asked(root: &Node, own: &[(&str, &Node)], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let names: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
    let mut said = BTreeSet::new();
    for written in expressions(root) {
        let text = written.node.as_str().map(|text| grafana::substitute(text).text);
        let Some(expr) = text.and_then(|text| parse(&text, &Options::all()).ok()) else { continue };
        for selector in selectors(&expr) {
            let unknown = |name: &&str| name.contains(':') && !names.contains(name) && context.world.recorded(name).is_empty();
            let Some(asked) = selector.selector.metric_name().filter(unknown) else { continue };
            let Some(meant) = slip(asked, &names).filter(|_| said.insert(asked.to_owned())) else { continue };
            let finding = META.finding(written.node.span, format!("nothing records `{asked}`")).path(written.path.clone());
            found.push(finding.help(format!("did you mean `{meant}`?")));
            if let Some((_, key)) = own.iter().find(|(name, _)| *name == meant) {
                let finding = META.finding(key.span, format!("this is asked for as `{asked}`")).path(format!("recording.{meant}"));
                found.push(finding.help("use one name for both"));
            }
        }
    }
}

/// What rules beside the manifest record.
fn recorded_otherwise(own: &[(&str, &Node)], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let by_rules: BTreeSet<&str> = context.world.recorded_names().collect();
    let others: Vec<&str> = by_rules.iter().copied().filter(|name| !own.iter().any(|(known, _)| known == name)).collect();
    for (name, key) in own.iter().filter(|(name, _)| !by_rules.contains(name) && by_rules.len() < MANY) {
        if let Some(meant) = slip(name, &others) {
            let finding = META.finding(key.span, format!("the rules record nearly this, `{meant}`")).path(format!("recording.{name}"));
            found.push(finding.help(format!("did you mean `{meant}`?")));
        }
    }
}

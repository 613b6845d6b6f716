//! Manifests and files beside them that contradict each other.

mod collector;
mod dashboards;
mod prometheus;
mod rules;

use self::collector::collectors;
use self::dashboards::dashboards;
use self::prometheus::prometheus;
use self::rules::{budgets, conditions};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Span;

rule! {
    /// A file beside a manifest cannot be meant as the manifest is: a collector sends to another port of a program, or reads other
    /// files; Prometheus writes to another address, or reaches what the manifest checks at another port; an alert compares with
    /// another number than the condition of its name in the manifest.
    ///
    /// The dashboard, its folder, the place that it is loaded from and the window of a recorded budget are those that the manifest says, and so
    /// are the share of traces that a collector keeps and the version of a Loki that it sends OTLP to.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Few: { expr: "parts_left < 5", for: 5m } }
    /// # file: rules.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Few
    ///         expr: parts_left < 50
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Few: { expr: "parts_left < 5", for: 5m } }
    /// # file: rules.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Few
    ///         expr: parts_left < 5
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    ManifestContradiction, "manifest-contradiction", Warning
}

impl Rule for ManifestContradiction {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut manifests = context.manifests();
        if let (Some(only), None) = (manifests.next(), manifests.next()) {
            collectors(only.root, context, found);
            prometheus(only.root, context, found);
            dashboards(only.root, context, found);
            budgets(only.root, context, found);
        }
        conditions(context, found);
    }
}

/// Says of two places that they contradict each other, at each of them: one of another file, which is called `what`, and one of the
/// manifest.
fn contradict(found: &mut Vec<Diagnostic>, (here, path): (Span, &str), (there, key): (Span, &str), message: &str, what: &str) {
    let finding =
        |span, path: &str, other, what: &str| META.finding(span, message).path(path).related(other, what).help("make the two say the same");
    found.push(finding(here, path, there, "the manifest"));
    found.push(finding(there, key, here, what));
}

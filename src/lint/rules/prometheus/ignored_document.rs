//! Documents of a rule file that Prometheus does not read.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;

rule! {
    /// A rule file has more than one YAML document. Prometheus loads the first and ignores the others, without an error:
    /// none of their alerts exists.
    ///
    /// See <https://github.com/prometheus/prometheus/issues/15834>. `PrometheusRule`s of the operator are objects of their
    /// own, of which a file may hold many, and so are documents with a `namespace` for Mimir; vmalert reads them all.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: one
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    /// ---
    /// groups:
    ///   - name: two
    ///     rules: [{ record: "job:y:rate5m", expr: "sum by (job) (rate(y_total[5m]))" }]
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: one
    ///     rules: [{ record: "job:x:rate5m", expr: "sum by (job) (rate(x_total[5m]))" }]
    ///   - name: two
    ///     rules: [{ record: "job:y:rate5m", expr: "sum by (job) (rate(y_total[5m]))" }]
    /// ```
    IgnoredDocument, "ignored-document", Warning
}

impl Rule for IgnoredDocument {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for pair in context.views.windows(2) {
            let [first, second] = pair else { continue };
            let plain = |view: &crate::lint::views::View<'_>| matches!(&view.kind, ViewKind::Rules(file) if !file.in_spec && view.root.get("namespace").is_none());
            if first.source == second.source && plain(first) && plain(second) {
                let place = second.root.entry("groups").map_or(second.root.span, |(key, _)| key.span);
                found.push(
                    META.finding(place, "Prometheus reads only the first document of a rule file, and this is another")
                        .path("groups")
                        .help("move these groups into the first document, or into a file of their own"),
                );
            }
        }
    }
}

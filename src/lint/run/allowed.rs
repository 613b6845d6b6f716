//! What a manifest says does not apply to one of its metrics: `allow: [metric-naming]`.

use crate::diagnostic::Diagnostic;
use crate::lint::world::declared::Catalogue;

/// Takes out what is found at the declaration of a metric by a rule that it allows.
pub(in crate::lint) fn leave_out(catalogues: &[Catalogue], diagnostics: &mut Vec<Diagnostic>) {
    let allows = |diagnostic: &Diagnostic| {
        let metrics = catalogues.iter().filter(|catalogue| catalogue.service.span.source == diagnostic.span.source);
        metrics.flat_map(|catalogue| &catalogue.metrics).any(|metric| {
            let here = diagnostic.path.as_deref().is_some_and(|path| is_within(path, &metric.name.value));
            here && metric.allow.iter().any(|rule| *rule == diagnostic.rule)
        })
    };
    diagnostics.retain(|diagnostic| !allows(diagnostic));
}

/// Whether a path leads to a metric, or to something of it.
fn is_within(path: &str, metric: &str) -> bool {
    let rest = path.strip_prefix("metrics.").and_then(|path| path.strip_prefix(metric));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

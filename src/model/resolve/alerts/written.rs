//! An alert as the manifest has it, before its kind is looked at.

use crate::manifest::alerts as written;
use crate::manifest::scalars::Duration;
use crate::source::Span;

/// The kinds that there are.
pub(super) const KINDS: [&str; 8] = ["ratio", "quantile", "down", "absent", "saturation", "burn", "expr", "log"];

/// What is known of an alert before its kind is looked at.
pub(in crate::model::resolve) struct Written<'a> {
    pub(in crate::model::resolve) name: &'a str,
    pub(in crate::model::resolve) span: Span,
    pub(in crate::model::resolve) alert: &'a written::Alert,
    pub(in crate::model::resolve) path: String,
}

impl Written<'_> {
    /// How long its condition must hold; as long as this where it does not say.
    pub(in crate::model::resolve) fn hold(&self, usual: Duration) -> Duration {
        self.alert.hold.value().copied().unwrap_or(usual)
    }
}

/// The kinds that an alert says it is of, with the places where it says so.
pub(super) fn kinds(alert: &written::Alert) -> Vec<(&'static str, Span)> {
    let said = [
        alert.ratio.span(),
        alert.quantile.span(),
        alert.down.span(),
        alert.absent.span(),
        alert.saturation.span(),
        alert.burn.span(),
        alert.expr.span(),
        alert.log.span(),
    ];
    KINDS.into_iter().zip(said).filter_map(|(kind, span)| span.map(|span| (kind, span))).collect()
}

/// Whether it says of one kind only that it is of it; of more, it is said elsewhere.
pub(in crate::model::resolve) fn is_of_one_kind(written: &Written) -> bool {
    kinds(written.alert).len() == 1
}

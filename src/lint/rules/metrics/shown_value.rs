//! Values on pages of metrics that cannot be.

use crate::diagnostic::Diagnostic;
use crate::formats::exposition::{Family, FamilyKind, Histogram, histograms};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::pages;
use crate::source::{SourceId, Span};

rule! {
    /// A page of metrics shows a value that its metric cannot have: buckets that hold less than the ones below them, a `_count` that is
    /// not that of the bucket `+Inf`, no such bucket, a counter below zero, or a moment in milliseconds where the name says seconds. Whoever computes with
    /// it is wrong by a thousand, or gets quantiles that mean nothing.
    ///
    /// ```yaml fires
    /// # file: app.prom
    /// # HELP import_last_success_timestamp_seconds When the last import went well
    /// # TYPE import_last_success_timestamp_seconds gauge
    /// import_last_success_timestamp_seconds 1.7301e+12
    /// ```
    /// ```yaml silent
    /// # file: app.prom
    /// # HELP import_last_success_timestamp_seconds When the last import went well
    /// # TYPE import_last_success_timestamp_seconds gauge
    /// import_last_success_timestamp_seconds 1.7301e+09
    /// ```
    ShownValue, "shown-value", Warning
}

/// Seconds since 1970 that no moment is away: what is more is of a smaller unit. Certificates end in the year 9999 at the latest.
const LATEST: f64 = 1e12;

impl Rule for ShownValue {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for catalogue in context.world.catalogues.iter().filter(|catalogue| catalogue.is_page() && catalogue.is_judged()) {
            let page = pages::reread(context.sources, catalogue);
            for family in page.families() {
                judge(family, catalogue.service.span.source, found);
            }
        }
    }
}

fn judge(family: Family<'_>, page: SourceId, found: &mut Vec<Diagnostic>) {
    let name = family.full_name();
    let mut report = |place, what: String, help: &str| {
        found.push(META.finding(Span::new(page, place), format!("`{name}`: {what}")).help(help));
    };
    match family.kind() {
        FamilyKind::Histogram => {
            let (all, _) = histograms(family);
            let unbounded = |one: &&Histogram| !one.buckets.is_empty() && !one.buckets.iter().any(|bucket| bucket.bound == f64::INFINITY);
            if let Some(one) = all.values().find(unbounded) {
                let place = one.buckets.last().map_or(one.at..one.at, |bucket| bucket.place.clone());
                report(place, "there is no bucket `+Inf` here".to_owned(), "`+Inf` counts everything, and quantiles need it");
            } else if let Some((place, what)) = all.values().find_map(|one| one.shrinks().or_else(|| one.miscounts())) {
                report(place, what, "each bucket counts all that is within its bound, and `+Inf` counts everything");
            }
        }
        FamilyKind::Counter => {
            if let Some(sample) = family.samples().find(|sample| sample.value() < 0.0) {
                report(sample.value_range(), format!("a counter is not {}", sample.value()), "count from 0, or make it a gauge");
            }
        }
        FamilyKind::Gauge | FamilyKind::Unknown if ["_timestamp_seconds", "_time_seconds"].iter().any(|end| name.ends_with(end)) => {
            let beyond = |value: f64| value >= LATEST && value.is_finite();
            if let Some(sample) = family.samples().find(|sample| beyond(sample.value())) {
                let unit = match sample.value() {
                    value if value < 1e15 => "milliseconds",
                    value if value < 1e18 => "microseconds",
                    _ => "nanoseconds",
                };
                report(sample.value_range(), format!("this is a moment in {unit}, and its name says seconds"), "expose seconds since 1970");
            }
        }
        _ => {}
    }
}

//! Objectives: what is promised, and whether the metrics can tell.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::alerts::{bad_events, counter, histogram, on_a_bound};
use super::context::Context;
use super::findings::{Findings, INVALID};
use crate::diagnostic::Diagnostic;
use crate::manifest::alerts as written;
use crate::manifest::scalars::{Duration, Slug};
use crate::model::signals::{Events, Objective, Sli};
use crate::source::{Lenient, MISSING_KEY, Spanned};

/// Every objective that could be understood.
pub(super) fn resolve(context: &Context, findings: &mut Findings) -> Vec<Arc<Objective>> {
    let mut all = Vec::new();
    for (name, objective) in context.manifest.objectives.valid() {
        let path = format!("objectives.{}", name.value);
        if let Err(why) = Slug::parse(name) {
            findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
            continue;
        }
        let Some(objective) = one(context, name, &objective.value, &path, findings) else { continue };
        let lost = objective.unreachable();
        if objective.tiers().is_empty() {
            findings.add(
                Diagnostic::error(
                    "burn-unreachable",
                    objective.span,
                    format!("no budget of `{}` can burn fast enough for any tier to fire", name.value),
                )
                .help("promise more than this, or alert on the ratio itself")
                .path(path),
            );
            continue;
        }
        for tier in lost {
            let message = format!(
                "the {} tier is left out: even if every event were bad, the budget of `{}` would not burn {} times too fast",
                tier.name, name.value, tier.factor
            );
            findings.add(Diagnostic::info("burn-unreachable", objective.span, message).path(path.clone()));
        }
        all.push(Arc::new(objective));
    }
    all
}

fn one(context: &Context, name: &Spanned<String>, written: &written::Objective, path: &str, findings: &mut Findings) -> Option<Objective> {
    let sli = sli(context, name, written, path, findings);
    let target = needed(&written.target, name, "target", "target: 99.9%", path, findings);
    let window = needed(&written.window, name, "window", "window: 30d", path, findings);
    let (sli, target, window) = (sli?, target?, window?);
    if target.value.0 >= Decimal::ONE || target.value.0 <= Decimal::ZERO {
        let why = if target.value.0 >= Decimal::ONE { "leaves no budget for errors" } else { "promises nothing" };
        let message = format!("an objective of {} {why}", target.value);
        findings.add(Diagnostic::error(INVALID, target.span, message).help("promise something between, such as `99.9%`").path(path));
        return None;
    }
    if window.value < Duration::minutes(24 * 60) {
        findings.add(
            Diagnostic::error(INVALID, window.span, format!("the window `{}` is shorter than a day", window.value))
                .help("usual are `7d`, `28d` and `30d`")
                .path(path),
        );
        return None;
    }
    if let Some(retention) = context.stack.retention.filter(|r| *r < window.value) {
        let message = format!("the window `{}` is longer than Prometheus keeps samples (`{retention}`)", window.value);
        findings.add(Diagnostic::warning("window-exceeds-retention", window.span, message).path(path));
    }
    Some(Objective {
        name: name.value.clone(),
        service: context.name.clone(),
        job: context.job.clone(),
        sli,
        target: target.value,
        window: window.value,
        min_bad: written.min_bad.value().copied().unwrap_or(10),
        span: name.span,
    })
}

fn needed<'a, T>(
    value: &'a Lenient<T>,
    name: &Spanned<String>,
    key: &str,
    example: &str,
    path: &str,
    findings: &mut Findings,
) -> Option<&'a Spanned<T>> {
    if value.is_missing() {
        findings.add(
            Diagnostic::error(MISSING_KEY, name.span, format!("the objective `{}` has no `{key}`", name.value))
                .help(format!("as in `{example}`"))
                .path(path),
        );
    }
    value.valid()
}

fn sli(context: &Context, name: &Spanned<String>, written: &written::Objective, path: &str, findings: &mut Findings) -> Option<Sli> {
    match (written.ratio.valid(), written.of.valid()) {
        (Some(ratio), None) => {
            let metric = counter(context, ratio, path, findings)?;
            let bad = bad_events(&metric, &written.bad, ratio.span, path, findings)?;
            Some(Sli::Ratio(Events { metric, job: context.job.clone(), bad }))
        }
        (None, Some(of)) => {
            let metric = histogram(context, of, path, findings)?;
            if written.within.is_missing() {
                findings.add(
                    Diagnostic::error(MISSING_KEY, name.span, format!("the objective `{}` has no `within`", name.value))
                        .help("as in `within: 500ms`")
                        .path(path),
                );
            }
            let within = written.within.valid()?;
            on_a_bound(&metric, within, "latency-off-bucket", path, findings)?;
            Some(Sli::Latency { metric, within: within.value, prometheus: context.stack.prometheus })
        }
        (Some(ratio), Some(of)) => {
            findings.add(
                Diagnostic::error("alert-kind", of.span, "an objective has either `ratio` or `of`")
                    .related(ratio.span, "the other one")
                    .path(path),
            );
            None
        }
        (None, None) => {
            if !written.ratio.is_invalid() && !written.of.is_invalid() {
                findings.add(
                    Diagnostic::error(MISSING_KEY, name.span, format!("the objective `{}` promises nothing", name.value))
                        .help("add `ratio` and `bad`, or `of` and `within`")
                        .path(path),
                );
            }
            None
        }
    }
}

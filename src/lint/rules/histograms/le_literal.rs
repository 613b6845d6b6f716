//! Buckets that a histogram does not have.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::source;
use crate::lint::query::expression::Expression;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::World;
use crate::lint::world::declared::{Evidence, Metric};
use crate::promql::ast::{MatchOp, Selector};

rule! {
    /// A selector asks for a bucket by a bound that the histogram does not have, or spells the bound as the declared
    /// version of Prometheus does not: from 3.0 on, `le="1"` is stored as `le="1.0"`.
    ///
    /// It is compared as a text: where a page has `le="30.0"`, `le="30"` finds nothing.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:request_seconds_fast:rate5m
    ///         expr: sum by (job) (rate(request_seconds_bucket{le="0.3"}[5m]))
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:request_seconds_fast:rate5m
    ///         expr: sum by (job) (rate(request_seconds_bucket{le="0.5"}[5m]))
    /// ```
    LeLiteral, "le-literal", Error
}

impl Rule for LeLiteral {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        for selector in &query.selectors {
            let Some((catalogue, metric)) = source::buckets(selector.selector, context.world) else { continue };
            let Some(buckets) = &metric.buckets else { continue };
            for matcher in selector.selector.matchers.iter().filter(|m| m.label.text == "le" && m.op == MatchOp::Regex) {
                // Both spellings of each bound, as Prometheus 2 and 3 store it.
                let spelt = buckets.value.iter().flat_map(|bound| [format!("{bound}"), format!("{bound:?}")]).chain(["+Inf".to_owned()]);
                let none = spelt.into_iter().all(|bound| matches(matcher, &bound) == Some(false));
                if none && !query.is_variable(&matcher.value_range) {
                    let message = format!("`{}` has none of the buckets `{}`", metric.name.value, matcher.value);
                    let finding = META.finding(query.span(&matcher.value_range), message);
                    found.push(
                        finding.related(buckets.span, format!("the buckets are {}", catalogue.says())).help("name bounds that there are"),
                    );
                }
            }
            for matcher in selector
                .selector
                .matchers
                .iter()
                .filter(|m| m.label.text == "le" && m.op == MatchOp::Equal && !query.is_variable(&m.value_range))
            {
                let Ok(bound) = matcher.value.parse::<f64>() else {
                    let message = format!("`le` holds numbers, and `{}` is none", matcher.value);
                    found.push(
                        META.finding(query.span(&matcher.value_range), message).help("write a bound of the buckets, in the metric's unit"),
                    );
                    continue;
                };
                if bound.is_infinite() && matcher.value != "+Inf" {
                    let message = format!("the bucket of all is `le=\"+Inf\"`, so `{}` finds nothing", matcher.value);
                    found.push(META.finding(query.span(&matcher.value_range), message).help("write `+Inf`"));
                    continue;
                }
                let exists = bound.is_infinite() || buckets.value.contains(&bound);
                let spelt = format!("{bound:?}");
                // It is compared as a text, and no library writes it so.
                if exists
                    && !bound.is_infinite()
                    && matcher.value != spelt
                    && matcher.value != format!("{bound}")
                    && !matcher.value.contains(['e', 'E'])
                {
                    let message = format!("this bucket is called `le=\"{spelt}\"`, so `{}` finds nothing", matcher.value);
                    found.push(META.finding(query.span(&matcher.value_range), message).help(format!("write `{spelt}`")));
                    continue;
                }
                // As a page writes it, so Prometheus 2 keeps it, and 3 writes a number with a fraction.
                let kept = |text: &str| spelt_on_pages(selector.selector, metric, context.world).any(|bound| bound == text);
                if exists && kept(&spelt) && !kept(&matcher.value) && !bound.is_infinite() && matcher.value != spelt {
                    let message = format!("this bucket is exposed as `le=\"{spelt}\"`, so `{}` finds nothing", matcher.value);
                    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
                    found.push(finding.related(metric.name.span, catalogue.says()).help(format!("write `{spelt}`")));
                    continue;
                }
                if exists
                    && catalogue.prometheus_version.is_some_and(|version| version >= (3, 0))
                    && !bound.is_infinite()
                    && matcher.value != spelt
                    && !matcher.value.contains(['.', 'e'])
                {
                    let mut diagnostic = META
                        .finding(
                            query.span(&matcher.value_range),
                            format!("Prometheus 3 stores this bucket as `le=\"{spelt}\"`, so `{}` finds nothing", matcher.value),
                        )
                        .help(format!("write `le=~\"{}|{spelt}\"` to find it in any version", matcher.value));
                    // The oldest version that must accept it is known here, and stores this spelling.
                    diagnostic.fix = query.query.fix(&matcher.value_range, &spelt);
                    found.push(diagnostic);
                }
                if exists {
                    continue;
                }
                let near = buckets.value.iter().copied().min_by(|a, b| (a - bound).abs().total_cmp(&(b - bound).abs()));
                let help = near.map_or_else(
                    || "declare the bucket".to_owned(),
                    |near| format!("add the bucket `{}`, or use `le=\"{near:?}\"`", matcher.value),
                );
                found.push(
                    META.finding(query.span(&matcher.value_range), format!("`{}` has no bucket `{}`", metric.name.value, matcher.value))
                        .related(buckets.span, format!("the buckets are {}", catalogue.says()))
                        .help(help),
                );
                // Which of the two is wrong, nobody can say.
                if catalogue.evidence == Evidence::Manifest {
                    let message = format!("`{}` is asked for the bucket `{}`, and has none", metric.name.value, matcher.value);
                    let finding = META.finding_at(Level::Warning, buckets.span, message);
                    found.push(
                        finding.related(query.span(&matcher.value_range), "asked for here").help("declare the bucket, or ask for another"),
                    );
                }
            }
        }
    }
}

/// The bounds of a histogram as the pages write them that show it, for the jobs that are asked for.
fn spelt_on_pages<'w>(selector: &Selector, metric: &'w Metric, world: &'w World<'_>) -> impl Iterator<Item = &'w str> {
    let pages = world.pages_of(selector).unwrap_or_default();
    let shown = pages.into_iter().flat_map(|page| &page.metrics).filter(|shown| shown.name.value == metric.name.value);
    shown.chain([metric]).flat_map(|shown| &shown.spelt).map(String::as_str)
}

//! Label values that a declared label cannot have.

mod component;
mod excluded;
mod shown;

use component::of_no_component;
use excluded::{excludes_nothing, leaves_nothing, meant_to_leave_out, pattern_as_text, takes_all};
use shown::{never_together, not_exposed, of_other_class, of_other_side, off_pattern, unseen, without_quantiles};

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::cardinality::instances;
use crate::lint::inference::source;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::world::declared::{Catalogue, Label, MetricType};
use crate::lint::world::{Recorded, Series};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::walk;
use crate::promql::walk::{calls, makes_labels};

rule! {
    /// A matcher asks for a value that the label's declaration rules out, so the selector finds nothing.
    ///
    /// A page of metrics (`--metrics`) shows the values of one moment. A value that it does not have is an info, and a warning where
    /// it is one that is there in other letters, in another form of the word or with more or less around it (`mem` for `memory`, `/items/17`
    /// for `/items/{id}`), or is no status of HTTP or code of gRPC among such. So it is where nearly a value is to be left out, and nothing is.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="get"}[5m]) > 1
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlp/tempo: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlp/tempo] } } }
    /// # file: collector.prom
    /// # HELP otelcol_exporter_send_failed_spans Spans that could not be sent
    /// # TYPE otelcol_exporter_send_failed_spans counter
    /// otelcol_exporter_send_failed_spans{exporter="otlp/tempo"} 0
    /// # file: alerts.yml
    /// groups:
    ///   - name: collector
    ///     rules:
    ///       - { alert: Lost, expr: 'rate(otelcol_exporter_send_failed_spans{exporter="otlp/jaeger"}[5m]) > 0' }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="GET"}[5m]) > 1
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: bikes }
    /// metrics: { unlocks_total: { type: counter, labels: { result: { values: [ok, timeout] } } } }
    /// # file: recording.yml
    /// groups:
    ///   - name: bikes
    ///     rules:
    ///       - record: result:unlocks:rate5m
    ///         expr: sum by (result) (rate(unlocks_total{job="bikes"}[5m]))
    ///       - record: bikes:unlocks_failed:rate5m
    ///         expr: sum(result:unlocks:rate5m{result!="success"})
    /// ```
    ImpossibleValue, "impossible-value", Error
}

impl Rule for ImpossibleValue {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        for selector in &query.selectors {
            let Some((catalogue, metric, series)) = context.world.metric_of(selector.selector) else {
                recorded(query, selector.selector, context, found);
                continue;
            };
            found.extend(never_together(query, selector, (catalogue, metric), context.world));
            if metric.kind == MetricType::Summary && series == Series::Base {
                found.extend(without_quantiles(query, selector, context));
            }
            for matcher in &selector.selector.matchers {
                if metric.kind == MetricType::Summary && series == Series::Base && is_no_quantile(matcher) {
                    let message = format!("`quantile` is never `{}`", matcher.value);
                    let finding = META.finding(query.span(&matcher.value_range), message).related(metric.name.span, catalogue.says());
                    found.push(finding.help("quantiles are written as fractions, as in `0.99`"));
                }
                if metric.kind == MetricType::Summary && series == Series::Base {
                    found.extend(not_exposed(query, selector.selector, matcher, context));
                }
                let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
                if query.is_variable(&matcher.value_range) {
                    continue;
                }
                if catalogue.is_page()
                    && let Some(finding) = of_other_class(query, selector.selector, matcher)
                {
                    found.push(finding);
                    continue;
                }
                if let Some(finding) = never_empty(query, matcher, label).filter(|_| !catalogue.is_page()) {
                    found.push(finding);
                } else if is_impossible(matcher, label) {
                    found.push(report(query, matcher, label, catalogue));
                    found.extend(in_other_letters(query, matcher, label, catalogue));
                } else if let Some(finding) = leaves_nothing(query, matcher, label) {
                    found.push(finding);
                } else if let Some(finding) = pattern_as_text(query, matcher, label) {
                    found.push(finding);
                } else if catalogue.is_page() {
                    found.extend(
                        of_other_side(query, selector.selector, matcher, (catalogue, label))
                            .or_else(|| of_no_component(query, matcher, metric, context))
                            .or_else(|| unseen(query, matcher, Some(metric), label))
                            .or_else(|| excludes_nothing(query, matcher, label))
                            .or_else(|| takes_all(query, matcher, label))
                            .or_else(|| off_pattern(query, matcher, label)),
                    );
                } else {
                    found.extend(takes_all(query, matcher, label));
                }
            }
        }
    }
}

/// Values that a recorded series cannot have, because none of the metrics it is recorded from has.
fn recorded(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let all = selector.metric_name().map(|name| context.world.recorded(name)).unwrap_or_default();
    let Some(rule) = all.first().and_then(|recorded| recorded.query.rule()) else { return };
    for matcher in selector.matchers.iter().filter(|matcher| !query.is_variable(&matcher.value_range)) {
        let values = all.iter().map(|recorded| values_of(recorded.query, &matcher.label.text, context, LEVELS)).collect::<Option<Vec<_>>>();
        let Some(values) = values.map(|values| values.concat()) else {
            found.extend(below(query, selector, matcher, context).or_else(|| pinned(query, all, matcher, context)));
            continue;
        };
        let asks = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matcher.value.is_empty();
        if asks && values.iter().all(|value| matches(matcher, value) == Some(false)) {
            let message = format!("`{}` is never `{}`", matcher.label.text, matcher.value);
            let finding =
                META.finding_at(Level::Warning, query.span(&matcher.value_range), message).related(rule.name.span, "recorded here");
            let meant = did_you_mean(&matcher.value, values.iter().map(String::as_str));
            found.push(finding.help(meant.map_or_else(|| "correct the value".to_owned(), |meant| format!("did you mean `{meant}`?"))));
        }
        let leaves_out = matcher.op == MatchOp::NotEqual && !matcher.value.is_empty();
        if let Some(meant) = meant_to_leave_out(&matcher.value, &values).filter(|_| leaves_out) {
            let message = format!("`{}` is never `{}`, so this leaves nothing out", matcher.label.text, matcher.value);
            let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
            found.push(finding.related(rule.name.span, "recorded here").help(format!("did you mean `{meant}`?")));
        }
    }
}

/// A value of a label that a recorded series keeps of the metric below it, where a page shows which values that has.
fn below(query: &Query<'_>, selector: &Selector, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let known = source::label(selector, &matcher.label.text, context.world)?;
    let asks = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matcher.value.is_empty();
    if let Some(narrowed) = known.narrowed.filter(|narrowed| narrowed.op == MatchOp::Equal && asks) {
        let none = matches(matcher, &narrowed.value) == Some(false);
        let message = format!("only series with `{}` as `{}` are recorded here", matcher.label.text, narrowed.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message).related(known.rule, "recorded here");
        return none.then(|| finding.help(format!("ask for `{}`, or record the others, too", narrowed.value)));
    }
    if !known.catalogue.is_page() {
        return None;
    }
    let found = if is_impossible(matcher, known.label) {
        Some(report(query, matcher, known.label, known.catalogue))
    } else {
        leaves_nothing(query, matcher, known.label)
            .or_else(|| pattern_as_text(query, matcher, known.label))
            .or_else(|| unseen(query, matcher, None, known.label))
            .or_else(|| excludes_nothing(query, matcher, known.label))
            .or_else(|| off_pattern(query, matcher, known.label))
    };
    found.map(|finding| finding.related(known.rule, "recorded here"))
}

/// A value of a label for which everything that is recorded asks as another one.
fn pinned(query: &Query<'_>, all: &[Recorded<'_>], matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let label = matcher.label.text.as_str();
    if matcher.op != MatchOp::Equal || matcher.value.is_empty() || is_placeholder(&matcher.value) {
        return None;
    }
    let other = |recorded: &Recorded<'_>| {
        let expr = recorded.query.expr.as_ref().filter(|_| !makes_label(recorded.query, label))?;
        let pins = |found: &walk::Found<'_>| {
            let own = found.selector.matchers.iter().find(|own| own.label.text == label && own.op == MatchOp::Equal);
            // A metric that one job alone shows is of that job.
            let of_job = || context.world.job_read(found.selector).filter(|_| label == "job");
            let value = own.map_or_else(of_job, |own| Some(own.value.as_str()));
            value.filter(|value| !value.is_empty() && *value != matcher.value).map(str::to_owned)
        };
        walk::selectors(expr).iter().map(pins).collect::<Option<Vec<_>>>()?.into_iter().next()
    };
    let value = all.iter().map(other).collect::<Option<Vec<_>>>()?.into_iter().next()?;
    let message = format!("only series with `{label}` as `{value}` are recorded here");
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    let rule = all.first()?.query.rule()?;
    Some(finding.related(rule.name.span, "recorded here").help(format!("ask for `{value}`, or record the others, too")))
}

/// Whether a recording gives a label to its series itself.
fn makes_label(recorded: &Query<'_>, label: &str) -> bool {
    recorded.rule().is_some_and(|rule| rule.label(label).is_some())
        || recorded.expr.as_ref().is_some_and(|expr| makes_labels(expr) || calls(expr, "absent"))
}

/// So many rules are followed, one recorded from the other.
const LEVELS: usize = 4;

/// The values that a label of a recorded series can have; `None` where they are not known.
fn values_of(recorded: &Query<'_>, label: &str, context: &Context<'_>, levels: usize) -> Option<Vec<String>> {
    let expr = recorded.expr.as_ref().filter(|_| !makes_label(recorded, label))?;
    if label == "instance" {
        return instances(expr, context.world).map(|all| all.into_iter().collect());
    }
    let of_selector = |found: walk::Found<'_>| {
        let below = found.selector.metric_name().map(|name| context.world.recorded(name)).unwrap_or_default();
        if !below.is_empty() && levels > 0 {
            let values = below.iter().map(|below| values_of(below.query, label, context, levels - 1)).collect::<Option<Vec<_>>>()?;
            return Some(values.concat());
        }
        let (_, metric, _) = context.world.metric_of(found.selector)?;
        let label = metric.labels.iter().find(|known| known.name.value == label && !known.optional)?;
        label.values.clone()
    };
    let values = walk::selectors(expr).into_iter().map(of_selector).collect::<Option<Vec<_>>>()?;
    Some(values.concat()).filter(|values| !values.is_empty())
}

/// What only series without a label satisfy, of a label that every series has.
fn never_empty(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let empty = match matcher.op {
        MatchOp::Equal | MatchOp::Regex => matcher.value.is_empty(),
        MatchOp::NotRegex => matches!(matcher.value.as_str(), ".+" | "..*"),
        MatchOp::NotEqual => false,
    };
    let message = || format!("every series has a value of `{}`", label.name.value);
    let finding = || META.finding_at(Level::Warning, query.span(&matcher.range), message());
    (empty && !label.optional).then(|| {
        finding()
            .related(label.name.span, "the label is declared here")
            .help("leave the matcher away, or say `optional: true` in the manifest")
    })
}

/// Whether a matcher asks for a quantile that is no share.
fn is_no_quantile(matcher: &Matcher) -> bool {
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    matcher.label.text == "quantile" && matcher.op == MatchOp::Equal && matcher.value.parse().is_ok_and(|value| !is_share(value))
}

fn is_impossible(matcher: &Matcher, label: &Label) -> bool {
    let may_be_empty = || label.optional && matches(matcher, "") != Some(false);
    if matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) || matcher.value.is_empty() || may_be_empty() {
        return false;
    }
    match (&label.values, &label.pattern) {
        (Some(values), _) => values.iter().all(|value| matches(matcher, value) == Some(false)),
        (None, Some(pattern)) => matcher.op == MatchOp::Equal && full_match(pattern, &matcher.value) == Some(false),
        (None, None) => false,
    }
}

/// Values that a manifest declares in other letters than they are asked for: which of the two is wrong, nobody can say.
fn in_other_letters(query: &Query<'_>, matcher: &Matcher, label: &Label, catalogue: &Catalogue) -> Option<Diagnostic> {
    let known = label.values.as_deref().filter(|_| !catalogue.is_page())?;
    let declared = known.iter().find(|value| value.eq_ignore_ascii_case(&matcher.value))?;
    let message = format!("`{declared}` is declared, and asked for as `{}`", matcher.value);
    let finding = META.finding_at(Level::Warning, label.name.span, message).related(query.span(&matcher.value_range), "asked for here");
    Some(finding.help("write them alike"))
}

fn report(query: &Query<'_>, matcher: &Matcher, label: &Label, catalogue: &Catalogue) -> Diagnostic {
    let message = format!("`{}` is never `{}`", label.name.value, matcher.value);
    // A status that no answer of HTTP has, on a page: the label may mean something else.
    let level = if catalogue.is_page() { Level::Warning } else { META.level };
    let diagnostic = META.finding_at(level, query.span(&matcher.value_range), message);
    let diagnostic = diagnostic.related(label.name.span, format!("the label is {}", catalogue.says()));
    let values = label.values.as_deref().unwrap_or_default();
    let lower = values.iter().find(|value| value.eq_ignore_ascii_case(&matcher.value)).map(String::as_str);
    match lower.or_else(|| did_you_mean(&matcher.value, values.iter().map(String::as_str))) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None if values.is_empty() || values.len() > 20 => diagnostic.help("correct the value, or the declaration"),
        None => diagnostic.help(format!("it is one of {}", values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", "))),
    }
}

//! Ratios of a quantity to itself.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::is_always_one_of_each;
use crate::lint::query::expression::Expression;
use crate::lint::query::{is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::World;
use crate::lint::world::declared::Label;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk;

rule! {
    /// The two sides of a division select the same series and treat them alike, so the result is 1 as long as there is anything at
    /// all. Mostly a matcher of the upper side is missing, or lets everything through.
    ///
    /// A panel that counts series by all labels that they have is 1 everywhere, too.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~".*"}[5m])) / sum(rate(http_requests_total[5m])) > 0.5'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { queue_depth: { type: gauge, help: Messages, labels: { queue: { values: [mail, sms] } } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "A", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" }, "fieldConfig": { "defaults": { "unit": "short" } },
    ///   "targets": [ { "refId": "A", "expr": "count by (job, instance, queue) (queue_depth{job=\"web\"})", "legendFormat": "{{queue}}" } ] } ] }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.5'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ConstantRatio, "constant-ratio", Warning
}

/// Whether two metrics are alike but for the words by which each says what is left.
fn are_rests(one: &str, other: &str) -> bool {
    let whole = |name: &str| -> Option<String> {
        let word = name
            .split('_')
            .find(|word| matches!(word.to_lowercase().as_str(), "avail" | "available" | "free" | "memavailable" | "memfree"))?;
        Some(name.replacen(word, "", 1))
    };
    one != other && whole(one).is_some() && whole(one) == whole(other)
}

impl Rule for ConstantRatio {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(ExprKind::Aggregate(aggregate)) = query.expr.as_ref().map(|expr| &walk::without_parens(expr).kind)
            && query.panel().is_some()
            && aggregate.op == AggregateOp::Count
            && is_always_one_of_each(aggregate, context.world)
        {
            let message = "each of these series is in a group of its own, so their number is always 1";
            found.push(META.finding(query.node.span, message).help("take `sum` or `max`, or group by fewer labels"));
        }
        for (node, binary) in query.divisions() {
            let (above, below) = (walk::selectors(&binary.left), walk::selectors(&binary.right));
            let ([above], [below]) = (above.as_slice(), below.as_slice()) else { continue };
            // The last bucket holds what the count does.
            let last = above.selector.matchers.iter().any(|m| m.label.text == "le" && m.op == MatchOp::Equal && m.value == "+Inf");
            let base = |name: Option<&str>, end: &str| name.and_then(|name| name.strip_suffix(end)).map(str::to_owned);
            let upper = base(above.selector.metric_name(), "_bucket").filter(|_| last);
            if upper.is_some() && upper == base(below.selector.metric_name(), "_count") {
                let message = "the bucket `+Inf` holds as many as the count, so the result is always 1";
                found.push(META.finding(query.span(&node.range), message).help("ask for the bucket of a bound, as in `le=\"0.5\"`"));
                continue;
            }
            if let Some((upper, lower)) =
                above.selector.metric_name().zip(below.selector.metric_name()).filter(|(one, other)| are_rests(one, other))
            {
                let message = format!("`{upper}` and `{lower}` both say what is left, so their quotient is nearly 1 at any time");
                found.push(META.finding(query.span(&node.range), message).help("divide by the whole, as by `…_size_bytes`"));
                continue;
            }
            if binary.matching.is_none() && is_of_itself(&binary.left, above.selector, &binary.right, below.selector) {
                let message = "each series is divided by itself, so the result is always 1";
                found.push(META.finding(query.span(&node.range), message).help("aggregate both sides, as in `sum by (job) (…)`"));
                continue;
            }
            if binary.matching.is_none() && is_of_its_group(&binary.left, above.selector, &binary.right, below.selector) {
                let message = "both sides keep the label that the upper one selects by, so the result is always 1";
                found.push(META.finding(query.span(&node.range), message).help("aggregate that label away on both sides"));
                continue;
            }
            let alike = |one: &Selector, other: &Selector| {
                let asks = |selector| narrowing(selector, context.world).into_iter().map(asked).collect::<Vec<_>>();
                asks(one) == asks(other)
            };
            if above.selector.metric_name() != below.selector.metric_name() || !alike(above.selector, below.selector) {
                continue;
            }
            let text = |side: &Expr, selector: &Selector| {
                let narrowed = written(selector, narrowing(selector, context.world).into_iter());
                side.to_string().replacen(&selector_text(selector), &narrowed, 1)
            };
            if text(&binary.left, above.selector) == text(&binary.right, below.selector) {
                found.push(
                    META.finding(query.span(&node.range), "both sides of this division are the same, so the result is always 1")
                        .help("select on the upper side what is to be counted, as in `status=~\"5..\"`"),
                );
            }
        }
    }
}

/// Whether nothing is aggregated and the upper side asks for some of the series of the lower: each finds itself there.
fn is_of_itself(left: &Expr, above: &Selector, right: &Expr, below: &Selector) -> bool {
    let mut aggregates = false;
    walk::visit(left, &mut |node| aggregates |= matches!(node.kind, ExprKind::Aggregate(_)));
    let narrows = !aggregates
        && above.metric_name().is_some()
        && above.metric_name() == below.metric_name()
        && above.matchers.len() > below.matchers.len()
        && below.matchers.iter().all(|matcher| above.matchers.iter().any(|own| asked(own) == asked(matcher)));
    let around = |side: &Expr, selector: &Selector| side.to_string().replacen(&selector_text(selector), "", 1);
    narrows && around(left, above) == around(right, below)
}

/// Whether both sides are put together by the labels by which the upper one selects: each group finds itself on the lower side.
fn is_of_its_group(left: &Expr, above: &Selector, right: &Expr, below: &Selector) -> bool {
    let (ExprKind::Aggregate(left_sum), ExprKind::Aggregate(right_sum)) =
        (&walk::without_parens(left).kind, &walk::without_parens(right).kind)
    else {
        return false;
    };
    let kept = |label: &str| left_sum.grouping.as_ref().is_some_and(|by| by.keeps(label));
    let is_own = |own: &Matcher, of: &Selector| of.matchers.iter().any(|other| asked(other) == asked(own));
    let narrows = above.metric_name().is_some()
        && above.metric_name() == below.metric_name()
        && below.matchers.iter().all(|matcher| is_own(matcher, above))
        && above.matchers.len() > below.matchers.len()
        && above.matchers.iter().filter(|matcher| !is_own(matcher, below)).all(|matcher| kept(&matcher.label.text));
    let around = |side: &Expr, selector: &Selector| side.to_string().replacen(&selector_text(selector), "", 1);
    narrows && left_sum.op == right_sum.op && around(left, above) == around(right, below)
}

/// What a matcher asks for, wherever it stands.
fn asked(matcher: &Matcher) -> (&str, &str, &str) {
    (&matcher.label.text, matcher.op.symbol(), &matcher.value)
}

fn selector_text(selector: &Selector) -> String {
    written(selector, selector.matchers.iter())
}

/// The matchers of a selector that do not let everything through, in one order.
fn narrowing<'s>(selector: &'s Selector, world: &World<'_>) -> Vec<&'s Matcher> {
    let mut matchers: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| !takes_all(selector, matcher, world)).collect();
    matchers.sort_by_key(|matcher| asked(matcher));
    matchers
}

/// Whether a matcher lets everything through: `.*`, and whatever every value of a label that every series has matches.
fn takes_all(selector: &Selector, matcher: &Matcher, world: &World<'_>) -> bool {
    if matcher.op == MatchOp::Regex && matcher.value == ".*" {
        return true;
    }
    if !matches!(matcher.op, MatchOp::Regex | MatchOp::NotEqual) || is_placeholder(&matcher.value) {
        return false;
    }
    let own = world.metric_of(selector).filter(|(_, metric, _)| !metric.open);
    let label = own.and_then(|(_, metric, _)| metric.labels.iter().find(|label| label.name.value == matcher.label.text && !label.optional));
    let any = matcher.value == ".+" && matcher.op == MatchOp::Regex || matcher.value.is_empty() && matcher.op == MatchOp::NotEqual;
    let all = |label: &Label| {
        let values = label.values.as_ref().filter(|values| !values.is_empty() && matcher.op == MatchOp::Regex);
        values.is_some_and(|values| values.iter().chain(&label.seen).all(|value| matches(matcher, value) == Some(true)))
    };
    label.is_some_and(|label| any || all(label))
}

fn written<'m>(selector: &Selector, matchers: impl Iterator<Item = &'m Matcher>) -> String {
    let name = selector.metric.as_ref().map_or("", |metric| metric.text.as_str());
    let matchers: Vec<String> = matchers.map(|m| format!("{}{}\"{}\"", m.label.text, m.op.symbol(), m.value)).collect();
    if matchers.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", matchers.join(",")) }
}

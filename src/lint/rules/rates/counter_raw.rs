//! Counters compared as they stand.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::growth::growth;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::rates::rate_of_rate::{Kind, kind};
use crate::lint::world::Series;
use crate::lint::world::declared::{Catalogue, MetricType};
use crate::lint::world::exporters;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, DurationExpr, ExprKind, Matcher};
use crate::promql::duration::format_duration;
use crate::promql::walk;
use crate::promql::walk::calls;

rule! {
    /// An alert compares a counter itself with a number. A counter only grows until its process restarts: the alert fires
    /// for ever once the number is passed, and is silent again after a deployment.
    ///
    /// A comparison with zero is left alone: it asks whether anything happened at all. A panel that draws a counter over time as it
    /// stands shows totals since each process started, which is seldom what was meant.
    ///
    /// Beside a rate or a gauge in a division it is as useless.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: ManyErrors, expr: 'sum(errors_total) > 1000', labels: { severity: warning } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: ManyErrors, expr: 'sum(increase(errors_total[1h])) > 1000', labels: { severity: warning } }]
    /// ```
    CounterRaw, "counter-raw", Warning
}

impl Rule for CounterRaw {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let is_number = query.panel().is_some_and(|panel| matches!(panel.kind, "stat" | "singlestat" | "gauge" | "bargauge"));
        if query.is_graph() || is_number {
            drawn(query, context, found);
        }
        if query.is_alert() {
            by_hand(query, context, found);
        }
        if query.rule().is_some() {
            since_the_start(query, context, found);
        }
        for selector in query.selectors.iter().filter(|_| query.is_alert()) {
            let Some((catalogue, metric, series)) = context.world.metric_of(selector.selector) else {
                let name = selector.selector.metric_name().unwrap_or("");
                let recorded = context.world.recorded(name);
                let is_sum = |expr: &Expr| matches!(kind(expr, context.world), Some(Kind::Sum));
                if let Some(first) = recorded.first().filter(|_| is_compared_raw(selector, true))
                    && recorded.iter().all(|rule| rule.query.expr.as_ref().is_some_and(is_sum))
                {
                    let message = format!("`{name}` is a sum of counters, and is compared as it stands: it only grows");
                    let finding = META.finding(query.span(&selector.range), message).related(first.query.node.span, "recorded here");
                    found.push(finding.help("record the sum of the rates, and compare that"));
                    continue;
                }
                // Whatever counts is called so, and hardly anything else.
                let name = selector.selector.metric_name().unwrap_or("");
                let is_served = || name.ends_with("_total") && exporters::is_known(name) || exporters::is_counter(name);
                if is_counter(name) && is_compared_raw(selector, false) || is_served() && is_compared_raw(selector, true) {
                    let message = format!("`{name}` is called as counters are, and is compared as it stands: it only grows");
                    found.push(META.finding(query.span(&selector.range), message).help("compare `increase(…[1h])` or `rate(…[5m])`"));
                }
                continue;
            };
            let of_native = || metric.kind == MetricType::Histogram && selector.inside("histogram_count");
            // A page in text may leave open what its exporter is known to count.
            let is_known = || metric.kind == MetricType::Untyped && exporters::is_counter(&metric.name.value);
            let counts = metric.kind == MetricType::Counter || series != Series::Base || of_native() || is_known();
            let own = |m: &&Matcher| metric.labels.iter().any(|label| label.name.value == m.label.text);
            if let Some(matcher) = selector.selector.matchers.iter().find(own).filter(|_| counts && is_counted(selector)) {
                let name = selector.selector.metric_name().unwrap_or(&metric.name.value);
                let message = format!("`count` says how many series `{name}` has, and not how many events it counted");
                let finding = META.finding(query.span(&selector.range), message).related(query.span(&matcher.range), "events of a kind");
                found.push(finding.help("use `sum(increase(…[5m]))`"));
                continue;
            }
            if metric.kind == MetricType::Counter
                && is_compared_with_none(query, selector)
                && let Some(least) = least_shown(catalogue, &metric.name.value, context).filter(|least| *least > 0.0)
            {
                let name = &metric.name.value;
                let message = format!("the counter `{name}` is at {least} on the page, and never returns to 0 while the process runs");
                let finding = META.finding(query.span(&selector.range), message).related(metric.name.span, catalogue.says());
                found.push(finding.help("compare `increase(…[1h])`"));
                continue;
            }
            if counts && is_compared_raw(selector, true) {
                let name = selector.selector.metric_name().unwrap_or(&metric.name.value);
                found.push(
                    META.finding(query.span(&selector.range), format!("the counter `{name}` is compared as it stands, and it only grows"))
                        .related(metric.name.span, catalogue.says())
                        .help("compare `increase(…[1h])` or `rate(…[5m])`"),
                );
            }
        }
    }
}

/// The least value of a counter that a page shows: the one that declares it, or that of the job whose manifest does.
fn least_shown(known: &Catalogue, name: &str, context: &Context<'_>) -> Option<f64> {
    let of_job = |page: &&Catalogue| page.is_page() && known.job().is_some_and(|job| page.is_of(job));
    let page = if known.is_page() { Some(known) } else { context.world.catalogues.iter().find(of_job) };
    page?.snapshot.as_ref()?.get(name)?.iter().map(|(_, value)| *value).reduce(f64::min)
}

/// Whether a counter is asked, as it stands, to be 0.
fn is_compared_with_none(query: &Expression<'_, '_>, selector: &Use<'_>) -> bool {
    query.comparisons.iter().any(|compared| {
        let is_none = compared.op == BinaryOp::Equal && compared.number.abs() < f64::EPSILON;
        is_none && walk::without_aggregates(compared.side).range == selector.range
    })
}

/// Counters that are divided by each other as they stand: what was since each process started, which a bad minute hardly moves.
fn since_the_start(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let counts = |used: &&Use<'_>| {
        let name = used.selector.metric_name().unwrap_or("");
        // A mean has a rule of its own.
        let by_name =
            || (is_counter(name) || exporters::is_known(name) && name.ends_with("_total")) && context.world.recorded(name).is_empty();
        let known = context.world.metric_of(used.selector);
        known.map_or_else(by_name, |(_, metric, series)| {
            metric.kind == MetricType::Counter || matches!(series, Series::Bucket | Series::Count)
        })
    };
    for (node, binary) in query.divisions() {
        let side = |expr: &Expr| {
            let within = |used: &&Use<'_>| expr.range.start <= used.range.start && used.range.end <= expr.range.end;
            let own: Vec<&Use<'_>> = query.selectors.iter().filter(within).collect();
            let plain = |used: &&Use<'_>| {
                !used.is_range
                    && used.selector.offset.is_none()
                    && used
                        .ancestors
                        .iter()
                        .rev()
                        .take_while(|around| !std::ptr::eq(**around, node))
                        .all(|around| leaves_a_counter(around) || is_sum(around))
            };
            !own.is_empty() && own.iter().all(|used| plain(used) && counts(used))
        };
        let in_window = query.selectors.iter().any(|used| {
            used.ancestors.iter().any(|around| std::ptr::eq(*around, node))
                && used
                    .ancestors
                    .iter()
                    .take_while(|around| !std::ptr::eq(**around, node))
                    .any(|around| matches!(around.kind, ExprKind::Subquery { .. }))
        });
        let (above, below) = (side(&binary.left), side(&binary.right));
        let other = if above { &binary.right } else { &binary.left };
        // What is recorded may be put to another use, unless the other side is a rate.
        let is_told = || query.is_alert() || walk::selectors(other).iter().any(|found| found.range.is_some());
        if above != below && is_told() && !in_window && !is_since_start(other) {
            let counter = if above { &binary.left } else { &binary.right };
            let is_declared = walk::selectors(counter).iter().all(|found| {
                context.world.metric_of(found.selector).is_some_and(|(_, metric, series)| {
                    metric.kind == MetricType::Counter || matches!(series, Series::Bucket | Series::Count | Series::Sum)
                })
            });
            let is_vector = constant(&binary.left).is_none() && constant(&binary.right).is_none();
            if is_declared && is_vector {
                let message = "a counter as it stands on one side, which only grows until its process restarts";
                found.push(META.finding(query.span(&counter.range), message).help("take `rate(…[5m])` or `increase(…)` of it"));
                continue;
            }
        }
        if above && below && !in_window && query.is_alert() {
            let message = "this is the share since the processes started, which a bad hour hardly moves";
            found.push(META.finding(query.span(&node.range), message).help("divide the rates: `rate(…[5m]) / rate(…[5m])`"));
        }
    }
}

/// A counter less what it was: below zero whenever a process has restarted, or, turned round, as long as none has.
fn by_hand(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Sub) {
        let within = |expr: &Expr| -> Vec<&Use<'_>> {
            query.selectors.iter().filter(|used| expr.range.start <= used.range.start && used.range.end <= expr.range.end).collect()
        };
        let (left, right) = (within(&binary.left), within(&binary.right));
        let ([now], [then]) = (left.as_slice(), right.as_slice()) else { continue };
        let is_plain = |used: &Use<'_>| {
            let around = used.ancestors.iter().rev().take_while(|around| !std::ptr::eq(**around, node));
            !used.is_range && used.selector.at.is_none() && around.into_iter().all(|around| leaves_a_counter(around))
        };
        let counts = context.world.metric_of(now.selector).is_some_and(|(_, metric, series)| match series {
            Series::Base => metric.kind == MetricType::Counter,
            _ => true,
        });
        let alike = now.selector.metric_name() == then.selector.metric_name() && now.selector.matchers == then.selector.matchers;
        let ago = |used: &Use<'_>| used.selector.offset.as_ref().map_or(Some(0), DurationExpr::millis);
        let (Some(now_ago), Some(then_ago)) = (ago(now), ago(then)) else { continue };
        let is_kept = now.selector.metric_name().is_some_and(|name| name.starts_with("kube_"));
        if !counts || is_kept || !alike || !is_plain(now) || !is_plain(then) || now_ago == then_ago {
            continue;
        }
        let message = if now_ago > then_ago {
            "this is what the counter was less what it is, and never positive unless a process restarts"
        } else {
            "a counter begins anew when its process restarts, and this falls below zero"
        };
        let window = format_duration((now_ago - then_ago).abs());
        found.push(META.finding(query.span(&node.range), message).help(format!("use `increase(…[{window}])`")));
    }
}

/// Whether it says how long a process has run, so that a counter by it is a mean since the start.
fn is_since_start(expr: &Expr) -> bool {
    // Or it is beside itself of some time ago.
    if walk::selectors(expr).iter().any(|found| found.selector.offset.is_some()) {
        return true;
    }
    calls(expr, "time")
        || walk::selectors(expr).iter().any(|found| found.selector.metric_name().is_some_and(|name| name.contains("uptime")))
}

fn is_sum(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Add | BinaryOp::Sub))
}

/// Whether a name says that a metric counts events that go wrong or pass by: of others it may be how many there are.
fn is_counter(name: &str) -> bool {
    const EVENTS: &[&str] =
        &["failed", "failures", "errors", "requests", "retries", "timeouts", "rejected", "dropped", "processed", "events"];
    name.strip_suffix("_total").is_some_and(|stem| EVENTS.iter().any(|word| stem.ends_with(word)))
}

/// Counters that a panel draws over time as they stand, perhaps summed.
fn drawn(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let is_plain = |used: &&Use<'_>| !used.is_range && used.ancestors.iter().all(|expr| leaves_a_counter(expr));
    for used in query.selectors.iter().filter(is_plain) {
        let Some((catalogue, metric, series)) = context.world.metric_of(used.selector) else {
            found.extend(known_by_all(query, used, context));
            continue;
        };
        let counts = match series {
            Series::Base => metric.kind == MetricType::Counter,
            Series::Sum | Series::Count => true,
            Series::Bucket => false,
        };
        if counts {
            let name = used.selector.metric_name().unwrap_or(&metric.name.value);
            let message = format!("the counter `{name}` is drawn as it stands, and only grows until a restart");
            let finding = META.finding(query.span(&used.range), message).related(metric.name.span, catalogue.says());
            found.push(finding.help("draw `rate(…[$__rate_interval])` or `increase(…)`"));
        }
    }
}

/// A counter that every exporter of its kind has, drawn as it stands in a unit that says how many there are in a second.
fn known_by_all(query: &Expression<'_, '_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let name = used.selector.metric_name().filter(|name| exporters::is_counter(name) && context.world.recorded(name).is_empty())?;
    let unit = query.panel()?.node.at(["fieldConfig", "defaults", "unit"])?;
    let per_second = matches!(
        unit.as_str()?,
        "ops" | "reqps" | "rps" | "wps" | "iops" | "cps" | "Bps" | "bps" | "binBps" | "eps" | "mps" | "recps" | "rowsps"
    );
    let message = format!("the counter `{name}` is drawn as it stands, and {} is a unit of rates", unit.describe());
    let finding = META.finding(query.span(&used.range), message).related(unit.span, "the unit");
    per_second.then(|| finding.help("draw `rate(…[$__rate_interval])`"))
}

fn leaves_a_counter(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(_) => true,
        ExprKind::Aggregate(sum) => matches!(sum.op, AggregateOp::Sum | AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg),
        // `… > 0` leaves out what has not happened yet, and the rest as it is.
        ExprKind::Binary(binary) => {
            binary.op == BinaryOp::Greater
                && !binary.return_bool
                && constant(&binary.right).is_some_and(|number| number.abs() < f64::EPSILON)
        }
        _ => false,
    }
}

/// Whether nothing but aggregations stands between the selector and a comparison with a number: with zero only of what is known to
/// count, for a name alone may be that of something which is to be looked at once it is not zero.
fn is_compared_raw(selector: &Use<'_>, is_known: bool) -> bool {
    for ancestor in selector.ancestors.iter().rev() {
        match &ancestor.kind {
            ExprKind::Paren(_) => {}
            // The greatest value of a counter over a window is what it has counted, too.
            ExprKind::Call { function, .. }
                if matches!(
                    function.text.as_str(),
                    "histogram_count"
                        | "max_over_time"
                        | "avg_over_time"
                        | "min_over_time"
                        | "sum_over_time"
                        | "quantile_over_time"
                        | "last_over_time"
                ) => {}
            ExprKind::Aggregate(aggregate)
                if matches!(
                    aggregate.op,
                    AggregateOp::Sum
                        | AggregateOp::Max
                        | AggregateOp::Min
                        | AggregateOp::Avg
                        | AggregateOp::Stddev
                        | AggregateOp::Stdvar
                        | AggregateOp::Quantile
                ) => {}
            // A number added or taken away leaves it one.
            ExprKind::Binary(binary)
                if matches!(binary.op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul)
                    && (constant(&binary.left).is_some() || constant(&binary.right).is_some()) => {}
            // Whether anything was counted at all may guard another condition.
            ExprKind::Binary(binary) if binary.op.is_comparison() => {
                let alone =
                    || is_known && selector.ancestors.iter().all(|around| !is_set_operation(around)) && binary.op == BinaryOp::Greater;
                return constant(&binary.right).is_some_and(|number| number != 0.0 || alone());
            }
            _ => return false,
        }
    }
    false
}

/// Whether the series are counted as they stand, and their number is compared with another.
fn is_counted(used: &Use<'_>) -> bool {
    let is_growth = |expr: &Expr| growth(expr).is_some();
    let grows = used.ancestors.last().is_some_and(|around| is_growth(around));
    let mut around = used.ancestors.iter().rev().filter(|around| !matches!(around.kind, ExprKind::Paren(_)) && !is_growth(around));
    let counted = matches!(around.next().map(|around| &around.kind), Some(ExprKind::Aggregate(of)) if of.op == AggregateOp::Count);
    let compared = |around: &&Expr| matches!(&around.kind, ExprKind::Binary(by) if matches!(by.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && constant(&by.right).is_some_and(|number| number >= 2.0));
    counted && (!used.is_range || grows) && around.next().is_some_and(compared)
}

/// What `or` joins is each a condition of its own.
fn is_set_operation(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Unless))
}

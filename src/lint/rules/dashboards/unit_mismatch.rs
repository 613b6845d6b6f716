//! Panels with the wrong unit.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::inference::measure::recorded;
use crate::lint::inference::value::interval;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::moment_scale;
use crate::lint::query::unit::{Quantity, calls, quantity};
use crate::lint::query::written::Purpose;
use crate::lint::query::{Origin, Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::world::declared::MetricType;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{selectors, without_parens};
use crate::source::{Node, content};

rule! {
    /// A panel's unit contradicts what its query returns: seconds shown as milliseconds are wrong a thousandfold, a share
    /// from 0 to 1 shown as `percent` a hundredfold, a rate of bytes shown as `bytes` is no amount, and an increase over minutes is
    /// nothing per second.
    ///
    /// Judged only where the query makes the unit plain: a quantile, average or plain value of a metric in `_seconds` or
    /// `_bytes`, or a division of two rates of one counter, with nothing multiplied.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "fieldConfig": { "defaults": { "unit": "ms" } },
    ///   "targets": [ { "refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "fieldConfig": { "defaults": { "unit": "s" } },
    ///   "targets": [ { "refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum(increase(requests_total[5m]))" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum(increase(requests_total[5m])) / 300" } ] } ] }
    /// ```
    UnitMismatch, "unit-mismatch", Warning
}

/// What a query returns, as far as it is plain.
impl Rule for UnitMismatch {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Written(written) = query.origin else { return };
        let unit = written.unit.and_then(Node::with_str);
        let Some((node, unit)) = unit.filter(|_| written.purpose == Purpose::Panel) else { return };
        let Some((what, right)) = query.expr.as_ref().and_then(|expr| contradiction(quantity(expr, query)?, unit)) else { return };
        let finding = META.finding(node.span, format!("the unit is `{unit}`, and the query returns {what}"));
        found.push(
            finding.path(written.path.replace(".expr", ".unit")).related(query.node.span, "the query").help(format!("use `{right}`")),
        );
    }

    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in view.dashboard.panels.iter().filter(|_| !view.dashboard.layout_apart) {
            overridden(panel, view.queries, found);
        }
        for query in view.queries {
            found.extend(other_maximum(query, context));
            found.extend(undeclared(query, context));
            found.extend(per_minute(query));
            found.extend(flag(query));
            found.extend(date(query));
            found.extend(bits(query));
            found.extend(counted(query));
            found.extend(scaled(query));
            found.extend(moment(query));
            found.extend(distance(query));
            found.extend(state(query));
            let Some(panel) = query.panel() else { continue };
            let Some((node, unit)) = panel.unit().and_then(Node::with_str) else { continue };
            // What is hidden is not shown in any unit.
            let is_hidden =
                matches!(query.origin, Origin::Target { target, .. } if target.node.get("hide").and_then(Node::as_bool) == Some(true));
            let returned = |expr| quantity(expr, query).or_else(|| recorded(expr, context.world));
            let Some(quantity) = query.expr.as_ref().filter(|_| !is_hidden).and_then(returned) else { continue };
            let Some((what, right)) = contradiction(quantity, unit) else { continue };
            let overrides = panel.node.get("fieldConfig").and_then(|config| config.get("overrides")).into_iter().flat_map(Node::items);
            let mut properties = overrides.filter_map(|one| one.get("properties")).flat_map(Node::items);
            if properties.any(|property| property.get("id").and_then(Node::as_str) == Some("unit")) {
                continue;
            }
            let mut diagnostic = META
                .finding(node.span, format!("the unit is `{unit}`, and the query returns {what}"))
                .path(format!("{}.fieldConfig.defaults.unit", panel.path))
                .related(query.node.span, "the query")
                .help(format!("use `{right}`"));
            // Where another query of the panel may need another unit, people decide.
            let mut others = view.queries.iter().filter(|other| other.is_of(panel));
            if panel.targets.len() == 1
                || others.all(|other| other.expr.as_ref().and_then(|expr| self::quantity(expr, other)) == Some(quantity))
            {
                diagnostic = diagnostic.fix(content(node), right);
            }
            found.push(diagnostic);
        }
    }
}

/// Bytes divided by a thousand or so and drawn as bytes, or a share of 100 drawn as one of 1.
fn scaled(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let by = constant(&binary.right)?;
    let (message, help) = match (node.as_str()?, binary.op) {
        ("bytes" | "decbytes", BinaryOp::Div) if by >= 1000.0 => {
            let whole = bytes(&binary.left, query)?;
            (format!("this is `{whole}` in parts of {by}, and the unit is {}", node.describe()), "leave the bytes as they are")
        }
        ("percentunit", BinaryOp::Mul) if (by - 100.0).abs() < f64::EPSILON && is_division(&binary.left) => {
            (format!("this is a share of 100, and the unit {} is for one of 1", node.describe()), "leave `* 100` out, or use `percent`")
        }
        _ => return None,
    };
    Some(META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit").help(help))
}

/// A gauge that the manifest declares without a unit, and whose name has none, drawn with one.
fn undeclared(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    const MEASURED: &[&str] = &[
        "sec", "milli", "time", "duration", "age", "latency", "delay", "lag", "byte", "size", "memory", "mem", "ratio", "percent", "usage",
        "util", "rate", "per", "share", "load", "_ms", "_s", "disk", "cpu", "wait", "interval", "ttl", "heap",
    ];
    let (panel, mut expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    while let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind
        && matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg | AggregateOp::Sum)
    {
        expr = &aggregate.expr;
    }
    // A part of it has no unit either.
    if let ExprKind::Binary(binary) = &without_parens(expr).kind
        && binary.op == BinaryOp::Div
        && constant(&binary.right).is_some()
        && !matches!(node.as_str()?, "percent" | "percentunit")
    {
        expr = &binary.left;
    }
    while let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind {
        expr = &aggregate.expr;
    }
    let ExprKind::Selector(selector) = &without_parens(expr).kind else { return None };
    let name = selector.metric_name().filter(|name| !MEASURED.iter().any(|word| name.contains(word)))?;
    let (catalogue, metric, _) = context.world.metric_of(selector)?;
    let plain = !catalogue.is_page() && metric.kind == MetricType::Gauge && metric.unit.is_none();
    let drawn =
        matches!(node.as_str()?, "s" | "ms" | "m" | "h" | "bytes" | "decbytes" | "percent" | "percentunit" | "reqps" | "ops" | "Bps");
    if !plain || !drawn {
        return None;
    }
    let message = format!("the unit is {}, and `{name}` is declared without one", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(metric.name.span, "declared here").help("use `short`, or declare the unit"))
}

/// What is counted per second and multiplied, drawn as if it still were per second.
fn per_minute(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node =
        panel.unit().filter(|node| matches!(node.as_str(), Some("reqps" | "ops" | "rps" | "cps" | "wps" | "iops" | "eps" | "mps")))?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let by = constant(&binary.right).filter(|by| binary.op == BinaryOp::Mul && [60.0, 3600.0].contains(by))?;
    if quantity(&binary.left, query) != Some(Quantity::EventsPerSecond) {
        return None;
    }
    let what = if by > 100.0 { "an hour" } else { "a minute" };
    let message = format!("this counts events of {what}, and the unit {} is per second", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("leave the factor out, or use a unit per minute"))
}

/// What is 1 for yes and 0 for no, drawn as if it were measured.
fn flag(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node =
        panel.unit().filter(|node| matches!(node.as_str(), Some("s" | "ms" | "m" | "h" | "bytes" | "decbytes" | "reqps" | "Bps")))?;
    let selector = selector_below(expr)?;
    let name = selector.metric_name().filter(|name| matches!(*name, "up" | "probe_success"))?;
    let message = format!("the unit is {}, and `{name}` is 0 or 1", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(query.node.span, "the query").help("use `bool_yes_no` or the like, or ask for what has this unit"))
}

/// A moment in seconds where Grafana takes milliseconds.
fn date(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit().filter(|node| node.as_str().is_some_and(|unit| unit.starts_with("dateTime")))?;
    let selector = selector_below(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector)).filter(|name| moment_scale(name) == Some(1.0))?;
    let message = format!("`{name}` is in seconds, and the unit {} takes milliseconds: this reads as January 1970", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("multiply it by 1000"))
}

/// Bytes that are made bits, and drawn as bytes.
fn bits(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit().filter(|node| matches!(node.as_str(), Some("bytes" | "decbytes" | "Bps" | "binBps")))?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let of_bytes = matches!(quantity(&binary.left, query)?, Quantity::Bytes | Quantity::BytesPerSecond);
    constant(&binary.right).filter(|by| binary.op == BinaryOp::Mul && of_bytes && (by - 8.0).abs() < f64::EPSILON)?;
    let message = format!("these are bits, and the unit is {}", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(query.node.span, "the query").help("use `bps`, or leave the factor out"))
}

/// The selector whose values are shown, perhaps the greatest, the least or the mean of several.
fn selector_below(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) => selector_below(&of.expr),
        _ => None,
    }
}

/// When something is or was, drawn as how long.
fn moment(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let selector = selector_below(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector))?;
    if moment_scale(name).is_none() || !matches!(node.as_str()?, "s" | "ms" | "m" | "h" | "d" | "dtdurations") {
        return None;
    }
    let message = format!("`{name}` is a moment, and the unit {} is one of lengths", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("subtract `time()`, or show a date"))
}

/// Units that overrides give to one query of a panel, and that a heat map gives to its buckets.
fn overridden(panel: &Panel<'_>, queries: &[Query<'_>], found: &mut Vec<Diagnostic>) {
    let mut judge = |node: &Node, query: &Query<'_>, what: Quantity, path: &str| {
        if let Some((what, right)) = node.as_str().and_then(|unit| contradiction(what, unit)) {
            let message = format!("the unit is {}, and the query returns {what}", node.describe());
            let finding = META.finding(node.span, message).path(format!("{}.{path}", panel.path)).related(query.node.span, "the query");
            found.push(finding.help(format!("use `{right}`")));
        }
    };
    let own = || queries.iter().filter(|query| query.is_of(panel));
    let buckets = panel.node.get("options").and_then(|options| options.get("yAxis")?.get("unit")).filter(|_| panel.kind == "heatmap");
    if let (Some(node), Some(query)) = (buckets, own().next())
        && query.selectors().iter().any(|used| used.selector.metric_name().is_some_and(|name| name.ends_with("_seconds_bucket")))
    {
        judge(node, query, Quantity::Seconds, "options.yAxis.unit");
    }
    let target = |query: &Query<'_>, key: &str| match query.origin {
        Origin::Target { target, .. } => target.node.get(key).and_then(Node::as_str).unwrap_or("").to_owned(),
        _ => String::new(),
    };
    let steps = panel.node.items_of("transformations");
    let renamed: Vec<(&str, &str)> = steps
        .filter_map(|step| step.get("options")?.get("renameByName"))
        .flat_map(Node::entries)
        .filter_map(|(from, _, to)| Some((from.strip_prefix("Value #")?, to.as_str()?)))
        .collect();
    for rule in panel.node.get("fieldConfig").and_then(|config| config.get("overrides")).into_iter().flat_map(Node::items) {
        let matcher = rule.get("matcher").and_then(|matcher| Some((matcher.get("id")?.as_str()?, matcher.get("options")?.as_str()?)));
        let is_meant = |query: &&Query<'_>| match matcher {
            Some(("byFrameRefID", id)) => target(query, "refId") == id,
            Some(("byName", name)) => {
                let id = target(query, "refId");
                target(query, "legendFormat") == name || renamed.iter().any(|(from, to)| *to == name && *from == id)
            }
            // Whatever series it takes, they are of the one query.
            Some(("byRegexp", _)) => panel.targets.len() == 1 && panel.kind != "table",
            _ => false,
        };
        let units = rule.items_of("properties");
        let units = units.filter(|property| property.get("id").and_then(Node::as_str) == Some("unit"));
        for node in units.filter_map(|property| property.get("value")) {
            let of_query = own().find(is_meant).and_then(|query| Some((query, quantity(query.expr.as_ref()?, query)?)));
            if let Some((query, what)) = of_query {
                judge(node, query, what, "fieldConfig.overrides");
            }
        }
    }
}

/// A moment that something is taken from which is no moment, or that is added to one.
fn distance(query: &Query<'_>) -> Option<Diagnostic> {
    let ExprKind::Binary(binary) = &without_parens(query.expr.as_ref()?).kind else { return None };
    let is_time = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time");
    let is_scaled = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Binary(by) if by.op == BinaryOp::Mul && is_time(&by.left));
    let moment = |expr: &Expr| {
        let found = selectors(expr);
        let [only] = found.as_slice() else { return None };
        let name = only.selector.metric_name().filter(|name| name.ends_with("_timestamp_seconds") && only.range.is_none())?;
        let is_plain =
            !calls(expr, "time") && !query.is_variable_metric(only.selector) && !matches!(without_parens(expr).kind, ExprKind::Binary(_));
        is_plain.then(|| name.to_owned())
    };
    let name = moment(&binary.right)?;
    let (message, help) = match binary.op {
        BinaryOp::Add if is_time(&binary.left) => (format!("`{name}` is a moment, and is added to another"), "subtract it"),
        BinaryOp::Sub if is_scaled(&binary.left) => {
            (format!("`{name}` is in seconds, and what it is taken from is not"), "multiply the difference, or nothing")
        }
        _ => return None,
    };
    Some(META.finding(query.node.span, message).path(query.path()).help(help))
}

/// Values that are named one by one, 0 and 1, of what is measured.
fn state(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let defaults = panel.node.get("fieldConfig").and_then(|config| config.get("defaults"))?;
    let mappings: Vec<&Node> = defaults.items_of("mappings").collect();
    let [only] = mappings.as_slice() else { return None };
    let options = only.get("options").filter(|_| only.get("type").and_then(Node::as_str) == Some("value"))?;
    let mut values: Vec<&str> = options.entries().map(|(value, ..)| value).collect();
    values.sort_unstable();
    let what = match quantity(expr, query)? {
        Quantity::Seconds | Quantity::Millis => "a time",
        Quantity::Bytes | Quantity::BytesPerSecond => "bytes",
        Quantity::EventsPerSecond | Quantity::Events => "events",
        Quantity::Number | Quantity::Share | Quantity::Percent => return None,
    };
    if values != ["0", "1"] {
        return None;
    }
    let message = format!("this measures {what}, and the panel has words for 0 and 1");
    Some(META.finding(query.node.span, message).path(query.path()).related(only.span, "the words").help("ask for what is 0 or 1"))
}

/// The metric that counts bytes, below divisions by numbers.
fn bytes<'q>(expr: &'q Expr, query: &Query<'_>) -> Option<&'q str> {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_some() => bytes(&binary.left, query),
        _ if quantity(expr, query) == Some(Quantity::Bytes) => selectors(expr).first()?.selector.metric_name(),
        _ => None,
    }
}

fn is_division(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_none())
}

/// How many series there are, drawn as what happens in a second.
fn counted(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { return None };
    if let ExprKind::Call { function, arguments } = &without_parens(&aggregate.expr).kind
        && matches!(function.text.as_str(), "rate" | "irate")
        && matches!(node.as_str()?, "reqps" | "ops" | "cps" | "rps" | "eps" | "mps")
        && let Some(used) = arguments.first().and_then(|range| selectors(range).first().map(|found| found.selector))
        && let Some(name) = used.metric_name().filter(|name| name.ends_with("_seconds_sum") || name.ends_with("_bytes_sum"))
        && aggregate.op == AggregateOp::Sum
    {
        let finding = META.finding(query.node.span, format!("`{name}` sums up what is measured, and the unit is {}", node.describe()));
        return Some(finding.path(query.path()).related(node.span, "the unit").help("count the events, by `_count`"));
    }
    let per_second = matches!(node.as_str()?, "reqps" | "ops" | "cps" | "rps" | "Bps" | "bps" | "s" | "ms" | "bytes" | "percentunit");
    let rated = matches!(&without_parens(&aggregate.expr).kind, ExprKind::Call { function, .. } if function.text.contains("rate") || function.text == "increase");
    if aggregate.op != AggregateOp::Count || !per_second || !rated {
        return None;
    }
    let finding = META.finding(query.node.span, format!("this counts series, and the unit is {}", node.describe())).path(query.path());
    Some(finding.related(node.span, "the unit").help("take `sum`, or the unit `short`"))
}

/// A gauge that is full at a number, drawn as a share of another.
fn other_maximum(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let whole = match panel.unit()?.as_str()? {
        "percentunit" => 1.0,
        "percent" => 100.0,
        _ => return None,
    };
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let (_, metric, _) = context.world.metric_of(only.selector)?;
    let most = metric.max?;
    let high = interval(expr, context.world).high;
    if !high.is_finite() || (high - whole).abs() <= 1e-6 * whole {
        return None;
    }
    let message = format!("`{}` is full at {most}, which is {high} here and reads as {}%", metric.name.value, high / whole * 100.0);
    let finding = META.finding(query.node.span, message).path(query.path()).related(metric.name.span, "declared here");
    Some(finding.help(format!("divide by {most}")))
}

/// Units of what is counted per minute.
const PER_MINUTE: &[&str] = &["cpm", "opm", "reqpm", "rpm", "wpm", "recpm", "rowspm"];

/// What is said where a unit does not fit, and the unit that does.
fn contradiction(quantity: Quantity, unit: &str) -> Option<(&'static str, &'static str)> {
    match quantity {
        Quantity::Seconds => matches!(
            unit,
            "ms" | "µs"
                | "ns"
                | "m"
                | "h"
                | "d"
                | "dtdurationms"
                | "bytes"
                | "decbytes"
                | "percent"
                | "percentunit"
                | "reqps"
                | "Bps"
                | "dateTimeAsIso"
                | "dateTimeAsUS"
                | "dateTimeAsLocal"
                | "dateTimeFromNow"
        )
        .then_some(("seconds", "s")),
        Quantity::Bytes => matches!(
            unit,
            "kbytes"
                | "mbytes"
                | "gbytes"
                | "deckbytes"
                | "decmbytes"
                | "bits"
                | "decbits"
                | "s"
                | "ms"
                | "percent"
                | "percentunit"
                | "reqps"
                | "Bps"
                | "binBps"
        )
        .then_some(("bytes", "bytes")),
        Quantity::BytesPerSecond => matches!(unit, "bytes" | "decbytes" | "bps" | "s" | "ms").then_some(("bytes per second", "Bps")),
        Quantity::EventsPerSecond => {
            matches!(unit, "s" | "ms" | "bytes" | "decbytes" | "kbytes" | "percent" | "percentunit" | "Bps" | "bps" | "celsius")
                .then_some(("events per second", "ops"))
                .or_else(|| PER_MINUTE.contains(&unit).then_some(("events per second", "ops")))
        }
        Quantity::Events | Quantity::Number => matches!(
            unit,
            "reqps"
                | "ops"
                | "cps"
                | "rps"
                | "wps"
                | "iops"
                | "eps"
                | "mps"
                | "Bps"
                | "bps"
                | "s"
                | "ms"
                | "bytes"
                | "percent"
                | "percentunit"
        )
        .then_some((if quantity == Quantity::Number { "a number of things" } else { "events of a whole window" }, "short")),
        Quantity::Share => matches!(unit, "percent" | "s" | "ms" | "bytes" | "decbytes" | "reqps" | "ops" | "Bps")
            .then_some(("a share from 0 to 1", "percentunit")),
        Quantity::Percent => (unit == "percentunit").then_some(("a percentage from 0 to 100", "percent")),
        Quantity::Millis => matches!(unit, "s" | "m" | "h" | "bytes" | "percent" | "percentunit").then_some(("milliseconds", "ms")),
    }
}

//! The panels of a service: those of its signals and those of the manifest, and between them what every service wants to
//! see of its counters, histograms and gauges.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Service;
use super::catalogue::Metric;
use super::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use super::query::{self, PANEL_WINDOW, Scope};
use super::signals::{percentile, quantile_of, unit_of};
use super::stack::Stack;
use crate::manifest::metrics::{LabelRole, MetricType, MetricUnit};
use crate::promql::ast::{AggregateOp, BinaryOp};
use crate::promql::build;

/// Every panel of a service, in the order of their rows: those of signals first, those of the manifest last.
///
/// They are drawn when they are asked for: a fleet has more of them than of anything else.
pub fn panels(service: &Service, stack: &Stack) -> Vec<Panel> {
    let mut panels: Vec<Panel> = service.objectives.iter().flat_map(|objective| objective.panels()).collect();
    for panel in service.alerts.iter().flat_map(|alert| alert.signal.panels()) {
        // Two alerts on one quantity share a panel; the first, as the manifest orders them, gives its threshold.
        if !panels.iter().any(|known| known.title == panel.title) {
            panels.push(panel);
        }
    }
    add_catalogue(&mut panels, &service.metrics, stack);
    panels.extend(service.dashboard.own.iter().cloned());
    let now = now(&service.name, &panels);
    panels.extend(now);
    panels.sort_by_key(|panel| panel.row);
    panels
}

/// Adds what the catalogue brings, where no signal has drawn it. A Prometheus without native histograms has nothing to draw of them.
fn add_catalogue(panels: &mut Vec<Panel>, metrics: &BTreeMap<String, Arc<Metric>>, stack: &Stack) {
    for metric in metrics.values().filter(|metric| !metric.native || stack.has_native_histograms()) {
        let drawn: Vec<Panel> = match metric.kind {
            MetricType::Counter => vec![rate(metric)],
            MetricType::Histogram => vec![quantiles(metric), heatmap(metric)],
            MetricType::Gauge => vec![gauge(metric)],
            MetricType::Summary => vec![summary(metric)],
        };
        for panel in drawn {
            if !panels.iter().any(|known| known.title == panel.title) {
                panels.push(panel);
            }
        }
    }
}

/// What is wrong now, at one glance: how many alerts fire, each watched quantity against its limit, and which alerts.
fn now(service: &str, panels: &[Panel]) -> Vec<Panel> {
    let firing = || query::selector("ALERTS", &[query::equal("alertstate", "firing"), query::equal("service", service)]);
    let instant =
        |expr: crate::promql::Expr, legend: &str| Query { expr: Ask::Tree(Box::new(expr)), legend: legend.to_owned(), instant: true };
    let count = query::or(build::aggregate(AggregateOp::Count, &[], firing()), query::call("vector", vec![query::number(Decimal::ZERO)]));
    let tile = |title: String, description: String, unit: Unit| Panel {
        title,
        description,
        view: View::Number,
        unit,
        queries: Vec::new(),
        steps: Vec::new(),
        base: Colour::Good,
        row: Row::Now,
        range: (None, None),
    };
    let mut all = vec![Panel {
        queries: vec![instant(count, "firing")],
        steps: vec![Step { value: 1.0, colour: Colour::Bad }],
        ..tile("Firing alerts".to_owned(), format!("How many alerts of {service} fire."), Unit::Count)
    }];
    // The last query of a panel is the one that its limit is for.
    for panel in panels.iter().filter(|p| !p.steps.is_empty() && p.view == View::Lines && p.row != Row::Objectives) {
        let Some(query) = panel.queries.last() else { continue };
        all.push(Panel {
            queries: vec![Query { instant: true, ..query.clone() }],
            steps: panel.steps.clone(),
            base: panel.base,
            ..tile(format!("{} now", panel.title), panel.description.clone(), panel.unit.clone())
        });
    }
    all.push(Panel {
        queries: vec![instant(firing(), "{{alertname}}")],
        view: View::Table,
        base: Colour::Plain,
        ..tile("Alerts".to_owned(), format!("Every alert of {service} that fires, with its labels."), Unit::Count)
    });
    all
}

fn panel(title: String, metric: &Metric, view: View, unit: Unit, queries: Vec<Query>, row: Row) -> Panel {
    let description = metric.help.clone().unwrap_or_else(|| format!("What {} says.", metric.name));
    Panel { title, description, view, unit, queries, steps: Vec::new(), base: Colour::Plain, row, range: (Some(0.0), None) }
}

fn ask(expr: crate::promql::Expr, legend: impl Into<String>) -> Query {
    Query { expr: Ask::Tree(Box::new(expr)), legend: legend.into(), instant: false }
}

/// Events per second, by status where there is one.
fn rate(metric: &Metric) -> Panel {
    let status = metric.labels.iter().find(|(_, label)| label.role == Some(LabelRole::HttpStatus)).map(|(name, _)| name.as_str());
    let by = status.unwrap_or("job");
    let unit = match metric.unit {
        MetricUnit::Bytes => Unit::BytesPerSecond,
        MetricUnit::Seconds => Unit::Ratio,
        _ if status.is_some() => Unit::RequestsPerSecond,
        _ => Unit::PerSecond,
    };
    let expr = query::sum_by(&[by], query::rate(query::select(&metric.name, &Scope::Dashboard, &[]), PANEL_WINDOW));
    panel(format!("Rate of {}", metric.name), metric, View::Stacked, unit, vec![ask(expr, format!("{{{{{by}}}}}"))], Row::Traffic)
}

fn quantiles(metric: &Metric) -> Panel {
    let one = |q: Decimal| ask(quantile_of(metric, q, &Scope::Dashboard, PANEL_WINDOW), percentile(q));
    let all = [Decimal::new(5, 1), Decimal::new(9, 1), Decimal::new(99, 2)].map(one);
    panel(format!("Quantiles of {}", metric.name), metric, View::Lines, unit_of(metric), all.into(), Row::Traffic)
}

fn heatmap(metric: &Metric) -> Panel {
    let (name, by, legend) = if metric.native {
        (metric.name.clone(), vec!["job"], "{{job}}")
    } else {
        (format!("{}_bucket", metric.name), vec!["le"], "{{le}}")
    };
    let expr = query::sum_by(&by, query::rate(query::select(&name, &Scope::Dashboard, &[]), PANEL_WINDOW));
    panel(format!("Distribution of {}", metric.name), metric, View::Heatmap, unit_of(metric), vec![ask(expr, legend)], Row::Traffic)
}

fn gauge(metric: &Metric) -> Panel {
    let value = query::max_by(&["instance"], query::select(&metric.name, &Scope::Dashboard, &[]));
    let now = || query::call("time", Vec::new());
    // Of a moment it is seen how long ago it was, or how long it is until then: by itself it is half a century.
    let moments = ["_timestamp_seconds", "_start_time_seconds", "_boot_time_seconds"];
    let moment = moments.iter().find_map(|ending| metric.name.strip_suffix(ending)).filter(|_| metric.unit == MetricUnit::Seconds);
    let (title, expr) = match moment {
        Some(stem) if stem.contains("expir") => (format!("Time until {}", metric.name), query::binary(BinaryOp::Sub, value, now())),
        Some(_) => (format!("Time since {}", metric.name), query::binary(BinaryOp::Sub, now(), value)),
        None => (metric.name.clone(), value),
    };
    let mut panel = panel(title, metric, View::Lines, unit_of(metric), vec![ask(expr, "{{instance}}")], Row::Resources);
    panel.range = (None, None);
    panel
}

fn summary(metric: &Metric) -> Panel {
    let mean = |suffix: &str| {
        let selector = query::select(&format!("{}{suffix}", metric.name), &Scope::Dashboard, &[]);
        query::sum_by(&["job"], query::rate(selector, PANEL_WINDOW))
    };
    let expr = query::divide(mean("_sum"), query::above(mean("_count"), Decimal::ZERO));
    panel(format!("Mean of {}", metric.name), metric, View::Lines, unit_of(metric), vec![ask(expr, "mean")], Row::Traffic)
}

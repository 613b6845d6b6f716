//! The terms of the metrics contract: what a manifest declares, and what is rendered from it asks for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::panel::Ask;
use crate::model::signals::{Objective, Sli};
use crate::model::stack::Stack;
use crate::model::{Model, Service, drawing};
use crate::probe::{Asked, Terms};
use crate::promql::ast::{Expr, MatchOp, Selector};
use crate::promql::walk::selectors;
use crate::promql::{Options, grafana, parse};
use crate::source::SourceMap;

/// The terms of a service.
pub(super) fn terms(model: &Model, service: &Service, sources: &SourceMap, require_all: bool) -> Terms {
    let declared_at: BTreeMap<String, String> =
        service.metrics.values().map(|metric| (metric.name.clone(), sources.place(metric.span))).collect();
    Terms {
        metrics: Arc::clone(&service.metrics),
        declared_at,
        bounds: service.objectives.iter().filter_map(|objective| bound(objective)).collect(),
        asked: asked(service, &model.common.stack),
        prometheus: model.common.stack.prometheus,
        timeout: Duration::from_millis(service.scrape.as_ref().map_or(10_000, |scrape| scrape.timeout.0)),
        require_all,
    }
}

/// The bucket that an objective needs.
fn bound(objective: &Objective) -> Option<(String, Decimal, String)> {
    match &objective.sli {
        Sli::Latency { metric, within, .. } if !metric.native => {
            Some((metric.name.clone(), within.value(), format!("objective `{}`", objective.name)))
        }
        Sli::Latency { .. } | Sli::Ratio(_) => None,
    }
}

/// Every selector of what is rendered that asks the service itself.
fn asked(service: &Service, stack: &Stack) -> Vec<Asked> {
    let mut all = Vec::new();
    let mut add = |by: &str, expr: &Expr| {
        for found in selectors(expr).iter().filter(|found| is_of_service(found.selector, service)) {
            all.push(Asked { by: by.to_owned(), selector: found.selector.clone() });
        }
    };
    for alert in &service.alerts {
        add(&format!("alert `{}`", alert.name), &alert.expr());
    }
    for objective in &service.objectives {
        for recording in objective.recordings() {
            add(&format!("objective `{}`", objective.name), &recording.expr);
        }
    }
    for recording in &service.recording {
        add(&format!("recording rule `{}`", recording.name), &recording.expr);
    }
    for panel in &drawing::panels(service, stack) {
        let by = format!("panel `{}`", panel.title);
        for query in &panel.queries {
            match &query.expr {
                Ask::Tree(expr) => add(&by, expr),
                Ask::Text(text) => {
                    if let Ok(expr) = parse(&grafana::substitute(text).text, &Options::all()) {
                        add(&by, &expr);
                    }
                }
            }
        }
    }
    all
}

/// Whether a selector asks for series of the service's own job, or of whatever job there is.
fn is_of_service(selector: &Selector, service: &Service) -> bool {
    let elsewhere = |value: &str| value != service.job && !value.contains('$');
    !selector.matchers.iter().any(|matcher| matcher.label.text == "job" && matcher.op == MatchOp::Equal && elsewhere(&matcher.value))
}

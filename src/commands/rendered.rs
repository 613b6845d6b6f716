//! What is rendered from a manifest, as far as lint compares it with the files beside it.

use crate::lint::world::declared::RenderedRule;
use crate::model::Model;
use crate::model::alert::Alert;
use crate::model::synthetic::Labels;
use crate::promql::ast::Expr;
use crate::promql::{Options, parse};

/// The alerting and recording rules of all services.
pub(super) fn rules(model: &Model) -> Vec<RenderedRule> {
    let alert = |alert: &Alert| RenderedRule {
        is_alert: true,
        name: alert.name.clone(),
        expr: as_read(alert.expr()),
        hold: i64::try_from(alert.hold.0).unwrap_or(i64::MAX),
        labels: alert.labels(),
        span: alert.span,
    };
    let mut all: Vec<RenderedRule> = model.common.watchdog.iter().map(alert).collect();
    for service in &model.services {
        all.extend(service.alerts.iter().map(alert));
        let mut record = |name: String, expr: Expr, mut labels: Labels| {
            labels.insert("service".to_owned(), service.name.clone());
            all.push(RenderedRule { is_alert: false, name, expr: as_read(expr), hold: 0, labels, span: service.span });
        };
        for recording in service.objectives.iter().flat_map(|objective| objective.recordings()) {
            record(recording.name, recording.expr, recording.labels);
        }
        for own in &service.recording {
            record(own.name.clone(), own.expr.clone(), Labels::new());
        }
    }
    all
}

/// The tree as it comes out of a file: with the parentheses that printing sets.
fn as_read(built: Expr) -> Expr {
    parse(&built.to_string(), &Options::all()).unwrap_or(built)
}

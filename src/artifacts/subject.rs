//! A service whose own files are rendered, and what several of them need of it.

use std::cell::OnceCell;

use crate::model::alert::Alert;
use crate::model::panel::Panel;
use crate::model::signals::Proof;
use crate::model::{Common, Service, drawing};
use crate::promql::ast::Expr;

/// A service whose own files are rendered, and what several of them need.
pub struct Subject<'a> {
    /// The service.
    pub service: &'a Service,
    /// What it shares with the other services of the run.
    pub common: &'a Common,
    conditions: OnceCell<Vec<Condition>>,
    proofs: OnceCell<Vec<Proof>>,
    panels: OnceCell<Vec<Panel>>,
}

/// The expression of an alert.
pub(super) struct Condition {
    /// As a tree.
    pub(super) expr: Expr,
    /// As it is written.
    pub(super) text: String,
}

impl From<Expr> for Condition {
    fn from(expr: Expr) -> Self {
        Self { text: expr.to_string(), expr }
    }
}

impl<'a> Subject<'a> {
    pub(super) fn new(service: &'a Service, common: &'a Common) -> Self {
        Self { service, common, conditions: OnceCell::new(), proofs: OnceCell::new(), panels: OnceCell::new() }
    }

    /// The service's alerts with their conditions, which several kinds of file tell of.
    pub(super) fn alerts(&self) -> impl Iterator<Item = (&'a Alert, &Condition)> {
        let conditions = self.conditions.get_or_init(|| self.service.alerts.iter().map(|alert| alert.expr().into()).collect());
        self.service.alerts.iter().zip(conditions)
    }

    /// How each of the service's alerts is proven, in their order. To tell all stories takes a good part of a rendering.
    pub(super) fn proofs(&self) -> &[Proof] {
        self.proofs.get_or_init(|| self.service.alerts.iter().map(Alert::proof).collect())
    }

    /// The panels of the service's dashboard.
    pub(super) fn panels(&self) -> &[Panel] {
        self.panels.get_or_init(|| drawing::panels(self.service, &self.common.stack))
    }
}

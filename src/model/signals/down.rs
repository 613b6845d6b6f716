//! A dependency: its exporter is down or gone, or says that the dependency is.

use super::{Proof, Signal};
use crate::manifest::dependencies::DependencyKind;
use crate::manifest::scalars::Duration;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Samples, Scenario, Series, labels};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// A dependency is down.
#[derive(Clone, Debug)]
pub struct Down {
    /// The service, for sentences.
    pub service: String,
    /// The dependency's name.
    pub dependency: String,
    /// What it is.
    pub kind: DependencyKind,
    /// The scrape job of its exporter.
    pub job: String,
}

impl Down {
    fn is_down(&self, metric: &str) -> Expr {
        query::is_zero(query::max_by(&["job"], query::select(metric, &Scope::Job(self.job.clone()), &[])))
    }

    fn series(&self, metric: &str, value: f64) -> Series {
        Series::new(metric, labels([("job", self.job.as_str()), ("instance", "exporter:1")]), Samples::constant(value))
    }

    /// The exporter's and, where it has one, the dependency's own state.
    fn states(&self, exporter: f64, dependency: f64) -> Vec<Series> {
        let own = self.kind.up_metric().map(|metric| self.series(metric, dependency));
        [self.series("up", exporter)].into_iter().chain(own).collect()
    }

    fn fires(&self, value: f64) -> Vec<Instance> {
        vec![Instance::new([("job", self.job.as_str())], value)]
    }
}

impl Signal for Down {
    fn condition(&self) -> Expr {
        let gone = query::call("absent", vec![query::select("up", &Scope::Job(self.job.clone()), &[])]);
        let exporter = self.is_down("up");
        let down = match self.kind.up_metric() {
            Some(metric) => query::or(exporter, self.is_down(metric)),
            None => exporter,
        };
        query::or(down, gone)
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {} ({}) is down", self.service, self.dependency, self.kind.title()))
    }

    fn description(&self) -> Sentence {
        let says = self.kind.up_metric().map(|metric| format!(", or {metric} is 0")).unwrap_or_default();
        Sentence::new("The exporter of ")
            .words(format!("{} is down or is not scraped as job ", self.dependency))
            .label("job")
            .words(format!("{says}."))
    }

    fn panels(&self) -> Vec<Panel> {
        let scope = Scope::DashboardJob(self.job.clone());
        let state = |metric: &str, legend: String| Query {
            expr: Ask::Tree(Box::new(query::max_by(&["job"], query::select(metric, &scope, &[])))),
            legend,
            instant: false,
        };
        let own = self.kind.up_metric().map(|metric| state(metric, self.dependency.clone()));
        vec![Panel {
            title: format!("Dependency: {}", self.dependency),
            description: format!("Whether {} ({}) and its exporter are up.", self.dependency, self.kind.title()),
            view: View::States,
            unit: Unit::State,
            queries: own.into_iter().chain([state("up", "exporter".to_owned())]).collect(),
            steps: vec![Step { value: 1.0, colour: Colour::Good }],
            base: Colour::Bad,
            row: Row::Availability,
            range: (Some(0.0), Some(1.0)),
        }]
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let mut healthy_beside = self.states(1.0, 1.0);
        healthy_beside.extend(self.states(0.0, 0.0).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios = vec![
            Scenario::holds("fires when the exporter is down", STEP, vec![self.series("up", 0.0)], zero, self.fires(0.0)),
            Scenario::holds("fires when nothing is scraped", STEP, Vec::new(), zero, self.fires(1.0)),
            Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy_beside, zero),
        ];
        if let Some(metric) = self.kind.up_metric() {
            scenarios.push(Scenario::holds(format!("fires when {metric} is 0"), STEP, self.states(1.0, 0.0), zero, self.fires(0.0)));
        }
        Proof::Scenarios(scenarios)
    }
}

//! Reports of crashes that did not arrive.

use std::sync::Arc;

use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, PANEL_WINDOW, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Labels, STEP, Samples, Scenario, Series};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// A service reports its crashes, and some of the reports are lost: whoever waits for them takes silence for health.
#[derive(Clone, Debug)]
pub struct ReportsLost {
    /// The service, for sentences.
    pub service: String,
    /// The counter of reports that were lost.
    pub metric: Arc<Metric>,
    /// The job that exposes it.
    pub job: String,
}

/// One report lost in this time is told.
const WINDOW: Duration = Duration::minutes(15);

impl ReportsLost {
    /// The name of the counter, for a manifest that declares it.
    pub const METRIC: &'static str = "sentry_events_lost_total";

    fn lost(&self, scope: &Scope, window: Duration) -> Expr {
        query::sum_by(&["job"], query::increase(query::select(&self.metric.name, scope, &[]), window))
    }

    /// The counter, on two instances.
    fn series(&self, samples: &Samples) -> Vec<Series> {
        let sets = ["a:1", "b:1"].into_iter().flat_map(|instance| self.metric.label_sets(&self.job, instance, &Labels::new()));
        sets.map(|set| Series::new(&self.metric.name, set, samples.clone())).collect()
    }
}

impl Signal for ReportsLost {
    fn condition(&self) -> Expr {
        query::above(self.lost(&Scope::Job(self.job.clone()), WINDOW), 0.into())
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: reports of crashes do not arrive", self.service))
    }

    fn description(&self) -> Sentence {
        Sentence::new("Reports of crashes of job ")
            .label("job")
            .words(format!(" were lost in the last {WINDOW}, as {} says: crashes can go unseen.", self.metric.name))
    }

    fn panels(&self) -> Vec<Panel> {
        vec![Panel {
            title: "Lost reports of crashes".to_owned(),
            description: "Reports of crashes that did not arrive. Somebody is told of any.".to_owned(),
            view: View::Lines,
            unit: Unit::Count,
            queries: vec![Query {
                expr: Ask::Tree(Box::new(self.lost(&Scope::Dashboard, PANEL_WINDOW))),
                legend: "{{job}}".to_owned(),
                instant: false,
            }],
            steps: vec![Step { value: 0.0, colour: Colour::Bad }],
            base: Colour::Good,
            row: Row::Resources,
            range: (Some(0.0), None),
        }]
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let fires = || vec![Instance::new([("job", self.job.as_str())], 1.0)];
        let none_lost = || self.series(&Samples::rising(0.0));
        let foreign = self.series(&Samples::rising(1.0)).into_iter().map(|series| series.of_job(FOREIGN_JOB));
        let healthy: Vec<Series> = none_lost().into_iter().chain(foreign).collect();
        let lost_until = Duration::minutes(30);
        let turning = self.series(&Samples::turning(1.0, lost_until, 0.0));
        Proof::Scenarios(vec![
            // A counter has to be seen twice before it is known to rise.
            Scenario::holds("fires while reports are lost", STEP, self.series(&Samples::rising(1.0)), STEP, fires()),
            Scenario::quiet("quiet while none are lost, whatever another job loses", STEP, healthy, Duration(0)),
            Scenario::quiet("quiet again after they arrive again", STEP, turning, Duration(lost_until.0 + WINDOW.0)),
            Scenario::no_data(),
        ])
    }
}

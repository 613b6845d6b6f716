//! Some targets of a service are down.

use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Samples, Scenario, Series, labels};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// A target of the service, of its probe or of a dependency's exporter is down, while the service as a whole is not.
#[derive(Clone, Debug)]
pub struct TargetDown {
    /// The service, for sentences.
    pub service: String,
    /// The service's own job, where it is scraped.
    pub job: Option<String>,
    /// Further jobs of the service that no alert of their own watches.
    pub others: Vec<String>,
}

/// `up` of a job on an instance.
pub fn up(job: &str, instance: &str, value: f64) -> Series {
    Series::new("up", labels([("job", job), ("instance", instance)]), Samples::constant(value))
}

impl TargetDown {
    fn jobs(&self) -> Vec<String> {
        self.job.iter().chain(&self.others).cloned().collect()
    }
}

impl Signal for TargetDown {
    fn condition(&self) -> Expr {
        let any = query::selector("up", &[query::one_of("job", &self.jobs())]);
        let Some(own) = &self.job else { return query::is_zero(any) };
        let all = query::is_zero(query::sum_by(&["job"], query::select("up", &Scope::Job(own.clone()), &[])));
        query::unless_on(&["job"], query::is_zero(any), all)
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: target ", self.service)).label("instance").words(" is down")
    }

    fn description(&self) -> Sentence {
        Sentence::new("Prometheus cannot scrape ").label("instance").words(" of job ").label("job").words(".")
    }

    fn panels(&self) -> Vec<Panel> {
        let up = Query {
            expr: Ask::Tree(Box::new(query::select("up", &Scope::Dashboard, &[]))),
            legend: "{{instance}}".to_owned(),
            instant: false,
        };
        let other = |job: &String| Query {
            expr: Ask::Tree(Box::new(query::select("up", &Scope::DashboardJob(job.clone()), &[]))),
            legend: format!("{job} {{{{instance}}}}"),
            instant: false,
        };
        vec![Panel {
            title: "Targets".to_owned(),
            description: "Whether each target answers Prometheus.".to_owned(),
            view: View::States,
            unit: Unit::State,
            queries: self.job.iter().map(|_| up.clone()).chain(self.others.iter().map(other)).collect(),
            steps: vec![Step { value: 1.0, colour: Colour::Good }],
            base: Colour::Bad,
            row: Row::Availability,
            range: (Some(0.0), Some(1.0)),
        }]
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let fires = |job: &str| vec![Instance::new([("job", job), ("instance", "a:1")], 0.0)];
        let well = |job: &str| [up(job, "a:1", 1.0), up(job, "b:1", 1.0)];
        let mut healthy: Vec<Series> = self.jobs().iter().flat_map(|job| well(job)).collect();
        healthy.push(up(FOREIGN_JOB, "a:1", 0.0));
        let mut scenarios = Vec::new();
        if let Some(own) = &self.job {
            let one_down = vec![up(own, "a:1", 0.0), up(own, "b:1", 1.0)];
            let all_down = vec![up(own, "a:1", 0.0), up(own, "b:1", 0.0)];
            scenarios.push(Scenario::holds("fires when one of two targets is down", STEP, one_down, zero, fires(own)));
            scenarios.push(Scenario::quiet("leaves it to AllTargetsDown when all are down", STEP, all_down, zero));
        }
        scenarios.push(Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy, zero));
        scenarios.push(Scenario::no_data());
        scenarios.extend(self.others.iter().map(|job| {
            let own = self.job.iter().flat_map(|own| well(own));
            let series = own.chain([up(job, "a:1", 0.0)]).collect();
            Scenario::holds(format!("fires when {job} cannot be scraped"), STEP, series, zero, fires(job))
        }));
        Proof::Scenarios(scenarios)
    }
}

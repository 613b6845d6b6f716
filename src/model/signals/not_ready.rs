//! Health checks as the blackbox exporter makes them.

use super::target_down::up;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Samples, Scenario, Series, labels};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// A health check fails.
#[derive(Clone, Debug)]
pub struct NotReady {
    /// The service, for sentences.
    pub service: String,
    /// The probe job.
    pub job: String,
    /// The names of its checks.
    pub checks: Vec<String>,
}

const KEPT: [&str; 3] = ["job", "instance", "check"];

impl NotReady {
    fn series(job: &str, check: &str, value: f64) -> Series {
        let set = labels([("job", job), ("instance", "http://a:1/health"), ("check", check)]);
        Series::new("probe_success", set, Samples::constant(value))
    }
}

impl Signal for NotReady {
    fn condition(&self) -> Expr {
        query::is_zero(query::max_by(&KEPT, query::select("probe_success", &Scope::Job(self.job.clone()), &[])))
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: the check ", self.service)).label("check").words(" fails")
    }

    fn description(&self) -> Sentence {
        Sentence::new("The blackbox exporter's check ").label("check").words(" of ").label("instance").words(" fails.")
    }

    fn panels(&self) -> Vec<Panel> {
        let scope = Scope::DashboardJob(self.job.clone());
        let success = query::max_by(&KEPT, query::select("probe_success", &scope, &[]));
        let duration = query::max_by(&KEPT, query::select("probe_duration_seconds", &scope, &[]));
        vec![
            Panel {
                title: "Health checks".to_owned(),
                description: "Whether each health check passes, as the blackbox exporter sees it.".to_owned(),
                view: View::States,
                unit: Unit::State,
                queries: vec![Query { expr: Ask::Tree(Box::new(success)), legend: "{{check}}".to_owned(), instant: false }],
                steps: vec![Step { value: 1.0, colour: Colour::Good }],
                base: Colour::Bad,
                row: Row::Availability,
                range: (Some(0.0), Some(1.0)),
            },
            Panel {
                title: "Duration of health checks".to_owned(),
                description: "How long each health check takes.".to_owned(),
                view: View::Lines,
                unit: Unit::Seconds,
                queries: vec![Query { expr: Ask::Tree(Box::new(duration)), legend: "{{check}}".to_owned(), instant: false }],
                steps: Vec::new(),
                base: Colour::Plain,
                row: Row::Availability,
                range: (Some(0.0), None),
            },
        ]
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let instance = |check: &str| Instance::new([("job", self.job.as_str()), ("instance", "http://a:1/health"), ("check", check)], 0.0);
        let mut healthy: Vec<Series> = self.checks.iter().map(|check| Self::series(&self.job, check, 1.0)).collect();
        healthy.push(Self::series(FOREIGN_JOB, "readiness", 0.0));
        let failing = |one: &String| {
            let series = self.checks.iter().map(|check| Self::series(&self.job, check, if check == one { 0.0 } else { 1.0 })).collect();
            Scenario::holds(format!("fires when {one} fails"), STEP, series, zero, vec![instance(one)])
        };
        let mut scenarios: Vec<Scenario> = self.checks.iter().map(failing).collect();
        scenarios.push(Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy, zero));
        scenarios.push(Scenario::quiet(
            "leaves an exporter that is down to TargetDown",
            STEP,
            vec![up(&self.job, "exporter:1", 0.0)],
            zero,
        ));
        scenarios.push(Scenario::no_data());
        Proof::Scenarios(scenarios)
    }
}

//! Days until a certificate ends.

use rust_decimal::Decimal;

use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Samples, Scenario, Series, labels};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::{BinaryOp, Expr};

/// A certificate ends soon.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The service, for sentences.
    pub service: String,
    /// The probe job.
    pub job: String,
    /// The days below which somebody is told.
    pub days: u32,
}

const DAY: f64 = 86_400.0;
const KEPT: [&str; 2] = ["job", "instance"];

impl Certificate {
    /// Seconds left. The last known expiry counts, because a failing handshake takes it away just when it matters.
    fn left(scope: &Scope) -> Expr {
        let known = query::over("last_over_time", query::select("probe_ssl_earliest_cert_expiry", scope, &[]), Duration::minutes(10));
        query::binary(BinaryOp::Sub, query::min_by(&KEPT, known), query::call("time", Vec::new()))
    }

    fn limit(&self) -> f64 {
        f64::from(self.days) * DAY
    }

    fn series(job: &str, expiry: f64) -> Vec<Series> {
        vec![Series::new(
            "probe_ssl_earliest_cert_expiry",
            labels([("job", job), ("instance", "https://a:1/health")]),
            Samples::constant(expiry),
        )]
    }
}

impl Signal for Certificate {
    fn condition(&self) -> Expr {
        query::binary(
            BinaryOp::Less,
            Self::left(&Scope::Job(self.job.clone())),
            query::number(Decimal::from(self.days) * Decimal::from(86_400)),
        )
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: a certificate ends in less than {} days", self.service, self.days))
    }

    fn description(&self) -> Sentence {
        Sentence::new("The certificate of ").label("instance").words(" ends in ").value(Format::Duration).words(".")
    }

    fn panels(&self) -> Vec<Panel> {
        vec![Panel {
            title: "Certificates end in".to_owned(),
            description: format!("Time left until the earliest certificate of the chain ends. Somebody is told below {} days.", self.days),
            view: View::Number,
            unit: Unit::Seconds,
            queries: vec![Query {
                expr: Ask::Tree(Box::new(Self::left(&Scope::DashboardJob(self.job.clone())))),
                legend: "{{instance}}".to_owned(),
                instant: true,
            }],
            steps: vec![Step { value: self.limit(), colour: Colour::Good }],
            base: Colour::Bad,
            row: Row::Availability,
            range: (None, None),
        }]
    }

    fn proof(&self, hold: Duration) -> Proof {
        let zero = Duration(0);
        // The clock of a rule test starts at zero; what is left shrinks while the alert is pending.
        let pending = hold.as_seconds().try_into().unwrap_or(0.0);
        let fires = vec![Instance::new([("job", self.job.as_str()), ("instance", "https://a:1/health")], self.limit() - DAY - pending)];
        let far = self.limit() * 10.0;
        let mut healthy = Self::series(&self.job, far);
        healthy.extend(Self::series(FOREIGN_JOB, 0.0));
        Proof::Scenarios(vec![
            Scenario::holds(
                format!("fires {} days before the end", self.days - 1),
                STEP,
                Self::series(&self.job, self.limit() - DAY),
                zero,
                fires,
            ),
            Scenario::quiet("quiet while it lasts, whatever another job does", STEP, healthy, zero),
            Scenario::quiet("quiet just above the limit", STEP, Self::series(&self.job, self.limit() + pending * 2.0 + DAY), zero),
            Scenario::no_data(),
        ])
    }
}

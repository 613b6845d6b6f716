//! The alerts of a model as cases: which stories stand for each, and which receiver each must reach.

use crate::model::Model;
use crate::model::alert::Alert;
use crate::model::log_alert::{LogAlert, UNPROVEN};
use crate::model::signals::Proof;
use crate::model::synthetic::{Labels, Outcome};

/// One alerting rule and what is claimed about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its service; `None` for an alert of all services.
    pub service: Option<String>,
    /// Its name.
    pub alert: String,
    /// The labels that the rule adds.
    pub labels: Labels,
    /// What stands for it.
    pub claim: Claim,
    /// Whom it must reach; `None` where nobody is told of anything.
    pub route: Option<Route>,
}

/// What stands for an alert.
#[derive(Clone, Debug)]
pub enum Claim {
    /// These stories of a test file.
    Stories {
        /// The file, below the folder.
        file: String,
        /// Their names, without the alert's.
        names: Vec<String>,
    },
    /// Nothing, and why.
    Unproven(String),
}

/// Whom an alert must reach.
#[derive(Clone, Debug)]
pub struct Route {
    /// Every label that it arrives with, its name included.
    pub labels: Labels,
    /// The receiver.
    pub receiver: String,
}

/// Every alert of a model, in its order.
///
/// `test_file` says where the tests of a service stand, `receiver` who is told of a service's alerts of a severity.
pub fn cases(
    model: &Model,
    test_file: impl Fn(Option<&str>) -> String,
    receiver: impl Fn(Option<&str>, &str) -> Option<String>,
) -> Vec<Case> {
    let case = |service: Option<&str>, alert: &Alert| {
        let proof = alert.proof();
        let mut labels = fired(&proof);
        labels.extend(alert.labels());
        labels.insert("alertname".to_owned(), alert.name.clone());
        let claim = match proof {
            Proof::Scenarios(scenarios) => {
                Claim::Stories { file: test_file(service), names: scenarios.into_iter().map(|s| s.name).collect() }
            }
            Proof::Always => Claim::Stories { file: test_file(service), names: vec!["fires always".to_owned()] },
            Proof::Unproven(why) => Claim::Unproven(why),
        };
        Case {
            service: service.map(str::to_owned),
            alert: alert.name.clone(),
            labels: alert.labels(),
            claim,
            route: receiver(service, &alert.severity).map(|receiver| Route { labels, receiver }),
        }
    };
    let of_services = model.services.iter().flat_map(|service| service.alerts.iter().map(|alert| case(Some(&service.name), alert)));
    let of_log = |service: &str, alert: &LogAlert| {
        let mut labels = alert.labels.clone();
        labels.insert("alertname".to_owned(), alert.name.clone());
        Case {
            service: Some(service.to_owned()),
            alert: alert.name.clone(),
            labels: alert.labels.clone(),
            claim: Claim::Unproven(UNPROVEN.to_owned()),
            route: receiver(Some(service), &alert.severity).map(|receiver| Route { labels, receiver }),
        }
    };
    let of_logs = model.services.iter().flat_map(|service| service.log_alerts.iter().map(|alert| of_log(&service.name, alert)));
    let mut all: Vec<Case> = of_services.chain(of_logs).collect();
    all.extend(model.common.watchdog.iter().map(|alert| case(None, alert)));
    all
}

/// The labels that the expression leaves when the alert fires, where a story tells.
fn fired(proof: &Proof) -> Labels {
    let Proof::Scenarios(scenarios) = proof else { return Labels::new() };
    let instances = scenarios.iter().filter_map(|scenario| match &scenario.outcome {
        Outcome::Holds { instances, .. } => instances.first(),
        Outcome::Exactly { .. } | Outcome::Quiet { .. } => None,
    });
    instances.map(|instance| instance.labels.clone()).next().unwrap_or_default()
}

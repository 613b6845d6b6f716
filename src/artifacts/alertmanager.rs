//! `alertmanager.yml`: who is told of what, and what keeps quiet while something graver is wrong.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Artifact, Engine, File, TemplateError};
use crate::model::alert::Alert;
use crate::model::query::escape_regex;
use crate::model::routing::{Receiver, Routing};
use crate::model::{Model, Service};

/// Alertmanager's configuration.
pub struct AlertmanagerConfig;

/// The receiver of the alert that always fires, and of nothing else.
pub const WATCHDOG: &str = "watchdog";
/// Takes what nobody asked to be told of.
pub const NOBODY: &str = "nobody";

#[derive(Serialize)]
struct Route {
    matchers: Vec<String>,
    receiver: String,
    settings: Vec<super::Pair<String>>,
    group_by: Vec<String>,
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct NamedReceiver {
    name: String,
    integrations: Vec<super::Pair<Vec<Value>>>,
}

/// What a label must be, for a route or an inhibition to concern an alert.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pub(super) label: &'static str,
    /// `=`, `!=`, `=~` or `!~`
    pub(super) op: &'static str,
    pub(super) value: String,
}

/// In Alertmanager's notation, the value always quoted.
impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.label, self.op, json!(self.value))
    }
}

/// What keeps quiet (`target`) while something graver is wrong (`source`).
#[derive(Debug)]
pub(super) struct Inhibition {
    pub(super) source: Vec<Matcher>,
    pub(super) target: Vec<Matcher>,
    pub(super) equal: &'static [&'static str],
}

/// Services that tell the same people in the same way.
struct Circle<'a> {
    routing: &'a Routing,
    services: Vec<&'a str>,
}

impl Artifact for AlertmanagerConfig {
    fn kind(&self) -> &'static str {
        "alertmanager"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let circles = circles(model);
        let Some(first) = circles.first() else { return Ok(Vec::new()) };
        let several = circles.len() > 1 || model.services.iter().any(|s| s.routing.is_none());
        let mut routes = Vec::new();
        routes.extend(model.common.watchdog.is_some().then(|| watchdog_route(&circles)));
        for circle in &circles {
            let own = severity_routes(circle, several);
            if several {
                routes.push(Route {
                    matchers: vec![service_matcher(&circle.services)],
                    receiver: fallback(circle, true),
                    settings: times(circle.routing),
                    group_by: circle.routing.group_by.clone(),
                    routes: own,
                });
            } else {
                routes.extend(own);
            }
        }
        let root = if several { NOBODY.to_owned() } else { fallback(first, false) };
        let values = json!({
            "root": Route { matchers: Vec::new(), receiver: root, settings: times(first.routing), group_by: first.routing.group_by.clone(), routes },
            "inhibit_rules": inhibitions(&model.services).iter().map(inhibition).collect::<Vec<_>>(),
            "receivers": receivers(&circles, several, model.common.watchdog.is_some()),
        });
        Ok(vec![File { path: "alertmanager.yml".to_owned(), text: engine.render("alertmanager.yml.j2", values)? }])
    }
}

fn inhibition(rule: &Inhibition) -> Value {
    let texts = |matchers: &[Matcher]| matchers.iter().map(Matcher::to_string).collect::<Vec<_>>();
    json!({ "source": texts(&rule.source), "target": texts(&rule.target), "equal": rule.equal })
}

fn circles(model: &Model) -> Vec<Circle<'_>> {
    let mut circles: Vec<Circle> = Vec::new();
    let mut known: HashMap<&Routing, usize> = HashMap::new();
    for service in &model.services {
        let Some(routing) = &service.routing else { continue };
        let at = *known.entry(routing).or_insert_with(|| {
            circles.push(Circle { routing, services: Vec::new() });
            circles.len() - 1
        });
        circles[at].services.push(&service.name);
    }
    circles
}

/// The name of a receiver: its severity, told apart by the first service of a circle where there are several circles.
fn receiver_name(circle: &Circle, severity: &str, several: bool) -> String {
    if several { format!("{}-{severity}", circle.services.first().copied().unwrap_or_default()) } else { severity.to_owned() }
}

/// Who receives a severity that no alert of obsgen's has: the default, or else the first receiver, so that it is not lost.
fn fallback(circle: &Circle, several: bool) -> String {
    match (&circle.routing.default, circle.routing.receivers.first()) {
        (Some(_), _) => receiver_name(circle, "default", several),
        (None, Some((severity, _))) => receiver_name(circle, severity, several),
        (None, None) => NOBODY.to_owned(),
    }
}

/// The receiver that an alert of a service and a severity must reach.
pub fn expected_receiver(model: &Model, service: Option<&str>, severity: &str) -> Option<String> {
    let circles = circles(model);
    let several = circles.len() > 1 || model.services.iter().any(|s| s.routing.is_none());
    let Some(service) = service else {
        // The watchdog belongs to no service.
        return circles
            .first()
            .map(|_| if circles.iter().any(|c| c.routing.watchdog.is_some()) { WATCHDOG.to_owned() } else { NOBODY.to_owned() });
    };
    let circle = circles.iter().find(|circle| circle.services.contains(&service))?;
    let known = circle.routing.receivers.iter().any(|(name, _)| name == severity);
    Some(if known { receiver_name(circle, severity, several) } else { fallback(circle, several) })
}

fn service_matcher(services: &[&str]) -> String {
    match services {
        [one] => matcher("service", "=", one).to_string(),
        many => matcher("service", "=~", &many.iter().map(|s| escape_regex(s)).collect::<Vec<_>>().join("|")).to_string(),
    }
}

pub(super) fn matcher(label: &'static str, op: &'static str, value: &str) -> Matcher {
    Matcher { label, op, value: value.to_owned() }
}

fn times(routing: &Routing) -> Vec<super::Pair<String>> {
    [("group_wait", routing.group_wait), ("group_interval", routing.group_interval), ("repeat_interval", routing.repeat_interval)]
        .into_iter()
        .map(|(key, time)| super::Pair::new(key, time.to_string()))
        .collect()
}

/// What the alert that always fires is told by.
pub(super) fn watchdog_matchers() -> [Matcher; 2] {
    [matcher("alertname", "=", "Watchdog"), matcher("severity", "=", "none")]
}

/// How often a dead man's switch is told that all is well.
pub(super) const WATCHDOG_TIMES: [(&str, &str); 3] = [("group_wait", "0s"), ("group_interval", "1m"), ("repeat_interval", "5m")];

fn watchdog_route(circles: &[Circle]) -> Route {
    let told = circles.iter().any(|circle| circle.routing.watchdog.is_some());
    let every = |key: &'static str, value: &str| super::Pair::new(key, value.to_owned());
    Route {
        matchers: watchdog_matchers().iter().map(Matcher::to_string).collect(),
        receiver: if told { WATCHDOG.to_owned() } else { NOBODY.to_owned() },
        settings: if told { WATCHDOG_TIMES.map(|(key, value)| every(key, value)).into() } else { Vec::new() },
        group_by: if told { vec!["alertname".to_owned()] } else { Vec::new() },
        routes: Vec::new(),
    }
}

fn severity_routes(circle: &Circle, several: bool) -> Vec<Route> {
    let route = |(severity, _): &(String, Receiver)| Route {
        matchers: vec![matcher("severity", "=", severity).to_string()],
        receiver: receiver_name(circle, severity, several),
        settings: Vec::new(),
        group_by: Vec::new(),
        routes: Vec::new(),
    };
    circle.routing.receivers.iter().map(route).collect()
}

fn receivers(circles: &[Circle], several: bool, watched: bool) -> Vec<NamedReceiver> {
    let named = |name: String, receiver: &Receiver| NamedReceiver {
        name,
        integrations: receiver.0.iter().map(|(key, entries)| super::Pair::new(*key, entries.clone())).collect(),
    };
    let mut all = Vec::new();
    for circle in circles {
        all.extend(circle.routing.receivers.iter().map(|(severity, receiver)| named(receiver_name(circle, severity, several), receiver)));
        all.extend(circle.routing.default.iter().map(|receiver| named(receiver_name(circle, "default", several), receiver)));
    }
    let watchdog = circles.iter().find_map(|circle| circle.routing.watchdog.as_ref()).filter(|_| watched);
    all.extend(watchdog.map(|receiver| named(WATCHDOG.to_owned(), receiver)));
    let unheard =
        watched && watchdog.is_none() || several || circles.iter().any(|c| c.routing.receivers.is_empty() && c.routing.default.is_none());
    all.extend(unheard.then(|| NamedReceiver { name: NOBODY.to_owned(), integrations: Vec::new() }));
    all
}

/// What keeps quiet while something graver is wrong, as far as there are alerts that it concerns.
///
/// A label that both sides lack counts as equal, so every rule demands that its labels are there.
pub(super) fn inhibitions(services: &[Service]) -> Vec<Inhibition> {
    let any = |label| matcher(label, "=~", ".+");
    let mut all = Vec::new();
    if has_pair(services, |alert| (alert.severity == "critical", matches!(&*alert.severity, "warning" | "info"))) {
        all.push(Inhibition {
            source: vec![matcher("severity", "=", "critical"), any("service")],
            target: vec![matcher("severity", "=~", "warning|info"), any("service")],
            equal: &["alertname", "service"],
        });
    }
    let burn = |alert: &Alert| alert.own_labels.get("burn").map(|tier| tier == "fast");
    if has_pair(services, |alert| (burn(alert) == Some(true), burn(alert) == Some(false))) {
        all.push(Inhibition {
            source: vec![matcher("burn", "=", "fast"), any("slo"), any("service")],
            target: vec![matcher("burn", "=~", "medium|slow|long"), any("slo"), any("service")],
            equal: &["service", "slo"],
        });
    }
    if alerts(services).any(|alert| ["AllTargetsDown", "TargetAbsent"].contains(&&*alert.name)) {
        all.push(Inhibition {
            source: vec![matcher("alertname", "=~", "AllTargetsDown|TargetAbsent"), any("service")],
            target: vec![matcher("alertname", "!~", "AllTargetsDown|TargetAbsent|Watchdog"), any("service")],
            equal: &["service"],
        });
    }
    all
}

fn alerts(services: &[Service]) -> impl Iterator<Item = &Alert> {
    services.iter().flat_map(|service| &service.alerts)
}

/// Whether a service has two alerts of one name of which one is the first and the other the second of what is asked.
fn has_pair(services: &[Service], sides: impl Fn(&Alert) -> (bool, bool)) -> bool {
    services.iter().any(|service| {
        let mut names: HashMap<&str, (bool, bool)> = HashMap::new();
        for alert in &service.alerts {
            let (source, target) = sides(alert);
            let known = names.entry(&alert.name).or_default();
            *known = (known.0 || source, known.1 || target);
        }
        names.values().any(|sides| *sides == (true, true))
    })
}

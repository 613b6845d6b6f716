//! AlertmanagerConfig: who is told of a service's alerts. What the manifest names as files are keys of a Secret here.

use serde_json::{Map, Value, json};

use super::secrets::{Secret, camel};
use super::{Named, object};
use crate::artifacts::alertmanager::{self, Matcher, WATCHDOG_TIMES, matcher, watchdog_matchers};
use crate::model::routing::Receiver;
use crate::model::stack::Stack;
use crate::model::{Model, Service};

/// What a service's alerts go to; `None` where its manifest does not say it.
pub(super) fn of(service: &Service, stack: &Stack) -> Option<Named> {
    let routing = service.routing.as_ref()?;
    let secret = Secret::of(service, stack);
    let of_severity =
        |(severity, _): &(String, Receiver)| json!({ "receiver": severity, "matchers": matchers(&[matcher("severity", "=", severity)]) });
    let fallback = match (&routing.default, routing.receivers.first()) {
        (Some(_), _) | (None, None) => "default",
        (None, Some((severity, _))) => severity,
    };
    let mut receivers: Vec<Value> = routing.receivers.iter().map(|(severity, receiver)| receiver_of(severity, receiver, &secret)).collect();
    receivers.extend(routing.default.iter().map(|receiver| receiver_of("default", receiver, &secret)));
    if receivers.is_empty() {
        receivers.push(json!({ "name": "default" }));
    }
    let mut route = json!({
        "receiver": fallback,
        "matchers": matchers(&[matcher("service", "=", &service.name)]),
        "groupBy": routing.group_by,
        "groupWait": routing.group_wait.to_string(),
        "groupInterval": routing.group_interval.to_string(),
        "repeatInterval": routing.repeat_interval.to_string(),
    });
    if !routing.receivers.is_empty() {
        route["routes"] = routing.receivers.iter().map(of_severity).collect();
    }
    let mut spec = json!({ "route": route, "receivers": receivers });
    let inhibitions: Vec<Value> = alertmanager::inhibitions(std::slice::from_ref(service))
        .iter()
        .map(|rule| json!({ "sourceMatch": matchers(&rule.source), "targetMatch": matchers(&rule.target), "equal": rule.equal }))
        .collect();
    if !inhibitions.is_empty() {
        spec["inhibitRules"] = json!(inhibitions);
    }
    Some(("alertmanager-config".to_owned(), object(API, KIND, &service.name, &service.name, &spec, stack)))
}

/// The dead man's switch, which is no service's; `None` where nobody is told.
pub(super) fn of_watchdog(model: &Model) -> Option<Named> {
    let watched = model
        .common
        .watchdog
        .as_ref()
        .and_then(|_| model.services.iter().find_map(|service| Some((service, service.routing.as_ref()?.watchdog.as_ref()?))));
    let (service, receiver) = watched?;
    let [wait, interval, repeat] = WATCHDOG_TIMES.map(|(_, time)| time);
    let route = json!({
        "receiver": alertmanager::WATCHDOG,
        "matchers": matchers(&watchdog_matchers()),
        "groupBy": ["alertname"],
        "groupWait": wait,
        "groupInterval": interval,
        "repeatInterval": repeat,
    });
    let spec =
        json!({ "route": route, "receivers": [receiver_of(alertmanager::WATCHDOG, receiver, &Secret::of(service, &model.common.stack))] });
    Some(("watchdog-config".to_owned(), object(API, KIND, alertmanager::WATCHDOG, "monitoring", &spec, &model.common.stack)))
}

const API: &str = "monitoring.coreos.com/v1alpha1";
const KIND: &str = "AlertmanagerConfig";

fn matchers(all: &[Matcher]) -> Value {
    all.iter().map(|one| json!({ "name": one.label, "value": one.value, "matchType": one.op })).collect()
}

fn receiver_of(name: &str, receiver: &Receiver, secret: &Secret) -> Value {
    let mut all = Map::from_iter([("name".to_owned(), json!(name))]);
    for (key, bodies) in &receiver.0 {
        let bodies: Vec<Value> = bodies.iter().map(|body| integration(key, body, secret)).collect();
        all.insert(camel(key), json!(bodies));
    }
    Value::Object(all)
}

/// The body of an integration in the operator's spelling.
fn integration(kind: &str, body: &Value, secret: &Secret) -> Value {
    let entry = |(key, value): (&String, &Value)| {
        let renamed = match (kind, key.as_str()) {
            ("webhook_configs", "url_file") => "urlSecret",
            ("slack_configs", "api_url_file") | ("discord_configs", "webhook_url_file") => "apiURL",
            (_, "webhook_url_file") => "webhookUrl",
            (_, "client_url") => "clientURL",
            (_, "icon_url") => "iconURL",
            (_, "image_url") => "imageURL",
            (_, "thumb_url") => "thumbURL",
            (_, "avatar_url") => "avatarURL",
            (_, "require_tls") => "requireTLS",
            (_, "images") => "pagerDutyImageConfigs",
            (_, "links") => "pagerDutyLinkConfigs",
            (_, key) => return (camel(key.strip_suffix("_file").unwrap_or(key)), self::value(key, value, secret)),
        };
        (renamed.to_owned(), self::value(key, value, secret))
    };
    Value::Object(body.as_object().into_iter().flatten().map(entry).collect())
}

fn value(key: &str, value: &Value, secret: &Secret) -> Value {
    match key {
        key if key.ends_with("_file") => secret.file(value),
        "http_config" => {
            let settings = value.as_object().into_iter().flatten().map(|(key, value)| secret.setting(key, value));
            Value::Object(settings.collect())
        }
        "tls_config" => secret.setting(key, value).1,
        // Mappings are lists of keys and values there.
        "details" | "headers" => {
            value.as_object().into_iter().flatten().map(|(key, value)| json!({ "key": key, "value": text(value) })).collect()
        }
        "actions" => renamed(value),
        // The operator calls the text of a link as that of an image.
        "links" => {
            let entry = |(key, value): (&String, &Value)| (if key == "text" { "alt".to_owned() } else { key.clone() }, value.clone());
            let link = |link: &Value| Value::Object(link.as_object().into_iter().flatten().map(entry).collect());
            value.as_array().into_iter().flatten().map(link).collect()
        }
        _ => value.clone(),
    }
}

/// A value with every key in the operator's spelling, at any depth.
fn renamed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (camel(key), renamed(value))).collect(),
        Value::Array(items) => items.iter().map(renamed).collect(),
        value => value.clone(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

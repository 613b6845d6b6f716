//! PrometheusRule: the rules that the rule tests prove.

use serde_json::{Value, json};

use super::{Named, object};
use crate::artifacts::{Subject, alerts, recording};
use crate::model::Common;
use crate::model::stack::Stack;

/// A service's rules.
pub(super) fn of(subject: &Subject) -> Vec<Named> {
    let &Subject { service, common, .. } = subject;
    let groups = recording::groups(service).into_iter().map(|group| json!(group));
    let alerts = alerts::groups(subject).into_iter().map(|group| json!(group));
    let shared = alerts::shared(common).filter(|_| !common.is_fleet).map(|group| json!(group));
    let parts = parts(groups.chain(alerts).chain(shared).map(plain));
    let name = |name: &str, at: usize| if at == 0 { name.to_owned() } else { format!("{name}-{}", at + 1) };
    let one = |(at, groups): (usize, Vec<Value>)| {
        (name("rules", at), prometheus_rule(&name(&service.name, at), &service.name, &groups, &common.stack))
    };
    parts.into_iter().enumerate().map(one).collect()
}

/// The rules that belong to no service of a fleet.
pub(super) fn shared(common: &Common) -> Option<Named> {
    let group = alerts::shared(common)?;
    Some(("rules".to_owned(), prometheus_rule("monitoring", "monitoring", &[plain(json!(group))], &common.stack)))
}

/// The operator puts rules into ConfigMaps and refuses more than half of what one can hold.
const LIMIT: usize = 512 * 1024;

/// Groups in as many parts as it takes for none to be too large, as far as a group by itself is not.
fn parts(groups: impl Iterator<Item = Value>) -> Vec<Vec<Value>> {
    let mut parts: Vec<Vec<Value>> = vec![Vec::new()];
    let mut size = 0;
    for group in groups {
        // The operator writes YAML, which indents what JSON puts into brackets.
        let length = group.to_string().len() * 3 / 2;
        if let Some(part) = parts.last_mut().filter(|part| part.is_empty() || size + length <= LIMIT) {
            part.push(group);
            size += length;
        } else {
            parts.push(vec![group]);
            size = length;
        }
    }
    parts
}

fn prometheus_rule(name: &str, of: &str, groups: &[Value], stack: &Stack) -> Value {
    object("monitoring.coreos.com/v1", "PrometheusRule", name, of, &json!({ "groups": groups }), stack)
}

/// A group as the operator reads it.
fn plain(mut group: Value) -> Value {
    for rule in group["rules"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        // Annotations come in the order in which they are written; here they are a mapping.
        if let Some(Value::Array(pairs)) = rule.remove("annotations") {
            let entry = |pair: Value| Some((pair["key"].as_str()?.to_owned(), pair["value"].clone()));
            rule.insert("annotations".to_owned(), Value::Object(pairs.into_iter().filter_map(entry).collect()));
        }
        rule.retain(|_, value| !value.is_null());
    }
    group
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LIMIT, parts};

    #[test]
    fn an_object_holds_no_more_than_the_operator_takes() {
        let group = |name: usize| json!({ "name": name, "rules": [{ "record": "x", "expr": "y".repeat(LIMIT / 5) }] });
        let parts = parts((0..7).map(group));
        let names: Vec<Vec<u64>> = parts.iter().map(|part| part.iter().filter_map(|group| group["name"].as_u64()).collect()).collect();
        assert_eq!(names, [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        assert_eq!(super::parts(std::iter::empty()).len(), 1);
    }
}

//! A dotted path into JSON: `checks.database`. A key that holds dots itself is found as well.

use serde_json::Value;

/// The value at a path, or the keys that there are where it ends.
pub(super) fn find<'a>(value: &'a Value, path: &str) -> Result<&'a Value, Vec<String>> {
    if let Some(found) = step(value, path) {
        return Ok(found);
    }
    // The longest key first: `a.b` before `a`.
    let mut deepest = keys(value);
    for (dot, _) in path.rmatch_indices('.') {
        if let Some(inner) = step(value, &path[..dot]) {
            match find(inner, &path[dot + 1..]) {
                Ok(found) => return Ok(found),
                Err(keys) => deepest = keys,
            }
        }
    }
    Err(deepest)
}

fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(all) => all.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.keys().take(10).cloned().collect(),
        Value::Array(all) => (0..all.len().min(10)).map(|i| i.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Whether two values are the same: of one type, and numbers by what they are worth.
pub(super) fn same(expected: &Value, observed: &Value) -> bool {
    match (expected, observed) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq() && a.abs() < 9e15)
        }
        _ => expected == observed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_reaches_into_objects_lists_and_keys_with_dots() {
        let value = json!({"a": {"b": [1, {"c": true}]}, "x.y": {"z": 2}});
        assert_eq!(find(&value, "a.b.1.c"), Ok(&json!(true)));
        assert_eq!(find(&value, "x.y.z"), Ok(&json!(2)));
        assert_eq!(find(&value, "a.nope"), Err(vec!["b".to_owned()]));
        assert_eq!(find(&value, "nope"), Err(vec!["a".to_owned(), "x.y".to_owned()]));
    }

    #[test]
    fn values_are_compared_with_their_types() {
        assert!(same(&json!(1), &json!(1.0)));
        assert!(!same(&json!("1"), &json!(1)));
        assert!(!same(&json!(true), &json!("true")));
        assert!(!same(&json!(null), &json!(false)));
    }
}

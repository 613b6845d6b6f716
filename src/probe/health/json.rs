//! JSON: a word for the whole, and maps of parts below names that the formats agree on.

use serde_json::{Map, Value};

use super::body::{Health, Part};
use super::state::State;

/// Names of the word for the whole, or for a part.
const WORDS: &[&str] = &["status", "state", "health", "healthy", "ok", "ready"];
/// Names of maps of parts: health+json, Spring, ASP.NET's writers, Terminus, and what people make up.
const MAPS: &[&str] = &["checks", "components", "entries", "results", "details", "info", "error", "dependencies", "services", "subsystems"];
/// Names of what else is said of a part.
const DETAILS: &[&str] = &["output", "message", "error", "description", "reason", "exception", "detail"];
/// Parts of parts beyond this depth are nobody's dependencies.
const DEPTH: usize = 8;

pub(super) fn read(value: &Value) -> Option<Health> {
    let root = value.as_object()?;
    let overall = word(root);
    let mut parts = Vec::new();
    collect(root, "", 0, &mut parts);
    (overall.is_some() || !parts.is_empty()).then_some(Health { overall, parts })
}

/// The word for the state of an object.
fn word(object: &Map<String, Value>) -> Option<(State, String)> {
    WORDS.iter().filter_map(|name| object.get(*name)).find_map(state_of)
}

/// The state that a value is a word for.
fn state_of(value: &Value) -> Option<(State, String)> {
    match value {
        Value::String(word) => State::of(word).map(|state| (state, word.clone())),
        Value::Bool(fine) => Some((if *fine { State::Pass } else { State::Fail }, fine.to_string())),
        _ => None,
    }
}

/// Adds every part of an object; one that is there twice counts as its worst.
fn collect(object: &Map<String, Value>, above: &str, depth: usize, parts: &mut Vec<Part>) {
    if depth > DEPTH {
        return;
    }
    for map in MAPS.iter().filter_map(|name| object.get(*name)) {
        match map {
            Value::Object(entries) => entries.iter().for_each(|(name, value)| add(name, value, above, depth, parts)),
            Value::Array(entries) => entries.iter().for_each(|entry| {
                if let Some(name) = entry.get("name").or_else(|| entry.get("component")).and_then(Value::as_str) {
                    add(name, entry, above, depth, parts);
                }
            }),
            _ => {}
        }
    }
}

fn add(name: &str, value: &Value, above: &str, depth: usize, parts: &mut Vec<Part>) {
    let name = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
    match value {
        // health+json has a list for each name: several nodes of one component.
        Value::Array(rows) => rows.iter().for_each(|row| one(&name, row, depth, parts)),
        _ => one(&name, value, depth, parts),
    }
}

fn one(name: &str, value: &Value, depth: usize, parts: &mut Vec<Part>) {
    let stated = value.as_object().map_or_else(|| state_of(value), word);
    if let Some((state, word)) = stated {
        let detail = value.as_object().and_then(|object| DETAILS.iter().find_map(|name| text(object.get(*name)?)));
        put(Part { name: name.to_owned(), state, word, detail }, parts);
    }
    if let Some(object) = value.as_object() {
        collect(object, name, depth + 1, parts);
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn put(part: Part, parts: &mut Vec<Part>) {
    match parts.iter_mut().find(|known| known.name == part.name) {
        Some(known) if known.state < part.state => *known = part,
        Some(_) => {}
        None => parts.push(part),
    }
}

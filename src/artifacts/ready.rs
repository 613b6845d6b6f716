//! Values that are made ready for a template in one go, because there are hundreds of them in every file of a fleet.
//!
//! To a template they are as any other value; what it saves is to take them apart and put them together again.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// Items of a YAML sequence, each a mapping on a line of its own, in which every value is quoted.
///
/// A template places them with the filter `indented`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Items(String);

impl Items {
    /// Adds an item. Keys are words of ours and stay as they are, and values are quoted already.
    pub(super) fn push(&mut self, [(first, one), (second, other)]: [(&str, &str); 2]) {
        self.0.push_str(if self.0.is_empty() { "- { " } else { "\n- { " });
        self.0.extend([first, ": ", one, ", ", second, ": ", other, " }"]);
    }

    /// Adds all items of another.
    pub(super) fn append(&mut self, other: &Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&other.0);
    }
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
}

/// The entries of a YAML mapping, each on a line of its own, in which every key and every value is quoted.
///
/// A template places them with the filter `indented`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mapping(String);

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut mapping = Self::default();
        for (key, value) in entries {
            mapping.push_text(key.as_ref(), value.as_ref());
        }
        mapping
    }
}

impl Mapping {
    /// A mapping of whatever JSON can hold.
    pub(super) fn of<'a>(entries: impl Iterator<Item = (&'a str, &'a Json)>) -> Self {
        let mut mapping = Self::default();
        for (key, value) in entries {
            mapping.push(key, value);
        }
        mapping
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, key: &str, value: &Json) {
        self.begin(key);
        write(value, &mut self.0);
    }

    /// Adds an entry whose value is a text.
    pub(super) fn push_text(&mut self, key: &str, value: &str) {
        self.begin(key);
        quote(value, &mut self.0);
    }

    fn begin(&mut self, key: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        quote(key, &mut self.0);
        self.0.push_str(": ");
    }
}

impl Serialize for Mapping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
}

/// A text as JSON, which is YAML too.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

/// A value as JSON on one line, the keys of objects in order, as a template writes it.
fn write(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => quote(text, out),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                quote(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn quote(text: &str, out: &mut String) {
    // Nearly no text has anything to escape.
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.extend(["\"", text, "\""]);
    } else {
        out.push_str(&serde_json::to_string(text).expect("text is JSON once it is quoted"));
    }
}

/// A JSON value that a template can look into, and that the filter `indent_json` writes as it is.
#[derive(Clone, Debug)]
pub(super) struct Tree(Arc<Json>);

impl Tree {
    /// The value itself.
    pub(super) fn json(&self) -> &Json {
        &self.0
    }
}

impl From<Json> for Tree {
    fn from(json: Json) -> Self {
        Self(Arc::new(json))
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_object(self.clone()).serialize(serializer)
    }
}

impl Object for Tree {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match *self.0 {
            Json::Array(_) => ObjectRepr::Seq,
            Json::Object(_) => ObjectRepr::Map,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = match &*self.0 {
            Json::Object(entries) => entries.get(key.as_str()?)?,
            Json::Array(items) => items.get(key.as_usize()?)?,
            _ => return None,
        };
        Some(Value::from(Serde(found)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &*self.0 {
            Json::Object(entries) => Enumerator::Values(entries.keys().map(|key| Value::from(key.as_str())).collect()),
            Json::Array(items) => Enumerator::Seq(items.len()),
            _ => Enumerator::NonEnumerable,
        }
    }
}

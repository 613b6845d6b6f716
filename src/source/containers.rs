//! Wrappers for the fields of typed structs: with a place, tolerant, in order, or of any shape.
//!
//! Each asks `decode` for what plain serde cannot give by a name of its own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::text::{SourceId, Span, Spanned};

pub(super) const SPANNED: &str = "$obsgen::Spanned";
pub(super) const LENIENT: &str = "$obsgen::Lenient";
pub(super) const ONE_OR_MANY: &str = "$obsgen::OneOrMany";
/// Asked for by a type that one scalar can stand for: a scalar reaches its visitor by `visit_some`, anything else by
/// `visit_newtype_struct`.
pub const SHORTHAND: &str = "$obsgen::Shorthand";
pub(super) const RAW: &str = "$obsgen::Raw";

/// A field that may be wrong without spoiling its neighbours: what is wrong is among the findings.
///
/// With `#[serde(default)]` a field that is not there is [`Lenient::Missing`]; without, it is required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lenient<T> {
    /// It was not written.
    #[default]
    Missing,
    /// It was written, and could not be read.
    Invalid,
    /// It was written and read.
    Valid(Spanned<T>),
}

impl<T> Lenient<T> {
    /// The value with its place, where there is one.
    pub fn valid(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Valid(value) => Some(value),
            _ => None,
        }
    }

    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        self.valid().map(|spanned| &spanned.value)
    }

    /// The value, where there is one, to be changed.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Valid(value) => Some(&mut value.value),
            _ => None,
        }
    }

    /// The place of the value, where there is one.
    pub fn span(&self) -> Option<Span> {
        self.valid().map(|spanned| spanned.span)
    }

    /// The value with its place, taken out.
    pub fn into_valid(self) -> Option<Spanned<T>> {
        match self {
            Self::Valid(value) => Some(value),
            _ => None,
        }
    }

    /// Whether nothing was written.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Whether it was written and could not be read.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Self::Invalid)
    }
}

/// An ordered mapping with places: every key once, in the order written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(Vec<(Spanned<String>, Lenient<T>)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// The value of a key, where it is there and could be read.
    pub fn get(&self, key: &str) -> Option<&Spanned<T>> {
        self.entry(key).and_then(|(_, value)| value.valid())
    }

    /// A key with its place and whatever became of its value.
    pub fn entry(&self, key: &str) -> Option<(&Spanned<String>, &Lenient<T>)> {
        self.0.iter().find(|(name, _)| name.value == key).map(|(name, value)| (name, value))
    }

    /// Whether the key was written.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Every key with whatever became of its value.
    pub fn iter(&self) -> impl Iterator<Item = (&Spanned<String>, &Lenient<T>)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Every key whose value could be read.
    pub fn valid(&self) -> impl Iterator<Item = (&Spanned<String>, &Spanned<T>)> {
        self.0.iter().filter_map(|(name, value)| Some((name, value.valid()?)))
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.0.iter().map(|(name, _)| name)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> FromIterator<(Spanned<String>, Lenient<T>)> for Entries<T> {
    fn from_iter<I: IntoIterator<Item = (Spanned<String>, Lenient<T>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T> IntoIterator for Entries<T> {
    type Item = (Spanned<String>, Lenient<T>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneOrMany<T> {
    /// Written as it is.
    One(Box<T>),
    /// Written as a list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// The values, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.as_slice().iter()
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A value of any shape, with places: bodies that are passed through to another tool.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; other words that YAML 1.1 took for booleans are text.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Seq(Vec<Spanned<Raw>>),
    /// A mapping, in the order written.
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl Raw {
    /// The value of a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Spanned<Raw>> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct(SPANNED, &[], SpannedVisitor(PhantomData))
    }
}

struct SpannedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
    type Value = Spanned<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a located value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut next = || parts.next_element::<u32>()?.ok_or_else(|| A::Error::custom("a place has a source, a start and an end"));
        let span = Span { source: SourceId(next()?), start: next()?, end: next()? };
        let value = parts.next_element()?.ok_or_else(|| A::Error::custom("a value follows its place"))?;
        Ok(Spanned::new(value, span))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(LENIENT, LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // The deserializer recorded the error before it handed it over.
        Ok(Spanned::<T>::deserialize(deserializer).map_or(Lenient::Invalid, Lenient::Valid))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
        while let Some(key) = map.next_key::<Lenient<String>>()? {
            let value = map.next_value::<Lenient<T>>()?;
            if let Some(key) = key.into_valid() {
                entries.push((key, value));
            }
        }
        Ok(Entries(entries))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(ONE_OR_MANY, OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::deserialize(deserializer).map(|value| OneOrMany::One(Box::new(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(seq.size_hint().unwrap_or(0));
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(OneOrMany::Many(values))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Raw::Seq(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// The schema of a wrapper is that of what it wraps.
macro_rules! transparent_schema {
    ($($wrapper:ident)*) => {$(
        impl<T: JsonSchema> JsonSchema for $wrapper<T> {
            fn inline_schema() -> bool {
                T::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )*};
}

transparent_schema! { Spanned Lenient }

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": generator.subschema_for::<T>()})
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}
